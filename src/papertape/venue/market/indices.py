"""Indices: at every whole minute the sum of what their members' minutes open at.

Between two minutes an index goes its own way from the one value to the other, in steps of five
seconds. It shows its value as trades without size, and as both sides of a quote, so that what
derives from it finds a price; nobody can trade it.
"""

from array import array
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise

import msgspec

from ..units import MINUTE, SECOND, SIZE_SCALE, Nanos, PriceUnits
from .days import Cache, Caches, Day
from .noise import added, bridges, drawn, mix
from .synthetic import STOCK_DAY, SyntheticDay
from .ticks import Block, Piece, Rows
from .timeline import DaySource
from .walks import STEPS

PARTS = 12
_PLACES = range(PARTS)
_STEP: Nanos = 5 * SECOND
_OWN = 0.6
"""How far an index strays between two minutes, in the mean size of its moves."""


_A_TURN = 10
"""Cells whose minutes are worked out in one go."""


class IndexSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An index over other instruments of the tape, all of one length of day."""

    members: tuple[tuple[int, float], ...]
    """conId and weight: how many units of the index a unit of the member's price counts."""
    tick: PriceUnits = 1
    length: Nanos = STOCK_DAY
    volatility: float = 0.009
    """What options on it take for its usual day."""


class IndexDays(DaySource):
    """Trading days of an index."""

    def __init__(
        self,
        spec: IndexSpec,
        members: Sequence[tuple[DaySource, float]],
        seed: int,
        *,
        caches: Caches,
    ) -> None:
        wrong = [one for one, _ in members if one.length != spec.length]
        if wrong or not members:
            raise ValueError(f"an index over {len(members)} members, {len(wrong)} of another day")
        self.length = spec.length
        self.tick, self.unit = spec.tick, SIZE_SCALE
        self._members = members
        self._seed = seed
        self._caches = caches

    def head(self) -> int:
        """Number of the earliest day on offer: the latest of its members'."""
        return max(source.head() for source, _ in self._members)

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        day: Day = self._caches.days.get((self._seed, number), lambda: self._make(number))
        return day

    def _make(self, number: int) -> "IndexDay":
        days = [(source.day(number), weight) for source, weight in self._members]
        return IndexDay(days, self.tick, mix(self._seed, number), self._caches.blocks)


