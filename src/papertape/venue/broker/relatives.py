"""What the fill or the end of an order does to its siblings, its children and its parent.

Each method is a generator, as in ``order_manager``.
"""

from collections.abc import Callable

import msgspec

from ..facts import (
    CombinationFilled,
    OrderDeactivated,
    OrderEnded,
    OrderFilled,
    OrderMoved,
    OrderReduced,
    OrderRepriced,
    Terms,
)
from ..reference.instruments import Refusal
from ..reference.times import next_quarter_end
from ..special import Held
from ..units import SIZE_SCALE, Nanos, SizeUnits, share
from . import lifecycle
from .holds import why_held
from .made_orders import MadeOrders
from .order_types import DTC, ORDER_TYPES
from .orders import LiveOrder
from .parts import CANCELLED, BrokerParts, Decision

replace = msgspec.structs.replace


class Relatives:
    """Decides what follows from a fill, and how orders end."""

    def __init__(
        self,
        parts: BrokerParts,
        look: Callable[[LiveOrder, Nanos, LiveOrder], Decision],
        release: Callable[[LiveOrder, int, Nanos], Decision],
        repeat: Callable[[int], Decision],
    ) -> None:
        """``look`` looks at a held order after a fill of another, ``release`` takes away what holds
        one, ``repeat`` tells one again (``working``)."""
        self._state = parts.state
        self._top = parts.top
        self._fills = parts.fills
        self._groups = parts.groups
        self.made = MadeOrders(parts)
        self._hedges = parts.hedges
        self._look = look
        self._release = release
        self._repeat = repeat

    def traded(self, order: LiveOrder, fill: OrderFilled | CombinationFilled) -> Decision:
        """Let a fill act on the other orders of a group, and on the children of an order; ``order``
        is as it was before the fill."""
        terms, filled = order.terms, fill.status == lifecycle.FILLED
        plain = terms.special is None and not terms.shares
        if plain and filled and not self._groups.looked_to(order.permId):
            return iter(())  # of nearly all orders
        return self._traded(order, fill, filled=filled)

    def _traded(
        self, order: LiveOrder, fill: OrderFilled | CombinationFilled, *, filled: bool
    ) -> Decision:
        terms = order.terms
        if terms.shares and isinstance(fill, OrderFilled):
            yield from self._fills.parts(order, fill)
        if not filled and order.limit is None and _remains(terms):
            yield OrderRepriced(order.permId, None, fill.price)
        if terms.special is not None:
            yield from self.made.after(order, fill)
        touched = self._groups.touched_by(order)
        if touched and terms.special is not None:
            for perm_id in self._groups.siblings(order):
                other = self._state.orders.get(perm_id)
                hedges = order.terms.extras.hedge or (other and other.terms.extras.hedge)
                if other is not None and not hedges:
                    yield from self._yield_to(other, order, fill)
        # After its group: else a condition on this fill could let a sibling fill as well.
        for perm_id in self._groups.waiting():
            other = self._state.orders.get(perm_id)
            if other is not None and perm_id != order.permId:
                yield from self._look(other, self._top.now, order)
        if touched and filled:
            for perm_id in self._groups.children(order.permId):
                child = self._state.orders.get(perm_id)
                if child is not None and child.held & Held.CHILD:
                    yield from self.free(child, self._top.now, _after(order, fill))

    def free(self, child: LiveOrder, now: Nanos, parent: LiveOrder) -> Decision:
        """Let a child work when its parent has filled; a hedge gets its size."""
        if child.terms.extras.hedge is not None:
            size = self._hedges.size(child.terms, parent)
            if not size:
                yield OrderEnded(child.permId, lifecycle.CANCELLED, True, CANCELLED)
                return
            yield OrderReduced(child.permId, size)
            child = self._state.orders[child.permId]
        yield from self._release(child, child.held & ~Held.CHILD, now)

    def _yield_to(
        self, other: LiveOrder, order: LiveOrder, fill: OrderFilled | CombinationFilled
    ) -> Decision:
        """Cancel or reduce an order because another one of its group traded."""
        left = 0
        if order.terms.extras.ocaType != 1:
            part = share(other.remaining, fill.size, order.remaining)
            left = _whole(other.remaining - part, other)
        if left == other.remaining:
            return  # less than a ten-thousandth of a share
        if left > 0:
            yield OrderReduced(other.permId, other.filled + left)
        else:
            yield OrderEnded(other.permId, lifecycle.CANCELLED, True, CANCELLED)
            yield from self.orphan(other)

    def orphan(self, order: LiveOrder) -> Decision:
        """End the children of an order that ended; where it filled in part, they protect that
        part."""
        for perm_id in self._groups.children(order.permId):
            child = self._state.orders.get(perm_id)
            if child is None or not child.held & Held.CHILD:
                continue
            if child.terms.extras.hedge is not None and order.filled:
                yield from self.free(child, self._top.now, order)
                continue
            size = 0
            if order.filled:  # a hedge that waits has no size yet, and may have children
                size = _whole(
                    share(child.terms.quantity, order.filled, order.terms.quantity), child
                )
            if size:
                if size < child.terms.quantity:
                    yield OrderReduced(perm_id, size)
                child = self._state.orders[perm_id]
                yield from self._release(child, child.held & ~Held.CHILD, self._top.now)
            else:
                yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)
                yield from self.orphan(child)

    def _given_up(self, order: LiveOrder) -> Decision:
        """End the relatives of an order that its trader cancelled."""
        yield from self.made.end(order)
        if not self._groups.touched_by(order):
            return
        yield from self.orphan(order)
        for perm_id in self._groups.siblings(order):
            other = self._state.orders.get(perm_id)
            if other is not None:
                yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)
                yield from self.orphan(other)
        parent = self._state.orders.get(order.parent)
        if parent is not None and order.terms.extras.cancelsParent:
            yield from self.cancel(parent)

    def cancel(self, order: LiveOrder) -> Decision:
        """Cancel the remainder of an order for its trader; PendingCancel comes first while a
        non-stop order waits for the open."""
        if order.opens and not order.waits:
            yield OrderMoved(order.permId, lifecycle.PENDING_CANCEL)
            yield from self._repeat(order.permId)
        travels = order.held & Held.TRAVELS
        status = lifecycle.API_CANCELLED if travels else lifecycle.CANCELLED
        yield OrderEnded(order.permId, status, False, CANCELLED)
        yield from self._given_up(order)

    def expire(self, order: LiveOrder) -> Decision:
        """Expire an order; one of DTC is deactivated by the end of its day."""
        held = order.held & ~Held.ROUTED | Held.INACTIVE
        if order.terms.tif == DTC and not order.held & (Held.INACTIVE | Held.TRAVELS):
            why = why_held(order.terms, held)
            yield OrderDeactivated(order.permId, why, next_quarter_end(self._top.now))
            return
        yield OrderEnded(order.permId, lifecycle.CANCELLED, True, CANCELLED)
        yield from self.orphan(order)

    def cancel_by_system(self, perm_id: int, notice: Refusal = CANCELLED) -> Decision:
        order = self._state.orders[perm_id]
        yield OrderMoved(perm_id, lifecycle.PENDING_CANCEL)
        yield OrderEnded(perm_id, lifecycle.CANCELLED, True, notice)
        yield from self.orphan(order)


def _after(order: LiveOrder, fill: OrderFilled | CombinationFilled) -> LiveOrder:
    """Return an order as it is after its last fill, when it works no longer."""
    return replace(
        order, filled=order.filled + fill.size, value=order.value + fill.value, lastPrice=fill.price
    )


def _remains(terms: Terms) -> bool:
    """Return whether what is left of an order rests at the price of its first fill."""
    return terms.extras.combo is None and ORDER_TYPES[terms.orderType].remains


def _whole(size: SizeUnits, order: LiveOrder) -> SizeUnits:
    """Return a part of an order's size, in whole shares where the order has no others."""
    return size if order.terms.quantity % SIZE_SCALE else size - size % SIZE_SCALE
