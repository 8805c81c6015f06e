"""Requests about the session itself."""

import logging
from collections.abc import Iterator
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
from ..sessions.policy import Waiting
from . import handles
from .orders import open_orders

log = logging.getLogger("papertape.station")

if TYPE_CHECKING:
    from ..sessions.session import Session
    from ..station import Station


@handles(StartApi)
def start_api(station: "Station", session: "Session", message: StartApi) -> Iterator[None] | None:
    """Go on, wait for somebody's decision, or close without a word: by the client's address."""
    verdict = station.policy.decide(session.address)
    if verdict == "accept":
        return begin(station, session, message)
    if verdict == "ask" and (reason := station.door.crowded(session)):
        station.drop(session, reason)
    elif verdict == "ask":
        session.asked = message
        until = station.until(station.settings.acceptance_timeout_s)
        station.policy.ask(
            Waiting(session.number, session.address, message.clientId, station.now, until)
        )
        facts = {"address": session.address, "client_id": message.clientId}
        station.hub.tell("waiting", number=session.number, **facts)
        log.warning("connection %d from %s as client %d waits to be accepted",
                    session.number, session.address, message.clientId)  # fmt: skip
    else:
        station.drop(session, "its address is rejected")
    return None


def begin(station: "Station", session: "Session", message: StartApi) -> Iterator[None] | None:
    """Claim the client id; report working orders, accounts, next id, farms. 326 when in use."""
    if not station.claim(session, message.clientId):
        return None
    return _introduction(station, session)


def _introduction(station: "Station", session: "Session") -> Iterator[None]:
    if station.config.settings.downloadOpenOrdersOnConnection:
        yield from open_orders(station, session, session.client_id, unasked=True)
    managed_accounts(station, session, ReqManagedAccts())
    next_id(station, session, ReqIds())
    if not station.link.up:
        session.error(-1, 2110)
    station.farms.introduce(session)
    station.drills.started(session)


@handles(ReqManagedAccts)
def managed_accounts(station: "Station", session: "Session", message: ReqManagedAccts) -> None:
    """The accounts of the login."""
    session.send(ManagedAccounts(",".join(station.queries.accounts())))


@handles(ReqIds, trading=True)
def next_id(station: "Station", session: "Session", message: ReqIds) -> None:
    """The next valid order id of this client; the argument is ignored, as TWS does."""
    assert session.client_id is not None
    told = station.queries.next_valid_id(session.client_id)
    unsent = station.link.highest_held(session.client_id)
    session.send(NextValidId(max(told, unsent + 1)))


@handles(ReqCurrentTime)
def current_time(station: "Station", session: "Session", message: ReqCurrentTime) -> None:
    """Market time in seconds; silent for a while after an answer, if the settings say so."""
    silence = int(station.settings.current_time_silence_s * SECOND)
    if not silence or station.now - session.told_time >= silence:
        session.told_time = station.now
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
