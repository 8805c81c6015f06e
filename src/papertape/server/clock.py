"""The market's clock as a function of another clock: it may run faster, never backwards.

While a station runs the other clock is monotonic; from one run to the next it is the computer's
(the wall). Nothing here reads a clock.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ..errors import SettingsError
from ..venue.units import SECOND, Nanos

LEAST_STEP: Final = SECOND
"""Smaller steps are regular corrections of a time server."""
MOST_DRIFT: Final = 1000
"""Twice the 2000th by which clocks drift apart at most while one is slewed."""
FAR_BACK: Final = 60 * SECOND
"""Tolerance behind the stored time: more than the error of a clock after a restart."""
FAR_AHEAD: Final = 30 * 86_400 * SECOND
"""Tolerance ahead: longer than most pauses, less than the error of a clock without battery."""


START_FORMS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M")


def start_instant(text: str, zone: str) -> Nanos:
    """The instant of ``2026-04-10 15:55 US/Eastern``; seconds and the zone may be left out.

    ``zone`` is the one that counts then. Raises ``SettingsError`` for a text that is no such time,
    for a zone that is none, and for a time that clocks in the zone skip.
    """
    day, _, rest = text.strip().partition(" ")
    time, _, named = rest.strip().partition(" ")
    try:
        place = ZoneInfo(named.strip() or zone)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        advice = "Choose a name such as US/Eastern or Europe/London"
        raise SettingsError(
            "has no such time zone", setting="start", found=text, advice=advice
        ) from error
    for form in START_FORMS:
        try:
            local = datetime.strptime(f"{day} {time}", form)
            instant = int(local.replace(tzinfo=place).timestamp())
            back = datetime.fromtimestamp(instant, place).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):
            continue
        if back == local and instant >= 0:
            return instant * SECOND
    raise SettingsError(
        "is no time that clocks there show",
        setting="start",
        found=text,
        advice='Write it as "2026-04-10 15:55 US/Eastern"',
    )


FASTEST: Final = 1e9
"""The speed ``max``: time goes on as fast as clients follow, whatever the other clock shows."""

MAX: Final = "max"
"""How users write it."""
HIGHEST: Final = 10_000
"""The highest speed as a number."""


def speed_of(given: float | str) -> float:
    """The speed of a clock for what a user wrote: a number, or ``max``.

    Raises ``ValueError`` saying what is allowed.
    """
    try:
        found = FASTEST if str(given).strip().lower() == MAX else float(given)
    except ValueError:
        found = -1.0
    if found != FASTEST and not 0 <= found <= HIGHEST:
        raise ValueError(f"Choose max or a number from 0 to {HIGHEST:,}")
    return found


class MarketClock(msgspec.Struct, frozen=True):
    """Market time = ``market`` + (wall - ``wall``) x ``speed``, ``wall`` being the other clock; a
    speed of 0 is a market that is paused, and at ``FASTEST`` only the driver moves it."""

    wall: Nanos
    market: Nanos
    speed: float = 1.0

    def now(self, wall: Nanos) -> Nanos:
        """Return the market time at a wall time; before the start it is ``market``."""
        if self.speed >= FASTEST:
            return self.market
        elapsed = max(wall - self.wall, 0)
        return self.market + (elapsed if self.speed == 1 else int(elapsed * self.speed))

    def until(self, due: Nanos, wall: Nanos) -> float:
        """Return the wall seconds until market time reaches ``due``; 0 when it has, and
        endless on a clock that stands still."""
        left = max(due - self.now(wall), 0)
        return left / self.speed / 1e9 if self.speed or not left else math.inf

    def over(self, other: Nanos, wall: Nanos) -> "MarketClock":
        """Return the same market time as a function of another clock, which shows ``other`` now."""
        return MarketClock(other, self.now(wall), self.speed)


class WallWatch:
    """Detects that the computer's clock was set, by comparison with a monotonic clock."""

    def __init__(self, wall: Nanos, steady: Nanos) -> None:
        self._wall = wall
        self._steady = steady

    def look(self, wall: Nanos, steady: Nanos) -> Nanos:
        """Return the step of the clock since the last call, negative backwards; 0: none.

        Slewing by a time server does not count.
        """
        passed = steady - self._steady
        step = wall - self._wall - passed
        self._wall, self._steady = wall, steady
        return step if abs(step) >= LEAST_STEP + passed // MOST_DRIFT else 0


def check_start(kept: MarketClock, last: Nanos, wall: Nanos, *, accepted: bool) -> str:
    """Check the wall time at a start; return a warning, or "".

    ``kept`` is the stored clock of the market and ``last`` the latest stored market time. Market
    time that clients received cannot be undone, so a wall time far from it raises
    ``SettingsError`` unless it is ``accepted``.
    """
    if not kept.speed:
        return ""  # it was paused: no time has passed, whatever the computer's clock says
    before = kept.wall + int(max(last - kept.market, 0) / kept.speed)
    apart = wall - before
    if -LEAST_STEP < apart <= FAR_AHEAD:
        return ""
    way = "after" if apart > 0 else "before"
    told = (
        f"the computer's clock says {_date(wall)}, {_span(abs(apart))} {way} "
        f"the last stored time, {_date(before)}"
    )
    then = "skip ahead" if apart > 0 else "continue from there"
    if not accepted and not -FAR_BACK < apart <= FAR_AHEAD:
        advice = f"Set the clock, or give --accept-clock: market time will {then}"
        raise SettingsError(told, setting="accept_clock", advice=advice)
    return f"{told}: market time will {then}"


def start_text(time: Nanos) -> str:
    """An instant as ``--start`` takes it."""
    return _date(time)


def set_clock(step: Nanos, wall: Nanos) -> str:
    """Return the log line for a clock that was set by ``step`` and is now ``wall``."""
    way = "ahead" if step > 0 else "back"
    return (
        f"the computer's clock was set {way} by {_span(abs(step))}, to {_date(wall)}; "
        "market time continues as before"
    )


def _date(wall: Nanos) -> str:
    try:
        return f"{datetime.fromtimestamp(wall // SECOND, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{wall // SECOND} s since 1970"


def _span(time: Nanos) -> str:
    return str(timedelta(microseconds=round(time / 10_000_000) * 10_000)).removesuffix("0000")
