"""All quote lines of a station: sampled at an interval, the latest state only.

The market is asked once per instrument and sample, and what changed is encoded once for all who
were told the same before, whatever the number of subscribers. A session that does not read is
passed over; when it reads again, its lines go on with the then current state, so nothing piles up.

A sample of many lines is told in slices, so that no order waits for all of it. All slices tell an
instrument's state of one moment: if each told its own, the subscribers would drift apart, and every
one of them would need an encoding of its own. Lines opened meanwhile, which know more, are left to
the next sample, and that one begins when this one is over.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from ...venue.market.source import MarketSource
from ...venue.units import SECOND, Nanos
from ...wire.batch import SharedFrames
from ..config import Config
from ..sessions.attempt import attempt
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..settings import StationSettings
from ..timing import Timing, Wakeup
from .quotes import QuoteLine, Shown, Ticks, shown

SLICE: Nanos = 4_000_000
"""How long lines are told before whatever has come meanwhile is looked at."""


class Look(NamedTuple):
    """The state of an instrument, and the ticks that lead there by version and state before."""

    state: Shown
    lots: bool
    """Sizes of US stocks count round lots."""
    batches: dict[tuple[int, Shown | None], SharedFrames]


class Sample:
    """What the instruments have to tell, worked out once for everyone."""

    def __init__(self, market: MarketSource, config: Config, timing: Timing) -> None:
        self._market = market
        self._config = config
        self._timing = timing
        self._found: dict[int, Look] = {}
        """Of this sample."""
        self._latest: dict[int, Look] = {}

    def begin(self) -> None:
        """A new sample: the market will be asked anew."""
        self._found.clear()

    def tell(self, session: Session, line: QuoteLine) -> None:
        """Send what this sample has for a line."""
        con_id = line.instrument.conId
        look = self._found.get(con_id)
        if look is None:
            look = self._found[con_id] = self._look(con_id)
        self._send(session, line, look)

    def show(self, session: Session, line: QuoteLine) -> None:
        """Send the present state, whatever the sample under way tells."""
        self._send(session, line, self._look(line.instrument.conId))

    def snapshot(self, session: Session, line: QuoteLine) -> None:
        """Send the present state once."""
        market, now = self._market, self._timing.now
        con_id = line.instrument.conId
        quote = market.quote(con_id, now)
        state = shown(quote, market.day(con_id, now))
        ticks = Ticks(line.request_id, line.instrument, session.version, lots=self._in_lots)
        for tick in ticks.snapshot(state, quote.time // SECOND):
            session.send(tick)

    @property
    def _in_lots(self) -> bool:
        return bool(self._config.settings.sendMarketDataInLotsForUsStocks)

    def _look(self, con_id: int) -> Look:
        """Ask the market; what was encoded serves on while it says the same."""
        market, now = self._market, self._timing.now
        state = shown(market.quote(con_id, now), market.day(con_id, now))
        lots = self._in_lots
        look = self._latest.get(con_id)
        if look is None or (look.state, look.lots) != (state, lots):
            look = self._latest[con_id] = Look(state, lots, {})
        return look

    def _send(self, session: Session, line: QuoteLine, look: Look) -> None:
        before, state = line.told, look.state
        if before == state or not line.default:
            return
        key = session.version, before
        batch = look.batches.get(key)
        if batch is None:
            ticks = Ticks(line.request_id, line.instrument, session.version, lots=look.lots)
            batch = SharedFrames(tuple(ticks.between(before, state)), session.version)
            look.batches[key] = batch
        line.told = state
        session.send_batch(batch, line.request_id)


class Level1:
    """Drives the quote lines."""

    def __init__(
        self,
        market: MarketSource,
        sessions: Sessions,
        flows: Callable[[], bool],
        settings: StationSettings,
        config: Config,
        timing: Timing,
    ) -> None:
        """``flows`` says whether quotes come in at present."""
        self._market = market
        self._sessions = sessions
        self._flows = flows
        self._timing = timing
        self._interval: Nanos = settings.quote_interval_ms * 1_000_000
        self._next: Nanos = 0
        self._began = timing.now
        """The moment of the latest sample."""
        self._sample = Sample(market, config, timing)
        self._rest: Iterator[None] | None = None
        """Goes on with the sample under way, a line at a time."""
        self.alarm = Wakeup(self.next_due, self.step)

    def next_due(self) -> Nanos | None:
        """When the next sample is due, or the rest of one; None while nobody subscribes."""
        if not self._flows():
            return None
        if self._rest is not None:
            return self._timing.now
        reading = [lines for one in self._sessions if (lines := _lines(one)) and not one.paused]
        if not reading:
            return None
        if self._interval:
            return self._next
        watched = {line.instrument.conId for lines in reading for line in lines.values()}
        ticks = (self._market.next_tick(con_id, self._began) for con_id in watched)
        return min((tick for tick in ticks if tick is not None), default=None)

    def open(self, session: Session, line: QuoteLine) -> None:
        """Begin a line: tell the known state, then what changes."""
        self.alarm.changed()
        self._sample.show(session, line)
        session.subscriptions.add(line)

    def snapshot(self, session: Session, line: QuoteLine) -> None:
        """Send the present state as a snapshot has it."""
        self._sample.snapshot(session, line)

    def step(self, now: Nanos) -> None:
        """Go on with the sample under way, or with one that is due, for as long as a slice."""
        if not self._flows():
            return
        if self._rest is None:
            if now < self._next:
                return
            self._began, self._next = now, now + self._interval
            self._sample.begin()
            self._rest = self._tell_all()
        watch = self._timing.stopwatch
        end = watch() + SLICE
        for _ in self._rest:
            if watch() >= end:
                return
        self._rest = None

    def _tell_all(self) -> Iterator[None]:
        """Tell the sample to every line that is open now, as long as it is."""
        opened = [(one, line) for one in self._sessions for line in _lines(one).values()]
        for session, line in opened:
            if session.paused or not session.subscriptions.has(line):
                continue
            work = partial(self._sample.tell, session, line)
            if not attempt(session, line.request_id, "quote line", work):
                # A tape that cannot be read ends the lines on it, not the station.
                session.subscriptions.remove(QuoteLine, line.request_id)
            yield


def _lines(session: Session) -> dict[int, QuoteLine]:
    return session.subscriptions.of(QuoteLine)
