"""Venue events -> messages -> sessions: one fixed list of messages per kind of event.

The sequences, duplicates included, are those of a live paper gateway: every change of an order
is an openOrder followed by an orderStatus with the same state; a fill is execDetails, openOrder,
orderStatus, then the same pair with the commission, then the commission report.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..wire.catalogue.reports import OpenOrder, OrderBound, OrderStatus
from ..wire.message import Message
from .account_figures import AccountFigures
from .account_subscriptions import MultiPositionSubscription, PositionSubscription
from .config import Config
from .event_bus import EventBus
from .position_rows import PositionRows
from .present import events
from .present.events import Event, OrderView
from .present.messages import commission_report, execution_details, open_order, order_status
from .present.preferences import Preferences
from .present.queries import Queries
from .sessions.attempt import attempt
from .sessions.registry import Sessions
from .sessions.session import Session
from .sessions.subscriptions import Subscription

PRIVATE = (
    events.RequestRefusedEvent, events.OrderWarnedEvent, events.WhatIfAnswered,
    events.OrderBoundEvent, events.OtherCancelled,
)  # fmt: skip
"""Events of other clients that the master client does not receive."""


_Cancelled = events.OrderCancelled | events.OtherCancelled
POSITIONS: tuple[type[Subscription], ...] = (PositionSubscription, MultiPositionSubscription)


class Publisher:
    """Sends the messages of venue events to the sessions that they concern."""

    def __init__(
        self,
        sessions: Sessions,
        queries: Queries,
        preferences: Preferences,
        figures: AccountFigures,
        config: Config,
        bus: EventBus,
    ) -> None:
        self._sessions = sessions
        self._queries = queries
        self._preferences = preferences
        self._figures = figures
        self._config = config
        self._bus = bus
        self.busted: Callable[[int], object] = lambda con_id: None
        """Called with the instrument of a trade that was busted."""
        self._told: tuple[OrderView, int, tuple[OpenOrder, OrderStatus]] | None = None
        """The latest pair, with the view and the version that it was made for."""
        self._rules: dict[type[Any], Callable[[Any, Session], Iterable[Message]]] = {
            events.OrderAccepted: self._pair,
            events.OrderAcknowledged: self._pair,
            events.OrderReplacedEvent: self._pair,
            events.OrderElected: self._pair,
            events.VolatilityRepriced: self._repriced,
            events.CancelPending: self._pair,
            events.OrderInactive: self._pair,
            events.Traded: self._traded,
            events.CommissionCharged: self._charged,
            events.PartTraded: self._part_traded,
            events.LegTraded: self._leg_traded,
            events.LegCharged: self._leg_charged,
            events.OrderCancelled: self._cancelled,
            events.OtherCancelled: self._cancelled,
            events.OrderRejectedEvent: self._rejected,
            events.WhatIfAnswered: self._answered,
            events.OrderBoundEvent: self._bound,
            events.RequestRefusedEvent: self._refused,
            events.OrderWarnedEvent: self._refused,
        }

        self._follow: dict[type[Any], Callable[[Any], object]] = {
            events.PositionChanged: self._holding,
            events.TradeBusted: lambda event: self.busted(event.conId),
            events.SharesRenamedEvent: self._renamed,
            events.AccountChanged: lambda event: figures.changed(event.account),
        }
        """What follows from events that are not told as messages of an order."""

    def publish(self, happened: tuple[Event, ...]) -> None:
        """Queue the messages of events for every session concerned, in the order of the events."""
        for event in happened:
            self._news(event)
            self._follow.get(type(event), self._tell)(event)

    def _holding(self, event: events.PositionChanged) -> None:
        self._figures.moved(event.account, event.conId)
        self._position(event)

    def _renamed(self, event: events.SharesRenamedEvent) -> None:
        for account, con_id in self._queries.held_on(event.conId):
            self._holding(events.PositionChanged(account, con_id))

    def _news(self, event: Event) -> None:
        """Publish which order has changed on the event bus."""
        view = getattr(event, "view", None)
        if view is not None:
            facts = {"perm_id": view.permId, "status": view.status}
            self._bus.tell("order", **facts, filled=str(view.filled))
        if isinstance(event, events.Traded | events.PartTraded | events.LegTraded):
            self._bus.tell("execution", **_fill(event))

    def _tell(self, event: Any) -> None:
        client_id = getattr(event, "clientId", None)
        client = event.view.clientId if client_id is None else client_id
        order_id = event.orderId if client_id is not None else event.view.orderId
        for session in self._audience(event, client):
            # The event is stored, so a message that fails must not affect those of other sessions.
            attempt(session, order_id, type(event).__name__, self._send, event, session)

    def _audience(self, event: Any, owner: int) -> list[Session]:
        """Return the order's own client, and the master client where an order has changed."""
        wanted = [self._sessions.client(owner)]
        master = self._config.settings.masterClientId
        if master is not None and master != owner and not isinstance(event, PRIVATE):
            wanted.append(self._sessions.client(master))
        return [session for session in wanted if session is not None]

    def _send(self, event: Any, session: Session) -> None:
        for message in self._rules[type(event)](event, session):
            session.send(message)

    def _repriced(self, event: events.VolatilityRepriced, session: Session) -> Iterable[Message]:
        told = self._config.settings.sendStatusUpdatesForVolatilityOrders
        return self._pair(event, session) if told else ()

    def _pair(self, event: Any, session: Session) -> Iterable[Message]:
        told, view, version = self._told, event.view, session.version
        if told is None or told[0] is not view or told[1] != version:
            opened = open_order(view, version, self._preferences.operator_zone)
            told = self._told = view, version, (opened, order_status(view))
        return told[2]

    def _traded(self, event: events.Traded, session: Session) -> Iterator[Message]:
        zone = self._preferences.zone(event.con_id or event.contract.conId, session.version)
        yield execution_details(
            -1, event.contract, event.execution, event.time, session.version, zone
        )
        yield from self._pair(event, session)

    def _leg_traded(self, event: events.LegTraded, session: Session) -> Iterator[Message]:
        zone = self._preferences.zone(event.contract.conId, session.version)
        yield execution_details(
            -1, event.contract, event.execution, event.time, session.version, zone
        )

    def _leg_charged(self, event: events.LegCharged, session: Session) -> Iterator[Message]:
        yield commission_report(event.report)

    def _charged(self, event: events.CommissionCharged, session: Session) -> Iterator[Message]:
        yield from self._pair(event, session)
        yield commission_report(event.report)

    def _part_traded(self, event: events.PartTraded, session: Session) -> Iterator[Message]:
        zone = self._preferences.zone(event.contract.conId, session.version)
        yield execution_details(
            -1, event.contract, event.execution, event.time, session.version, zone
        )
        yield commission_report(event.report)

    def _cancelled(self, event: _Cancelled, session: Session) -> Iterator[Message]:
        yield order_status(event.view)
        if _blamed(session, event.view):
            self._error(session, event.view.orderId, event)

    def _rejected(self, event: events.OrderRejectedEvent, session: Session) -> Iterator[Message]:
        if _blamed(session, event.view):
            self._error(session, event.view.orderId, event)
        yield from self._pair(event, session)

    def _answered(self, event: events.WhatIfAnswered, session: Session) -> Iterator[Message]:
        yield open_order(event.view, session.version, self._preferences.operator_zone)

    def _bound(self, event: events.OrderBoundEvent, session: Session) -> Iterator[Message]:
        yield OrderBound(event.view.permId, event.view.clientId, event.view.orderId)

    def _refused(
        self, event: events.RequestRefusedEvent | events.OrderWarnedEvent, session: Session
    ) -> Iterator[Message]:
        self._error(session, event.orderId, event)
        yield from ()

    def _error(self, session: Session, request_id: int, event: Any) -> None:
        session.error(request_id, event.code, variant=event.variant, **event.facts)

    def _position(self, event: events.PositionChanged) -> None:
        told: PositionRows | None = None
        for session in self._sessions:
            if any(map(session.subscriptions.of, POSITIONS)):
                if told is None:
                    told = PositionRows(self._queries, self._preferences, event)
                attempt(session, -1, "position", told.send, session)


def _fill(event: events.Traded | events.PartTraded | events.LegTraded) -> dict[str, Any]:
    """Return the facts of a fill for the event bus."""
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
    """Return whether a session gets errors about an order: its own, under an id that it knows."""
    return session.client_id == view.clientId and view.orderId != 0
