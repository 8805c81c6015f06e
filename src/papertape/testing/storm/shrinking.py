"""Shrinks faults to the fewest that still make a program fail: delta debugging (Zeller, Hildebrandt
2002) over the list, then rounder times and simpler parameters. The number of tries is bounded."""

from collections.abc import Callable, Sequence
from typing import Final

from .faults import StormFault

Faults = tuple[StormFault, ...]
SWEEPS: Final = 3
"""How often all faults are looked at for something simpler."""


class OutOfTries(Exception):
    """The bound is reached."""


class Shrinking:
    """One shrinking: ``best`` are the fewest faults so far that fail."""

    def __init__(self, faults: Sequence[StormFault], fails: Callable[[Faults], bool], tries: int):
        """``fails`` runs the program and says whether it fails in the same way; with ``faults`` it
        is known to."""
        self.best: Faults = tuple(faults)
        self.tries = 0
        """How many there have been."""
        self._fails = fails
        self._most = tries
        self._known: dict[str, bool] = {}

    def run(self) -> Faults:
        """Shrink; return the best."""
        try:
            if self._holds(()):
                return self.best
            self._fewer()
            self._simpler()
        except OutOfTries:
            pass
        return self.best

    def _holds(self, faults: Faults) -> bool:
        """Whether these still fail; then they are the best."""
        key = "\n".join(line for one in faults for line in one.lines())
        if key not in self._known:
            if self.tries >= self._most:
                raise OutOfTries
            self.tries += 1
            self._known[key] = self._fails(faults)
        if self._known[key]:
            self.best = faults
        return self._known[key]

    def _fewer(self) -> None:
        parts = 2
        while len(self.best) >= 2:
            faults = self.best
            size = -(-len(faults) // parts)
            chunks = [faults[at : at + size] for at in range(0, len(faults), size)]
            rests = [_without(faults, chunk) for chunk in chunks] if len(chunks) > 2 else []
            if any(self._holds(one) for one in chunks):
                parts = 2
            elif any(self._holds(one) for one in rests):
                parts = max(parts - 1, 2)
            elif parts >= len(faults):
                return
            else:
                parts = min(parts * 2, len(faults))

    def _simpler(self) -> None:
        for _ in range(SWEEPS):
            before = self.best
            for place in range(len(self.best)):
                for simple in self.best[place].simpler():
                    faults = (*self.best[:place], simple, *self.best[place + 1 :])
                    if self._holds(faults):
                        break
            if self.best == before:
                return


def _without(faults: Faults, left_out: Faults) -> Faults:
    found = list(faults)
    for one in left_out:
        found.remove(one)
    return tuple(found)
