"""The computer's clocks, as the driver of a station reads them.

A station's time must not depend on a clock that somebody, or a time server, can set: everything
that waits would wait for as long as the clock went back, and everything would be late at once
when it goes ahead. So the computer's clock says once, at the start, when it is; from then on time
is what a steady clock counts.
"""

import time
from typing import Final

from ...venue.units import Nanos

STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody can set and that counts the time in which the computer was suspended: on
Linux CLOCK_BOOTTIME; CLOCK_MONOTONIC does so on macOS."""


def steady_ns() -> Nanos:
    """Nanoseconds since some moment; only differences mean something."""
    return time.clock_gettime_ns(STEADY)
