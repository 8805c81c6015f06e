"""Before the open and after the close: quotes, bars with and without useRTH, orders."""

from decimal import Decimal

import pytest

from papertape.model import Contract, Order
from papertape.venue.broker.profile import Profile
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.tape import open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND
from papertape.wire.catalogue import history
from papertape.wire.catalogue.market import ReqMktData, TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import ExecutionDetails, OrderStatus
from server.pair import Client, Hall
from venue.scenario import at
from walks import walk

SPY_ID = 756733
SPY = Contract(conId=SPY_ID, symbol="SPY", secType="STK", exchange="SMART", currency="USD")
MORNING, EVENING = at("20260825 08:00:00"), at("20260825 17:00:00")


def ready(now: int, version: int = 226) -> tuple[Hall, Client]:
    calendars = {SPY_ID: calendar_of(CATALOGUE[SPY_ID])}
    market = WorldTape(open_market(at("20260824 12:00:00"), seed=4, calendars=calendars))
    hall = Hall(profile=Profile(hours="exchange"), market=market, now=now)
    return hall, hall.client(1, version)


def bars(client: Client, size: str, *, regular: bool, duration: str = "2 D") -> list[history.Bar]:
    wanted = history.ReqHistoricalData(
        1, contract=SPY, barSizeSetting=size, duration=duration, whatToShow="TRADES",
        useRTH=regular, formatDate=2, endDateTime="20260825-23:59:59",
    )  # fmt: skip
    (got, *_) = client.send(wanted).got()
    assert isinstance(got, history.HistoricalData)
    return got.historicalDataBars


@pytest.mark.parametrize("now", [MORNING, EVENING])
def test_a_line_ticks_outside_of_the_regular_session(now: int) -> None:
    hall, client = ready(now)
    client.send(ReqMktData(1, SPY)).got()
    hall.wait(20)
    prices = {tick.tickType: tick.price for tick in client.of(TickPrice)}
    assert 0 < prices[1] < prices[2]


@pytest.mark.long
@walk("size", ["1 min", "30 mins", "1 hour", "2 hours"])
def test_use_rth_cuts_the_hours_around_the_session(size: str) -> None:
    begins, closes = at("20260825 09:30:00"), at("20260825 16:00:00")
    _, client = ready(at("20260825 20:00:00"))
    day = at("20260825 00:00:00")
    every = [int(bar.date) * SECOND for bar in bars(client, size, regular=False)]
    inside = [int(bar.date) * SECOND for bar in bars(client, size, regular=True)]
    every, inside = ([one for one in found if one >= day] for found in (every, inside))
    assert min(every) == at("20260825 04:00:00") and max(every) >= at("20260825 18:00:00")
    assert min(inside) == begins and max(inside) < closes


@pytest.mark.long
def test_the_day_with_and_without_the_hours_around_it() -> None:
    """Each is the sum of its minutes; the session alone has less volume."""
    _, client = ready(at("20260825 20:00:00"))
    for regular in (False, True):
        *_, day = bars(client, "1 day", regular=regular)
        stamp = at("20260825 00:00:00")
        rows = [
            bar for bar in bars(client, "1 min", regular=regular) if int(bar.date) * SECOND >= stamp
        ]
        assert len(rows) == (390 if regular else 960)
        assert (day.open, day.close) == (rows[0].open, rows[-1].close)
        assert day.high == max(bar.high for bar in rows)
        assert day.low == min(bar.low for bar in rows)
        assert day.volume == sum(bar.volume for bar in rows)


@pytest.mark.parametrize("now", [MORNING, EVENING])
def test_an_order_fills_there_if_it_may(now: int) -> None:
    hall, client = ready(now)
    ask = hall.market.quote(SPY_ID, now).ask / 10_000
    for number, outside in ((1, True), (2, False)):
        order = Order(
            action="BUY", totalQuantity=Decimal(10), orderType="LMT", lmtPrice=round(ask + 1, 2),
            tif="GTC", outsideRth=outside, account="DU1234567",
        )  # fmt: skip
        client.send(PlaceOrder(number, SPY, order))
    hall.wait(30)
    got = client.got()
    fills = {one.execution.orderId for one in got if isinstance(one, ExecutionDetails)}
    states = {one.orderId: one.status for one in got if isinstance(one, OrderStatus)}
    assert fills == {1}
    assert (states[1], states[2]) == ("Filled", "PreSubmitted")


def test_an_order_for_the_session_works_from_the_open_on() -> None:
    hall, client = ready(at("20260825 09:29:30"))
    order = Order(
        action="BUY", totalQuantity=Decimal(10), orderType="MKT", tif="DAY", account="DU1234567"
    )  # fmt: skip
    client.send(PlaceOrder(1, SPY, order))
    hall.wait(29.9)
    assert not [one for one in client.got() if isinstance(one, ExecutionDetails)]
    hall.wait(5)
    (fill,) = [one for one in client.got() if isinstance(one, ExecutionDetails)]
    first = hall.market.quote(SPY_ID, at("20260825 09:30:00"))
    assert fill.execution.price == first.ask / 10_000


def spans(client: Client, *, regular: bool, duration: str, end: str) -> tuple[int, int]:
    """When the first and the last minute begin."""
    wanted = history.ReqHistoricalData(
        1, contract=SPY, barSizeSetting="1 min", duration=duration, whatToShow="TRADES",
        useRTH=regular, formatDate=2, endDateTime=end,
    )  # fmt: skip
    (got, *_) = client.send(wanted).got()
    assert isinstance(got, history.HistoricalData)
    found = [int(bar.date) * SECOND for bar in got.historicalDataBars]
    return found[0], found[-1]


DAYS = [
    ("11:00:00", False, "1 D", "25 04:00", "25 10:59"),
    ("11:00:00", True, "1 D", "25 09:30", "25 10:59"),
    ("11:00:00", True, "2 D", "24 09:30", "25 10:59"),
    ("09:31:00", True, "1 D", "25 09:30", "25 09:30"),
    ("08:00:00", False, "1 D", "25 04:00", "25 07:59"),
    ("08:00:00", True, "1 D", "24 09:30", "24 15:59"),
    ("09:30:00", True, "1 D", "24 09:30", "24 15:59"),
    ("04:00:00", False, "1 D", "24 04:00", "24 19:59"),
    ("21:00:00", False, "1 D", "25 04:00", "25 19:59"),
    ("21:00:00", True, "3 D", "21 09:30", "25 15:59"),
    ("11:00:00", False, "86400 S", "24 11:00", "25 10:59"),
]


@pytest.mark.sample(3)
@pytest.mark.parametrize(("end", "regular", "duration", "first", "last"), DAYS)
def test_days_are_sessions_of_which_the_one_that_runs_is_the_first(
    end: str, regular: bool, duration: str, first: str, last: str
) -> None:
    _, client = ready(at("20260826 12:00:00"))
    found = spans(client, regular=regular, duration=duration, end=f"20260825 {end} US/Eastern")
    assert found == (at(f"202608{first}:00"), at(f"202608{last}:00"))
