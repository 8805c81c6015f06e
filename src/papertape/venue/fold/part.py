"""Base of the parts of the fold, with what several of them do."""

from collections.abc import Callable
from typing import Any

from ..archive import Archive, chained
from ..broker.ledger import Account
from ..broker.orders import LiveOrder
from ..facts import Counted
from ..state import State
from ..units import CashMicros, Nanos

Rules = dict[type[Any], Callable[[Any, Nanos], LiveOrder | None]]


class FoldPart:
    """Base of the parts of the fold, with what several of them do."""

    rules: Rules
    """The method that folds each kind of fact: it takes the fact and the instant, and returns the
    new version of the order that it concerns, or None."""

    def __init__(self, state: State, archive: Archive) -> None:
        self.state = state
        self.archive = archive

    def _name(self, order: LiveOrder) -> None:
        if order.made:  # it has no id that a client could name
            return
        ids = self.state.ids.get(order.clientId)
        if ids is None:
            ids = self.state.ids[order.clientId] = {}
        ids[order.orderId] = order.permId

    def _kept(self, order: LiveOrder) -> LiveOrder:
        self.state.orders[order.permId] = order
        return order

    def _over(self, order: LiveOrder, fill: bytes = b"") -> LiveOrder:
        """Archive a finished order, with the row of its last fill."""
        state = self.state
        if state.orders.pop(order.permId, None) is not None and not order.made:
            forget(state.ids, order.clientId, order.orderId)
        row = self.archive.finish(order, state.facts)
        state.past = chained(state.past, fill + row)
        return order

    def _forget_orders(self) -> None:
        self.archive.forget_orders()
        self.state.orders_since = self.state.facts

    def _count_id(self, client_id: int, order_id: int) -> None:
        state = self.state
        if order_id > state.highest_ids.get(client_id, 0):
            state.highest_ids[client_id] = order_id
        elif client_id not in state.highest_ids:
            state.highest_ids[client_id] = 0
        if -order_id > state.bound:
            state.bound = -order_id

    @property
    def _advised(self) -> list[Account]:
        """All accounts of an advisor's login; nothing at another one."""
        every = list(self.state.accounts.values())
        return every if any(one.advisor for one in every) else []

    def _count(self, code: str, counted: Counted) -> None:
        """Count what was traded towards the tiers of the month."""
        name, amount = counted
        for account in self._advised or (self.state.accounts[code],):
            account.traded[name] = max(0, account.traded.get(name, 0) + amount)


def forget(known: dict[int, dict[int, Any]], client_id: int, order_id: int) -> None:
    """Remove an id, and the entry of a client without ids."""
    mine = known[client_id]
    del mine[order_id]
    if not mine:
        del known[client_id]


def book_cash(account: Account, amounts: tuple[tuple[str, CashMicros], ...], settles: int) -> None:
    """Book amounts of cash; what comes in may not be spent before the day on which it settles."""
    cash = account.cash
    for currency, amount in amounts:
        cash[currency] = cash.get(currency, 0) + amount
        if settles and amount > 0:
            waits = account.unsettled.setdefault(settles, {})
            waits[currency] = waits.get(currency, 0) + amount
