"""Bars made of recorded ticks are the vendor's own, on a sample: IBM, 10:00 to 10:20."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "tests/data/lean_sample"
PLACE = "equity/usa/{}/ibm/20131007_trade.zip"


@pytest.fixture(name="script")
def _script() -> ModuleType:
    path = ROOT / "scripts/compare_bars.py"
    spec = importlib.util.spec_from_file_location("compare_bars", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_bar_is_the_vendor_s(script: ModuleType) -> None:
    prints = script.trades(SAMPLE / PLACE.format("tick"))
    vendor = script.vendor_bars(SAMPLE / PLACE.format("minute"))
    found = script.compared(prints, vendor)
    assert (found.bars, found.eligible, found.rest) == (20, 20, {})
    assert found.every < 20  # some prints set no price


def test_a_print_that_is_missing_is_noticed(script: ModuleType) -> None:
    prints = script.trades(SAMPLE / PLACE.format("tick"))
    vendor = script.vendor_bars(SAMPLE / PLACE.format("minute"))
    found = script.compared(prints[1:], vendor)
    ((minute, (ours, theirs)),) = found.rest.items()
    assert minute == 600 and "volume" in script.why(ours, theirs)


def test_the_command_tells_the_shares(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["compare_bars.py", str(SAMPLE), "--symbols", "ibm", "--rest"])
    assert script.main() == 0
    assert "IBM: 20 bars" in capsys.readouterr().out
