"""What a drill is: options, a beginning, an end, and the hooks between.

A drill is started and stopped once. While it runs, the registry asks it about messages that come
in (``takes``) and go out (``gives``), tells it of sessions that start and end, and lets it act
when its ``due`` has come. It is over when it calls ``finish``.
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
    """Options of a drill that concerns sessions."""

    client: int | None = None
    """Only the session with this client id; every session when it is left out."""


class Target(Protocol):
    """What a drill may do to a TWS."""

    timing: Timing
    settings: StationSettings
    registry: Sessions
    queries: Queries
    link: BrokerLink
    farms: Farms
    competition: Competition

    def serve(self, session: Session, message: Message) -> None:
        """Handle a request that was kept from its handler."""

    def go_away(self, reason: str) -> None:
        """End TWS: every connection is closed, the port refuses, what was held is lost."""

    def come_back(self) -> None:
        """Start TWS again, with its link, and with its farms as they are at a start."""


class Drill:
    """One run of one drill."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line: what goes wrong."""
    issues: ClassVar[tuple[str, ...]] = ()
    """Public issues that it reproduces, as ``owner/repository#number``."""
    Options: ClassVar[type[Options]] = Options
    order: ClassVar[tuple[str, ...]] = ()
    """Options that may be given by position."""

    def __init__(self, tws: Target, options: Any, random: Random) -> None:
        self.tws = tws
        self.options = options
        self.random = random
        self.due: Nanos | None = None
        """When ``act`` is called; None when only a message can bring it on."""
        self.over = False
        self.zone = ""
        """What the version answer calls the time zone meanwhile; "": as ever."""

    def start(self) -> None:
        """Begin. Raises ``SettingsError`` when an option names what is not there."""

    def act(self) -> None:
        """``due`` has come."""

    def stop(self) -> None:
        """Undo what lasts, when it is stopped from outside before its end."""

    def takes(self, session: Session, message: Message) -> bool:
        """Whether a message that came in is handled."""
        return True

    def gives(self, session: Session, message: Message) -> bool:
        """Whether a message goes out."""
        return True

    def writes(self, session: Session, message: Message | None, encoded: bytes) -> bytes:
        """The bytes of a message that goes out, or of the version answer (None)."""
        return encoded

    def started(self, session: Session) -> None:
        """A session has started: its client was told everything that follows START_API."""

    def left(self, session: Session) -> None:
        """A session that had started is over."""

    # -- for drills ---------------------------------------------------------------------------

    @property
    def now(self) -> Nanos:
        """Market time."""
        return self.tws.timing.now

    def after(self, milliseconds: float) -> Nanos:
        """The instant so much later."""
        return self.now + int(milliseconds * MS)

    def finish(self) -> None:
        """It is over; nothing is asked of it any more."""
        self.over = True
        self.due = None

    def aims_at(self, session: Session, client_id: int | None = None) -> bool:
        """Whether a session is among those that the drill concerns."""
        wanted = self.options.client
        return wanted is None or (session.client_id if client_id is None else client_id) == wanted

    def targets(self) -> Iterator[Session]:
        """The open sessions that the drill concerns, started or not."""
        return (one for one in list(self.tws.registry.connections()) if self.aims_at(one))
