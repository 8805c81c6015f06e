"""Liquidation: positions of an account that breaks its maintenance margin are closed at the market.

It is off unless a setting says otherwise. Once a minute every account is looked at; where excess
liquidity is negative, or its positions are too large for it (``minimums``), the position with the
largest margin is closed by a market order of the user of TWS, one at a time, until that is so no
longer. IBKR closes as much as it must, in an order that it chooses; whole positions one after
another are ours.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from ..commands import TWS_USER
from ..exchange.matching import touch
from ..facts import AnyFact, Terms
from ..reference.exchanges import SMART
from ..reference.instruments import Instrument, Instruments
from ..units import MINUTE, Nanos
from .ledger import Account
from .minimums import GROSS_AT_WORK, net_of_size
from .order_manager import OrderManager
from .parts import BrokerState

EVERY: Final[Nanos] = MINUTE
REFERENCE: Final = "liquidation"
"""``orderRef`` of the orders."""


class LiquidationState(BrokerState, Protocol):
    """The part of the state that liquidation reads."""

    highest_ids: dict[int, int]


class Liquidator:
    """Decides which positions are closed."""

    def __init__(
        self, state: LiquidationState, instruments: Instruments, broker: OrderManager
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._broker = broker

    @property
    def needed(self) -> bool:
        """Whether somebody holds anything."""
        return any(
            position.quantity
            for account in self._state.accounts.values()
            for position in account.positions.values()
        )

    def decide(self, now: Nanos) -> Iterator[AnyFact]:
        """Yield the orders that accounts in breach need now."""
        for account in tuple(self._state.accounts.values()):
            if not self._in_breach(account) or self._is_at_work(account):
                continue
            entry = self._largest(account)
            if entry is not None:
                yield from self._broker.place(
                    TWS_USER, self._state.highest_ids.get(TWS_USER, 0) + 1,
                    self._terms(account, entry), now,
                )  # fmt: skip

    def _in_breach(self, account: Account) -> bool:
        """Return whether an account breaks its margin, or holds too much for what it is worth."""
        equity, maintenance = self._broker.margin.worth(account)
        if equity < maintenance:
            return True
        worth = self._broker.margin.marked(account)
        return not worth.in_full and worth.gross > GROSS_AT_WORK * net_of_size(worth)

    def _is_at_work(self, account: Account) -> bool:
        return any(
            order.terms.account == account.code and order.terms.ref == REFERENCE
            for order in self._state.orders.values()
        )

    def _largest(self, account: Account) -> Instrument | None:
        """Return what has a position that can be closed and the largest margin."""
        margin, found = self._broker.margin, []
        for con_id, position in sorted(account.positions.items()):
            entry = self._instruments[con_id]
            side = -1 if position.quantity > 0 else 1
            if position.quantity and entry.secType != "CASH" and touch(side, margin.quote(con_id)):
                found.append((margin.group_worth(account, [con_id])[1], -con_id, entry))
        return max(found)[2] if found else None

    def _terms(self, account: Account, entry: Instrument) -> Terms:
        quantity = account.quantity(entry.conId)
        exchange = SMART if SMART in entry.exchanges else entry.home
        return Terms(
            account.code, entry.conId, exchange, -1 if quantity > 0 else 1, abs(quantity), "MKT",
            None, None, 0, "DAY", False, REFERENCE, "", "", "{}",
        )  # fmt: skip
