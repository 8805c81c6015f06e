"""A tape that a world writes, laid over a market.

An instrument is the world's from its first mark on; before it, and for every other instrument, the
market below answers. Halts alone do not make it the world's: its market goes on after them. The day
of a written instrument counts what the world has printed, and has no close of the day before. Bars
come from the marks; the book is what the world has said of it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final

from ..reference.times import period_start
from ..script import Levels, TapeMark
from ..units import DAY, Nanos, PriceUnits
from .actions import ActionsAhead, InNewShares, KnownDividend
from .followed import KEPT, FollowedLine, Followers
from .halts import STANDS, HaltedSource, halts_of, session_of
from .kinds import OptionSpec
from .port import MarketSource
from .source import (
    AuctionFigures,
    DayStats,
    Depth,
    DepthLevel,
    Glimpse,
    Halt,
    PriceBar,
    Print,
    Quote,
    Span,
)
from .written import HALTS, WrittenLine, bar_of

EMPTY: Final = DayStats(0, 0, 0, 0, 0, 0, 0, 0)


class WorldTape(MarketSource):
    """A market with the written lines of a world over it."""

    def __init__(self, below: MarketSource, volatilities: Iterable[tuple[int, float]] = ()) -> None:
        """``volatilities`` are yearly ones that a world has told of options."""
        self.below = below
        self._lines: dict[int, WrittenLine] = {}
        self._followers = Followers(below.option, self._lines.get, dict(volatilities))
        self._halted: dict[int, HaltedSource] = {}
        """What has been halted while the market below plays it."""
        self._halted_options: dict[int, HaltedSource | None] = {}
        """The options that halt with it, as they are asked about."""

    def lay(self, con_id: int, marks: Sequence[TapeMark]) -> None:
        """Take the marks of an instrument as they are now."""
        leading = list(takewhile(lambda mark: mark.kind in HALTS, marks))
        if leading:
            self._halted[con_id] = HaltedSource(self.below, halts_of(leading))
        else:
            self._halted.pop(con_id, None)
        self._halted_options.clear()
        if len(leading) == len(marks):
            return
        line = self._lines.get(con_id)
        if line is None:
            line = self._lines[con_id] = WrittenLine(con_id)
        if not line.knows(marks):
            self._followers.forget()
        line.lay(marks)

    def clear(self) -> None:
        """Forget every line: a venue begins anew, or from its journal."""
        self._lines.clear()
        self._halted.clear()
        self._halted_options.clear()
        self._followers.forget()

    def _own(self, con_id: int) -> WrittenLine | FollowedLine | None:
        """What a world has written of an instrument, or what follows from that."""
        line = self._lines.get(con_id)
        return line if line is not None or not self._lines else self._followers.get(con_id)

    def _under(self, con_id: int) -> MarketSource | HaltedSource:
        """The market below, with what is halted in it."""
        if not self._halted:
            return self.below
        found = self._halted.get(con_id)
        return found if found is not None else self._of_option(con_id) or self.below

    def _of_option(self, con_id: int) -> HaltedSource | None:
        """The halts of an option are those of its underlying."""
        known = self._halted_options
        if con_id not in known:
            if len(known) >= KEPT:
                known.clear()
            spec = self.below.option(con_id)
            known[con_id] = None if spec is None else self._halted.get(spec.underlying)
        return known[con_id]

    def halts(self, con_id: int) -> Sequence[Halt]:
        """When trading is halted, in order of time."""
        under = self._under(con_id)
        found = under.halts.spans if isinstance(under, HaltedSource) else []
        line = self._lines.get(con_id)
        if line is not None and found:
            return [*(one for one in found if one.begins < line.begins), *line.halts.spans]
        return found if line is None else line.halts.spans

    def _line(self, con_id: int, now: Nanos) -> WrittenLine | FollowedLine | None:
        line = self._own(con_id)
        return line if line is not None and line.begins <= now else None

    # -- a market ---------------------------------------------------------------------------------

    def con_ids(self) -> Iterable[int]:
        """See ``MarketSource``."""
        known = tuple(self.below.con_ids())
        return (*known, *(con_id for con_id in self._lines if con_id not in self.below))

    def __contains__(self, con_id: int) -> bool:
        return con_id in self.below or self._own(con_id) is not None

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """See ``MarketSource``."""
        line = self._own(con_id)
        if line is not None and line.begins <= now:
            return line.state(now)[0]
        if line is not None and con_id not in self.below:
            return Quote(con_id, 0, 0, 0, 0, 0)
        return self._under(con_id).quote(con_id, now)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """See ``MarketSource``."""
        line = self._line(con_id, now)
        if line is None:
            unknown = con_id not in self.below and self._own(con_id) is not None
            return EMPTY if unknown else self._under(con_id).day(con_id, now)
        begin = session_of(self, con_id, now)[0]
        prints = line.traded(max(begin, line.begins), now + 1)
        before = bisect_right(line.printed, begin - 1)
        close = line.prints[before - 1].price if before else 0
        last = prints[-1] if prints else line.prints[before - 1] if before else None
        prices = [one.price for one in prints] or [0]
        return DayStats(
            prices[0], max(prices), min(prices), close, sum(one.size for one in prints),
            last.price if last else 0, last.size if last else 0, last.time if last else 0,
            line.state(now)[3], last.exchange if last else "",
        )  # fmt: skip

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """See ``MarketSource``."""
        line = self._own(con_id)
        if line is None:
            return self._under(con_id).ticks(con_id, after, until)
        if after >= line.begins or con_id not in self.below:
            return line.ticks(after, until)
        return self._over_to(line, after, until)

    def _over_to(
        self, line: WrittenLine | FollowedLine, after: Nanos, until: Nanos
    ) -> Iterator[Quote | Print]:
        """The ticks of the market below until the world's line begins, and those of that."""
        until_then = min(until, line.begins - 1)
        yield from self._under(line.con_id).ticks(line.con_id, after, until_then)
        yield from line.ticks(after, until)

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """See ``MarketSource``."""
        line = self._own(con_id)
        if line is None:
            return self._under(con_id).next_tick(con_id, after)
        found = line.next_tick(after)
        if after >= line.begins or con_id not in self.below:
            return found
        other = self._under(con_id).next_tick(con_id, after)
        return line.begins if other is None else min(other, line.begins)

    def actions_ahead(self, con_id: int, after: Nanos) -> ActionsAhead | None:
        """The splits and dividends to come of the market below; none of what a world writes, whose
        prices nobody divides."""
        if con_id in self._lines:
            return None
        return self.below.actions_ahead(con_id, after)

    def dividends(self, con_id: int) -> Sequence[KnownDividend]:
        """The dividends that the market below knows; none of what a world writes."""
        if con_id in self._lines:
            return ()
        return self.below.dividends(con_id)

    def adjustments(self, con_id: int, until: Nanos) -> Sequence[InNewShares]:
        """What the market below brings past bars with; nothing of what a world writes."""
        if con_id in self._lines:
            return ()
        return self.below.adjustments(con_id, until)

    def auction(self, con_id: int, now: Nanos) -> AuctionFigures | None:
        """What is known of the next auction: what a world tells, or what the tape below will do;
        while trading is halted, that there is none."""
        line = self._lines.get(con_id)
        if line is not None:
            return line.auction(now)
        if any(one.begins <= now < one.ends for one in self.halts(con_id)):
            return AuctionFigures(0, 0, 0)
        return self.below.auction(con_id, now)

    def depth(self, con_id: int, now: Nanos, levels: int) -> Depth:
        """See ``MarketSource``."""
        line = self._line(con_id, now)
        if line is None:
            return self._under(con_id).depth(con_id, now, levels)
        quote, bids, asks, _ = line.state(now)
        best_bid = ((quote.bid, quote.bidSize),) if quote.bid else ()
        best_ask = ((quote.ask, quote.askSize),) if quote.ask else ()
        return Depth(
            con_id, now, _levels(bids or best_bid, levels), _levels(asks or best_ask, levels),
            now + STANDS,
        )  # fmt: skip

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        """See ``MarketSource``; a bar in which the world begins has what the world says alone."""
        line = self._line(con_id, end)
        if line is None:
            return self._under(con_id).bars(con_id, start=start, end=end, step=step, what=what)
        spans = list(self._spans(con_id, max(start, line.begins), end, step))
        first = spans[0][0] if spans else end
        found: list[PriceBar] = []
        if con_id in self.below and start < first:
            under = self._under(con_id)
            below = under.bars(con_id, start=start, end=first, step=step, what=what)
            found = [bar for bar in below if bar.start < first]
        made = (bar_of(line, begin, until, what) for begin, until in spans if begin >= start)
        return found + [bar for bar in made if bar is not None]

    def bars_without(
        self, con_id: int, shut: Sequence[Span], *, span: Span, step: Nanos, what: str
    ) -> list[PriceBar]:
        """See ``MarketSource``; whole bars are left out of what a world has written or halted."""
        if self._own(con_id) is None and (under := self._under(con_id)) is self.below:
            return under.bars_without(con_id, shut, span=span, step=step, what=what)
        return super().bars_without(con_id, shut, span=span, step=step, what=what)

    def regular_days(
        self, con_id: int, *, start: Nanos, end: Nanos, what: str
    ) -> list[PriceBar] | None:
        """The regular sessions of trading days, where the market below plays them unchanged."""
        if self._own(con_id) is not None:
            return None
        return self._under(con_id).regular_days(con_id, start=start, end=end, what=what)

    def worked_out(
        self, con_id: int, start: Nanos, end: Nanos, what: str, *, minutes: bool, gaps: bool = False
    ) -> Iterator[None]:
        """See ``MarketSource``."""
        if con_id in self.below:
            yield from self.below.worked_out(con_id, start, end, what, minutes=minutes, gaps=gaps)

    def minuted(self, con_id: int) -> bool:
        """See ``MarketSource``; what is laid over a tape has few ticks."""
        return con_id in self.below and self.below.minuted(con_id)

    def _spans(
        self, con_id: int, start: Nanos, end: Nanos, step: Nanos
    ) -> Iterator[tuple[Nanos, Nanos]]:
        """Where the bars of a length begin and end."""
        if step < DAY:
            for begin in range(start // step * step, end, step):
                yield begin, min(begin + step, end + 1)
            return
        known: dict[Nanos, Nanos] = {}
        for begin, close in self.sessions(con_id, start, end):
            place = begin if step == DAY else period_start(begin, step)
            known[place] = min(close, end + 1)
        yield from known.items()

    def option(self, con_id: int) -> OptionSpec | None:
        """See ``MarketSource``."""
        return self.below.option(con_id)

    def volatility(self, con_id: int, now: Nanos) -> float | None:
        """See ``MarketSource``."""
        line = self._own(con_id)
        if isinstance(line, FollowedLine):
            return line.volatility(now)
        return self.below.volatility(con_id, now) if con_id in self.below else None

    def bond_yield(self, con_id: int, now: Nanos, price: PriceUnits) -> float | None:
        """See ``MarketSource``."""
        return self.below.bond_yield(con_id, now, price) if con_id in self.below else None

    def glimpse(self, con_id: int, now: Nanos) -> Glimpse | None:
        """See ``MarketSource``; scans pass over what a world has written."""
        return None if self._own(con_id) is not None else self.below.glimpse(con_id, now)

    def past_closes(self, con_id: int, now: Nanos, days: int) -> tuple[Nanos, list[PriceUnits]]:
        """See ``MarketSource``; a world has no days before its own."""
        if con_id in self.below:
            return self.below.past_closes(con_id, now, days)
        return super().past_closes(con_id, now, days)

    def trading_start(self, con_id: int, now: Nanos, days: int, *, regular: bool = False) -> Nanos:
        """See ``MarketSource``."""
        if con_id in self.below:
            return self.below.trading_start(con_id, now, days, regular=regular)
        return super().trading_start(con_id, now, days, regular=regular)

    def head(self, con_id: int) -> Nanos:
        """See ``MarketSource``."""
        if con_id in self.below:
            return self.below.head(con_id)
        line = self._own(con_id)
        if line is None:
            raise KeyError(con_id)
        return line.begins

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[Span]:
        """See ``MarketSource``; an instrument without a tape below is open at any hour."""
        if con_id in self.below:
            return self.below.sessions(con_id, start, end)
        return super().sessions(con_id, start, end)


def _levels(book: Levels, most: int) -> tuple[DepthLevel, ...]:
    return tuple(DepthLevel(price, size) for price, size in book[:most])
