"""The order desk: one command in, events out. The fold of the engine, without any market of its
own: what it needs to see of the market it asks ``Touches`` for.
"""

import msgspec

from papertape.model import Order

from . import ids, lifecycle
from .acceptance import Effect, beyond_band, effect_of, margin_numbers, shortfall
from .commands import (
    TWS_USER,
    BindOrders,
    CancelAll,
    CancelByUser,
    CancelOrder,
    Command,
    EnterOrder,
    QuoteSeen,
    ResetOrderIds,
    SubmitOrder,
    TimePassed,
)
from .echo import echo_contract, echo_order
from .events import (
    CancelPending,
    Event,
    OrderAccepted,
    OrderAcknowledged,
    OrderBound,
    OrderCancelled,
    OrderInactive,
    OrderRejected,
    OrderReplaced,
    RequestRefused,
    WhatIfAnswered,
)
from .floor import CANCELLED, Floor
from .instruments import Instruments, Refusal
from .margin import Appraiser
from .market import Quote
from .orders import LiveOrder, view_of
from .profile import Profile
from .state import State
from .times import day_end, next_quarter_end
from .touches import Touches
from .units import Nanos, SizeUnits
from .validation import Ticket, check, for_living

BY_TRADER = "Cancelled by Trader"
BY_SYSTEM = "Cancelled by System:\n"
IMMEDIATE = ("IOC", "FOK")


