"""Dividends, splits, mergers, spin-offs, new symbols: what they do to cash, holdings and orders.

Those of a market folder come by themselves (``scheduled``); they are commands as well, for whoever
writes the prices. A dividend is paid at once to whoever holds shares or contracts for difference on
them, and by whoever is short. A split changes what is held and leaves its cost; a fraction is paid
in cash. A merger gives shares of another company, cash, or both for the old shares, whose cost is
parted between the two by what they are worth at that moment; who is short owes the same. The old
shares and what is derived from them are found no more (200). Orders for the shares are cancelled,
as IBKR's page on times in force says of splits and of exchanges for shares. What follows the
shares, options and contracts for difference, is not adjusted: while somebody holds it the command
is refused.

A spin-off gives whole shares of a part of the company besides the old ones, and the fraction of one
in cash; a given part of the cost goes with them. It cancels orders for the old shares, as that page
says of distributions of shares, and is refused as well while somebody holds what follows them.

A new symbol changes neither a number nor a holding nor an order: what goes by the number carries
on, and descriptions find the shares, and what follows them, under the new symbol alone.
"""

import re
from collections.abc import Iterator
from typing import Final

from ..commands import (
    CorporateCommand,
    MergeShares,
    PayDividend,
    RenameShares,
    SpinOff,
    SplitShares,
)
from ..facts import AnyFact, CashBooked, PositionAdjusted, SharesMerged, SharesRenamed
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import Cfd, Dated, OptionContract
from ..units import CASH_SCALE, RATE_SCALE, SIZE_SCALE, CashMicros, SizeUnits, notional, share
from .accounts_refused import AccountRefused
from .ledger import FLAT, Account, LedgerPosition, booked
from .memorandum import SOLD, credited
from .order_manager import OrderManager
from .orders import LiveOrder
from .parts import BrokerState

DIVIDEND, LIEU, SPLIT, MERGER, SPUN_OFF = "dividend", "lieu", "split", "merger", "spin-off"
"""Causes of ``CashBooked`` and ``PositionAdjusted``."""
MOST_PAID: Final = 10**6 * CASH_SCALE
MOST_SHARES: Final = 10_000
SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9.]{0,11}(?: [A-Z]{1,3})?")


