"""What a tick does to the orders that it reaches: stops are elected and follow, limits fill.

Each method is a generator, as in ``order_manager``.
"""

import msgspec

from ..exchange.triggers import BY_PRINT, DOUBLE, elects, of_quote
from ..facts import OrderAdjusted, OrderMoved, OrderQueued, OrderRepriced, OrderTouched, Terms
from ..market.source import Print, Quote
from ..special import Adjustment
from ..units import Nanos, PriceUnits
from . import lifecycle
from .orders import ADDED, REMOVED, LiveOrder
from .parts import BrokerParts, Decision
from .price_terms import adjusted_text
from .working import WorkingOrders

replace = msgspec.structs.replace


class TickHandler:
    """Decides what a new quote or a print does."""

    def __init__(self, parts: BrokerParts, working: WorkingOrders) -> None:
        self._state = parts.state
        self._instruments = parts.instruments
        self._exchange = parts.exchange
        self._top = parts.top
        self._fills = parts.fills
        self._rules = parts.rules
        self._queues = parts.queues
        self._trails = parts.trails
        self._pegs = parts.pegs
        self._measured = parts.conditions.measured
        self._working = working
        self._relatives = working.relatives

    def observe(self, tick: Quote | Print, now: Nanos) -> Decision:
        """Elect the stops and fill the orders that a new quote or a print reaches."""
        elected = self._exchange.elected(tick)
        if self._rules.queues:
            yield from self._queue(tick)
        if isinstance(tick, Quote):
            for perm_id in self._exchange.reached(tick):
                order = self._state.orders.get(perm_id)
                if order is not None:
                    liquidity = REMOVED if order.terms.limit is None else ADDED
                    fill = self._fills.match(order, tick, liquidity)
                    if fill is not None:
                        yield fill
                        yield from self._relatives.traded(order, fill)
        for perm_id in elected:
            order = self._state.orders.get(perm_id)
            if order is None:
                continue
            if order.terms.trigger in DOUBLE and not order.touched:
                yield OrderTouched(perm_id, True)
            else:
                price = tick.price if isinstance(tick, Print) else self._elector(perm_id, tick)
                yield from self._working.elect(perm_id, price, self._top.look(tick.conId))
        for perm_id in self._exchange.following(tick):
            yield from self._trail(perm_id, tick)
        for perm_id in self._exchange.watching(tick.conId, self._measured):
            order = self._state.orders.get(perm_id)
            if order is not None:
                yield from self._notice(order, tick, now)

    def _queue(self, tick: Quote | Print) -> Decision:
        """Move the orders that stand in queues, and fill those that a print reaches."""
        if isinstance(tick, Quote):
            yield from self._queues.shortened(tick)
            return
        for order, ahead, traded in tuple(self._queues.reached(tick)):
            current = self._state.orders.get(order.permId)
            if current is None:  # an order of its group has filled
                continue
            if current.ahead is not None and ahead < current.ahead:
                yield OrderQueued(order.permId, ahead, order.joined)
                current = self._state.orders[order.permId]
            size = self._fills.allowed(current, traded)
            if size and current.limit is not None:
                fill = self._fills.at(current, size, current.limit, None, ADDED)
                yield fill
                yield from self._relatives.traded(current, fill)

    def _elector(self, perm_id: int, quote: Quote) -> int:
        order = self._state.orders[perm_id]
        terms = order.terms
        assert order.stop is not None
        return elects(terms.trigger, terms.direction, order.stop, last=0, quote=quote)

    def _trail(self, perm_id: int, tick: Quote | Print) -> Decision:
        """Let a stop follow the market."""
        order = self._state.orders.get(perm_id)
        if order is None or not order.waits:
            return
        terms = order.terms
        stop, limit = self._trails.at(terms, _price_of(tick, terms))
        if order.stop is not None and (not order.stop or (stop - order.stop) * terms.side < 0):
            yield OrderRepriced(perm_id, stop, limit)

    def _notice(self, order: LiveOrder, tick: Quote | Print, now: Nanos) -> Decision:
        """Look at an order that depends on every tick of an instrument."""
        perm_id, special = order.permId, order.terms.extras
        if order.touched and not self._reaches(order, tick):
            yield OrderTouched(perm_id, False)
        yield from self._working.look(order, now)
        current = self._state.orders.get(perm_id)  # it may have traded
        if current is None or current.held or current.opens or order.held or order.opens:
            return
        order = current
        if order.waits and not order.stop:
            price = self._trails.market(order.terms)
            if price:
                yield OrderRepriced(perm_id, *self._trails.at(order.terms, price))
        elif order.waits and special.adjustment is not None:
            yield from self._adjust(order, special.adjustment, tick)
        elif special.peg is not None and not order.waits:
            yield from self._follow_peg(order)
        elif special.combo is not None:
            yield from self._trade(order)

    def _trade(self, order: LiveOrder) -> Decision:
        """Let a resting combination trade where the quotes of its legs allow it."""
        fill = self._fills.match(order, self._top.look(order.terms.conId), ADDED)
        if fill is not None:
            yield fill
            yield from self._relatives.traded(order, fill)

    def _reaches(self, order: LiveOrder, tick: Quote | Print) -> bool:
        """Return whether a tick reaches the stop of an order; one that does not count for it leaves
        things as they are."""
        method, stop = order.terms.trigger, order.stop
        if not order.waits or not stop or isinstance(tick, Print) != (method in BY_PRINT):
            return True
        if isinstance(tick, Print):
            return (tick.price - stop) * order.terms.direction >= 0
        return bool(self._elector(order.permId, tick))

    def _follow_peg(self, order: LiveOrder) -> Decision:
        """Let the limit of a pegged order follow the market, and fill it where it reaches it."""
        perm_id, limit = order.permId, self._pegs.limit(order)
        if self._pegs.outside(order):
            yield from self._relatives.cancel_by_system(perm_id)
            return
        if limit is None or limit == order.movedLimit:
            return
        yield OrderRepriced(perm_id, None, limit)
        if order.status == lifecycle.PRE_SUBMITTED:
            yield OrderMoved(perm_id, lifecycle.SUBMITTED)
        order = self._state.orders[perm_id]
        if order.terms.extras.components is not None:
            yield from self._relatives.made.begin(order, order.terms.extras.components)
            order = self._state.orders[perm_id]
        yield from self._working.trade(order, self._top.look(order.terms.conId), ADDED)

    def _adjust(self, order: LiveOrder, change: Adjustment, tick: Quote | Print) -> Decision:
        """Make a stop what its adjustment says when the market reaches the trigger price."""
        terms = order.terms
        price = _price_of(tick, terms)
        if not price or (price - change.trigger) * terms.side > 0:
            return
        special = replace(terms.extras, adjustment=None, trail=change.trail)
        text = adjusted_text(terms.text, change, self._instruments[terms.conId].scale)
        adjusted = replace(
            terms, orderType=change.orderType, stop=change.stop, limit=change.limit,
            special=special, text=text,
        )  # fmt: skip
        yield OrderAdjusted(order.permId, self._trails.with_stop(adjusted))


def _price_of(tick: Quote | Print, terms: Terms) -> PriceUnits:
    """Return the price of a tick that the trigger method of an order looks at; 0 for none."""
    if isinstance(tick, Print):
        return tick.price
    up, down = of_quote(terms.trigger, tick)
    return up if terms.side > 0 else down
