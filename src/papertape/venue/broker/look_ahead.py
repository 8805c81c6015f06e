"""The account at its next change of margin: after what ends on the way there has ended.

Margins change when the next trading day opens, at 09:30 in New York (the instant that TWS tells as
LookAheadNextChange). What ends until then is gone: an option in the money has become shares, or
cash; a future has been paid out. Rates are the same by day and by night here, so that nothing else
differs. Prices are those of now.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from ..reference.instruments import Instrument
from ..reference.securities import Dated, OptionContract
from ..reference.times import EASTERN
from ..units import MINUTE, CashMicros, Nanos, SizeUnits, notional, scaled
from .contract_ends import CUTOFF
from .ledger import Account, LedgerPosition, pay
from .margin import MarginCalculator
from .schedules import MARGIN_MODELS
from .valuation import LookAhead, Valuation

OPENS: Final = 9 * 60 + 30
"""Minutes after midnight in New York at which margins change."""
SATURDAY: Final = 5


def with_look_ahead(
    margin: MarginCalculator,
    account: Account,
    worth: Valuation,
    held: Iterable[Instrument],
    now: Nanos,
) -> Valuation:
    """Give a valuation that was just made the account as it will be, and return it; ``held`` is
    what it holds, of which those that never end may be left out but for one. Unchanged without
    positions."""
    time, after = next_change(now), account
    entries = tuple(held)
    if not entries:
        return worth
    ending = [entry for entry in entries if _ends(entry, now, time)]
    if ending:
        after = _copy(account)
        for entry in ending:
            _end(margin, after, entry)
    later = margin.value(after) if ending else worth
    factor = MARGIN_MODELS[account.margin].initial_over_maintenance
    commodity = later.commodities.maintenance
    ahead = LookAhead(
        time, any(isinstance(entry, OptionContract) for entry in ending), later.equity,
        later.maintenance, later.initial, commodity, scaled(commodity, factor),
    )  # fmt: skip
    msgspec.structs.force_setattr(worth, "ahead", ahead)  # a copy takes long
    return worth


def next_change(now: Nanos) -> Nanos:
    """Return the next opening of a weekday."""
    return _next_change(now - now % MINUTE)


@lru_cache(16)
def _next_change(now: Nanos) -> Nanos:
    day = EASTERN.day(now)
    if EASTERN.instant(day, OPENS) <= now:
        day += 1
    while (day + 6) % 7 >= SATURDAY:
        day += 1
    return EASTERN.instant(day, OPENS)


def _ends(entry: Instrument, now: Nanos, until: Nanos) -> bool:
    if not isinstance(entry, Dated) or not entry.expires:
        return False
    return now < EASTERN.instant(entry.expires, CUTOFF) <= until


def _copy(account: Account) -> Account:
    positions = {
        con_id: msgspec.structs.replace(position) for con_id, position in account.positions.items()
    }
    return msgspec.structs.replace(account, cash=dict(account.cash), positions=positions)


def _end(margin: MarginCalculator, account: Account, entry: Instrument) -> None:
    """End a contract in a copy of the account, at the price of now."""
    position = account.positions.pop(entry.conId)
    quantity = position.quantity
    if entry.daily:
        value = notional(margin.mark(entry.conId), quantity, entry.money_scale, entry.multiplier)
        pay(account, entry.currency, value - position.settled if value else 0)
        return
    assert isinstance(entry, OptionContract)
    worth = margin.in_the_money(entry)
    if not worth:
        return
    under = margin.stock_under(entry)
    if under is None:
        pay(account, entry.currency, notional(worth, quantity, entry.money_scale, entry.multiplier))
        return
    shares: SizeUnits = quantity * entry.multiplier * (1 if entry.call else -1)
    paid: CashMicros = notional(entry.strike, quantity, entry.money_scale, entry.multiplier)
    pay(account, entry.currency, -paid if entry.call else paid)
    held = account.positions.setdefault(under.conId, LedgerPosition())
    held.quantity += shares
