"""Values accounts for the margin check of the next second's first order, while nobody waits.

The broker marks all positions of an account once a second; with hundreds of them, or when their
tapes begin another minute, the order that comes first would wait for that. Done for as long as
orders come, in slices.
"""

from collections.abc import Iterator
from typing import Final

from ..venue.units import MINUTE, SECOND, Nanos
from .timing import Timing, Wakeup
from .venue_port import Venue

AFTER: Final[Nanos] = MINUTE
"""How long after the latest order it goes on."""
SLICE: Final[Nanos] = 500_000
FASTEST: Final = 5
"""Seconds of the market in one of ours, beyond which a second is over before it is worked
through."""


class MarginAhead:
    """Works through the positions of each second before it begins."""

    def __init__(self, venue: Venue, timing: Timing) -> None:
        self._venue = venue
        self._timing = timing
        self._second: Nanos = -1
        self._rest: Iterator[None] | None = None
        self.alarm = Wakeup(self.next_due, self.step, lambda: None, alone=True)

    def next_due(self) -> Nanos | None:
        """At once while positions are left, else at the next second; None without orders."""
        ordered, now = self._venue.ordered, self._timing.now
        if ordered < 0 or now > ordered + AFTER or self._timing.leaping:
            return None
        if self._timing.until(1.0) - now > FASTEST * SECOND:
            return None
        return now if self._rest is not None else max(now, self._second + SECOND)

    def step(self, now: Nanos) -> None:
        """Work for as long as a slice."""
        second = now - now % SECOND
        if second != self._second:
            self._second, self._rest = second, self._venue.preparing(now)
        watch = self._timing.stopwatch
        end = watch() + SLICE
        for _ in self._rest or ():
            if watch() >= end:
                return
        self._rest = None
