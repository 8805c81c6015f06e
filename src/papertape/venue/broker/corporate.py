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

from collections.abc import Callable, Iterator
from functools import partial

from ..commands import (
    CorporateCommand,
    MergeShares,
    PayDividend,
    RenameShares,
    SpinOff,
    SplitShares,
)
from ..facts import AnyFact, CashBooked, PositionAdjusted, SharesMerged, SharesRenamed
from ..market.actions import MOST_PAID, MOST_SHARES, SYMBOL
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import Cfd, Dated, OptionContract
from ..units import (
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    PriceUnits,
    SizeUnits,
    notional,
    share,
)
from .accounts_refused import AccountRefused
from .ledger import FLAT, Account, LedgerPosition, booked
from .memorandum import SOLD, credited
from .order_manager import OrderManager
from .orders import LiveOrder
from .parts import BrokerState

DIVIDEND, LIEU, SPLIT, MERGER, SPUN_OFF = "dividend", "lieu", "split", "merger", "spin-off"
"""Causes of ``CashBooked`` and ``PositionAdjusted``."""


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
            yield from self._end(entry, partial(self._exchanged, command, entry))

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

    def pay_out(self, entry: Instrument) -> Iterator[AnyFact]:
        """Yield the facts of a merger into shares that nobody knows here: each old one is paid at
        its price, or at its cost where nobody knows one."""
        price = self._broker.margin.mark(entry.conId)

        def paid(account: Account, held: LedgerPosition) -> Iterator[AnyFact]:
            cash = notional(price, held.quantity, entry.money_scale) if price else held.cost
            yield _ended(account.code, entry.conId, held, worth=cash, gain=cash - held.cost)
            if cash:
                yield self._paid(account, MERGER, currency=entry.currency, amount=cash)

        return self._end(entry, paid)

    def _end(
        self, entry: Instrument, exchanged: Callable[[Account, LedgerPosition], Iterator[AnyFact]]
    ) -> Iterator[AnyFact]:
        """End shares; ``exchanged`` yields what an account gets for its own, or owes."""
        for order in tuple(self._state.orders.values()):
            if order.permId in self._state.orders and self._concerned(order, entry.conId):
                yield from self._broker.expire(order)
        for account in self._state.accounts.values():
            position = account.positions.get(entry.conId)
            if position is not None and position.quantity:
                yield from exchanged(account, position)
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
        paid, whole, worth = share(command.cash, held.quantity, SIZE_SCALE), 0, 0
        if command.into:
            given = Given(held, command.new, command.old)
            price, scale = self._price(command.into)
            whole, worth = given.whole, given.worth(price, scale, held.cost)
            paid += given.lieu(price, scale, held.cost)
        cost = share(held.cost, abs(worth), abs(worth + paid)) if worth else 0
        gain = paid - (held.cost - cost)
        yield _ended(account.code, entry.conId, held, worth=worth + paid, gain=gain)
        if whole:
            yield _given(account, command.into, MERGER, size=whole, cost=cost, worth=worth)
        if paid:
            yield self._paid(account, MERGER, currency=entry.currency, amount=paid)

    def _price(self, con_id: int) -> tuple[PriceUnits, int]:
        """Return the price of shares, 0 where nobody knows it, and its scale."""
        return self._broker.margin.mark(con_id), self._instruments[con_id].money_scale

    def _split(self, command: SplitShares, entry: Instrument) -> Iterator[AnyFact]:
        con_id = entry.conId
        yield from self._cancel(con_id)
        price, scale = self._price(con_id)
        for code, account in self._state.accounts.items():
            position = account.positions.get(con_id)
            if position is None or not position.quantity:
                continue
            given = Given(position, command.new, command.old)
            # A share of before the split is worth as many new ones.
            paid = given.lieu(price * command.old, scale * command.new, position.cost)
            cost = given.cost(position.cost)
            change, gain = given.whole - position.quantity, paid - (position.cost - cost)
            yield PositionAdjusted(code, con_id, SPLIT, change, given.whole, cost, 0, realized=gain)
            if paid:
                yield self._paid(account, LIEU, currency=entry.currency, amount=paid)

    def _cancel(self, con_id: int) -> Iterator[AnyFact]:
        for order in tuple(self._state.orders.values()):
            if order.terms.conId == con_id and order.permId in self._state.orders:
                yield from self._broker.expire(order)

    def _spin_off(self, command: SpinOff, entry: Instrument) -> Iterator[AnyFact]:
        yield from self._cancel(entry.conId)
        price, scale = self._price(command.into)
        for code, account in self._state.accounts.items():
            held = account.positions.get(entry.conId)
            if held is None or not held.quantity:
                continue
            given = Given(held, command.new, command.old)
            moved = share(held.cost, command.part, RATE_SCALE)
            cost = given.cost(moved)
            worth, paid = given.worth(price, scale, moved), given.lieu(price, scale, moved)
            yield PositionAdjusted(
                code, entry.conId, SPUN_OFF, 0, held.quantity, held.cost - moved, 0, -worth - paid,
                realized=paid - (moved - cost),
            )  # fmt: skip
            if given.whole:
                size = given.whole
                yield _given(account, command.into, SPUN_OFF, size=size, cost=cost, worth=worth)
            if paid:
                yield self._paid(account, SPUN_OFF, currency=entry.currency, amount=paid)

    def _paid(
        self, account: Account, cause: str, *, currency: str, amount: CashMicros
    ) -> CashBooked:
        """Cash in lieu of shares, or for them."""
        cash = ((currency, amount),)
        more = credited(self._broker.margin, account, cash, SOLD)
        return CashBooked(account.code, cause, cash, more)


