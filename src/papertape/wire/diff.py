"""Write only the values that differ from known ones.

A program sets a handful of an order's hundred fields, so an encoder that starts from a prepared
order needs to look at those alone.
"""

import operator
from collections.abc import Callable, Iterable
from itertools import compress
from typing import Any

Put = Callable[[Any, Any], None]
"""``put(target, value)`` writes one value into its place in the target."""


class Columns:
    """A known value for each place, and the function that writes another one there.

    A value counts as the known one only if it is the same object: 1 is not True, 0.0 is not 0.
    ``make(place)`` returns the ``Put`` of a place; it is called when a value first differs there.
    """

    def __init__(self, known: Iterable[Any], make: Callable[[int], Put]) -> None:
        self.known = tuple(known)
        self._make = make
        self._places = range(len(self.known))
        self._puts: list[Put | None] = [None] * len(self.known)

    def put(self, target: Any, values: tuple[Any, ...]) -> None:
        """Write every value that is not the known one. Raises whatever a ``Put`` raises."""
        puts = self._puts
        for place in compress(self._places, map(operator.is_not, values, self.known)):
            (puts[place] or self._made(place))(target, values[place])

    def _made(self, place: int) -> Put:
        made = self._puts[place] = self._make(place)
        return made
