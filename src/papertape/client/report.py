"""The report of a connection: what the server has sent, and what is missing."""

from collections import deque
from enum import Enum
from typing import Any, Literal

import msgspec

from ..errors import ApiError, PapertapeError

NOTICES = 1000
"""Notices that are kept; a broken farm may repeat them for days."""


class Phase(Enum):
    """The state of a session."""

    CONNECTING = "connecting"
    READY = "ready"
    AWAY = "away"
    """The connection is lost and will be made again."""
    ENDED = "ended"


State = Literal["came", "missing", "refused"]


class Fetched(msgspec.Struct):
    """The outcome of one thing that ``connect`` fetched."""

    state: State
    after_s: float
    """Seconds from the request to its answer or time-out; 0 when it was not sent because the
    connection never became ready."""
    items: list[Any] = []
    error: PapertapeError | None = None


class Report(msgspec.Struct):
    """What the server has sent about this connection, and what did not arrive in time."""

    serverVersion: int = 0
    connectionTime: str = ""
    accounts: tuple[str, ...] = ()
    nextValidId: int | None = None
    notices: deque[ApiError] = msgspec.field(default_factory=lambda: deque(maxlen=NOTICES))
    """Notices about no request: farms, links, warnings. They are data and never raised."""
    came: dict[str, float] = {}
    """When each part arrived, in seconds from the start of the connection."""
    least_id: int = 0
    """Order ids never go back, whatever a restarted server says."""
    fetched: dict[str, Fetched] = {}
    """What ``connect`` was asked to fetch besides."""

    @property
    def ready(self) -> bool:
        """Whether the server has accepted this client."""
        return bool(self.accounts) and self.nextValidId is not None

    @property
    def missing(self) -> tuple[str, ...]:
        """What has not arrived, of what makes a connection ready and of what was fetched."""
        missing = [] if self.serverVersion else ["version"]
        missing += [] if self.accounts else ["managedAccounts"]
        missing += [] if self.nextValidId is not None else ["nextValidId"]
        return (*missing, *(name for name, one in self.fetched.items() if one.state != "came"))
