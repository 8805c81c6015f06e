"""Actions of the user of TWS: entering and cancelling orders, and their binding by client 0.

An order of the user has the ids 0 and 0 until client 0 binds it: working orders with
reqOpenOrders, future ones with reqAutoOpenOrders (behaviour N6). ``useNegativeAutoRange`` decides
which ids they get.
"""

from ..model import Contract, Order
from ..venue.commands import BindOrders, CancelApiOrder, CancelByUser, SubmitManualOrder
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
)
from .present.queries import Queries
from .sessions.registry import Sessions

Ended = OrderCancelled | OrderRejectedEvent
"""Events that end an order in the turn in which it was entered; the variant has the reason."""


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
