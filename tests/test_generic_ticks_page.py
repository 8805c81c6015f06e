"""docs/reference/generic_ticks.md shows the table of generic ticks as it is."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(name="build")
def _build() -> ModuleType:
    path = ROOT / "scripts/build_generic_ticks.py"
    spec = importlib.util.spec_from_file_location("build_generic_ticks", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_writes(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["build_generic_ticks.py", "--check"])
    assert build.main() == 0


def test_an_old_page_is_noticed_and_mended(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "generic_ticks.md"
    monkeypatch.setattr(build, "DOCS", old)
    monkeypatch.setattr(sys, "argv", ["build_generic_ticks.py", "--check"])
    assert build.main() == 1
    monkeypatch.setattr(sys, "argv", ["build_generic_ticks.py"])
    assert build.main() == 0
    assert "| 233 | RTVolume | all but CRYPTO |" in old.read_text("utf-8")
