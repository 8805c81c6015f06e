"""How often a client may ask the history farm for what is fine: bars of 30 seconds or less, ticks.

As the vendor documents it: no identical request within 15 seconds, no six for one contract,
exchange and kind within two, no more than 60 in ten minutes; BID_ASK counts twice there. Bars of
five seconds count among the 60. A request that is refused does not count. Seconds are market time.
"""

from collections import deque
from collections.abc import Callable, Hashable
from typing import Final

from ...venue.units import SECOND, Nanos
from ..sessions.session import Session

FINEST: Final[Nanos] = 30 * SECOND
"""Longer bars are not paced."""
SAME: Final[Nanos] = 15 * SECOND
CROWD: Final = 6
CROWDED: Final[Nanos] = 2 * SECOND
MOST: Final = 60
SPAN: Final[Nanos] = 600 * SECOND


class _Asked:
    """One client's requests of the last ten minutes."""

    def __init__(self) -> None:
        self.rows: deque[tuple[Nanos, int, Hashable, Hashable]] = deque()
        """When, how much it counts, what of, and all that it asked for."""

    def admits(self, row: tuple[Nanos, int, Hashable, Hashable]) -> bool:
        now, weight, of, whole = row
        while self.rows and self.rows[0][0] <= now - SPAN:
            self.rows.popleft()
        recent = [one for one in self.rows if one[0] > now - SAME]
        same = whole is not None and any(one[3] == whole for one in recent)
        near = sum(one[0] > now - CROWDED and one[2] == of for one in recent)
        crowded = of is not None and near >= CROWD - 1
        if same or crowded or sum(one[1] for one in self.rows) + weight > MOST:
            return False
        self.rows.append(row)
        return True


class HistoryPacing:
    """The pacing of all clients, each for itself."""

    def __init__(self, now: Callable[[], Nanos], *, on: bool) -> None:
        self._now = now
        self._on = on
        self._clients: dict[Session, _Asked] = {}

    def admits(self, session: Session, what: str, *asked: Hashable) -> bool:
        """Whether a client may ask now for ``what`` to show. ``asked`` is all that it asks for, the
        contract's number and the exchange first; without it, as for bars of five seconds, the
        request only counts."""
        if not self._on:
            return True
        client = self._clients.get(session)
        if client is None:
            client = self._clients[session] = _Asked()
        of, whole = ((asked[:2], what), (what, asked)) if asked else (None, None)
        return client.admits((self._now(), 2 if what == "BID_ASK" else 1, of, whole))

    def left(self, session: Session) -> None:
        """A session is over."""
        self._clients.pop(session, None)
