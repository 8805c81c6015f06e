"""Corrections and busts of executions: what an exchange takes back of a trade, or tells otherwise.

The execution stays as it was; a correction is another one with the same number and the next
revision. The books are those that the account would have, had the execution been so from the start:
the day's trades of the instrument are booked again. Where something else moved the holdings in
between, the old execution is traded back and the new one traded now; cash, holdings and profit are
the same to the last unit, only how the profit divides into realised and open may differ.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import msgspec

from ..facts import Charge, ExecutionCorrected
from ..reference.composition import is_combination
from ..reference.instruments import Instrument, Instruments
from ..script import NANO, BustExecution, CorrectExecution, ScriptRefused
from ..units import (
    CASH_SCALE,
    SIZE_SCALE,
    CashMicros,
    Nanos,
    PriceUnits,
    SizeUnits,
    notional,
    quotient_text,
    share,
)
from .charges import charge_of, counted_of, undone, with_charge
from .ledger import FLAT, Account, Booked, LedgerPosition, booked
from .margin import MarginCalculator
from .memorandum import memo
from .orders import ADDED, PART, WHOLE, FillRow, LiveOrder
from .settlement import settles

replace = msgspec.structs.replace


class CorrectedState(Protocol):
    """The part of the state that a correction depends on."""

    day_end: Nanos
    accounts: dict[str, Account]
    orders: dict[int, LiveOrder]
    busted: list[int]


class DayRows(Protocol):
    """The orders and fills of the day that are over."""

    def fills(self) -> Iterator[FillRow]:
        """The fills, oldest first."""

    def latest_fills(self) -> Iterator[FillRow]:
        """The fills, newest first."""

    def order(self, perm_id: int) -> LiveOrder | None:
        """A finished order, or None."""


class LedgerTrade(NamedTuple):
    """A trade as the ledger books it."""

    execution: int
    size: SizeUnits
    """Signed."""
    value: CashMicros
    fee: CashMicros
    realized: CashMicros | None


class NewBooks(NamedTuple):
    """An account's position after a correction, and what else it changes."""

    position: LedgerPosition
    cash: CashMicros
    """Change of the cash."""
    profit: CashMicros
    """Change of the day's realised profit."""
    realized: CashMicros | None
    """Of the execution itself."""
    before: SizeUnits
    """What was held before it."""


