"""Orders that TWS makes for the fills of another: profit orders of a scale, hedges of an option.

They belong to the client of that order and have no order id, but a permanent one; ``parentId`` and
``parentPermId`` name the order that they are for. Each is a new order in every other respect: it
is checked against the account, waits for the open, and fills as the market lets it.

Each method is a generator, as in ``order_manager``.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from papertape.model import Order

from ..facts import (
    CombinationFilled,
    ComponentBegan,
    OrderEnded,
    OrderFilled,
    OrderRepriced,
    SizeRestored,
    Terms,
)
from ..special import Peg, Scale, Special
from ..units import Nanos, PriceUnits, SizeUnits
from . import lifecycle
from .allocation import next_parts
from .delta_hedges import RELATIVE, DeltaHedges
from .order_types import DAY, IMMEDIATE
from .orders import LiveOrder
from .parts import CANCELLED, BrokerParts, Decision
from .pegging import TO_PRIMARY
from .scales import component_left, component_limit, levels, next_drawn, present, reached

replace = msgspec.structs.replace
_order_of = msgspec.json.Decoder(Order).decode
_text = msgspec.json.Encoder().encode
Fill = OrderFilled | CombinationFilled
Place = Callable[[int, int, Terms, Nanos], Decision]
KEPT = (
    "tif", "goodTillDate", "duration", "activeStopTime", "outsideRth", "includeOvernight",
    "orderRef", "account",
)  # fmt: skip
"""What such an order has of the one that it is for."""
MOST_LEVELS: Final = 100
"""Profit orders for one fill: a world may fill more than a component at once."""


def still_made(order: LiveOrder, terms: Terms) -> Terms:
    """Return new terms of an order that TWS made: it is still for the same one."""
    named = replace(_order_of(terms.text), parentId=_order_of(order.terms.text).parentId)
    special = replace(terms.extras, made=order.terms.extras.made)
    return replace(terms, special=special, text=_text(named).decode())


class MadeOrders:
    """Decides what TWS sends for the fills of an order, and the next component of a scale."""

    def __init__(self, parts: BrokerParts) -> None:
        self._state = parts.state
        self._instruments = parts.instruments
        self._top = parts.top
        self._pegs = parts.pegs
        self._rules = parts.rules
        self._groups = parts.groups
        self._hedges = DeltaHedges(parts.instruments, parts.top)
        self.place: Place = lambda client_id, order_id, terms, now: iter(())
        """Places a new order (``order_entry``)."""

    def begin(self, order: LiveOrder, scale: Scale) -> Decision:
        """Begin a scale order that draws its sizes, or that begins with a part of it filled, as
        soon as it has a price."""
        if not order.priced or not (scale.varied or scale.started):
            return
        began = order.component is not None
        if not began or (scale.varied and component_left(order) <= 0):
            yield self._component(order, scale)
        if scale.profit and not began:
            yield from self._profits(order, scale, 0, scale.started)

    def _component(self, order: LiveOrder, scale: Scale) -> ComponentBegan:
        """Return the next component of an order that draws their sizes."""
        following = 0 if order.component is None else order.component[0] + 1
        chance = self._rules.chance(order.permId, following)
        return ComponentBegan(order.permId, *next_drawn(order, scale, chance))

    def after(self, order: LiveOrder, fill: Fill) -> Decision:
        """Yield what follows from a fill; ``order`` is as it was before."""
        special = order.terms.extras
        if special.components is not None:
            yield from self._scaled(order, special.components, fill.size)
        elif special.made:
            yield from self._restore(special.made, fill.size)
        if special.delta is not None:
            yield from self._hedge(order, fill)

    def _scaled(self, order: LiveOrder, scale: Scale, size: SizeUnits) -> Decision:
        """Go on with the next component, and place profit orders for what filled."""
        perm_id = order.permId
        current = self._state.orders.get(perm_id)
        while scale.varied and current is not None and current.component is not None:
            if component_left(current) > 0:
                break
            yield self._component(current, scale)
            current = self._state.orders[perm_id]
        yield from self._step(perm_id)
        if scale.profit:
            before = reached(order, scale)
            yield from self._profits(order, scale, before, before + size)

    def _step(self, perm_id: int) -> Decision:
        """Give a scale order the price of its present component."""
        order = self._state.orders.get(perm_id)
        if order is None:
            return
        limit = self.limit(order)
        if limit is not None and limit != order.limit:
            yield OrderRepriced(perm_id, None, limit)

    def limit(self, order: LiveOrder) -> PriceUnits | None:
        """Return the price of the present component of an order; None of one without."""
        if order.terms.extras.peg is not None:
            return self._pegs.limit(order)
        tick = self._instruments[order.terms.conId].tick
        return component_limit(order, self._top.now, tick)

    def _profits(
        self, order: LiveOrder, scale: Scale, begins: SizeUnits, ends: SizeUnits
    ) -> Decision:
        """Place the profit orders for a part of an order, at the prices of its components: so many
        at most, the last of them for all that is left."""
        side, limit = order.terms.side, order.limit or 0
        number, _ = present(order, scale)
        first = limit + side * number * scale.increment + side * scale.profit
        for placed, (level, size) in enumerate(levels(scale, begins, ends), 1):
            begins += size
            price = first - side * level * scale.increment
            if placed == MOST_LEVELS:
                size = size + ends - begins
            if price > 0:
                yield from self._make(order, order.terms.conId, -side, size, limit=price)
            if placed == MOST_LEVELS:
                return

    def _restore(self, perm_id: int, size: SizeUnits) -> Decision:
        """Put back into a scale order what a profit order has traded."""
        order = self._state.orders.get(perm_id)
        scale = None if order is None else order.terms.extras.components
        if order is None or scale is None or not scale.restores:
            return
        size = min(size, reached(order, scale))
        if size:
            yield SizeRestored(perm_id, size)
            yield from self._step(perm_id)

    def _hedge(self, order: LiveOrder, fill: Fill) -> Decision:
        """Place the hedge of a fill."""
        terms, hedge = order.terms, order.terms.extras.delta
        assert hedge is not None
        size = self._hedges.size(terms, order.filled, order.filled + fill.size)
        if not size:
            return
        side = 1 if size > 0 else -1
        peg = Peg(TO_PRIMARY, hedge.price) if hedge.orderType == RELATIVE else None
        yield from self._make(
            order, hedge.conId, side, abs(size), kind=hedge.orderType,
            limit=self._hedges.limit(hedge, side), peg=peg,
        )  # fmt: skip

    def _make(
        self,
        order: LiveOrder,
        con_id: int,
        side: int,
        size: SizeUnits,
        *,
        kind: str = "LMT",
        limit: PriceUnits | None = None,
        peg: Peg | None = None,
    ) -> Decision:
        terms, entry = order.terms, self._instruments[con_id]
        given = _order_of(terms.text)
        kept: dict[str, Any] = {name: getattr(given, name) for name in KEPT}
        tif = DAY if terms.tif in IMMEDIATE else terms.tif
        made = Order(
            action="BUY" if side > 0 else "SELL", totalQuantity=None, orderType=kind,
            lmtPrice=None if limit is None else limit / entry.scale,
            auxPrice=None if peg is None else peg.offset / entry.scale, parentId=order.orderId,
            **{**kept, "tif": tif},
        )  # fmt: skip
        ends = terms.extras.ends if tif == terms.tif else 0
        special = Special(made=order.permId, peg=peg, ends=ends)
        shares: tuple[tuple[str, SizeUnits], ...] = ()
        if terms.shares:
            parts = next_parts(terms.shares, (), size)
            shares = tuple(
                (code, part) for (code, _), part in zip(terms.shares, parts, strict=True) if part
            )
        placed = Terms(
            terms.account, con_id, terms.exchange if con_id == terms.conId else entry.home, side,
            size, kind, limit, None, 0, tif, terms.overnight and not ends, terms.ref, terms.model,
            terms.submitter, _text(made).decode(), terms.outside, special, shares=shares,
        )  # fmt: skip
        yield from self.place(order.clientId, 0, placed, self._top.now)

    def end(self, order: LiveOrder) -> Decision:
        """End the profit orders of a scale order that its trader cancelled."""
        if order.terms.extras.components is None:
            return
        for perm_id in self._groups.made(order.permId):
            if perm_id in self._state.orders:
                yield OrderEnded(perm_id, lifecycle.CANCELLED, False, CANCELLED)
