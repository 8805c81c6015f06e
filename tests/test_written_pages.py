"""Pages of docs/reference that a script writes whole show their tables as they are."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = {
    "build_attributes.py": "| children and groups | `parentId`, `ocaGroup`",
    "build_order_types.py": "| MKT OPG | `BUY 10 AAPL MKT OPG` | yes",
    "build_requests.py": "| 18 | requestFA | yes |",
    "build_lookups.py": "| `marketRuleIds` | **26: 4563 …** |",
    "build_generic_ticks.py": "| 233 | RTVolume | all but CRYPTO |",
}
"""Each script, and how a row of its page begins."""


@pytest.mark.parametrize("script", ROWS)
def test_the_page_is_what_the_script_writes_and_an_old_one_is_noticed_and_mended(
    script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = importlib.util.spec_from_file_location(Path(script).stem, ROOT / "scripts" / script)
    assert spec is not None and spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    monkeypatch.setattr(sys, "argv", [script, "--check"])
    assert build.main() == 0
    old = tmp_path / build.DOCS.name
    monkeypatch.setattr(build, "DOCS", old)
    assert build.main() == 1
    monkeypatch.setattr(sys, "argv", [script])
    assert build.main() == 0
    assert ROWS[script] in old.read_text("utf-8")
