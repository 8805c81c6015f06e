"""The market of a station: one continuous tape over many instruments.

Recorded instruments play their recording, the others a synthetic tape; both are open at any
hour, or in the sessions of a calendar (see ``layout``). Every answer is a function of what the
market was opened with and of the instant asked about; caches change the time it takes and nothing
else.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..reference.calendars import Calendar
from ..units import MINUTE, Nanos, PriceUnits
from . import bars
from .actions import Action, ActionsAhead, InNewShares, KnownDividend
from .auctions import KEPT, figures
from .days import Cache
from .defaults import DEFAULTS
from .depth import depth
from .glimpses import glimpse, past_closes
from .kinds import OptionSpec
from .port import MarketSource
from .recorded import RecordedDays, Recording
from .source import AuctionFigures, DayStats, Depth, Glimpse, PriceBar, Print, Quote, Span
from .sources import NO_CALENDARS, Sources, Spec
from .timeline import Tape


def open_market(
    anchor: Nanos,
    *,
    recordings: Iterable[Recording] = (),
    synthetic: Mapping[int, Spec] = DEFAULTS,
    seed: int = 0,
    calendars: Mapping[int, Calendar] = NO_CALENDARS,
) -> "Market":
    """A market whose recorded day begins at ``anchor``; to begin later in the day, move it back.

    An instrument with one of ``calendars`` (by conId) is open at its hours only: its recorded day
    is the first session that has not ended at ``anchor``.

    An instrument with a recording is played from it, whatever ``synthetic`` says. Nothing is
    loaded or worked out before an instrument is first asked about.
    """
    return Market(anchor, Sources(anchor, recordings, synthetic, seed=seed, calendars=calendars))


class Market(MarketSource):
    """One tape over many instruments.

    Every method raises ``KeyError`` for an instrument that it does not have.
    """

    def __init__(self, anchor: Nanos, sources: Sources) -> None:
        self.anchor = anchor // MINUTE * MINUTE
        self._sources = sources
        self._outcomes = Cache(KEPT)
        self.tape = sources.tape
        """One instrument's tape."""

    def con_ids(self) -> Iterable[int]:
        """The instruments on the tape: recorded ones first."""
        return tuple(self._sources)

    def __contains__(self, con_id: int) -> bool:
        return con_id in self._sources

    def unloaded(self, first: Collection[int] = ()) -> list[tuple[int, RecordedDays]]:
        """The instruments whose recordings have not been read, ``first`` those named."""
        return self._sources.unloaded(first)

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """Top of book at ``now``."""
        return self.tape(con_id).quote(now)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """The trading day that ``now`` belongs to, up to and including ``now``."""
        return self.tape(con_id).stats(now)

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """Every quote and trade with ``after < time <= until``, in time order."""
        return self.tape(con_id).ticks(after, until)

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """Time of the first tick after ``after``; this tape never ends."""
        return self.tape(con_id).next_tick(after)

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        """Bars that begin in ``start <= t < end``, the last one up to and including ``end``."""
        return bars.bars(self.tape(con_id), (start, end), step, what)

    def bars_without(
        self, con_id: int, shut: Sequence[Span], *, span: Span, step: Nanos, what: str
    ) -> list[PriceBar]:
        """The same without what happened in the times of ``shut``, apart and in order."""
        return bars.bars(self.tape(con_id), span, step, what, shut)

    def regular_days(
        self, con_id: int, *, start: Nanos, end: Nanos, what: str
    ) -> list[PriceBar] | None:
        """A bar of the regular session of every trading day that touches a span, the last up to and
        including its end; None where the tape does not play hours around it that are cheaper left
        out: of anything but stocks without a recording in the hours of their exchange."""
        if not self._sources.extended(con_id):
            return None
        return bars.regular_days(self.tape(con_id), (start, end), what)

    def worked_out(
        self, con_id: int, start: Nanos, end: Nanos, what: str, *, minutes: bool, gaps: bool = False
    ) -> Iterator[None]:
        """See ``MarketSource``."""
        line = self.tape(con_id)
        done: list[int] = []
        for number, _, close in line.sessions(start, end):
            day = line.day(number)
            part = line.played(number, min(close, end + 1)) < day.length
            yield from day.worked_out(what, minutes=minutes or part)
            if gaps and 0 in day.rows(what).count:
                yield from day.worked_out("MIDPOINT", minutes=True)
                if not done:
                    yield from _before(line, number, start)
            done.append(number)
            for one in done:  # so that none of them is forgotten meanwhile
                line.day(one)

    def minuted(self, con_id: int) -> bool:
        """Whether the bar of a day takes its minutes, which are then kept for a while."""
        return self._sources.minuted(con_id)

    def depth(self, con_id: int, now: Nanos, levels: int) -> Depth:
        """The book at ``now``, its best level the quote. Raises ``ValueError`` unless there are 1
        to 60 ``levels``."""
        quote, seed = self.quote(con_id, now), self._sources.seed_of(con_id)
        return depth(quote, now, step=self._sources.step(con_id), levels=levels, seed=seed)

    def auction(self, con_id: int, now: Nanos) -> AuctionFigures | None:
        """What is told before the opening and closing auctions of an instrument; None where its
        tape keeps no hours of an exchange."""
        tape = self.tape(con_id)
        if not tape.apart:
            return None
        seed, step = self._sources.seed_of(con_id), self._sources.step(con_id)[0]
        return figures(tape, now, self._outcomes, seed=seed, step=step)

    def actions(self, con_id: int) -> tuple[Action, ...]:
        """Splits, dividends and changes of the symbol of a recorded instrument; else none."""
        recorded = self._sources.recorded(con_id)
        return () if recorded is None else recorded.actions()

    def actions_ahead(self, con_id: int, after: Nanos) -> ActionsAhead | None:
        """The next splits and dividends of a recorded instrument after an instant; None when none
        is known. Prices are in new shares from the instant on that follows theirs."""
        divided = self._sources.divided(con_id)
        return None if divided is None else divided.ahead(after)

    def dividends(self, con_id: int) -> Sequence[KnownDividend]:
        """The dividends of a recorded instrument, past ones and those to come, in order."""
        divided = self._sources.divided(con_id)
        return () if divided is None else divided.dividends

    def adjustments(self, con_id: int, until: Nanos) -> Sequence[InNewShares]:
        """For each split and ex-day that has come by an instant, what bars before it are brought
        with, in order; splits before the anchored day are in the bars already."""
        divided = self._sources.divided(con_id)
        return () if divided is None else divided.adjustments(until)

    def option(self, con_id: int) -> OptionSpec | None:
        """What an option is, whether or not its underlying has a tape; None of anything else."""
        return self._sources.option(con_id)

    def volatility(self, con_id: int, now: Nanos) -> float | None:
        """The yearly volatility of an option, or of one at the money in 30 days on anything else;
        None where there is none."""
        return self._sources.volatility(con_id, now)

    def bond_yield(self, con_id: int, now: Nanos, price: PriceUnits) -> float | None:
        """The yearly yield of a bond at a price; None of anything else, and at its end."""
        return self._sources.bond_yield(con_id, now, price)

    def glimpse(self, con_id: int, now: Nanos) -> Glimpse | None:
        """The half an hour around ``now`` at a glance; None of what has no trades."""
        return glimpse(self._sources, con_id, now)

    def past_closes(self, con_id: int, now: Nanos, days: int) -> tuple[Nanos, list[PriceUnits]]:
        """See ``MarketSource``."""
        return past_closes(self._sources, con_id, now, days)

    def trading_start(self, con_id: int, now: Nanos, days: int, *, regular: bool = False) -> Nanos:
        """See ``MarketSource``."""
        return self.tape(con_id).trading_start(now, days, regular=regular)

    def head(self, con_id: int) -> Nanos:
        """First instant of the earliest trading day on offer."""
        return self.tape(con_id).head()

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[tuple[Nanos, Nanos]]:
        """First instant and end of every trading day that touches ``start .. end``."""
        return [span[1:] for span in self.tape(con_id).sessions(start, end)]


def _before(line: Tape, number: int, start: Nanos) -> Iterator[None]:
    """Work out what the last price before ``start`` takes, and the close before that, when a day's
    first minute from there on has no trade."""
    first = min(line.played(number, start), line.length - 1) // MINUTE
    if line.day(number).rows("TRADES").count[first]:
        return
    before = line.number(start - 1)
    if before != number:
        yield from line.day(before).worked_out("TRADES", minutes=False)
    for side in ("BID", "ASK"):
        yield from line.day(before - 1).worked_out(side, minutes=False)
