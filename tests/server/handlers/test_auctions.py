"""Generic tick 225 with the hours of exchanges: what is told leads to what orders get."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.venue.broker.profile import Profile
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.tape import open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.wire.catalogue.market import ReqMktData, TickPrice, TickSize
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import ExecutionDetails
from server.pair import Client, Hall
from venue.scenario import at

AAPL_ID = 265598
AAPL = Contract(conId=AAPL_ID, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def hall(now: int) -> Hall:
    calendars = {AAPL_ID: calendar_of(CATALOGUE[AAPL_ID])}
    market = WorldTape(open_market(at("20260824 12:00:00"), seed=4, calendars=calendars))
    return Hall(profile=Profile(hours="exchange"), market=market, now=now)


def told(client: Client, found: dict[int, list[float]]) -> list[ExecutionDetails]:
    """Collect the auction's ticks; returns executions."""
    fills = []
    for one in client.got():
        if isinstance(one, TickPrice | TickSize) and one.tickType in (34, 35, 36, 61):
            value: Any = one.price if isinstance(one, TickPrice) else one.size
            found.setdefault(one.tickType, []).append(float(value))
        elif isinstance(one, ExecutionDetails):
            fills.append(one)
    return fills


@pytest.mark.sample(1, test=3)
@pytest.mark.long
@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize(
    ("now", "seconds", "kind", "tif"),
    [("20260824 15:49:00", 660, "MOC", "DAY"), ("20260825 09:24:00", 360, "MKT", "OPG")],
)
def test_an_order_of_the_auction_gets_the_last_price_told(
    version: int, now: str, seconds: int, kind: str, tif: str
) -> None:
    house = hall(at(now))
    client = house.client(1, version)
    order = Order(action="BUY", totalQuantity=Decimal(100), orderType=kind, tif=tif,
                  account="DU1234567")  # fmt: skip
    client.send(ReqMktData(1, AAPL, "225"), PlaceOrder(1, AAPL, order))
    ticks: dict[int, list[float]] = {}
    assert told(client, ticks) == []
    assert (ticks.pop(34), ticks.pop(36), ticks.pop(61)) == ([0.0], [0.0], [0.0])
    house.wait(seconds - 0.4)
    assert told(client, ticks) == []
    prices, volumes, left, regulatory = (ticks[kind] for kind in (35, 34, 36, 61))
    assert len(prices) > 5 and volumes == sorted(volumes) and volumes[-1] > volumes[0]
    assert left[0] != 0.0 == left[-1] and len(regulatory) == 1
    house.wait(2)
    (fill,) = told(client, ticks)
    assert fill.execution.price == pytest.approx(prices[-1])
    assert ticks[34][-1] == ticks[36][-1] == ticks[61][-1] == 0.0
