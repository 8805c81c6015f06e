"""The page about the connection: every row is there, and the tests it names exist."""

import re
from fnmatch import fnmatch
from pathlib import Path

from walks import walk

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "guides" / "connection.md"
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| S")]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+\*?)`", PAGE.read_text("utf-8"))))


def test_every_row_is_there_once_in_order() -> None:
    assert [row.split("|")[1].strip() for row in ROWS] == [f"S{number}" for number in range(1, 33)]


@walk("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_row_names_a_test_that_quotes_its_number(row: str) -> None:
    number = row.split("|")[1].strip().lower()
    named = re.findall(r"`[\w/]+\.py::(\w+)", row.split("|")[4])
    assert any(number in name.split("_") for name in named), named


@walk("number", range(1, 33))
def test_every_number_is_quoted_where_the_page_says(number: int) -> None:
    row = next(row for row in ROWS if row.startswith(f"| S{number} |"))
    named = re.findall(rf"`([\w/]+\.py)::test_(?:s\d+_)*s{number}_", row)
    assert named, f"the page names no test that quotes S{number}"
    for path in named:
        assert re.search(rf"def test_(s\d+_)*s{number}_", (HERE / path).read_text("utf-8")), path


@walk(("path", "name"), NAMED)
def test_the_tests_that_it_names_exist(path: str, name: str) -> None:
    found = re.findall(r"def (test_\w+)", (HERE / path).read_text("utf-8"))
    assert any(fnmatch(one, name) for one in found)
