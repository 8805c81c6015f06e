"""Columns of ticks and the bars made from them: what every kind of trading day consists of.

A ``Block`` is a stretch of one trading day with every quote and trade in it; times are
nanoseconds since the day began. It opens with a quote at its very first instant, so a block
answers for itself. ``Piece`` is a bar in the making; ``Rows`` are the minute bars of a day.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from operator import mul
from typing import TYPE_CHECKING

import msgspec

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits
from .source import PriceBar, Print, Quote

if TYPE_CHECKING:
    Column = array[int]
else:  # not subscriptable before Python 3.12, and records evaluate their annotations
    Column = array

WHATS = ("TRADES", "BID", "ASK", "MIDPOINT", "BID_ASK")
# Sentinels of a row without trades: they lose every max() and min() against a real price.
NO_HIGH, NO_LOW = -1, (1 << 63) - 1


class Piece(msgspec.Struct):
    """A bar in the making. ``open`` and ``close`` of BID_ASK are averages over ``weight``."""

    open: PriceUnits
    high: PriceUnits
    low: PriceUnits
    close: PriceUnits
    volume: int = -1
    notional: int = -1
    """Sum of price times size, in price units times shares."""
    count: int = -1
    weight: Nanos = 0
    """Time that the averages of BID_ASK stand for."""

    def extend(self, later: "Piece") -> None:
        """Adds what follows directly."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        if self.weight:
            total = self.weight + later.weight
            self.open = (self.open * self.weight + later.open * later.weight) // total
            self.close = (self.close * self.weight + later.close * later.weight) // total
            self.weight = total
            return
        self.close = later.close
        if self.count >= 0:
            self.volume += later.volume
            self.notional += later.notional
            self.count += later.count


