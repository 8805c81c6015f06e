"""How long to wait for what this computer does anyway: a stall of it says nothing."""

from collections.abc import Callable
from typing import Final

LONGEST_TURN_S: Final = 0.01
"""What a turn of the loop counts at most: a longer one is a computer that did something else."""


class Patience:
    """A wait that ends after so many seconds in which the loop had its turns."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._left = seconds
        self._last = clock()

    def lasts(self) -> bool:
        """Whether to wait on; ask once in each turn of the loop."""
        now = self._clock()
        self._left -= min(now - self._last, LONGEST_TURN_S)
        self._last = now
        return self._left > 0
