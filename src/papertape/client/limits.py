"""Staying below the server's message rate; orders pass first.

A TWS counts the messages of each client in a second: half the market data lines are allowed, 50
by default. One that rejects answers the excess with code 100 and closes at the third time. What
is over the limit waits here: orders and what keeps the connection alive before everything else,
each kind in its order, and a share of the rate is theirs alone.
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
"""What passes first: orders, and what keeps the connection alive."""
WINDOW_S: Final = 1.1
"""A little more than the server's second: messages may be delayed on the way and then bunch."""
RESERVED: Final = 8
"""One in so many messages is kept for orders."""
LONGEST: Final = 10_000
"""Requests that may wait: at 45 in a second, the work of almost four minutes."""


class UnsentMessage(NamedTuple):
    """A message that has not been sent yet, and the conversation or order it belongs to."""

    data: bytes
    owner: Any


class RateLimiter:
    """Two queues and the times of the messages sent last."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._sent: deque[float] = deque()
        self._urgent: deque[UnsentMessage] = deque()
        self._others: deque[UnsentMessage] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._others)

    def passes(self, now: float, *, urgent: bool) -> bool:
        """Whether a message may be sent at once, which then counts as sent."""
        if self._urgent or self._others:
            return False
        if self.limit is not None:
            self._forget(now)
            if len(self._sent) >= self._allowed(urgent):
                return False
            self._sent.append(now)
        return True

    def add(self, waiting: UnsentMessage, *, urgent: bool) -> None:
        """Queue a message. Raises ``LocalProtocolError`` when far too many wait already."""
        if len(self) >= LONGEST:
            raise LocalProtocolError(
                f"{LONGEST} messages wait to be sent, at most {self.limit} go in a second; "
                "send less, or raise max_rate if the server allows more"
            )
        (self._urgent if urgent else self._others).append(waiting)

    def release(self, now: float) -> list[bytes]:
        """What may be sent now."""
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
        """When more may be sent; None when nothing waits."""
        if not len(self) or self.limit is None:
            return None
        allowed = self._allowed(bool(self._urgent))
        return self._sent[max(0, len(self._sent) - allowed)] + WINDOW_S if self._sent else 0.0

    def clear(self) -> list[UnsentMessage]:
        """Give everything that waits and forget it."""
        dropped = [*self._urgent, *self._others]
        self._urgent.clear()
        self._others.clear()
        return dropped

    def drop(self, owner: Any) -> None:
        """Forget what waits for an owner that no longer wants it; orders are never dropped."""
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
