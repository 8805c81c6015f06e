"""The profit of a day: what has been gained since the reset of each instrument.

The books of a trading day begin at midnight in New York, the profits of an instrument at its own
time (``reference.resets``). A position's profit is what it has gained in the trading day and what
is *carried*: when an instrument is reset, the opposite of what it has gained so far, so that it
begins at nothing; when a trading day ends, what has been gained since the reset. So is that of the
account.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Protocol

from ..facts import ProfitsBegan
from ..reference.composition import is_combination
from ..reference.instruments import Instruments
from ..reference.resets import OF_ACCOUNT, ResetTime, reset_of
from ..units import CashMicros, Rate, scaled
from .ledger import FLAT, Account
from .margin import UNLENT, MarginCalculator
from .orders import FillRow
from .valuation import UNVALUED, Holding

NOTHING = (0, 0)
"""Neither a gain nor a realized one."""


class DayFills(Protocol):
    """The fills of the trading day."""

    @property
    def counts(self) -> tuple[int, int]:
        """The numbers of orders and fills."""

    def fills(self) -> Iterator[FillRow]:
        """The fills, oldest first."""

    def latest_fills(self) -> Iterator[FillRow]:
        """The fills, newest first."""


class PaidToday:
    """What the fills of the trading day have cost, fees included; each is looked at once."""

    def __init__(self) -> None:
        self._paid: dict[str, dict[int, CashMicros]] = {}
        """Account -> contract -> what its fills have cost."""
        self._counted = 0
        """How many fills are in it."""
        self._first: int | None = None
        """The first of them."""

    def of(self, account: str, archive: DayFills) -> dict[int, CashMicros]:
        """Return what was paid by an account, by contract."""
        count = archive.counts[1]
        first = next((fill.execution for fill in archive.fills()), None)
        if first != self._first or count < self._counted:  # another day, or a venue built again
            self._paid.clear()
            self._first, self._counted = first, 0
        for fill in islice(archive.latest_fills(), count - self._counted):
            if is_combination(fill.conId):
                continue
            mine = self._paid.setdefault(fill.account, {})
            value, fee = fill.value - fill.was[1], fill.fee - fill.was[2]
            mine[fill.conId] = mine.get(fill.conId, 0) + fill.side * value + fee
        self._counted = count
        return self._paid.get(account, {})


class DayProfit:
    """Adds up the profit of an account; the books are those of its creation, but for positions."""

    def __init__(
        self, account: Account, paid: Mapping[int, CashMicros], margin: MarginCalculator
    ) -> None:
        self._base, self._rate = account.currency, margin.rate
        self._rates: dict[str, Rate] = {}
        self.paid, self._opening = dict(paid), dict(account.opening_values)
        self.carried = dict(account.carried)
        self._net = sum(scaled(cash, self.rate(name)) for name, cash in account.cash.items())
        self._net += account.carried_equity - account.opening_equity

    def rate(self, currency: str) -> Rate:
        """Return what a currency is worth in that of the account, which is looked up once."""
        rate = self._rates.get(currency)
        if rate is None:
            rate = self._rates[currency] = self._rate(currency, self._base)
        return rate

    def in_day(self, con_id: int, value: CashMicros) -> CashMicros:
        """Return what a position of that value has gained in the trading day."""
        return value - self._opening.get(con_id, 0) - self.paid.get(con_id, 0)

    def of(self, held: Holding) -> tuple[CashMicros, CashMicros]:
        """Return what a position has gained since its reset, and what of it is realized."""
        con_id = held.instrument.conId
        in_day = self.in_day(con_id, held.value)
        carried = self.carried.get(con_id)
        if carried is None:  # of nearly all
            return in_day, held.position.realized
        return carried[0] + in_day, carried[1] + held.position.realized

    def add(self, held: Holding) -> None:
        """Count a position in the account."""
        entry = held.instrument
        each = self.rate(entry.currency)
        if entry.daily:
            self._net += scaled(held.since_settled, each)
        if entry.secType not in UNVALUED:
            self._net += scaled(held.value, each)
        if entry.secType in UNLENT:  # which the equity of the day's start does not have
            self._net -= scaled(self._opening.get(entry.conId, 0), each)

    @property
    def whole(self) -> CashMicros:
        """What the account has gained since its positions were reset, once all are added."""
        return self._net


class Profits:
    """Decides what begins anew at a reset, and what a trading day leaves to the next one."""

    def __init__(
        self, archive: DayFills, margin: MarginCalculator, instruments: Instruments
    ) -> None:
        self._archive = archive
        self._margin = margin
        self._instruments = instruments
        self._paid = PaidToday()

    def begun(self, accounts: Mapping[str, Account], reset: ResetTime) -> Iterator[ProfitsBegan]:
        """Yield that profits begin at nothing, of the accounts that have any at a reset."""
        for code, account in accounts.items():
            profit, gains = self._gains(account)
            others, rows, gone = 0, [], 0
            for con_id, (in_day, realized) in gains.items():
                entry = self._instruments[con_id]
                gained = in_day + profit.carried.get(con_id, NOTHING)[0]
                worth = scaled(gained, profit.rate(entry.currency))
                if reset_of(entry) == reset:
                    rows.append((con_id, -in_day, -realized))
                    gone += worth
                else:
                    others += worth
            if reset == OF_ACCOUNT:  # with whatever no position has gained
                gone = profit.whole - others
            if rows or gone:
                yield ProfitsBegan(code, tuple(rows), account.carried_equity - gone)

    def left(self, account: Account) -> tuple[tuple[tuple[int, CashMicros, CashMicros], ...], int]:
        """Return what a trading day that ends leaves to be carried, by contract and of all."""
        profit, gains = self._gains(account)
        rows = []
        for con_id, (in_day, realized) in gains.items():
            gained, before = profit.carried.get(con_id, NOTHING)
            if gained + in_day or before + realized:
                rows.append((con_id, gained + in_day, before + realized))
        return tuple(rows), profit.whole

    def _gains(
        self, account: Account
    ) -> tuple[DayProfit, dict[int, tuple[CashMicros, CashMicros]]]:
        """Return what an account has gained, and each contract in the trading day."""
        profit = DayProfit(account, self._paid.of(account.code, self._archive), self._margin)
        gains = {}
        for con_id in sorted({*account.positions, *profit.carried}):
            position = account.positions.get(con_id, FLAT)
            held = self._margin.holding(self._instruments[con_id], position)
            profit.add(held)
            gains[con_id] = profit.in_day(con_id, held.value), position.realized
        return profit, gains
