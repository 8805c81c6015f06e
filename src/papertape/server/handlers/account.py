"""PositionSubscription, account figures and account summaries."""

from collections.abc import Iterator

from ...wire.catalogue import account as wire
from ..account_subscriptions import (
    AccountSubscription,
    MultiAccountSubscription,
    MultiPositionSubscription,
    PositionSubscription,
    SummarySubscription,
)
from ..present.queries import PositionRow, Rows
from ..sessions.session import Session
from . import handles
from .services import Services

MAX_MULTI_POSITIONS = 100
"""Active reqPositionsMulti of one client."""
MAX_SUMMARIES = 2
"""Active summary subscriptions of one client, as TWS allows."""
UNKNOWN_ACCOUNT = "Invalid account code"
UNKNOWN_GROUP = "Invalid account group"
ALL = "All"
"""The group of all accounts."""


@handles(wire.ReqPositions)
def req_positions(tws: Services, session: Session, message: wire.ReqPositions) -> Iterator[None]:
    """Every position, the end, then changes; those that come about meanwhile as they come."""
    session.subscriptions.add(PositionSubscription())
    return _positions(tws, session)


def _positions(tws: Services, session: Session) -> Iterator[None]:
    for row in tws.queries.each_position():
        if row is not None and tws.preferences.shows(row.account, row.contract, row.position):
            session.send(wire.Position(row.account, row.contract, row.position, row.avgCost))
        yield
    session.send(wire.PositionEnd())


@handles(wire.CancelPositions)
def cancel_positions(tws: Services, session: Session, message: wire.CancelPositions) -> None:
    """No more changes of positions; silent."""
    session.subscriptions.remove(PositionSubscription, 0)


@handles(wire.ReqPositionsMulti)
def req_positions_multi(
    tws: Services, session: Session, message: wire.ReqPositionsMulti
) -> Iterator[None] | None:
    """Every position of an account, the end, then changes, under a request id.

    322 for an account or a group that there is not. No account has model portfolios: of one
    nothing is held.
    """
    wanted = message.account.strip()
    members = tws.queries.group(wanted or ALL)
    held = session.subscriptions.of(MultiPositionSubscription)
    if members is None and wanted not in tws.queries.accounts():
        session.error(message.reqId, 322, cause=UNKNOWN_ACCOUNT)
        return None
    if message.reqId in held:
        session.error(message.reqId, 322, variant="duplicate")
        return None
    if len(held) >= MAX_MULTI_POSITIONS:
        cause = f"At most {MAX_MULTI_POSITIONS} subscriptions to positions"
        session.error(message.reqId, 322, cause=cause)
        return None
    among = None if wanted in ("", ALL, tws.queries.everybody()) else members or (wanted,)
    one = MultiPositionSubscription(message.reqId, among, message.modelCode.strip())
    session.subscriptions.add(one)
    return _multi_positions(tws, session, one)


def _multi_positions(
    tws: Services, session: Session, one: MultiPositionSubscription
) -> Iterator[None]:
    for row in () if one.model else _rows_of(tws, one):
        if row is not None and tws.preferences.shows(row.account, row.contract, row.position):
            session.send(
                wire.PositionMulti(
                    one.request_id, row.account, row.contract, row.position, row.avgCost
                )
            )
        yield
    session.send(wire.PositionMultiEnd(one.request_id))


def _rows_of(tws: Services, one: MultiPositionSubscription) -> Rows[PositionRow]:
    if one.accounts is None:
        yield from tws.queries.each_position()
        return
    for account in one.accounts:
        yield from tws.queries.each_position(account)


@handles(wire.CancelPositionsMulti)
def cancel_positions_multi(
    tws: Services, session: Session, message: wire.CancelPositionsMulti
) -> None:
    """No more changes of positions; silent."""
    session.subscriptions.remove(MultiPositionSubscription, message.reqId)


def account_of(tws: Services, wanted: str) -> str | None:
    """The account that a request names, the first one where it names none, None for an unknown
    one; an advisor has one for all together (``Queries.everybody``)."""
    known, everybody = tws.queries.accounts(), tws.queries.everybody()
    code = wanted.strip()
    if code == ALL:
        return everybody or known[0]
    if not code:
        return known[0]
    return code if code in known or code == everybody else None


@handles(wire.ReqAccountUpdates)
def req_account_updates(tws: Services, session: Session, message: wire.ReqAccountUpdates) -> None:
    """Follow one account, or leave it; an unknown one gets 321."""
    if not message.subscribe:
        if session.subscriptions.remove(AccountSubscription, 0) is not None:
            session.error(-1, 2100, variant="unsubscribed")
        return
    account = account_of(tws, message.acctCode)
    if account is None:
        session.error(-1, 321, cause=UNKNOWN_ACCOUNT)
    else:
        tws.figures.follow(session, account)


@handles(wire.ReqAccountUpdatesMulti)
def req_account_updates_multi(
    tws: Services, session: Session, message: wire.ReqAccountUpdatesMulti
) -> None:
    """Follow an account under a request id."""
    account = account_of(tws, message.account)
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
    """The tags asked for, of all accounts or of an advisor's group; a third subscription gets 322,
    and so does an unknown group."""
    summaries = session.subscriptions.of(SummarySubscription)
    if message.reqId not in summaries and len(summaries) >= MAX_SUMMARIES:
        session.error(message.reqId, 322, variant="too_many_summaries")
        return
    group = message.group.strip() or ALL
    if tws.queries.group(group) is None:
        session.error(message.reqId, 322, cause=UNKNOWN_GROUP)
        return
    tws.figures.summarise(session, message.reqId, message.tags, group)


@handles(wire.CancelAccountSummary)
def cancel_account_summary(
    tws: Services, session: Session, message: wire.CancelAccountSummary
) -> None:
    """End a summary; silent."""
    session.subscriptions.remove(SummarySubscription, message.reqId)
