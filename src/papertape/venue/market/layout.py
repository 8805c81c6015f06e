"""Where trading days lie on the time line: without a pause, or in the sessions of an exchange.

``Laps``: open at any hour. Day 0 begins at the anchor; when it ends, day 1 begins at once, and so
on for ever. The days before lie a calendar day apart, as they did: day -1 begins 24 hours before
the anchor, with its night between.

``SessionDays``: day 0 is the first session that has not ended at the anchor, and every session
after or before it has the next day. A day begins with the regular session; one that is longer
than that begins with the pre-market. It ends with its session at the latest, so a half day shows
the first half of its day, and the next one begins where it would have begun anyway.
"""

from typing import Protocol

from ..reference.calendars import Calendar, TradingDay
from ..units import DAY, MINUTE, Nanos


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
        """How long it plays: its whole length, or less."""

    def dated(self, number: int) -> Nanos:
        """The instant whose date is that of the trading day."""

    def regular(self, number: int) -> tuple[Nanos, Nanos] | None:
        """When the regular session of a trading day begins and closes; None without sessions."""


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

    def dated(self, number: int) -> Nanos:
        return self.start(number)

    def regular(self, number: int) -> None:
        return None


class SessionDays:
    """Days in the sessions of a calendar."""

    apart = True

    def __init__(self, anchor: Nanos, length: Nanos, calendar: Calendar) -> None:
        self._calendar = calendar
        self._length = length
        self._whole = length > calendar.regular
        """Whether a day has more than the regular session."""
        self._first = calendar.current(anchor)

    def number(self, now: Nanos) -> int:
        number = self._calendar.current(now)
        if self._begins(self._calendar.session(number)) > now:
            number -= 1
        return number - self._first

    def start(self, number: int) -> Nanos:
        return self._begins(self._session(number))

    def span(self, number: int) -> Nanos:
        session = self._session(number)
        ends = session.ends if self._whole else session.closes
        return min(ends - self._begins(session), self._length)

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
