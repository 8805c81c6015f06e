"""The sans-IO core of the modern client: ids, routing, orders, what the connection has told.

Bytes come in through ``receive``, requests go out through ``send``; conversations and trades
wake their driver themselves. Request ids begin far above order ids, because an error message
names either by one number.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from ..errors import (
    ApiError,
    BadFrame,
    ClientIdInUse,
    ConnectionLost,
    NotConnected,
    PapertapeError,
    api_error,
)
from ..wire.catalogue import account, reports, session
from ..wire.connection import Broken, ClientConnection, Negotiated, Undecodable, UnknownMessage
from ..wire.message import Message
from .conversations import Conversation
from .trades import Trade

FIRST_REQUEST_ID = 1_000_000_000

BY_KIND: dict[type[Message], str] = {
    session.CurrentTime: "reqCurrentTime",
    session.CurrentTimeInMillis: "reqCurrentTimeInMillis",
    account.Position: "reqPositions",
    account.PositionEnd: "reqPositions",
    account.AccountValue: "reqAccountUpdates",
    account.PortfolioValue: "reqAccountUpdates",
    account.AccountUpdateTime: "reqAccountUpdates",
    account.AccountDataEnd: "reqAccountUpdates",
    reports.OpenOrdersEnd: "reqOpenOrders",
    reports.CompletedOrder: "reqCompletedOrders",
    reports.CompletedOrdersEnd: "reqCompletedOrders",
}
"""Replies without a request id, and the request that they answer."""


class Report(msgspec.Struct):
    """What the server has told about this connection."""

    serverVersion: int = 0
    connectionTime: str = ""
    accounts: tuple[str, ...] = ()
    nextValidId: int | None = None
    notices: list[ApiError] = []

    @property
    def missing(self) -> tuple[str, ...]:
        """What has not come yet of what makes a connection ready."""
        missing = () if self.accounts else ("managedAccounts",)
        return missing if self.nextValidId is not None else (*missing, "nextValidId")


class Core:
    """One connection's conversations and orders."""

    def __init__(self, client_id: int, connection: ClientConnection | None = None) -> None:
        self.client_id = client_id
        self.connection = connection or ClientConnection()
        self.report = Report()
        self.trades: dict[int, Trade] = {}
        self.unread: list[Undecodable | UnknownMessage] = []
        """Messages that this version of the client could not read."""
        self.lost: PapertapeError | None = None
        self.waker: Callable[[], None] | None = None
        self.write: Callable[[bytes], None] | None = None
        self.trace: Callable[[str, Any], None] | None = None
        """Told of everything: ("out", request) and ("in", message)."""
        self._next_request = FIRST_REQUEST_ID
        self._requests: dict[int, Conversation] = {}
        self._kinds: dict[str, list[Conversation]] = {}
        self._executions: dict[str, Trade] = {}
        self._rules: dict[type[Any], Callable[[Any], None]] = {
            Negotiated: self._negotiated,
            session.ManagedAccounts: self._accounts,
            session.NextValidId: self._next_id,
            session.ErrorMessage: self._error,
            reports.OpenOrder: self._open_order,
            reports.OrderStatus: self._order_status,
            reports.ExecutionDetails: self._execution,
            reports.CommissionReport: self._commission,
            Undecodable: self.unread.append,
            UnknownMessage: self.unread.append,
            Broken: self._broken,
        }

    # -- going out ----------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """Encode and write a request. Raises ``NotConnected``, ``FeatureNotSupported``."""
        if self.lost is not None or self.write is None:
            raise NotConnected(type(message).__name__)
        encoded = self.connection.send(message)
        if self.trace is not None:
            self.trace("out", message)
        self.write(encoded)

    def request_id(self) -> int:
        """A number for the next request."""
        self._next_request += 1
        return self._next_request

    def begin(self, conversation: Conversation, message: Message) -> None:
        """Open a conversation under its request id, or its kind, and send the request."""
        if conversation.request_id >= 0:
            self._requests[conversation.request_id] = conversation
        else:
            self._kinds.setdefault(conversation.name, []).append(conversation)
        try:
            self.send(message)
        except PapertapeError:
            self.end(conversation)
            raise

    def end(self, conversation: Conversation) -> None:
        """Forget a conversation."""
        self._requests.pop(conversation.request_id, None)
        waiting = self._kinds.get(conversation.name, [])
        if conversation in waiting:
            waiting.remove(conversation)

    def next_order_id(self) -> int:
        """An order id that this client may use. Raises ``NotConnected`` before nextValidId."""
        if self.report.nextValidId is None:
            raise NotConnected("placeOrder")
        number = self.report.nextValidId
        self.report.nextValidId = number + 1
        return number

    # -- coming in ----------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Bytes from the server."""
        rule_of, otherwise, trace = self._rules.get, self._by_request, self.trace
        for event in self.connection.receive_data(data):
            if trace is not None:
                trace("in", event)
            rule_of(type(event), otherwise)(event)

    def _by_request(self, message: Any) -> None:
        conversation = self._requests.get(getattr(message, "reqId", -1))
        if conversation is not None:
            conversation.feed(message)
        else:
            self._by_kind(message)

    def _by_kind(self, message: Any) -> None:
        kind = BY_KIND.get(type(message))
        for conversation in self._kinds.get(kind, ()) if kind else ():
            conversation.feed(message)

    def closed(self, error: PapertapeError) -> None:
        """The socket is gone: every conversation ends with the reason."""
        if self.lost is not None:
            return
        self.lost = error
        self.connection.close()
        by_kind = [one for waiting in self._kinds.values() for one in waiting]
        for conversation in [*self._requests.values(), *by_kind]:
            conversation.fail(error)
        for trade in self.trades.values():
            if trade.waker is not None:
                trade.waker()
        self._wake()

    def _wake(self) -> None:
        if self.waker is not None:
            self.waker()

    def _broken(self, event: Broken) -> None:
        error: BadFrame = event.error
        lost = ConnectionLost(f"the server sent what is no frame: {error}")
        lost.__cause__ = error
        self.closed(lost)

    def _negotiated(self, event: Negotiated) -> None:
        self.report.serverVersion = event.version
        self.report.connectionTime = event.connection_time
        self.send(session.StartApi(self.client_id))

    def _accounts(self, message: session.ManagedAccounts) -> None:
        codes = message.accountsList.split(",")
        self.report.accounts = tuple(code for code in codes if code)
        self._wake()

    def _next_id(self, message: session.NextValidId) -> None:
        self.report.nextValidId = max(message.orderId, self.report.nextValidId or 0)
        self._wake()

    # -- errors -------------------------------------------------------------------------------

    def _error(self, message: session.ErrorMessage) -> None:
        error = api_error(
            message.errorCode,
            message.errorMsg,
            reqId=message.id,
            advancedOrderRejectJson=message.advancedOrderRejectJson,
        )
        conversation = self._requests.get(message.id)
        if conversation is not None:
            if error.kind.terminal:
                conversation.fail(error)
            else:
                conversation.notice(error)
        elif message.id in self.trades:
            self.trades[message.id].fail(error)
        else:
            self._about_session(message, error)

    def _about_session(self, message: session.ErrorMessage, error: ApiError) -> None:
        self.report.notices.append(error)
        if message.errorCode == 326:
            self.closed(ClientIdInUse(clientId=self.client_id))
        self._wake()

    # -- orders -------------------------------------------------------------------------------

    def follow(self, trade: Trade) -> None:
        """Keep a trade up to date."""
        self.trades[trade.orderId] = trade

    def _open_order(self, message: reports.OpenOrder) -> None:
        for conversation in self._kinds.get("reqOpenOrders", ()):
            conversation.feed(message)
        trade = self.trades.get(message.orderId)
        if trade is None:
            if message.order.clientId != self.client_id:
                return
            trade = Trade(message.orderId, message.contract, message.order)
            self.follow(trade)
        trade.feed(message)

    def _order_status(self, message: reports.OrderStatus) -> None:
        trade = self.trades.get(message.orderId)
        if trade is not None and message.clientId in (self.client_id, None):
            trade.feed(message)

    def _execution(self, message: reports.ExecutionDetails) -> None:
        conversation = self._requests.get(message.reqId)
        if conversation is not None:
            conversation.feed(message)
        trade = self.trades.get(message.execution.orderId)
        if trade is not None and message.execution.clientId == self.client_id:
            self._executions[message.execution.execId] = trade
            trade.feed(message)

    def _commission(self, message: reports.CommissionReport) -> None:
        trade = self._executions.get(message.execId)
        if trade is not None:
            trade.feed(message)
