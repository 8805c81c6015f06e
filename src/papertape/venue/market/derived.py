"""Instruments whose price is a function of another's: options, futures, bonds.

Within a minute the function stands still, and it only ever rises or only ever falls with the
underlying. So the highs and lows of the one are those of the other, and bars made of the
underlying's bars are those of the ticks, to the last unit. Where the function stands still for the
whole day, its bar comes from the underlying's alone. Prints are rare: in some minutes the
open, high, low and close of one side trade.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Protocol

import msgspec

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .days import Cache, Caches, Day, MirroredDay, TickDay
from .interpolate import LOTS
from .noise import drawn, mix
from .ticks import NO_HIGH, NO_LOW, Block, Column, Piece, Rows, minute_of, rows_of
from .timeline import DaySource

Value = Callable[[float], float]
"""The underlying's price in its units to the fair price in the instrument's."""
_NODE_BITS = 12
"""A node every 2048th to 4096th part of the price: of a stock at 270 every ten cents, between which
an option with a gamma of 0.1 is off by 0.0001."""
_FOLLOWED, _FEW = 6, 24
_OTHER = {"BID": "ASK", "ASK": "BID"}


class Appearance(msgspec.Struct, frozen=True):
    """How the quotes and prints of a derived instrument look."""

    tick: PriceUnits
    edge: float = 0.5
    """Ticks between the fair price and either side of the quote, before rounding outward."""
    share: float = 0.0
    """More of them, as a share of the price."""
    unit: SizeUnits = SIZE_SCALE
    busy: int = 128
    """In how many of 256 minutes something trades."""
    exchanges: tuple[str, ...] = ("SMART",)


class Derivation(Protocol):
    """What makes one price out of another."""

    look: Appearance

    @property
    def rising(self) -> bool:
        """Whether the price rises with the underlying's."""

    def steady(self, number: int) -> bool:
        """Whether one function serves a whole day."""

    def value(self, number: int, minute: int) -> Value | None:
        """The function of a minute; None when the instrument has expired."""


class DerivedDays:
    """Trading days of a derived instrument; implements ``DaySource``."""

    def __init__(
        self, underlying: DaySource, derivation: Derivation, seed: int, *, caches: Caches
    ) -> None:
        self.length = underlying.length
        self.tick, self.unit = derivation.look.tick, 4 * derivation.look.unit
        self._underlying = underlying
        self._derivation = derivation
        self._seed = seed
        self._caches = caches

    def head(self) -> int:
        """Number of the earliest day on offer."""
        return self._underlying.head()

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        day: Day = self._caches.days.get((self._seed, number), lambda: self._make(number))
        return day

    def _make(self, number: int) -> Day:
        under = self._underlying.day(number)
        line: _Line = self._caches.lines.get(
            (self._seed, number), lambda: _Line(self._derivation, number, mix(self._seed, number))
        )
        if isinstance(under, TickDay | MirroredDay):
            # Recorded ticks: their highest bid and highest ask may be at different times.
            block = under.block(0)
            if block.end - block.start == under.length:
                return RecordedDay(block, line, self._caches.blocks)
        return DerivedDay(under, line, self._caches.blocks)


