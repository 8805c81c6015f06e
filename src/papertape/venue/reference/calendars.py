"""The trading days of exchanges, and the hours of each: frozen, the same on every machine.

A trading day has a regular session and more around it: a pre-market before, a post-market after.
Holidays and half days come from ``exchange_calendars`` by way of ``calendar_table``; the hours
before and after the regular session are facts of the contract details of a real gateway and of
the market-hours tables of LEAN, typed anew here. Where both are silent the choice is ours:
a half day's post-market ends four hours after its close, as on others (NYSE, Nasdaq: 17:00);
currencies know no holidays; Mexico, Zurich and Toronto have regular hours only.

A day is named by its number as ``date.toordinal`` counts; a session of currencies and its like
begins on the evening before its day.
"""

from bisect import bisect_left
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from ..units import MINUTE, Nanos
from .calendar_table import HALF_DAYS, HOLIDAYS
from .instruments import Instrument
from .zones import Zone, zone

_KEPT: Final = 1024
"""Sessions that are remembered; a tape asks about a few again and again."""
_WEEK, _WORKDAYS = 7, 5
_MONDAY: Final = 1
"""The first day of all was a Monday."""


class Hours(msgspec.Struct, frozen=True):
    """The hours of an exchange in minutes after the midnight of the trading day."""

    holidays: str
    """Its calendar in the table; "" trades on every weekday."""
    clock: str
    """The zone of its wall clock."""
    zone_id: str
    """What contract details call that zone."""
    opens: int
    begins: int
    closes: int
    ends: int
    night: tuple[int, int] | None = None
    """The overnight session before the day."""


EXCHANGES: Final = {
    "US": Hours(
        "XNYS", "America/New_York", "US/Eastern", 4 * 60, 9 * 60 + 30, 16 * 60, 20 * 60,
        night=(-4 * 60, 3 * 60 + 50),
    ),
    "IDEALPRO": Hours(
        "", "America/New_York", "US/Eastern", -405, -405, 17 * 60, 17 * 60
    ),
    "MEXI": Hours("XMEX", "America/Mexico_City", "America/Mexico_City", 510, 510, 900, 900),
    "EBS": Hours("XSWX", "Europe/Zurich", "MET", 540, 540, 1050, 1050),
    "TSE": Hours("XTSE", "America/Toronto", "US/Eastern", 570, 570, 960, 960),
}  # fmt: skip
"""By group of exchanges. IDEALPRO opens at 17:15 on the evening before."""


class Session(msgspec.Struct, frozen=True):
    """One trading day: its parts as instants, each up to the next and without its end."""

    day: int
    opens: Nanos
    """The pre-market; where there is none, the regular session."""
    begins: Nanos
    closes: Nanos
    ends: Nanos
    """The end of the post-market, or of the regular session."""
    night: tuple[Nanos, Nanos] | None = None
    """The overnight session before it."""

    @property
    def date(self) -> str:
        """``yyyymmdd``."""
        return date.fromordinal(self.day).strftime("%Y%m%d")


class Calendar:
    """The trading days of one group of exchanges, numbered without holes; look-ups take O(log n).

    Outside of the years of the table every weekday is a trading day of the usual hours.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.zone: Zone = zone(hours.clock)
        table = hours.holidays
        self._holidays = [day for day, _ in _days(HOLIDAYS[table])] if table else []
        self._half = dict(_days(HALF_DAYS[table])) if table else {}
        self.session = lru_cache(_KEPT)(self._session)

    @property
    def regular(self) -> Nanos:
        """The usual length of the regular session."""
        return (self.hours.closes - self.hours.begins) * MINUTE

    def number(self, day: int) -> int:
        """The number of the first trading day that is not before that day."""
        weeks, rest = divmod(day - _MONDAY, _WEEK)
        weekdays = weeks * _WORKDAYS + min(rest, _WORKDAYS)
        return weekdays - bisect_left(self._holidays, day)

    def day(self, number: int) -> int:
        """The date of a trading day."""
        low = _weekday(number)
        high = _weekday(number + len(self._holidays))
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.number(middle) <= number else (low, middle - 1)
        return low

    def on(self, day: int) -> Session | None:
        """The session of a date; None when it has none."""
        number = self.number(day)
        return self.session(number) if self.number(day + 1) > number else None

    def current(self, now: Nanos) -> int:
        """The number of the first trading day that has not ended at ``now``."""
        number = self.number(self.zone.day(now))
        return number + 1 if self.session(number).ends <= now else number

    def _session(self, number: int) -> Session:
        """The trading day of that number."""
        hours, day = self.hours, self.day(number)
        closes = self._half.get(day, hours.closes)
        ends = hours.ends - (hours.closes - closes)
        at = self.zone.instant
        night = hours.night and (at(day, hours.night[0]), at(day, hours.night[1]))
        return Session(
            day, at(day, hours.opens), at(day, hours.begins), at(day, closes), at(day, ends), night
        )


@lru_cache(len(EXCHANGES))
def calendar(group: str) -> Calendar:
    """The calendar of a group of exchanges. Raises ``KeyError``."""
    return Calendar(EXCHANGES[group])


def calendar_of(instrument: Instrument) -> Calendar:
    """The calendar by which an instrument trades: that of its primary exchange."""
    if instrument.secType == "CASH":
        return calendar("IDEALPRO")
    group = instrument.primaryExchange
    return calendar(group if group in EXCHANGES else "US")


def _weekday(number: int) -> int:
    """The date of the weekday with that number."""
    weeks, rest = divmod(number, _WORKDAYS)
    return weeks * _WEEK + rest + _MONDAY


def _days(text: str) -> list[tuple[int, int]]:
    """The days of a table in order, with the minutes after midnight that they have."""
    found: list[tuple[int, int]] = []
    for line in text.split("\n"):
        year, *words = line.split() or [""]
        for word in words:
            stamp, _, clock = word.partition("=")
            day = date(int(year), int(stamp[:2]), int(stamp[2:])).toordinal()
            found.append((day, int(clock or 0) // 100 * 60 + int(clock or 0) % 100))
    return found
