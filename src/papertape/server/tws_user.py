"""Actions of the user of TWS: entering and cancelling orders, and their binding by client 0.

An order of the user has the ids 0 and 0 until client 0 binds it: working orders with
reqOpenOrders, future ones with reqAutoOpenOrders (behaviour N6). ``useNegativeAutoRange`` decides
which ids they get.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ..model import Contract, Order
from ..venue.commands import (
    TWS_USER,
    BindOrders,
    CancelApiOrder,
    CancelByUser,
    ModifyByUser,
    SubmitManualOrder,
    SubmitOrder,
)
from ..venue.reference.instruments import Refusal
from .config import Config
from .plant.broker_link import BrokerLink
from .plant.held_orders import UNREACHABLE
from .present.events import (
    OrderBoundEvent,
    OrderCancelled,
    OrderRejectedEvent,
    OrderView,
    RequestRefusedEvent,
    WhatIfAnswered,
)
from .present.queries import Queries
from .sessions.registry import Sessions

Ended = OrderCancelled | OrderRejectedEvent
"""Events that end an order in the turn in which it was entered; the variant has the reason."""


NOBODY: Final = -2
"""The client of a what-if of the user: no session has this id, so none is told the answer."""


class TwsUser:
    """The user at the station."""

    def __init__(
        self, link: BrokerLink, queries: Queries, sessions: Sessions, config: Config
    ) -> None:
        self._link = link
        self._queries = queries
        self._sessions = sessions
        self._config = config

    @property
    def _negative(self) -> bool:
        return bool(self._config.settings.useNegativeAutoRange)

    def enter(self, contract: Contract, order: Order) -> OrderView | Refusal:
        """Place an order; return its state, or why it was refused.

        An order that the broker ends immediately counts as refused, though it stays listed. One
        that ends by its own terms, such as an unfilled IOC, counts as accepted.
        """
        if not self._link.up:
            return Refusal(201, {"reason": UNREACHABLE})
        zero = self._sessions.client(0)
        if zero is None or not zero.auto_bind:
            command = SubmitManualOrder(contract, order)
        else:
            command = SubmitManualOrder(contract, order, "negative" if self._negative else "next")
        happened = self._link.submit(command)
        refused = next(
            (event for event in happened if isinstance(event, RequestRefusedEvent)), None
        )
        if refused is not None:
            return _why(refused)
        entered = self._queries.newest_order()
        assert entered is not None
        for event in happened:
            if isinstance(event, Ended) and event.variant and event.view.permId == entered.permId:
                return _why(event)
        return entered

    def preview(self, contract: Contract, order: Order) -> OrderView | Refusal:
        """Return an order with what it would change of the margin; nothing is placed."""
        if not self._link.up:
            return Refusal(201, {"reason": UNREACHABLE})
        asked = msgspec.structs.replace(order, whatIf=True, transmit=True, parentId=0)
        for event in self._link.submit(SubmitOrder(NOBODY, 1, contract, asked)):
            if isinstance(event, WhatIfAnswered) and event.view.clientId == NOBODY:
                return event.view
            if isinstance(event, RequestRefusedEvent) and event.clientId == NOBODY:
                return _why(event)
        return Refusal(201, {"reason": UNREACHABLE})

    def enter_family(
        self, contract: Contract, entry: Order, children: Sequence[Order]
    ) -> list[OrderView] | Refusal:
        """Place an order and those that wait for it to fill; return the state of each, or why the
        first that is refused was. Either all are placed or none."""
        for order in (entry, *children):
            checked = self.preview(contract, order)
            if isinstance(checked, Refusal):
                return checked
        newest = self._queries.newest_order()
        before = newest.permId if newest is not None else 0
        head = self._queries.next_valid_id(TWS_USER)
        family = [msgspec.structs.replace(entry, parentId=0)]
        family += [msgspec.structs.replace(child, parentId=head) for child in children]
        placed: dict[int, None] = {}
        for place, order in enumerate(family):
            sent = msgspec.structs.replace(order, transmit=place == len(family) - 1, whatIf=False)
            for event in self._link.submit(SubmitOrder(TWS_USER, head + place, contract, sent)):
                if isinstance(event, RequestRefusedEvent) and event.clientId == TWS_USER:
                    for held in range(place):
                        self._link.submit(CancelApiOrder(TWS_USER, head + held))
                    return _why(event)
                view = getattr(event, "view", None)
                if isinstance(view, OrderView) and view.permId > before:
                    placed[view.permId] = None
        zero = self._sessions.client(0)
        if zero is not None and zero.auto_bind:
            self.bind()
        found = map(self._queries.order_by_perm_id, sorted(placed))
        return [view for view in found if view is not None]

    def modify(self, perm_id: int, changes: dict[str, Any]) -> OrderView | Refusal:
        """Give a working order new terms, whoever placed it; return its state, or why it keeps the
        old ones. Its client is told of the new terms, not of a refusal."""
        view = self._queries.open_order(perm_id)
        if not self._link.up:
            return Refusal(201, {"reason": UNREACHABLE})
        if view is None:
            return Refusal(105)
        order = msgspec.structs.replace(view.order, **changes)
        for event in self._link.submit(ModifyByUser(perm_id, view.contract, order)):
            if isinstance(event, RequestRefusedEvent) and event.clientId == TWS_USER:
                return _why(event)
        return self._queries.order_by_perm_id(perm_id) or view

    def cancel(self, perm_id: int) -> bool:
        """Cancel an order, whoever placed it; return whether it was working."""
        view = self._queries.open_order(perm_id)
        if view is None:
            return False
        if self._link.up:
            self._link.submit(CancelByUser(perm_id))
        elif view.orderId:
            self._link.submit(CancelApiOrder(view.clientId, view.orderId))
        return self._link.up or bool(view.orderId)

    def bind(self) -> int:
        """Bind the user's working orders to client 0; return how many."""
        if not self._link.up:
            return 0
        happened = self._link.submit(BindOrders(self._negative))
        return sum(isinstance(event, OrderBoundEvent) for event in happened)


def _why(event: RequestRefusedEvent | Ended) -> Refusal:
    return Refusal(event.code, event.facts, event.variant)
