"""All quote lines of a station: sampled at an interval, the latest state only.

The market is asked once per instrument and step, and what changed is encoded once for all who
were told the same before, whatever the number of subscribers. A session that does not read is
passed over; when it reads again, its lines go on with the then current state, so nothing piles up.
"""

from functools import partial
from typing import TYPE_CHECKING

from ..venue.units import Nanos
from ..wire.batch import Batch
from .quotes import QuoteLine, Shown, Ticks, shown
from .session import Session

if TYPE_CHECKING:
    from .station import Station


class Sample:
    """What one moment has to tell, worked out once for everyone."""

    def __init__(self, station: "Station") -> None:
        self._market, self._now = station.market, station.now
        self._lots = bool(station.config.settings.sendMarketDataInLotsForUsStocks)
        self._states: dict[int, Shown] = {}
        self._batches: dict[tuple[int, int, Shown | None], Batch] = {}

    def tell(self, session: Session, line: QuoteLine) -> None:
        """Send what is new for a line."""
        con_id = line.instrument.conId
        state = self._states.get(con_id) or self._look(con_id)
        before = line.told
        if before == state:
            return
        key = (con_id, session.version, before)
        batch = self._batches.get(key)
        if batch is None:
            ticks = Ticks(line.request_id, line.instrument, session.version, lots=self._lots)
            batch = Batch(tuple(ticks.between(before, state)), session.version)
            self._batches[key] = batch
        line.told = state
        session.send_batch(batch, line.request_id)

    def _look(self, con_id: int) -> Shown:
        quote, day = self._market.quote(con_id, self._now), self._market.day(con_id, self._now)
        state = self._states[con_id] = shown(quote, day)
        return state


class Lines:
    """Drives the quote lines."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._interval: Nanos = station.settings.quote_interval_ms * 1_000_000
        self._next: Nanos = 0

    def next_due(self) -> Nanos | None:
        """When the next sample is due; None while nobody subscribes."""
        reading = [one for one in self._station.sessions() if one.quote_lines and not one.paused]
        if not reading:
            return None
        if self._interval:
            return self._next
        station = self._station
        watched = {line.instrument.conId for one in reading for line in one.quote_lines.values()}
        ticks = (station.market.next_tick(con_id, station.now) for con_id in watched)
        return min((tick for tick in ticks if tick is not None), default=None)

    def show(self, session: Session, line: QuoteLine) -> None:
        """Bring one line up to now."""
        Sample(self._station).tell(session, line)

    def step(self, now: Nanos) -> None:
        """Bring every line up to now, when a sample is due."""
        if now < self._next:
            return
        self._next = now + self._interval
        sample = Sample(self._station)
        for session in self._station.sessions():
            if session.paused:
                continue
            for line in list(session.quote_lines.values()):
                work = partial(sample.tell, session, line)
                if not self._station.attempt(session, line.request_id, "quote line", work):
                    # A tape that cannot be read ends the lines on it, not the station.
                    del session.quote_lines[line.request_id]
