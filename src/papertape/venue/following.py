"""What is derived from a working order: its place in the books, and its alarms.

Both are built again from the state after a start, so nothing here is kept.
"""

from typing import Final

from .agenda import Agenda, Alarm
from .broker.lifecycle import WORKING
from .broker.order_manager import OrderManager
from .broker.orders import LiveOrder
from .exchange.exchange import Exchange
from .reference.sessions import TradingHours
from .state import State
from .units import Nanos

SPARE_ALARMS: Final = 1000
"""Alarms of orders that are over, before the agenda is cleared of them."""


class OrderFollower:
    """Lets the books and the agenda follow the orders."""

    def __init__(
        self,
        state: State,
        exchange: Exchange,
        broker: OrderManager,
        hours: TradingHours,
        agenda: Agenda,
    ) -> None:
        self._state = state
        self._exchange = exchange
        self._broker = broker
        self._hours = hours
        self._agenda = agenda
        self._watched: dict[int, tuple[int, ...]] = {}
        """permId -> the instruments whose every tick the order is looked at with."""
        self._conditional: dict[int, tuple[int, ...]] = {}
        """permId of an order with conditions that ticks may meet -> the instruments of those that
        it waits for."""

    def follow(self, order: LiveOrder) -> None:
        """Let the books hold an order as it is now."""
        terms, special = order.terms, order.terms.special
        con_id, perm_id = terms.conId, order.permId
        combined = special is not None and special.combo is not None
        unpriced = order.scripted or (special is not None and not order.priced)
        if (
            order.status not in WORKING or order.opens or order.held or unpriced or terms.exercise
        ):  # fmt: skip
            self._exchange.leave(con_id, perm_id)
        elif combined:
            pass  # it trades in the books of its legs
        elif terms.stop is not None and not order.triggered:
            assert order.stop is not None
            self._exchange.wait(con_id, perm_id, terms.direction, order.stop, terms.trigger)
            price = self._broker.trails.follows(order)
            if price:
                self._exchange.follow(con_id, perm_id, terms.side, price, terms.trigger)
        else:
            self._exchange.rest(con_id, perm_id, terms.side, order.worst())
        follows = perm_id in self._watched or perm_id in self._conditional
        if special is not None or order.touched or follows:
            self._watch(order)

    def watch_again(self, con_id: int) -> None:
        """Let the orders wait for what they lack now, whose conditions a tick of an instrument has
        not met all."""
        if not self._conditional:
            return
        measured = self._broker.conditions.measured
        for perm_id in self._exchange.watching(con_id, measured):
            if perm_id in self._conditional:
                self._watch(self._state.orders[perm_id])

    def look_again(self, order: LiveOrder, now: Nanos) -> None:
        """Let an order that a look has not changed wait for what it lacks now."""
        if order.terms.extras.conditions:
            self._watch(order)
        self.set_look(order, now)

    def _watch(self, order: LiveOrder) -> None:
        """Look at an order with the ticks that it depends on, as long as it does."""
        holds, perm_id = self._broker.holds, order.permId
        awaited = holds.awaited(order)
        watched = holds.watched(order, awaited)
        for con_id in self._conditional.pop(perm_id, ()):
            self._exchange.unexpect(con_id, perm_id)
        for con_id in self._watched.pop(perm_id, ()):
            if con_id not in watched:
                self._exchange.unwatch(con_id, perm_id)
        if order.terms.extras.conditions and (watched or awaited):
            named = awaited or ()
            self._conditional[perm_id] = tuple(dict.fromkeys(one.conId for one in named))
            for one in named:
                direction = 1 if one.more else -1
                measure = (one.kind, one.method)
                self._exchange.expect(one.conId, perm_id, measure, direction, one.value)
        if watched:
            self._watched[perm_id] = watched
            for con_id in watched:
                self._exchange.watch(con_id, perm_id)

    def set_alarm(self, perm_id: int, expires: Nanos) -> None:
        """Let an order lapse at its instant."""
        agenda, orders = self._agenda, self._state.orders
        if len(agenda) > 2 * len(orders) + SPARE_ALARMS:
            agenda.keep(lambda number: number in orders)
        agenda.add(expires, Alarm.EXPIRY, perm_id)

    def set_look(self, order: LiveOrder, now: Nanos) -> None:
        """Look at an order that does not work yet when its time may have come."""
        due = self._broker.holds.next_look(order, now)
        if due and order.working:
            self._agenda.add(due, Alarm.LOOK, order.permId)

    def set_turn(self, order: LiveOrder, now: Nanos) -> None:
        """Look at an order again when its exchange opens or closes for it, or at once where that
        was missed; one that lapses then needs no look, nor does one that something else holds back
        or a world fills."""
        terms = order.terms
        if terms.exercise or order.held or order.scripted:
            return
        due = self._hours.turns(terms.conId, terms.reach, now)
        if bool(order.opens) != bool(self._hours.opens(terms.conId, terms.reach, now)):
            due = now
        if due and due != order.expires and order.working:
            self._agenda.add(due, Alarm.SESSION, order.permId)