class DerivedDay:
    """A day made of the underlying's."""

    def __init__(self, under: Day, line: "_Line", blocks: Cache) -> None:
        self.length = under.length
        self._under = under
        self._line = line
        self._blocks = blocks
        self._rows: dict[str, Rows] = {}

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        block: Block = self._blocks.get(
            (self._line.seed, minute), lambda: self._line.block(self._under.block(offset))
        )
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            found = self._rows[what] = self._made(what)
        return found

    def whole(self, what: str) -> Piece | None:
        minutes = self.length // MINUTE
        if what in ("TRADES", "BID_ASK") or not self._line.steady:
            return self.rows(what).piece(what, 0, minutes)
        if what == "MIDPOINT":
            bid, ask = self.whole("BID"), self.whole("ASK")
            assert bid is not None and ask is not None
            return Piece(
                (bid.open + ask.open) // 2,
                (bid.high + ask.high) // 2,
                (bid.low + ask.low) // 2,
                (bid.close + ask.close) // 2,
            )
        line = self._line
        piece = self._under.whole(what if line.rising else _OTHER[what])
        assert piece is not None, "every day opens with a quote"
        high, low = (piece.high, piece.low) if line.rising else (piece.low, piece.high)
        side = line.bids if what == "BID" else line.asks
        return Piece(*side(0, (piece.open, high, low, piece.close)))

    def last(self) -> PriceUnits:
        """Its last print is looked for from the end: all of them are many, and nobody asked."""
        line = self._line
        for minute in reversed(range(self.length // MINUTE)):
            buying = line.prints(minute)
            row = None if buying is None else self._print(minute, buying)
            if row is not None:
                return row[3]
        piece = self.whole("MIDPOINT")
        assert piece is not None
        return piece.close

    def _print(self, minute: int, buying: bool) -> Sequence[PriceUnits] | None:
        """The bar of a minute's prints; None where nobody quotes that side."""
        (row,) = self._printed([minute], buying)
        return row if row[2] else None

    def _printed(self, minutes: Sequence[int], buying: bool) -> Iterable[Sequence[PriceUnits]]:
        """The prices of the bars of prints in some minutes; a low of 0 where nobody quotes."""
        line = self._line
        rows = self._under.rows("ASK" if buying == line.rising else "BID")
        side = line.asks if buying else line.bids
        high, low = (rows.high, rows.low) if line.rising else (rows.low, rows.high)
        columns = rows.open, high, low, rows.close
        if line.steady:
            told = (side(0, [column[minute] for minute in minutes]) for column in columns)
            return zip(*told)
        return (side(minute, [column[minute] for column in columns]) for minute in minutes)

    def _made(self, what: str) -> Rows:
        if what in _OTHER:
            return self._side(what)
        if what == "TRADES":
            return self._prints()
        bid, ask, none = self.rows("BID"), self.rows("ASK"), array("q")
        if what == "MIDPOINT":
            pairs = zip(
                (bid.open, bid.high, bid.low, bid.close), (ask.open, ask.high, ask.low, ask.close)
            )
            opened, high, low, close = (
                array("q", [(b + a) // 2 for b, a in zip(*pair)]) for pair in pairs
            )
            return Rows(opened, high, low, close, none, none, none)
        means = [
            array("q", [sum(row) // 4 for row in zip(side.open, side.high, side.low, side.close)])
            for side in (bid, ask)
        ]
        return Rows(means[0], ask.high, bid.low, means[1], none, none, none)

    def _side(self, what: str) -> Rows:
        line, none = self._line, array("q")
        side = line.bids if what == "BID" else line.asks
        rows = self._under.rows(what if line.rising else _OTHER[what])
        high, low = (rows.high, rows.low) if line.rising else (rows.low, rows.high)
        columns = rows.open, high, low, rows.close
        if line.steady:
            told: Iterable[Sequence[PriceUnits]] = (side(0, column) for column in columns)
        else:
            told = zip(*(side(minute, prices) for minute, prices in enumerate(zip(*columns))))
        opened, most, least, close = (array("q", column) for column in told)
        return Rows(opened, most, least, close, none, none, none)

    def _prints(self) -> Rows:
        minutes, line = self.length // MINUTE, self._line
        columns = [array("q", bytes(8 * minutes)) for _ in range(7)]
        opened, high, low, close, volume, notional, count = columns
        high[:], low[:] = array("q", [NO_HIGH]) * minutes, array("q", [NO_LOW]) * minutes
        sides = [line.prints(minute) for minute in range(minutes)]
        for buying in (True, False):
            chosen = [minute for minute, side in enumerate(sides) if side is buying]
            for minute, row in zip(chosen, self._printed(chosen, buying)):
                if not row[2]:
                    continue
                opened[minute], high[minute], low[minute], close[minute] = row
                for price, size in line.traded(minute, row):
                    volume[minute] += size
                    notional[minute] += price * size // SIZE_SCALE
                    count[minute] += 1
        return Rows(opened, high, low, close, volume, notional, count)


class RecordedDay:
    """A day made of a recorded one's ticks, a minute of them at a time."""

    def __init__(self, under: Block, line: "_Line", blocks: Cache) -> None:
        self.length = under.end
        self._under = under
        self._line = line
        self._blocks = blocks
        self._rows: dict[str, Rows] = {}

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        block: Block = self._blocks.get(
            (self._line.seed, minute), lambda: self._line.block(minute_of(self._under, minute))
        )
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            starts = range(0, self.length, MINUTE)
            pieces = [self.block(start).piece(what, start, start + MINUTE) for start in starts]
            found = self._rows[what] = rows_of(pieces)
        return found

    def whole(self, what: str) -> Piece | None:
        return self.rows(what).piece(what, 0, self.length // MINUTE)

    def last(self) -> PriceUnits:
        piece = self.whole("TRADES") or self.whole("MIDPOINT")
        assert piece is not None
        return piece.close


class _Line:
    """The functions of one day, and what prints when."""

    def __init__(self, derivation: Derivation, number: int, seed: int) -> None:
        self.seed = seed
        self.rising = derivation.rising
        self.steady = derivation.steady(number)
        self._derivation = derivation
        self._look = derivation.look
        self._number = number
        self._nodes: dict[int, tuple[Value | None, dict[int, float]]] = {}
        self._chance: bytes | None = None

    def _fair(self, minute: int, prices: Iterable[PriceUnits]) -> list[float] | None:
        """The fair prices; straight between nodes that are a few thousandths apart, so that a day
        takes a few dozen values of the function and not thousands."""
        value, nodes = self._stretch(minute)
        if value is None:
            return None
        found: list[float] = []
        for price in prices:
            width = 1 << max(price.bit_length() - _NODE_BITS, 0)
            place = price % width
            lower = price - place
            low = nodes.get(lower)
            if low is None:
                low = nodes[lower] = value(float(lower or 1))
            if place:
                high = nodes.get(lower + width)
                if high is None:
                    high = nodes[lower + width] = value(float(lower + width))
                low += (high - low) * place / width
            found.append(low)
        return found

    def _stretch(self, minute: int) -> tuple[Value | None, dict[int, float]]:
        """The function of a minute, and what is known of it."""
        minute = 0 if self.steady else minute
        found = self._nodes.get(minute)
        if found is None:
            value = self._derivation.value(self._number, minute)
            found = self._nodes[minute] = (value, {})
        return found

    def bids(self, minute: int, prices: Sequence[PriceUnits]) -> list[PriceUnits]:
        """The bids that go with prices of the underlying in a minute; 0 where nobody bids."""
        fair, look = self._fair(minute, prices), self._look
        if fair is None:
            return [0] * len(prices)
        tick, part, edge = look.tick, 1.0 - look.share, look.edge
        return [max(int(one * part / tick - edge + 1.0) - 1, 0) * tick for one in fair]

    def asks(self, minute: int, prices: Sequence[PriceUnits]) -> list[PriceUnits]:
        """The asks that go with prices of the underlying in a minute; 0 after the expiry."""
        fair, look = self._fair(minute, prices), self._look
        if fair is None:
            return [0] * len(prices)
        tick, part, edge = look.tick, 1.0 + look.share, look.edge
        return [(int(one * part / tick + edge) + 1) * tick for one in fair]

    def prints(self, minute: int) -> bool | None:
        """Whether buyers or else sellers trade in a minute; None where nobody does."""
        if self._chance is None:
            self._chance = drawn(1440, self.seed, 1)
        byte = self._chance[minute]
        return bool(byte & 1) if byte < self._look.busy else None

    def traded(self, minute: int, row: Sequence[PriceUnits]) -> list[tuple[PriceUnits, SizeUnits]]:
        """Prices and sizes of a minute's prints: those of the open, high, low and close that
        differ."""
        opened, high, low, close = row
        sizes = mix(self.seed, minute, 2)
        found = [(opened, sizes & 31)]
        if high not in (opened, close):
            found.append((high, sizes >> 5 & 31))
        if low not in (opened, close):
            found.append((low, sizes >> 10 & 31))
        if high != low:
            found.append((close, sizes >> 15 & 31))
        return [(price, LOTS[place] * self._look.unit) for price, place in found]

    def block(self, under: Block) -> Block:
        """The ticks that a minute of the underlying's ticks means."""
        times, bids, asks = array("q"), array("q"), array("q")
        bid_sizes, ask_sizes = array("q"), array("q")
        first, unit = under.start // MINUTE, self._look.unit
        places = _thinned(under)
        chance = drawn(2 * len(places), self.seed, first, 3)
        lows, highs = (under.bid, under.ask) if self.rising else (under.ask, under.bid)
        before: tuple[int, int] | None = None
        draw = 0
        for minute, inside in groupby(places, lambda place: under.quote_time[place] // MINUTE):
            quoted = list(inside)
            sides = (
                self.bids(minute, [lows[place] for place in quoted]),
                self.asks(minute, [highs[place] for place in quoted]),
            )
            for place, quote in zip(quoted, zip(*sides)):
                if quote != before:
                    before = quote
                    times.append(under.quote_time[place])
                    bids.append(quote[0])
                    asks.append(quote[1])
                    bid_sizes.append(LOTS[chance[2 * draw] & 31] * unit if quote[0] else 0)
                    ask_sizes.append(LOTS[chance[2 * draw + 1] & 31] * unit if quote[1] else 0)
                draw += 1
        trades = self._trades(first, times, bids, asks)
        exchanges = self._look.exchanges
        quotes = (times, bids, bid_sizes, asks, ask_sizes)
        return Block(under.start, under.end, *quotes, *trades, exchanges=exchanges)

    def _trades(
        self, minute: int, times: Column, bids: Column, asks: Column
    ) -> tuple[Column, Column, Column, Column]:
        found = (array("q"), array("q"), array("q"), array("q"))
        buying = self.prints(minute)
        side = asks if buying else bids
        if buying is None or not min(side):
            return found
        high, low = max(side), min(side)
        row = (side[0], high, low, side[-1])
        # The open stands at the first instant, the close at the last quote.
        places = {0: row[0], len(side) - 1: row[3]}
        rest = {side.index(price): price for price in (high, low) if price not in (row[0], row[3])}
        left = self.traded(minute, row)
        for place in sorted({**places, **rest}):
            price = side[place]
            at = next((at for at, (one, _) in enumerate(left) if one == price), None)
            if at is None:
                continue
            size = left.pop(at)[1]
            for column, one in zip(found, (times[place], price, size, 0)):
                column.append(one)
        return found


def _thinned(under: Block) -> Sequence[int]:
    """The quotes of a minute that are followed: of many each sixth, and what makes its bars."""
    bids, asks, last = under.bid, under.ask, len(under.bid) - 1
    if last < _FEW:
        return range(last + 1)
    marks = {0, last, *range(_FOLLOWED // 2, last, _FOLLOWED)}
    for side in (bids, asks):
        marks |= {side.index(max(side)), side.index(min(side))}
    return sorted(marks)
