"""Times as files write them, read into days and instants.

A stamp is a date (``2024-01-05``, ``20240105``, ``2024.01.05``), a date with a time of day in ISO
8601, with or without an offset, or a whole number since 1970: seconds, milli-, micro- or
nanoseconds, told apart by their size.
"""

import re
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from ..venue.reference.zones import EPOCH
from ..venue.units import DAY, SECOND, Nanos

_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[ T-]?(\d\d):?(\d\d)(?::?(\d\d))?)?")
_SLASHED: Final = re.compile(r"(\d\d?)[/.-](\d\d?)[/.-](\d{4})(.*)")
_FINE: Final = re.compile(r"\.\d{6}(\d{1,3})(?!\d)")
_EPOCH_MOMENT: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = ((10**11, SECOND), (10**14, 1_000_000), (10**17, 1_000), (1 << 63, 1))
"""Numbers below each are in units of so many nanoseconds: up to the year 5138."""


class DateOrder(Enum):
    """The order of a date's parts where the year stands last."""

    MDY = "mdy"
    DMY = "dmy"


class Stamp(NamedTuple):
    """A day as ``date.toordinal`` counts, and the instant; None where only the day is told."""

    day: int
    instant: Nanos | None


class NoStamp(ValueError):
    """A text that is no time; the words say why."""


class Stamps:
    """Reads the stamps of a file. ``zone`` is that of times without an offset, and of days."""

    def __init__(self, zone: tzinfo, order: DateOrder | None = None) -> None:
        self._zone = zone
        self._order = order
        self._dated = lru_cache(4096)(self._date)

    def read(self, text: str) -> Stamp:
        """The stamp of a text. Raises ``NoStamp``."""
        text = text.strip()
        if len(text) <= 10:
            found = self._dated(text)
            if found is not None:
                return Stamp(found, None)
        if text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 19:
            if len(text) == 14 and text[:2] in ("19", "20"):  # 20240105093000
                return self._moment(text)
            return self.of_number(int(text))
        return self._moment(text)

    def of_number(self, value: int) -> Stamp:
        """The stamp of a number since 1970. Raises ``NoStamp``."""
        for below, unit in _UNITS:
            if 10**8 <= value < below:
                return self.of_instant(value * unit)
        raise NoStamp(f"{value} is neither a date nor a time since 1970")

    def of_instant(self, instant: Nanos) -> Stamp:
        """The stamp of an instant, with its day in the zone."""
        return Stamp(_zoned_day(self._zone, instant // (900 * SECOND)), instant)

    def begins_day(self, instant: Nanos) -> bool:
        """Whether an instant is the first of a day in the zone."""
        before = self.of_instant(instant - 1).day
        return before < self.of_instant(instant).day

    def _date(self, text: str) -> int | None:
        """The day of a text that is a date alone."""
        slashed = _SLASHED.fullmatch(text)
        if slashed:
            return self._slashed(slashed).toordinal()
        plain = text.replace(".", "-").replace("/", "-")
        try:
            if plain.count("-") == 2:
                year, month, day = (int(part) for part in plain.split("-"))
                return date(year, month, day).toordinal() if year > 999 else None
            if len(plain) == 8 and plain.isdigit() and plain[:2] in ("18", "19", "20"):
                return date.fromisoformat(plain).toordinal()
        except ValueError:
            raise NoStamp(f"{text!r} is no date") from None
        return None

    def _slashed(self, found: re.Match[str]) -> date:
        first, second, year = (int(part) for part in found.groups()[:3])
        if self._order is None:
            raise NoStamp(f"{found[0]!r} may begin with the day or with the month")
        month, day = (first, second) if self._order is DateOrder.MDY else (second, first)
        try:
            return date(year, month, day)
        except ValueError:
            raise NoStamp(f"{found[0]!r} is no date in the order {self._order.value}") from None

    def _moment(self, text: str) -> Stamp:
        slashed = _SLASHED.fullmatch(text)
        compact = _COMPACT.fullmatch(text)
        plain = text
        if slashed:
            plain = f"{self._slashed(slashed).isoformat()}{slashed[4]}"
        elif compact and compact[4]:
            plain = "{}-{}-{}T{}:{}:{}".format(*(part or "00" for part in compact.groups()))
        elif text[4:5] in "./" and text[7:8] == text[4:5]:
            plain = f"{text[:4]}-{text[5:7]}-{text[8:]}"
        fine = _FINE.search(plain)  # fromisoformat passes over what is finer than a microsecond
        nanos = int(fine[1].ljust(3, "0")) if fine else 0
        try:
            moment = datetime.fromisoformat(plain.replace(" UTC", "+00:00"))
        except ValueError:
            raise NoStamp(f"{text[:60]!r} is no time") from None
        if moment.tzinfo is None:
            day = moment.toordinal()
            moment = moment.replace(tzinfo=self._zone)
            return Stamp(day, _nanos(moment) + nanos)
        return self.of_instant(_nanos(moment) + nanos)


def _nanos(moment: datetime) -> Nanos:
    since = moment - _EPOCH_MOMENT
    return since.days * DAY + since.seconds * SECOND + since.microseconds * 1_000


@lru_cache(4096)
def _zoned_day(zone: tzinfo, quarter: int) -> int:
    """The day in a zone; clocks change at quarters of an hour."""
    days, rest = divmod(quarter * 900, 86_400)
    try:
        moment = datetime.fromordinal(EPOCH + days).replace(tzinfo=UTC)
        return (
            moment.replace(hour=rest // 3600, minute=rest // 60 % 60).astimezone(zone).toordinal()
        )
    except (ValueError, OverflowError):
        raise NoStamp("a time that no calendar has") from None
