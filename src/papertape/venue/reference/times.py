"""Instants as the broker writes them: New York texts, ends of days and quarters."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from ..units import DAY, MONTH, SECOND, Nanos
from .zones import zone

EASTERN = zone("America/New_York")


def eastern(now: Nanos) -> datetime:
    """The New York wall clock at ``now``, to the second."""
    return datetime.fromtimestamp(now // SECOND, EASTERN)


def instant(local: datetime) -> Nanos:
    """The instant of a datetime that knows its zone."""
    return int(local.timestamp()) * SECOND


def eastern_text(now: Nanos) -> str:
    """``20260413 15:27:04 US/Eastern``."""
    return _text_of_second(now // SECOND)


@lru_cache(maxsize=64)
def _text_of_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, EASTERN).strftime("%Y%m%d %H:%M:%S US/Eastern")


def day_end(now: Nanos) -> Nanos:
    """The next midnight in New York, strictly after ``now``."""
    tomorrow = eastern(now).date() + timedelta(days=1)
    return instant(datetime.combine(tomorrow, time(), EASTERN))


def period_start(now: Nanos, step: Nanos) -> Nanos:
    """New York's midnight with which the calendar month (``MONTH``) or the week of ``now`` began:
    the first, or Monday."""
    today = eastern(now).date()
    first = today.replace(day=1) if step == MONTH else today - timedelta(days=today.weekday())
    return instant(datetime.combine(first, time(), EASTERN))


def next_quarter_end(now: Nanos) -> Nanos:
    """16:00 New York on the last day of the next calendar quarter: when a GTC order lapses."""
    today = eastern(now)
    months = (today.month - 1) // 3 * 3 + 6
    year, month = today.year + months // 12, months % 12 + 1
    last = date(year, month, 1) - timedelta(days=1)
    return instant(datetime.combine(last, time(16), EASTERN))


def open_all_day(now: Nanos, days: int = 6) -> str:
    """Hours of a market that never closes, as contract details spell them."""
    spans = []
    for offset in range(days):
        day = eastern(now + offset * DAY).strftime("%Y%m%d")
        spans.append(f"{day}:0000-{day}:2359")
    return ";".join(spans)
