"""What comes to holdings by itself at an instant that is known before: coupons, splits, dividends,
mergers, new symbols.

A bond pays half a year's coupon every six months counted back from its maturity, to whoever holds
it a minute after midnight in New York; interest that has accrued is neither paid with a trade nor
counted in between, which is ours. Splits and dividends are those of the market's recording
(``Market.actions_ahead``); they take effect between the last instant with the old shares and the
first with the new ones. A split or a merger ends what follows the shares, options and contracts
for difference, which IBKR would adjust: each is paid at its price just before, ours too, and
orders for them are cancelled with those for the shares. Shares that are to become those of a
company that nobody knows here are paid at their price. A new symbol comes to shares whether or not
somebody holds them, unless others have it by then.

What has been carried out is a fact, so that nothing comes twice, whatever happens in between.
"""

from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import Final

from papertape.errors import MarketDataError

from ..commands import MergeShares, PayDividend, RenameShares, SplitShares
from ..facts import AnyFact, CashBooked, PositionMoved, ScheduleKept
from ..market.actions import ActionsAhead, Dividend, Merger, NewSymbol, Split
from ..market.port import MarketSource
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import Bond, Cfd, Dated
from ..reference.times import EASTERN
from ..units import CashMicros, Nanos, notional
from .accounts_refused import AccountRefused
from .contract_ends import ContractEnds
from .corporate import CorporateActions
from .ledger import Account, LedgerPosition
from .memorandum import credited
from .order_manager import OrderManager
from .parts import BrokerState

COUPON, SETTLED = "coupon", "settled"
"""Causes of ``CashBooked`` and ``PositionMoved``."""
PAID_AT: Final = 1
"""Minutes after midnight in New York at which coupons are paid: in the books of their own day."""
MONTHS: Final = 6
"""Between two coupons."""
OF_COUPON: Final[CashMicros] = 5_000
"""The half-yearly coupon of 1,000 of face value, in micro-units, for each thousandth of a percent a
year."""


