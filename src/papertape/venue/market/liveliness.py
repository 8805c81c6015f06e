"""How lively the half hours of a day are: in prices, and in what is traded."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ..units import MINUTE, Nanos
from .walks import STEPS

CURRENCY_DAY: Final[Nanos] = 1440 * MINUTE


@lru_cache(64)
def profile(length: Nanos) -> Sequence[float]:
    """How lively the cells of a day are: most at the open and a little more at the close where an
    exchange has them, a hump around the clock."""
    return tuple(
        1.4 - square
        if length >= CURRENCY_DAY
        else 0.6 + square * (1.2 + 2.0 * square if early else 0.2 + 0.7 * square)
        for square, early in _places(length)
    )


@lru_cache(64)
def busy(length: Nanos) -> Sequence[float]:
    """How much of a day's volume its cells have: a deep U where an exchange opens and closes."""
    return tuple(
        1.4 - square if length >= CURRENCY_DAY else 0.6 + square * (0.8 + 3.0 * square)
        for square, _ in _places(length)
    )


def _places(length: Nanos) -> list[tuple[float, bool]]:
    """How far from the middle of the day each cell is, squared; whether before it."""
    cells = -(-length // (STEPS * MINUTE))
    places = [(2.0 * cell + 1.0) / cells - 1.0 for cell in range(cells)]
    return [(place * place, place < 0.0) for place in places]
