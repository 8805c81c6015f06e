"""Conversations, which are requests that end: one reply, items until an end marker, bars.

A request that runs until it is cancelled is a subscription, see ``streams.py``.
A conversation owns its state and does no IO: the session feeds it messages, ``waker`` wakes the
driver, which looks at ``done``, ``result`` and ``error``. Notices that do not end a conversation
are data and go to ``notices``.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from ..errors import ApiError, PapertapeError

REMARKS = 100
"""Notices that a conversation keeps."""


class Conversation:
    """Base of all conversations: open until it has a result or an error."""

    subject: object = None
    """What it asks for, where several requests of its name without an id may ask for more than
    one thing."""
    complete: bool = False
    """Whether all that was there when it began has arrived; it may go on."""

    def __init__(self, name: str, request_id: int = -1) -> None:
        self.name = name
        self.request_id = request_id
        self.done = False
        self.error: PapertapeError | None = None
        self.notices: deque[ApiError] = deque(maxlen=REMARKS)
        self.waker: Callable[[], None] | None = None

    def _wake(self) -> None:
        if self.waker is not None:
            self.waker()

    def fail(self, error: PapertapeError) -> None:
        """End with an error. Does nothing if the conversation has already ended."""
        if not self.done:
            self.done, self.error = True, error
            self._wake()

    def unreadable(self, error: PapertapeError, kind: type[Any] | None) -> bool:
        """Take note of a message that could not be decoded; return whether that ends it.

        An answer with a part missing must not pass for a complete one.
        """
        return True

    def notice(self, notice: ApiError) -> None:
        """Take a notice that does not end the conversation."""
        self.notices.append(notice)
        self._wake()

    def feed(self, message: Any) -> None:
        """Take a message of this conversation."""
        raise NotImplementedError


class Call(Conversation):
    """One request, one reply."""

    def __init__(self, name: str, request_id: int = -1) -> None:
        super().__init__(name, request_id)
        self.result: Any = None

    def feed(self, message: Any) -> None:
        """The reply."""
        if not self.done:
            self.done, self.result = True, message
            self._wake()


Key = Callable[[Any], object]
"""The key of an item, for items that may arrive twice."""


class Collect(Conversation):
    """Items, then an end marker.

    With a ``key``, the later of two items with the same key replaces the earlier one: a list
    without a request id that was requested twice is answered twice.
    """

    def __init__(
        self, name: str, end: type[Any], request_id: int = -1, key: Key | None = None
    ) -> None:
        super().__init__(name, request_id)
        self._end = end
        self._key = key
        self._items: dict[object, Any] = {}
        self.end: Any = None

    @property
    def result(self) -> list[Any]:
        """The items so far."""
        return list(self._items.values())

    def feed(self, message: Any) -> None:
        """Take an item or the end marker."""
        if self.done:
            return
        if isinstance(message, self._end):
            self.done, self.end = True, message
            self._wake()
        else:
            self._items[self._key(message) if self._key else len(self._items)] = message


class History(Conversation):
    """Bars, and their end: a message of its own, or below server 196 the same message."""

    def __init__(self, request_id: int, *, split: bool) -> None:
        super().__init__("reqHistoricalData", request_id)
        self._split = split
        self.bars: list[Any] = []

    def feed(self, message: Any) -> None:
        """Take the bars or the end marker."""
        bars: list[Any] | None = getattr(message, "historicalDataBars", None)
        if bars is not None:
            self.bars += bars
        self.done = bars is None or not self._split
        if self.done:
            self._wake()


class PastTicks(Conversation):
    """Ticks of the past, in one message or several, until one says that it is the last."""

    def __init__(self, request_id: int) -> None:
        super().__init__("reqHistoricalTicks", request_id)
        self.ticks: list[Any] = []

    def feed(self, message: Any) -> None:
        """Take ticks."""
        self.ticks += ticks_in(message)
        if message.isDone and not self.done:
            self.done = True
            self._wake()


class WhatIfAnswer(Conversation):
    """The answer to a what-if: one openOrder, whose state has the figures."""

    def __init__(self, order_id: int) -> None:
        super().__init__("placeOrder", order_id)
        self.result: Any = None

    def feed(self, message: Any) -> None:
        """Take the answer."""
        if not self.done:
            self.done, self.result = True, message
            self._wake()


def ticks_in(message: Any) -> list[Any]:
    """The ticks of an answer with ticks of the past; none for another message."""
    for name in ("historicalTicksLast", "historicalTicksBidAsk", "historicalTicks"):
        found: list[Any] | None = getattr(message, name, None)
        if found is not None:
            return found
    return []
