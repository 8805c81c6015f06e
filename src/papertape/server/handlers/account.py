"""Positions, account figures and account summaries."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...wire.catalogue import account as wire
from . import handles

if TYPE_CHECKING:
    from ..sessions.session import Session
    from ..station import Station

MAX_SUMMARIES = 2
"""Active summary subscriptions of one client, as TWS allows."""
UNKNOWN_ACCOUNT = "Invalid account code"


@handles(wire.ReqPositions)
def req_positions(
    station: "Station", session: "Session", message: wire.ReqPositions
) -> Iterator[None]:
    """Every position, the end, then changes; those that come about meanwhile as they come."""
    session.positions = True
    return _positions(station, session)


def _positions(station: "Station", session: "Session") -> Iterator[None]:
    for row in station.queries.each_position():
        if row is not None and station.shows(row.contract):
            session.send(wire.Position(row.account, row.contract, row.position, row.avgCost))
        yield
    session.send(wire.PositionEnd())


@handles(wire.CancelPositions)
def cancel_positions(station: "Station", session: "Session", message: wire.CancelPositions) -> None:
    """No more changes of positions; silent."""
    session.positions = False


def _account(station: "Station", wanted: str) -> str | None:
    known = station.queries.accounts()
    code = wanted.strip()
    if not code or code == "All":
        return known[0]
    return code if code in known else None


@handles(wire.ReqAccountUpdates)
def req_account_updates(
    station: "Station", session: "Session", message: wire.ReqAccountUpdates
) -> None:
    """Follow one account, or leave it; an unknown one gets 321."""
    if not message.subscribe:
        if session.account_updates:
            session.error(-1, 2100, variant="unsubscribed")
        session.account_updates = ""
        return
    account = _account(station, message.acctCode)
    if account is None:
        session.error(-1, 321, cause=UNKNOWN_ACCOUNT)
    else:
        station.accounts.follow(session, account)


@handles(wire.ReqAccountUpdatesMulti)
def req_account_updates_multi(
    station: "Station", session: "Session", message: wire.ReqAccountUpdatesMulti
) -> None:
    """Follow an account under a request id."""
    account = _account(station, message.account)
    if account is None:
        session.error(message.reqId, 321, cause=UNKNOWN_ACCOUNT)
        return
    station.accounts.follow_multi(
        session, message.reqId, account, message.modelCode, message.ledgerAndNLV
    )


@handles(wire.CancelAccountUpdatesMulti)
def cancel_account_updates_multi(
    station: "Station", session: "Session", message: wire.CancelAccountUpdatesMulti
) -> None:
    """Leave an account; silent."""
    session.multi.pop(message.reqId, None)


@handles(wire.ReqAccountSummary)
def req_account_summary(
    station: "Station", session: "Session", message: wire.ReqAccountSummary
) -> None:
    """The tags asked for; a third subscription gets 322."""
    if message.reqId not in session.summaries and len(session.summaries) >= MAX_SUMMARIES:
        session.error(message.reqId, 322, variant="too_many_summaries")
        return
    station.accounts.summarise(session, message.reqId, message.tags)


@handles(wire.CancelAccountSummary)
def cancel_account_summary(
    station: "Station", session: "Session", message: wire.CancelAccountSummary
) -> None:
    """End a summary; silent."""
    session.summaries.pop(message.reqId, None)
