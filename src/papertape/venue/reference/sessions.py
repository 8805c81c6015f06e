"""When an instrument trades: at any hour, or at the hours of its exchange.

An order reaches as far as its attributes say: the regular session, the whole day (``outsideRth``)
or the night before it as well. Every question is answered from the frozen calendars, so the
answers are the same on every machine.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, Literal

import msgspec

from ..units import DAY, SECOND, Nanos
from .calendars import Calendar, TradingDay, calendar_of
from .instruments import Instrument, Instruments
from .times import EASTERN, open_all_day

WhenOpen = Literal["always", "exchange"]
"""What a venue is told about hours."""
ALWAYS: Final = "always"
EXCHANGE: Final = "exchange"
REGULAR, EXTENDED, NIGHT = range(3)
"""How much of a trading day an order reaches."""
CALENDAR_DAYS: Final = 6
"""Days that contract details list of a stock, those without trading included."""
SESSIONS: Final = 5
"""Sessions that they list of currencies and futures."""
IN_SESSIONS: Final = frozenset(("CASH", "FUT", "CONTFUT", "FOP"))
"""Kinds whose trading hours are listed by sessions, without the days between."""
NEW_YORK: Final = "US/Eastern"

Span = tuple[Nanos, Nanos]


class Schedule(msgspec.Struct, frozen=True):
    """The hours of an instrument as contract details spell them."""

    zone: str
    trading: str
    liquid: str


FAR: Final[Nanos] = 8 * DAY
"""How far ahead anybody looks for a pause of a market that has none."""


class TradingHours:
    """The hours of all instruments; ``exchange`` is False where every market is always open."""

    def __init__(self, instruments: Instruments, *, exchange: bool = False) -> None:
        self.exchange = exchange
        self._instruments = instruments
        # The last answers, each with the instant since which it holds until its end: orders ask
        # about the same span again and again.
        self._spans: dict[tuple[int, int], tuple[Nanos, Span]] = {}
        self._ends: dict[tuple[int, int], Span] = {}

    def opens(self, con_id: int, reach: int, now: Nanos) -> Nanos:
        """When it opens for an order of that reach; 0 when it is open."""
        if not self.exchange:
            return 0
        begins, _ = self._span(con_id, reach, now)
        return 0 if begins <= now else begins

    def turns(self, con_id: int, reach: int, now: Nanos) -> Nanos:
        """When it opens or closes next; 0 for never."""
        if not self.exchange:
            return 0
        begins, ends = self._span(con_id, reach, now)
        return ends if begins <= now else begins

    def day_end(self, con_id: int, reach: int, now: Nanos) -> Nanos:
        """When a day order lapses: with the last span of its day that it reaches. Only for the
        hours of exchanges."""
        since, end = self._ends.get((con_id, reach), (now, now))
        if since <= now < end:
            return end
        calendar = calendar_of(self._instruments[con_id])
        number = calendar.current(now)
        while (end := _reached(calendar.session(number), reach)[-1][1]) <= now:
            number += 1
        self._ends[con_id, reach] = (now, end)
        return end

    def auction(self, con_id: int, auction: int, now: Nanos) -> Nanos:
        """When the next opening (1) or closing (2) auction of an instrument is, after ``now``:
        where its regular session begins or closes, also where markets are open at any hour."""
        calendar = calendar_of(self._instruments[con_id])
        number = calendar.current(now)
        while True:
            session = calendar.session(number)
            at = session.begins if auction == 1 else session.closes
            if at > now:
                return at
            number += 1

    def _span(self, con_id: int, reach: int, now: Nanos) -> Span:
        """The span that is running, or the next one; spans without a pause between are one."""
        since, span = self._spans.get((con_id, reach), (now, (now, now)))
        if since <= now < span[1]:
            return span
        spans = _spans(calendar_of(self._instruments[con_id]), reach, now)
        begins, ends = next(span for span in spans if span[1] > now)
        for following, later in spans:
            if following > ends or ends > now + FAR:  # some never close
                break
            ends = later
        self._spans[con_id, reach] = (now, (begins, ends))
        return begins, ends

    def opening(self, con_id: int, at: Nanos) -> tuple[str, str]:
        """An opening as the notice to an order that waits for it writes it: time and zone."""
        calendar = calendar_of(self._instruments[con_id])
        stamp = datetime.fromtimestamp(at // SECOND, calendar.zone)
        return f"{stamp:%Y-%m-%d %H:%M:%S}", calendar.hours.zone_id

    def sessions(
        self, entry: Instrument, start: Nanos, end: Nanos, *, regular: bool
    ) -> Iterator[tuple[int, Nanos, Nanos]]:
        """Date, first instant and end of the trading days that touch ``start .. end``, or of their
        regular sessions; days of New York where every market is always open."""
        if not self.exchange:
            for day in range(EASTERN.day(start), EASTERN.day(end - 1) + 1):
                yield day, EASTERN.instant(day, 0), EASTERN.instant(day + 1, 0)
            return
        calendar = calendar_of(entry)
        number = calendar.current(start)
        while True:
            session = calendar.session(number)
            begins = session.begins if regular else session.opens
            if begins >= end:
                return
            ends = session.closes if regular else session.ends
            if ends > start:
                yield session.day, begins, ends
            number += 1

    # -- contract details -----------------------------------------------------------------------

    def zone_id(self, entry: Instrument) -> str:
        """The zone of an instrument's trading day, as contract details name it."""
        return calendar_of(entry).hours.zone_id if self.exchange else NEW_YORK

    def schedule(self, entry: Instrument, now: Nanos) -> Schedule:
        """The coming days: six of the calendar, but five sessions of currencies, and five for the
        trading hours of futures."""
        if not self.exchange:
            hours = open_all_day(now)
            return Schedule(NEW_YORK, hours, hours)
        calendar = calendar_of(entry)
        trading: list[str] = []
        liquid: list[str] = []
        for day, session in _listed(calendar, entry.secType in IN_SESSIONS, now):
            if session is None:
                trading.append(f"{_date(day)}:CLOSED")
            else:
                trading += _texts(calendar, session.parts(session.opens, session.ends))
        for day, session in _listed(calendar, entry.secType == "CASH", now):
            if session is None:
                liquid.append(f"{_date(day)}:CLOSED")
            else:
                liquid += _texts(calendar, session.parts(session.begins, session.closes))
        return Schedule(calendar.hours.zone_id, ";".join(trading), ";".join(liquid))


