"""Bars of five seconds."""

from ...venue.reference.instruments import Purpose, Refusal
from ...wire.catalogue import ticks as wire
from ..market_data.entitlements import told_contract
from ..market_data.history import LIVE
from ..market_data.live_bars import FiveSecondLine, lines_held
from ..market_data.what_to_show import TRADED, has
from ..sessions.session import Session
from . import handles
from .services import Services


@handles(wire.ReqRealTimeBars)
def req_real_time_bars(tws: Services, session: Session, message: wire.ReqRealTimeBars) -> None:
    """Tell every bar of five seconds when it has ended; whatever bar size is asked for, as TWS."""
    if message.reqId in session.subscriptions.of(FiveSecondLine):
        session.error(message.reqId, 102)
        return
    what = message.whatToShow.strip().upper()
    if what not in LIVE:
        session.error(message.reqId, 321, variant="what_to_show")
        return
    if lines_held(session) >= tws.settings.max_lines:
        session.error(message.reqId, 101)
        return
    found = tws.resolve(message.contract, Purpose.QUOTES)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    entry = found.instrument
    traded = what in TRADED
    if what == "TRADES" and entry.secType == "CRYPTO":
        session.error(message.reqId, 10299, expected="AGGTRADES", given=what)
        return
    if not has(what, entry.secType) or not tws.quotes(entry.conId):
        shown = "Last" if traded else what.title()
        listing = f"{entry.symbol}/{entry.secType}@{found.exchange}"
        cause = f"No historical market data for {listing} {shown} 5"
        session.error(message.reqId, 420, cause=cause)
        return
    if tws.entitlements.lacks(entry):
        if traded:
            facts = {"exchange": found.exchange, "secType": entry.secType}
            session.error(message.reqId, 420, variant="no_permissions", **facts)
        else:
            session.error(message.reqId, 10089, delayed_hint="", contract=told_contract(entry))
        return
    if not tws.history_pacing.admits(session, what):
        session.error(message.reqId, 420, variant="pacing")
        return
    source = "TRADES" if traded else what
    tws.bars.five_seconds(message.reqId, session, entry, source, regular=message.useRTH)


@handles(wire.CancelRealTimeBars)
def cancel_real_time_bars(
    tws: Services, session: Session, message: wire.CancelRealTimeBars
) -> None:
    """End them; silent, but 300 for a request that is not open."""
    if session.subscriptions.remove(FiveSecondLine, message.reqId) is None:
        session.error(message.reqId, 300, id=message.reqId)
