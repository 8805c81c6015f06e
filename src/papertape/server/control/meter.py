"""Rates and lags of sessions, worked out of what is seen when somebody asks: the wire pays nothing.

Of what a session has been handed, the unsent bytes are the last; when they were handed over lies
between two looks. So the more often somebody looks, the better it is known.
"""

from collections import deque
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from ..sessions.session import Session

SPAN_S: Final = 5.0
"""Over which a rate is averaged."""
CLOSEST_S: Final = 0.5
"""Between two looks that are remembered."""
KEPT: Final = 240
"""Looks that are remembered: of two minutes at least."""


class MeterLook(NamedTuple):
    """What was seen of a session at a time."""

    time: float
    received: int
    sent: int
    bytes_out: int


class Reading(NamedTuple):
    """What can be said of a session."""

    in_per_s: float | None
    out_per_s: float | None
    lag_s: float


class Meter:
    """Remembers the latest looks at each session."""

    def __init__(self) -> None:
        self._looks: WeakKeyDictionary[Session, deque[MeterLook]] = WeakKeyDictionary()

    def read(self, session: Session, unsent: int, now: float) -> Reading:
        """MeterLook at a session at ``now``, in seconds of a clock that does not jump."""
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
