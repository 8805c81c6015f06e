"""Which orders belong together: children of a parent, the members of an OCA group, and those whose
price changes with time.

An index, derived from the working orders; the engine lets it follow every fact.
"""

from collections.abc import Iterable
from typing import Any, Final

from ..facts import Terms
from ..units import SECOND
from .conditions import EXECUTION
from .orders import LiveOrder

DAY: Final = 86_400
MOST_CHANGES: Final = 100 * DAY
"""How often a day the prices of all orders together may change with time: a hundred times a second,
which is a hundredth of a processor."""


class Groups:
    """Looks up the relatives of an order."""

    def __init__(self) -> None:
        self._children: dict[int, dict[int, None]] = {}
        self._members: dict[tuple[str, str], dict[int, None]] = {}
        self._waiting: dict[int, None] = {}
        self._made: dict[int, dict[int, None]] = {}
        self._drifting: dict[int, int] = {}
        """Orders whose price changes with time, and how often a day each does."""
        self._changes = 0
        """The sum of these."""

    def follow(self, order: LiveOrder) -> None:
        """Know an order as it is now."""
        perm_id, parent, oca = order.permId, order.parent, order.terms.extras.oca
        if parent:
            self._keep(self._children, parent, perm_id, working=order.working)
        if oca:
            self._keep(self._members, (order.terms.account, oca), perm_id, working=order.working)
        if order.made:
            source = order.terms.extras.made
            self._keep(self._made, source, perm_id, working=order.working)
        self._drift(order)
        if any(one.kind == EXECUTION for one in order.terms.extras.conditions):
            if order.working:
                self._waiting[perm_id] = None
            else:
                self._waiting.pop(perm_id, None)

    def _drift(self, order: LiveOrder) -> None:
        often = changes_a_day(order.terms) if order.working else 0
        self._changes += often - self._drifting.pop(order.permId, 0)
        if often:
            self._drifting[order.permId] = often

    def changes_too_often(self, terms: Terms, perm_id: int = 0) -> bool:
        """Return whether the prices of all orders would change with time more often than
        ``MOST_CHANGES`` with one of these terms, which may be new ones of an order."""
        often = changes_a_day(terms)
        return often > 0 and self._changes - self._drifting.get(perm_id, 0) + often > MOST_CHANGES

    @staticmethod
    def _keep(groups: dict[Any, dict[int, None]], key: Any, perm_id: int, *, working: bool) -> None:
        if working:
            groups.setdefault(key, {})[perm_id] = None
            return
        group = groups.get(key)
        if group is not None:
            group.pop(perm_id, None)
            if not group:
                del groups[key]

    def waiting(self) -> Iterable[int]:
        """Return the orders with a condition that an execution meets, in order of acceptance."""
        return tuple(self._waiting) if self._waiting else ()

    def looked_to(self, perm_id: int) -> bool:
        """Return whether an order has children, or any order waits for the executions of others."""
        return perm_id in self._children or bool(self._waiting)

    def touched_by(self, order: LiveOrder) -> bool:
        """Return whether the fills or the end of an order concern others."""
        if order.permId in self._children:
            return True
        return order.terms.special is not None and bool(order.parent or order.terms.special.oca)

    def made(self, perm_id: int) -> Iterable[int]:
        """Return the working orders that TWS made for an order, in order of acceptance."""
        return tuple(self._made.get(perm_id, ()))

    def children(self, perm_id: int) -> Iterable[int]:
        """Return the working children of an order, in order of acceptance."""
        return tuple(self._children.get(perm_id, ()))

    def siblings(self, order: LiveOrder) -> Iterable[int]:
        """Return the other members of the order's group: those of its OCA group, or the other
        children of its parent."""
        oca = order.terms.extras.oca
        group = (
            self._members.get((order.terms.account, oca))
            if oca
            else self._children.get(order.parent)
            if order.parent
            else None
        )
        return tuple(one for one in group or () if one != order.permId)


def changes_a_day(terms: Terms) -> int:
    """Return how often a day the price of an order changes with time."""
    scale = None if terms.special is None else terms.special.components
    return DAY * SECOND // scale.every if scale is not None and scale.every else 0
