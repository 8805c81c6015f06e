"""The broker's part of an order: decides its acceptance, fills, changes and end, fact by fact.

Each method is a generator: it reads the state, yields a fact, and continues when that fact has
been folded. It changes nothing itself. Its arguments have passed the checks of ``terms``.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from ..exchange.exchange import Exchange
from ..exchange.matching import ConsumedLiquidity
from ..exchange.top_of_book import TopOfBook
from ..exchange.triggers import BY_PRINT, DOUBLE, elects, of_quote
from ..facts import (
    AnyFact,
    CombinationFilled,
    OrderActivated,
    OrderAdjusted,
    OrderEnded,
    OrderFilled,
    OrderMoved,
    OrderPlaced,
    OrderReduced,
    OrderRepeated,
    OrderReplaced,
    OrderRepriced,
    OrderResumed,
    OrderSuspended,
    OrderTouched,
    OrderTriggered,
    OrderWarned,
    Terms,
)
from ..market.source import Print, Quote
from ..reference.composition import is_combination
from ..reference.instruments import Instruments, Refusal
from ..reference.sessions import TradingHours
from ..script import Script
from ..special import Adjustment, Held
from ..units import SIZE_SCALE, Nanos, PriceUnits, SizeUnits, share
from . import lifecycle
from .algos import Algos, with_algo_of
from .changes import limit_kept, mismatch, stop_kept
from .combination_risk import effect_of_combination, refusal_of_combination
from .conditions import Conditions
from .fills import Fills
from .groups import Groups
from .hedges import Hedges
from .holds import Holds, why_held
from .ledger import Account
from .order_types import DAY, FOK, GTC, IMMEDIATE, ORDER_TYPES
from .orders import ADDED, REMOVED, LiveOrder
from .pegging import Pegs
from .price_terms import adjusted_text
from .profile import Profile
from .risk import Effect, apart, beyond_band, effect_of, refusal_of, together
from .running_margin import RunningMargin
from .scales import component_limit
from .script import BrokerScript
from .trailing import Trails

replace = msgspec.structs.replace
Decision = Iterator[AnyFact]
CANCELLED = Refusal(202, {"reason": ""})
HELD_AGAIN = 2
"""How often the pair of an order that waits for the open is repeated, as captured; once more when a
notice comes between."""


class BrokerState(Protocol):
    """The part of the state that the broker reads."""

    next_perm_id: int
    next_execution: int
    day_end: Nanos
    accounts: dict[str, Account]
    orders: dict[int, LiveOrder]
    consumed: dict[int, ConsumedLiquidity]
    script: Script


class OrderManager:
    """Decides the acceptance, fills, modifications and end of orders."""

    def __init__(
        self,
        state: BrokerState,
        instruments: Instruments,
        profile: Profile,
        exchange: Exchange,
        top: TopOfBook,
        hours: TradingHours,
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._profile = profile
        self._exchange = exchange
        self._top = top
        self._band_width = profile.band_width
        self._hours = hours
        self.margin = RunningMargin(instruments, top)
        self.groups = Groups()
        self.hedges = Hedges(instruments, top)
        self.algos = Algos(state, top, hours)
        self.fills = Fills(state, instruments, top, self.algos, self.margin)
        self.trails = Trails(instruments, top)
        self.pegs = Pegs(instruments, top)
        self.conditions = Conditions(state, instruments, top, hours, self.margin)
        self.holds = Holds(
            state, instruments, hours, self.conditions, self.pegs, self.algos,
            self.fills.combinations,
        )  # fmt: skip
        self.script = BrokerScript(
            state, instruments, top, self.fills, self.margin, self._traded, self._system_cancel,
            self._orphan,
        )  # fmt: skip

    # -- acceptance ---------------------------------------------------------------------------

    def place(
        self,
        client_id: int,
        order_id: int,
        terms: Terms,
        now: Nanos,
        *,
        bound: bool = False,
        parent: LiveOrder | None = None,
    ) -> Decision:
        """Place an order: it is rejected, cancelled immediately, or working, with its fills."""
        if terms.extras.hedge is not None and parent is not None and parent.done:
            terms = replace(terms, quantity=self.hedges.size(terms, parent))
        perm_id, expires = self._state.next_perm_id, self.holds.expiry(terms, now)
        placed = OrderPlaced(
            perm_id, client_id, order_id, terms, lifecycle.SUBMITTED, "", expires, None, bound
        )
        beyond = self._beyond_means(terms) if parent is None else None
        if beyond is not None:
            yield replace(placed, status=lifecycle.INACTIVE, reason=beyond)
            return
        if rule := self.script.rule_for(client_id, terms):
            yield from self.script.place(rule, placed, self._repeat)
            return
        if terms.special is not None:
            algo = terms.special.algo
            if algo is not None and algo.later:  # twice, as captured
                notice = OrderWarned(client_id, order_id, self.holds.next_day(terms))
                yield from (notice, notice)
            held = self.holds.reasons(terms, parent, now)
            placed = replace(placed, held=held, parent=0 if parent is None else parent.permId)
            if held:
                yield replace(placed, status=lifecycle.PRE_SUBMITTED, whyHeld=why_held(terms, held))
                yield from self._repeat(perm_id)
                return
        yield from self._begin(placed, now)

    def place_family(
        self,
        client_id: int,
        family: Iterable[tuple[int, Terms]],
        now: Nanos,
        *,
        parent: LiveOrder | None = None,
    ) -> Decision:
        """Place a parent and its children: they are accepted one by one before the parent trades.

        ``family`` has order ids and terms, the parent first, unless that is placed already: then
        all are its children.
        """
        members = list(family)
        if parent is not None:
            for order_id, terms in members:
                yield from self.place(client_id, order_id, terms, now, parent=parent)
            return
        (parent_id, parent_terms), *children = members
        perm_id = self._state.next_perm_id
        opening = self.place(client_id, parent_id, parent_terms, now)
        for fact in opening:
            yield fact
            if isinstance(fact, OrderPlaced):
                break
        parent = self._state.orders.get(perm_id)
        for order_id, terms in children:
            yield from self.place(client_id, order_id, terms, now, parent=parent)
        yield from opening

    def _begin(self, placed: OrderPlaced, now: Nanos) -> Decision:
        """Accept an order that nothing holds: it waits for the open or its stop, or trades."""
        perm_id, terms = placed.permId, self.pegs.with_start(self.trails.with_stop(placed.terms))
        placed = replace(placed, terms=terms)
        quote, closed = self._top.look(terms.conId), self.holds.opens(terms, now)
        limit, tif, stop, peg = terms.limit, terms.tif, terms.stop, terms.extras.peg
        notice = self._band(terms, quote) if stop is None else None
        if notice is not None:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield from self._system_cancel(perm_id, notice)
        elif closed and tif not in IMMEDIATE:
            held = lifecycle.PRE_SUBMITTED
            yield from self._hold(
                replace(placed, status=held, whyHeld=why_held(terms), opens=closed)
            )
        elif stop is not None:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED, whyHeld=why_held(terms))
            yield from self._wait(perm_id, quote)
        elif peg is not None:
            priced = self.pegs.price(terms, peg) is not None
            yield placed if priced else replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield from self._work(perm_id, quote, repeat=True)
        elif terms.extras.passive and self.fills.takes(terms, limit, quote):
            yield placed
            yield from self._system_cancel(perm_id)
        elif tif in IMMEDIATE and (closed or self.fills.in_vain(terms, quote)):
            if tif == FOK:
                yield replace(placed, status=lifecycle.INACTIVE)
                return
            yield replace(placed, status=lifecycle.PENDING_CANCEL)
            yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)
        elif tif == GTC and limit is not None and not terms.extras.legged:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield OrderMoved(perm_id, lifecycle.SUBMITTED)
            yield from self._work(perm_id, quote, repeat=False)
        else:
            legged = terms.special is not None and terms.special.legged
            starts_held = legged or (limit is None and terms.side > 0)
            yield replace(placed, status=lifecycle.PRE_SUBMITTED) if starts_held else placed
            yield from self._work(perm_id, quote, repeat=not legged)

    def _wait(self, perm_id: int, quote: Quote, *, repeat: bool = True) -> Decision:
        """Let a stop wait, unless the market has reached it already."""
        order = self._state.orders[perm_id]
        terms, stop = order.terms, order.stop
        last = self._top.last(terms.conId)
        price = stop and elects(terms.trigger, terms.direction, stop, last=last, quote=quote)
        if price and terms.trigger not in DOUBLE:
            yield from self._elect(perm_id, price, quote)
            return
        if price and not order.touched:
            yield OrderTouched(perm_id, True)
        if repeat:
            yield from self._repeat(perm_id)

    def _work(self, perm_id: int, quote: Quote, *, repeat: bool) -> Decision:
        """Fill the order against the quote, then rest or cancel the remainder."""
        order = self._state.orders[perm_id]
        began = self.algos.began(order, self._top.now) if order.terms.special is not None else None
        if began is not None:
            yield began
            order = self._state.orders[perm_id]
        limit = self.pegs.limit(order) if order.terms.special is not None else None
        known = order.movedLimit
        if limit is None and order.terms.special is not None:
            limit, known = component_limit(order.terms, order.filled), order.limit
        if limit is not None and limit != known:
            yield OrderRepriced(perm_id, None, limit)
            order = self._state.orders[perm_id]
        fill = self.fills.match(order, quote, REMOVED)
        if fill is not None:
            yield fill
            yield from self._traded(order, fill)
        if order.terms.tif in IMMEDIATE:
            if perm_id in self._state.orders:
                yield from self._system_cancel(perm_id)
        elif fill is None and repeat and (order.limit is not None or not order.priced):
            yield from self._repeat(perm_id)

    def _repeat(self, perm_id: int) -> Decision:
        if self._profile.duplicate_pairs:
            yield OrderRepeated(perm_id)

    def touch(self, con_id: int, side: int) -> PriceUnits:
        """Return the price at which a market order of that side would trade; 0 for none."""
        quote = self._top.look(con_id)
        return quote.ask if side > 0 else quote.bid

    def preview(self, terms: Terms) -> Effect:
        """Return the effect of an order on its account, for a what-if."""
        parts = apart(terms)
        if len(parts) == 1:
            account = self._state.accounts[terms.account]
            effect = effect_of_combination if is_combination(terms.conId) else effect_of
            return effect(self.margin, account, terms, self._instruments)
        accounts, base = self._state.accounts, self._state.accounts[terms.account].currency
        return together(
            [effect_of(self.margin, accounts[one.account], one, self._instruments)
             for one in parts], self.margin, base,
        )  # fmt: skip

    # -- new terms ----------------------------------------------------------------------------

    def replace(self, order: LiveOrder, terms: Terms, now: Nanos) -> Decision | Refusal:
        """Give a working order new terms, or return why it cannot have them."""
        if terms.extras.hedge is not None:  # its size is its parent's matter
            terms = replace(terms, quantity=order.terms.quantity)
        special = terms.special
        if special is not None and order.parent and special.oca == str(order.parent):
            # a child is shown in a group with the number of its parent
            special = replace(
                special, oca=order.terms.extras.oca, ocaType=order.terms.extras.ocaType
            )
            terms = replace(terms, special=special)
        refusal = mismatch(order, terms)
        if refusal is not None:
            return refusal
        terms = with_algo_of(order, terms)
        if terms.quantity and terms.quantity <= order.filled:
            return self.cancel(order)
        beyond = self._beyond_means(terms) if terms.quantity > order.terms.quantity else None
        return beyond or self._replace(order, terms, now)

    def _replace(self, order: LiveOrder, terms: Terms, now: Nanos) -> Decision:
        perm_id, expires = order.permId, self.holds.expiry(terms, now)
        held: int = order.held & Held.CHILD
        if terms.special is not None:
            held |= self.holds.reasons(terms, None, now)
            if terms.special.conditions == order.terms.extras.conditions:
                held &= ~Held.CONDITION | order.held  # those that were met stay met
            if not held:
                terms = self.trails.with_stop(terms)
        opens = 0 if held else self.holds.opens(terms, now)
        status, why = order.status, order.whyHeld
        if opens or held:
            status = lifecycle.PRE_SUBMITTED
        elif order.held and terms.stop is None:
            status = lifecycle.SUBMITTED
        if held or order.held:
            why = why_held(terms, held)
        yield OrderReplaced(
            perm_id, terms, status, why, expires, opens, held, stop_kept(order, terms),
            limit_kept(order, terms),
        )  # fmt: skip
        quote = self._top.look(terms.conId)
        notice = None if order.waits or held else self._band(terms, quote)
        if held:
            yield from self._repeat(perm_id)
        elif order.held:
            yield from self._work_or_wait(self._state.orders[perm_id], now)
        elif notice is not None:
            yield from self._system_cancel(perm_id, notice)
        elif opens:
            yield from self._repeat(perm_id)
        elif order.opens:
            yield from self._open(self._state.orders[perm_id])
        elif order.waits:
            yield from self._wait(perm_id, quote)
        else:
            yield from self._work(perm_id, quote, repeat=True)

    # -- the exchange opens and closes ----------------------------------------------------------

    def _hold(self, placed: OrderPlaced) -> Decision:
        """Let an order wait for the open: its pairs and, for a day order, the notice."""
        terms, again = placed.terms, HELD_AGAIN
        warned: list[OrderWarned] = []
        if terms.tif == DAY:
            notice = self.holds.until_open(terms, placed.opens)
            warned = [OrderWarned(placed.clientId, placed.orderId, notice)]
        if terms.stop is not None:
            yield from warned
            yield placed
        else:
            yield placed
            yield from warned
            again += len(warned)
        for _ in range(again):
            yield from self._repeat(placed.permId)

    def turn(self, order: LiveOrder, now: Nanos) -> Decision:
        """Resume or suspend a working order when its exchange opens or closes."""
        if order.held or order.scripted:
            return
        opens = self.holds.opens(order.terms, now)
        if order.opens and not opens:
            yield from self._open(order)
        elif opens and not order.opens:
            why = why_held(order.terms) if order.waits else ""
            yield OrderSuspended(order.permId, lifecycle.PRE_SUBMITTED, why, opens)

    def _open(self, order: LiveOrder) -> Decision:
        """Resume an order that waited for the open."""
        perm_id, quote = order.permId, self._top.look(order.terms.conId)
        if order.waits:
            yield OrderResumed(perm_id, lifecycle.PRE_SUBMITTED, why_held(order.terms))
            yield from self._wait(perm_id, quote, repeat=False)
        else:
            yield OrderResumed(perm_id, lifecycle.SUBMITTED, "")
            yield from self._work(perm_id, quote, repeat=False)

    # -- the market moves ---------------------------------------------------------------------

    def observe(self, tick: Quote | Print, now: Nanos) -> Decision:
        """Elect the stops and fill the orders that a new quote or a print reaches."""
        elected = self._exchange.elected(tick)
        if isinstance(tick, Quote):
            for perm_id in self._exchange.reached(tick):
                order = self._state.orders.get(perm_id)
                if order is not None:
                    liquidity = REMOVED if order.terms.limit is None else ADDED
                    fill = self.fills.match(order, tick, liquidity)
                    if fill is not None:
                        yield fill
                        yield from self._traded(order, fill)
        for perm_id in elected:
            order = self._state.orders.get(perm_id)
            if order is None:
                continue
            if order.terms.trigger in DOUBLE and not order.touched:
                yield OrderTouched(perm_id, True)
            else:
                price = tick.price if isinstance(tick, Print) else self._elector(perm_id, tick)
                yield from self._elect(perm_id, price, self._top.look(tick.conId))
        for perm_id in self._exchange.following(tick):
            yield from self._trail(perm_id, tick)
        for perm_id in self._exchange.watching(tick.conId):
            order = self._state.orders.get(perm_id)
            if order is not None:
                yield from self._notice(order, tick, now)

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
        stop, limit = self.trails.at(terms, _price_of(tick, terms))
        if order.stop is not None and (not order.stop or (stop - order.stop) * terms.side < 0):
            yield OrderRepriced(perm_id, stop, limit)

    def _notice(self, order: LiveOrder, tick: Quote | Print, now: Nanos) -> Decision:
        """Look at an order that depends on every tick of an instrument."""
        perm_id, special = order.permId, order.terms.extras
        if order.touched and not self._reaches(order, tick):
            yield OrderTouched(perm_id, False)
        yield from self.look(order, now)
        if perm_id not in self._state.orders or order.held or order.opens:
            return
        if order.waits and not order.stop:
            price = self.trails.market(order.terms)
            if price:
                yield OrderRepriced(perm_id, *self.trails.at(order.terms, price))
        elif order.waits and special.adjustment is not None:
            yield from self._adjust(order, special.adjustment, tick)
        elif special.peg is not None and not order.waits:
            yield from self._follow_peg(order)
        elif special.combo is not None:
            yield from self._trade(self._state.orders[perm_id])

    def _trade(self, order: LiveOrder) -> Decision:
        """Let a resting combination trade where the quotes of its legs allow it."""
        fill = self.fills.match(order, self._top.look(order.terms.conId), ADDED)
        if fill is not None:
            yield fill
            yield from self._traded(order, fill)

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
        perm_id, limit = order.permId, self.pegs.limit(order)
        if limit is None or limit == order.movedLimit:
            return
        yield OrderRepriced(perm_id, None, limit)
        if order.status == lifecycle.PRE_SUBMITTED:
            yield OrderMoved(perm_id, lifecycle.SUBMITTED)
        order = self._state.orders[perm_id]
        fill = self.fills.match(order, self._top.look(order.terms.conId), ADDED)
        if fill is not None:
            yield fill
            yield from self._traded(order, fill)

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
        yield OrderAdjusted(order.permId, self.trails.with_stop(adjusted))

    # -- what holds an order --------------------------------------------------------------------

    def look(self, order: LiveOrder, now: Nanos, traded: LiveOrder | None = None) -> Decision:
        """Let a held order work when nothing holds it any longer; cancel an order whose conditions
        say so. ``traded`` is an order that has just filled."""
        held, special = order.held, order.terms.extras
        if held & Held.LATER and special.begins <= now:
            held &= ~Held.LATER
        asked = special.cancels or held & Held.CONDITION
        if asked and not held & (Held.CHILD | Held.LATER):
            is_met = self.conditions.met(order, now, traded)
            if is_met and special.cancels:
                yield from self._system_cancel(order.permId)
                return
            if is_met:
                held &= ~Held.CONDITION
        idle = held or order.held or order.opens
        if special.algo is not None and not idle and self.algos.is_slice(order, now):
            yield from self._slice(order, now)
        elif held == Held.AUCTION and self.holds.is_auction(order, now):
            yield from self._auction(order)
        elif held != order.held:
            yield from self._release(order, held, now)

    def _slice(self, order: LiveOrder, now: Nanos) -> Decision:
        """Let the next part of an algorithmic order trade; end it with its time."""
        fill = self.fills.match(order, self._top.look(order.terms.conId), REMOVED)
        if fill is not None:
            yield fill
            yield from self._traded(order, fill)
        if order.permId in self._state.orders and self.algos.over(order, now):
            yield from self._system_cancel(order.permId)

    def _release(self, order: LiveOrder, held: int, now: Nanos) -> Decision:
        """Take away what held an order; let it work when ``held``, what is left, is nothing."""
        perm_id, terms = order.permId, order.terms
        opens = 0 if held else self.holds.opens(terms, now)
        waits = terms.stop is not None
        if not held and waits and not terms.stop:
            price = self.trails.market(terms)
            if price:
                yield OrderRepriced(perm_id, *self.trails.at(terms, price))
        idle = held or opens or waits
        status = lifecycle.PRE_SUBMITTED if idle else lifecycle.SUBMITTED
        yield OrderActivated(perm_id, held, status, why_held(terms, held))
        if opens:
            yield OrderSuspended(perm_id, lifecycle.PRE_SUBMITTED, why_held(terms), opens)
        elif not held:
            yield from self._work_or_wait(self._state.orders[perm_id], now)

    def _work_or_wait(self, order: LiveOrder, now: Nanos) -> Decision:
        """Let an order that nothing holds any longer wait for its stop, or trade."""
        quote = self._top.look(order.terms.conId)
        if order.opens:
            return
        if order.waits:
            yield from self._wait(order.permId, quote, repeat=False)
        else:
            yield from self._work(order.permId, quote, repeat=False)

    # -- auctions -------------------------------------------------------------------------------

    def _auction(self, order: LiveOrder) -> Decision:
        """Print an order in its auction, and cancel what did not trade."""
        perm_id, terms = order.permId, order.terms
        price = self.fills.auction_price(terms)
        yield OrderActivated(perm_id, 0, lifecycle.SUBMITTED, "")
        order = self._state.orders[perm_id]
        inside = terms.limit is None or (price - terms.limit) * terms.side <= 0
        if price and inside:
            fill = self.fills.at(order, order.remaining, price, None, REMOVED)
            yield fill
            yield from self._traded(order, fill)
        else:
            yield from self._system_cancel(perm_id)

    # -- relatives ------------------------------------------------------------------------------

    def _traded(self, order: LiveOrder, fill: OrderFilled | CombinationFilled) -> Decision:
        """Let a fill act on the other orders of a group, and on the children of an order; ``order``
        is as it was before the fill."""
        terms, filled = order.terms, fill.status == lifecycle.FILLED
        if terms.shares and isinstance(fill, OrderFilled):
            yield from self.fills.parts(order, fill)
        if order.limit is None and not filled and _remains(terms):
            yield OrderRepriced(order.permId, None, fill.price)
        now = self._top.now
        limit = component_limit(terms, order.filled + fill.size) if terms.special else None
        if limit is not None and limit != order.limit and not filled:
            yield OrderRepriced(order.permId, None, limit)
        for perm_id in self.groups.waiting():
            other = self._state.orders.get(perm_id)
            if other is not None and perm_id != order.permId:
                yield from self.look(other, now, order)
        if not self.groups.touched_by(order):
            return
        if terms.special is not None:
            for perm_id in self.groups.siblings(order):
                other = self._state.orders.get(perm_id)
                hedges = order.terms.extras.hedge or (other and other.terms.extras.hedge)
                if other is not None and not hedges:
                    yield from self._yield_to(other, order, fill)
        if filled:
            for perm_id in self.groups.children(order.permId):
                child = self._state.orders.get(perm_id)
                if child is not None and child.held & Held.CHILD:
                    yield from self._free(child, now, _after(order, fill))

    def _free(self, child: LiveOrder, now: Nanos, parent: LiveOrder) -> Decision:
        """Let a child work when its parent has filled; a hedge gets its size."""
        if child.terms.extras.hedge is not None:
            size = self.hedges.size(child.terms, parent)
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
        if left > 0:
            yield OrderReduced(other.permId, other.filled + left)
        else:
            yield OrderEnded(other.permId, lifecycle.CANCELLED, True, CANCELLED)
            yield from self._orphan(other)

    def _orphan(self, order: LiveOrder) -> Decision:
        """End the children of an order that ended; where it filled in part, they protect that
        part."""
        for perm_id in self.groups.children(order.permId):
            child = self._state.orders.get(perm_id)
            if child is None or not child.held & Held.CHILD:
                continue
            if child.terms.extras.hedge is not None and order.filled:
                yield from self._free(child, self._top.now, order)
                continue
            size = _whole(share(child.terms.quantity, order.filled, order.terms.quantity), child)
            if size:
                if size < child.terms.quantity:
                    yield OrderReduced(perm_id, size)
                child = self._state.orders[perm_id]
                yield from self._release(child, child.held & ~Held.CHILD, self._top.now)
            else:
                yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)
                yield from self._orphan(child)

    def _given_up(self, order: LiveOrder) -> Decision:
        """End the relatives of an order that its trader cancelled."""
        if not self.groups.touched_by(order):
            return
        yield from self._orphan(order)
        for perm_id in self.groups.siblings(order):
            other = self._state.orders.get(perm_id)
            if other is not None:
                yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)
                yield from self._orphan(other)
        parent = self._state.orders.get(order.parent)
        if parent is not None and order.terms.extras.cancelsParent:
            yield from self.cancel(parent)

    def _elect(self, perm_id: int, price: int, quote: Quote) -> Decision:
        """Elect a stop: from now on the order trades."""
        yield OrderTriggered(perm_id, price)
        order = self._state.orders[perm_id]
        if order.terms.extras.peg is not None:
            yield from self._work(perm_id, quote, repeat=False)
            return
        fill = self.fills.match(order, quote, REMOVED)
        if fill is not None:
            yield fill
            yield from self._traded(order, fill)

    # -- the end ------------------------------------------------------------------------------

    def cancel(self, order: LiveOrder) -> Decision:
        """Cancel the remainder of an order for its trader; PendingCancel comes first while a
        non-stop order waits for the open."""
        if order.opens and not order.waits:
            yield OrderMoved(order.permId, lifecycle.PENDING_CANCEL)
            yield from self._repeat(order.permId)
        yield OrderEnded(order.permId, lifecycle.CANCELLED, False, CANCELLED)
        yield from self._given_up(order)

    def expire(self, order: LiveOrder) -> Decision:
        """Expire an order."""
        yield OrderEnded(order.permId, lifecycle.CANCELLED, True, CANCELLED)
        yield from self._orphan(order)

    def _system_cancel(self, perm_id: int, notice: Refusal = CANCELLED) -> Decision:
        order = self._state.orders[perm_id]
        yield OrderMoved(perm_id, lifecycle.PENDING_CANCEL)
        yield OrderEnded(perm_id, lifecycle.CANCELLED, True, notice)
        yield from self._orphan(order)

    # -- rules ----------------------------------------------------------------------------------

    def _band(self, terms: Terms, quote: Quote) -> Refusal | None:
        if not self._profile.price_band or terms.limit is None:
            return None
        scale = self._instruments[terms.conId].scale
        return beyond_band(terms, quote, scale, self._band_width)

    def _beyond_means(self, terms: Terms) -> Refusal | None:
        """Return why the account cannot carry an order; None when it can."""
        if not self._profile.margin_check:
            return None
        refuses = refusal_of_combination if is_combination(terms.conId) else refusal_of
        for one in apart(terms):
            account = self._state.accounts[one.account]
            refusal = refuses(self.margin, account, one, self._instruments)
            if refusal is not None:
                return refusal
        return None


def _after(order: LiveOrder, fill: OrderFilled | CombinationFilled) -> LiveOrder:
    """Return an order as it is after its last fill, when it works no longer."""
    return replace(
        order, filled=order.filled + fill.size, value=order.value + fill.value, lastPrice=fill.price
    )


def _price_of(tick: Quote | Print, terms: Terms) -> PriceUnits:
    """Return the price of a tick that the trigger method of an order looks at; 0 for none."""
    if isinstance(tick, Print):
        return tick.price
    up, down = of_quote(terms.trigger, tick)
    return up if terms.side > 0 else down


def _remains(terms: Terms) -> bool:
    """Return whether what is left of an order rests at the price of its first fill."""
    return terms.extras.combo is None and ORDER_TYPES[terms.orderType].remains


def _whole(size: SizeUnits, order: LiveOrder) -> SizeUnits:
    """Return a part of an order's size, in whole shares where the order has no others."""
    return size if order.terms.quantity % SIZE_SCALE else size - size % SIZE_SCALE
