"""The broker's margin calculator for the check of every order: sums instead of a walk.

The broker marks the positions of an account once a second, at the second's beginning; what an order
changes is replaced in the sums. The marks are a matter of the clock alone, so that the same
commands at the same times are decided alike, whatever was asked in between. For the same reason
those of the next second may be worked out before it begins, while nobody waits (``preparing``).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ..exchange.top_of_book import TopOfBook
from ..market.source import Quote
from ..reference.instruments import Instruments
from ..units import (
    CASH_SCALE,
    SECOND,
    SIZE_SCALE,
    CashMicros,
    Nanos,
    Rate,
    scaled,
    share,
)
from .ledger import Account
from .margin import MarginCalculator
from .schedules import MARGIN_MODELS
from .valuation import Valuation

NOT_HELD: Final = (0, 0)
"""The equity and margin of what is not held."""


class ShareMark(NamedTuple):
    """The mark of a share: so many of it are worth size x ``factor`` / ``divisor``."""

    factor: int
    divisor: int
    rate: Rate
    """Of their margin."""


class _Sums:
    """The sums of one account at the beginning of one second."""

    def __init__(self, account: Account, second: Nanos) -> None:
        self.account = account
        self.second = second
        self.model = account.margin
        self.groups: dict[int, tuple[CashMicros, CashMicros]] = {}
        self.members: dict[int, set[int]] = {}
        self.equity = 0
        self.maintenance = 0
        self.touched: set[int] = set()
        self.marks: dict[int, ShareMark] = {}
        """Of the shares that are margined with nothing else, by contract number."""


class _Prepared:
    """Marks and sums of a second that is yet to begin."""

    def __init__(self, second: Nanos) -> None:
        self.second = second
        self.quotes: dict[int, Quote] = {}
        self.sums: dict[str, _Sums] = {}
        self.building: dict[str, _Sums] = {}


class RunningMargin(MarginCalculator):
    """Values accounts at the present prices, and for ``worth`` at those of the second."""

    def __init__(self, instruments: Instruments, top: TopOfBook) -> None:
        super().__init__(instruments, top.look)
        self._top = top
        self._second: Nanos = -1
        self._quotes: dict[int, Quote] = {}
        self._marked = MarginCalculator(instruments, self._mark)
        self._sums: dict[str, _Sums] = {}
        self._prepared: _Prepared | None = None

    def touched(self, account: str, con_id: int) -> None:
        """Note that the holdings of an account in an instrument have changed."""
        sums = self._sums.get(account)
        if sums is not None:
            sums.touched.add(con_id)
        if self._prepared is not None:
            for known in (self._prepared.sums, self._prepared.building):
                if account in known:
                    known[account].touched.add(con_id)

    def preparing(self, account: Account, second: Nanos) -> Iterator[None]:
        """Work out the sums of an account at the beginning of a second to come, one group of
        positions a step. It changes no decision: what it finds is what would be found then."""
        if second - SECOND != self._second:
            self._turn_to(second - SECOND)
        prepared = self._prepared
        if prepared is None or prepared.second != second:
            prepared = self._prepared = _Prepared(second)
        twin = RunningMargin(self._instruments, self._top)
        twin._second, twin._quotes = second, prepared.quotes
        sums = prepared.building[account.code] = _Sums(account, second)
        for group, members in twin._marked.groups(account).items():
            if self._prepared is not prepared:
                return
            sums.members[group] = set(members)
            twin._put(sums, group)
            yield
        for currency in account.cash:
            twin._marked.rate(currency, account.currency)
        if prepared.building.pop(account.code, None) is sums:
            prepared.sums[account.code] = sums

    def forget(self) -> None:
        """Forget the marks: prices of the past have changed."""
        self._second = -1
        self._sums.clear()
        self._prepared = None

    def worth(self, account: Account) -> tuple[CashMicros, CashMicros]:
        """Return equity and maintenance margin at the marks of the second."""
        now = self._top.now
        second = now - now % SECOND
        if second != self._second:
            self._turn_to(second)
        sums = self._sums.get(account.code)
        if (
            sums is None or sums.second != second or sums.account is not account
            or sums.model != account.margin
        ):  # fmt: skip
            sums = self._sums[account.code] = _Sums(account, second)
            for group, members in self._marked.groups(account).items():
                sums.members[group] = set(members)
                self._put(sums, group)
        elif sums.touched:
            self._catch_up(sums)
        return self._marked.cash_worth(account) + sums.equity, sums.maintenance

    def marked(self, account: Account) -> Valuation:
        """Value an account at the marks of the second."""
        self.worth(account)
        return self._marked.value(account)

    def _turn_to(self, second: Nanos) -> None:
        """Begin a second, with what is prepared of it."""
        self._second, self._quotes = second, {}
        if self._prepared is not None and self._prepared.second == second:
            self._quotes, self._sums = self._prepared.quotes, self._prepared.sums
            self._prepared = None

    def _mark(self, con_id: int) -> Quote:
        quote = self._quotes.get(con_id)
        if quote is None:
            quote = self._quotes[con_id] = self._top.current(con_id, self._second)
        return quote

    def _catch_up(self, sums: _Sums) -> None:
        for con_id in sums.touched:
            mark = sums.marks.get(con_id)
            if mark is not None:  # nearly always: what ``alone`` says, at a known price
                position = sums.account.positions.get(con_id)
                size = 0 if position is None else position.quantity
                value = share(size, mark.factor, mark.divisor) if size else 0
                margin = scaled(abs(value), mark.rate) if size else 0
                self._count(sums, con_id, (value, margin))
                continue
            group = self.group_of(con_id)
            members = sums.members.setdefault(group, set())
            members.add(con_id)
            self._put(sums, group)
            if len(members) == 1:
                self._remember(sums, con_id)
        sums.touched.clear()

    def _put(self, sums: _Sums, group: int) -> None:
        members, account = sums.members[group], sums.account
        sums.marks.pop(group, None)
        if members == {group}:
            found = self._marked.alone(account, group)
        else:
            held = sorted(one for one in members if account.quantity(one))
            found = self._marked.group_worth(account, held) if held else NOT_HELD
        self._count(sums, group, found)

    @staticmethod
    def _count(sums: _Sums, group: int, found: tuple[CashMicros, CashMicros]) -> None:
        """Count the equity and the margin of a group instead of what it had."""
        equity, maintenance = sums.groups.get(group, NOT_HELD)
        sums.groups[group] = found
        sums.equity += found[0] - equity
        sums.maintenance += found[1] - maintenance

    def _remember(self, sums: _Sums, con_id: int) -> None:
        """Remember the mark of a share in the account's own currency."""
        entry, account, price = self._instruments[con_id], sums.account, self._marked.mark(con_id)
        if MARGIN_MODELS[account.margin].short is not None:  # more than one rate
            return
        if entry.secType == "STK" and entry.currency == account.currency and price:
            factor, divisor = price * entry.multiplier * CASH_SCALE, entry.money_scale * SIZE_SCALE
            rate = MARGIN_MODELS[account.margin].rate_of(entry.secType)
            sums.marks[con_id] = ShareMark(factor, divisor, rate)
