"""What a fill costs its account, and in which currency that is paid.

Commissions are in the currency of the trade, but for currency pairs: theirs has its rates in
dollars, is paid in the base currency of the account, and counts in costs and profits at the rate of
the moment. Source: a what-if for 20,000 EUR.USD in an account in euros said 1.7857 EUR, which are
the 2 dollars of the least commission.
"""

from ..facts import Charge, Counted
from ..reference.instruments import Instrument
from ..units import CashMicros, SizeUnits, scaled
from .fees import commission, counted, tier_name
from .ledger import Account
from .margin import MarginCalculator
from .schedules import DOLLAR


def charge_of(
    margin: MarginCalculator,
    account: Account,
    entry: Instrument,
    side: int,
    *,
    before: tuple[SizeUnits, CashMicros] = (0, 0),
    fill: tuple[SizeUnits, CashMicros],
    taken: bool = True,
) -> tuple[CashMicros, Charge | None]:
    """Return the commission of one fill in the currency of the trade, and what is paid where that
    is in another currency; the arguments are those of ``fees.commission``."""
    plan, base, month = (
        account.plan,
        account.currency,
        account.traded.get(tier_name(entry.secType), 0),
    )
    if entry.secType != "CASH":
        fee = commission(entry, side, before=before, fill=fill, plan=plan, taken=taken, month=month)
        return fee, None
    dollars = margin.rate(entry.currency, DOLLAR)
    fee = commission(
        entry, side, before=(before[0], scaled(before[1], dollars)),
        fill=(fill[0], scaled(fill[1], dollars)), plan=plan, taken=taken, month=month,
    )  # fmt: skip
    paid = fee if base == DOLLAR else scaled(fee, margin.rate(DOLLAR, base))
    if base == entry.currency:
        return paid, None
    return scaled(paid, margin.rate(base, entry.currency)), (base, paid)


def part_charged(
    margin: MarginCalculator, account: Account, entry: Instrument, fee: CashMicros
) -> Charge | None:
    """Return what an account pays of an advisor's order, where that is not in the currency of the
    trade; ``fee`` is its part in that."""
    if entry.secType != "CASH" or account.currency == entry.currency:
        return None
    return account.currency, scaled(fee, margin.rate(entry.currency, account.currency))


def counted_of(
    margin: MarginCalculator,
    account: Account,
    entry: Instrument,
    fill: tuple[SizeUnits, CashMicros],
) -> Counted | None:
    """Return what a fill counts towards the tiers of the account's month."""
    found = counted(entry, account.plan, *fill)
    if found is None or entry.secType != "CASH":
        return found
    return found[0], scaled(found[1], margin.rate(entry.currency, DOLLAR))


def undone(charge: Charge | None) -> Charge | None:
    """Return what is paid back."""
    return None if charge is None else (charge[0], -charge[1])


def with_charge(
    cash: tuple[tuple[str, CashMicros], ...], fee: CashMicros, charge: Charge | None
) -> tuple[tuple[str, CashMicros], ...]:
    """Return a change of cash whose first amount has a commission in it, with that paid in its own
    currency instead."""
    if charge is None:
        return cash
    (currency, amount), *others = cash
    rows = [(currency, amount + fee), *others]
    for number, (name, some) in enumerate(rows):
        if name == charge[0]:
            rows[number] = (name, some - charge[1])
            return tuple(rows)
    return (*rows, (charge[0], -charge[1]))
