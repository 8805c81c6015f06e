"""All quote lines of a station: sampled at an interval, the latest state only.

The market is asked once per instrument and step, whatever the number of subscribers. A session
that does not read is passed over; when it reads again, its lines go on with the then current
state, so nothing piles up.
"""

from functools import partial
from typing import TYPE_CHECKING

from ..venue.market import DayStats, Quote
from ..venue.units import Nanos
from .quotes import QuoteLine
from .session import Session

if TYPE_CHECKING:
    from .station import Station


class Lines:
    """Drives the quote lines."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._interval: Nanos = station.settings.quote_interval_ms * 1_000_000
        self._next: Nanos = 0

    def next_due(self) -> Nanos | None:
        """When the next sample is due; None while nobody subscribes."""
        watched = self._watched()
        if not watched:
            return None
        if self._interval:
            return self._next
        station = self._station
        ticks = (station.market.next_tick(con_id, station.now) for con_id in watched)
        return min((tick for tick in ticks if tick is not None), default=None)

    def _watched(self) -> set[int]:
        return {
            line.instrument.conId
            for session in self._station.sessions()
            if not session.paused
            for line in session.quote_lines.values()
        }

    def show(self, session: Session, line: QuoteLine) -> None:
        """Bring one line up to now."""
        quote, day = self._state(line.instrument.conId)
        for tick in line.changes(quote, day, session.version):
            session.send(tick)

    def step(self, now: Nanos) -> None:
        """Bring every line up to now, when a sample is due."""
        if now < self._next:
            return
        self._next = now + self._interval
        states: dict[int, tuple[Quote, DayStats]] = {}
        for session in self._station.sessions():
            if session.paused:
                continue
            for line in list(session.quote_lines.values()):
                work = partial(self._sample, session, line, states)
                if not self._station.attempt(session, line.request_id, "quote line", work):
                    # A tape that cannot be read ends the lines on it, not the station.
                    del session.quote_lines[line.request_id]

    def _sample(
        self, session: Session, line: QuoteLine, states: dict[int, tuple[Quote, DayStats]]
    ) -> None:
        con_id = line.instrument.conId
        if con_id not in states:
            states[con_id] = self._state(con_id)
        for tick in line.changes(*states[con_id], session.version):
            session.send(tick)

    def _state(self, con_id: int) -> tuple[Quote, DayStats]:
        market, now = self._station.market, self._station.now
        return market.quote(con_id, now), market.day(con_id, now)
