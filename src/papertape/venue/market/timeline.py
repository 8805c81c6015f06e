"""One instrument's continuous tape: which trading day plays at an instant, and what it shows.

Where the days lie on the time line, a ``Layout`` says (``layout``): one after the other without
a pause, or each in a session of the exchange. What a day holds, its ``DaySource`` decides
(``recorded``, ``synthetic``). Between two days the last quote of the first one stands and nothing
ticks; that time belongs to the day before it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from copy import copy
from itertools import chain

from ..units import MINUTE, Nanos, PriceUnits, SizeUnits
from .days import Day
from .layout import Layout, PlayedPart, moment, part_at, played
from .source import DayStats, Print, Quote, Span
from .ticks import Block, Piece, joined


class DaySource(ABC):
    """The trading days of one instrument, by number; day 0 is the anchored one."""

    length: Nanos
    """Length of every trading day, a whole number of minutes, at most 24 hours."""
    tick: PriceUnits
    """The step of its prices."""
    unit: SizeUnits
    """A usual size of a level of its book."""

    @abstractmethod
    def day(self, number: int) -> Day:
        """The trading day of that number."""

    @abstractmethod
    def head(self) -> int:
        """Number of the earliest day that is on offer."""

    def close_before(self, number: int, close: PriceUnits) -> PriceUnits:
        """The close of the day before a day as that day shows it, in its shares; ``close`` is the
        same in the shares of its own day."""
        return close

    def close(self, number: int, span: Nanos) -> PriceUnits:
        """The close that the next day shows, where a day plays for ``span``: its last price, or
        that of its regular session where it has hours around it."""
        return self.day(number).last_within(span)


class Tape:
    """One instrument's trading days laid along the time line."""

    def __init__(self, con_id: int, source: DaySource, layout: Layout) -> None:
        self.con_id = con_id
        self._source = source
        self._layout = layout
        # The block that answered last: a live market asks about one minute over and over.
        self._block: Block | None = None
        self._block_from = self._block_until = self._base = self._last = 0
        self._closed: tuple[int | None, PriceUnits] = (None, 0)
        self._minutes: tuple[tuple[int, int], Piece | None, Nanos, Piece | None] | None = None
        self._traded: tuple[tuple[int, Nanos], Block, int] | None = None

    @property
    def length(self) -> Nanos:
        return self._source.length

    @property
    def apart(self) -> bool:
        """Whether trading days have pauses between them."""
        return self._layout.apart

    def number(self, now: Nanos) -> int:
        """The trading day that ``now`` belongs to; a night belongs to the day before it."""
        return self._layout.number(now)

    def start(self, number: int) -> Nanos:
        """First instant of a trading day."""
        return self._layout.start(number)

    def span(self, number: int) -> Nanos:
        """How long a trading day plays without its pauses; what is left of it then is not seen."""
        return self._layout.span(number)

    def played(self, number: int, now: Nanos) -> Nanos:
        """How much of a trading day has been played at ``now``."""
        return played(self._layout, number, now)

    def played_parts(self, number: int) -> tuple[PlayedPart, ...]:
        """What is played of a trading day between its pauses, in order."""
        return self._layout.parts(number)

    def dated(self, number: int) -> Nanos:
        """The instant whose date is that of the trading day."""
        return self._layout.dated(number)

    def regular(self, number: int) -> Span | None:
        """When the regular session of a trading day begins and closes; None where the tape is open
        at any hour."""
        return self._layout.regular(number)

    def day(self, number: int) -> Day:
        """What happens on that trading day."""
        return self._source.day(number)

    def head(self) -> Nanos:
        """First instant of the earliest day on offer."""
        return self.start(self._source.head())

    def quote(self, now: Nanos) -> Quote:
        """The quote that stands at ``now``; in a night, the day's last."""
        block = self._at(now)
        return block.quote(self.con_id, self._base, min(now - self._base, self._last))

    def next_tick(self, after: Nanos) -> Nanos:
        """Time of the first tick after that instant."""
        block = self._at(after)
        found = block.next_after(after - self._base)
        if found is not None and found <= self._last:
            return self._base + found
        if block.end <= self._last:
            return self._base + block.end  # every block opens with a quote
        return self._next_part(after)

    def ticks(self, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """Every tick with ``after < time <= until``."""
        return chain.from_iterable(self._runs(after, until))

    def _runs(self, after: Nanos, until: Nanos) -> Iterator[Iterator[Quote | Print]]:
        """The same, those of each block for themselves."""
        at = after + 1
        while at <= until:
            # The base is read beside the block: other calls move it while this one waits.
            block, base, last = self._at(at), self._base, self._last
            upto = min(until - base, block.end - 1, last)
            yield block.ticks(self.con_id, base, at - 1 - base, upto)
            at = base + block.end if block.end <= last else self._next_part(at)

    def stats(self, now: Nanos) -> DayStats:
        """The trading day so far; high and low are 0 before its first trade."""
        number = self.number(now)
        day = self._source.day(number)
        part = part_at(self._layout, number, now)
        offset = min(now - part.base, part.until - 1)
        close = self._source.close_before(number, self._close(number - 1))
        piece = self._so_far(number, day, offset + 1)
        if piece is None:
            return self._quiet(day, offset, close)
        block = day.block(offset)
        found = block.last_trade(offset)
        if found < 0:
            block, found = self._traded_before(number, day, block.start)
        return DayStats(
            piece.open,
            piece.high,
            piece.low,
            close,
            piece.volume,
            block.price[found],
            block.size[found],
            moment(self._layout, number, block.trade_time[found]),
            lastExchange=block.exchanges[block.venue[found]],
        )

    def trading_start(self, now: Nanos, days: int, *, regular: bool = False) -> Nanos:
        """See ``MarketSource``: of days without a pause between them, the instant since which the
        time of so many has gone by."""
        if self.apart:
            number = self.number(now)
            session = self.regular(number) if regular else None
            begins = self.start(number) if session is None else session[0]
            return self.start(number - days + (begins < now))
        number = self.number(now)
        rest = days * self.length - self.played(number, now)
        while rest > 0:
            number -= 1
            rest -= self.span(number)
        return moment(self._layout, number, -rest)

    def sessions(self, start: Nanos, end: Nanos) -> Iterator[tuple[int, Nanos, Nanos]]:
        """Number, first instant and end of every trading day that touches ``start .. end``."""
        number = self.number(start)
        while (begin := self.start(number)) <= end:
            close = self._layout.parts(number)[-1].ends
            if close > start:
                yield number, begin, close
            number += 1

    def parts(self, start: Nanos, end: Nanos) -> Iterator[tuple[int, Nanos, PlayedPart]]:
        """The same by the parts that a day's pauses leave: number, the end of the day's part
        before or 0, and the part."""
        for number, _, _ in self.sessions(start, end):
            before = 0
            for part in self._layout.parts(number):
                if part.begins <= end and part.ends > start:
                    yield number, before, part
                before = part.ends

    def _close(self, number: int) -> PriceUnits:
        """The close of a trading day; the latest answer is kept."""
        if self._closed[0] != number:
            self._closed = (number, self._source.close(number, self.span(number)))
        return self._closed[1]

    def _so_far(self, number: int, day: Day, end: Nanos) -> Piece | None:
        """The bar of a day's trades before an offset. That of its whole minutes is kept, and that
        of the minute so far: a live market goes on from there at every tick."""
        minute = end // MINUTE
        kept = self._minutes
        if kept is None or kept[0] != (number, minute) or kept[2] > end:
            whole = day.piece("TRADES", 0, minute * MINUTE)
            kept = ((number, minute), whole, minute * MINUTE, None)
        key, whole, upto, part = kept
        part = joined(part, day.piece("TRADES", upto, end))
        self._minutes = (key, whole, end, part)
        return joined(copy(whole), part)

    def _traded_before(self, number: int, day: Day, offset: Nanos) -> tuple[Block, int]:
        """The block and the place in it of a day's last trade before an offset; there is one. The
        latest answer is kept: what seldom trades is asked about it over and over."""
        kept = self._traded
        if kept is None or kept[0] != (number, offset):
            minute = offset // MINUTE - 1
            block = day.block(minute * MINUTE)
            found = block.last_trade(offset - 1)
            if found < 0:
                counts = day.rows("TRADES").count
                while minute > 0 and not counts[minute]:
                    minute -= 1
                block = day.block(minute * MINUTE)
                found = block.last_trade(minute * MINUTE + MINUTE - 1)
            while found < 0:
                block = day.block(block.start - 1)
                found = len(block.trade_time) - 1
            kept = self._traded = ((number, offset), block, found)
        return kept[1], kept[2]

    def _quiet(self, day: Day, offset: Nanos, close: int) -> DayStats:
        """The day of a market without trades: the middle of the quotes stands in for prices."""
        if day.whole("TRADES") is not None:
            return DayStats(0, 0, 0, close, 0, 0, 0, 0)
        piece = day.piece("MIDPOINT", 0, offset + 1)
        assert piece is not None, "every day opens with a quote"
        return DayStats(piece.open, piece.high, piece.low, close, 0, 0, 0, 0)

    def _next_part(self, now: Nanos) -> Nanos:
        """When trading begins next after a pause or a night that ``now`` belongs to, or that
        follows it."""
        number = self.number(now)
        later = (part.begins for part in self._layout.parts(number) if part.begins > now)
        return next(later, None) or self.start(number + 1)

    def _at(self, now: Nanos) -> Block:
        """The block that holds ``now``, or the last one before it in a pause or a night."""
        if self._block is not None and self._block_from <= now < self._block_until:
            return self._block
        number = self.number(now)
        part = part_at(self._layout, number, now)
        base, last = part.base, part.until - 1
        block = self._source.day(number).block(min(now - base, last))
        self._block, self._base, self._last = block, base, last
        self._block_from = max(base + block.start, part.begins)
        self._block_until = base + block.end
        if block.end > last:
            self._block_until = self._next_part(now)
        return block
