"""Profit and loss of an account and of single positions."""

from typing import Final

from ...wire.catalogue import pnl as wire
from ..profit_streams import MOST_PROFITS, PnLSingleSubscription, PnLSubscription
from ..sessions.session import Session
from . import handles
from .account import UNKNOWN_ACCOUNT, account_of
from .services import Services

NO_MODEL: Final = "The account has no model portfolio {code}"


@handles(wire.ReqPnL)
def req_pnl(tws: Services, session: Session, message: wire.ReqPnL) -> None:
    """Follow the profit of an account: its first row at once; 322 for one that there is not."""
    account = _account(tws, session, message)
    if account is not None:
        tws.profits.follow(session, PnLSubscription(message.reqId, account))


@handles(wire.CancelPnL)
def cancel_pnl(tws: Services, session: Session, message: wire.CancelPnL) -> None:
    """No more rows; 10185 for an id that follows none."""
    if session.subscriptions.remove(PnLSubscription, message.reqId) is None:
        session.error(message.reqId, 10185)


@handles(wire.ReqPnLSingle)
def req_pnl_single(tws: Services, session: Session, message: wire.ReqPnLSingle) -> None:
    """Follow the profit of one position: silent as long as there is none of that contract."""
    account = _account(tws, session, message)
    if account is not None:
        one = PnLSingleSubscription(message.reqId, account, message.conId)
        tws.profits.follow(session, one)


@handles(wire.CancelPnLSingle)
def cancel_pnl_single(tws: Services, session: Session, message: wire.CancelPnLSingle) -> None:
    """No more rows; 10186 for an id that follows none."""
    if session.subscriptions.remove(PnLSingleSubscription, message.reqId) is None:
        session.error(message.reqId, 10186, variant="pnl_single")


def _account(
    tws: Services, session: Session, message: wire.ReqPnL | wire.ReqPnLSingle
) -> str | None:
    """The account to follow; None when the request has been refused."""
    about, held = message.reqId, session.subscriptions
    account, model = account_of(tws, message.account), message.modelCode.strip()
    kind = PnLSubscription if isinstance(message, wire.ReqPnL) else PnLSingleSubscription
    if account is None:
        session.error(about, 322, cause=UNKNOWN_ACCOUNT)
    elif model:
        session.error(about, 322, cause=NO_MODEL.format(code=model[:40]))
    elif about in held.of(kind):
        session.error(about, 322, variant="duplicate")
    elif len(held.of(PnLSubscription)) + len(held.of(PnLSingleSubscription)) >= MOST_PROFITS:
        session.error(about, 322, cause=f"At most {MOST_PROFITS} subscriptions to PnL")
    else:
        return account
    return None
