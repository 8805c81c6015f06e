"""Searches for symbols, one a second of a client where they are paced, as the vendor documents it.

What TWS does with those in between is not published. Here they wait for their second, so that no
program hangs; of a client that sends more than so many at once the rest are refused with 321.
"""

from heapq import heappop, heappush
from itertools import count
from typing import Final

from ...venue.reference.answers import matching_symbols
from ...venue.reference.instruments import Instruments
from ...venue.units import SECOND, Nanos
from ...wire.catalogue.reference import SymbolSamples
from ..sessions.session import Session
from ..timing import Timing, Wakeup

MOST_WAITING: Final = 50
TOO_MANY: Final = f"More than {MOST_WAITING} searches for symbols wait for their second"
"""Of our own: what TWS says is not published."""


class SymbolSearches:
    """The searches of a station's clients."""

    def __init__(self, instruments: Instruments, timing: Timing, *, paced: bool) -> None:
        self._instruments = instruments
        self._timing = timing
        self._paced = paced
        self._free: dict[int, Nanos] = {}
        """When a session may have its next answer, by its number."""
        self._waiting: list[tuple[Nanos, int, Session, int, str]] = []
        self._count = count()
        self.alarm = Wakeup(self.next_due, self.step)

    def ask(self, session: Session, request_id: int, pattern: str) -> None:
        """Answer a search, at once or in its second of market time; 321 where ``MOST_WAITING`` of
        its client wait."""
        now = self._timing.now
        due = max(self._free.get(session.number, now), now) if self._paced else now
        if due <= now:
            self._answer(session, request_id, pattern)
        elif due - now > MOST_WAITING * SECOND:
            session.error(request_id, 321, cause=TOO_MANY)
            return
        else:
            heappush(self._waiting, (due, next(self._count), session, request_id, pattern))
            self.alarm.changed()
        if self._paced:
            self._free[session.number] = due + SECOND

    def next_due(self) -> Nanos | None:
        """When the next search that waits has its answer."""
        return self._waiting[0][0] if self._waiting else None

    def step(self, now: Nanos) -> None:
        """Answer what has waited for its second."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, session, request_id, pattern = heappop(self._waiting)
            self._answer(session, request_id, pattern)
        self.alarm.changed()

    def left(self, session: Session) -> None:
        """Forget a client."""
        self._free.pop(session.number, None)
        self._waiting = sorted(one for one in self._waiting if one[2] is not session)
        self.alarm.changed()

    def _answer(self, session: Session, request_id: int, pattern: str) -> None:
        session.send(SymbolSamples(request_id, matching_symbols(self._instruments, pattern)))
