"""Corrections that a world has said: they wait for their execution, and for their time after it."""

from collections.abc import Callable
from typing import Final

import msgspec

from ...errors import WorldError
from ...venue.engine import Happened
from ...venue.facts import CombinationFilled, OrderFilled
from ...venue.units import Nanos
from ...worlds.steps import CorrectionStep, PlacedStep

MOST_WAITING: Final = 1_000


class WorldFill(msgspec.Struct, frozen=True):
    """An execution since the world, or its day, began."""

    number: int
    permId: int
    time: Nanos


class Correcting:
    """The executions of a world, and the corrections that wait for one."""

    def __init__(
        self, named: Callable[[str], int | None], wait: Callable[[Nanos, PlacedStep], None]
    ) -> None:
        """``named`` gives the permId of an order's name, ``wait`` lets a step come later."""
        self._named = named
        self._wait = wait
        self._executions: list[WorldFill] = []
        """Those of the day; earlier ones cannot be corrected."""
        self._waiting: list[PlacedStep] = []

    def begin(self) -> None:
        """A world begins."""
        self._executions.clear()
        self._waiting.clear()

    def day_began(self, _: Happened) -> None:
        """Executions of the day before cannot be corrected any more."""
        self._executions.clear()

    def filled(self, one: Happened) -> None:
        """There is one more execution."""
        fact = one.fact
        assert isinstance(fact, OrderFilled | CombinationFilled)
        self._executions.append(WorldFill(fact.execution, fact.permId, one.time))
        for placed in tuple(self._waiting):
            self._look(placed)

    def asked(
        self, placed: PlacedStep, now: Nanos, carry_out: Callable[[CorrectionStep, int], None]
    ) -> None:
        """Take a correction: now, where its execution and its time have come. Raises
        ``WorldError``."""
        step = placed.step
        assert isinstance(step, CorrectionStep)
        found = self._found(step)
        if found is not None and found.time + step.after <= now:
            carry_out(step, found.number)
        elif found is not None:
            self._wait(found.time + step.after, placed)
        elif len(self._waiting) >= MOST_WAITING:
            raise WorldError(f"{MOST_WAITING} corrections wait, which is the most")
        else:
            self._waiting.append(placed)

    @property
    def unmet(self) -> list[PlacedStep]:
        """Those whose execution has not come."""
        return list(self._waiting)

    def _look(self, placed: PlacedStep) -> None:
        step = placed.step
        assert isinstance(step, CorrectionStep)
        found = self._found(step)
        if found is not None:
            self._waiting.remove(placed)
            self._wait(found.time + step.after, placed)

    def _found(self, step: CorrectionStep) -> WorldFill | None:
        perm_id = self._named(step.of) if step.of else 0
        if perm_id is None:
            return None
        mine = [one for one in self._executions if perm_id in (0, one.permId)]
        at = step.nth - 1 if step.nth > 0 else step.nth
        return mine[at] if -len(mine) <= at < len(mine) else None