class ValueDay(Day):
    """A day known by what it is worth at its whole minutes."""

    _unseen: Container[int] = ()
    """Cells whose minutes nobody looks at."""

    def __init__(self, length: Nanos, tick: PriceUnits, seed: int, blocks: Cache) -> None:
        self.length = length
        self._tick = tick
        self._seed = seed
        self._blocks = blocks
        self._rows: dict[str, Rows] = {}
        self._picks = drawn(length // MINUTE, seed, 1)
        self._strays: dict[int, float] = {}

    def borders(self, cell: int) -> Sequence[float]:
        """The value at the minutes of a cell, both ends included."""
        raise NotImplementedError

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        block: Block = self._blocks.get((self._seed, minute), lambda: self._block(minute))
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            found = self._rows[what] = self._rows_of(what)
        return found

    def worked_out(self, what: str, *, minutes: bool) -> Iterator[None]:
        """Work out the minutes, a few hours at a time."""
        if "BID" not in self._rows:
            yield from self._making()

    def _rows_of(self, what: str) -> Rows:
        if what == "BID":
            for _ in self._making():
                pass
            return self._rows["BID"]
        rows, none = self.rows("BID"), array("q")
        if what == "TRADES":
            zero = array("q", bytes(8 * len(rows.open)))
            count = array("q", [PARTS]) * len(rows.open)
            return Rows(rows.open, rows.high, rows.low, rows.close, zero, zero, count)
        if what == "BID_ASK":
            means = array(
                "q", [sum(r) // 4 for r in zip(rows.open, rows.high, rows.low, rows.close)]
            )
            return Rows(means, rows.high, rows.low, means, none, none, none)
        return rows

    def whole(self, what: str) -> Piece | None:
        return self.rows(what).piece(what, 0, self.length // MINUTE)

    def last(self) -> PriceUnits:
        return self.rows("TRADES").close[-1]

    def _parts(self, minute: int) -> list[PriceUnits]:
        """The values of a minute, every five seconds."""
        cell, row = divmod(minute, STEPS)
        borders, tick = self.borders(cell), self._tick
        (values,) = self._between(borders[row : row + 2], self._stray(cell, borders), minute)
        return [max(int(value / tick + 0.5), 1) * tick for value in values]

    def _between(self, borders: Sequence[float], stray: float, first: int) -> Iterator[list[float]]:
        """The values of minutes from one on, given those at their borders, not yet rounded."""
        paths = bridges(PARTS)
        picks = self._picks[first : first + len(borders) - 1]
        for (start, end), pick in zip(pairwise(borders), picks):
            rise = (end - start) / PARTS
            points = paths[pick].points
            yield [start + rise * place + stray * point for place, point in zip(_PLACES, points)]

    def _stray(self, cell: int, borders: Sequence[float]) -> float:
        """How far the values of a cell stray between two minutes."""
        found = self._strays.get(cell)
        if found is None:
            moves = added(abs(two - one) for one, two in pairwise(borders))
            found = self._strays[cell] = _OWN * (moves / (len(borders) - 1))
        return found

    def _making(self) -> Iterator[None]:
        """Make the minutes, some at a time. Rounding keeps the order of values: the highest one
        rounded is the highest of all."""
        tick, minutes = self._tick, self.length // MINUTE
        opened, high, low, close = columns = [array("q") for _ in range(4)]
        for first in range(0, minutes, STEPS):
            cell = first // STEPS
            if cell in self._unseen:
                for column in columns:
                    column.extend([0] * min(STEPS, minutes - first))
                continue
            borders = self.borders(cell)
            stray = self._stray(cell, borders)
            for values in self._between(borders[: minutes - first + 1], stray, first):
                ends = values[0], max(values), min(values), values[-1]
                for column, value in zip(columns, ends):
                    column.append(max(int(value / tick + 0.5), 1) * tick)
            if cell % _A_TURN == _A_TURN - 1:
                yield
        none = array("q")
        self._rows["BID"] = Rows(opened, high, low, close, none, none, none)
        yield

    def _block(self, minute: int) -> Block:
        begin = minute * MINUTE
        times = array("q", range(begin, begin + MINUTE, _STEP))
        prices, zero = array("q", self._parts(minute)), array("q", bytes(8 * PARTS))
        return Block(
            begin, begin + MINUTE, times, prices, zero, prices, zero, times, prices, zero, zero,
            exchanges=("",),
        )  # fmt: skip


class IndexDay(ValueDay):
    """One day of an index."""

    def __init__(
        self, members: Sequence[tuple[Day, float]], tick: PriceUnits, seed: int, blocks: Cache
    ) -> None:
        super().__init__(members[0][0].length, tick, seed, blocks)
        self._members = members
        self._cells: dict[int, list[float]] = {}

    def _making(self) -> Iterator[None]:
        for day, _ in self._members:
            if not isinstance(day, SyntheticDay):
                yield from day.worked_out("BID", minutes=True)
        yield from super()._making()

    def borders(self, cell: int) -> list[float]:
        """The index at the minutes of a cell, both ends included."""
        found = self._cells.get(cell)
        if found is None:
            minutes = min(STEPS, self.length // MINUTE - cell * STEPS)
            found = [0.0] * (minutes + 1)
            for day, weight in self._members:
                prices = _opens(day, cell, minutes)
                found = [total + weight * price for total, price in zip(found, prices)]
            self._cells[cell] = found
        return found


def _opens(day: Day, cell: int, minutes: int) -> Sequence[PriceUnits]:
    """What the minutes of a cell open at, and the one after them."""
    if isinstance(day, SyntheticDay):
        return day.steps(cell)
    rows, first = day.rows("BID"), cell * STEPS
    return [*rows.open[first : first + minutes], rows.close[first + minutes - 1]]
