"""Halts of an instrument whose market goes on below: while one lasts, nobody quotes or trades.

What the tape below has in that time does not happen: quotes, trades, bars and the figures of the
day leave it out alike. With the end of a halt the quote that stands there comes back.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from ..script import GENERAL, HALTED, RESUMED, TapeMark
from ..units import DAY, MONTH, WEEK, Nanos
from .port import MarketSource
from .source import ENDLESS, DayStats, Depth, Halt, PriceBar, Print, Quote, Span

STANDS: Final[Nanos] = 3_600 * 10**9
"""How long an empty book stands before it is looked at again."""
LONGEST_BAR: Final[Nanos] = 31 * DAY


class Halts:
    """The halts that marks tell of, in order of time."""

    def __init__(self) -> None:
        self.spans: list[Halt] = []
        self._begins: list[Nanos] = []

    def add(self, mark: TapeMark) -> None:
        """Take a mark that follows those before; quotes and trades say nothing of halts."""
        spans = self.spans
        running = bool(spans) and spans[-1].ends == ENDLESS
        if mark.kind == HALTED and not running:
            spans.append(Halt(mark.time, ENDLESS, mark.bid or GENERAL))
            self._begins.append(mark.time)
        elif mark.kind == RESUMED and running:
            spans[-1] = spans[-1]._replace(ends=mark.time)

    def at(self, now: Nanos) -> Halt | None:
        """The halt that lasts at an instant; None while there is trading."""
        found = bisect_right(self._begins, now) - 1
        return self.spans[found] if found >= 0 and now < self.spans[found].ends else None

    def within(self, begin: Nanos, end: Nanos) -> list[Halt]:
        """Those that touch ``begin <= time < end``."""
        first = max(bisect_right(self._begins, begin) - 1, 0)
        found = self.spans[first : bisect_left(self._begins, end)]
        return found[1:] if found and found[0].ends <= begin else found

    def ended(self, now: Nanos) -> Nanos:
        """When trading went on the last time; 0 while it is halted, and before the first halt."""
        found = bisect_right(self._begins, now) - 1
        return self.spans[found].ends if found >= 0 and self.spans[found].ends <= now else 0

    def next(self, after: Nanos) -> Nanos | None:
        """When the next halt begins."""
        found = bisect_right(self._begins, after)
        return self._begins[found] if found < len(self._begins) else None


def halts_of(marks: Sequence[TapeMark]) -> Halts:
    """The halts of a tape of marks."""
    found = Halts()
    for mark in marks:
        found.add(mark)
    return found


def session_of(market: MarketSource, con_id: int, now: Nanos) -> Span:
    """The trading day that an instant belongs to; a night belongs to the day before it."""
    back = now
    for _ in range(5):
        found = [span for span in market.sessions(con_id, back, now) if span[0] <= now]
        if found:
            return found[-1]
        back -= DAY
    return now // DAY * DAY, (now // DAY + 1) * DAY


class HaltedSource:
    """A market with the halts of some of its instruments; the part of a ``MarketSource`` that
    they change."""

    def __init__(self, below: MarketSource, halts: Halts) -> None:
        self._below = below
        self.halts = halts

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """See ``MarketSource``; nobody quotes while trading is halted."""
        halt = self.halts.at(now)
        if halt is not None:
            return Quote(con_id, halt.begins, 0, 0, 0, 0)
        found = self._below.quote(con_id, now)
        ended = self.halts.ended(now)
        return found if found.time >= ended else replace(found, time=ended)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """See ``MarketSource``."""
        begin, _ = session_of(self._below, con_id, now)
        stats = self._below.day(con_id, now)
        close = self._close(con_id, begin, stats)
        if not self.halts.within(begin, now + 1):
            return replace(stats, close=close)
        halt = self.halts.at(now)
        kind = halt.kind if halt is not None else 0
        if not stats.high:  # nothing has traded yet
            return replace(stats, close=close, halted=kind)
        what = "TRADES" if stats.lastTime else "MIDPOINT"
        end = max(now, begin + 1)
        bars = self.bars(con_id, start=begin, end=end, step=DAY, what=what)
        if not bars:
            return DayStats(0, 0, 0, close, 0, 0, 0, 0, kind)
        bar, last = bars[-1], self._last(con_id, stats, begin)
        return DayStats(
            bar.open, bar.high, bar.low, close, max(bar.volume, 0), last.last, last.lastSize,
            last.lastTime, kind, last.lastExchange,
        )  # fmt: skip

    def _last(self, con_id: int, stats: DayStats, begin: Nanos) -> DayStats:
        """The day at its last trade that happened."""
        while (halt := self.halts.at(stats.lastTime)) is not None and halt.begins > begin:
            stats = self._below.day(con_id, halt.begins - 1)
        return stats

    def _close(self, con_id: int, begin: Nanos, stats: DayStats) -> int:
        """The last price of the day before."""
        before = session_of(self._below, con_id, begin - 1)
        if before[0] >= begin or not self.halts.within(*before):
            return stats.close
        what = "TRADES" if stats.lastTime else "MIDPOINT"
        bars = self.bars(con_id, start=before[0], end=before[1] - 1, step=DAY, what=what)
        return bars[-1].close if bars else stats.close

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """See ``MarketSource``; a halt begins with an empty quote, and ends with one that stands
        below."""
        at = after
        for halt in self.halts.within(after, until + 1):
            if halt.begins > after:
                yield from self._below.ticks(con_id, at, halt.begins - 1)
                yield Quote(con_id, halt.begins, 0, 0, 0, 0)
            at = halt.ends
            if at <= until:
                yield replace(self._below.quote(con_id, at), time=at)
                yield from (
                    tick
                    for tick in self._below.ticks(con_id, at - 1, at)
                    if isinstance(tick, Print)
                )
        if at < until:
            yield from self._below.ticks(con_id, at, until)

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """See ``MarketSource``."""
        halt = self.halts.at(after)
        if halt is not None:
            return halt.ends if halt.ends < ENDLESS else None
        found = self._below.next_tick(con_id, after)
        ahead = self.halts.next(after)
        if found is None or ahead is None:
            return found if ahead is None else ahead
        return min(found, ahead)

    def depth(self, con_id: int, now: Nanos, levels: int) -> Depth:
        """See ``MarketSource``."""
        halt = self.halts.at(now)
        if halt is None:
            return self._below.depth(con_id, now, levels)
        return Depth(con_id, now, (), (), min(halt.ends, now + STANDS))

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        """See ``MarketSource``; bars in which nothing happened but a halt are left out."""
        reach = LONGEST_BAR if step in (WEEK, MONTH) else step
        halts = self.halts.within(start, end + reach)
        if not halts:
            return self._below.bars(con_id, start=start, end=end, step=step, what=what)
        shut = [(one.begins, one.ends) for one in halts]
        return self._below.bars_without(con_id, shut, span=(start, end), step=step, what=what)

    def regular_days(
        self, con_id: int, *, start: Nanos, end: Nanos, what: str
    ) -> list[PriceBar] | None:
        """See ``MarketSource``; None around a halt."""
        if self.halts.within(start - DAY, end + DAY):
            return None
        return self._below.regular_days(con_id, start=start, end=end, what=what)
