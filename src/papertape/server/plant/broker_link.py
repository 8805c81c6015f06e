"""The broker link: what TWS does when its servers are out of reach, and when they are back.

While the link is lost (1100) the API sockets stay open. The venue goes on by itself, but nothing
of it is heard: its clock is not advanced, so orders and executions stand as they were last known.
Orders and cancellations are held. When the link is restored everything that happened meanwhile
is told, at the times at which it happened, and what was held is sent (behaviour K1, K7).

What is held is in memory only, as in TWS: an order whose status is PendingSubmit has not reached
the broker and is lost when the station ends.
"""

import logging
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from ...model import OrderState
from ...venue.broker.terms import check, for_living
from ...venue.commands import CancelAll, CancelOrder, Command, SubmitOrder
from ...venue.reference.instruments import Refusal
from ...wire.catalogue import history, market, ticks
from ...wire.catalogue.reports import OpenOrder, OrderStatus
from ...wire.message import Message
from ..notices import Notice, notice
from ..present.events import OrderView

if TYPE_CHECKING:
    from ..sessions.session import Session
    from ..station import Station

log = logging.getLogger("papertape.station")

PENDING: Final = "PendingSubmit"
WITHDRAWN: Final = "ApiCancelled"
MAX_HELD: Final = 10_000
"""Orders and cancellations that wait for the link; the next order gets 201."""
UNREACHABLE: Final = "No connection to the broker; the order has not been sent"
COMPETING: Final[dict[type[Message], tuple[int, str | None]]] = {
    market.ReqMktData: (10197, None),
    ticks.ReqRealTimeBars: (420, "other_address"),
    ticks.ReqTickByTickData: (10189, "invalid"),
    history.ReqHistoricalData: (162, "other_address"),
}
"""What a request for data gets while the same user is logged in elsewhere (behaviour A5)."""