class ScheduledActions:
    """Knows when something comes to an instrument, and decides what it does."""

    def __init__(
        self,
        state: BrokerState,
        instruments: Instruments,
        market: MarketSource | None,
        broker: OrderManager,
        corporate: CorporateActions,
        ends: ContractEnds,
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._market = market
        self._broker = broker
        self._corporate = corporate
        self._ends = ends

    def next_due(self, con_id: int, after: Nanos) -> Nanos:
        """Return when something comes next to an instrument, after an instant and after what has
        been carried out; 0 for never."""
        after = max(after, self._state.kept_until.get(con_id, 0))
        entry = self._instruments.get(con_id)
        if isinstance(entry, Bond):
            return _next_coupon(entry.matures, entry.issued, after) if entry.coupon else 0
        if entry is None or entry.secType != "STK" or con_id in self._state.merged:
            return 0
        try:
            found = self._ahead(con_id, after)
        except MarketDataError:  # whoever asks for a price is told of a file that cannot be read
            return 0
        return 0 if found is None else found.time

    def carry_out(self, con_id: int, due: Nanos) -> Iterator[AnyFact]:
        """Carry out what was due for an instrument at an instant."""
        entry = self._instruments[con_id]
        if isinstance(entry, Bond):
            yield from self._coupon(entry)
        found = self._ahead(con_id, due - 1)
        for action in () if found is None or found.time != due else found.actions:
            if isinstance(action, Dividend):
                yield from self._corporate.decide(PayDividend(con_id, action.amount))
                continue
            if isinstance(action, NewSymbol):
                yield from self._new_symbol(entry, action)
                continue
            yield from self._end_followers(con_id)
            if isinstance(action, Split):
                yield from self._corporate.decide(SplitShares(con_id, action.new, action.old))
            else:
                yield from self._merger(entry, action)
        yield ScheduleKept(con_id, due)

    def _ahead(self, con_id: int, after: Nanos) -> ActionsAhead | None:
        return None if self._market is None else self._market.actions_ahead(con_id, after)

    def symbols(self, until: Nanos) -> dict[int, str]:
        """The symbols that the market has given to shares up to an instant, by number."""
        found = {}
        for con_id in self._instruments.begun:
            at = -1
            with suppress(MarketDataError):
                while (ahead := self._ahead(con_id, at)) is not None and ahead.time <= until:
                    at = ahead.time
                    for action in ahead.actions:
                        if isinstance(action, NewSymbol):
                            found[con_id] = self._named(self._instruments[con_id], action)
        return found

    def _named(self, entry: Instrument, action: NewSymbol) -> str:
        return action.symbol or self._instruments.first_symbol(entry)

    def _new_symbol(self, entry: Instrument, action: NewSymbol) -> Iterator[AnyFact]:
        symbol = self._named(entry, action)
        if entry.symbol != symbol:
            with suppress(AccountRefused):  # a client's command was faster: they keep theirs
                yield from self._corporate.decide(RenameShares(entry.conId, symbol))

    def _merger(self, entry: Instrument, merger: Merger) -> Iterator[AnyFact]:
        """Return what a merger does."""
        if not merger.into:
            return self._corporate.decide(MergeShares(entry.conId, cash=merger.cash))
        gone = {entry.conId, *self._state.merged}
        for other in self._instruments.of(merger.into):
            same = (other.secType, other.currency) == ("STK", entry.currency)
            if same and other.conId not in gone:
                terms = other.conId, merger.new, merger.old, merger.cash
                return self._corporate.decide(MergeShares(entry.conId, *terms))
        return self._corporate.pay_out(entry)

    def _coupon(self, entry: Bond) -> Iterator[AnyFact]:
        for code, account in self._state.accounts.items():
            held = account.quantity(entry.conId)
            if held:
                paid = notional(entry.coupon * OF_COUPON, held, 10**6)
                cash = ((entry.currency, paid),)
                yield CashBooked(code, COUPON, cash, credited(self._broker.margin, account, cash))

    def _end_followers(self, con_id: int) -> Iterator[AnyFact]:
        """Cancel the orders for what follows a stock and for combinations with either, and pay out
        what is held of it."""
        for order in tuple(self._state.orders.values()):
            legs = self._broker.fills.combinations.watched(order)
            over = con_id in legs or any(
                self._follows(number, con_id) for number in (order.terms.conId, *legs)
            )
            if over and order.permId in self._state.orders:
                yield from self._broker.expire(order)
        for account in self._state.accounts.values():
            for number, position in tuple(account.positions.items()):
                if position.quantity and self._follows(number, con_id):
                    yield self._paid_out(account, self._instruments[number], position)

    def _follows(self, number: int, con_id: int) -> bool:
        entry = self._instruments.get(number)
        return isinstance(entry, Dated | Cfd) and entry.under == con_id

    def _paid_out(self, account: Account, entry: Instrument, held: LedgerPosition) -> PositionMoved:
        """Return the end of a holding at its price, or at its cost where nobody knows one."""
        price, size = self._broker.margin.mark(entry.conId), held.quantity
        known = held.settled if entry.daily else held.cost
        value = notional(price, size, entry.money_scale, entry.multiplier) if price else known
        return self._ends.paid(account, entry, -size, (price, abs(value)), SETTLED)


@lru_cache(4096)
def _next_coupon(matures: int, issued: int, after: Nanos) -> Nanos:
    """Return when the next coupon of a bond is paid after an instant; 0 when none is left."""
    if not matures:
        return 0
    last, today = date.fromordinal(matures), EASTERN.day(after)
    left = (last.year * 12 + last.month) - (_year(today) * 12 + _month(today))
    for number in range(left // MONTHS + 1, -1, -1):
        day = _months_before(last, number * MONTHS)
        at = EASTERN.instant(day, PAID_AT)
        if day > issued and at > after:
            return at
    return 0


def _year(day: int) -> int:
    return date.fromordinal(day).year


def _month(day: int) -> int:
    return date.fromordinal(day).month


def _months_before(last: date, months: int) -> int:
    """Return the day so many months before a date: the same of its month, or that month's last."""
    year, month = divmod(last.year * 12 + last.month - 1 - months, 12)
    day = min(last.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day).toordinal()
