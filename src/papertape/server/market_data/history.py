"""What a history request means: its span, its step, its end, as TWS reads the texts.

A long span is answered in parts, so that nobody waits for somebody else's year of minutes.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...venue.market.port import MarketSource
from ...venue.market.source import PriceBar
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import UNTRADED
from ...venue.reference.times import period_start
from ...venue.units import DAY, MINUTE, MONTH, SECOND, WEEK, Nanos
from .bad_request import BadRequest
from .bars import told_bars
from .regular_bars import Regular

BAR_SIZES: Final[dict[str, Nanos]] = {
    "1 secs": SECOND, "5 secs": 5 * SECOND, "10 secs": 10 * SECOND, "15 secs": 15 * SECOND,
    "30 secs": 30 * SECOND, "1 min": MINUTE, "2 mins": 2 * MINUTE, "3 mins": 3 * MINUTE,
    "5 mins": 5 * MINUTE, "10 mins": 10 * MINUTE, "15 mins": 15 * MINUTE, "20 mins": 20 * MINUTE,
    "30 mins": 30 * MINUTE, "1 hour": 60 * MINUTE, "2 hours": 120 * MINUTE,
    "3 hours": 180 * MINUTE, "4 hours": 240 * MINUTE, "8 hours": 480 * MINUTE, "1 day": DAY,
    "1W": WEEK, "1 week": WEEK, "1M": MONTH, "1 month": MONTH,
}  # fmt: skip
"""Legal bar sizes, as recorded from a server's own error text, and the two long spellings."""

LIVE: Final = frozenset(("TRADES", "AGGTRADES", "MIDPOINT", "BID", "ASK"))
"""What TWS keeps up to date."""
DATE_FORMS: Final = (1, 2, 3)
_DURATION = re.compile(r"(\d+)(?: ([SDWMY]))?\Z", re.ASCII | re.IGNORECASE)
_DASHED = re.compile(r"\d{8}-\d{2}:\d{2}:\d{2}Z?\Z", re.ASCII)
_SPACED = re.compile(r"(?:(\d{8})\s+)?(\d{2}:\d{2}:\d{2})(?:\s+(\S.*))?\Z", re.ASCII)
FIRST_DATA: Final[Nanos] = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp()) * SECOND
"""No market has data from before."""
LEAST_SECONDS: Final = 30
MAX_SECONDS: Final = 86_400
FINEST_SECONDS: Final = 2000
"""Longest span of bars of one second."""
MAX_BARS: Final = 150_000
"""What fits into the 16 MB that an answer may have; a year of a stock's minutes does."""
TRADING_SECONDS: Final = {"STK": 23_400}
"""Length of a trading day; other markets are open round the clock."""
LONGEST: Final = {
    "S": (MAX_SECONDS, 321, "duration_seconds"),
    "D": (365, 321, "duration_days"),
    "W": (52, 321, "duration_weeks"),
    "M": (12, 321, "duration_months"),
    "Y": (68, 162, "too_long"),
}
"""The highest number of each unit, and what is told of a higher one."""
_DAYS: Final = {"D": 1, "W": 7, "M": 31, "Y": 366}


def bar_step(text: str) -> Nanos:
    """The length of a bar. Raises ``BadRequest`` 321 with the list of legal sizes."""
    step = BAR_SIZES.get(text.strip())
    if step is None:
        raise BadRequest(321, "bar_size")
    return step


def check_live(end: str, step: Nanos, what: str) -> None:
    """Looks at bars that are to be kept up to date. Raises ``BadRequest`` 321 for an end, a kind
    or a bar size of which TWS keeps none."""
    if end.strip():
        raise BadRequest(321, "live_end")
    if what not in LIVE:
        raise BadRequest(321, "live_source")
    if step < 5 * SECOND:
        raise BadRequest(321, "live_bar_size")


def duration(text: str) -> tuple[int, str]:
    """(number, unit) of ``n U`` with U one of S D W M Y, or of ``n`` seconds.

    Raises ``BadRequest`` 321, and 162 for too many years.
    """
    text = text.strip()
    if not text:
        raise BadRequest(321, "duration_missing")
    match = _DURATION.match(text)
    if not match:
        raise BadRequest(321, "duration_form")
    digits, unit = match[1].lstrip("0"), (match[2] or "S").upper()
    number = int(digits) if digits and len(digits) <= 10 else 0
    if not 0 < number < 1 << 31 or (unit == "S" and number < LEAST_SECONDS):
        raise BadRequest(321, "duration_invalid")
    most, code, variant = LONGEST[unit]
    if number > most:
        raise BadRequest(code, variant)
    return number, unit


_PERIOD = re.compile(
    r"(\d{1,9}) ?(S|SEC|SECOND|D|DAY|W|WEEK|M|MONTH)S?\Z", re.ASCII | re.IGNORECASE
)
LONGEST_PERIOD: Final = {"S": MAX_SECONDS, "D": 93, "W": 13, "M": 3}
"""Of a histogram, which is made of single ticks; ours, the vendor names no limit."""


def period(text: str) -> tuple[int, str]:
    """(number, unit) of the period of a histogram: ``3 days``, ``1 week``, as ``duration`` has it.

    Raises ``BadRequest`` 321, and 162 for one of more than three months.
    """
    match = _PERIOD.match(text.strip())
    if not match:
        raise BadRequest(321, "duration_form" if text.strip() else "duration_missing")
    number, unit = int(match[1]), match[2][0].upper()
    if not number:
        raise BadRequest(321, "duration_invalid")
    if number > LONGEST_PERIOD[unit]:
        raise BadRequest(162, "too_long")
    return number, unit


