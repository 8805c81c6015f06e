"""Orders and cancellations that wait for the broker link.

They are in memory only, as in TWS: an order whose status is PendingSubmit has not reached the
broker and is lost when the station ends.
"""

from decimal import Decimal
from typing import Final

from ...model import OrderState
from ...venue.broker.terms import check, for_living
from ...venue.commands import CancelAll, CancelApiOrder, Command, SubmitOrder
from ...venue.reference.instruments import Refusal
from ...venue.units import Nanos
from ...wire.catalogue.reports import OpenOrder, OrderStatus
from ...wire.message import Message
from ..config import Config
from ..event_bus import EventBus
from ..present.events import OrderView
from ..present.queries import Queries
from ..sessions.registry import Sessions
from ..venue_port import ReadModel

PENDING: Final = "PendingSubmit"
WITHDRAWN: Final = "ApiCancelled"
MAX_HELD: Final = 10_000
"""Maximum orders and cancellations that wait for the link; the next order gets 201."""
UNREACHABLE: Final = "No connection to the broker; the order has not been sent"


class HeldOrders:
    """Holds commands for the link, and gives the answers of TWS without the broker."""

    def __init__(
        self,
        venue: ReadModel,
        queries: Queries,
        sessions: Sessions,
        config: Config,
        bus: EventBus,
    ) -> None:
        self._venue = venue
        self._queries = queries
        self._sessions = sessions
        self._config = config
        self._bus = bus
        self._held: list[Command] = []
        self._withdrawn: dict[tuple[int, int], None] = {}
        """Client and order ids of the latest orders that were cancelled while held."""

    def __len__(self) -> int:
        return len(self._held)

    def take(self) -> list[Command]:
        """Remove and return the held commands, in the order of arrival."""
        held, self._held = self._held, []
        return held

    def forget(self) -> None:
        """Drop the held commands, as when TWS ends before the link is back."""
        self._held.clear()
        self._withdrawn.clear()

    def lives(self, client_id: int, order_id: int) -> bool:
        """Return whether an order of a client works, or waits for ``transmit`` or the link."""
        return self._queries.lives(client_id, order_id) or any(
            isinstance(one, SubmitOrder) and _names(one, client_id, order_id) for one in self._held
        )

    def unsent_orders(self) -> list[OrderView]:
        """Return the orders that have not reached the broker yet, with their latest terms."""
        latest = {
            (one.clientId, one.orderId): one
            for one in self._held
            if isinstance(one, SubmitOrder) and one.order.transmit and not one.order.whatIf
        }
        return [
            _unsent_view(one, self._queries.accounts()[0])
            for ids, one in latest.items()
            if self._known(*ids) is None
        ]

    def highest(self, client_id: int) -> int:
        """Return the highest held or withdrawn order id of a client; 0 for none."""
        used = (*self._unsent(), *self._withdrawn)
        return max((number for client, number in used if client == client_id), default=0)

    # -- holding ------------------------------------------------------------------------------

    def hold(self, command: Command, now: Nanos) -> None:
        """Hold an order or a cancellation until the link returns; send its state to the client."""
        match command:
            case SubmitOrder():
                self._hold_order(command, now)
            case CancelApiOrder():
                if not self._withdraw(command.clientId, command.orderId):
                    self._hold_cancel(command)
            case CancelAll():
                for client_id, order_id in self._unsent():
                    self._withdraw(client_id, order_id)
                self._held.append(command)
            case _:
                raise TypeError(f"{type(command).__name__} does not come from a client")

    def _hold_order(self, command: SubmitOrder, now: Nanos) -> None:
        session = self._sessions.client(command.clientId)
        resubmits = self._config.settings.maintainAndResubmitOrdersOnReconnect
        if len(self._held) >= MAX_HELD or not resubmits:
            if session is not None:
                session.error(command.orderId, 201, reason=UNREACHABLE)
            return
        refusal = self._submit_refusal(command, now)
        if refusal is not None:
            if session is not None:
                session.refuse(command.orderId, refusal)
            return
        self._held.append(command)
        told = command.order.transmit and not command.order.whatIf
        if session is not None and told:
            known = self._known(command.clientId, command.orderId)
            for message in pending(command, known):
                session.send(message)
        self._news(PENDING)

    def _submit_refusal(self, command: SubmitOrder, now: Nanos) -> Refusal | None:
        """Return the refusal that TWS gives without the broker; None when there is none."""
        if _ids(command) in self._withdrawn:
            return Refusal(201, variant="too_late")
        refusal = self._queries.refusal(command)
        if refusal is not None:
            return refusal
        venue = self._venue
        terms = (command.contract, command.order, venue.instruments, venue.state.accounts)
        ticket = check(*terms, strict_tif=command.strict_tif, now=now)
        if not isinstance(ticket, Refusal):
            return None
        changes = self.lives(*_ids(command)) and not command.order.whatIf
        return for_living(ticket) if changes else ticket

    def _hold_cancel(self, command: CancelApiOrder) -> None:
        session = self._sessions.client(command.clientId)
        refusal = self._cancel_refusal(command)
        if refusal is not None:
            if session is not None:
                session.refuse(command.orderId, refusal)
            return
        self._held.append(command)
        if session is not None:
            known = self._known(*_ids(command))
            waits = self._queries.untransmitted(*_ids(command))
            size = (known.remaining if known else waits) or Decimal(0)
            ids = command.orderId, command.clientId
            session.send(_status(*ids, "PendingCancel", size, known))

    def _cancel_refusal(self, command: CancelApiOrder) -> Refusal | None:
        if _ids(command) in self._withdrawn:
            return Refusal(10148, {"orderId": str(command.orderId), "state": WITHDRAWN})
        return self._queries.refusal(command)

    def _withdraw(self, client_id: int, order_id: int) -> bool:
        """Cancel an order that has not been sent; return whether there was one."""
        mine = [one for one in self._held if _names(one, client_id, order_id)]
        if not mine or self._known(client_id, order_id) is not None:
            return False  # the venue has the order; only new terms for it wait here
        self._held = [one for one in self._held if one not in mine]
        self._news(WITHDRAWN)
        self._withdrawn[client_id, order_id] = None
        if len(self._withdrawn) > MAX_HELD:
            del self._withdrawn[next(iter(self._withdrawn))]
        session = self._sessions.client(client_id)
        last = mine[-1]
        if session is not None and isinstance(last, SubmitOrder):
            size = last.order.totalQuantity or Decimal(0)
            session.send(_status(order_id, client_id, WITHDRAWN, size, None))
            session.error(order_id, 202, reason="")
        return True

    def _news(self, status: str) -> None:
        """Publish that an order without a permanent id has changed."""
        self._bus.tell("order", perm_id=0, status=status, filled="0")

    def _unsent(self) -> list[tuple[int, int]]:
        orders = (one for one in self._held if isinstance(one, SubmitOrder))
        return list(dict.fromkeys((one.clientId, one.orderId) for one in orders))

    def _known(self, client_id: int, order_id: int) -> OrderView | None:
        """Return the last known state of an order that works at the venue."""
        view = self._queries.order(client_id, order_id)
        return None if view is None else self._queries.open_order(view.permId)