class Corrections:
    """Decides corrections and busts."""

    def __init__(
        self,
        state: CorrectedState,
        archive: DayRows,
        instruments: Instruments,
        margin: MarginCalculator,
    ) -> None:
        self._state = state
        self._archive = archive
        self._instruments = instruments
        self._margin = margin

    def decide(self, command: CorrectExecution | BustExecution) -> Iterator[ExecutionCorrected]:
        """Correct an execution of the day, or take it back. Raises ``ScriptRefused``."""
        old = self._latest(command.execution)
        order = self._order(old)
        entry = self._instruments[old.conId]
        size, price = old.size, old.price
        if isinstance(command, BustExecution):
            size = 0
        else:
            size, price = command.size or size, self._price(command.price, entry) or price
            self._check(old, order, size, price, entry)
        yield self._corrected(old, order, entry, size, price)

    # -- what is asked ------------------------------------------------------------------------

    def _latest(self, execution: int) -> FillRow:
        found = next((f for f in self._archive.latest_fills() if f.execution == execution), None)
        if found is None:
            raise ScriptRefused(f"there is no execution {execution:08x} of today")
        if execution in self._state.busted:
            raise ScriptRefused("the execution was busted")
        if found.moved or found.leg or is_combination(found.conId):
            raise ScriptRefused(
                "only a plain trade can be corrected: no leg, no part of an advisor, no exercise"
            )
        return found

    def _order(self, row: FillRow) -> LiveOrder:
        order = self._state.orders.get(row.permId) or self._archive.order(row.permId)
        if order is None:
            raise ScriptRefused("the order of the execution is not known any more")
        return order

    @staticmethod
    def _price(nanos: int, entry: Instrument) -> PriceUnits:
        price = nanos * entry.scale // NANO
        if price * NANO != nanos * entry.scale:
            raise ScriptRefused(f"prices of the instrument are whole multiples of 1/{entry.scale}")
        return price

    @staticmethod
    def _check(
        old: FillRow, order: LiveOrder, size: SizeUnits, price: PriceUnits, entry: Instrument
    ) -> None:
        if (size, price) == (old.size, old.price):
            raise ScriptRefused("the execution is so already")
        if size - old.size > order.remaining or size < 0:
            most = quotient_text(old.size + order.remaining, SIZE_SCALE)
            raise ScriptRefused(f"the execution can have {most} at most, its order's size")
        if size > old.size and order.done:
            raise ScriptRefused("the order has ended: the execution can only become smaller")
        if old.limit is not None and (price - old.limit) * old.side > 0:
            shown = quotient_text(price, entry.scale), quotient_text(old.limit, entry.scale)
            raise ScriptRefused(f"{shown[0]} is beyond the order's limit of {shown[1]}")

    # -- what becomes of it -------------------------------------------------------------------

    def _corrected(
        self,
        old: FillRow,
        order: LiveOrder,
        entry: Instrument,
        size: SizeUnits,
        price: PriceUnits,
    ) -> ExecutionCorrected:
        account = self._state.accounts[old.account]
        value = notional(price, size, entry.money_scale, entry.multiplier)
        fee, charged = self._fee(old, order, entry, account, (size, value))
        was = LedgerTrade(old.execution, old.side * old.size, old.value, old.fee, old.realized)
        new = LedgerTrade(old.execution, old.side * size, value, fee, None)
        books = self._books(account, entry, was, new)
        cash: tuple[tuple[str, CashMicros], ...] = ((entry.currency, books.cash),)
        if entry.secType == "CASH":
            moved = (new.size - was.size) * (CASH_SCALE // SIZE_SCALE)
            cash = (*cash, (entry.symbol, moved))
            cash = with_charge(cash, -old.fee, undone(old.charged))
            cash = with_charge(cash, fee, charged)
        then = replace(account, positions={entry.conId: LedgerPosition(books.before)})
        memos = [
            memo(self._margin, then, entry, one.size, one.value) if one.size else 0
            for one in (was, new)
        ]
        day = settles(entry, self._state.day_end) if old.side < 0 else 0
        last = order.lastPrice == old.price and order.filled == old.filled and size
        return ExecutionCorrected(
            order.permId, old.execution, old.revision + 1, size, price, value, fee,
            books.realized, books.position.quantity, books.position.cost, cash,
            books.position.settled, books.profit, memos[1] - memos[0],
            day if day in account.unsettled else 0, old.liquidity, old.exchange, old.time,
            (old.size, old.value, old.fee), price if last else order.lastPrice,
            old.filled - old.size + size, old.total - old.value + value, old.limit, charged,
            old.charged,
            counted_of(self._margin, account, entry, (size - old.size, value - old.value)),
        )  # fmt: skip

    def _fee(
        self,
        old: FillRow,
        order: LiveOrder,
        entry: Instrument,
        account: Account,
        fill: tuple[SizeUnits, CashMicros],
    ) -> tuple[CashMicros, Charge | None]:
        """The fee that the execution would have cost, at the rates of now; nothing of one that was
        taken back."""
        if not fill[0]:
            return 0, None
        unbilled = order.filled - order.billedSize, order.value - order.billedValue
        before = max(0, old.filled - old.size - unbilled[0])
        paid = max(0, old.total - old.value - unbilled[1]) if before else 0
        was = counted_of(self._margin, account, entry, (old.size, old.value))
        traded = dict(account.traded)
        if was is not None:
            traded[was[0]] = max(0, traded.get(was[0], 0) - was[1])
        return charge_of(
            self._margin, replace(account, traded=traded), entry, old.side, before=(before, paid),
            fill=fill, taken=old.liquidity != ADDED,
        )  # fmt: skip

    def _books(
        self, account: Account, entry: Instrument, was: LedgerTrade, new: LedgerTrade
    ) -> NewBooks:
        held = account.positions.get(entry.conId, FLAT)
        trades = self._trades(account.code, entry.conId)
        start = None if trades is None else _before(held, trades)
        books = None
        if trades is not None and start is not None:
            start.settled = account.opening_settled.get(entry.conId, 0)
            books = _booked_again(start, trades, new, held, entry)
        books = books or _traded_back(held, was, new, entry)
        # Of a future, what is settled has been paid, and the rest of its value has not.
        settled = books.position.settled - held.settled
        paid = _signed(new) - _signed(was) + new.fee - was.fee
        return books._replace(cash=settled - paid)

    def _trades(self, account: str, con_id: int) -> list[LedgerTrade] | None:
        """The day's trades of an instrument as they count now, in order; None where holdings came
        about otherwise too."""
        found: dict[int, LedgerTrade] = {}
        for row in self._archive.fills():
            if row.account != account or row.conId != con_id or row.moved == WHOLE:
                continue
            if row.moved not in ("", PART):
                return None
            trade = LedgerTrade(
                row.execution, row.side * row.size, row.value, row.fee, row.realized
            )
            found[row.execution] = trade
        return [one for one in found.values() if one.size]


def _booked_again(
    start: LedgerPosition,
    trades: list[LedgerTrade],
    new: LedgerTrade,
    held: LedgerPosition,
    entry: Instrument,
) -> NewBooks | None:
    """Book trades with the new one in the place of the old; None where the old ones do not lead to
    what is held."""
    position, profit = start, 0
    for one in trades:
        after = _book(position, one, entry)
        if after.realized != one.realized:
            return None
        position, profit = _position(after), profit - (one.realized or 0)
    reached = position.quantity, position.cost, position.settled
    if reached != (held.quantity, held.cost, held.settled):
        return None
    position, realized, before = start, None, 0
    for one in trades:
        trade = one
        if one.execution == new.execution:
            trade, before = new, position.quantity
        if trade.size:
            after = _book(position, trade, entry)
            position, profit = _position(after), profit + (after.realized or 0)
            realized = after.realized if trade is new else realized
    return NewBooks(position, 0, profit, realized, before)


def _traded_back(
    held: LedgerPosition, was: LedgerTrade, new: LedgerTrade, entry: Instrument
) -> NewBooks:
    """Trade the old execution back, and the new one, at present."""
    back = was._replace(size=-was.size, fee=-was.fee)
    after = _book(held, back, entry)
    position, profit, realized = _position(after), after.realized or 0, None
    if new.size:
        after = _book(position, new, entry)
        position, realized = _position(after), after.realized
        profit += realized or 0
    return NewBooks(position, 0, profit, realized, held.quantity - was.size)


def _signed(trade: LedgerTrade) -> CashMicros:
    return trade.value if trade.size > 0 else -trade.value


def _book(position: LedgerPosition, trade: LedgerTrade, entry: Instrument) -> Booked:
    return booked(
        position, size=trade.size, value=trade.value, fee=trade.fee, daily=entry.daily
    )  # fmt: skip


def _position(after: Booked) -> LedgerPosition:
    return LedgerPosition(after.position, after.cost, 0, after.settled)


def _before(held: LedgerPosition, trades: list[LedgerTrade]) -> LedgerPosition | None:
    """The position before these trades: each is taken back with the profit that it told. None
    where that cannot be."""
    quantity, cost = held.quantity, held.cost
    for one in reversed(trades):
        side, before = (1 if one.size > 0 else -1), quantity - one.size
        closing = min(abs(one.size), abs(before)) if before * side < 0 else 0
        if closing and one.realized is None:
            return None
        value_closed = share(one.value, closing, abs(one.size))
        fee_closed = share(one.fee, closing, abs(one.size))
        cost -= side * (one.value - value_closed) + (one.fee - fee_closed)
        if closing:
            assert one.realized is not None
            cost += -side * value_closed - fee_closed - one.realized
        quantity = before
    if not quantity and cost:  # an execution was traded back, which divides costs otherwise
        return None
    return LedgerPosition(quantity, cost)
