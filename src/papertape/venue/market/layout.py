"""Where trading days lie on the time line: without a pause, or in the sessions of an exchange.

``Laps``: open at any hour. Day 0 begins at the anchor; when it ends, day 1 begins at once, and so
on for ever. The days before lie a calendar day apart, as they did: day -1 begins 24 hours before
the anchor, with its night between. Each has a date of its own in New York, also where the clocks
were changed meanwhile.

``SessionDays``: day 0 is the first session that has not ended at the anchor, and every session
after or before it has the next day. A day begins with the regular session; one that is longer
than that begins with the pre-market. It ends with its session at the latest, so a half day shows
the first half of its day, and the next one begins where it would have begun anyway. A lunch break
stops a day that was made for its exchange: it goes on where it was. A recorded day runs through
it, as its times are those of the clock.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from ..reference.calendars import Calendar, TradingDay
from ..reference.times import EASTERN
from ..units import DAY, MINUTE, SECOND, Nanos
from .memo import Memo

_KEPT: Final = 1024
"""Days whose parts are remembered: those of a long daily history, which all on a layout share."""


class PlayedPart(NamedTuple):
    """What is played of a trading day without a pause."""

    begins: Nanos
    ends: Nanos
    offset: Nanos
    """How much of the day was played before it."""

    @property
    def base(self) -> Nanos:
        """The instant from which offsets of the day are counted in this part."""
        return self.begins - self.offset

    @property
    def until(self) -> Nanos:
        """How much of the day has been played at its end."""
        return self.ends - self.base


class Layout(Protocol):
    """The place of each trading day; day 0 is the anchored one."""

    @property
    def apart(self) -> bool:
        """Whether there are pauses between all days."""

    def number(self, now: Nanos) -> int:
        """The trading day that ``now`` belongs to: the latest that has begun."""

    def start(self, number: int) -> Nanos:
        """First instant of a trading day."""

    def span(self, number: int) -> Nanos:
        """How long it plays without its pauses: its whole length, or less."""

    def parts(self, number: int) -> tuple[PlayedPart, ...]:
        """What it plays, in order; one at least."""

    def dated(self, number: int) -> Nanos:
        """The instant whose date is that of the trading day."""

    def regular(self, number: int) -> tuple[Nanos, Nanos] | None:
        """When the regular session of a trading day begins and closes; None without sessions."""


def part_at(layout: Layout, number: int, now: Nanos) -> PlayedPart:
    """The latest part of a trading day that has begun at ``now``, else its first."""
    first, *more = layout.parts(number)
    for part in more:
        if now < part.begins:
            break
        first = part
    return first


def played(layout: Layout, number: int, now: Nanos) -> Nanos:
    """How much of a trading day has been played at ``now``."""
    part = part_at(layout, number, now)
    return max(min(now, part.ends) - part.base, 0)


def moment(layout: Layout, number: int, offset: Nanos) -> Nanos:
    """When so much of a trading day has been played and more follows; at its very end, its end."""
    parts = layout.parts(number)
    for part in parts:
        if offset < part.until:
            break
    return part.base + offset


class Laps:
    """Days without a pause. ``anchor`` is rounded down to the whole minute, so that the tape's
    minutes are the clock's."""

    apart = False

    def __init__(self, anchor: Nanos, length: Nanos) -> None:
        self._anchor = anchor // MINUTE * MINUTE
        self._length = length

    def number(self, now: Nanos) -> int:
        span = DAY if now < self._anchor else self._length
        return (now - self._anchor) // span

    def start(self, number: int) -> Nanos:
        return self._anchor + number * (DAY if number < 0 else self._length)

    def span(self, number: int) -> Nanos:
        return self._length

    def parts(self, number: int) -> tuple[PlayedPart, ...]:
        start = self.start(number)
        return (PlayedPart(start, start + self._length, 0),)

    def dated(self, number: int) -> Nanos:
        start = self.start(number)
        if number >= 0 or EASTERN.day(start) == EASTERN.day(self._anchor) + number:
            return start
        # The clock has been changed in between: the hour of the anchor has the date of the day.
        return start + (EASTERN.offset(self._anchor) - EASTERN.offset(start)) * SECOND

    def regular(self, number: int) -> None:
        return None


class SessionDays:
    """Days in the sessions of a calendar; ``through`` its pauses, or without."""

    apart = True

    def __init__(
        self, anchor: Nanos, length: Nanos, calendar: Calendar, *, through: bool = False
    ) -> None:
        self._calendar = calendar
        self._length = length
        self._through = through
        hours = calendar.hours
        regular = hours.traded(hours.begins, hours.closes) * MINUTE
        self._whole = length > (calendar.regular if through else regular)
        """Whether a day has more than the regular session."""
        self._first = calendar.current(anchor)
        self.parts = Memo(_KEPT, self._parts).__getitem__

    def number(self, now: Nanos) -> int:
        number = self._calendar.current(now)
        if self._begins(self._calendar.session(number)) > now:
            number -= 1
        return number - self._first

    def start(self, number: int) -> Nanos:
        return self._begins(self._session(number))

    def span(self, number: int) -> Nanos:
        return self.parts(number)[-1].until

    def _parts(self, number: int) -> tuple[PlayedPart, ...]:
        return tuple(self._played(number))

    def _played(self, number: int) -> Iterator[PlayedPart]:
        session = self._session(number)
        begins, ends = self._begins(session), session.ends if self._whole else session.closes
        spans = ((begins, ends),) if self._through else session.parts(begins, ends)
        offset = 0
        for begins, ends in spans:
            ends = min(ends, begins + self._length - offset)
            if begins < ends:
                yield PlayedPart(begins, ends, offset)
            offset += ends - begins

    def dated(self, number: int) -> Nanos:
        session = self._session(number)
        return max(self._begins(session), self._calendar.zone.instant(session.day, 0))

    def regular(self, number: int) -> tuple[Nanos, Nanos]:
        session = self._session(number)
        return session.begins, session.closes

    def _session(self, number: int) -> TradingDay:
        return self._calendar.session(self._first + number)

    def _begins(self, session: TradingDay) -> Nanos:
        return session.opens if self._whole else session.begins
