"""An accepted order on its way: it waits for the open, its time or its stop, then it works.

Each method is a generator, as in ``order_manager``.
"""

from collections.abc import Generator, Iterator

from ..exchange.triggers import DOUBLE, elects
from ..facts import (
    AnyFact,
    OrderActivated,
    OrderArrived,
    OrderEnded,
    OrderReduced,
    OrderRepeated,
    OrderRepriced,
    OrderResumed,
    OrderRouted,
    OrderSuspended,
    OrderTouched,
    OrderTriggered,
)
from ..market.source import Quote
from ..special import Held
from ..units import Nanos, PriceUnits
from . import lifecycle
from .cash_quantity import size_for
from .holds import why_held
from .order_types import FOK, IMMEDIATE
from .orders import ADDED, REMOVED, LiveOrder
from .parts import BrokerParts, Decision
from .relatives import Relatives

MOST_COMPONENTS = 1_000
"""Components of a scale order that fill at once under the fill rule ``instant``."""


class WorkingOrders:
    """Decides when an order waits, and what it trades when it does not."""

    def __init__(self, parts: BrokerParts) -> None:
        self._state = parts.state
        self._instruments = parts.instruments
        self._top = parts.top
        self._profile = parts.profile
        self._fills = parts.fills
        self._rules = parts.rules
        self._meetings = parts.meetings
        self._algos = parts.algos
        self._trails = parts.trails
        self._pegs = parts.pegs
        self._conditions = parts.conditions
        self._holds = parts.holds
        self.relatives = Relatives(parts, self.look, self.release, self.repeat)

    def wait(self, perm_id: int, quote: Quote, *, repeat: bool = True) -> Decision:
        """Let a stop wait, unless the market has reached it already."""
        order = self._state.orders[perm_id]
        terms, stop = order.terms, order.stop
        last = self._top.last(terms.conId)
        price = stop and elects(terms.trigger, terms.direction, stop, last=last, quote=quote)
        if price and terms.trigger not in DOUBLE:
            yield from self.elect(perm_id, price, quote)
            return
        if price and not order.touched:
            yield OrderTouched(perm_id, True)
        if repeat:
            yield from self.repeat(perm_id)

    def work(self, perm_id: int, quote: Quote, *, repeat: bool) -> Decision:
        """Fill the order against the quote, then rest or cancel the remainder."""
        order = self._state.orders[perm_id]
        if self._rules.routes and not order.routed:
            yield OrderRouted(perm_id, self._top.now + self._rules.routed(perm_id))
            if repeat:
                yield from self.repeat(perm_id)
            return
        if order.terms.special is not None:
            yield from self._prepare(order)
            order = self._state.orders[perm_id]
            if order.terms.special is not None and order.terms.special.passive:
                shown = self._fills.fillable(order.terms, order.limit, quote)
                if shown or self._fills.meets(order, quote):
                    yield from self.relatives.cancel_by_system(perm_id)
                    return
        if self._rules.is_instant or self._meetings.possible(order):
            filled = yield from self.trade(order, quote, REMOVED)
        else:  # nearly always
            fill = self._fills.match(order, quote, REMOVED)
            filled = fill is not None
            if fill is not None:
                yield fill
                yield from self.relatives.traded(order, fill)
        if order.terms.tif in IMMEDIATE:
            if perm_id in self._state.orders:
                yield from self.relatives.cancel_by_system(perm_id)
        elif not filled and repeat and (order.limit is not None or not order.priced):
            yield from self.repeat(perm_id)

    def _prepare(self, order: LiveOrder) -> Decision:
        """Let the algorithm of an order begin, and give it the limit that follows from its peg or
        its components."""
        perm_id = order.permId
        began = self._algos.began(order, self._top.now)
        if began is not None:
            yield began
            order = self._state.orders[perm_id]
        limit, known = self._pegs.limit(order), order.movedLimit
        scale = None if order.terms.special is None else order.terms.special.components
        if limit is None and scale is not None:
            limit, known = self.relatives.made.limit(order), order.limit
        if limit is not None and limit != known:
            yield OrderRepriced(perm_id, None, limit)
        if scale is not None:
            yield from self.relatives.made.begin(self._state.orders[perm_id], scale)

    def trade(
        self, order: LiveOrder, quote: Quote, liquidity: int
    ) -> Generator[AnyFact, None, bool]:
        """Let an order trade with those of other clients and with a quote; return whether it
        did."""
        began, perm_id = order.filled, order.permId
        known = self._state.orders.get
        instant = self._rules.is_instant
        meets = order.priced and not instant and self._meetings.possible(order)
        if meets:
            yield from self._meet(perm_id, self._meetings.before(order, quote))
        for _ in range(MOST_COMPONENTS if instant else 1):
            current = known(perm_id)
            fill = None if current is None else self._fills.match(current, quote, liquidity)
            if current is None or fill is None:
                break
            yield fill
            yield from self.relatives.traded(current, fill)
        current = known(perm_id)
        if meets and current is not None:
            yield from self._meet(perm_id, self._meetings.after(current, quote))
            current = known(perm_id)
        return current is None or current.filled > began

    def _meet(self, perm_id: int, others: Iterator[tuple[LiveOrder, PriceUnits]]) -> Decision:
        """Let an order trade with resting ones."""
        orders = self._state.orders
        for other, price in others:
            order = orders.get(perm_id)
            worst = None if order is None else order.worst()
            if order is None or (worst is not None and (price - worst) * order.terms.side > 0):
                return  # it has ended, or its first fill has given it a limit
            size = self._fills.allowed(order, other.remaining)
            if not size or self._fills.allowed(other, size) < size:
                continue
            fill = self._fills.at(order, size, price, None, REMOVED)
            yield fill
            met = self._fills.at(other, size, price, None, ADDED)
            yield met
            yield from self.relatives.traded(order, fill)
            yield from self.relatives.traded(other, met)

    def repeat(self, perm_id: int) -> Decision:
        """Tell an order again, where TWS does."""
        return iter((OrderRepeated(perm_id),) if self._profile.duplicate_pairs else ())

    def elect(self, perm_id: int, price: int, quote: Quote) -> Decision:
        """Elect a stop: from now on the order trades."""
        yield OrderTriggered(perm_id, price)
        order = self._state.orders[perm_id]
        if order.terms.extras.peg is not None or self._rules.routes:
            yield from self.work(perm_id, quote, repeat=False)
            return
        yield from self.trade(order, quote, REMOVED)

    def look(self, order: LiveOrder, now: Nanos, traded: LiveOrder | None = None) -> Decision:
        """Let a held order work when nothing holds it any longer; cancel an order whose conditions
        say so. ``traded`` is an order that has just filled."""
        held, special = order.held, order.terms.extras
        if held & Held.TRAVELS:
            return
        if held & Held.ROUTED and order.arrives <= now:
            yield from self._arrive(order, now)
            return
        if held & Held.LATER and special.begins <= now:
            held &= ~Held.LATER
        asked = special.cancels or held & Held.CONDITION
        if asked and not held & (Held.CHILD | Held.LATER):
            is_met = self._conditions.met(order, now, traded)
            if is_met and special.cancels:
                yield from self.relatives.cancel_by_system(order.permId)
                return
            if is_met:
                held &= ~Held.CONDITION
        idle = held or order.held or order.opens
        if special.components is not None and not idle:
            yield from self._change(order)
        elif special.algo is not None and not idle and self._algos.is_slice(order, now):
            yield from self._slice(order, now)
        elif held == Held.AUCTION and self._holds.is_auction(order, now):
            yield from self._auction(order)
        elif held != order.held:
            yield from self.release(order, held, now)

    def _change(self, order: LiveOrder) -> Decision:
        """Give a scale order the price that it has at this instant, and let it trade there."""
        limit = self.relatives.made.limit(order)
        if limit is not None and limit != order.limit and order.priced:
            yield OrderRepriced(order.permId, None, limit)
            order = self._state.orders[order.permId]
            yield from self.trade(order, self._top.look(order.terms.conId), ADDED)

    def _arrive(self, order: LiveOrder, now: Nanos) -> Decision:
        """Let an order trade that came to its exchange; one that does not wait ends there when it
        finds too little, one that may not take when it finds anything."""
        perm_id, terms, quote = order.permId, order.terms, self._top.look(order.terms.conId)
        yield OrderArrived(perm_id)
        opens, immediate = self._holds.opens(terms, now), terms.tif in IMMEDIATE
        if immediate and (opens or self._fills.in_vain(order.clientId, terms, quote)):
            if terms.tif == FOK and order.status == lifecycle.PRE_SUBMITTED:
                yield OrderEnded(perm_id, lifecycle.INACTIVE, True)
                yield from self.relatives.orphan(order)
            else:
                yield from self.relatives.cancel_by_system(perm_id)
        elif terms.extras.passive and self._fills.takes(order.clientId, terms, quote):
            yield from self.relatives.cancel_by_system(perm_id)
        elif opens:
            yield OrderSuspended(perm_id, lifecycle.PRE_SUBMITTED, "", opens)
        else:
            yield from self.work(perm_id, quote, repeat=False)

    def _slice(self, order: LiveOrder, now: Nanos) -> Decision:
        """Let the next part of an algorithmic order trade; end it with its time."""
        started = self._algos.starts(order, now)
        if started is not None:
            yield started
            order = self._state.orders[order.permId]
        yield from self.trade(order, self._top.look(order.terms.conId), REMOVED)
        if order.permId in self._state.orders and self._algos.over(order, now):
            yield from self.relatives.cancel_by_system(order.permId)

    def release(self, order: LiveOrder, held: int, now: Nanos) -> Decision:
        """Take away what held an order; let it work when ``held``, what is left, is nothing."""
        perm_id, terms = order.permId, order.terms
        opens = 0 if held else self._holds.opens(terms, now)
        waits = terms.stop is not None
        if not held and waits and not terms.stop:
            price = self._trails.market(terms)
            if price:
                yield OrderRepriced(perm_id, *self._trails.at(terms, price))
        idle = held or opens or waits
        status = lifecycle.PRE_SUBMITTED if idle else lifecycle.SUBMITTED
        if held & Held.TRAVELS:
            status = order.status
        yield OrderActivated(perm_id, held, status, why_held(terms, held))
        if opens:
            yield OrderSuspended(perm_id, lifecycle.PRE_SUBMITTED, why_held(terms), opens)
        elif not held:
            yield from self.work_or_wait(self._state.orders[perm_id], now)

    def work_or_wait(self, order: LiveOrder, now: Nanos) -> Decision:
        """Let an order that nothing holds any longer wait for its stop, or trade."""
        quote = self._top.look(order.terms.conId)
        if order.opens:
            return
        if order.waits:
            yield from self.wait(order.permId, quote, repeat=False)
        else:
            yield from self.work(order.permId, quote, repeat=False)

    def _auction(self, order: LiveOrder) -> Decision:
        """Print an order in its auction, and cancel what did not trade."""
        perm_id, terms = order.permId, order.terms
        price = self._fills.auction_price(terms)
        yield OrderActivated(perm_id, 0, lifecycle.SUBMITTED, "")
        order = self._state.orders[perm_id]
        inside = terms.limit is None or (price - terms.limit) * terms.side <= 0
        if price and terms.extras.spends:
            size = size_for(terms.extras.spends, price, self._instruments[terms.conId])
            if size and size != terms.quantity:
                yield OrderReduced(perm_id, size)
                order = self._state.orders[perm_id]
        if price and inside:
            fill = self._fills.at(order, order.remaining, price, None, REMOVED)
            yield fill
            yield from self.relatives.traded(order, fill)
        else:
            yield from self.relatives.cancel_by_system(perm_id)

    def turn(self, order: LiveOrder, now: Nanos) -> Decision:
        """Resume or suspend a working order when its exchange opens or closes."""
        if order.held or order.scripted:
            return
        opens = self._holds.opens(order.terms, now)
        if order.opens and not opens:
            yield from self.open(order)
        elif opens and not order.opens:
            why = why_held(order.terms) if order.waits else ""
            yield OrderSuspended(order.permId, lifecycle.PRE_SUBMITTED, why, opens)

    def open(self, order: LiveOrder) -> Decision:
        """Resume an order that waited for the open."""
        perm_id, quote = order.permId, self._top.look(order.terms.conId)
        if order.waits:
            yield OrderResumed(perm_id, lifecycle.PRE_SUBMITTED, why_held(order.terms))
            yield from self.wait(perm_id, quote, repeat=False)
        else:
            yield OrderResumed(perm_id, lifecycle.SUBMITTED, "")
            yield from self.work(perm_id, quote, repeat=False)