def price_bar(
    start: Nanos,
    opened: PriceUnits,
    high: PriceUnits,
    low: PriceUnits,
    close: PriceUnits,
    volume: int,
    notional: int,
    count: int,
) -> PriceBar:
    """A bar of trades with the average price that its notional means, which is rounded to a whole
    number of price units: of a small part of a share that may be off."""
    wap = (notional * SIZE_SCALE + volume // 2) // volume if volume else close
    wap = min(max(wap, low), high)
    return PriceBar(start, opened, high, low, close, volume, wap, count)


def joined(first: Piece | None, later: Piece | None) -> Piece | None:
    """One bar out of two neighbours, either of which may be empty."""
    if first is None:
        return later
    if later is not None:
        first.extend(later)
    return first


class Rows(msgspec.Struct, frozen=True):
    """The minute bars of one trading day for one ``what``; trade columns are empty for quotes."""

    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column
    notional: Column
    count: Column

    def piece(self, what: str, first: int, last: int) -> Piece | None:
        """The bar over the minutes ``first <= m < last``; None when nothing happened."""
        if first >= last:
            return None
        high, low = max(self.high[first:last]), min(self.low[first:last])
        if what == "BID_ASK":
            span = last - first
            bid, ask = sum(self.open[first:last]) // span, sum(self.close[first:last]) // span
            return Piece(bid, high, low, ask, weight=span * MINUTE)
        if what != "TRADES":
            return Piece(self.open[first], high, low, self.close[last - 1])
        count = sum(self.count[first:last])
        if not count:
            return None
        while not self.count[first]:
            first += 1
        final = last - 1
        while not self.count[final]:
            final -= 1
        volume, notional = sum(self.volume[first:last]), sum(self.notional[first:last])
        return Piece(self.open[first], high, low, self.close[final], volume, notional, count)

    def bars(self, what: str, base: Nanos, first: int, last: int) -> list[PriceBar]:
        """The bars of the minutes ``first <= m < last`` of a day that began at ``base``, as
        ``piece`` makes them one by one."""
        starts = range(base + first * MINUTE, base + last * MINUTE, MINUTE)
        prices = (
            starts, self.open[first:last], self.high[first:last], self.low[first:last],
            self.close[first:last],
        )  # fmt: skip
        if what != "TRADES":
            return [PriceBar(*row, -1, -1, -1) for row in zip(*prices)]
        traded = zip(
            *prices, self.volume[first:last], self.notional[first:last], self.count[first:last]
        )
        return [price_bar(*row) for row in traded if row[-1]]

    def first(self, minutes: int) -> "Rows":
        """The first minutes."""
        if minutes >= len(self.open):
            return self
        return Rows(*(column[:minutes] for column in self._columns()))

    def followed(self, later: "Iterable[Rows]") -> "Rows":
        """The same with the minutes of others after them."""
        columns = [array("q", column) for column in self._columns()]
        for rows in later:
            for column, more in zip(columns, rows._columns()):
                column.extend(more)
        return Rows(*columns)

    def _columns(self) -> tuple[Column, ...]:
        return (
            self.open, self.high, self.low, self.close, self.volume, self.notional, self.count,
        )  # fmt: skip

    def mirrored(self, what: str) -> "Rows":
        """The minutes of the same day played backwards."""
        flip = what != "BID_ASK"  # its open and close are averages and keep their meaning
        return Rows(
            (self.close if flip else self.open)[::-1],
            self.high[::-1],
            self.low[::-1],
            (self.open if flip else self.close)[::-1],
            self.volume[::-1],
            self.notional[::-1],
            self.count[::-1],
        )


def rows_of(pieces: list[Piece | None]) -> Rows:
    """Minute bars as columns; a minute without trades becomes a row of sentinels."""
    empty = Piece(0, NO_HIGH, NO_LOW, 0, 0, 0, 0)
    filled = [piece or empty for piece in pieces]
    trades = [piece for piece in filled if piece.count >= 0]
    return Rows(
        array("q", [piece.open for piece in filled]),
        array("q", [piece.high for piece in filled]),
        array("q", [piece.low for piece in filled]),
        array("q", [piece.close for piece in filled]),
        array("q", [piece.volume for piece in trades]),
        array("q", [piece.notional for piece in trades]),
        array("q", [piece.count for piece in trades]),
    )


class Block(msgspec.Struct, frozen=True):
    """Quotes and trades of ``start <= offset < end`` of a trading day, in columns.

    Quote times rise strictly and begin at ``start``; a trade never precedes a quote of its time.
    """

    start: Nanos
    end: Nanos
    quote_time: Column
    bid: Column
    bid_size: Column
    ask: Column
    ask_size: Column
    trade_time: Column
    price: Column
    size: Column
    venue: Column
    """Index into ``exchanges`` for each trade."""
    exchanges: tuple[str, ...]

    def quote(self, con_id: int, base: Nanos, offset: Nanos) -> Quote:
        """The quote that stands at ``offset``; ``base`` is the instant the day began."""
        at = bisect_right(self.quote_time, offset) - 1
        return Quote(
            con_id,
            base + self.quote_time[at],
            self.bid[at],
            self.bid_size[at],
            self.ask[at],
            self.ask_size[at],
        )

    def next_after(self, offset: Nanos) -> Nanos | None:
        """Offset of the first tick after ``offset``; None when this block has no more."""
        quote = bisect_right(self.quote_time, offset)
        trade = bisect_right(self.trade_time, offset)
        found = self.quote_time[quote] if quote < len(self.quote_time) else None
        if trade < len(self.trade_time):
            at = self.trade_time[trade]
            return at if found is None or at < found else found
        return found

    def ticks(
        self, con_id: int, base: Nanos, after: Nanos, until: Nanos
    ) -> Iterator[Quote | Print]:
        """Every tick with ``after < offset <= until``; a quote comes before a trade of its time."""
        times, bids, asks = self.quote_time, self.bid, self.ask
        bid_sizes, ask_sizes = self.bid_size, self.ask_size
        at, last = bisect_right(times, after), bisect_right(times, until)
        first = bisect_right(self.trade_time, after)
        final = bisect_right(self.trade_time, until, first)
        for index in range(first, final):
            now = self.trade_time[index]
            while at < last and times[at] <= now:
                yield Quote(
                    con_id, base + times[at], bids[at], bid_sizes[at], asks[at], ask_sizes[at]
                )
                at += 1
            exchange = self.exchanges[self.venue[index]]
            yield Print(con_id, base + now, self.price[index], self.size[index], exchange)
        for left in range(at, last):
            yield Quote(
                con_id, base + times[left], bids[left], bid_sizes[left], asks[left], ask_sizes[left]
            )

    def last_trade(self, offset: Nanos) -> int:
        """Index of the last trade not after ``offset``; -1 when there is none in this block."""
        return bisect_right(self.trade_time, offset) - 1

    def piece(self, what: str, start: Nanos, end: Nanos) -> Piece | None:
        """The bar over ``start <= offset < end``, which must lie within the block."""
        if start >= end:
            return None
        if what == "TRADES":
            return self._trades(start, end)
        first = max(bisect_right(self.quote_time, start) - 1, 0)
        last = bisect_left(self.quote_time, end, first)
        if what == "BID_ASK":
            return self._averages(first, last, start, end)
        if what == "BID":
            values: list[int] | Column = self.bid[first:last]
        elif what == "ASK":
            values = self.ask[first:last]
        else:
            pairs = zip(self.bid[first:last], self.ask[first:last])
            values = [(bid + ask) // 2 for bid, ask in pairs]
        return Piece(values[0], max(values), min(values), values[-1])

    def _trades(self, start: Nanos, end: Nanos) -> Piece | None:
        first = bisect_left(self.trade_time, start)
        last = bisect_left(self.trade_time, end, first)
        if first == last:
            return None
        prices, sizes = self.price[first:last], self.size[first:last]
        notional = sum(map(mul, prices, sizes)) // SIZE_SCALE
        high, low = max(prices), min(prices)
        return Piece(prices[0], high, low, prices[-1], sum(sizes), notional, last - first)

    def _averages(self, first: int, last: int, start: Nanos, end: Nanos) -> Piece:
        edges = self.quote_time[first:last]
        edges[0] = start
        edges.append(end)
        spans = [later - edge for edge, later in pairwise(edges)]
        bids, asks = self.bid[first:last], self.ask[first:last]
        total = end - start
        bid = sum(map(mul, bids, spans)) // total
        ask = sum(map(mul, asks, spans)) // total
        return Piece(bid, max(asks), min(bids), ask, weight=total)

    def moved(self, by: Nanos) -> "Block":
        """The same ticks so much later in a day."""
        times = [
            array("q", [at + by for at in column]) for column in (self.quote_time, self.trade_time)
        ]
        return msgspec.structs.replace(
            self, start=self.start + by, end=self.end + by, quote_time=times[0],
            trade_time=times[1],
        )  # fmt: skip

    def mirrored(self, length: Nanos) -> "Block":
        """The same ticks in a day of ``length`` played backwards.

        An instant ``t`` becomes ``length - 1 - t``. A quote stands from its time to the next
        one's, so it begins where its end was; a trade keeps the quote that stood at its time.
        """
        ends = self.quote_time[1:]
        ends.append(self.end)
        return Block(
            length - self.end,
            length - self.start,
            array("q", [length - at for at in reversed(ends)]),
            self.bid[::-1],
            self.bid_size[::-1],
            self.ask[::-1],
            self.ask_size[::-1],
            array("q", [length - 1 - at for at in reversed(self.trade_time)]),
            self.price[::-1],
            self.size[::-1],
            self.venue[::-1],
            self.exchanges,
        )


def minute_of(under: Block, minute: int) -> Block:
    """The quotes of one minute of a longer stretch, with the one that stands at its beginning."""
    begin, times = minute * MINUTE, under.quote_time
    first = bisect_right(times, begin) - 1
    last = bisect_left(times, begin + MINUTE, first)
    cut = times[first:last]
    cut[0] = begin
    bid, bid_size = under.bid[first:last], under.bid_size[first:last]
    ask, ask_size = under.ask[first:last], under.ask_size[first:last]
    none = array("q")
    return Block(
        begin, begin + MINUTE, cut, bid, bid_size, ask, ask_size, none, none, none, none,
        exchanges=(),
    )  # fmt: skip
