"""The decisions of TWS before an order reaches the broker: ids, held orders, binding.

A client's order id means a new order, new terms for a working one, or an error; an order without
``transmit`` waits here; client 0 may bind the orders that the user of TWS has entered.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from papertape.model import Contract, Order

from ..broker import lifecycle
from ..broker.account_manager import day_begun
from ..broker.allocation import Allocator
from ..broker.cash_quantity import sized
from ..broker.order_manager import OrderManager
from ..broker.orders import LiveOrder
from ..broker.risk import Effect
from ..broker.terms import check, for_living
from ..commands import (
    TWS_USER,
    BindOrders,
    CancelAll,
    CancelApiOrder,
    CancelByUser,
    ModifyByUser,
    ResetOrderIds,
    SubmitManualOrder,
    SubmitOrder,
)
from ..facts import (
    AnyFact,
    CombinationNamed,
    ManualOrderBound,
    OrderDropped,
    OrderHeld,
    OrderIdsReset,
    OrderReleased,
    OrderRepeated,
    PermIdUsed,
    Terms,
)
from ..market.source import Quote
from ..reference.combinations import combination_of
from ..reference.composition import is_combination
from ..reference.instruments import Instrument, Instruments, Purpose, Refusal
from ..reference.securities import Combination
from ..units import Nanos
from . import order_ids
from .api_state import ApiState, FinishedOrders
from .attached import child_of, family_held, unfit_ids
from .precautions import PrecautionChecks

TRAILED_BY: Final = ("LMT", "STP LMT")
"""The types of parents that a trailing stop may be attached to; the official text of 328 names
them."""


class Refused(msgspec.Struct, frozen=True):
    """The answer to a refused command, which changed nothing."""

    clientId: int
    orderId: int
    reason: Refusal


class WhatIf(msgspec.Struct, frozen=True):
    """The answer to a what-if: the order, and its effect on the account."""

    order: LiveOrder
    effect: Effect


class CancelledFor(msgspec.Struct, frozen=True):
    """The answer to a client that has cancelled another client's order."""

    clientId: int
    order: LiveOrder
    """As it has ended."""


Answer = Refused | WhatIf | CancelledFor
"""Answers to the client of a command; never folded, never stored."""
Decision = Iterator[AnyFact | Answer]


