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
from ..sessions.policy import WaitingConnection
from ..sessions.session import Session
from . import handles
from .orders import open_orders
from .services import Services

log = logging.getLogger("papertape.station")


@handles(StartApi)
def start_api(tws: Services, session: Session, message: StartApi) -> Iterator[None] | None:
    """Go on, wait for somebody's decision, or close without a word: by the client's address."""
    verdict = tws.policy.decide(session.address)
    if verdict == "accept":
        return begin(tws, session, message)
    if verdict == "ask" and (reason := tws.admission.crowded(session)):
        tws.sessions.drop(session, reason)
    elif verdict == "ask":
        session.asked = message
        until = tws.timing.until(tws.settings.acceptance_timeout_s)
        tws.policy.ask(
            WaitingConnection(
                session.number, session.address, message.clientId, tws.timing.now, until
            )
        )
        facts = {"address": session.address, "client_id": message.clientId}
        tws.bus.tell("waiting", number=session.number, **facts)
        log.warning("connection %d from %s as client %d waits to be accepted",
                    session.number, session.address, message.clientId)  # fmt: skip
    else:
        tws.sessions.drop(session, "its address is rejected")
    return None


def begin(tws: Services, session: Session, message: StartApi) -> Iterator[None] | None:
    """Claim the client id; report working orders, accounts, next id, farms. 326 when in use."""
    if not tws.sessions.claim(session, message.clientId):
        return None
    return _introduction(tws, session)


def _introduction(tws: Services, session: Session) -> Iterator[None]:
    if tws.config.settings.downloadOpenOrdersOnConnection:
        yield from open_orders(tws, session, session.client_id, unasked=True)
    managed_accounts(tws, session, ReqManagedAccts())
    next_id(tws, session, ReqIds())
    if not tws.link.up:
        session.error(-1, 2110)
    tws.farms.introduce(session)
    tws.introduced(session)


@handles(ReqManagedAccts)
def managed_accounts(tws: Services, session: Session, message: ReqManagedAccts) -> None:
    """The accounts of the login; an advisor's own comes first."""
    codes = sorted(tws.queries.accounts(), key=lambda code: code != tws.queries.advisor())
    session.send(ManagedAccounts(",".join(codes)))


@handles(ReqIds)
def next_id(tws: Services, session: Session, message: ReqIds) -> None:
    """The next valid order id of this client; the argument is ignored, as TWS does."""
    assert session.client_id is not None
    told = tws.queries.next_valid_id(session.client_id)
    unsent = tws.link.held.highest(session.client_id)
    session.send(NextValidId(max(told, unsent + 1)))


@handles(ReqCurrentTime)
def current_time(tws: Services, session: Session, message: ReqCurrentTime) -> None:
    """Market time in seconds; silent for a while after an answer, if the settings say so."""
    silence = int(tws.settings.current_time_silence_s * SECOND)
    if not silence or tws.timing.now - session.told_time >= silence:
        session.told_time = tws.timing.now
        session.send(CurrentTime(tws.timing.now // SECOND))


@handles(ReqCurrentTimeInMillis)
def current_time_in_millis(
    tws: Services, session: Session, message: ReqCurrentTimeInMillis
) -> None:
    """Market time in milliseconds."""
    session.send(CurrentTimeInMillis(tws.timing.now // 1_000_000))


@handles(SetServerLogLevel)
def set_log_level(tws: Services, session: Session, message: SetServerLogLevel) -> None:
    """1 to 5, else 319; no answer."""
    if not 1 <= message.logLevel <= 5:
        session.error(-1, 319, level=message.logLevel)
        return
    session.log_level = message.logLevel
