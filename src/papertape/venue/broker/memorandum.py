"""What a trade changes of the special memorandum account (SMA) of a Reg T account.

SMA = max(ELV - RegTMargin, the SMA of the day's start + deposits - what the day's trades need);
a purchase or a short sale of a stock needs half of its value, and what closes a position frees as
much. Source: IBKR's page on the SMA of Reg T accounts. Only stocks count. The change of the
day's cash counts as well: dividends, coupons and interest in full, as deposits do; what a merger or
a split pays for shares by half, as a sale.
"""

from collections.abc import Iterable
from typing import Final

from ..reference.instruments import Instrument
from ..units import RATE_SCALE, CashMicros, Rate, SizeUnits, scaled, share
from .ledger import Account
from .margin import MarginCalculator
from .schedules import MARGIN_MODELS, REG_T_END

SOLD: Final[Rate] = RATE_SCALE // 2
"""The part that counts of what is paid for shares."""


def credited(
    margin: MarginCalculator,
    account: Account,
    paid: Iterable[tuple[str, CashMicros]],
    part: Rate = RATE_SCALE,
) -> CashMicros:
    """Return the change by cash that comes without a trade, or by a part of it; 0 for an account of
    another kind."""
    if not MARGIN_MODELS[account.margin].end_of_day:
        return 0
    base = account.currency
    worth = sum(
        amount if name == base else scaled(amount, margin.rate(name, base)) for name, amount in paid
    )
    return scaled(worth, part)


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
