"""Halts over a market that plays by itself: what lines tell, what orders do."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.server.market_data.books import DepthLine
from papertape.store.journal import Journal
from papertape.venue.entries import SCHEMA
from papertape.venue.market.laid import WorldTape
from papertape.venue.units import SECOND
from papertape.wire.catalogue.depth import MarketDepthL2, ReqMktDepth
from papertape.wire.catalogue.market import ReqMktData, TickGeneric, TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import ExecutionDetails
from papertape.wire.catalogue.ticks import ReqTickByTickData, TickByTickData
from papertape.worlds.reading import read_steps
from server.market import TapeMarket
from server.pair import Client, Hall
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
VERSIONS = [176, 226]


def ready(version: int) -> tuple[Hall, Client]:
    market = TapeMarket()
    hall = Hall(market=WorldTape(market))
    hall.market = market
    return hall, hall.client(1, version)


def say(hall: Hall, text: str) -> None:
    for one in read_steps(text):
        hall.station.world.place(one)
    hall.wait(1e-9)


@walk("version", VERSIONS)
@walk(("word", "value"), [("", 1.0), (" volatility", 2.0)])
def test_a_line_is_told_of_a_halt_and_goes_on(version: int, word: str, value: float) -> None:
    hall, client = ready(version)
    hall.quote("AAPL 257.60*500 x 257.70*900")
    client.send(ReqMktData(1, AAPL)).got()
    say(hall, f"halt AAPL{word} for 5s")
    hall.wait(1)
    told = [one for one in client.got() if isinstance(one, TickPrice | TickGeneric)]
    assert [(one.tickType, getattr(one, "price", getattr(one, "value", None))) for one in told] == [
        (1, -1.0), (2, -1.0), (49, value),
    ]  # fmt: skip
    hall.put("quote AAPL 257.00*100 x 257.10*100", hall.now + SECOND)
    hall.put("trade AAPL 257.05*100", hall.now + SECOND)
    hall.wait(2)
    assert client.got() == []
    hall.wait(3)
    again = [one for one in client.got() if isinstance(one, TickPrice | TickGeneric)]
    shown = [(one.tickType, getattr(one, "price", getattr(one, "value", None))) for one in again]
    assert shown == [(1, 257.0), (2, 257.1), (49, 0.0)]


@pytest.mark.parametrize("version", VERSIONS)
def test_single_ticks_tell_a_halt_among_the_trades(version: int) -> None:
    hall, client = ready(version)
    client.send(ReqTickByTickData(1, AAPL, "AllLast"), ReqTickByTickData(2, AAPL, "MidPoint"))
    client.got()
    hall.put("trade AAPL 257.70*300", hall.now + SECOND)
    hall.wait(2)
    say(hall, "halt AAPL for 5s")
    hall.put("trade AAPL 250.00*300", hall.now + SECOND)
    hall.put("trade AAPL 258.00*300", hall.now + 7 * SECOND)
    hall.wait(9)
    trades: list[Any] = [one.historicalTickLast for one in client.of(TickByTickData)]
    assert [(t.price, int(t.size), t.tickAttribLast.pastLimit) for t in trades if t] == [
        (257.7, 300, False), (0.0, 0, True), (0.0, 0, False), (258.0, 300, False),
    ]  # fmt: skip


def test_orders_wait_for_the_end_of_a_halt() -> None:
    hall, client = ready(176)
    hall.quote("AAPL 257.60*500 x 257.70*900")
    say(hall, "halt AAPL for 5s")
    order = Order(
        action="BUY", totalQuantity=Decimal(100), orderType="MKT", account="DU1234567", tif="DAY"
    )
    client.send(PlaceOrder(1, AAPL, order))
    hall.wait(3)
    early = client.of(ExecutionDetails)
    assert not early, (early[0].execution.price, early[0].execution.time, hall.now)
    hall.wait(2)
    (fill,) = client.of(ExecutionDetails)
    assert fill.execution.price == 257.7


@pytest.mark.parametrize("version", VERSIONS)
def test_a_halt_ends_a_book_and_who_asks_again_waits_for_its_end(version: int) -> None:
    hall, client = ready(version)
    hall.quote("AAPL 257.60*500 x 257.70*900")
    other = hall.client(2, version)
    for one in (client, other):
        one.send(ReqMktDepth(1, AAPL, 1, True)).got()
    say(hall, "halt AAPL for 5s")
    hall.wait(1)
    for one in (client, other):
        *gone, end = one.got()
        assert {row.marketDepthData.operation for row in gone} == {2}
        text = "Market depth data has been HALTED. Please re-subscribe."
        assert (end.id, end.errorCode, end.errorMsg) == (1, 316, text)
        assert not one.session.subscriptions.of(DepthLine)
    again = client.send(ReqMktDepth(1, AAPL, 1, True)).got()
    assert [one.errorCode for one in again] == [2152]
    hall.wait(5)
    back = client.of(MarketDepthL2)
    assert back and {one.marketDepthData.operation for one in back} == {0}
    assert other.got() == []
    say(hall, "halt AAPL for 5s")
    hall.wait(1)
    assert [code for _, code, _ in client.errors()] == [316]


def test_a_halt_outlives_a_restart(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j.sqlite", schema_version=SCHEMA) as journal:
        below = TapeMarket()
        hall = Hall(market=WorldTape(below), journal=journal)
        hall.market = below
        hall.quote("AAPL 257.60*500 x 257.70*900")
        say(hall, "halt AAPL for 1h")
        hall.wait(5)
        con_id = hall.station.world.runner.instrument("AAPL").conId
        twin = Hall(market=WorldTape(below), journal=journal, now=hall.now)
        for house in (hall, twin):
            market = house.station.market
            assert (market.quote(con_id, hall.now).bid, market.day(con_id, hall.now).halted) == (
                0, 1,
            )  # fmt: skip
            assert market.quote(con_id, hall.now + 3600 * SECOND).bid == 2_576_000