class Desk:
    """Folds commands into the state."""

    def __init__(
        self, state: State, instruments: Instruments, profile: Profile, touches: Touches
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._profile = profile
        self._touches = touches
        self._appraiser = Appraiser(instruments, profile.base_currency, touches.look)
        self.floor = Floor(state, instruments, profile)

    def handle(self, command: Command, now: Nanos) -> list[Event]:
        """Apply one command at ``now``. A ``RequestRefused`` alone means: nothing changed."""
        match command:
            case SubmitOrder():
                return self._submit(command, now)
            case CancelOrder():
                return self._cancel(command, now)
            case CancelAll():
                return [self._cancelled(order, now) for order in self._working()]
            case EnterOrder():
                return self._enter(command, now)
            case BindOrders():
                entered = [one for one in self._working() if one.clientId == TWS_USER]
                return [self._bind(order, command) for order in entered]
            case CancelByUser():
                return [
                    self._cancelled(o, now) for o in self._working() if o.permId == command.permId
                ]
            case ResetOrderIds():
                return self._reset_ids()
            case QuoteSeen():
                return self.floor.quote_seen(command.quote, now)
            case TimePassed():
                return self._day_passed(now)

    # -- submission ---------------------------------------------------------------------------

    def _submit(self, command: SubmitOrder, now: Nanos) -> list[Event]:
        refusal = ids.submit_refusal(self._state, command)
        if refusal is not None:
            return [_refused(command, refusal)]
        known = None if command.order.whatIf else self._find(command)
        return self._place(command, known, now)

    def _place(self, command: SubmitOrder, known: LiveOrder | None, now: Nanos) -> list[Event]:
        ticket = check(
            command.contract,
            command.order,
            self._instruments,
            self._profile,
            strict_tif=command.strict_tif,
            taken=self._touches.replaying,
        )
        if isinstance(ticket, Refusal):
            lives = ids.lives(self._state, command.clientId, command.orderId)
            changes = lives and not command.order.whatIf
            return [_refused(command, for_living(ticket) if changes else ticket)]
        if command.order.whatIf:
            return self._preview(command, ticket, now)
        if known is not None:
            return self._modify(known, command, ticket, now)
        self._use_id(command, now)
        if not command.order.transmit:
            self._state.held.setdefault(command.clientId, {})[command.orderId] = command
            return []
        self._release_held(command)
        return self._accept(command, ticket, now)

    def _accept(self, command: SubmitOrder, ticket: Ticket, now: Nanos) -> list[Event]:
        quote = self._touches.look(ticket.listing.instrument.conId)
        effect = self._effect(ticket)
        order = self._draft(command, ticket, now)
        self._state.orders[order.permId] = order
        self._state.ids.setdefault(order.clientId, {})[order.orderId] = order.permId
        if effect is not None and not effect.carried:
            self.floor.finish(order, lifecycle.INACTIVE, now, why=BY_SYSTEM)
            reason = shortfall(effect, self._profile.base_currency)
            return [OrderRejected(view_of(order), reason.code, reason.facts, reason.variant)]
        notice = self._band(ticket, quote)
        if notice is not None:
            order.move(lifecycle.PRE_SUBMITTED)
            return [OrderAccepted(view_of(order)), *self._system_cancel(order, now, notice)]
        fillable = self.floor.fillable(order.side, order.limit, quote)
        if order.tif == "FOK" and fillable < order.quantity:
            self.floor.finish(order, lifecycle.INACTIVE, now, why=BY_SYSTEM)
            return [OrderInactive(view_of(order))]
        if order.tif == "IOC" and not fillable:
            return self._system_cancel(order, now)
        return self._work(order, quote, now)

    def _work(self, order: LiveOrder, quote: Quote, now: Nanos) -> list[Event]:
        """The first pair, the first fill, and what becomes of the rest."""
        is_gtc_limit = order.tif == "GTC" and order.limit is not None
        starts_held = is_gtc_limit or (order.limit is None and order.side > 0)
        order.move(lifecycle.PRE_SUBMITTED if starts_held else lifecycle.SUBMITTED)
        events: list[Event] = [OrderAccepted(view_of(order))]
        if is_gtc_limit:
            order.move(lifecycle.SUBMITTED)
            events.append(OrderAcknowledged(view_of(order)))
        self.floor.enlist(order)
        fills = self.floor.match(order, quote, now)
        if order.tif in IMMEDIATE and order.working:
            return [*events, *fills, *self._system_cancel(order, now)]
        if not fills and not is_gtc_limit:
            events += self._duplicate(order)
        return events + fills

    def _duplicate(self, order: LiveOrder) -> list[Event]:
        if order.limit is None or not self._profile.duplicate_pairs:
            return []
        return [OrderAcknowledged(view_of(order))]

    def _preview(self, command: SubmitOrder, ticket: Ticket, now: Nanos) -> list[Event]:
        self._begin_day(now)
        effect = effect_of(self._appraiser, self._state.accounts[ticket.account], ticket)
        order = self._draft(command, ticket, now)
        order.move(lifecycle.PRE_SUBMITTED)
        entry = ticket.listing.instrument
        numbers = margin_numbers(effect, self._profile.base_currency, entry.currency)
        return [WhatIfAnswered(view_of(order, numbers))]

    # -- modification -------------------------------------------------------------------------

    def _modify(
        self, order: LiveOrder, command: SubmitOrder, ticket: Ticket, now: Nanos
    ) -> list[Event]:
        refusal = self._mismatch(order, ticket)
        if refusal is not None:
            return [_refused(command, refusal)]
        if order.echo.includeOvernight and not ticket.overnight:
            stays = OrderAcknowledged(view_of(order))
            return [stays, _refused(command, Refusal(462, {"tif": ticket.tif}))]
        if ticket.quantity <= order.filled:
            return [self._cancelled(order, now)]
        effect = self._effect(ticket) if ticket.quantity > order.quantity else None
        if effect is not None and not effect.carried:
            return [_refused(command, shortfall(effect, self._profile.base_currency))]
        order.quantity, order.limit, order.tif = ticket.quantity, ticket.limit, ticket.tif
        order.expires = self._expiry(ticket.tif, now)
        # A modified order counts as a new one for the minimum commission.
        order.billed = (0, 0)
        order.echo = self._echo(command, ticket, order.permId, order.filled)
        order.move(order.status)
        self.floor.widen(order)
        events: list[Event] = [OrderReplaced(view_of(order))]
        quote = self._touches.look(order.conId)
        notice = self._band(ticket, quote)
        if notice is not None:
            return events + self._system_cancel(order, now, notice)
        fills = self.floor.match(order, quote, now)
        return events + (fills or self._duplicate(order))

    def _mismatch(self, order: LiveOrder, ticket: Ticket) -> Refusal | None:
        same = (order.conId, order.side, order.account) == (
            ticket.listing.instrument.conId,
            ticket.side,
            ticket.account,
        )
        became_limit = order.limit is None and ticket.limit is not None
        if not same or became_limit:
            return Refusal(105)
        return Refusal(462, {"tif": ticket.tif}) if ticket.tif in IMMEDIATE else None

    def _band(self, ticket: Ticket, quote: Quote) -> Refusal | None:
        if not self._profile.price_band:
            return None
        return beyond_band(ticket, quote, self._profile.price_band_percent)

    def _effect(self, ticket: Ticket) -> Effect | None:
        if not self._profile.margin_check:
            return None
        return effect_of(self._appraiser, self._state.accounts[ticket.account], ticket)

    # -- the end of orders --------------------------------------------------------------------

    def _cancel(self, command: CancelOrder, now: Nanos) -> list[Event]:
        refusal = ids.cancel_refusal(self._state, command)
        if refusal is not None:
            return [_refused(command, refusal)]
        order = self._find(command)
        if order is not None:
            return [self._cancelled(order, now)]
        held = self._release_held(command)
        assert held is not None, "an order that may be cancelled is in no book"
        return self._drop_held(held, now)

    def _cancelled(self, order: LiveOrder, now: Nanos) -> OrderCancelled:
        return self.floor.cancel(order, now, why=BY_TRADER)

    def _system_cancel(
        self, order: LiveOrder, now: Nanos, notice: Refusal = CANCELLED
    ) -> list[Event]:
        order.move(lifecycle.PENDING_CANCEL)
        pending = CancelPending(view_of(order))
        return [pending, self.floor.cancel(order, now, why=BY_SYSTEM, notice=notice)]

    def _day_passed(self, now: Nanos) -> list[Event]:
        """Expire what is due, then let yesterday's finished orders and fills go."""
        lapsed = [order for order in self._working() if order.expires <= now]
        events: list[Event] = [self.floor.cancel(order, now, why=BY_SYSTEM) for order in lapsed]
        state = self._state
        self._forget_finished()
        state.fills.clear()
        for account in state.accounts.values():
            worth = self._appraiser.value(account)
            values = {held.instrument.conId: held.value for held in worth.holdings}
            account.start_day(worth.equity, values)
        state.day_end = day_end(now)
        return events

    def _forget_finished(self) -> None:
        state = self._state
        for perm_id in [key for key, order in state.orders.items() if order.done]:
            order = state.orders.pop(perm_id)
            del state.ids[order.clientId][order.orderId]

    def _reset_ids(self) -> list[Event]:
        if not self._state.busy:
            self._forget_finished()
            entered = self._state.highest_ids.get(TWS_USER)
            self._state.highest_ids.clear()
            if entered is not None:
                self._state.highest_ids[TWS_USER] = entered
        return []

    # -- the user of TWS ----------------------------------------------------------------------

    def _enter(self, command: EnterOrder, now: Nanos) -> list[Event]:
        """Place the user's order; nobody's client is told of a refusal."""
        client_id, order_id = TWS_USER, self._state.highest_ids.get(TWS_USER, 0) + 1
        if command.bind != "no":
            client_id, order_id = 0, self._free_id(negative=command.bind == "negative")
        order = msgspec.structs.replace(command.order, transmit=True, whatIf=False)
        submit = SubmitOrder(client_id, order_id, command.contract, order)
        events = self._place(submit, None, now)
        if isinstance(events[0], RequestRefused):
            return [msgspec.structs.replace(events[0], clientId=TWS_USER, orderId=0)]
        placed = self._find(submit)
        assert placed is not None, "an order was taken that is in no book"
        return events if client_id == TWS_USER else [OrderBound(view_of(placed)), *events]

    def _bind(self, order: LiveOrder, command: BindOrders) -> OrderBound:
        """Make an order client 0's."""
        order_id = self._free_id(negative=command.negative)
        del self._state.ids[order.clientId][order.orderId]
        order.clientId, order.orderId = 0, order_id
        order.echo = msgspec.structs.replace(order.echo, clientId=0, orderId=order_id)
        self._state.ids.setdefault(0, {})[order_id] = order.permId
        self._count_id(0, order_id)
        return OrderBound(view_of(order))

    def _free_id(self, *, negative: bool) -> int:
        """The next id of client 0 in one of its two ranges."""
        return -(self._state.bound + 1) if negative else self._state.highest_ids.get(0, 0) + 1

    # -- books of orders ----------------------------------------------------------------------

    def _working(self) -> list[LiveOrder]:
        return [order for order in self._state.orders.values() if order.working]

    def _find(self, command: SubmitOrder | CancelOrder) -> LiveOrder | None:
        return ids.find(self._state, command)

    def _release_held(self, command: SubmitOrder | CancelOrder) -> SubmitOrder | None:
        return self._state.held.get(command.clientId, {}).pop(command.orderId, None)

    def _drop_held(self, held: SubmitOrder, now: Nanos) -> list[Event]:
        ticket = check(held.contract, held.order, self._instruments, self._profile, taken=True)
        assert isinstance(ticket, Ticket), "an order was held that does not pass the checks"
        order = self._draft(held, ticket, now, perm_id=0)  # it never reached the broker
        order.move(lifecycle.PRE_SUBMITTED)
        return [self.floor.cancel(order, now, why=BY_TRADER)]

    def _use_id(self, command: SubmitOrder, now: Nanos) -> None:
        self._begin_day(now)
        self._count_id(command.clientId, command.orderId)

    def _count_id(self, client_id: int, order_id: int) -> None:
        highest = self._state.highest_ids.get(client_id, 0)
        self._state.highest_ids[client_id] = max(highest, order_id)
        self._state.bound = max(self._state.bound, -order_id)

    def _begin_day(self, now: Nanos) -> None:
        if self._state.day_end == 0:
            self._state.day_end = day_end(now)

    def _expiry(self, tif: str, now: Nanos) -> Nanos:
        return next_quarter_end(now) if tif == "GTC" else self._state.day_end

    def _draft(
        self, command: SubmitOrder, ticket: Ticket, now: Nanos, perm_id: int | None = None
    ) -> LiveOrder:
        if perm_id is None:
            perm_id = self._state.next_perm_id
            self._state.next_perm_id += 1
        entry = ticket.listing.instrument
        return LiveOrder(
            account=ticket.account,
            clientId=command.clientId,
            orderId=command.orderId,
            permId=perm_id,
            conId=entry.conId,
            contract=echo_contract(ticket),
            echo=self._echo(command, ticket, perm_id),
            side=ticket.side,
            quantity=ticket.quantity,
            limit=ticket.limit,
            tif=ticket.tif,
            scale=entry.scale,
            currency=entry.currency,
            accepted=now,
            expires=self._expiry(ticket.tif, now),
        )

    def _echo(
        self, command: SubmitOrder, ticket: Ticket, perm_id: int, filled: SizeUnits = 0
    ) -> Order:
        unbound = command.clientId == TWS_USER
        pair = (0, 0) if unbound else (command.clientId, command.orderId)
        return echo_order(
            command.order,
            ticket,
            self._profile,
            ids=(*pair, perm_id),
            filled=filled,
        )


def _refused(command: SubmitOrder | CancelOrder, refusal: Refusal) -> RequestRefused:
    return RequestRefused(
        command.clientId, command.orderId, refusal.code, refusal.facts, refusal.variant
    )
