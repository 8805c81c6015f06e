"""Folds what happens in TWS before the broker knows of an order, and to order ids."""

from ..archive import Archive
from ..commands import TWS_USER
from ..facts import OrderDropped, OrderHeld, OrderIdsReset, OrderReleased, PermIdUsed
from ..state import State
from ..units import Nanos
from .part import FoldPart, Rules, forget


class EntryFold(FoldPart):
    """Folds what happens in TWS before the broker knows of an order, and to order ids."""

    def __init__(self, state: State, archive: Archive) -> None:
        super().__init__(state, archive)
        self.rules: Rules = {
            OrderHeld: self._held,
            OrderReleased: self._released,
            OrderDropped: self._dropped,
            PermIdUsed: self._perm_id_used,
            OrderIdsReset: self._ids_reset,
        }

    def _held(self, fact: OrderHeld, now: Nanos) -> None:
        self.state.held.setdefault(fact.clientId, {})[fact.orderId] = fact.terms
        self._count_id(fact.clientId, fact.orderId)

    def _released(self, fact: OrderReleased, now: Nanos) -> None:
        forget(self.state.held, fact.clientId, fact.orderId)

    def _dropped(self, fact: OrderDropped, now: Nanos) -> None:
        forget(self.state.held, fact.clientId, fact.orderId)

    def _perm_id_used(self, fact: PermIdUsed, now: Nanos) -> None:
        self.state.next_perm_id = fact.permId + 1

    def _ids_reset(self, fact: OrderIdsReset, now: Nanos) -> None:
        self._forget_orders()
        entered = self.state.highest_ids.get(TWS_USER)
        self.state.highest_ids.clear()
        if entered is not None:
            self.state.highest_ids[TWS_USER] = entered
