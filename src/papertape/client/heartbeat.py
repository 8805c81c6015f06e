"""Finding a link that is open on our side only.

A connection whose other end has gone without a word (a frozen host, a dropped route, a laptop that
slept) looks open until something is written, and often long after. So a server that has said
nothing for a while is asked for its time. Any byte is a sign of life.
"""

from enum import Enum, auto
from typing import Final

OVERDUE_S: Final = 2.0
"""How long an answer may take before it is worth a thought."""
QUESTIONS: Final = 2
"""One answer may get lost: a TWS leaves a question out that comes too soon after another."""


class Beat(Enum):
    """What is to be done."""

    NOTHING = auto()
    ASK = auto()
    DEAD = auto()


class Heartbeat:
    """When the server was heard, and how often it has been asked since."""

    def __init__(self, interval_s: float | None) -> None:
        self.interval_s = interval_s
        self.heard_at: float | None = None
        self._asked = 0
        self._since = 0.0

    def heard(self, now: float) -> bool:
        """Something has come; whether it was waited for."""
        self.heard_at = self._since = now
        asked, self._asked = self._asked, 0
        return asked > 0

    def overdue(self, now: float) -> bool:
        """Whether the server has been asked and takes strangely long to answer."""
        return self._asked > 1 or (self._asked == 1 and now - self._since >= OVERDUE_S)

    def stop(self) -> None:
        """The connection is closed."""
        self.heard_at, self._asked = None, 0

    def step(self, now: float) -> Beat:
        """Whether it is time to ask, or to give up."""
        due = self.next_due()
        if due is None or now < due:
            return Beat.NOTHING
        if self._asked >= QUESTIONS:
            return Beat.DEAD
        self._asked += 1
        self._since = now
        return Beat.ASK

    def next_due(self) -> float | None:
        """When to look again; None while there is nothing to watch."""
        if self.interval_s is None or self.heard_at is None:
            return None
        return self._since + self.interval_s

    def silence(self, now: float) -> float:
        """Seconds since the server was heard."""
        return 0.0 if self.heard_at is None else now - self.heard_at
