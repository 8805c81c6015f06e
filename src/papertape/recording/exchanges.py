"""A conversation taken apart: each request, and the messages that answer it.

An answer is found by the request id or order id that it carries; a message without one by its kind
(``positionEnd`` answers ``reqPositions``). What answers nothing, such as a notice of a farm, hangs
on the request before it.
"""

from collections import deque
from typing import Any, Final

import msgspec

from ..wire.catalogue import account, depth, fa, news, orders, reference, scanner, session
from ..wire.catalogue import reports as told
from ..wire.message import Message
from .conversation import RecordedConversation, Said, WireMark

_ORDERS: Final = (orders.PlaceOrder, orders.CancelOrder)
_LISTINGS: Final = (orders.ReqOpenOrders, orders.ReqAllOpenOrders)
STREAMS: Final[dict[type[Message], type[Message]]] = {
    account.AccountValue: account.ReqAccountUpdates,
    account.PortfolioValue: account.ReqAccountUpdates,
    account.AccountUpdateTime: account.ReqAccountUpdates,
    account.AccountDataEnd: account.ReqAccountUpdates,
    account.Position: account.ReqPositions,
    account.PositionEnd: account.ReqPositions,
    news.NewsBulletin: news.ReqNewsBulletins,
    told.CompletedOrder: orders.ReqCompletedOrders,
    told.CompletedOrdersEnd: orders.ReqCompletedOrders,
}
"""A message without an id -> the request that it answers, the latest one of its kind."""
ONCE: Final[dict[type[Message], type[Message]]] = {
    session.CurrentTime: session.ReqCurrentTime,
    session.CurrentTimeInMillis: session.ReqCurrentTimeInMillis,
    session.ManagedAccounts: session.ReqManagedAccts,
    session.NextValidId: session.ReqIds,
    fa.ReceiveFA: fa.RequestFA,
    scanner.ScannerParameters: scanner.ReqScannerParameters,
    reference.FamilyCodes: reference.ReqFamilyCodes,
    reference.MarketRule: reference.ReqMarketRule,
    depth.MarketDepthExchanges: depth.ReqMktDepthExchanges,
    news.NewsProviders: news.ReqNewsProviders,
}
"""The same for an answer that comes once: the oldest request that waits for it."""


class RecordedAnswer(msgspec.Struct):
    """A message of the server, or the end of the connection."""

    place: int
    """Its place in the conversation."""
    at: int
    """Microseconds since the recording began."""
    item: Said | WireMark
    asked: bool = True
    """False for what answers nothing and hangs on the request before it."""


class RecordedExchange(msgspec.Struct):
    """A request and what answers it."""

    place: int
    at: int
    message: Any
    answers: list[RecordedAnswer] = []
    used: int = 0
    """How often a program has asked for it."""

    @property
    def name(self) -> str:
        """The official name of the request."""
        return self.message.spec.callback or self.message.spec.name  # type: ignore[no-any-return]

    @property
    def about(self) -> int | None:
        """The request id or order id; None when it has none."""
        name = self.message.spec.id_field
        return getattr(self.message, name) if name else None


def exchanges(conversation: RecordedConversation) -> list[RecordedExchange]:
    """The requests of a conversation in their order; START_API is the first one."""
    return _Taking(conversation).found


class _Taking:
    """A conversation while it is taken apart."""

    def __init__(self, conversation: RecordedConversation) -> None:
        self.found: list[RecordedExchange] = []
        self._by_id: dict[int, RecordedExchange] = {}
        self._by_order: dict[int, RecordedExchange] = {}
        self._latest: dict[type[Message], RecordedExchange] = {}
        self._waiting: dict[type[Message], deque[RecordedExchange]] = {}
        self._listings: deque[RecordedExchange] = deque()
        self._executions: dict[str, RecordedExchange] = {}
        self._client_id = conversation.client_id
        early: list[RecordedAnswer] = []
        over = False
        for place, item in enumerate(conversation.items):
            if isinstance(item, Said) and item.sender == "client":
                if item.message is not None:
                    self._request(RecordedExchange(place, item.at, item.message))
                continue
            if isinstance(item, WireMark):
                over = over or (item.event in ("end", "reset") and item.sender == "client")
                if over or not _ends(item):
                    continue  # what the server does behind the program's end answers that
            answer = RecordedAnswer(place, item.at, item)
            exchange = self._answered(item)
            answer.asked = exchange is not None
            target = exchange or (self.found[-1] if self.found else None)
            (early if target is None else target.answers).append(answer)
        if early and self.found:
            self.found[0].answers[:0] = early

    def _request(self, exchange: RecordedExchange) -> None:
        self.found.append(exchange)
        cls: type[Message] = type(exchange.message)
        self._latest[cls] = exchange
        self._waiting.setdefault(cls, deque()).append(exchange)
        if cls in _ORDERS:
            self._by_order[exchange.message.orderId] = exchange
        elif cls is orders.ReqGlobalCancel:
            self._by_order = dict.fromkeys(self._by_order, exchange)
        elif (about := exchange.about) is not None:
            self._by_id[about] = exchange
        if cls in _LISTINGS:
            self._listings.append(exchange)

    def _answered(self, item: Said | WireMark) -> RecordedExchange | None:
        message = item.message if isinstance(item, Said) else None
        if message is None:
            return None
        cls: type[Message] = type(message)
        if cls in STREAMS:
            return self._latest.get(STREAMS[cls])
        if cls in ONCE:
            return self._once(message)
        if cls in (told.OpenOrder, told.OrderStatus, told.OpenOrdersEnd):
            return self._order(message)
        if cls is told.ExecutionDetails:
            return self._execution(message)
        if cls is told.CommissionReport:
            return self._executions.get(message.execId)
        if cls is session.ErrorMessage:
            return self._error(message)
        about = getattr(message, message.spec.id_field) if message.spec.id_field else None
        return None if about is None else self._by_id.get(about)

    def _once(self, message: Any) -> RecordedExchange | None:
        waiting = self._waiting.get(ONCE[type(message)], deque())
        for exchange in waiting:
            if _fits(exchange.message, message):
                waiting.remove(exchange)
                return exchange
        return None

    def _order(self, message: Any) -> RecordedExchange | None:
        if self._listings:
            listing = self._listings[0]
            if type(message) is told.OpenOrdersEnd:
                self._listings.popleft()
            return listing
        if type(message) is told.OpenOrdersEnd:
            return None
        client = message.order.clientId if type(message) is told.OpenOrder else message.clientId
        if self._client_id is not None and client not in (self._client_id, None):
            return None
        return self._by_order.get(message.orderId)

    def _execution(self, message: Any) -> RecordedExchange | None:
        exchange = self._by_id.get(message.reqId) if message.reqId >= 0 else None
        if exchange is None and message.execution.clientId in (self._client_id, None):
            exchange = self._by_order.get(message.execution.orderId)
        if exchange is not None:
            self._executions[message.execution.execId] = exchange
        return exchange

    def _error(self, message: Any) -> RecordedExchange | None:
        if message.id < 0:
            return None
        known = (self._by_id.get(message.id), self._by_order.get(message.id))
        return max((one for one in known if one), key=lambda one: one.place, default=None)


def _fits(request: Any, answer: Any) -> bool:
    """Whether an answer of this kind can be to this request."""
    for name in ("faDataType", "marketRuleId"):
        if hasattr(request, name):
            return bool(getattr(request, name) == getattr(answer, name))
    return True


def _ends(mark: WireMark) -> bool:
    """Whether the server ended the connection."""
    return mark.event in ("end", "reset") and mark.sender == "server"
