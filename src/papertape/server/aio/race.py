"""Market time at speed ``max``: it goes on as fast as the clients follow.

The market moves in strides. A stride ends where something is due at an instant of its own, such as
a sampled quote or a bar; ticks in between are told together, all of them. The next one begins when
every client reads: one that does not holds the market, for as long as a setting says, and is then
passed over until it reads again. While nobody follows a stream of market data, time stands still:
a program that has connected finds the market where it was.
"""

import logging
from collections.abc import Callable
from typing import Final

from ...venue.units import MINUTE, Nanos
from ..station import Station

log = logging.getLogger("papertape.station")

SHORT: Final[Nanos] = 2_000_000
LONG: Final[Nanos] = 4_000_000
"""How long a stride takes: others have turns in between."""
LEAST_STRIDE: Final[Nanos] = 1_000_000
MOST_STRIDE: Final[Nanos] = 60 * MINUTE
WAITS_S: Final = 0.002
IDLE_S: Final = 0.02
"""How soon a market that stands is looked at again."""
SMOOTHED: Final = 0.02
"""How much a stride counts in the pace."""


class Race:
    """Takes the strides of a station at speed ``max``."""

    def __init__(
        self,
        station: Station,
        steady: Callable[[], Nanos],
        jump: Callable[[Nanos], None],
        worked: Callable[[], Nanos],
    ) -> None:
        """``steady`` is a clock that nobody sets, ``jump`` lets market time go on from there.
        ``worked`` is the processor time of this thread: what others take of a busy computer makes
        no stride shorter, as shorter ones would only cost more."""
        self._worked = worked
        self._station = station
        self._steady = steady
        self._jump = jump
        self._stride: Nanos = LEAST_STRIDE
        self._held_since: Nanos | None = None
        self._last: Nanos | None = None
        self._told = False
        self.pace = 1.0
        """How many times as fast as real time the market has run lately."""

    def turn(self, now: Nanos) -> float:
        """Do what is due now, or take a stride; return the seconds until the next turn."""
        station = self._station
        due = station.next_due()
        if due is not None and due <= now:
            station.step(now)
            return 0.0
        if not station.streaming:
            self._last = None
            return IDLE_S
        if self._holds():
            return WAITS_S
        self._take(now, due)
        return 0.0

    def _holds(self) -> bool:
        """Whether a client that does not read holds the market still."""
        slow = [one for one in self._station.sessions() if one.paused]
        if not slow:
            self._held_since, self._told = None, False
            return False
        now = self._steady()
        if self._held_since is None:
            self._held_since = now
        patience = self._station.settings.slow_reader_s
        if now - self._held_since < patience * 1e9:
            return True
        if not self._told:
            self._told = True
            names = ", ".join(one.name for one in slow)
            log.warning("the market goes on without %s: not read for %g s", names, patience)
        return False

    def _take(self, now: Nanos, due: Nanos | None) -> None:
        station = self._station
        target = now + self._stride
        fixed = station.next_fixed()
        if fixed is not None:
            target = min(target, max(fixed, now + 1))
        if due is not None:
            target = max(target, due)  # nothing happens before
        begun, worked = self._steady(), self._worked()
        self._jump(target)
        station.step(target)
        taken = self._worked() - worked
        if taken > LONG:
            self._stride = max(self._stride // 2, LEAST_STRIDE)
        elif taken < SHORT:
            self._stride = min(self._stride * 3 // 2, MOST_STRIDE)
        if self._last is not None and begun > self._last:
            pace = (target - now) / (begun - self._last)
            self.pace += (max(pace, 1.0) - self.pace) * SMOOTHED
        self._last = begun
