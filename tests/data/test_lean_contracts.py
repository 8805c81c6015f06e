"""LEAN's futures and options: a zip has a file for each contract, and each becomes a recording."""

import zipfile
from pathlib import Path

import pytest

from papertape.data.importing import ImportOptions, ImportReport, import_sources
from papertape.errors import MarketDataError
from papertape.model import Contract
from papertape.server.assembly import compose
from papertape.server.clock import start_instant
from papertape.server.market_settings import MarketSettings
from papertape.venue.reference.instruments import Refusal

OPEN_ET, OPEN_UTC = 34_200_000, 48_600_000
"""09:30 in New York, of the time zone of options and, on a day of October, of futures."""
EASTERN = "America/New_York"
TRADED = "{},26000,26100,25900,26050,7\n{},26050,26100,26000,26000,9\n"
FUTURE = "{},1676.5,1677,1676.25,1676.75,19\n{},1676.75,1677.25,1676.5,1677,60\n"
QUOTED = "{},1.5,1.5,1.25,1.25,10,1.75,2,1.75,2,20\n{},,,,,,2,2,2,2,20\n"


def lean(root: Path, path: str, members: dict[str, str]) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return file


def at(text: str, begin: int) -> str:
    return text.format(begin, begin + 60_000)


def imported(folder: Path, *paths: Path) -> ImportReport:
    return import_sources(paths, folder, ImportOptions())


def found(folder: Path, start: str, wanted: Contract) -> tuple[int, float, float]:
    """The contract that programs find at that time, and its quote."""
    settings = MarketSettings(folder=folder, start=start_instant(start, EASTERN))
    with compose(wall=0, data_dir=None, market=settings) as composed:
        station = composed.station
        listing = station.venue.instruments.resolve(wanted, now=station.now)
        assert not isinstance(listing, Refusal), listing
        entry = listing.instrument
        quote = station.market.quote(entry.conId, station.now)
        station.market.day(entry.conId, station.now)
        return entry.conId, quote.bid / entry.scale, quote.ask / entry.scale


def test_futures_are_those_of_the_rules(tmp_path: Path) -> None:
    name = "20131007_es_minute_trade_{}.csv"
    trades = lean(tmp_path, "future/cme/minute/es/20131007_trade.zip",
                  {name.format("201312"): at(FUTURE, OPEN_UTC),
                   name.format("209912"): at(FUTURE, OPEN_UTC), "notes.csv": "1\n"})  # fmt: skip
    quotes = lean(tmp_path, "future/cme/minute/es/20131007_quote.zip",
                  {"20131007_es_minute_quote_201312.csv": at(QUOTED, OPEN_UTC),
                   "20131007_es_minute_quote_201403.csv": at(QUOTED, OPEN_UTC)})  # fmt: skip
    report = imported(tmp_path / "m", trades, quotes)
    first, second = report.instruments
    assert (first.entry.symbol, first.entry.contract, first.rows) == ("ES", {}, {"bars": 2})
    assert first.left_out["quote bars of a minute, where trade bars tell more"] == 2
    assert second.rows == {"quotes": 2}, "nobody traded it: its quotes are all that is known"
    unread = dict(report.unread)
    assert list(unread.values()) == [
        "no rule knows the future ES of 209912", "notes.csv names no month",
    ]  # fmt: skip
    wanted = Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD",
                      lastTradeDateOrContractMonth="201312")  # fmt: skip
    number, bid, ask = found(tmp_path / "m", "2013-10-07 10:00 US/Eastern", wanted)
    assert number == first.entry.conId and 1600 < bid < ask < 1750


def test_an_option_is_described_where_no_rule_makes_it(tmp_path: Path) -> None:
    name = "20140606_aapl_minute_trade_american_{}_6450000_20150117.csv"
    path = lean(tmp_path, "option/usa/minute/aapl/20140606_trade_american.zip",
                {name.format("call"): at(TRADED, OPEN_ET),
                 name.format("put"): "1,1,1,1,1,1\n"})  # fmt: skip
    report = imported(tmp_path / "m", path)
    (one,) = report.instruments
    assert one.entry.contract["localSymbol"] == "AAPL  150117C00645000"
    assert one.rows == {"bars": 2}
    ((where, why),) = report.unread
    assert where.endswith("put_6450000_20150117.csv") and "nothing that could be played" in why
    wanted = Contract(symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", right="C",
                      strike=645.0, lastTradeDateOrContractMonth="20150117")  # fmt: skip
    number, bid, ask = found(tmp_path / "m", "2014-06-06 10:00 US/Eastern", wanted)
    assert number == one.entry.conId and 2 < bid < ask < 4


def test_an_option_on_a_future_without_trades_has_its_quotes(tmp_path: Path) -> None:
    path = lean(tmp_path, "futureoption/cme/minute/es/202003/20200106_quote_american.zip",
                {"20200106_es_minute_quote_american_call_33000000_20200320.csv":
                 at(QUOTED, 52_200_000)})  # fmt: skip
    (one,) = imported(tmp_path / "m", path).instruments
    assert one.entry.contract["multiplier"] == "50" and one.rows == {"quotes": 2}
    assert one.left_out == {"quotes of one side": 2}
    wanted = Contract(symbol="ES", secType="FOP", exchange="CME", currency="USD", right="C",
                      strike=3300.0, lastTradeDateOrContractMonth="20200320")  # fmt: skip
    number, bid, ask = found(tmp_path / "m", "2020-01-06 10:00 US/Eastern", wanted)
    assert number == one.entry.conId and 0 < bid < ask


def test_two_contracts_do_not_share_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("papertape.venue.reference.custom.hashed", lambda *_, user: 2_130_000_001)
    name = "20140606_aapl_minute_trade_american_call_{}_20150117.csv"
    path = lean(tmp_path, "option/usa/minute/aapl/20140606_trade_american.zip",
                {name.format(one): at(TRADED, OPEN_ET) for one in (6450000, 6500000)})  # fmt: skip
    report = imported(tmp_path / "m", path)
    (one,), ((_, why),) = report.instruments, report.unread
    assert one.rows == {"bars": 2}
    assert why == "its number 2130000001 would be that of AAPL  150117C00645000"


@pytest.mark.parametrize("members", [{}, {"readme.csv": "1\n"}])
def test_a_zip_without_contracts_is_told_by_name(tmp_path: Path, members: dict[str, str]) -> None:
    path = lean(tmp_path, "indexoption/usa/minute/spx/20210104_trade_european.zip", members)
    with pytest.raises(MarketDataError, match=r"holds no CSV file|names no option"):
        imported(tmp_path / "m", path)
    assert not (tmp_path / "m").exists()
