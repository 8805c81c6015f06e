"""Finds the conversation that a message belongs to, by its request id or its type."""

from typing import Any

from ..wire.catalogue import account, depth, fa, news, reference, reports, scanner, session
from ..wire.message import Message
from .conversations import Conversation

FIRST_REQUEST_ID = 1_000_000_000

BY_KIND: dict[type[Message], str] = {
    session.CurrentTime: "reqCurrentTime",
    session.CurrentTimeInMillis: "reqCurrentTimeInMillis",
    session.ManagedAccounts: "reqManagedAccts",
    session.NextValidId: "reqIds",
    fa.ReceiveFA: "requestFA",
    account.Position: "reqPositions",
    account.PositionEnd: "reqPositions",
    account.AccountValue: "reqAccountUpdates",
    account.PortfolioValue: "reqAccountUpdates",
    account.AccountUpdateTime: "reqAccountUpdates",
    account.AccountDataEnd: "reqAccountUpdates",
    reports.OpenOrder: "reqOpenOrders",
    reports.OpenOrdersEnd: "reqOpenOrders",
    reports.CompletedOrder: "reqCompletedOrders",
    reports.CompletedOrdersEnd: "reqCompletedOrders",
    scanner.ScannerParameters: "reqScannerParameters",
    news.NewsProviders: "reqNewsProviders",
    news.NewsBulletin: "reqNewsBulletins",
    reference.FamilyCodes: "reqFamilyCodes",
    reference.MarketRule: "reqMarketRule",
    depth.MarketDepthExchanges: "reqMktDepthExchanges",
}
"""Reply types without a request id, and the request that they answer."""


class Routes:
    """The open conversations of a session."""

    def __init__(self) -> None:
        self._latest = FIRST_REQUEST_ID
        self._requests: dict[int, Conversation] = {}
        self._kinds: dict[str, list[Conversation]] = {}

    def request_id(self) -> int:
        """Return the next request id."""
        self._latest += 1
        return self._latest

    def add(self, conversation: Conversation) -> None:
        """Register a conversation under its request id, or its name."""
        if conversation.request_id >= 0:
            self._requests[conversation.request_id] = conversation
        else:
            self._kinds.setdefault(conversation.name, []).append(conversation)

    def remove(self, conversation: Conversation) -> None:
        """Remove a conversation."""
        self._requests.pop(conversation.request_id, None)
        waiting = self._kinds.get(conversation.name, [])
        if conversation in waiting:
            waiting.remove(conversation)

    def clear(self) -> list[Conversation]:
        """Remove and return all of them."""
        by_kind = [one for waiting in self._kinds.values() for one in waiting]
        found = [*self._requests.values(), *by_kind]
        self._requests.clear()
        self._kinds.clear()
        return found

    def find(self, number: int) -> Conversation | None:
        """The conversation with this request id."""
        return self._requests.get(number)

    def ours(self, number: int) -> bool:
        """Whether a request of this session had this id."""
        return FIRST_REQUEST_ID < number <= self._latest

    def asking(self, kind: str) -> list[Conversation]:
        """The open conversations of a request that has no id."""
        return self._kinds.get(kind, [])

    def concerned(self, number: int, kind: type[Message] | None) -> list[Conversation]:
        """The conversations that a message belongs to, by request id or by type."""
        conversation = self._requests.get(number)
        if conversation is not None:
            return [conversation]
        return list(self._kinds.get(BY_KIND.get(kind, ""), ())) if kind is not None else []

    def feed(self, message: Any) -> None:
        """Pass a message to its conversations, if there are any."""
        conversation = self._requests.get(getattr(message, "reqId", -1))
        if conversation is not None:
            conversation.feed(message)
            return
        kind = BY_KIND.get(type(message))
        for conversation in tuple(self._kinds.get(kind, ())) if kind else ():
            conversation.feed(message)
