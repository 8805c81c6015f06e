"""Instruments whose price is a function of another's: options, futures, bonds.

Within a minute the function stands still, and it only ever rises or only ever falls with the
underlying. So the highs and lows of the one are those of the other, and bars made of the
underlying's bars are those of the ticks, to the last unit. Where the function stands still for the
whole day, its bar comes from the underlying's alone. Prints are rare: in some minutes the
open, high, low and close of one side trade.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits
from .days import HOUR, Cache, Caches, Day, MirroredDay, TickDay, pieced
from .functions import DayFunctions, Derivation
from .noise import mix
from .ticks import NO_HIGH, NO_LOW, Block, Piece, Rows, minute_of
from .timeline import DaySource

_A_TURN = 180
"""Minutes that are worked out in one go."""
_OTHER = {"BID": "ASK", "ASK": "BID"}


class DerivedDays(DaySource):
    """Trading days of a derived instrument."""

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
        line: DayFunctions = self._caches.lines.get(
            (self._seed, number),
            lambda: DayFunctions(self._derivation, number, mix(self._seed, number)),
        )
        if isinstance(under, TickDay | MirroredDay):
            # Recorded ticks: their highest bid and highest ask may be at different times.
            block = under.block(0)
            if block.end - block.start == under.length:
                return RecordedDay(block, line, self._caches.blocks)
        return DerivedDay(under, line, self._caches.blocks)


class DerivedDay(Day):
    """A day made of the underlying's."""

    def __init__(self, under: Day, line: DayFunctions, blocks: Cache) -> None:
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

    def worked_out(self, what: str, *, minutes: bool) -> Iterator[None]:
        """Work out the underlying, and what this day needs of itself."""
        if what in self._rows:
            return
        line = self._line
        minutes = minutes or not line.steady or what in ("TRADES", "BID_ASK")
        if what in _OTHER:
            theirs = what if line.rising else _OTHER[what]
            yield from self._under.worked_out(theirs, minutes=minutes)
        else:
            for side in _OTHER:
                if what == "TRADES":
                    yield from self._under.worked_out(side, minutes=True)
                else:
                    yield from self.worked_out(side, minutes=minutes)
        if minutes and what == "TRADES":
            yield from self._printing()
        elif minutes and what in _OTHER:
            yield from self._siding(what)
        elif minutes:
            self.rows(what)
            yield
        elif what in _OTHER:
            self.whole(what)  # so that its values are known
            yield

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
        if what in _OTHER or what == "TRADES":
            for _ in self._printing() if what == "TRADES" else self._siding(what):
                pass
            return self._rows[what]
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

    def _siding(self, what: str) -> Iterator[None]:
        """Make the minutes of a side, some at a time."""
        line, none = self._line, array("q")
        side = line.bids if what == "BID" else line.asks
        rows = self._under.rows(what if line.rising else _OTHER[what])
        high, low = (rows.high, rows.low) if line.rising else (rows.low, rows.high)
        theirs = (rows.open, high, low, rows.close)
        columns = [array("q") for _ in range(4)]
        for first in range(0, len(high), _A_TURN):
            some = [column[first : first + _A_TURN] for column in theirs]
            if line.steady:
                told: Iterable[Sequence[PriceUnits]] = (side(0, column) for column in some)
            else:
                told = zip(*(side(first + at, prices) for at, prices in enumerate(zip(*some))))
            for column, prices in zip(columns, told):
                column.extend(prices)
            yield
        opened, most, least, close = columns
        self._rows[what] = Rows(opened, most, least, close, none, none, none)

    def _printing(self) -> Iterator[None]:
        """Make the minutes of prints, some hours at a time."""
        minutes, line = self.length // MINUTE, self._line
        columns = [array("q", bytes(8 * minutes)) for _ in range(7)]
        opened, high, low, close, volume, notional, count = columns
        high[:], low[:] = array("q", [NO_HIGH]) * minutes, array("q", [NO_LOW]) * minutes
        for first in range(0, minutes, _A_TURN):
            sides = [(one, line.prints(one)) for one in range(first, min(first + _A_TURN, minutes))]
            for buying in (True, False):
                chosen = [minute for minute, side in sides if side is buying]
                for minute, row in zip(chosen, self._printed(chosen, buying)):
                    if not row[2]:
                        continue
                    opened[minute], high[minute], low[minute], close[minute] = row
                    for price, size in line.traded(minute, row):
                        volume[minute] += size
                        notional[minute] += price * size // SIZE_SCALE
                        count[minute] += 1
            yield
        self._rows["TRADES"] = Rows(opened, high, low, close, volume, notional, count)


class RecordedDay(Day):
    """A day made of a recorded one's ticks, a minute of them at a time."""

    def __init__(self, under: Block, line: DayFunctions, blocks: Cache) -> None:
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
        for _ in self.worked_out(what):
            pass
        return self._rows[what]

    def worked_out(self, what: str, *, minutes: bool = True) -> Iterator[None]:
        """Work out the minutes, half an hour at a time."""

        def piece(start: Nanos, end: Nanos) -> Piece | None:
            return self.block(start).piece(what, start, end)

        return pieced(self._rows, what, self.length, HOUR // 2, piece)

    def whole(self, what: str) -> Piece | None:
        return self.rows(what).piece(what, 0, self.length // MINUTE)
