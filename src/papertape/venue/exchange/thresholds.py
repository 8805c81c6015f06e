"""The conditions of orders that wait for a price, a volume or a change of an instrument, by what is
compared and by threshold: a tick visits those that it meets.
"""

from collections.abc import Callable, Iterator
from typing import Final

from .book import Ladder

PRICE: Final = 1
VOLUME: Final = 6
PERCENT: Final = 7
"""The kinds of conditions that look at an instrument."""

Measured = tuple[int, int]
"""The values that are compared with a threshold from below, and with one from above."""
Measure = tuple[int, int]
"""The kind of a condition, and the trigger method of a price."""
Measuring = Callable[[int, int, int], Measured | None]
"""Gives the values of an instrument for a kind and a method; None where it has none."""


NOTHING: Final[Measured] = (-1, 1 << 62)
"""Prices that reach no threshold."""


def prices_of(up: int, down: int) -> Measured:
    """Return prices as what is compared; 0 is none, and reaches nothing."""
    return up or NOTHING[0], down or NOTHING[1]


class ConditionBook:
    """The conditions on one instrument that do not hold, each with its order."""

    __slots__ = ("_books", "kept")

    def __init__(self) -> None:
        self._books: dict[Measure, ThresholdBook] = {}
        self.kept: dict[int, list[tuple[Measure, int, int]]] = {}
        """What each order waits for; read with every tick."""

    def __len__(self) -> int:
        return len(self.kept)

    def __iter__(self) -> Iterator[int]:
        return iter(self.kept)

    def add(self, perm_id: int, measure: Measure, direction: int, value: int) -> None:
        """Let an order wait until a value is at or above (direction +1), or at or below another."""
        entry = (measure, direction, value)
        kept = self.kept.setdefault(perm_id, [])
        if entry not in kept:
            kept.append(entry)
            self._books.setdefault(measure, ThresholdBook()).add(perm_id, direction, value)

    def remove(self, perm_id: int) -> None:
        """Remove what an order waits for."""
        for measure, direction, value in self.kept.pop(perm_id, ()):
            book = self._books[measure]
            book.remove(perm_id, direction, value)
            if not book:
                del self._books[measure]

    @property
    def measures(self) -> Iterator[Measure]:
        """What is compared."""
        return iter(self._books)

    def meets(self, measure: Measure, found: Measured) -> bool:
        """Return whether values meet a condition of that measure."""
        return self._books[measure].meets(found)

    def met(self, con_id: int, measuring: Measuring) -> set[int]:
        """Return the orders of which a condition holds now."""
        met: set[int] = set()
        for (kind, method), book in self._books.items():
            found = measuring(con_id, kind, method)
            if found is not None and book.meets(found):
                met.update(book.met(found))
        return met


class ThresholdBook:
    """Thresholds of one measure, which may be of either sign, and 0."""

    __slots__ = ("_above", "_below")

    def __init__(self) -> None:
        self._above = Ladder(+1)
        self._below = Ladder(-1)

    def __bool__(self) -> bool:
        return bool(self._above) or bool(self._below)

    def add(self, perm_id: int, direction: int, value: int) -> None:
        """Add a threshold of an order, which has each of them once."""
        (self._above if direction > 0 else self._below).add(value, perm_id)

    def remove(self, perm_id: int, direction: int, value: int) -> None:
        """Remove a threshold."""
        (self._above if direction > 0 else self._below).remove(value, perm_id)

    def meets(self, found: Measured) -> bool:
        """Return whether any threshold is reached, the cheap test per tick."""
        up, down = found
        above, below = self._above.first(), self._below.first()
        return (above is not None and above <= up) or (below is not None and below >= down)

    def met(self, found: Measured) -> Iterator[int]:
        """Iterate over the orders whose threshold is reached."""
        up, down = found
        yield from self._above.reached(up)
        yield from self._below.reached(down)