def _listed(
    calendar: Calendar, sessions_only: bool, now: Nanos
) -> Iterator[tuple[int, TradingDay | None]]:
    if sessions_only:
        first = calendar.current(now)
        sessions = (calendar.session(first + place) for place in range(SESSIONS))
        yield from ((session.day, session) for session in sessions)
    else:
        today = calendar.zone.day(now)
        days = range(today, today + CALENDAR_DAYS)
        yield from ((day, calendar.on(day)) for day in days)


def _spans(calendar: Calendar, reach: int, now: Nanos) -> Iterator[Span]:
    """The times of trading in order, from the trading day on that has not ended at ``now``."""
    number = calendar.current(now)
    while True:
        yield from _reached(calendar.session(number), reach)
        number += 1


def _reached(session: TradingDay, reach: int) -> tuple[Span, ...]:
    if reach == REGULAR:
        return session.parts(session.begins, session.closes)
    day = session.parts(session.opens, session.ends)
    return day if reach == EXTENDED or session.night is None else (session.night, *day)


def _texts(calendar: Calendar, spans: Iterable[Span]) -> Iterator[str]:
    """``20260824:0930-20260824:1600`` on the wall clock of the exchange, for each."""
    for span in spans:
        stamps = (datetime.fromtimestamp(at // SECOND, calendar.zone) for at in span)
        yield "-".join(f"{stamp:%Y%m%d:%H%M}" for stamp in stamps)


def _date(day: int) -> str:
    return datetime.fromordinal(day).strftime("%Y%m%d")
