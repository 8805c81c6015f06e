"""Dividends, splits and mergers: what they do to cash, holdings and orders.

Those of a market folder come by themselves (``scheduled``); they are commands as well, for whoever
writes the prices. A dividend is paid at once to whoever holds shares or contracts for difference on
them, and by whoever is short. A split changes what is held and leaves its cost; a fraction is paid
in cash. A merger gives shares of another company, cash, or both for the old shares, whose cost is
parted between the two by what they are worth at that moment; who is short owes the same. The old
shares and what is derived from them are found no more (200). Orders for the shares are cancelled,
as IBKR's page on times in force says of splits and of exchanges for shares. What follows the
shares, options and contracts for difference, is not adjusted: while somebody holds it the command
is refused. Spin-offs are not served: bring the new shares in (``transfers``).
"""

from collections.abc import Iterator
from typing import Final

from ..commands import MergeShares, PayDividend, SplitShares
from ..facts import AnyFact, CashBooked, PositionAdjusted, SharesMerged
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import Cfd, Dated, OptionContract
from ..units import CASH_SCALE, SIZE_SCALE, CashMicros, notional, share
from .accounts_refused import AccountRefused
from .ledger import FLAT, Account, LedgerPosition, booked
from .memorandum import SOLD, credited
from .order_manager import OrderManager
from .orders import LiveOrder
from .parts import BrokerState

DIVIDEND, LIEU, SPLIT, MERGER = "dividend", "lieu", "split", "merger"
"""Causes of ``CashBooked`` and ``PositionAdjusted``."""
MOST_PAID: Final = 10**6 * CASH_SCALE
MOST_SHARES: Final = 10_000


class CorporateActions:
    """Decides dividends, splits and mergers."""

    def __init__(self, state: BrokerState, instruments: Instruments, broker: OrderManager) -> None:
        self._state = state
        self._instruments = instruments
        self._broker = broker

    def decide(self, command: PayDividend | SplitShares | MergeShares) -> Iterator[AnyFact]:
        """Yield the facts of a command. Raises ``AccountRefused`` when it is refused."""
        entry = self._instruments.get(command.conId)
        if entry is None or entry.secType != "STK":
            raise AccountRefused("only shares have dividends, splits and mergers")
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
        else:
            self._check_merger(command, entry)
            self._check_followers(entry)
            yield from self._merge(command, entry)

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
        other = self._instruments.get(command.into) if command.into else None
        if not 0 <= command.cash <= MOST_PAID or (not command.into and not command.cash):
            raise AccountRefused("a merger gives shares, or cash up to a million for a share")
        if not command.into:
            return
        if other is None or other.secType != "STK" or other.currency != entry.currency:
            raise AccountRefused(f"a merger gives other shares in {entry.currency}")
        if other is entry or other.conId in self._state.merged:
            raise AccountRefused("a merger gives shares of another company, which there is")
        if not _is_ratio(command.new, command.old):
            raise AccountRefused(f"a merger gives 1 to {MOST_SHARES:,} new shares for as many old")

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
            other = account.positions.get(command.into, FLAT)
            after = booked(other, size=whole, value=side * cost, fee=0)
            yield PositionAdjusted(
                code, command.into, MERGER, whole, after.position, after.cost, 0, worth,
                realized=after.realized or 0,
            )  # fmt: skip
        if paid:
            cash = ((entry.currency, paid),)
            yield CashBooked(code, MERGER, cash, credited(self._broker.margin, account, cash, SOLD))

    def _of_new(self, command: MergeShares, held: LedgerPosition, units: int) -> CashMicros:
        """Return what so much of the new shares is worth; where nobody knows their price, what it
        has cost as old ones."""
        price, into = self._broker.margin.mark(command.into), self._instruments[command.into]
        if price:
            return notional(price, units, into.money_scale)
        return share(held.cost, abs(units) * command.old, abs(held.quantity) * command.new)

    def _split(self, command: SplitShares, entry: Instrument) -> Iterator[AnyFact]:
        con_id = entry.conId
        for order in tuple(self._state.orders.values()):
            if order.terms.conId == con_id and order.permId in self._state.orders:
                yield from self._broker.expire(order)
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
                cash = ((entry.currency, paid),)
                more = credited(self._broker.margin, account, cash, SOLD)
                yield CashBooked(code, LIEU, cash, more)


def _is_ratio(new: int, old: int) -> bool:
    return 1 <= new <= MOST_SHARES and 1 <= old <= MOST_SHARES
