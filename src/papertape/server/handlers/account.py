"""PositionSubscription, account figures and account summaries."""

from collections.abc import Iterator

from ...wire.catalogue import account as wire
from ..account_figures import (
    AccountSubscription,
    MultiAccountSubscription,
    PositionSubscription,
    SummarySubscription,
)
from ..sessions.session import Session
from . import handles
from .services import Services

MAX_SUMMARIES = 2
"""Active summary subscriptions of one client, as TWS allows."""
UNKNOWN_ACCOUNT = "Invalid account code"


@handles(wire.ReqPositions)
def req_positions(tws: Services, session: Session, message: wire.ReqPositions) -> Iterator[None]:
    """Every position, the end, then changes; those that come about meanwhile as they come."""
    session.subscriptions.add(PositionSubscription())
    return _positions(tws, session)


def _positions(tws: Services, session: Session) -> Iterator[None]:
    for row in tws.queries.each_position():
        if row is not None and tws.preferences.shows(row.contract):
            session.send(wire.Position(row.account, row.contract, row.position, row.avgCost))
        yield
    session.send(wire.PositionEnd())


@handles(wire.CancelPositions)
def cancel_positions(tws: Services, session: Session, message: wire.CancelPositions) -> None:
    """No more changes of positions; silent."""
    session.subscriptions.remove(PositionSubscription, 0)


def _account(tws: Services, wanted: str) -> str | None:
    known = tws.queries.accounts()
    code = wanted.strip()
    if not code or code == "All":
        return known[0]
    return code if code in known else None


@handles(wire.ReqAccountUpdates)
def req_account_updates(tws: Services, session: Session, message: wire.ReqAccountUpdates) -> None:
    """Follow one account, or leave it; an unknown one gets 321."""
    if not message.subscribe:
        if session.subscriptions.remove(AccountSubscription, 0) is not None:
            session.error(-1, 2100, variant="unsubscribed")
        return
    account = _account(tws, message.acctCode)
    if account is None:
        session.error(-1, 321, cause=UNKNOWN_ACCOUNT)
    else:
        tws.figures.follow(session, account)


@handles(wire.ReqAccountUpdatesMulti)
def req_account_updates_multi(
    tws: Services, session: Session, message: wire.ReqAccountUpdatesMulti
) -> None:
    """Follow an account under a request id."""
    account = _account(tws, message.account)
    if account is None:
        session.error(message.reqId, 321, cause=UNKNOWN_ACCOUNT)
        return
    multi = MultiAccountSubscription(
        message.reqId, account, message.modelCode, ledger=message.ledgerAndNLV
    )
    tws.figures.follow_multi(session, multi)


@handles(wire.CancelAccountUpdatesMulti)
def cancel_account_updates_multi(
    tws: Services, session: Session, message: wire.CancelAccountUpdatesMulti
) -> None:
    """Leave an account; silent."""
    session.subscriptions.remove(MultiAccountSubscription, message.reqId)


@handles(wire.ReqAccountSummary)
def req_account_summary(tws: Services, session: Session, message: wire.ReqAccountSummary) -> None:
    """The tags asked for; a third subscription gets 322."""
    summaries = session.subscriptions.of(SummarySubscription)
    if message.reqId not in summaries and len(summaries) >= MAX_SUMMARIES:
        session.error(message.reqId, 322, variant="too_many_summaries")
        return
    tws.figures.summarise(session, message.reqId, message.tags)


@handles(wire.CancelAccountSummary)
def cancel_account_summary(
    tws: Services, session: Session, message: wire.CancelAccountSummary
) -> None:
    """End a summary; silent."""
    session.subscriptions.remove(SummarySubscription, message.reqId)
