"""Detects a connection that is open on our side only.

A connection whose other end has vanished (a frozen host, a dropped route, a laptop that slept)
looks open until something is written, and often long after. So the client sends reqCurrentTime to
a server that has been silent for a while. Any byte it receives proves that the server is alive.
"""

from enum import Enum, auto
from typing import Final

OVERDUE_S: Final = 2.0
"""How long an answer may take before the link counts as suspect."""
QUESTIONS: Final = 2
"""Unanswered requests until the link counts as dead. TWS drops one that follows too soon."""


class Beat(Enum):
    """What the session should do."""

    NOTHING = auto()
    ASK = auto()
    DEAD = auto()


class Heartbeat:
    """Tracks when the server was last heard and how often it has been probed since."""

    def __init__(self, interval_s: float | None) -> None:
        self.interval_s = interval_s
        self.heard_at: float | None = None
        self._asked = 0
        self._since = 0.0

    def heard(self, now: float) -> bool:
        """Record that bytes arrived; return whether a probe was waiting for them."""
        self.heard_at = self._since = now
        asked, self._asked = self._asked, 0
        return asked > 0

    def overdue(self, now: float) -> bool:
        """Whether a probe has been unanswered for unusually long."""
        return self._asked > 1 or (self._asked == 1 and now - self._since >= OVERDUE_S)

    def stop(self) -> None:
        """Stop watching: the connection is closed."""
        self.heard_at, self._asked = None, 0

    def step(self, now: float) -> Beat:
        """Return whether to probe the server, or to give it up."""
        due = self.next_due()
        if due is None or now < due:
            return Beat.NOTHING
        if self._asked >= QUESTIONS:
            return Beat.DEAD
        self._asked += 1
        self._since = now
        return Beat.ASK

    def next_due(self) -> float | None:
        """When to check next; None while there is nothing to watch."""
        if self.interval_s is None or self.heard_at is None:
            return None
        return self._since + self.interval_s

    def silence(self, now: float) -> float:
        """Seconds since the server was heard."""
        return 0.0 if self.heard_at is None else now - self.heard_at
