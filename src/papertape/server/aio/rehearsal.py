"""An order that nobody placed, on a station that nobody sees: what its way needs is ready then.

The code that writes and reads messages is generated on first use, and more on the way of an order
is worked out once. A rehearsal lets one order of each kind go the whole way, at one version, so
that the first real one need not wait. Nothing of it is kept or told.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from ...model import Contract, Order
from ...venue.engine import Engine
from ...venue.market.tape import open_market
from ...venue.units import MINUTE, SECOND, Nanos
from ...wire.catalogue.account import ReqPositions
from ...wire.catalogue.orders import CancelOrder, PlaceOrder, ReqOpenOrders
from ...wire.catalogue.session import StartApi
from ...wire.connection import ClientConnection, encode
from ...wire.message import Message
from ..persistence import Keeper
from ..sessions.session import Session
from ..settings import StationSettings
from ..station import Station
from ..taps.station_log import hushed

SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
MOMENT: Nanos = 1_776_088_800 * SECOND
"""When it takes place; any moment will do."""


class _Nowhere:
    """A transport to nobody."""

    unsent = 0

    def write(self, data: bytes) -> None:
        """Forget it."""

    def close(self) -> None:
        """Nothing was open."""

    reset = abort = close


def rehearsal(version: int) -> Iterator[None]:
    """Rehearse at a version, a step at a time; a step takes some milliseconds at most."""
    with hushed():
        station, session = _opened(version)
    yield
    yield from station.venue.instruments.prepare()
    for message in _requests():
        with hushed():
            station.receive(session, encode(message, version), MOMENT)
            station.flush()
        yield


def _opened(version: int) -> tuple[Station, Session]:
    market = open_market(MOMENT - 60 * MINUTE)
    engine = Engine(market)
    engine.skip(MOMENT)
    engine.open_accounts(MOMENT)
    station = Station(engine, market, Keeper(None), StationSettings(max_message_rate=0))
    session = station.open("127.0.0.1:0", _Nowhere(), MOMENT)
    assert session is not None, "a new station has a place"
    station.receive(session, ClientConnection(highest=version).initiate(), MOMENT)
    station.flush()
    return station, session


def _requests() -> tuple[Message, ...]:
    rests = Order(action="BUY", orderType="LMT", lmtPrice=1.0, tif="DAY")
    fills = Order(action="BUY", orderType="MKT", tif="DAY")
    rests.totalQuantity = fills.totalQuantity = Decimal(1)
    other = replace(fills, totalQuantity=Decimal(100))  # a record is written as what differs
    return (
        StartApi(1),
        PlaceOrder(1, SPY, rests),
        CancelOrder(1),
        PlaceOrder(2, SPY, fills),
        PlaceOrder(3, AAPL, other),
        ReqOpenOrders(),
        ReqPositions(),
    )
