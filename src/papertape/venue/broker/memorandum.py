"""What a trade changes of the special memorandum account (SMA) of a Reg T account.

SMA = max(ELV - RegTMargin, the SMA of the day's start + deposits - what the day's trades need);
a purchase or a short sale of a stock needs half of its value, and what closes a position frees as
much. Source: IBKR's page on the SMA of Reg T accounts. Only stocks count.
"""

from ..reference.instruments import Instrument
from ..units import CashMicros, SizeUnits, scaled, share
from .ledger import Account
from .margin import MarginCalculator
from .schedules import MARGIN_MODELS, REG_T_END


def memo(
    margin: MarginCalculator,
    account: Account,
    entry: Instrument,
    size: SizeUnits,
    value: CashMicros,
) -> CashMicros:
    """Return the change by a trade of signed ``size`` and positive ``value``, in the base currency;
    0 for an account of another kind."""
    if not MARGIN_MODELS[account.margin].end_of_day or entry.secType != "STK":
        return 0
    held = account.quantity(entry.conId)
    closing = min(abs(size), abs(held)) if held * size < 0 else 0
    freed = share(value, 2 * closing - abs(size), abs(size))
    need = scaled(freed, REG_T_END.rate_of(entry.secType))
    if entry.currency == account.currency:
        return need
    return scaled(need, margin.rate(entry.currency, account.currency))
