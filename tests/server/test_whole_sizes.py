"""Before version 163 every size is a whole number, except the quantities of orders and positions.

Clients of that time read market data as integers, and the position of a profit too: a fraction ends
the message, in the client of Go the program.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.instruments import Instrument, Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import price_units, size_units
from papertape.wire.catalogue import account, depth, history, market, orders, pnl, ticks
from papertape.wire.message import Message
from server.market import TapeMarket
from server.pair import Hall
from venue.scenario import START

COIN = Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD")
IN_FRACTIONS = {
    "filled", "remaining", "totalQuantity", "filledQuantity", "shares", "cumQty", "wap",
}  # fmt: skip
"""Decimals that were floating point numbers from the beginning."""
POSITIONS = (account.Position, account.PortfolioValue, account.PositionMulti)
"""And their positions."""


def sizes(thing: Any) -> Iterator[tuple[str, Decimal]]:
    """Every size of an answer, with its name."""
    for name in thing.__struct_fields__ if hasattr(thing, "__struct_fields__") else ():
        value = getattr(thing, name)
        held = name == "position" and isinstance(thing, POSITIONS)
        if isinstance(value, Decimal) and name not in IN_FRACTIONS and not held:
            yield name, value
        for one in value if isinstance(value, (list, tuple)) else (value,):
            yield from sizes(one)


@pytest.fixture
def hall() -> Hall:
    return Hall(market=TapeMarket())


def trade(hall: Hall, size: str) -> None:
    """A quote and a print of a coin, of a size with a fraction."""
    entry, many = coin(), size_units(Decimal(size))
    bid, ask = (price_units(price, entry.scale) for price in (60000.25, 60000.50))
    hall.market.add(Quote(entry.conId, hall.now + 1, bid, many, ask, 2 * many + 1))
    hall.market.add(Print(entry.conId, hall.now + 2, ask, many))
    hall.station.act()
    hall.wait(1)


def coin() -> Instrument:
    found = CATALOGUE.resolve(COIN, Purpose.ORDER, START)
    assert isinstance(found, Listing)
    return found.instrument


def told(hall: Hall, version: int) -> list[Message]:
    """What a client is told that asks for everything with a size."""
    trade(hall, "0.75")
    trade(hall, "1.6")
    client = hall.client(version, version)
    many: list[Message] = [
        ticks.ReqTickByTickData(number, COIN, kind)
        for number, kind in enumerate(("AllLast", "BidAsk", "Last"), 1)
    ]
    many += [
        ticks.ReqHistoricalTicks(10 + number, COIN, "", "20260415-20:00:00", 9, what, 0)
        for number, what in enumerate(("TRADES", "BID_ASK", "MIDPOINT"))
    ]
    many += [
        history.ReqHistoricalData(
            20 + number,
            COIN,
            "",
            duration="1 D",
            barSizeSetting=size,
            whatToShow=what,
            formatDate=2,
        )
        for number, (size, what) in enumerate((("1 min", "AGGTRADES"), ("1 hour", "MIDPOINT")))
    ]
    client.send(
        market.ReqMktData(30, COIN),
        depth.ReqMktDepth(31, COIN, 5),
        ticks.ReqRealTimeBars(32, COIN, 5, "AGGTRADES"),
        ticks.ReqHistogramData(33, COIN, timePeriod="1 day"),
        account.ReqAccountUpdates(True, ""),
        *many,
    )
    bought = Order(action="BUY", totalQuantity=Decimal("1.7"), orderType="LMT", lmtPrice=60000.5,
                   tif="IOC")  # fmt: skip
    client.send(orders.PlaceOrder(1, COIN, bought), account.ReqPositions())
    client.send(pnl.ReqPnLSingle(34, "DU1234567", "", coin().conId))
    trade(hall, "0.35")
    hall.wait(8)
    return client.got()


def in_fractions(got: list[Message]) -> set[type[Message]]:
    """The kinds of answers with a size that is no whole number."""
    return {type(one) for one in got for _, size in sizes(one) if size != size.to_integral_value()}


@pytest.mark.long
@pytest.mark.parametrize("version", [151, 157, 162])
def test_no_size_has_a_fraction_for_a_client_that_reads_integers(hall: Hall, version: int) -> None:
    got = told(hall, version)
    assert in_fractions(got) == set()
    (one,) = [row.size for row in got if isinstance(row, market.TickSize) and row.tickType == 5][
        -1:
    ]
    assert one == 0, "0.35, and TWS cuts off what it cannot tell"


KINDS = {
    ticks.TickByTickData,
    ticks.HistoricalTicksLast,
    ticks.HistoricalTicksBidAsk,
    history.HistoricalData,
    market.TickPrice,
    market.TickSize,
    depth.MarketDepth,
    ticks.RealTimeBarTick,
    ticks.HistogramData,
    pnl.PnLSingle,
}


@pytest.mark.long
def test_from_163_on_they_have_theirs(hall: Hall) -> None:
    assert in_fractions(told(hall, 163)) == KINDS
