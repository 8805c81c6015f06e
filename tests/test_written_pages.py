"""Pages that a script writes, whole or a part of them, show their tables as they are."""

import importlib
import sys
from functools import cache
from pathlib import Path

import pytest

ROWS = {
    "build_attributes": "| children and groups | `parentId`, `ocaGroup`",
    "build_order_types": "| MKT OPG | `BUY 10 AAPL MKT OPG` | yes",
    "build_requests": "| 18 | requestFA | yes |",
    "build_lookups": "| `marketRuleIds` | **26: 4563 …** |",
    "build_generic_ticks": "| 233 | RTVolume | all but CRYPTO |",
    "build_kinds": "| 25 % |",
    "build_settings": "| 8 | `socketPort` | 7497",
}
"""Each script, and what stands in a row of its page."""
PARTS = ("build_kinds", "build_settings")
"""Those that write the tables of a page whose text somebody else writes."""


@pytest.mark.long
@pytest.mark.parametrize("script", ROWS)
def test_the_page_is_what_the_script_writes_and_an_old_one_is_noticed_and_mended(
    script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build = importlib.import_module(script)
    monkeypatch.setattr(build, "render", cache(build.render))  # worked out once, for all that comes
    monkeypatch.setattr(sys, "argv", [script, "--check"])
    assert build.main() == 0
    page = build.PAGE.read_text("utf-8")
    assert ROWS[script] in page
    old = tmp_path / build.PAGE.name
    monkeypatch.setattr(build, "PAGE", old)
    if script not in PARTS:
        assert build.main() == 1, "there is none"
    old.write_text(page.replace(ROWS[script], "| of another time"), "utf-8")
    assert build.main() == 1
    monkeypatch.setattr(sys, "argv", [script])
    assert build.main() == 0
    assert old.read_text("utf-8") == page