class Link:
    """The state of the broker link, and what waits for it."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self.up = True
        self.competing = False
        """The same user is logged in elsewhere and has the data lines."""
        self.notice: Notice | None = None
        """What was told last of it; None before the first loss."""
        self._held: list[Command] = []
        self._withdrawn: dict[tuple[int, int], None] = {}
        """Client and order ids of the latest orders that were cancelled before they were sent."""

    @property
    def _resubmits(self) -> bool:
        """Whether orders are held for the link's return; else they are refused."""
        return bool(self._station.config.settings.maintainAndResubmitOrdersOnReconnect)

    @property
    def held(self) -> int:
        """Orders and cancellations that wait to be sent."""
        return len(self._held)

    def lives(self, client_id: int, order_id: int) -> bool:
        """Whether an order of a client works, or waits for ``transmit`` or for the link."""
        return self._station.queries.lives(client_id, order_id) or any(
            isinstance(one, SubmitOrder) and _names(one, client_id, order_id) for one in self._held
        )

    def unsent_orders(self) -> list[OrderView]:
        """The orders that have not reached the broker yet, each with its latest terms."""
        queries = self._station.queries
        latest = {
            (one.clientId, one.orderId): one
            for one in self._held
            if isinstance(one, SubmitOrder) and one.order.transmit and not one.order.whatIf
        }
        return [
            _unsent_view(one, queries.accounts()[0])
            for ids, one in latest.items()
            if self._known(*ids) is None
        ]

    # -- lost and restored --------------------------------------------------------------------

    def lose(self) -> None:
        """1100 to everyone, then the notices of the farms that are lost with it."""
        if not self.up:
            return
        self.up = False
        log.warning("the broker link is lost")
        self._station.hub.tell("link", up=False)
        self._tell(1100)
        self._station.farms.fall()

    def restore(self, *, data_lost: bool = False) -> None:
        """1101 or 1102, the farms, then everything that happened meanwhile and what was held."""
        if self.up:
            return
        self.up = True
        self._station.hub.tell("link", up=True, data_lost=data_lost)
        log.warning("the broker link is restored, data %s", "lost" if data_lost else "maintained")
        if data_lost:
            for session in list(self._station.sessions()):
                self._station.farm_queue.end(session)
            self._tell(1101)
        else:
            up, broken = self._station.farms.connected()
            variant = "some_farms" if broken else "all_farms"
            self._tell(1102, variant, farms="; ".join(up), missing="; ".join(broken))
        self._station.farms.rise()
        self._station.pass_time(self._station.now)
        held, self._held = self._held, []
        for command in held:
            self._send(command)

    def _tell(self, code: int, variant: str | None = None, **facts: object) -> None:
        self.notice = notice(code, self._station.now, variant, **facts)
        for session in list(self._station.sessions()):
            session.error(-1, code, variant=variant, **facts)

    def _send(self, command: Command) -> None:
        """A held command reaches the venue; one that fails there concerns its client alone."""
        session = self._station.client(getattr(command, "clientId", -1))
        order_id = getattr(command, "orderId", -1)
        work = partial(self._station.apply, command)
        self._station.attempt(session, order_id, f"held {type(command).__name__}", work)

    # -- what is held -------------------------------------------------------------------------

    def hold(self, command: Command) -> None:
        """Keep an order or a cancellation for the link's return, and tell its client so."""
        match command:
            case SubmitOrder():
                self._hold_order(command)
            case CancelOrder():
                if not self._withdraw(command.clientId, command.orderId):
                    self._hold_cancel(command)
            case CancelAll():
                for client_id, order_id in self._unsent():
                    self._withdraw(client_id, order_id)
                self._held.append(command)
            case _:
                raise TypeError(f"{type(command).__name__} does not come from a client")

    def _hold_order(self, command: SubmitOrder) -> None:
        session = self._station.client(command.clientId)
        if len(self._held) >= MAX_HELD or not self._resubmits:
            if session is not None:
                session.error(command.orderId, 201, reason=UNREACHABLE)
            return
        refusal = self._submit_refusal(command)
        if refusal is not None:
            if session is not None:
                self._station.refuse(session, command.orderId, refusal)
            return
        self._held.append(command)
        told = command.order.transmit and not command.order.whatIf
        if session is not None and told:
            known = self._known(command.clientId, command.orderId)
            for message in pending(command, known):
                session.send(message)
        self._news(PENDING)

    def _submit_refusal(self, command: SubmitOrder) -> Refusal | None:
        """What TWS sees for itself, without the broker."""
        if _ids(command) in self._withdrawn:
            return Refusal(201, variant="too_late")
        engine = self._station.engine
        refusal = self._station.queries.refusal(command)
        if refusal is not None:
            return refusal
        terms = (command.contract, command.order, engine.instruments, engine.state.accounts)
        ticket = check(*terms, strict_tif=command.strict_tif)
        if not isinstance(ticket, Refusal):
            return None
        changes = self.lives(*_ids(command)) and not command.order.whatIf
        return for_living(ticket) if changes else ticket

    def _hold_cancel(self, command: CancelOrder) -> None:
        session = self._station.client(command.clientId)
        refusal = self._cancel_refusal(command)
        if refusal is not None:
            if session is not None:
                self._station.refuse(session, command.orderId, refusal)
            return
        self._held.append(command)
        if session is not None:
            known = self._known(*_ids(command))
            waits = self._station.queries.untransmitted(*_ids(command))
            size = known.remaining if known else waits
            session.send(
                _status(
                    command.orderId, command.clientId, "PendingCancel", size or Decimal(0), known
                )
            )

    def _cancel_refusal(self, command: CancelOrder) -> Refusal | None:
        if _ids(command) in self._withdrawn:
            return Refusal(10148, {"orderId": str(command.orderId), "state": WITHDRAWN})
        return self._station.queries.refusal(command)

    def _withdraw(self, client_id: int, order_id: int) -> bool:
        """Cancel an order that has not been sent; whether there is one."""
        mine = [one for one in self._held if _names(one, client_id, order_id)]
        if not mine or self._known(client_id, order_id) is not None:
            return False  # the venue has the order; only new terms for it wait here
        self._held = [one for one in self._held if one not in mine]
        self._news(WITHDRAWN)
        self._withdrawn[client_id, order_id] = None
        if len(self._withdrawn) > MAX_HELD:
            del self._withdrawn[next(iter(self._withdrawn))]
        session = self._station.client(client_id)
        last = mine[-1]
        if session is not None and isinstance(last, SubmitOrder):
            size = last.order.totalQuantity or Decimal(0)
            session.send(_status(order_id, client_id, WITHDRAWN, size, None))
            session.error(order_id, 202, reason="")
        return True

    def _news(self, status: str) -> None:
        """Let those who look on know that an order without a permanent id has changed."""
        self._station.hub.tell("order", perm_id=0, status=status, filled="0")

    def forget(self) -> None:
        """What is held is lost, as when TWS itself ends before the link is back."""
        self._held.clear()
        self._withdrawn.clear()

    def highest_held(self, client_id: int) -> int:
        """The highest order id of a client among what is held or was withdrawn; 0 for none."""
        used = (*self._unsent(), *self._withdrawn)
        return max((number for client, number in used if client == client_id), default=0)

    def _unsent(self) -> list[tuple[int, int]]:
        orders = (one for one in self._held if isinstance(one, SubmitOrder))
        return list(dict.fromkeys((one.clientId, one.orderId) for one in orders))

    def _known(self, client_id: int, order_id: int) -> OrderView | None:
        """An order that works at the venue, as it was last known."""
        queries = self._station.queries
        view = queries.order(client_id, order_id)
        return None if view is None else queries.open_order(view.permId)

    # -- who else is logged in ----------------------------------------------------------------

    def compete(self) -> None:
        """The same user logs in elsewhere: every quote line ends with 10197."""
        self.competing = True
        for session in list(self._station.sessions()):
            lines = list(session.quote_lines)
            session.quote_lines.clear()
            for request_id in lines:
                session.error(request_id, 10197)

    def compete_no_more(self) -> None:
        """The other session is over; data may be requested again."""
        self.competing = False

    def admits(self, session: "Session", message: Message) -> bool:
        """Whether a request may be served; data is refused while another session has it."""
        if not self.competing or type(message) not in COMPETING:
            return True
        code, variant = COMPETING[type(message)]
        session.error(message.reqId, code, variant=variant)  # type: ignore[attr-defined]
        return False


def pending(command: SubmitOrder, known: OrderView | None) -> tuple[Message, ...]:
    """What a client is told of an order that waits for the link: it is not with the broker yet."""
    size = command.order.totalQuantity or Decimal(0)
    remaining = size if known is None else size - known.filled
    return (
        OpenOrder(command.orderId, command.contract, command.order, OrderState(status=PENDING)),
        _status(command.orderId, command.clientId, PENDING, remaining, known),
    )


def _unsent_view(command: SubmitOrder, account: str) -> OrderView:
    """An order that the venue does not know; ``account`` is the one of an order that names none."""
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


def _ids(command: SubmitOrder | CancelOrder) -> tuple[int, int]:
    return command.clientId, command.orderId


def _names(command: Command, client_id: int, order_id: int) -> bool:
    if not isinstance(command, SubmitOrder | CancelOrder):
        return False
    return (command.clientId, command.orderId) == (client_id, order_id)
