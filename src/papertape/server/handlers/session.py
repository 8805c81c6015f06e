"""Requests about the session itself."""

import logging
from collections.abc import Iterator

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
from ..sessions.session import Session
from . import handles
from .desk import Desk
from .orders import open_orders

log = logging.getLogger("papertape.station")


@handles(StartApi)
def start_api(desk: Desk, session: Session, message: StartApi) -> Iterator[None] | None:
    """Go on, wait for somebody's decision, or close without a word: by the client's address."""
    verdict = desk.policy.decide(session.address)
    if verdict == "accept":
        return begin(desk, session, message)
    if verdict == "ask" and (reason := desk.admission.crowded(session)):
        desk.sessions.drop(session, reason)
    elif verdict == "ask":
        session.asked = message
        until = desk.timing.until(desk.settings.acceptance_timeout_s)
        desk.policy.ask(
            Waiting(session.number, session.address, message.clientId, desk.timing.now, until)
        )
        facts = {"address": session.address, "client_id": message.clientId}
        desk.bus.tell("waiting", number=session.number, **facts)
        log.warning("connection %d from %s as client %d waits to be accepted",
                    session.number, session.address, message.clientId)  # fmt: skip
    else:
        desk.sessions.drop(session, "its address is rejected")
    return None


def begin(desk: Desk, session: Session, message: StartApi) -> Iterator[None] | None:
    """Claim the client id; report working orders, accounts, next id, farms. 326 when in use."""
    if not desk.sessions.claim(session, message.clientId):
        return None
    return _introduction(desk, session)


def _introduction(desk: Desk, session: Session) -> Iterator[None]:
    if desk.config.settings.downloadOpenOrdersOnConnection:
        yield from open_orders(desk, session, session.client_id, unasked=True)
    managed_accounts(desk, session, ReqManagedAccts())
    next_id(desk, session, ReqIds())
    if not desk.link.up:
        session.error(-1, 2110)
    desk.farms.introduce(session)
    desk.introduced(session)


@handles(ReqManagedAccts)
def managed_accounts(desk: Desk, session: Session, message: ReqManagedAccts) -> None:
    """The accounts of the login."""
    session.send(ManagedAccounts(",".join(desk.queries.accounts())))


@handles(ReqIds)
def next_id(desk: Desk, session: Session, message: ReqIds) -> None:
    """The next valid order id of this client; the argument is ignored, as TWS does."""
    assert session.client_id is not None
    told = desk.queries.next_valid_id(session.client_id)
    unsent = desk.link.held.highest(session.client_id)
    session.send(NextValidId(max(told, unsent + 1)))


@handles(ReqCurrentTime)
def current_time(desk: Desk, session: Session, message: ReqCurrentTime) -> None:
    """Market time in seconds; silent for a while after an answer, if the settings say so."""
    silence = int(desk.settings.current_time_silence_s * SECOND)
    if not silence or desk.timing.now - session.told_time >= silence:
        session.told_time = desk.timing.now
        session.send(CurrentTime(desk.timing.now // SECOND))


@handles(ReqCurrentTimeInMillis)
def current_time_in_millis(desk: Desk, session: Session, message: ReqCurrentTimeInMillis) -> None:
    """Market time in milliseconds."""
    session.send(CurrentTimeInMillis(desk.timing.now // 1_000_000))


@handles(SetServerLogLevel)
def set_log_level(desk: Desk, session: Session, message: SetServerLogLevel) -> None:
    """1 to 5, else 319; no answer."""
    if not 1 <= message.logLevel <= 5:
        session.error(-1, 319, level=message.logLevel)
        return
    session.log_level = message.logLevel
