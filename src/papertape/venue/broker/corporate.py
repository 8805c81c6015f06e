"""Dividends and splits: what they do to cash, holdings and orders.

Those of a market folder come by themselves (``scheduled``); they are commands as well, for whoever
writes the prices. A dividend is paid at once to whoever holds shares or contracts for difference on
them, and by whoever is short. A split changes what is held and leaves its cost; a fraction is paid
in cash. Orders for the shares are cancelled, as IBKR's page on times in force says of orders over a
split. What follows the shares, options and contracts for difference, is not adjusted: while
somebody holds it the command is refused. Mergers and
spin-offs are not served: deliver one position and receive the other (``transfers``).
"""

from collections.abc import Iterator
from typing import Final

from ..commands import PayDividend, SplitShares
from ..facts import AnyFact, CashBooked, PositionAdjusted
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import Cfd, OptionContract
from ..units import CASH_SCALE, SIZE_SCALE, notional, share
from .accounts_refused import AccountRefused
from .order_manager import OrderManager
from .parts import BrokerState

DIVIDEND, LIEU, SPLIT = "dividend", "lieu", "split"
"""Causes of ``CashBooked`` and ``PositionAdjusted``."""
MOST_PAID: Final = 10**6 * CASH_SCALE
MOST_SHARES: Final = 10_000


class CorporateActions:
    """Decides dividends and splits."""

    def __init__(self, state: BrokerState, instruments: Instruments, broker: OrderManager) -> None:
        self._state = state
        self._instruments = instruments
        self._broker = broker

    def decide(self, command: PayDividend | SplitShares) -> Iterator[AnyFact]:
        """Yield the facts of a command. Raises ``AccountRefused`` when it is refused."""
        entry = self._instruments.get(command.conId)
        if entry is None or entry.secType != "STK":
            raise AccountRefused("only shares have dividends and splits")
        if isinstance(command, PayDividend):
            yield from self._pay(command, entry)
        else:
            self._check(command)
            yield from self._split(command, entry)

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
                    yield CashBooked(code, DIVIDEND, ((entry.currency, paid),))

    def _check(self, command: SplitShares) -> None:
        sides = command.new, command.old
        if not all(1 <= one <= MOST_SHARES for one in sides) or command.new == command.old:
            raise AccountRefused(f"a split gives 1 to {MOST_SHARES:,} new shares for as many old")
        for account in self._state.accounts.values():
            for con_id, position in account.positions.items():
                held = self._instruments[con_id]
                on = isinstance(held, OptionContract | Cfd) and held.under == command.conId
                if position.quantity and on:
                    what = "CFDs" if isinstance(held, Cfd) else "options"
                    raise AccountRefused(
                        f"{account.code} holds {held.localSymbol}: {what} are not adjusted here"
                    )

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
                yield CashBooked(code, LIEU, ((entry.currency, paid),))
