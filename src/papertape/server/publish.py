"""Venue events -> messages -> sessions: one fixed list of messages per kind of event.

The sequences, duplicates included, are those of a live paper gateway: every change of an order
is an openOrder followed by an orderStatus with the same state; a fill is execDetails, openOrder,
orderStatus, then the same pair with the commission, then the commission report.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ..model import Execution
from ..venue.units import Nanos
from ..wire.catalogue.account import Position
from ..wire.catalogue.reports import (
    CommissionReport,
    CompletedOrder,
    ExecutionDetails,
    OpenOrder,
    OrderBound,
    OrderStatus,
)
from ..wire.message import Message
from .present import events
from .present.events import Event, OrderView
from .present.times import stamp
from .sessions.session import Session

if TYPE_CHECKING:
    from ..model import CommissionAndFeesReport, Contract, Order
    from .station import Station


def open_order(view: OrderView, session: Session, zone: str) -> OpenOrder:
    """The order as the server holds it; ``zone`` is the operator's."""
    order = _dated(view, session.version, zone)
    return OpenOrder(view.orderId, view.contract, order, view.state)


def order_status(view: OrderView) -> OrderStatus:
    """The order's state in short."""
    return OrderStatus(
        view.orderId, view.status, view.filled, view.remaining, view.avgFillPrice, view.permId,
        view.parentId, view.lastFillPrice, view.clientId, view.whyHeld, view.mktCapPrice,
    )  # fmt: skip


def completed_order(view: OrderView, session: Session, zone: str) -> CompletedOrder:
    """A finished order; in text form it has lost the trailing price that a limit is echoed with."""
    order = _dated(view, session.version, zone)
    if session.version < CompletedOrder.spec.protobuf and order.orderType == "LMT":
        order = replace(order, trailStopPrice=None)
    return CompletedOrder(view.contract, order, view.state)


def _dated(view: OrderView, version: int, zone: str) -> "Order":
    """The echoed order; when it lapses is told in the zone of the operator."""
    if not view.lapses:
        return view.order
    return replace(view.order, autoCancelDate=stamp(view.lapses, zone, version))


def execution_details(
    request_id: int,
    contract: "Contract",
    execution: Execution,
    time: Nanos,
    session: Session,
    zone: str,
) -> ExecutionDetails:
    """A fill, its time in the form that the session's version expects."""
    fields = {name: getattr(execution, name) for name in Execution.__struct_fields__}
    fields["time"] = stamp(time, zone, session.version)
    return ExecutionDetails(request_id, contract, Execution(**fields))


def commission_report(report: "CommissionAndFeesReport") -> CommissionReport:
    """What a fill cost."""
    return CommissionReport(
        report.execId,
        report.commissionAndFees,
        report.currency,
        report.realizedPNL,
        report.yield_,
        report.yieldRedemptionDate,
    )


PRIVATE = (
    events.RequestRefused, events.OrderWarned, events.WhatIfAnswered, events.OrderBound,
)  # fmt: skip
"""What the master client is not told of other clients."""


