"""The base class of drills: options, start, stop, and the hooks between.

A drill is started and stopped once. While it runs, the registry asks it about incoming (``takes``)
and outgoing (``gives``) messages, reports sessions that start and end, and calls ``act`` when
``due`` is reached. A drill is over when it calls ``finish``.
"""

from collections.abc import Iterator
from random import Random
from typing import Annotated, Any, ClassVar, Protocol

import msgspec

from ...venue.units import Nanos
from ...wire.message import Message
from ..plant.broker_link import BrokerLink
from ..plant.competing import Competition
from ..plant.farms import Farms
from ..present.queries import Queries
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..settings import StationSettings
from ..timing import Timing

MS = 1_000_000
"""A millisecond in units of the market's clock."""
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=86_400_000)]
"""Of market time; a day at most."""
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
"""Of market time; a day at most."""
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a drill; each drill declares its own, with defaults and limits."""


class Aimed(Options, frozen=True, kw_only=True):
    """Options of a drill that affects sessions."""

    client: int | None = None
    """Affect only the session with this client id; None: every session."""


class Target(Protocol):
    """What a drill may do to the station."""

    timing: Timing
    settings: StationSettings
    registry: Sessions
    queries: Queries
    link: BrokerLink
    farms: Farms
    competition: Competition

    def serve(self, session: Session, message: Message) -> None:
        """Handle a request that a drill withheld from its handler."""

    def go_away(self, reason: str) -> None:
        """Stop TWS: close every connection, refuse new ones, lose held orders."""

    def come_back(self) -> None:
        """Start TWS again, with the broker link up and the farms as after a start."""


class Drill:
    """One run of one drill."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """The fault in one line."""
    issues: ClassVar[tuple[str, ...]] = ()
    """Public issues that the drill reproduces, as ``owner/repository#number``."""
    Options: ClassVar[type[Options]] = Options
    order: ClassVar[tuple[str, ...]] = ()
    """Options that may be positional."""
    withholds: ClassVar[bool] = False
    """Whether the drill keeps messages back that it sends later."""
    releasing: bool = False
    """Whether it is sending some of these now: other drills have seen them."""

    def __init__(self, tws: Target, options: Any, random: Random) -> None:
        self.tws = tws
        self.options = options
        self.random = random
        self.due: Nanos | None = None
        """When ``act`` is called; None while the drill waits for a message."""
        self.over = False
        self.zone = ""
        """The zone name in the version reply while the drill runs; "": unchanged."""

    def start(self) -> None:
        """Start. Raises ``SettingsError`` when an option names something unknown."""

    def act(self) -> None:
        """Act; called when ``due`` is reached."""

    def stop(self) -> None:
        """Undo lasting effects; called when the drill is stopped before it is over."""

    def takes(self, session: Session, message: Message) -> bool:
        """Return whether an incoming message is handled."""
        return True

    def gives(self, session: Session, message: Message) -> bool:
        """Return whether an outgoing message is sent."""
        return True

    def writes(self, session: Session, message: Message | None, encoded: bytes) -> bytes:
        """Return the bytes to send for a message, or for the version reply (None)."""
        return encoded

    def started(self, session: Session) -> None:
        """Called when a session has started: everything that follows START_API has been sent."""

    def left(self, session: Session) -> None:
        """Called when a session that had started has ended."""

    def returned(self) -> None:
        """Called when the broker link is back, before what happened meanwhile is told."""

    # -- for drills ---------------------------------------------------------------------------

    @property
    def now(self) -> Nanos:
        """Market time."""
        return self.tws.timing.now

    def after(self, milliseconds: float) -> Nanos:
        """The instant ``milliseconds`` after now."""
        return self.now + int(milliseconds * MS)

    def finish(self) -> None:
        """End the drill; no hook is called again."""
        self.over = True
        self.due = None

    def aims_at(self, session: Session, client_id: int | None = None) -> bool:
        """Return whether the drill affects a session."""
        wanted = self.options.client
        return wanted is None or (session.client_id if client_id is None else client_id) == wanted

    def targets(self) -> Iterator[Session]:
        """The open sessions that the drill affects, started or not."""
        return (one for one in list(self.tws.registry.connections()) if self.aims_at(one))
