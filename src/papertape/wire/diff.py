"""What differs from known values, put where it belongs.

Of the hundred fields of an order a program sets a handful: who starts from something finished has
to look only at those.
"""

import operator
from collections.abc import Callable, Iterable
from itertools import compress
from typing import Any

Put = Callable[[Any, Any], None]
"""``put(target, value)`` brings one value to its place in what is being made."""


class Columns:
    """Places with a known value each.

    A value is the known one only if it is the same object: 1 is not True, 0.0 is not 0.
    ``make(place)`` gives the ``Put`` of a place; it is asked when a value first differs there.
    """

    def __init__(self, known: Iterable[Any], make: Callable[[int], Put]) -> None:
        self.known = tuple(known)
        self._make = make
        self._places = range(len(self.known))
        self._puts: list[Put | None] = [None] * len(self.known)

    def put(self, target: Any, values: tuple[Any, ...]) -> None:
        """Bring every value that is not the known one to its place. Raises what a ``Put`` does."""
        puts = self._puts
        for place in compress(self._places, map(operator.is_not, values, self.known)):
            (puts[place] or self._made(place))(target, values[place])

    def _made(self, place: int) -> Put:
        made = self._puts[place] = self._make(place)
        return made
