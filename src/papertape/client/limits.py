"""Keeps a client below the server's message rate, with orders first.

TWS counts the messages of each client per second and allows half its market data lines, 50 by
default. When set to reject, it answers the excess with code 100 and disconnects at the third time.
Messages above the limit wait here. Orders and heartbeats pass before the rest, each queue in its
order, and a share of the rate is reserved for them.
"""

from collections import deque
from typing import Any, Final, NamedTuple

from ..errors import LocalProtocolError
from ..wire.catalogue import orders, session

URGENT: Final = frozenset(
    (
        session.StartApi,
        session.ReqCurrentTime,
        orders.PlaceOrder,
        orders.CancelOrder,
        orders.ReqGlobalCancel,
    )
)
"""Messages that pass first: orders and heartbeats."""
WINDOW_S: Final = 1.1
"""A little more than the server's second: delays on the way may move messages together."""
RESERVED: Final = 8
"""One in so many messages is reserved for orders."""
LONGEST: Final = 10_000
"""How many requests may wait: at 45 per second, almost four minutes."""


class UnsentMessage(NamedTuple):
    """A message that has not been sent yet, and the conversation or order that owns it."""

    data: bytes
    owner: Any


class RateLimiter:
    """Two queues, and the times of the latest messages."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._sent: deque[float] = deque()
        self._urgent: deque[UnsentMessage] = deque()
        self._others: deque[UnsentMessage] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._others)

    def passes(self, now: float, *, urgent: bool) -> bool:
        """Whether a message may be sent now; if so, it is counted as sent."""
        if self._urgent or self._others:
            return False
        if self.limit is not None:
            self._forget(now)
            if len(self._sent) >= self._allowed(urgent):
                return False
            self._sent.append(now)
        return True

    def add(self, waiting: UnsentMessage, *, urgent: bool) -> None:
        """Queue a message. Raises ``LocalProtocolError`` when the queue is full."""
        if len(self) >= LONGEST:
            raise LocalProtocolError(
                f"{LONGEST} messages wait to be sent, at most {self.limit} go in a second; "
                "send less, or raise max_rate if the server allows more"
            )
        (self._urgent if urgent else self._others).append(waiting)

    def release(self, now: float) -> list[bytes]:
        """Remove and return the messages that may be sent now."""
        if self.limit is None:
            return [one.data for one in self.clear()]
        self._forget(now)
        given: list[bytes] = []
        while self._next(len(self._sent)):
            queue = self._urgent or self._others
            given.append(queue.popleft().data)
            self._sent.append(now)
        return given

    def next_due(self) -> float | None:
        """When the next message may be sent; None when none waits."""
        if not len(self) or self.limit is None:
            return None
        allowed = self._allowed(bool(self._urgent))
        return self._sent[max(0, len(self._sent) - allowed)] + WINDOW_S if self._sent else 0.0

    def clear(self) -> list[UnsentMessage]:
        """Remove and return everything that waits."""
        dropped = [*self._urgent, *self._others]
        self._urgent.clear()
        self._others.clear()
        return dropped

    def drop(self, owner: Any) -> None:
        """Drop the waiting requests of an owner that has ended. Orders are never dropped."""
        if any(one.owner is owner for one in self._others):
            self._others = deque(one for one in self._others if one.owner is not owner)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] + WINDOW_S <= now:
            self._sent.popleft()

    def _allowed(self, urgent: bool) -> int:
        assert self.limit is not None
        return self.limit if urgent else max(1, self.limit - self.limit // RESERVED)

    def _next(self, sent: int) -> bool:
        if self._urgent:
            return sent < self._allowed(True)
        return bool(self._others) and sent < self._allowed(False)
