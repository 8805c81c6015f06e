"""Requests about the session itself."""

from typing import TYPE_CHECKING

from ...venue.units import SECOND
from ...wire.catalogue.session import (
    CurrentTime,
    CurrentTimeInMillis,
    ManagedAccounts,
    NextValidId,
    ReqCurrentTime,
    ReqCurrentTimeInMillis,
    ReqIds,
    ReqManagedAccts,
    SetServerLogLevel,
    StartApi,
)
from . import handles
from .orders import send_open_orders

if TYPE_CHECKING:
    from ..session import Session
    from ..station import Station


@handles(StartApi)
def start_api(station: "Station", session: "Session", message: StartApi) -> None:
    """Claim the client id; report working orders, accounts, next id, farms. 326 when in use."""
    session.capabilities = message.optionalCapabilities
    if not station.claim(session, message.clientId):
        return
    if station.settings.open_orders_on_connection:
        send_open_orders(station, session, unasked=True)
    managed_accounts(station, session, ReqManagedAccts())
    next_id(station, session, ReqIds())
    for code, farm in (
        (2104, station.settings.market_farm),
        (2106, station.settings.history_farm),
        (2158, station.settings.definition_farm),
    ):
        session.error(-1, code, farm=farm)


@handles(ReqManagedAccts)
def managed_accounts(station: "Station", session: "Session", message: ReqManagedAccts) -> None:
    """The accounts of the login."""
    session.send(ManagedAccounts(",".join(station.engine.queries.accounts())))


@handles(ReqIds)
def next_id(station: "Station", session: "Session", message: ReqIds) -> None:
    """The next valid order id of this client; the argument is ignored, as TWS does."""
    assert session.client_id is not None
    session.send(NextValidId(station.engine.queries.next_valid_id(session.client_id)))


@handles(ReqCurrentTime)
def current_time(station: "Station", session: "Session", message: ReqCurrentTime) -> None:
    """Market time in seconds."""
    session.send(CurrentTime(station.now // SECOND))


@handles(ReqCurrentTimeInMillis)
def current_time_in_millis(
    station: "Station", session: "Session", message: ReqCurrentTimeInMillis
) -> None:
    """Market time in milliseconds."""
    session.send(CurrentTimeInMillis(station.now // 1_000_000))


@handles(SetServerLogLevel)
def set_log_level(station: "Station", session: "Session", message: SetServerLogLevel) -> None:
    """1 to 5, else 319; no answer."""
    if not 1 <= message.logLevel <= 5:
        session.error(-1, 319, level=message.logLevel)
        return
    session.log_level = message.logLevel
