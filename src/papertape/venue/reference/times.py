"""Instants as the broker writes them: New York texts, ends of days and quarters."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from ..units import DAY, MONTH, SECOND, Nanos
from .zones import Zone, zone

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


def month_of(ends: Nanos) -> int:
    """The calendar month of the day that ends then, in New York: 202604."""
    day = date.fromordinal(EASTERN.day(ends - 1))
    return day.year * 100 + day.month


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


NAMES: Final = {
    "US/Eastern": "America/New_York",
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "Eastern Standard Time": "America/New_York",
    "US/Central": "America/Chicago",
    "CST": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "Central Standard Time": "America/Chicago",
    "CET": "Europe/Zurich",
    "MET": "Europe/Zurich",
    "Central European Standard Time": "Europe/Zurich",
    "Europe/Berlin": "Europe/Zurich",
    "Europe/Paris": "Europe/Zurich",
    "GB": "Europe/London",
    "GB-Eire": "Europe/London",
    "GMT": "UTC",
    "Etc/UTC": "UTC",
    "Japan": "Asia/Tokyo",
    "JST": "Asia/Tokyo",
    "Hongkong": "Asia/Hong_Kong",
}
"""Other names of the frozen zones, as TWS and its users write them."""
LATEST: Final = 1 << 62
"""Nanoseconds: in the year 2116."""
_FORMS: Final = ("%Y%m%d %H:%M:%S", "%Y%m%d %H:%M", "%Y%m%d-%H:%M:%S")


def named_zone(name: str) -> Zone:
    """The frozen zone of that name or alias. Raises ``KeyError``."""
    return zone(NAMES.get(name, name))


def parse_instant(text: str, default: Zone, *, day_only: bool = False) -> Nanos:
    """The instant of a time in an order: ``yyyymmdd hh:mm:ss [zone]``, without a zone in the
    ``default`` one, or ``yyyymmdd-hh:mm:ss`` in UTC. ``day_only`` allows a date alone, which means
    its end.

    Raises ``ValueError`` on any other form, on an unknown zone and on a year that no journal holds.
    """
    words = text.strip().split(" ", 2)
    place = default
    if len(words) == 3:
        try:
            place = named_zone(words.pop())
        except KeyError as error:
            raise ValueError(f"unknown time zone in {text!r}") from error
    stamp = " ".join(words)
    if day_only and len(stamp) == 8:
        day = datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=place)
        return _bounded(instant(day) + DAY - SECOND, text)
    for form in _FORMS:
        try:
            local = datetime.strptime(stamp, form)
        except ValueError:
            continue
        return _bounded(instant(local.replace(tzinfo=zone("UTC") if "-" in stamp else place)), text)
    raise ValueError(f"no time: {text!r}")


def _bounded(at: Nanos, text: str) -> Nanos:
    if not 0 <= at < LATEST:
        raise ValueError(f"no time of this age: {text!r}")
    return at
