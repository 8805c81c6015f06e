"""docs/reference/messages.md is what the catalogue gives, and says what the sources say."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from papertape.server.handlers import HANDLERS, PARTLY
from papertape.server.handlers.registered import MODULES
from papertape.wire import catalogue

assert MODULES, "importing them registers the handlers"
ROOT = Path(__file__).parent.parent

# Rows written by hand, from what the official clients do.
ROWS = """
| 3 | [PlaceOrder](#request-3) | → server | 100–202 | 203 | 100 | 4 | 503 by field: 40 | `placeOrder` |
| 18 | [RequestFA](#request-18) | → server | 100–210 | 211 | 100 | 1 | 585 by field: 1 | `requestFA` |
| 52 | [ReqFundamentalData](#request-52) | → server | from 100 | – | 100 | 4 | – | `reqFundamentalData` |
| 97 | [ReqTickByTickData](#request-97) | → server | 140–207 | 208 | 140 | 5 | 503 below 140 | `reqTickByTickData` |
| 106 | [CancelContractData](#request-106) | → server | – | 215 | 215 | 1 | 503 below 215 | `cancelContractData` |
| 59 | [CommissionReport](#answer-59) | → client | 100–210 | 211 | 100 | 6 | – | `commissionAndFeesReport` |
| 108 | [HistoricalDataEnd](#answer-108) | → client | 196–207 | 208 | 196 | 3 | – | `historicalDataEnd` |
"""  # noqa: E501

# What stands below a message, or of a record.
PARTS = (
    "- `reqId` int, `tickType` int, `size` Decimal?\n",
    "*Text:* 100: `order.totalQuantity`; 100–144: *version*; 100–176: *faProfile*;",
    "*Refused:* 503 below 169: `orderCancel.manualOrderCancelTime`; 503 below 192: ",
    "*Refused:* 585 from 177: `faDataType` = `2`\n",
    "*Protobuf:* from 216: `order.deactivate`, `order.postOnly`,",
    "*Protobuf:* never: `startDateStr`, `endDateStr`\n",
    "### Bar\n\n`date` str, `open` float,",
)


def builder() -> ModuleType:
    path = ROOT / "scripts/build_messages.py"
    spec = importlib.util.spec_from_file_location("build_messages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page() -> str:
    text: str = builder().render()
    return text


def test_the_committed_page_is_what_the_catalogue_gives(page: str) -> None:
    committed = (ROOT / "docs/reference/messages.md").read_text("utf-8")
    assert committed == page, "stale: run make gen"


def test_check_tells_a_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build = builder()
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "DOCS", tmp_path / "messages.md")
    monkeypatch.setattr(sys, "argv", ["build_messages.py"])
    assert build.main() == 0
    monkeypatch.setattr(sys, "argv", ["build_messages.py", "--check"])
    assert build.main() == 0
    build.DOCS.write_text(build.DOCS.read_text("utf-8") + "more\n", "utf-8")
    assert build.main() == 1
    assert "stale: messages.md" in capsys.readouterr().out


def test_every_message_has_a_row_and_a_part(page: str) -> None:
    rows = re.findall(r"^\| \d+ \| \[(\w+)\]\(#([\w-]+)\) \|", page, re.MULTILINE)
    parts = re.findall(r'^### <a id="([\w-]+)"></a>\d+ (\w+) →', page, re.MULTILINE)
    assert len(rows) == len(catalogue.REQUESTS) + len(catalogue.RESPONSES)
    assert rows == [(name, anchor) for anchor, name in parts]


def test_every_record_that_is_named_is_described(page: str) -> None:
    named = set(re.findall(r"\[(\w+)\]\(#[a-z]\w*\)", page))
    described = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert len(described) == len(set(described))
    assert named == set(described)


@pytest.mark.parametrize("row", ROWS.strip().splitlines())
def test_rows(page: str, row: str) -> None:
    assert f"\n{row} " in page


def test_what_a_station_serves_is_what_it_has_handlers_for(page: str) -> None:
    served = dict(re.findall(r"^\| \d+ \| \[(\w+)\].*\| (yes|partly|no|–) \|$", page, re.MULTILINE))
    assert len(served) == len(catalogue.REQUESTS) + len(catalogue.RESPONSES)
    for kind in catalogue.REQUESTS.values():
        known = kind in HANDLERS or kind.spec.cancels in HANDLERS
        assert (served[kind.__name__] != "no") == known
        assert (served[kind.__name__] == "partly") == (kind in PARTLY)
    assert {served[kind.__name__] for kind in catalogue.RESPONSES.values()} == {"–"}


@pytest.mark.parametrize("part", PARTS)
def test_parts(page: str, part: str) -> None:
    assert part in page
