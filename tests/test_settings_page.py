"""docs/guides/settings.md shows the table of settings as it is."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from papertape.server.config_table import TABLE

ROOT = Path(__file__).parent.parent


@pytest.fixture(name="build")
def _build() -> ModuleType:
    path = ROOT / "scripts/build_settings.py"
    spec = importlib.util.spec_from_file_location("build_settings", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_writes(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["build_settings.py", "--check"])
    assert build.main() == 0


def test_an_old_page_is_noticed_and_mended(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = build.PAGE.read_text("utf-8")
    old = tmp_path / "settings.md"
    old.write_text(page.replace("| 8 | `socketPort` | 7497", "| 8 | `socketPort` | 1"), "utf-8")
    monkeypatch.setattr(build, "PAGE", old)
    monkeypatch.setattr(sys, "argv", ["build_settings.py", "--check"])
    assert build.main() == 1
    monkeypatch.setattr(sys, "argv", ["build_settings.py"])
    assert build.main() == 0
    assert old.read_text("utf-8") == page


def test_the_page_has_every_setting_and_says_of_each_whether_it_acts(build: ModuleType) -> None:
    page = build.PAGE.read_text("utf-8")
    for row in TABLE:
        pattern = rf"^\| {row.number} \| `{row.name}` \|.*\| (?:yes|does not apply:.*) \|.*$"
        (line,) = re.findall(pattern, page, re.MULTILINE)
        assert ("| yes |" in line) is (not row.idle)
        assert row.idle in line
