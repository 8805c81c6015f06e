"""Rates and lags of sessions, computed on request from samples, at no cost to the connections.

The unsent bytes of a session are the last that it was given; when it got them lies between two
samples. So more frequent requests give a more exact lag.
"""

from collections import deque
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from ..sessions.session import Session

SPAN_S: Final = 5.0
"""The span over which a rate is averaged."""
CLOSEST_S: Final = 0.5
"""The least interval between two samples that are kept."""
KEPT: Final = 240
"""Samples that are kept: at least two minutes of them."""


class MeterLook(NamedTuple):
    """A sample of a session's counters."""

    time: float
    received: int
    sent: int
    bytes_out: int


class Reading(NamedTuple):
    """The rates and the lag of a session."""

    in_per_s: float | None
    out_per_s: float | None
    lag_s: float


class Meter:
    """Keeps the latest samples of each session."""

    def __init__(self) -> None:
        self._looks: WeakKeyDictionary[Session, deque[MeterLook]] = WeakKeyDictionary()

    def read(self, session: Session, unsent: int, now: float) -> Reading:
        """Sample a session at ``now``, in seconds of a monotonic clock."""
        looks = self._looks.setdefault(session, deque(maxlen=KEPT))
        here = MeterLook(now, session.received, session.sent, session.bytes_out)
        first = next((look for look in looks if look.time >= now - SPAN_S), None)
        if first is None and looks:
            first = looks[-1]
        if not looks or now - looks[-1].time >= CLOSEST_S:
            looks.append(here)
        lag = 0.0
        if unsent:
            gone = session.bytes_out - unsent
            seen = (look.time for look in looks if look.bytes_out > gone)
            lag = now - next(seen, now)
        if first is None or now - first.time < CLOSEST_S:
            return Reading(None, None, lag)
        over = now - first.time
        return Reading(
            (here.received - first.received) / over, (here.sent - first.sent) / over, lag
        )
