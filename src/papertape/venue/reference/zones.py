"""Time zones that are the same on every machine: frozen tables, no time zone database is asked.

A database is updated when a country changes its clocks, and then the same instant reads otherwise
in the next process. What the venue decides must not depend on that, so its zones come from
``calendar_table``, which ``scripts/build_calendars.py`` writes.
"""

from bisect import bisect_right
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import Final

from ..units import SECOND, Nanos
from .calendar_table import ZONES

EPOCH: Final = date(1970, 1, 1).toordinal()
_MINUTE, _DAY = 60, 86_400


class Zone(tzinfo):
    """One frozen zone; a ``tzinfo``. Before and after its table the nearest offset holds."""

    def __init__(self, name: str, table: str) -> None:
        self.name = name
        offsets, *words = table.split()
        known = [int(minutes) * _MINUTE for minutes in offsets.split(",")]
        self._offsets = [known[0]]
        self._from: list[int] = []
        """Seconds since the epoch from which the next offset holds."""
        at = 0
        for word in words:
            at += int(word[:-1], 36) * _MINUTE if self._from else int(word[:-1]) * _MINUTE
            self._from.append(at)
            self._offsets.append(known[int(word[-1])])
        pairs = list(zip(self._from, self._offsets, self._offsets[1:]))
        self._walls = (
            [at + max(before, after) for at, before, after in pairs],
            [at + min(before, after) for at, before, after in pairs],
        )
        """The same on the wall clock, for the first and for the second of an hour that is twice."""

    def offset(self, now: Nanos) -> int:
        """Seconds that the wall clock is ahead of UTC."""
        return self._offsets[bisect_right(self._from, now // SECOND)]

    def day(self, now: Nanos) -> int:
        """The date on the wall clock, as ``date.toordinal`` counts."""
        return (now // SECOND + self.offset(now)) // _DAY + EPOCH

    def instant(self, day: int, minutes: int) -> Nanos:
        """When the wall clock shows so many minutes after the midnight of a day; the minutes may
        be those of another day. In an hour that is twice, the first; in one that is left out, as
        if the clock had not been changed yet."""
        wall = (day - EPOCH) * _DAY + minutes * _MINUTE
        return (wall - self._offsets[bisect_right(self._walls[0], wall)]) * SECOND

    # -- tzinfo -------------------------------------------------------------------------------

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """How far a wall clock's time is ahead of UTC."""
        if moment is None:
            return None
        wall = (moment.toordinal() - EPOCH) * _DAY
        wall += moment.hour * 3600 + moment.minute * 60 + moment.second
        return timedelta(seconds=self._offsets[bisect_right(self._walls[moment.fold], wall)])

    def fromutc(self, moment: datetime) -> datetime:
        """The wall clock at an instant."""
        since = (moment.toordinal() - EPOCH) * _DAY
        since += moment.hour * 3600 + moment.minute * 60 + moment.second
        place = bisect_right(self._from, since)
        wall = since + self._offsets[place]
        fold = int(place > 0 and wall < self._walls[0][place - 1])
        return (moment + timedelta(seconds=self._offsets[place])).replace(fold=fold)

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Not told: the table has offsets, not their reasons."""
        return None

    def tzname(self, moment: datetime | None) -> str:
        """The name of the zone."""
        return self.name


@cache
def zone(name: str) -> Zone:
    """The frozen zone of that name, as tz databases spell it. Raises ``KeyError``."""
    return Zone(name, ZONES[name])
