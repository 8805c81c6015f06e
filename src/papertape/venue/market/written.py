"""What a world has written of one instrument: its ticks, its book, its halts, its auctions.

A mark is what one line of a world says (``script``). A line takes them in order of time, and tells
what stands at an instant; bars are made of its ticks.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from ..script import AUCTIONED, GENERAL, HALTED, QUOTED, RESUMED, TRADED, Levels, TapeMark
from ..units import Nanos, PriceUnits
from .followed import FollowedLine, next_after
from .halts import Halts
from .source import AuctionFigures, PriceBar, Print, Quote

HALTS: Final = (HALTED, RESUMED)
"""Marks that leave the market below what it is."""


class WrittenLine:
    """What a world has written of one instrument."""

    def __init__(self, con_id: int) -> None:
        self.con_id = con_id
        self.begins: Nanos = 0
        """The first mark that is none of a halt."""
        self._marks: Sequence[TapeMark] = ()
        self._count = 0
        self._clear()

    def _clear(self) -> None:
        self._ticks: list[Quote | Print] = []
        self._times: list[Nanos] = []
        self._quotes: list[tuple[Quote, Levels, Levels, int]] = []
        """The quotes with their books, and whether trading was halted, as ``DayStats`` says it."""
        self._quoted: list[Nanos] = []
        self.prints: list[Print] = []
        self.printed: list[Nanos] = []
        self._auctions: list[TapeMark] = []
        self._standing = TapeMark(0, QUOTED)
        self._halted = 0
        self.halts = Halts()

    def lay(self, marks: Sequence[TapeMark]) -> None:
        """Take the marks as they are now; a list that is known has only grown (``script.laid``)."""
        if marks is not self._marks:
            self._clear()
            self._count = 0
        for mark in marks[self._count :]:
            self._add(mark)
        self._marks, self._count = marks, len(marks)
        self.begins = next((mark.time for mark in marks if mark.kind not in HALTS), 0)

    def knows(self, marks: Sequence[TapeMark]) -> bool:
        """Whether these marks are those that it has, and perhaps more."""
        return marks is self._marks

    def _add(self, mark: TapeMark) -> None:
        if mark.kind == AUCTIONED:
            self._auctions.append(mark)
            return
        if mark.kind == TRADED:
            tick = Print(self.con_id, mark.time, mark.bid, mark.bidSize)
            self.prints.append(tick)
            self.printed.append(mark.time)
            self._ticks.append(tick)
            self._times.append(mark.time)
            return
        if mark.kind == QUOTED:
            self._standing = mark
            if self._halted:
                return
        else:
            self.halts.add(mark)
            self._halted = (mark.bid or GENERAL) if mark.kind == HALTED else 0
        shown = TapeMark(mark.time, RESUMED) if self._halted else self._standing
        quote = Quote(self.con_id, mark.time, shown.bid, shown.bidSize, shown.ask, shown.askSize)
        self._quotes.append((quote, shown.bids, shown.asks, self._halted))
        self._quoted.append(mark.time)
        self._ticks.append(quote)
        self._times.append(mark.time)

    def state(self, now: Nanos) -> tuple[Quote, Levels, Levels, int]:
        """The quote that stands, its book, and whether trading is halted."""
        found = bisect_right(self._quoted, now) - 1
        return self._quotes[found] if found >= 0 else (Quote(self.con_id, 0, 0, 0, 0, 0), (), (), 0)

    def auction(self, now: Nanos) -> AuctionFigures | None:
        """What is known of the next auction; None where nothing was ever told."""
        found = [one for one in self._auctions if one.time <= now]
        if not found:
            return None
        latest = found[-1]
        return AuctionFigures(latest.bid, latest.bidSize, latest.askSize, latest.askSize)

    def ticks(self, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """The ticks with ``after < time <= until``."""
        begin, end = bisect_right(self._times, after), bisect_right(self._times, until)
        return iter(self._ticks[begin:end])

    def next_tick(self, after: Nanos) -> Nanos | None:
        """When the next tick comes."""
        return next_after(self._times, after)

    def next_quote(self, after: Nanos) -> Nanos | None:
        """When the next quote comes."""
        return next_after(self._quoted, after)

    def traded(self, begin: Nanos, end: Nanos) -> list[Print]:
        """The prints with ``begin <= time < end``."""
        return self.prints[
            bisect_right(self.printed, begin - 1) : bisect_right(self.printed, end - 1)
        ]

    def quotes(self, begin: Nanos, end: Nanos) -> list[Quote]:
        """The quote that stands at ``begin``, and those before ``end``."""
        found = [one for one in self.ticks(begin, end - 1) if isinstance(one, Quote)]
        standing = self.state(begin)[0]
        both = [standing, *found] if standing.time else found
        return [one for one in both if one.bid and one.ask]


def bar_of(
    line: WrittenLine | FollowedLine, begin: Nanos, until: Nanos, what: str
) -> PriceBar | None:
    """One bar of a written line; None when nothing happened in it."""
    if what == "TRADES":
        trades = line.traded(begin, until)
        if not trades:
            return None
        prices = [one.price for one in trades]
        volume = sum(one.size for one in trades)
        wap = sum(one.price * one.size for one in trades) // volume
        return _priced(begin, prices, (volume, wap, len(trades)))
    quotes = line.quotes(begin, until)
    if not quotes:
        return None
    if what == "BID_ASK":  # the mean bid, the highest ask, the lowest bid, the mean ask
        count = len(quotes)
        bid, ask = sum(q.bid for q in quotes) // count, sum(q.ask for q in quotes) // count
        high, low = max(q.ask for q in quotes), min(q.bid for q in quotes)
        return PriceBar(begin, bid, high, low, ask, -1, -1, -1)
    sides = {"BID": (2, 0), "ASK": (0, 2)}.get(what, (1, 1))
    prices = [(q.bid * sides[0] + q.ask * sides[1]) // 2 for q in quotes]
    return _priced(begin, prices, (-1, -1, -1))


def _priced(begin: Nanos, prices: list[PriceUnits], sums: tuple[int, int, int]) -> PriceBar:
    return PriceBar(begin, prices[0], max(prices), min(prices), prices[-1], *sums)