def check_length(number: int, unit: str, step: Nanos, sec_type: str) -> None:
    """Raises ``BadRequest`` 162 when the span has more bars of this step than are served."""
    seconds = number
    if unit != "S":
        seconds = number * _DAYS[unit] * TRADING_SECONDS.get(sec_type, MAX_SECONDS)
    if (step == SECOND and seconds > FINEST_SECONDS) or seconds * SECOND // step > MAX_BARS:
        raise BadRequest(162, "too_long")


def calendar_start(end: Nanos, number: int, unit: str, zone: str) -> Nanos:
    """The instant so many weeks, months or years before ``end`` on the calendar of a zone; the
    last of the month where there is no such day. Never before ``FIRST_DATA``."""
    local = datetime.fromtimestamp(end // SECOND, ZoneInfo(zone))
    if unit == "W":
        local -= timedelta(weeks=number)
    else:
        months = local.year * 12 + local.month - 1 - number * (12 if unit == "Y" else 1)
        year, month = months // 12, months % 12 + 1
        local = local.replace(
            year=year, month=month, day=min(local.day, monthrange(year, month)[1])
        )
    return max(int(local.timestamp()) * SECOND, FIRST_DATA)


def end_instant(text: str, zone: str, now: Nanos) -> tuple[Nanos, bool]:
    """The end of the span ("" is now) and whether its zone was only implied (2174).

    Without a date it is that time of today, in the zone that is given. Raises ``BadRequest``
    10314 for any other form.
    """
    found = _moment(text.strip(), zone, now)
    if found is None:
        raise BadRequest(10314, "end_time")
    return found


def start_instant(text: str, zone: str, now: Nanos) -> tuple[Nanos, bool]:
    """Like ``end_instant``, for a start."""
    found = _moment(text.strip(), zone, now)
    if found is None:
        raise BadRequest(10314, "start_time")
    return found


def _moment(text: str, zone: str, now: Nanos) -> tuple[Nanos, bool] | None:
    if not text:
        return now, False
    try:
        if _DASHED.match(text):
            moment = datetime.strptime(text.rstrip("Z"), "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
            return _instant(moment), False
        match = _SPACED.match(text)
        if match:
            date, time, given = match.groups()
            place = ZoneInfo(given or zone)
            day = date or datetime.fromtimestamp(now // SECOND, place).strftime("%Y%m%d")
            moment = datetime.strptime(f"{day} {time}", "%Y%m%d %H:%M:%S")
            return _instant(moment.replace(tzinfo=place)), not given
    except (ValueError, ZoneInfoNotFoundError, OSError):
        pass
    return None


def _instant(moment: datetime) -> Nanos:
    return max(int(moment.timestamp()) * SECOND, FIRST_DATA)


PART_BARS: Final = 500
PART_DAYS: Final = 2
"""Part of a query that is worked out in one go: so many bars, or bars of so many days."""
PART_WHOLE_DAYS: Final = 7
"""The same for bars of a day and more; a month is a part of its own."""


def parts(start: Nanos, end: Nanos, step: Nanos) -> Iterator[tuple[Nanos, Nanos]]:
    """``start .. end`` in parts, cut where bars of this step begin."""
    days = 35 if step == MONTH else PART_WHOLE_DAYS
    width = step * max(min(PART_BARS, PART_DAYS * DAY // step), 1)
    while start < end:
        if step < DAY:
            cut = start + width - start % width
        else:
            # Half a day more: in the week in which clocks are set back, seven days end within it.
            cut = period_start(start + days * DAY + DAY // 2, MONTH if step == MONTH else WEEK)
        yield start, min(cut, end)
        start = min(cut, end)


def part_of_bars(
    market: MarketSource,
    entry: Instrument,
    part: tuple[Nanos, Nanos],
    end: Nanos,
    *,
    step: Nanos,
    what: str,
    regular: Regular | None = None,
) -> list[PriceBar]:
    """The bars that begin in one part of a span that goes on to ``end``; see ``told_bars``."""
    start, cut = part
    # A trading day that begins before the cut ends after it: look a day further.
    reach = cut if step < DAY else min(cut + DAY, end)
    bars = told_bars(market, entry, (start, reach), step=step, what=what, regular=regular)
    # The last part also has the day that began this evening and is dated tomorrow.
    return [bar for bar in bars if bar.start < cut or cut >= end]


def days_worked_out(
    market: MarketSource,
    entry: Instrument,
    part: tuple[Nanos, Nanos],
    end: Nanos,
    *,
    step: Nanos,
    what: str,
) -> Iterator[list[PriceBar]]:
    """Nothing, again and again, while the market works out what a part of a span that goes on to
    ``end`` takes: so ``part_of_bars`` keeps nobody waiting."""
    (start, cut), con_id, minutes = part, entry.conId, step < DAY
    if step < MINUTE or not (minutes or market.minuted(con_id)):
        return
    reach = cut if minutes else min(cut + DAY, end)
    # Bars without a trade are told where there are quotes.
    gaps = minutes and what == "TRADES" and entry.secType not in UNTRADED
    for _ in market.worked_out(con_id, start, reach, what, minutes=minutes, gaps=gaps):
        yield []
