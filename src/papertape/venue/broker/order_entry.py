"""New orders and new terms: whether they are accepted, and what they do at first.

Each method is a generator, as in ``order_manager``.
"""

from collections.abc import Iterable

import msgspec

from ..facts import (
    OrderEnded,
    OrderMoved,
    OrderPlaced,
    OrderReceived,
    OrderReplaced,
    OrderWarned,
    Terms,
)
from ..market.source import Quote
from ..reference.composition import is_combination
from ..reference.instruments import Refusal
from ..special import PLAIN, Held, Special
from ..units import Nanos
from . import lifecycle
from .algos import with_algo_of
from .changes import limit_kept, mismatch, stop_kept
from .combination_risk import effect_of_combination, legs_of, refusal_of_combination
from .holds import why_held
from .made_orders import still_made
from .order_types import DAY, DTC, FOK, GTC, IMMEDIATE
from .orders import LiveOrder
from .parts import CANCELLED, BrokerParts, Decision
from .risk import (
    Effect,
    apart,
    barred_from,
    beyond_band,
    effect_of,
    effect_together,
    refusal_of,
)
from .script import BrokerScript
from .terms import for_living, not_served
from .working import WorkingOrders

replace = msgspec.structs.replace
HELD_AGAIN = 2
"""How often the pair of an order that waits for the open is repeated, as captured; once more when a
notice comes between."""

TOO_OFTEN = "More than 100 changes a second of the prices of all scale orders together"


