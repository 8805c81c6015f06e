"""Reports: the user's own, a snapshot of what is known, and what there is not."""

from pathlib import Path
from xml.etree import ElementTree

from papertape.model import Contract, TagValue
from papertape.server.research.library import read_library
from papertape.server.research.reports import LARGEST, REPORTS
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import contract as contracts
from papertape.wire.catalogue import legacy as wire
from server.pair import VERSIONS, Hall
from walks import walk

AAPL = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
NONE = "We are sorry, but fundamentals data for the security specified is not available."


@walk("version", VERSIONS)
def test_a_stock_has_a_snapshot_of_its_details(version: int) -> None:
    client = Hall().client(1, version)
    client.send(wire.ReqFundamentalData(7, AAPL, "ReportSnapshot"))
    (answer,) = client.got()
    root = ElementTree.fromstring(answer.data)
    ids = {one.get("Type"): one.text for one in root.iterfind(".//IssueID")}
    assert (ids["Ticker"], ids["ISIN"]) == ("AAPL", "US0378331005")
    assert root.findtext("CoIDs/CoID") == "APPLE INC" and answer.reqId == 7
    assert "Sample" in (root.findtext("TextInfo/Text") or "")
    client.send(wire.CancelFundamentalData(7))
    assert client.got() == []


@walk("report", [*REPORTS[1:], "", "MOON", "../ReportSnapshot", "x" * 200])
def test_what_there_is_not_is_refused(report: str) -> None:
    client = Hall().client()
    assert client.send(wire.ReqFundamentalData(7, AAPL, report)).errors() == [(7, 430, NONE)]


def test_only_stocks_have_one_and_no_option_is_taken_for_nothing() -> None:
    client = Hall().client()
    euro = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
    client.send(wire.ReqFundamentalData(7, euro, "ReportSnapshot"))
    client.send(wire.ReqFundamentalData(8, Contract(symbol="NONE", secType="STK"), "RESC"))
    options = [TagValue("form", "short")]
    client.send(wire.ReqFundamentalData(9, AAPL, "ReportSnapshot", options))
    assert [one[:2] for one in client.errors()] == [(7, 430), (8, 200), (9, 430)]


def test_a_users_report_is_given_as_it_stands(tmp_path: Path) -> None:
    place = tmp_path / "fundamentals" / "AAPL"
    place.mkdir(parents=True)
    (place / "RESC.xml").write_text("<REarnEstCons>é</REarnEstCons>", "utf-8")
    client = Hall(library=read_library(tmp_path)).client()
    client.send(wire.ReqFundamentalData(7, AAPL, "RESC"))
    assert client.got() == [wire.FundamentalData(7, "<REarnEstCons>é</REarnEstCons>")]
    (place / "RESC.xml").write_bytes(b"\xff\xfe")
    (place / "CalendarReport.xml").write_bytes(b" " * (LARGEST + 1))
    client.send(wire.ReqFundamentalData(7, AAPL, "RESC"))
    client.send(wire.ReqFundamentalData(8, AAPL, "CalendarReport"))
    assert client.errors() == [(7, 430, NONE), (8, 430, NONE)]


def test_a_cancelled_question_for_details_ends_silently() -> None:
    client = Hall().client(1, MAX_SERVER)
    client.send(contracts.ReqContractDetails(7, AAPL), contracts.CancelContractData(7))
    assert isinstance(client.got()[-1], contracts.ContractDataEnd)
    assert client.send(contracts.CancelContractData(9)).got() == []
