"""docs/reference/kinds.md shows the rates as they are, and tests that there are."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from papertape.venue.broker.schedules import MARGIN_MODELS
from papertape.venue.reference.securities import KINDS
from venue.kinds_tested import COLUMNS, TESTED

ROOT = Path(__file__).parent.parent
UNTRADED = {"IND", "NEWS", "BAG", "CONTFUT"}
"""What nobody trades, or trades as what it is made of."""


@pytest.fixture(name="build")
def _build() -> ModuleType:
    path = ROOT / "scripts/build_kinds.py"
    spec = importlib.util.spec_from_file_location("build_kinds", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_writes(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["build_kinds.py", "--check"])
    assert build.main() == 0


def test_an_old_page_is_noticed_and_mended(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = build.PAGE.read_text("utf-8")
    old = tmp_path / "kinds.md"
    old.write_text(page.replace("| 25 % |", "| 26 % |"), "utf-8")
    monkeypatch.setattr(build, "PAGE", old)
    monkeypatch.setattr(sys, "argv", ["build_kinds.py", "--check"])
    assert build.main() == 1
    monkeypatch.setattr(sys, "argv", ["build_kinds.py"])
    assert build.main() == 0
    assert old.read_text("utf-8") == page


def test_every_kind_that_trades_has_a_row() -> None:
    assert set(TESTED) == set(KINDS) - UNTRADED
    for model in MARGIN_MODELS.values():
        assert set(model.maintenance) <= set(TESTED)


@pytest.mark.parametrize("kind", TESTED)
def test_every_cell_names_a_test_that_there_is_or_says_why_not(kind: str) -> None:
    assert len(TESTED[kind]) == len(COLUMNS)
    for text in TESTED[kind]:
        proof = text.rpartition(": ")[2]
        if "::" not in proof:
            assert text == "does not end"
            continue
        path, name = proof.split("::")
        source = (ROOT / "tests/venue" / path).read_text("utf-8")
        assert re.search(rf"^def {name}\(", source, re.MULTILINE), proof
