"""What a history request means: its span, its step, its end, as TWS reads the texts.

A long span is answered in parts, so that nobody waits for somebody else's year of minutes.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..venue.market import MarketSource, PriceBar
from ..venue.units import DAY, MINUTE, SECOND, Nanos

BAR_SIZES: Final[dict[str, Nanos]] = {
    "1 secs": SECOND, "5 secs": 5 * SECOND, "10 secs": 10 * SECOND, "15 secs": 15 * SECOND,
    "30 secs": 30 * SECOND, "1 min": MINUTE, "2 mins": 2 * MINUTE, "3 mins": 3 * MINUTE,
    "5 mins": 5 * MINUTE, "10 mins": 10 * MINUTE, "15 mins": 15 * MINUTE, "20 mins": 20 * MINUTE,
    "30 mins": 30 * MINUTE, "1 hour": 60 * MINUTE, "2 hours": 120 * MINUTE,
    "3 hours": 180 * MINUTE, "4 hours": 240 * MINUTE, "8 hours": 480 * MINUTE, "1 day": DAY,
    "1W": 7 * DAY, "1 week": 7 * DAY, "1M": 30 * DAY, "1 month": 30 * DAY,
}  # fmt: skip
"""Legal bar sizes, as recorded from a server's own error text, and the two long spellings."""

WHAT_TO_SHOW: Final = frozenset(("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK"))
_DURATION = re.compile(r"(\d{1,6}) ([SDWMY])\Z")
_TRADING_DAYS: Final = {"D": 1, "W": 5, "M": 21, "Y": 252}
_DASHED = re.compile(r"\d{8}-\d{2}:\d{2}:\d{2}Z?\Z")
_SPACED = re.compile(r"(\d{8})\s+(\d{2}:\d{2}:\d{2})(?:\s+(\S.*))?\Z")
MAX_SECONDS: Final = 86_400
FINEST_SECONDS: Final = 2000
"""Longest span of bars of one second."""
MAX_BARS: Final = 100_000
"""What fits into the 16 MB that an answer may have; a year of a stock's minutes does."""
TRADING_SECONDS: Final = {"STK": 23_400}
"""Length of a trading day; other markets are open round the clock."""
LONGEST: Final = {"D": 365, "W": 52, "M": 12, "Y": 68}


class BadRequest(ValueError):
    """A field of a history request is not legal; carries the code, its variant and its facts."""

    def __init__(self, code: int, variant: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.variant = variant
        self.facts = facts


def bar_step(text: str) -> Nanos:
    """The length of a bar. Raises ``BadRequest`` 321 with the list of legal sizes."""
    step = BAR_SIZES.get(text.strip())
    if step is None:
        raise BadRequest(321, "bar_size")
    return step


def checked_what(text: str) -> str:
    """A ``whatToShow`` that the tape can answer. Raises ``BadRequest`` 321."""
    what = text.strip().upper()
    if what not in WHAT_TO_SHOW:
        raise BadRequest(321, "what_to_show")
    return what


def duration(text: str) -> tuple[int, str]:
    """(number, unit) of ``n U`` with U one of S D W M Y. Raises ``BadRequest`` 162."""
    match = _DURATION.match(text.strip())
    if not match:
        raise BadRequest(162, "invalid_duration")
    number, unit = int(match[1]), match[2]
    if number == 0 or number > LONGEST.get(unit, MAX_SECONDS):
        raise BadRequest(162, "too_long" if number else "invalid_duration")
    return number, unit


def check_length(number: int, unit: str, step: Nanos, sec_type: str) -> None:
    """Raises ``BadRequest`` 162 when the span has more bars of this step than are served."""
    seconds = number
    if unit != "S":
        seconds = trading_days(number, unit) * TRADING_SECONDS.get(sec_type, MAX_SECONDS)
    if (step == SECOND and seconds > FINEST_SECONDS) or seconds * SECOND // step > MAX_BARS:
        raise BadRequest(162, "too_long")


def trading_days(number: int, unit: str) -> int:
    """How many trading days a duration of days or longer spans."""
    return number * _TRADING_DAYS[unit]


def end_instant(text: str, zone: str, now: Nanos) -> tuple[Nanos, bool]:
    """The end of the span ("" is now) and whether its zone was only implied (2174).

    Raises ``BadRequest`` 10314 for any other form.
    """
    text = text.strip()
    if not text:
        return now, False
    try:
        if _DASHED.match(text):
            moment = datetime.strptime(text.rstrip("Z"), "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
            return int(moment.timestamp()) * SECOND, False
        match = _SPACED.match(text)
        if match:
            moment = datetime.strptime(f"{match[1]} {match[2]}", "%Y%m%d %H:%M:%S")
            place = ZoneInfo(match[3] or zone)
            return int(moment.replace(tzinfo=place).timestamp()) * SECOND, not match[3]
    except (ValueError, ZoneInfoNotFoundError, OSError):
        pass
    raise BadRequest(10314, "end_time")


PART_BARS: Final = 500
PART_DAYS: Final = 2
"""Part of a query that is worked out in one go: so many bars, or bars of so many days."""
PART_WHOLE_DAYS: Final = 210
"""The same for bars of a day and more, which come from daily figures; whole weeks and months."""
_MONDAY: Final = 4 * DAY  # 1970-01-05: bars of a week begin there


def parts(start: Nanos, end: Nanos, step: Nanos) -> Iterator[tuple[Nanos, Nanos]]:
    """``start .. end`` in parts, cut where bars of this step begin."""
    if step < DAY:
        width = step * max(min(PART_BARS, PART_DAYS * DAY // step), 1)
    else:
        width = PART_WHOLE_DAYS * DAY
    while start < end:
        cut = min(start + width - (start - _MONDAY) % width, end)
        yield start, cut
        start = cut


def part_of_bars(
    market: MarketSource,
    con_id: int,
    part: tuple[Nanos, Nanos],
    end: Nanos,
    *,
    step: Nanos,
    what: str,
) -> list[PriceBar]:
    """The bars that begin in one part of a span that goes on to ``end``."""
    start, cut = part
    # A trading day that begins before the cut ends after it: look a day further.
    reach = cut if step < DAY else min(cut + DAY, end)
    bars = market.bars(con_id, start=start, end=reach, step=step, what=what)
    return [bar for bar in bars if bar.start < cut]
