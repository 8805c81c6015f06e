"""Interest: what an account earns and owes, day by day, until it is booked.

The form is that of IBKR's pages on interest. Cash less what secures borrowed shares earns credit
interest or is a loan; what secures them earns interest of its own, at a lower rate. Each part of a
balance has the rate of its tier; no credit rate is below 0, and of a loan no benchmark is. Credit
is paid in proportion where an account is worth less than ``FULL_RATE``. It accrues daily
(``AccruedCash``) and is booked on the third business day of the next month. Trades count from
their day on, not from their settlement; cash that is margin of futures earns as any other;
borrowing shares has no fee. These three are ours.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Final

from ..facts import AnyFact, InterestAccrued, InterestBooked
from ..reference.calendars import calendar
from ..reference.times import EASTERN
from ..units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    Nanos,
    Rate,
    notional,
    scaled,
    share,
)
from .interest_rates import FULL_RATE, INTEREST_RATES, SECURED, CurrencyInterest, Tiers
from .ledger import Account
from .margin import MarginCalculator
from .memorandum import credited
from .schedules import DOLLAR
from .valuation import Valuation

BOOKED_ON: Final = 3
"""The business day of the next month."""
ENDLESS: Final[CashMicros] = 10**24


class Accruals:
    """Decides the interest of a day, and when it is booked. ``benchmarks`` replace those of the
    table; None: there is no interest."""

    def __init__(self, margin: MarginCalculator, benchmarks: Mapping[str, Rate] | None) -> None:
        self._margin = margin
        self._on = benchmarks is not None
        self._rates = {
            name: rates._replace(benchmark=(benchmarks or {}).get(name, rates.benchmark))
            for name, rates in INTEREST_RATES.items()
        }

    def day(self, account: Account, now: Nanos, ended: Nanos) -> Iterator[AnyFact]:
        """Yield the interest of the day that was to end at ``ended``, and of those until ``now``;
        then what is booked."""
        today = EASTERN.day(now)
        if self._on:
            first = EASTERN.day(ended - 1)
            earned = tuple(self._earned(account, today - first))
            if earned:
                yield InterestAccrued(account.code, booked_on(first), earned)
        for day in sorted(account.accrued):
            if day <= today:
                paid = tuple(account.accrued[day].items())
                yield InterestBooked(account.code, day, paid, credited(self._margin, account, paid))

    def _earned(self, account: Account, days: int) -> Iterator[tuple[str, CashMicros]]:
        """Yield what each currency earns in so many days, where that is not 0."""
        worth = self._margin.value(account)
        net = scaled(worth.net, self._margin.rate(account.currency, DOLLAR))
        secured = collateral(worth)
        for currency in dict.fromkeys((*account.cash, *secured)):
            balances = account.cash.get(currency, 0), secured.get(currency, 0)
            amount = interest(self._rates[currency], *balances, net=net, days=days)
            if amount:
                yield currency, amount


def interest(
    rates: CurrencyInterest,
    cash: CashMicros,
    secured: CashMicros = 0,
    *,
    net: CashMicros = FULL_RATE,
    days: int = 1,
) -> CashMicros:
    """Return the interest of so many days on cash of which a part secures borrowed shares;
    negative where the account owes it. ``net`` is its value in dollars."""
    free = cash - secured
    owed = _of_tiers(-free, rates.debit, max(rates.benchmark, 0)) if free < 0 else 0
    paid = _of_tiers(secured, rates.short, rates.benchmark)
    paid += _of_tiers(max(free, 0), rates.credit, rates.benchmark)
    part = min(max(net, 0), FULL_RATE)
    year = RATE_SCALE * rates.year
    return share(paid * days, part, FULL_RATE * year) - share(owed * days, 1, year)


def _of_tiers(balance: CashMicros, tiers: Tiers, benchmark: Rate) -> int:
    """Return a year's interest on a balance, in micro-units times the scale of rates."""
    bounds = [*(tier.above for tier in tiers), ENDLESS]
    total = 0
    for tier, (low, high) in zip(tiers, pairwise(bounds), strict=True):
        if balance > low and tier.spread is not None:
            total += (min(balance, high) - low) * max(benchmark + tier.spread, 0)
    return total


def collateral(worth: Valuation) -> dict[str, CashMicros]:
    """Return what secures the borrowed shares of an account, by currency: 102 % of the price of
    each, rounded up to a whole unit, as is usual in lending US shares."""
    found: dict[str, CashMicros] = {}
    for held in worth.holdings:
        entry, quantity = held.instrument, held.position.quantity
        if quantity < 0 and entry.secType == "STK":
            price = notional(held.price, SIZE_SCALE, entry.money_scale)
            whole = -(-price * SECURED // (100 * CASH_SCALE)) * CASH_SCALE
            amount = share(whole, -quantity, SIZE_SCALE)
            found[entry.currency] = found.get(entry.currency, 0) + amount
    return found


def booked_on(day: int) -> int:
    """Return the day on which the interest of a day is booked: the third business day of the next
    month."""
    this = date.fromordinal(day)
    following = date(this.year + this.month // 12, this.month % 12 + 1, 1).toordinal()
    business = calendar("US")
    return business.day(business.number(following) + BOOKED_ON - 1)
