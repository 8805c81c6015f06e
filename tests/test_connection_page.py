"""The page about the connection: every row is there, and the tests it names exist."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "guides" / "connection.md"
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| S")]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+\*?)`", PAGE.read_text("utf-8"))))


def test_every_row_is_there_once_in_order() -> None:
    assert [row.split("|")[1].strip() for row in ROWS] == [f"S{number}" for number in range(1, 33)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_row_names_tests(row: str) -> None:
    assert "::test_" in row.split("|")[4]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_the_tests_that_it_names_exist(path: str, name: str) -> None:
    found = re.findall(r"def (test_\w+)", (HERE / path).read_text("utf-8"))
    assert any(fnmatch(one, name) for one in found)