class Given:
    """The ``new`` shares for ``old`` ones of a holding: whole ones, and what is left for less than
    one, to the last bit of it."""

    def __init__(self, held: LedgerPosition, new: int, old: int) -> None:
        self._all, self._old = held.quantity * new, old
        self._rest = self._all % (SIZE_SCALE * old if self._all > 0 else -SIZE_SCALE * old)
        self.whole: SizeUnits = (self._all - self._rest) // old

    def cost(self, cost: CashMicros) -> CashMicros:
        """The part of a cost that the whole shares have."""
        return share(cost, self._all - self._rest, self._all)

    def worth(self, price: PriceUnits, scale: int, cost: CashMicros) -> CashMicros:
        """What the whole shares are worth; where nobody knows a price, what they have cost."""
        return notional(price, self.whole, scale) if price else self.cost(cost)

    def lieu(self, price: PriceUnits, scale: int, cost: CashMicros) -> CashMicros:
        """What is paid for less than a share, found in the same way."""
        if not price:
            return cost - self.cost(cost)
        return notional(price, self._rest, scale * self._old)


def _ended(
    code: str, con_id: int, held: LedgerPosition, *, worth: CashMicros, gain: CashMicros
) -> PositionAdjusted:
    """The end of a holding in a merger, for something that is worth so much."""
    return PositionAdjusted(
        code, con_id, MERGER, -held.quantity, 0, 0, 0, -worth, realized=gain
    )  # fmt: skip


def _given(
    account: Account,
    con_id: int,
    cause: str,
    *,
    size: SizeUnits,
    cost: CashMicros,
    worth: CashMicros,
) -> PositionAdjusted:
    """New shares, booked to what is held of them."""
    held, side = account.positions.get(con_id, FLAT), 1 if size > 0 else -1
    after = booked(held, size=size, value=side * cost, fee=0)
    return PositionAdjusted(
        account.code, con_id, cause, size, after.position, after.cost, 0, worth,
        realized=after.realized or 0,
    )  # fmt: skip


def _is_ratio(new: int, old: int) -> bool:
    return 1 <= new <= MOST_SHARES and 1 <= old <= MOST_SHARES