class Publisher:
    """Knows which sessions an event concerns and what each of them is sent."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._rules: dict[type[Any], Callable[[Any, Session], Iterator[Message]]] = {
            events.OrderAccepted: self._pair,
            events.OrderAcknowledged: self._pair,
            events.OrderReplaced: self._pair,
            events.OrderElected: self._pair,
            events.CancelPending: self._pair,
            events.OrderInactive: self._pair,
            events.Traded: self._traded,
            events.CommissionCharged: self._charged,
            events.OrderCancelled: self._cancelled,
            events.OrderRejected: self._rejected,
            events.WhatIfAnswered: self._answered,
            events.OrderBound: self._bound,
            events.RequestRefused: self._refused,
            events.OrderWarned: self._refused,
        }

    def publish(self, happened: tuple[Event, ...]) -> None:
        """Queue what every session must be told, in the order in which it happened."""
        for event in happened:
            self._news(event)
            if isinstance(event, events.PositionChanged):
                self._position(event)
            elif isinstance(event, events.AccountChanged):
                self._station.accounts.changed(event.account)
            else:
                self._tell(event)

    def _news(self, event: Event) -> None:
        """Let those who look on know which order has changed."""
        view = getattr(event, "view", None)
        if view is not None:
            facts = {"perm_id": view.permId, "status": view.status}
            self._station.hub.tell("order", **facts, filled=str(view.filled))
        if isinstance(event, events.Traded):
            self._station.hub.tell("execution", **_fill(event))

    def _tell(self, event: Any) -> None:
        client_id = getattr(event, "clientId", None)
        client = event.view.clientId if client_id is None else client_id
        order_id = event.orderId if client_id is not None else event.view.orderId
        for session in self._audience(event, client):
            # What happened is kept, so a message that fails must not take those of others along.
            work = partial(self._send, event, session)
            self._station.attempt(session, order_id, type(event).__name__, work)

    def _audience(self, event: Any, owner: int) -> list[Session]:
        """The order's own client, and the master client where an order has changed."""
        wanted = [owner]
        master = self._station.config.settings.masterClientId
        private = isinstance(event, PRIVATE)
        if master is not None and master != owner and not private:
            wanted.append(master)
        found = (self._station.client(client_id) for client_id in wanted)
        return [session for session in found if session is not None]

    def _send(self, event: Any, session: Session) -> None:
        for message in self._rules[type(event)](event, session):
            session.send(message)

    def _pair(self, event: Any, session: Session) -> Iterator[Message]:
        yield open_order(event.view, session, self._station.settings.time_zone)
        yield order_status(event.view)

    def _traded(self, event: events.Traded, session: Session) -> Iterator[Message]:
        zone = self._station.zone(event.contract.conId, session.version)
        yield execution_details(-1, event.contract, event.execution, event.time, session, zone)
        yield from self._pair(event, session)

    def _charged(self, event: events.CommissionCharged, session: Session) -> Iterator[Message]:
        yield from self._pair(event, session)
        yield commission_report(event.report)

    def _cancelled(self, event: events.OrderCancelled, session: Session) -> Iterator[Message]:
        yield order_status(event.view)
        if _blamed(session, event.view):
            self._error(session, event.view.orderId, event)

    def _rejected(self, event: events.OrderRejected, session: Session) -> Iterator[Message]:
        if _blamed(session, event.view):
            self._error(session, event.view.orderId, event)
        yield from self._pair(event, session)

    def _answered(self, event: events.WhatIfAnswered, session: Session) -> Iterator[Message]:
        yield open_order(event.view, session, self._station.settings.time_zone)

    def _bound(self, event: events.OrderBound, session: Session) -> Iterator[Message]:
        yield OrderBound(event.view.permId, event.view.clientId, event.view.orderId)

    def _refused(
        self, event: events.RequestRefused | events.OrderWarned, session: Session
    ) -> Iterator[Message]:
        self._error(session, event.orderId, event)
        yield from ()

    def _error(self, session: Session, request_id: int, event: Any) -> None:
        session.error(request_id, event.code, variant=event.variant, **event.facts)

    def _position(self, event: events.PositionChanged) -> None:
        for session in self._station.sessions():
            if session.positions:
                work = partial(self._send_position, event, session)
                self._station.attempt(session, -1, "position", work)

    def _send_position(self, event: events.PositionChanged, session: Session) -> None:
        row = self._station.queries.position(event.account, event.conId)
        if not self._station.shows(row.contract):
            return
        session.send(Position(row.account, row.contract, row.position, row.avgCost))


def _fill(event: events.Traded) -> dict[str, Any]:
    """What those who look on are told of a fill."""
    execution, contract = event.execution, event.contract
    return {
        "exec_id": execution.execId,
        "perm_id": execution.permId,
        "account": execution.acctNumber,
        "con_id": contract.conId,
        "symbol": contract.symbol,
        "side": execution.side,
        "shares": str(execution.shares),
        "price": execution.price,
    }


def _blamed(session: Session, view: OrderView) -> bool:
    """Whether errors about an order are for this session: its own, under an id that it knows."""
    return session.client_id == view.clientId and view.orderId != 0