class OrderEntry:
    """Decides the acceptance of orders and of their new terms."""

    def __init__(self, parts: BrokerParts, working: WorkingOrders, script: BrokerScript) -> None:
        self._state = parts.state
        self._instruments = parts.instruments
        self._profile = parts.profile
        self._top = parts.top
        self._margin = parts.margin
        self._fills = parts.fills
        self._rules = parts.rules
        self._groups = parts.groups
        self._hedges = parts.hedges
        self._trails = parts.trails
        self._pegs = parts.pegs
        self._holds = parts.holds
        self._hours = parts.hours
        self._band_width = parts.profile.band_width
        self._working = working
        self._relatives = working.relatives
        self._script = script
        working.relatives.made.place = self.place

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
        if parent is not None and parent.done and terms.extras.hedge is not None:
            terms = replace(terms, quantity=self._hedges.size(terms, parent))
            if not terms.quantity:  # it ends as one whose parent fills now
                return self._discard(client_id, order_id, terms, now)
        perm_id, expires = self._state.next_perm_id, self._holds.expiry(terms, now)
        placed = OrderPlaced(
            perm_id, client_id, order_id, terms, lifecycle.SUBMITTED, "", expires, None, bound
        )
        if self._rules.travels:
            return self._send(placed, parent, now)
        return self._accept(placed, parent, now)

    def _send(self, placed: OrderPlaced, parent: LiveOrder | None, now: Nanos) -> Decision:
        """Let an order be on its way to the broker."""
        child = Held.CHILD if parent is not None and not parent.done else 0
        yield replace(
            placed, status=lifecycle.PENDING_SUBMIT, held=Held.TRAVELS | child,
            parent=0 if parent is None else parent.permId,
            arrives=now + self._rules.acknowledged(placed.permId),
        )  # fmt: skip

    def receive(self, order: LiveOrder, now: Nanos) -> Decision:
        """Let an order that was on its way come to the broker."""
        parent, expires = self._state.orders.get(order.parent), order.expires
        if not order.terms.extras.ends:
            expires = self._holds.expiry(order.terms, now)
        placed = OrderPlaced(
            order.permId, order.clientId, order.orderId, order.terms, lifecycle.SUBMITTED, "",
            expires, parent=order.parent,
        )  # fmt: skip
        for fact in self._accept(placed, parent, now):
            if isinstance(fact, OrderPlaced) and fact.permId == order.permId:
                yield OrderReceived(
                    fact.permId, fact.terms, fact.status, fact.whyHeld, fact.expires, fact.reason,
                    fact.opens, fact.held, fact.scripted,
                )  # fmt: skip
            else:
                yield fact
        if order.permId not in self._state.orders and not order.parent:
            # refused: those that came with it have nobody to wait for
            yield from self._relatives.orphan(order)

    def _accept(self, placed: OrderPlaced, parent: LiveOrder | None, now: Nanos) -> Decision:
        """Decide the acceptance of an order that is with the broker."""
        terms = placed.terms
        beyond = self._beyond_means(terms) if parent is None else None
        if beyond is None and terms.special is not None and self._groups.changes_too_often(terms):
            beyond = not_served(TOO_OFTEN)
        if beyond is not None:
            return iter((replace(placed, status=lifecycle.INACTIVE, reason=beyond),))
        if self._state.script.rules and (rule := self._script.rule_for(placed.clientId, terms)):
            return self._script.place(rule, placed, self._working.repeat)
        if terms.special is None:
            return self._begin(placed, now)
        return self._accept_special(placed, terms.special, parent, now)

    def _accept_special(
        self, placed: OrderPlaced, special: Special, parent: LiveOrder | None, now: Nanos
    ) -> Decision:
        """Accept an order with special terms, which may hold it."""
        terms, algo = placed.terms, special.algo
        for code in special.ignores:
            yield OrderWarned(placed.clientId, placed.orderId, Refusal(code))
        if algo is not None and algo.later:  # twice, as captured
            notice = OrderWarned(placed.clientId, placed.orderId, self._holds.next_day(terms))
            yield from (notice, notice)
        held = self._holds.reasons(terms, parent, now)
        above = placed.parent if parent is None else parent.permId
        if held:
            waiting = replace(
                placed, status=lifecycle.PRE_SUBMITTED, whyHeld=why_held(terms, held), held=held,
                parent=above,
            )  # fmt: skip
            by_itself = not held & ~(Held.CONDITION | Held.LATER)
            closed = self._holds.opens(terms, now) if by_itself and self._hours.exchange else 0
            yield from self._hold(waiting, closed, again=HELD_AGAIN if closed else 1)
            return
        yield from self._begin(replace(placed, parent=above) if above else placed, now)

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
        all are its children. Those of a parent that is refused are cancelled: they would open what
        they were to close.
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
            if parent is None:
                yield from self._discard(client_id, order_id, terms, now)
            else:
                yield from self.place(client_id, order_id, terms, now, parent=parent)
        yield from opening

    def _discard(self, client_id: int, order_id: int, terms: Terms, now: Nanos) -> Decision:
        """Take the child of a parent that was refused, and cancel it at once."""
        perm_id, expires = self._state.next_perm_id, self._holds.expiry(terms, now)
        status = lifecycle.PENDING_CANCEL
        yield OrderPlaced(perm_id, client_id, order_id, terms, status, "", expires)
        yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)

    def _begin(self, placed: OrderPlaced, now: Nanos) -> Decision:
        """Accept an order that nothing holds: it waits for the open or its stop, or trades."""
        perm_id, terms = placed.permId, placed.terms
        if terms.special is not None:
            terms = self._pegs.with_start(self._trails.with_stop(terms))
            placed = replace(placed, terms=terms)
        quote = self._top.look(terms.conId)
        closed = self._holds.opens(terms, now) if self._hours.exchange else 0
        limit, tif, stop, special = terms.limit, terms.tif, terms.stop, terms.special or PLAIN
        notice = self._band(terms, quote) if stop is None and limit is not None else None
        takes, in_vain, immediate = self._fills.takes, self._fills.in_vain, tif in IMMEDIATE
        now_there = not self._rules.routes
        if notice is not None:
            yield from self._beyond_band(placed, notice)
        elif closed and not immediate:
            held = lifecycle.PRE_SUBMITTED
            waiting = replace(placed, status=held, whyHeld=why_held(terms), opens=closed)
            yield from self._hold(waiting, closed)
        elif stop is not None:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED, whyHeld=why_held(terms))
            yield from self._working.wait(perm_id, quote)
        elif special.peg is not None:
            priced = self._pegs.price(terms, special.peg) is not None
            yield placed if priced else replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield from self._working.work(perm_id, quote, repeat=True)
        elif now_there and special.passive and takes(placed.clientId, terms, quote):
            yield placed
            yield from self._relatives.cancel_by_system(perm_id)
        elif now_there and immediate and (closed or in_vain(placed.clientId, terms, quote)):
            if tif == FOK:
                yield replace(placed, status=lifecycle.INACTIVE)
                return
            yield replace(placed, status=lifecycle.PENDING_CANCEL)
            yield OrderEnded(perm_id, lifecycle.CANCELLED, True, CANCELLED)
        elif tif == GTC and limit is not None and not special.legged:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield OrderMoved(perm_id, lifecycle.SUBMITTED)
            yield from self._working.work(perm_id, quote, repeat=False)
        else:
            legged = terms.special is not None and special.legged
            starts_held = legged or (limit is None and terms.side > 0)
            starts_held = starts_held or (immediate and not now_there)
            yield replace(placed, status=lifecycle.PRE_SUBMITTED) if starts_held else placed
            yield from self._working.work(perm_id, quote, repeat=not legged)

    def _beyond_band(self, placed: OrderPlaced, notice: Refusal) -> Decision:
        """End a new order whose limit is beyond the band; one that had to fill at once ends as if
        nobody had traded with it, as captured."""
        if placed.terms.tif == FOK:
            yield replace(placed, status=lifecycle.INACTIVE)
        elif placed.terms.tif in IMMEDIATE:
            yield replace(placed, status=lifecycle.PENDING_CANCEL)
            yield OrderEnded(placed.permId, lifecycle.CANCELLED, True, notice)
        else:
            yield replace(placed, status=lifecycle.PRE_SUBMITTED)
            yield from self._relatives.cancel_by_system(placed.permId, notice)

    def _hold(self, placed: OrderPlaced, opens: Nanos, again: int = HELD_AGAIN) -> Decision:
        """Let an order wait: its pairs and, for a day order that would not be placed before the
        exchange opens at ``opens``, the notice. One that begins later has none, as captured."""
        terms = placed.terms
        warned: list[OrderWarned] = []
        if opens and terms.tif in (DAY, DTC) and not placed.held & Held.LATER:
            notice = self._holds.until_open(terms, opens)
            warned = [OrderWarned(placed.clientId, placed.orderId, notice)]
        if terms.stop is not None:
            yield from warned
            yield placed
        else:
            yield placed
            yield from warned
            again += len(warned)
        for _ in range(again):
            yield from self._working.repeat(placed.permId)

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
        if order.made:
            terms = still_made(order, terms)
        if order.held & (Held.TRAVELS | Held.ROUTED):
            return Refusal(2102)
        refusal = mismatch(order, terms)
        if refusal is not None:
            return refusal
        terms = with_algo_of(order, terms)
        if terms.quantity and terms.quantity <= order.filled:
            return self._relatives.cancel(order)
        if self._groups.changes_too_often(terms, order.permId):
            return for_living(not_served(TOO_OFTEN))
        beyond = self._beyond_means(terms) if terms.quantity > order.terms.quantity else None
        return beyond or self._replace(order, terms, now)

    def _replace(self, order: LiveOrder, terms: Terms, now: Nanos) -> Decision:
        perm_id, expires = order.permId, self._holds.expiry(terms, now)
        held = order.held & Held.CHILD
        if terms.special is not None:
            held |= self._holds.reasons(terms, None, now)
            if terms.special.conditions == order.terms.extras.conditions:
                held &= ~Held.CONDITION | order.held  # those that were met stay met
            if not held:
                terms = self._trails.with_stop(terms)
        opens = 0 if held else self._holds.opens(terms, now)
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
            yield from self._working.repeat(perm_id)
        elif order.held:
            yield from self._working.work_or_wait(self._state.orders[perm_id], now)
        elif notice is not None:
            yield from self._relatives.cancel_by_system(perm_id, notice)
        elif opens:
            yield from self._working.repeat(perm_id)
        elif order.opens:
            yield from self._working.open(self._state.orders[perm_id])
        elif order.waits:
            yield from self._working.wait(perm_id, quote)
        else:
            yield from self._working.work(perm_id, quote, repeat=True)

    def preview(self, terms: Terms) -> Effect | Refusal:
        """Return the effect of an order on its account, for a what-if: whether the account can
        carry it is for who asks to see. What it may not trade at all is refused."""
        accounts = self._state.accounts
        for one in apart(terms) if self._profile.margin_check else ():
            legs = legs_of(one, self._instruments) if is_combination(one.conId) else (one,)
            for leg in legs:
                barred = barred_from(accounts[one.account], self._instruments[leg.conId])
                if barred is not None:
                    return barred
        if terms.shares:
            return effect_together(self._margin, accounts, terms, self._instruments)
        effect = effect_of_combination if is_combination(terms.conId) else effect_of
        return effect(self._margin, accounts[terms.account], terms, self._instruments)

    def _band(self, terms: Terms, quote: Quote) -> Refusal | None:
        if not self._profile.price_band:
            return None
        return beyond_band(terms, quote, self._instruments, self._band_width)

    def _beyond_means(self, terms: Terms) -> Refusal | None:
        """Return why the account cannot carry an order; None when it can."""
        if not self._profile.margin_check:
            return None
        if terms.special is None and not terms.shares:  # of nearly all orders
            account = self._state.accounts[terms.account]
            return refusal_of(self._margin, account, terms, self._instruments)
        refuses = refusal_of_combination if is_combination(terms.conId) else refusal_of
        for one in apart(terms):
            account = self._state.accounts[one.account]
            refusal = refuses(self._margin, account, one, self._instruments)
            if refusal is not None:
                return refusal
        return None
