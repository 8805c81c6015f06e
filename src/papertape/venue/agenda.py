"""The heap of alarms: what the venue must do at an instant.

It is derived from the state; an alarm whose reason has gone is skipped when it rings. Alarms of
one instant ring in the order of their kind, then their number.
"""

from collections.abc import Callable
from enum import IntEnum
from heapq import heapify, heappop, heappush
from typing import Final

from .units import Nanos


class Alarm(IntEnum):
    """The kinds of alarms, in the order in which those of one instant ring."""

    SCHEDULED = -1
    """A coupon, a split or a dividend comes to an instrument; the number is its conId. It rings
    first: what follows is at the prices after it."""
    LOOK = 0
    """An order that does not work yet is looked at: its auction, its time or a condition may have
    come. It rings before the order may expire, because a closing auction ends a day order."""
    EXPIRY = 1
    """A working order expires; the number is its permId."""
    SESSION = 2
    """The exchange opens or closes for an order; the number is its permId."""
    CONTRACT = 3
    """A contract that somebody holds ends; the number is its conId."""
    ACT = 4
    """An act of a world; the number is the act's."""
    MARGIN = 8
    """Accounts are looked at for a breach of their margin."""
    DAY_END = 9
    """A trading day ends."""
    RESET = 10
    """Profits of some instruments begin anew; the number is the reset's in ``RESETS``."""


NEVER: Final[Nanos] = 1 << 63
"""Later than any instant."""
OF_ORDERS = frozenset((int(Alarm.LOOK), int(Alarm.EXPIRY), int(Alarm.SESSION)))


class Agenda:
    """Alarms by instant, without duplicates."""

    def __init__(self) -> None:
        self._heap: list[tuple[Nanos, int, int]] = []
        self._set: set[tuple[Nanos, int, int]] = set()
        self.first: Nanos = NEVER
        """When the next alarm rings."""

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: Nanos, alarm: Alarm, number: int = 0) -> None:
        """Add an alarm at ``due``."""
        entry = (due, int(alarm), number)
        if entry not in self._set:
            self._set.add(entry)
            heappush(self._heap, entry)
            self.first = self._heap[0][0]

    def next_due(self) -> Nanos | None:
        """When the next alarm rings; None when there is none."""
        return self._heap[0][0] if self._heap else None

    def keep(self, wanted: Callable[[int], bool]) -> None:
        """Drop the alarms of orders for which ``wanted`` is false."""
        self._heap = [one for one in self._heap if one[1] not in OF_ORDERS or wanted(one[2])]
        heapify(self._heap)
        self._set = set(self._heap)
        self.first = self._heap[0][0] if self._heap else NEVER

    def pop(self, now: Nanos) -> tuple[Nanos, Alarm, int] | None:
        """Remove and return the next alarm that is due at ``now``, or None."""
        if not self._heap or self._heap[0][0] > now:
            return None
        due, alarm, number = entry = heappop(self._heap)
        self._set.remove(entry)
        self.first = self._heap[0][0] if self._heap else NEVER
        return due, Alarm(alarm), number
