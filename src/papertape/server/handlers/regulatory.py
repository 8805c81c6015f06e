"""Regulatory snapshots: the national best bid and offer once, for a fee, whatever is subscribed."""

from decimal import Decimal
from typing import Final

from ...venue.broker.accounts_refused import AccountRefused
from ...venue.commands import Deposit
from ...venue.reference.answers import BBO
from ...venue.reference.details import precision
from ...venue.reference.instruments import Instrument
from ...venue.units import CASH_SCALE, SECOND, price_float
from ...versions import QUOTES_IN_SHARES
from ...wire.catalogue import market as wire
from ..market_data.open_hours import OpenHours
from ..market_data.quotes import ASK, BID, CAN_AUTO_EXECUTE, LIVE, shown_size
from ..sessions.session import Session
from .services import Services

SNAPSHOT_PERMISSIONS = 4
FEE: Final = CASH_SCALE // 100
"""A cent, also on paper."""
DOLLAR: Final = "USD"
KINDS: Final = ("STK", "OPT")
"""Of American ones there is a national best bid and offer."""
LAST_REG_TIME: Final = 85
_EVERY: Final = SECOND


def regulatory_snapshot(
    tws: Services, session: Session, request_id: int, entry: Instrument
) -> None:
    """Charge the first account of the user, then send bid, ask and the time of the quote.

    322 for what has no national quote, for a second one of a client within a second, and for an
    account that cannot pay.
    """
    if entry.secType not in KINDS or entry.currency != DOLLAR:
        cause = "Regulatory snapshots are of US stocks and options alone"
        session.error(request_id, 322, cause=cause)
        return
    now = tws.timing.now
    if now - session.regulatory_at < _EVERY:
        session.error(request_id, 322, cause="One regulatory snapshot a second is allowed")
        return
    try:
        tws.link.submit(Deposit(tws.queries.accounts()[0], DOLLAR, -FEE))
    except AccountRefused as refused:
        session.error(request_id, 322, cause=str(refused))
        return
    session.regulatory_at = now
    session.send(wire.MarketDataType(request_id, LIVE))
    session.send(parameters(request_id, entry))
    quote = tws.market.quote(entry.conId, now)
    sides = [(BID, quote.bid, quote.bidSize), (ASK, quote.ask, quote.askSize)]
    if not OpenHours(tws.market, entry.conId).open(now):
        sides = [(BID, 0, 0), (ASK, 0, 0)]
    for tick, price, units in sides:
        size = shown_size(units, session.version, entry, QUOTES_IN_SHARES) if price else Decimal(0)
        amount = price_float(price, entry.scale) if price else -1.0
        session.send(wire.TickPrice(request_id, tick, amount, size, CAN_AUTO_EXECUTE))
    session.send(wire.TickString(request_id, LAST_REG_TIME, str(quote.time // 1_000_000)))
    session.send(wire.TickSnapshotEnd(request_id))


def parameters(request_id: int, entry: Instrument) -> wire.TickReqParams:
    """The step of the prices and what tells their venues, which a currency pair has not."""
    if entry.secType == "CASH":
        return wire.TickReqParams(request_id, 1 / entry.scale)
    fine = precision(entry)
    step = entry.tick / entry.scale
    return wire.TickReqParams(request_id, step, BBO, SNAPSHOT_PERMISSIONS, fine, fine)