class ApiOrders:
    """Decides the commands of API clients and of the user of TWS."""

    def __init__(
        self,
        state: ApiState,
        finished: FinishedOrders,
        instruments: Instruments,
        broker: OrderManager,
        look: Callable[[int], Quote],
    ) -> None:
        """``look`` gives the top of book at the instant of a command."""
        self._state = state
        self._finished = finished
        self._instruments = instruments
        self._broker = broker
        self._look = look
        self._allocator = Allocator(state, broker.margin)
        self._precautions = PrecautionChecks(look, broker.margin)

    # -- submission -----------------------------------------------------------------------------

    def submit(self, command: SubmitOrder, now: Nanos) -> Decision:
        """Place an order, modify the working one with that id, or answer a what-if."""
        state, order = self._state, command.order
        known, refusal = None, None
        if order.whatIf or command.orderId <= state.highest_ids.get(command.clientId, 0):
            known = self._known(command)
            refusal = order_ids.submit_refusal(state, known, command)
        terms = refusal or check(
            command.contract,
            order,
            self._instruments,
            state.accounts,
            strict_tif=command.strict_tif,
            now=now,
        )
        if type(terms) is Terms and (order.cashQty or order.faGroup):
            terms = self._sized(terms, order)
        if isinstance(terms, Refusal):
            return self._refuse(command, terms)
        if order.whatIf:
            return self._preview(command, terms, now)
        if command.precautions is not None:
            caution = self._caution(command, terms, now)
            if caution is not None:
                return self._discard(command, terms, caution, now)
        if known is not None:
            return self._replace(known, terms, now)
        if terms.special is not None:
            unfit = self._unfit_relative(command, terms)
            if unfit is not None:
                return iter((Refused(command.clientId, command.orderId, unfit),))
        if command.attached:
            return self._attach(command, terms, now)
        if state.day_end == 0 or (terms.special is not None and is_combination(terms.conId)):
            return self._submit_first(command, terms, now)
        return self._submit(command.clientId, command.orderId, terms, now, transmit=order.transmit)

    def _refuse(self, command: SubmitOrder, refusal: Refusal) -> Decision:
        client_id, order_id = command.clientId, command.orderId
        lives = order_ids.lives(self._state, client_id, order_id) and not command.order.whatIf
        yield Refused(client_id, order_id, for_living(refusal) if lives else refusal)

    def _submit_first(self, command: SubmitOrder, terms: Terms, now: Nanos) -> Decision:
        """Submit the first order of all, or the first one for a combination."""
        yield from self._begin_day(now)
        yield from self._name(command.contract, terms, now)
        client_id, order_id = command.clientId, command.orderId
        transmit = command.order.transmit
        yield from self._submit(client_id, order_id, terms, now, transmit=transmit)

    def _attach(self, command: SubmitOrder, terms: Terms, now: Nanos) -> Decision:
        """Place an order with the children that TWS makes for it, or discard it."""
        client_id, order_id = command.clientId, command.orderId
        highest = max(self._state.highest_ids.get(client_id, 0), order_id)
        refusal = unfit_ids(order_id, highest, command.attached)
        if refusal is not None:
            yield Refused(client_id, order_id, refusal)
            return
        lacking = next((one for one in command.attached if not one.distance), None)
        if lacking is not None:
            leg = "Profit Taker" if lacking.target else "Stop Loss"
            yield from self._discard(command, terms, Refusal(10355, {"leg": leg}), now)
            return
        if self._state.day_end == 0:
            yield from self._begin_day(now)
        price = terms.limit or self._broker.touch(terms.conId, terms.side)
        entry = self._instruments[terms.conId]
        family = [(order_id, command.order)]
        family += [
            (one.orderId, child_of(one, order_id, command.order, price, entry))
            for one in command.attached
        ]
        for number, (own_id, order) in enumerate(family, 1):
            made = terms
            if number > 1:
                child = check(
                    command.contract, order, self._instruments, self._state.accounts, now=now
                )
                if isinstance(child, Refusal):  # such as a stop below zero
                    yield Refused(client_id, order_id, child)
                    for dropped, held in family_held(self._state.held, client_id, family):
                        yield OrderDropped(client_id, dropped, held)
                    return
                made = child
            last = number == len(family) and command.order.transmit
            yield from self._submit(client_id, own_id, made, now, transmit=last)

    def _caution(self, command: SubmitOrder, terms: Terms, now: Nanos) -> Refusal | None:
        entry = self._entry(command.contract, terms, now)
        account = self._state.accounts[terms.account]
        return self._precautions.refusal(command, terms, entry, account.currency)

    def _discard(
        self, command: SubmitOrder, terms: Terms, caution: Refusal, now: Nanos
    ) -> Decision:
        """Refuse an order that a precaution holds back: it ends with its id used, while a working
        one keeps its old terms."""
        client_id, order_id = command.clientId, command.orderId
        yield from self._name(command.contract, terms, now)
        yield Refused(client_id, order_id, caution)
        if order_id in self._state.ids.get(client_id, {}):
            return
        perm_id = self._state.next_perm_id
        yield OrderHeld(client_id, order_id, terms)
        yield PermIdUsed(perm_id)
        yield OrderDropped(client_id, order_id, terms, perm_id)

    def _sized(self, terms: Terms, order: Order) -> Terms | Refusal:
        """Return the terms with the size that money pays for, and the shares of a group."""
        if order.cashQty:
            entry = self._instruments[terms.conId]
            paid = sized(terms, order, entry, self._look(terms.conId))
            if isinstance(paid, Refusal):
                return paid
            terms = paid
        return self._allocator.allocated(terms, order)

    def _entry(self, contract: Contract, terms: Terms, now: Nanos) -> Instrument:
        """Return what an order trades, also a combination that has no name yet."""
        if not is_combination(terms.conId):
            return self._instruments[terms.conId]
        found = combination_of(contract, Purpose.ORDER, self._instruments, now)
        assert not isinstance(found, Refusal)
        return found.instrument

    def _name(self, contract: Contract, terms: Terms, now: Nanos) -> Decision:
        """Record what a combination is made of, when it is ordered for the first time."""
        if not is_combination(terms.conId) or terms.conId in self._state.combinations:
            return
        entry = self._entry(contract, terms, now)
        assert isinstance(entry, Combination)
        yield CombinationNamed(terms.conId, entry.composition)

    def _unfit_relative(self, command: SubmitOrder, terms: Terms) -> Refusal | None:
        """Return why an order does not go with the others that it names, or cannot have any."""
        if terms.extras.oca in self._state.filled_groups.get(terms.account, ()):
            return Refusal(201, variant="oca_filled")
        unfit = self._unfit_child(command.clientId, command.orderId, terms)
        if unfit is None and command.attached and terms.extras.combo is not None:
            return Refusal(358)
        return unfit

    def _unfit_child(self, client_id: int, order_id: int, terms: Terms) -> Refusal | None:
        """Return why an order cannot be the child of its parent: that is missing, or ended without
        having filled, or has no limit, which a trailing child needs."""
        parent_id = terms.extras.parent
        if not parent_id:
            return None
        found = self._state.held.get(client_id, {}).get(parent_id)
        if found is None:
            parent = self.find(client_id, parent_id)
            if parent is None or (parent.done and parent.status != lifecycle.FILLED):
                return Refusal(10006)
            found = parent.terms
        if parent_id == order_id:
            return Refusal(10006)
        if terms.extras.hedge is not None:
            unfit = self._broker.hedges.unfit(terms.conId, terms.extras.hedge, found.conId)
            if unfit is not None:
                return unfit
        if _all_or_none(found) and not _all_or_none(terms):
            return Refusal(10236)
        trails = terms.extras.trail is not None
        return Refusal(328) if trails and found.orderType not in TRAILED_BY else None

    def _submit(
        self, client_id: int, order_id: int, terms: Terms, now: Nanos, *, transmit: bool
    ) -> Decision:
        """Hold a new order, or place it; a transmitted child transmits its whole family."""
        if not transmit:
            return iter((OrderHeld(client_id, order_id, terms),))
        if terms.special is None and client_id not in self._state.held:
            return self._broker.place(client_id, order_id, terms, now)
        return self._transmit(client_id, order_id, terms, now)

    def _transmit(self, client_id: int, order_id: int, terms: Terms, now: Nanos) -> Decision:
        """Place an order, with its family where it has one."""
        parent_id = terms.extras.parent
        held = self._state.held.get(client_id, {})
        parent = self.find(client_id, parent_id) if parent_id else None
        head = parent_id if parent_id in held else order_id
        family = {head: held.get(head, terms), order_id: terms}
        relatives = (head, parent_id) if parent_id else (head,)
        for one, other in sorted(held.items()):
            if other.extras.parent in relatives:
                family.setdefault(one, other)
        for one in family:
            if one in held:
                yield OrderReleased(client_id, one)
        if len(family) == 1:
            yield from self._broker.place(client_id, order_id, terms, now, parent=parent)
        else:
            members = sorted(family.items(), key=lambda item: (item[0] != head, item[0]))
            yield from self._broker.place_family(client_id, members, now, parent=parent)

    def _replace(self, known: LiveOrder, terms: Terms, now: Nanos) -> Decision:
        if known.terms.exercise:
            yield Refused(known.clientId, known.orderId, Refusal(105))
            return
        if known.terms.overnight and not terms.overnight:
            yield OrderRepeated(known.permId)
            yield Refused(known.clientId, known.orderId, Refusal(462, {"tif": terms.tif}))
            return
        decision = self._broker.replace(known, terms, now)
        if isinstance(decision, Refusal):
            yield Refused(known.clientId, known.orderId, decision)
        else:
            yield from decision

    def refusal(self, command: SubmitOrder | CancelApiOrder) -> Refusal | None:
        """Return why the order id of a command cannot be used; None when it can."""
        known = self._known(command)
        if isinstance(command, CancelApiOrder):
            return order_ids.cancel_refusal(self._state, known, command)
        return order_ids.submit_refusal(self._state, known, command)

    def _known(self, command: SubmitOrder | CancelApiOrder) -> LiveOrder | None:
        """Return the order that a command names; None for a what-if."""
        if isinstance(command, SubmitOrder) and command.order.whatIf:
            return None
        return self.find(command.clientId, command.orderId)

    def _preview(self, command: SubmitOrder, terms: Terms, now: Nanos) -> Decision:
        client_id, order_id = command.clientId, command.orderId
        yield from self._name(command.contract, terms, now)
        yield from self._begin_day(now)
        effect = self._broker.preview(terms)
        if isinstance(effect, Refusal):
            yield Refused(client_id, order_id, effect)
            return
        perm_id = self._state.next_perm_id
        expires = self._broker.holds.expiry(terms, now)
        yield PermIdUsed(perm_id)
        status = lifecycle.PRE_SUBMITTED
        order = LiveOrder(perm_id, client_id, order_id, terms, status, "", now, expires)
        yield WhatIf(order, effect)

    # -- cancellation ---------------------------------------------------------------------------

    def cancel(self, command: CancelApiOrder) -> Decision:
        """Cancel a client's own order, working or held, or the one that it was shown."""
        client_id, order_id = command.clientId, command.orderId
        order = self._known(command)
        other = self._state.orders.get(command.permId)
        own = order is not None or order_ids.lives(self._state, client_id, order_id)
        if other is not None and not own:
            yield from self._broker.cancel(other)
            ended = self.find(other.clientId, other.orderId)
            if ended is not None and ended.done:
                yield CancelledFor(client_id, ended)
            return
        refusal = order_ids.cancel_refusal(self._state, order, command)
        if refusal is not None:
            yield Refused(client_id, order_id, refusal)
        elif order is not None:
            yield from self._broker.cancel(order)
        else:
            yield from self._forget(client_id, order_id)

    def _forget(self, client_id: int, order_id: int) -> Decision:
        """Discard an order that waits for ``transmit``: told with 202 and then with 161, as the
        rust-ibapi notes of 2026 have it of a paper gateway."""
        perm_id = self._state.next_perm_id
        yield PermIdUsed(perm_id)
        yield OrderDropped(client_id, order_id, self._state.held[client_id][order_id], perm_id)
        yield Refused(client_id, order_id, Refusal(161, {"permId": str(perm_id)}))

    def cancel_all(self, command: CancelAll) -> Decision:
        """Cancel every working order."""
        for order in tuple(self._state.orders.values()):
            if order.permId in self._state.orders:
                yield from self._broker.cancel(order)

    def cancel_by_user(self, command: CancelByUser) -> Decision:
        """Cancel an order on behalf of the user of TWS, whoever placed it."""
        order = self._state.orders.get(command.permId)
        if order is not None:
            yield from self._broker.cancel(order)

    def modify_by_user(self, command: ModifyByUser, now: Nanos) -> Decision:
        """Give an order new terms on behalf of the user of TWS, whoever placed it; no client
        receives a refusal."""
        known = self._state.orders.get(command.permId)
        if known is None:
            yield Refused(TWS_USER, 0, Refusal(105))
            return
        order = msgspec.structs.replace(
            command.order, transmit=True, whatIf=False, parentId=known.terms.extras.parent
        )
        accounts = self._state.accounts
        terms = check(command.contract, order, self._instruments, accounts, now=now)
        if not isinstance(terms, Refusal):
            terms = self._sized(terms, order)
        if isinstance(terms, Refusal):
            yield Refused(TWS_USER, 0, for_living(terms))
            return
        for fact in self._replace(known, terms, now):
            yield Refused(TWS_USER, 0, fact.reason) if isinstance(fact, Refused) else fact

    # -- the user of TWS ------------------------------------------------------------------------

    def submit_manual(self, command: SubmitManualOrder, now: Nanos) -> Decision:
        """Place the user's order; no client receives a refusal."""
        order = msgspec.structs.replace(command.order, transmit=True, whatIf=False)
        accounts = self._state.accounts
        terms = check(command.contract, order, self._instruments, accounts, now=now)
        if not isinstance(terms, Refusal):
            terms = self._sized(terms, order)
        if isinstance(terms, Refusal):
            yield Refused(TWS_USER, 0, terms)
            return
        yield from self._begin_day(now)
        yield from self._name(command.contract, terms, now)
        bound = command.bind != "no"
        client_id, order_id = TWS_USER, self._state.highest_ids.get(TWS_USER, 0) + 1
        if bound:
            client_id, order_id = 0, self._free_id(negative=command.bind == "negative")
        yield from self._broker.place(client_id, order_id, terms, now, bound=bound)

    def bind(self, command: BindOrders) -> Decision:
        """Bind the user's working orders to client 0."""
        for order in tuple(self._state.orders.values()):
            if order.clientId == TWS_USER:
                yield ManualOrderBound(order.permId, self._free_id(negative=command.negative))

    def _free_id(self, *, negative: bool) -> int:
        """Return the next id of client 0 in one of its two ranges."""
        return -(self._state.bound + 1) if negative else self._state.highest_ids.get(0, 0) + 1

    def reset_ids(self, command: ResetOrderIds) -> Decision:
        """Restart the order ids at 1, unless an order of a client works or is held."""
        if not self._state.busy:
            yield OrderIdsReset()

    # -- books ----------------------------------------------------------------------------------

    def find(self, client_id: int, order_id: int) -> LiveOrder | None:
        """Return an order of today by its client's id, including finished ones."""
        return order_ids.find(self._state, self._finished, client_id, order_id)

    def _begin_day(self, now: Nanos) -> Decision:
        if self._state.day_end == 0:
            yield day_begun(now)


def _all_or_none(terms: Terms) -> bool:
    return terms.extras.least > 0 and terms.extras.least == terms.quantity
