"""Folds what happens to orders, but for their executions."""

import msgspec

from ..archive import Archive
from ..broker.lifecycle import INACTIVE, PRE_SUBMITTED, moved
from ..broker.orders import AlgoRun, LiveOrder
from ..facts import (
    AlgoBegan,
    ComponentBegan,
    ManualOrderBound,
    OrderActivated,
    OrderAdjusted,
    OrderArrived,
    OrderDeactivated,
    OrderEnded,
    OrderMoved,
    OrderPlaced,
    OrderQueued,
    OrderReceived,
    OrderReduced,
    OrderRepeated,
    OrderReplaced,
    OrderRepriced,
    OrderResumed,
    OrderRouted,
    OrderSuspended,
    OrderTouched,
    OrderTriggered,
    OrderWarned,
    SizeRestored,
)
from ..special import Held
from ..state import State
from ..units import Nanos
from .part import FoldPart, Rules, forget

replace = msgspec.structs.replace


class OrderFold(FoldPart):
    """Folds what happens to orders, but for their executions."""

    def __init__(self, state: State, archive: Archive) -> None:
        super().__init__(state, archive)
        self.rules: Rules = {
            OrderPlaced: self._placed,
            OrderReplaced: self._replaced,
            OrderMoved: self._moved,
            OrderRepeated: self._repeated,
            OrderTriggered: self._triggered,
            OrderEnded: self._ended,
            ManualOrderBound: self._bound,
            OrderSuspended: self._suspended,
            OrderResumed: self._resumed,
            OrderWarned: self._warned,
            OrderRepriced: self._repriced,
            OrderTouched: self._touched,
            OrderQueued: self._queued,
            OrderDeactivated: self._deactivated,
            OrderReceived: self._received,
            OrderRouted: self._routed,
            OrderArrived: self._arrived,
            AlgoBegan: self._algo_began,
            OrderActivated: self._activated,
            OrderReduced: self._reduced,
            SizeRestored: self._restored,
            ComponentBegan: self._component_began,
            OrderAdjusted: self._adjusted,
        }

    def _placed(self, fact: OrderPlaced, now: Nanos) -> LiveOrder:
        state = self.state
        order = LiveOrder(
            fact.permId, fact.clientId, fact.orderId, fact.terms, fact.status, fact.whyHeld,
            now, fact.expires, opens=fact.opens, held=fact.held, parent=fact.parent,
            scripted=fact.scripted, arrives=fact.arrives,
        )  # fmt: skip
        state.next_perm_id = fact.permId + 1
        if fact.orderId > state.highest_ids.get(fact.clientId, 0):
            state.highest_ids[fact.clientId] = fact.orderId
        else:
            self._count_id(fact.clientId, fact.orderId)
        if fact.status == INACTIVE:
            return self._over(replace(order, ended=now, bySystem=True))
        self._name(order)
        state.orders[order.permId] = order
        return order

    def _received(self, fact: OrderReceived, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        order = replace(
            order, terms=fact.terms, status=moved(order.status, fact.status),
            whyHeld=fact.whyHeld, accepted=now, expires=fact.expires, opens=fact.opens,
            held=fact.held, scripted=fact.scripted, arrives=0,
        )  # fmt: skip
        if fact.status == INACTIVE:
            return self._over(replace(order, ended=now, bySystem=True))
        return self._kept(order)

    def _routed(self, fact: OrderRouted, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        held = order.held | Held.ROUTED
        return self._kept(replace(order, held=held, arrives=fact.arrives))

    def _arrived(self, fact: OrderArrived, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        held = order.held & ~Held.ROUTED
        return self._kept(replace(order, held=held, arrives=0, routed=True))

    def _replaced(self, fact: OrderReplaced, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        # Less of it keeps its place in a queue, as at exchanges.
        keeps = fact.terms.quantity <= order.terms.quantity and fact.terms.limit == order.limit
        return self._kept(
            replace(
                order,
                ahead=order.ahead if keeps else None,
                terms=fact.terms,
                status=moved(order.status, fact.status),
                whyHeld=fact.whyHeld,
                expires=fact.expires,
                opens=fact.opens,
                held=fact.held,
                movedStop=fact.stop,
                movedLimit=fact.limit,
                touched=False,
                billedSize=0,
                billedValue=0,
                billedBefore=order.legValues,
            )
        )

    def _moved(self, fact: OrderMoved, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(replace(order, status=status, whyHeld=fact.whyHeld))

    def _repeated(self, fact: OrderRepeated, now: Nanos) -> LiveOrder:
        return self.state.orders[fact.permId]

    def _triggered(self, fact: OrderTriggered, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, "Submitted")
        return self._kept(replace(order, triggered=True, status=status, whyHeld=""))

    def _ended(self, fact: OrderEnded, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._over(
            replace(order, status=status, whyHeld="", ended=now, bySystem=fact.system, arrives=0)
        )

    def _bound(self, fact: ManualOrderBound, now: Nanos) -> LiveOrder:
        state, order = self.state, self.state.orders[fact.permId]
        forget(state.ids, order.clientId, order.orderId)
        self._count_id(0, fact.orderId)
        order = replace(order, clientId=0, orderId=fact.orderId)
        self._name(order)
        return self._kept(order)

    def _suspended(self, fact: OrderSuspended, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(
            replace(order, status=status, whyHeld=fact.whyHeld, opens=fact.opens, ahead=None)
        )

    def _resumed(self, fact: OrderResumed, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(replace(order, status=status, whyHeld=fact.whyHeld, opens=0))

    def _warned(self, fact: OrderWarned, now: Nanos) -> None:
        """Change nothing."""

    def _repriced(self, fact: OrderRepriced, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        stop = order.movedStop if fact.stop is None else fact.stop
        limit = order.movedLimit if fact.limit is None else fact.limit
        ahead = order.ahead if limit == order.movedLimit else None
        return self._kept(replace(order, movedStop=stop, movedLimit=limit, ahead=ahead))

    def _algo_began(self, fact: AlgoBegan, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        run = AlgoRun(fact.begins, fact.ends, fact.volume, fact.price)
        return self._kept(replace(order, run=run))

    def _queued(self, fact: OrderQueued, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, ahead=fact.ahead, joined=fact.joined))

    def _touched(self, fact: OrderTouched, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, touched=fact.touched))

    def _activated(self, fact: OrderActivated, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        status = moved(order.status, fact.status)
        return self._kept(replace(order, held=fact.held, status=status, whyHeld=fact.whyHeld))

    def _deactivated(self, fact: OrderDeactivated, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        held = order.held & ~Held.ROUTED | Held.INACTIVE
        status = moved(order.status, PRE_SUBMITTED)
        return self._kept(
            replace(
                order, held=held, status=status, whyHeld=fact.whyHeld, expires=fact.expires,
                opens=0, ahead=None, arrives=0,
            )
        )  # fmt: skip

    def _reduced(self, fact: OrderReduced, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, terms=replace(order.terms, quantity=fact.quantity)))

    def _restored(self, fact: SizeRestored, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        terms = replace(order.terms, quantity=order.terms.quantity + fact.size)
        return self._kept(replace(order, terms=terms, restored=order.restored + fact.size))

    def _component_began(self, fact: ComponentBegan, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        return self._kept(replace(order, component=(fact.number, fact.until)))

    def _adjusted(self, fact: OrderAdjusted, now: Nanos) -> LiveOrder:
        order = self.state.orders[fact.permId]
        adjusted = replace(order, terms=fact.terms, movedStop=None, movedLimit=None, ahead=None)
        return self._kept(adjusted)
