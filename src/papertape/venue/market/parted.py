"""A trading day that is put together from parts of other days."""

from collections.abc import Callable, Hashable, Iterator, Sequence

from ..units import MINUTE, Nanos, PriceUnits
from .days import Cache, Day
from .ticks import Block, Piece, Rows, joined


class DayPart:
    """Some minutes of a day, which are those of another day from its beginning on."""

    def __init__(
        self, first: int, minutes: int, make: Callable[[], Day], *, whole: bool = True
    ) -> None:
        """``whole``: they are all of the other day."""
        self.first = first
        self.minutes = minutes
        self.whole = whole
        self._make = make
        self._made: Day | None = None

    def day(self) -> Day:
        """The other day, made when first asked for."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def piece(self, what: str, start: Nanos, end: Nanos) -> Piece | None:
        """What these minutes add to the bar over ``start <= offset < end`` of the day."""
        base, length = self.first * MINUTE, self.minutes * MINUTE
        lower, upper = max(start - base, 0), min(end - base, length)
        if lower >= upper:
            return None
        if self.whole and upper - lower == length:
            return self.day().whole(what)
        return self.day().piece(what, lower, upper)


class PartedDay(Day):
    """A day of several that follow one another without a pause; each is made when it is needed."""

    def __init__(self, parts: Sequence[DayPart], name: Hashable, blocks: Cache) -> None:
        """``name``: under what its blocks are kept."""
        self.parts = parts
        self.length = (parts[-1].first + parts[-1].minutes) * MINUTE
        self._name = name
        self._blocks = blocks
        self._rows: dict[str, Rows] = {}

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        part = next(one for one in self.parts if minute < one.first + one.minutes)
        within = offset - part.first * MINUTE
        if not part.first:
            return part.day().block(within)
        key = (self._name, minute)
        block: Block = self._blocks.get(
            key, lambda: part.day().block(within).moved(part.first * MINUTE)
        )
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            rows = [part.day().rows(what).first(part.minutes) for part in self.parts]
            found = self._rows[what] = rows[0].followed(rows[1:])
        return found

    def worked_out(self, what: str, *, minutes: bool) -> Iterator[None]:
        """Work out the parts one by one; those of which a bar lacks a part need its minutes."""
        if what in self._rows:
            return
        for part in self.parts:
            yield from part.day().worked_out(what, minutes=minutes or not part.whole)
        if minutes:
            self.rows(what)
            yield

    def whole(self, what: str) -> Piece | None:
        return self.piece(what, 0, self.length)

    def last(self) -> PriceUnits:
        if self.parts[-1].whole:
            return self.parts[-1].day().last()
        return super().last()

    def piece(self, what: str, start: Nanos, end: Nanos) -> Piece | None:
        """The bar over ``start <= offset < end``; of parts that lie within it, their bars."""
        piece: Piece | None = None
        for part in self.parts:
            piece = joined(piece, part.piece(what, start, end))
        return piece