def pending(command: SubmitOrder, known: OrderView | None) -> tuple[Message, ...]:
    """Return the messages about an order that waits for the link."""
    size = command.order.totalQuantity or Decimal(0)
    remaining = size if known is None else size - known.filled
    return (
        OpenOrder(command.orderId, command.contract, command.order, OrderState(status=PENDING)),
        _status(command.orderId, command.clientId, PENDING, remaining, known),
    )


def _unsent_view(command: SubmitOrder, account: str) -> OrderView:
    """Build the view of an order that the venue does not know; ``account`` is the default one."""
    order = command.order
    return OrderView(
        account=order.account or account,
        clientId=command.clientId,
        orderId=command.orderId,
        permId=0,
        parentId=order.parentId or 0,
        contract=command.contract,
        order=order,
        state=OrderState(status=PENDING),
        filled=Decimal(0),
        remaining=order.totalQuantity or Decimal(0),
        avgFillPrice=0.0,
        lastFillPrice=0.0,
    )


def _status(
    order_id: int, client_id: int, status: str, remaining: Decimal, known: OrderView | None
) -> OrderStatus:
    return OrderStatus(
        orderId=order_id,
        status=status,
        filled=Decimal(0) if known is None else known.filled,
        remaining=remaining,
        avgFillPrice=0.0 if known is None else known.avgFillPrice,
        permId=0 if known is None else known.permId,
        clientId=client_id,
    )


def _ids(command: SubmitOrder | CancelApiOrder) -> tuple[int, int]:
    return command.clientId, command.orderId


def _names(command: Command, client_id: int, order_id: int) -> bool:
    if not isinstance(command, SubmitOrder | CancelApiOrder):
        return False
    return (command.clientId, command.orderId) == (client_id, order_id)
