"""The message rate of a client: requests per second of the market's clock.

TWS allows half as many requests per second as there are market data lines. By default it reads no
faster than that, and no request is lost. With ``rejectMessagesAboveMaxRate`` it drops the requests
beyond the rate; error 100 has the number of requests in that second, and the third such second
ends the session. Messages of the server do not count.
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
    """A second with too many requests, with the facts of error 100."""

    received: int
    number: int

    @property
    def last(self) -> bool:
        """Whether it ends the session."""
        return self.number >= VIOLATIONS


class Pacer:
    """Counts the requests of one client; a second begins with a request."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.end: Nanos = 0
        """When the current second ends."""
        self._count = 0
        self._near = max(1, int(rate * NEAR))
        self._violations = 0

    def room(self, now: Nanos) -> bool:
        """Return whether another request may be read."""
        return self._count < self.rate or now >= self.end

    def lapse(self, now: Nanos) -> Violation | None:
        """End the second if it is over; return its violation, or None."""
        if now < self.end:
            return None
        count, self._count = self._count, 0
        if count <= self.rate:
            return None
        self._violations += 1
        return Violation(count, self._violations)

    def take(self, now: Nanos) -> Mark:
        """Count a request; call ``lapse`` before."""
        if now >= self.end:
            self.end, self._count = now + SECOND, 0
        self._count += 1
        if self._count > self.rate:
            return "excess"
        return "near" if self._count == self._near else "pass"
