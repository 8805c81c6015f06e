"""Ticks 32, 33 and 84: which venues show the bid and the ask, and where the last trade was."""

from itertools import groupby
from typing import Any

import pytest
from msgspec.structs import replace

from papertape.model import Contract
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.persistence import MarketFacts
from papertape.server.settings import StationSettings
from papertape.venue.units import MINUTE
from papertape.wire.catalogue import depth, market
from papertape.wire.catalogue.reference import ReqSmartComponents, SmartComponents
from papertape.wire.catalogue.ticks import ReqTickByTickData, TickByTickData
from server.by_kind import KINDS
from server.pair import Client, Hall
from venue.scenario import START

SPY = KINDS["ETF"]
AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
SIE = Contract(symbol="SIE", secType="STK", currency="EUR", exchange="IBIS")
BID_EXCH, ASK_EXCH, LAST_EXCH = 32, 33, 84
EXCHANGES = {BID_EXCH, ASK_EXCH, LAST_EXCH}


def hall(**settings: Any) -> Hall:
    facts = MarketFacts(START - 60 * MINUTE, 3, MarketClock(START, START, 1.0))
    chosen = StationSettings(max_message_rate=0, **settings)
    return Hall(settings=chosen, market=open_tape(None, facts))


def texts(messages: list[Any]) -> dict[int, str]:
    """The last text of each type of tick."""
    return {m.tickType: m.value for m in messages if isinstance(m, market.TickString)}


def of(messages: list[Any], kind: type[Any]) -> list[Any]:
    return [one for one in messages if isinstance(one, kind)]


def letters(client: Client) -> dict[str, str]:
    """Venue -> letter, as the key of a quote explains them."""
    client.send(market.ReqMktData(900, SPY))
    (parameters,) = of(client.got(), market.TickReqParams)
    client.send(market.CancelMktData(900), ReqSmartComponents(901, parameters.bboExchange))
    (found,) = of(client.got(), SmartComponents)
    return {one.exchange: one.exchangeLetter for one in found.smartComponents}


@pytest.mark.long
@pytest.mark.parametrize("version", [176, 226])
def test_the_venues_of_a_quote_are_those_of_the_best_row_of_the_book_of_smart(version: int) -> None:
    here = hall()
    client = here.client(1, version)
    known = letters(client)
    client.send(market.ReqMktData(1, SPY))
    told: dict[int, str] = {}
    shown = set()
    for _ in range(40):
        client.send(depth.ReqMktDepth(2, SPY, 20, True))
        got = client.got()
        told |= texts(got)
        rows = [one.marketDepthData for one in of(got, depth.MarketDepthL2)]
        for side, tick in ((1, BID_EXCH), (0, ASK_EXCH)):
            of_side = [row for row in rows if row.side == side]
            best = [row.marketMaker for row in of_side if row.price == of_side[0].price]
            assert set(told[tick]) == {known[name] for name in best}
            assert told[tick] == "".join(one for one in known.values() if one in told[tick])
            shown.add(told[tick])
        client.send(depth.CancelMktDepth(2, True))
        here.wait(1.5)
    assert len(shown) > 5


@pytest.mark.long
def test_the_exchange_of_the_last_trade_is_told_when_it_is_another_one() -> None:
    here = hall(quote_interval_ms=0)
    client = here.client()
    known = letters(client)
    client.send(market.ReqMktData(1, SPY), ReqTickByTickData(2, SPY, "AllLast"))
    first = texts(client.got())[LAST_EXCH]
    here.wait(120)
    got = client.got()
    trades = [known[one.historicalTickLast.exchange] for one in of(got, TickByTickData)]
    told = [m.value for m in of(got, market.TickString) if m.tickType == LAST_EXCH]
    assert len(told) > 10
    assert [first, *told] == [letter for letter, _ in groupby([first, *trades])]


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize("interval", [0, 250])
@pytest.mark.parametrize("version", [176, 226])
def test_a_line_at_one_exchange_has_the_letter_of_that_one(version: int, interval: int) -> None:
    here = hall(quote_interval_ms=interval)
    client = here.client(1, version)
    known = letters(client)
    for request_id, name in enumerate(("NASDAQ", "ARCA", "SMART"), 1):
        client.send(market.ReqMktData(request_id, replace(SPY, exchange=name)))
    told: dict[int, set[str]] = {1: set(), 2: set(), 3: set()}
    for _ in range(40):
        here.wait(1.5)
        for one in of(client.got(), market.TickString):
            if one.tickType in EXCHANGES:
                told[one.reqId].add(one.value)
    assert told[1] == {known["NASDAQ"]}
    assert told[2] == {known["ARCA"]}
    assert len(told[3]) > 5


def test_a_snapshot_has_none_as_captured() -> None:
    client = hall().client()
    client.send(market.ReqMktData(1, SPY, "", True))
    assert not texts(client.got()).keys() & EXCHANGES


@pytest.mark.long
@pytest.mark.parametrize("kind", [one for one in KINDS if one not in ("STK", "ETF")])
def test_kinds_without_a_consolidated_quote_of_shares_have_none(kind: str) -> None:
    here = hall()
    client = here.client()
    client.send(market.ReqMktData(1, KINDS[kind]), market.ReqMktData(2, SIE))
    here.wait(60)
    assert not texts(client.got()).keys() & EXCHANGES


def test_delayed_data_have_none() -> None:
    here = hall(market_data="delayed")
    client = here.client()
    client.send(market.ReqMarketDataType(3), market.ReqMktData(1, SPY))
    here.wait(60)
    got = client.got()
    assert of(got, market.TickPrice) and not texts(got).keys() & EXCHANGES


def test_a_side_that_is_gone_has_no_venue() -> None:
    here = Hall()
    here.quote("AAPL 257.66 x 257.68")
    client = here.client()
    client.send(market.ReqMktData(1, AAPL))
    before = texts(client.got())
    here.quote("AAPL 0 x 257.68")
    after = texts(client.got())
    assert before[BID_EXCH] and after[BID_EXCH] == "" and ASK_EXCH not in after