class CorporateActions:
    """Decides what companies do."""

    def __init__(self, state: BrokerState, instruments: Instruments, broker: OrderManager) -> None:
        self._state = state
        self._instruments = instruments
        self._broker = broker

    def decide(self, command: CorporateCommand) -> Iterator[AnyFact]:
        """Yield the facts of a command. Raises ``AccountRefused`` when it is refused."""
        entry = self._instruments.get(command.conId)
        if entry is None or entry.secType != "STK":
            raise AccountRefused("only shares have dividends, splits, mergers, spin-offs, symbols")
        if isinstance(command, PayDividend):
            yield from self._pay(command, entry)
        elif isinstance(command, SplitShares):
            sides = command.new, command.old
            if not _is_ratio(*sides) or command.new == command.old:
                raise AccountRefused(
                    f"a split gives 1 to {MOST_SHARES:,} new shares for as many old"
                )
            self._check_followers(entry)
            yield from self._split(command, entry)
        elif isinstance(command, SpinOff):
            if not 0 <= command.part <= RATE_SCALE:
                raise AccountRefused("the part of the cost that goes to new shares is 0 to 1")
            self._check_given(command, entry, "a spin-off")
            self._check_followers(entry)
            yield from self._spin_off(command, entry)
        elif isinstance(command, RenameShares):
            yield self._renamed(command, entry)
        else:
            self._check_merger(command, entry)
            self._check_followers(entry)
            yield from self._merge(command, entry)

    def _renamed(self, command: RenameShares, entry: Instrument) -> SharesRenamed:
        symbol = command.symbol
        if not SYMBOL.fullmatch(symbol):
            raise AccountRefused(f"{symbol[:40]!r} is no symbol such as META, BRK B")
        if entry.conId in self._state.merged:
            raise AccountRefused(f"{entry.symbol} was taken over")
        for other in self._instruments.of(symbol):
            same = (other.secType, other.currency) == (entry.secType, entry.currency)
            if same and other.conId not in self._state.merged:
                raise AccountRefused(f"{symbol} is the symbol of {other.longName} already")
        return SharesRenamed(entry.conId, symbol)

    def _pay(self, command: PayDividend, entry: Instrument) -> Iterator[AnyFact]:
        if not 0 < command.amount <= MOST_PAID:
            raise AccountRefused("a dividend is more than 0 and at most a million for a share")
        if command.account and command.account not in self._state.accounts:
            raise AccountRefused(f"there is no account {command.account[:40]!r}")
        for code, account in self._state.accounts.items():
            if command.account not in ("", code):
                continue
            for con_id, position in account.positions.items():
                one = self._instruments[con_id]
                follows = isinstance(one, Cfd) and one.under == entry.conId
                if position.quantity and (con_id == entry.conId or follows):
                    paid = share(command.amount, position.quantity, SIZE_SCALE)
                    cash = ((entry.currency, paid),)
                    more = credited(self._broker.margin, account, cash)
                    yield CashBooked(code, DIVIDEND, cash, more)

    def _check_followers(self, entry: Instrument) -> None:
        for account in self._state.accounts.values():
            for con_id, position in account.positions.items():
                held = self._instruments[con_id]
                on = isinstance(held, OptionContract | Cfd) and held.under == entry.conId
                if position.quantity and on:
                    what = "CFDs" if isinstance(held, Cfd) else "options"
                    raise AccountRefused(
                        f"{account.code} holds {held.localSymbol}: {what} are not adjusted here"
                    )

    def _check_merger(self, command: MergeShares, entry: Instrument) -> None:
        if not 0 <= command.cash <= MOST_PAID or (not command.into and not command.cash):
            raise AccountRefused("a merger gives shares, or cash up to a million for a share")
        if command.into:
            self._check_given(command, entry, "a merger")

    def _check_given(self, command: MergeShares | SpinOff, entry: Instrument, what: str) -> None:
        """Refuse what is given for shares, or besides them, where it cannot be."""
        other = self._instruments.get(command.into)
        if other is None or other.secType != "STK" or other.currency != entry.currency:
            raise AccountRefused(f"{what} gives other shares in {entry.currency}")
        if other is entry or other.conId in self._state.merged:
            raise AccountRefused(f"{what} gives shares of another company, which there is")
        if not _is_ratio(command.new, command.old):
            raise AccountRefused(f"{what} gives 1 to {MOST_SHARES:,} new shares for as many old")

    def _merge(self, command: MergeShares, entry: Instrument) -> Iterator[AnyFact]:
        for order in tuple(self._state.orders.values()):
            if order.permId in self._state.orders and self._concerned(order, entry.conId):
                yield from self._broker.expire(order)
        for account in self._state.accounts.values():
            position = account.positions.get(entry.conId)
            if position is not None and position.quantity:
                yield from self._exchanged(command, entry, account, position)
        yield SharesMerged(entry.conId)

    def _concerned(self, order: LiveOrder, con_id: int) -> bool:
        """Return whether an order is for a share, for what follows it, or for a combination."""
        legs = self._broker.fills.combinations.watched(order)
        for number in (order.terms.conId, *legs):
            one = self._instruments.get(number)
            if number == con_id or (isinstance(one, Dated | Cfd) and one.under == con_id):
                return True
        return False

    def _exchanged(
        self, command: MergeShares, entry: Instrument, account: Account, held: LedgerPosition
    ) -> Iterator[AnyFact]:
        """Yield what an account gets for its shares, or owes."""
        code, side = account.code, 1 if held.quantity > 0 else -1
        paid = share(command.cash, held.quantity, SIZE_SCALE)
        whole = worth = 0
        if command.into:
            units = abs(held.quantity) * command.new // command.old
            whole = side * (units // SIZE_SCALE * SIZE_SCALE)
            paid += self._of_new(command, held, side * (units % SIZE_SCALE))
            worth = self._of_new(command, held, whole)
        cost = share(held.cost, abs(worth), abs(worth + paid)) if worth else 0
        yield PositionAdjusted(
            code, entry.conId, MERGER, -held.quantity, 0, 0, 0, -worth - paid,
            realized=paid - (held.cost - cost),
        )  # fmt: skip
        if whole:
            other, booking = account.positions.get(command.into, FLAT), side * cost
            yield _given(other, code, command.into, MERGER, size=whole, cost=booking, worth=worth)
        if paid:
            yield self._paid(account, code, MERGER, currency=entry.currency, amount=paid)

    def _of_new(self, command: MergeShares, held: LedgerPosition, units: int) -> CashMicros:
        """Return what so much of the new shares is worth; where nobody knows their price, what it
        has cost as old ones."""
        price, into = self._broker.margin.mark(command.into), self._instruments[command.into]
        if price:
            return notional(price, units, into.money_scale)
        return share(held.cost, abs(units) * command.old, abs(held.quantity) * command.new)

    def _split(self, command: SplitShares, entry: Instrument) -> Iterator[AnyFact]:
        con_id = entry.conId
        yield from self._cancel(con_id)
        price = self._broker.margin.mark(con_id)
        for code, account in self._state.accounts.items():
            position = account.positions.get(con_id)
            if position is None or not position.quantity:
                continue
            side = 1 if position.quantity > 0 else -1
            units = abs(position.quantity) * command.new // command.old
            whole = side * (units // SIZE_SCALE * SIZE_SCALE)
            cost = share(position.cost, abs(whole), units) if units else 0
            # A share of before the split is worth as many new ones.
            value = notional(price, side * (units % SIZE_SCALE), entry.money_scale)
            paid = share(value, command.old, command.new)
            change, gain = whole - position.quantity, paid - (position.cost - cost)
            yield PositionAdjusted(code, con_id, SPLIT, change, whole, cost, 0, realized=gain)
            if paid:
                yield self._paid(account, code, LIEU, currency=entry.currency, amount=paid)

    def _cancel(self, con_id: int) -> Iterator[AnyFact]:
        for order in tuple(self._state.orders.values()):
            if order.terms.conId == con_id and order.permId in self._state.orders:
                yield from self._broker.expire(order)

    def _spin_off(self, command: SpinOff, entry: Instrument) -> Iterator[AnyFact]:
        yield from self._cancel(entry.conId)
        price = self._broker.margin.mark(command.into)
        scale = self._instruments[command.into].money_scale
        for code, account in self._state.accounts.items():
            held = account.positions.get(entry.conId)
            units = 0 if held is None else abs(held.quantity) * command.new // command.old
            if held is None or not units:
                continue
            side = 1 if held.quantity > 0 else -1
            whole = side * (units // SIZE_SCALE * SIZE_SCALE)
            moved = share(held.cost, command.part, RATE_SCALE)
            cost = share(moved, abs(whole), units)
            worth, paid = cost, moved - cost
            if price:
                worth = notional(price, whole, scale)
                paid = notional(price, side * (units % SIZE_SCALE), scale)
            yield PositionAdjusted(
                code, entry.conId, SPUN_OFF, 0, held.quantity, held.cost - moved, 0, -worth - paid,
                realized=paid - (moved - cost),
            )  # fmt: skip
            if whole:
                other, booking = account.positions.get(command.into, FLAT), side * cost
                yield _given(
                    other, code, command.into, SPUN_OFF, size=whole, cost=booking, worth=worth
                )
            if paid:
                yield self._paid(account, code, SPUN_OFF, currency=entry.currency, amount=paid)

    def _paid(
        self, account: Account, code: str, cause: str, *, currency: str, amount: CashMicros
    ) -> CashBooked:
        """Cash in lieu of shares, or for them."""
        cash = ((currency, amount),)
        return CashBooked(code, cause, cash, credited(self._broker.margin, account, cash, SOLD))


def _given(
    held: LedgerPosition,
    code: str,
    con_id: int,
    cause: str,
    *,
    size: SizeUnits,
    cost: CashMicros,
    worth: CashMicros,
) -> PositionAdjusted:
    """New shares, booked to what is held of them."""
    after = booked(held, size=size, value=cost, fee=0)
    return PositionAdjusted(
        code, con_id, cause, size, after.position, after.cost, 0, worth,
        realized=after.realized or 0,
    )  # fmt: skip


def _is_ratio(new: int, old: int) -> bool:
    return 1 <= new <= MOST_SHARES and 1 <= old <= MOST_SHARES
