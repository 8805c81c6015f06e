"""The market of a station: one continuous tape over many instruments.

Recorded instruments play their recording, the others a synthetic tape; both are open at any
hour, or in the sessions of a calendar (see ``layout``). Every answer is a function of what the
market was opened with and of the instant asked about; caches change the time it takes and nothing
else.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from ..reference.calendars import Calendar
from ..units import MINUTE, Nanos
from . import bars
from .days import Caches
from .defaults import DEFAULTS
from .layout import Laps, Layout, SessionDays
from .noise import mix
from .recorded import RecordedDays, Recording
from .source import DayStats, PriceBar, Quote, Trade
from .synthetic import Factors, SyntheticDays, SyntheticSpec
from .timeline import DaySource, Tape

NO_CALENDARS: Mapping[int, Calendar] = MappingProxyType({})


def open_market(
    anchor: Nanos,
    *,
    recordings: Iterable[Recording] = (),
    synthetic: Mapping[int, SyntheticSpec] = DEFAULTS,
    seed: int = 0,
    calendars: Mapping[int, Calendar] = NO_CALENDARS,
) -> "Market":
    """A market whose recorded day begins at ``anchor``; to begin later in the day, move it back.

    An instrument with one of ``calendars`` (by conId) is open at its hours only: its recorded day
    is the first session that has not ended at ``anchor``.

    An instrument with a recording is played from it, whatever ``synthetic`` says. Nothing is
    loaded or worked out before an instrument is first asked about.
    """
    caches, factors = Caches(), Factors(seed)
    sources: dict[int, DaySource] = {}
    for recording in recordings:
        seeded = mix(seed, recording.conId)
        sources[recording.conId] = RecordedDays(recording, seeded, caches=caches)
    for con_id, spec in synthetic.items():
        if con_id not in sources:
            sources[con_id] = SyntheticDays(
                spec,
                mix(seed, con_id),
                caches=caches,
                nightly=con_id in calendars,
                factors=factors,
            )
    return Market(anchor, sources, calendars)


class Market:
    """One tape over many instruments; implements ``MarketSource``.

    Every method raises ``KeyError`` for an instrument that it does not have.
    """

    def __init__(
        self,
        anchor: Nanos,
        sources: Mapping[int, DaySource],
        calendars: Mapping[int, Calendar] = NO_CALENDARS,
    ) -> None:
        self.anchor = anchor // MINUTE * MINUTE
        self._sources = sources
        self._tapes: dict[int, Tape] = {}
        for con_id, source in sources.items():
            calendar = calendars.get(con_id)
            layout: Layout = Laps(anchor, source.length)
            if calendar is not None:
                layout = SessionDays(anchor, source.length, calendar)
            self._tapes[con_id] = Tape(con_id, source, layout)

    def con_ids(self) -> Iterable[int]:
        """The instruments on the tape, in the order in which they were given."""
        return tuple(self._tapes)

    def unloaded(self, first: Collection[int] = ()) -> list[tuple[int, RecordedDays]]:
        """The instruments whose recordings have not been read, ``first`` those named."""
        found = [
            (con_id, source)
            for con_id, source in self._sources.items()
            if isinstance(source, RecordedDays) and not source.loaded
        ]
        return sorted(found, key=lambda pair: pair[0] not in first)

    def tape(self, con_id: int) -> Tape:
        """One instrument's tape."""
        return self._tapes[con_id]

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """Top of book at ``now``."""
        return self._tapes[con_id].quote(now)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """The trading day that ``now`` belongs to, up to and including ``now``."""
        return self._tapes[con_id].stats(now)

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Trade]:
        """Every quote and trade with ``after < time <= until``, in time order."""
        return self._tapes[con_id].ticks(after, until)

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """Time of the first tick after ``after``; this tape never ends."""
        return self._tapes[con_id].next_tick(after)

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        """Bars that begin in ``start <= t < end``, the last one up to and including ``end``."""
        return bars.bars(self._tapes[con_id], (start, end), step, what)

    def trading_start(self, con_id: int, now: Nanos, days: int) -> Nanos:
        """Start of the span of ``days`` trading days that ends at ``now``."""
        return self._tapes[con_id].trading_start(now, days)

    def head(self, con_id: int) -> Nanos:
        """First instant of the earliest trading day on offer."""
        return self._tapes[con_id].head()

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[tuple[Nanos, Nanos]]:
        """First instant and end of every trading day that touches ``start .. end``."""
        return [span[1:] for span in self._tapes[con_id].sessions(start, end)]
