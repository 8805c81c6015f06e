"""The message rate of a client: so many requests in a second of the market's clock.

TWS allows half as many requests per second as there are market data lines. By default it reads no
faster than that, and nothing is lost. With ``rejectMessagesAboveMaxRate`` the requests beyond the
rate are thrown away; error 100 tells how many came in that second, and the third such second ends
the session. What the server sends does not count.
"""

from typing import Literal

import msgspec

from ...venue.units import SECOND, Nanos

VIOLATIONS = 3
"""Seconds above the rate that end a session."""
NEAR = 0.9
"""Part of the rate at which a client is warned (code 0)."""

Mark = Literal["pass", "near", "excess"]


class Violation(msgspec.Struct, frozen=True):
    """A second with too many requests: the facts of error 100."""

    received: int
    number: int

    @property
    def last(self) -> bool:
        """Whether the session ends with it."""
        return self.number >= VIOLATIONS


class Pacer:
    """Counts the requests of one client; a second begins with a request."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.end: Nanos = 0
        """When the running second is over."""
        self._count = 0
        self._near = max(1, int(rate * NEAR))
        self._violations = 0

    def room(self, now: Nanos) -> bool:
        """Whether another request may be read."""
        return self._count < self.rate or now >= self.end

    def lapse(self, now: Nanos) -> Violation | None:
        """End the second if it is over; what was wrong with it."""
        if now < self.end:
            return None
        count, self._count = self._count, 0
        if count <= self.rate:
            return None
        self._violations += 1
        return Violation(count, self._violations)

    def take(self, now: Nanos) -> Mark:
        """Count a request; ``lapse`` has been asked before."""
        if now >= self.end:
            self.end, self._count = now + SECOND, 0
        self._count += 1
        if self._count > self.rate:
            return "excess"
        return "near" if self._count == self._near else "pass"
