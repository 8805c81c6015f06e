"""Who is admitted: places for clients, room for connections that are none yet, the stages of a
request, and the move to another socket port.

A place is a client's from its START_API on, and until then nobody's. Connections that have not
sent one, and strangers that wait to be accepted, have room of their own, so much for each address:
none of them keeps anybody else out.
"""

from collections import Counter
from typing import Protocol

from ...venue.units import Nanos
from ...wire.handshake import ConnectionState
from ...wire.message import Message, id_of
from ..config import Config
from ..notices import Notice, notice
from ..settings import StationSettings
from ..timing import Timing
from .policy import Policy, origin
from .registry import Sessions
from .session import Session, Transport

SILENT_STRANGERS = 4, 32
"""Connections without START_API from addresses that are not accepted by themselves: of one address,
and of all. Of accepted addresses there may be as many as there are places, and twice as many."""
WAITING_STRANGERS = 4, 32
"""Connections that wait to be accepted: of one address, and of all. A person reads this list."""


class Stage(Protocol):
    """One of the tests that a request must pass before it is handled."""

    def concerns(self, kind: type[Message]) -> bool:
        """Whether requests of this kind must pass it at all."""

    def admits(self, session: Session, message: Message) -> bool:
        """Whether a request may go on; one that may not was answered or is kept for later."""


class ReadOnly:
    """The stage of a read-only API: it refuses requests that trade with 321."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def concerns(self, kind: type[Message]) -> bool:
        """Requests that trade."""
        return kind.spec.trading

    def admits(self, session: Session, message: Message) -> bool:
        """See ``Stage``."""
        if self._config.settings.readOnlyApi:
            session.error(id_of(message), 321, variant="read_only")
            return False
        return True


class Admission:
    """Admits connections, and tells clients of a new socket port."""

    def __init__(
        self,
        sessions: Sessions,
        policy: Policy,
        settings: StationSettings,
        config: Config,
        timing: Timing,
    ) -> None:
        self._sessions = sessions
        self._policy = policy
        self._settings = settings
        self._timing = timing
        self._port: int | None = None
        """The new socket port, of which no client knows yet."""
        self.notice: Notice | None = None
        """The last one about the socket."""
        config.watch("socketPort", self._moved)

    def open(
        self, peer: str, transport: Transport, deadline: Nanos | None = None
    ) -> Session | None:
        """A new connection; None, and closed at once, when all places are taken. One that has not
        started may have to give way to it: the next flush closes that.

        ``deadline`` is when it must have started, in market time, which may run faster than the
        client's.
        """
        session = self._sessions.new(peer, transport)
        refusal = self._refusal(session)
        if refusal:
            self._sessions.turned_away(peer, "refused", refusal)
            session.close()
            session.flush()
            return None
        self._sessions.add(session, deadline)
        return session

    def _refusal(self, session: Session) -> str:
        """Why a new connection is closed before it says a word; "" when it is not."""
        if self._sessions.away:
            return "TWS is not there"
        if self._policy.outright(session.address):
            return "only this computer is allowed (allowLocalhostOnly)"
        session.stranger = self._policy.decide(session.address) != "accept"
        places = self._settings.max_clients
        clients = sum(one.talking and not one.stranger for one in self._sessions.connections())
        if clients >= places and not session.stranger:
            return f"all {places} places are taken"
        self._make_room(session, SILENT_STRANGERS if session.stranger else (places, 2 * places))
        return ""

    def _make_room(self, newcomer: Session, room: tuple[int, int]) -> None:
        """One that has not started gives way: of the newcomer's address when that has enough of
        them, else of the address that has most. First who has said nothing, then who came first."""
        alike = [
            (origin(one.address), one)
            for one in self._sessions.connections()
            if not one.talking and one.stranger == newcomer.stranger
        ]
        count = Counter(place for place, _ in alike)
        crowd = origin(newcomer.address)
        if count[crowd] < room[0]:
            if len(alike) < room[1]:
                return
            crowd = max(count, key=count.__getitem__)
        oldest = min((one for place, one in alike if place == crowd), key=_precedence)
        self._sessions.drop(oldest, f"it has sent no START_API and {newcomer.peer} wants its place")

    def crowded(self, session: Session) -> str:
        """Why a stranger cannot even wait to be accepted; "" when it can."""
        of_one, of_all = WAITING_STRANGERS
        waiting = [origin(one.address) for one in self._policy.waiting()]
        if waiting.count(origin(session.address)) >= of_one:
            return f"{of_one} connections from its address wait to be accepted already"
        return f"{of_all} connections wait to be accepted already" if len(waiting) >= of_all else ""

    def _moved(self, port: int) -> None:
        self._port = port

    def tell_port(self) -> None:
        """After the answers of a turn: every client receives a new port (1300) and is closed."""
        port, self._port = self._port, None
        if port is not None:
            self.notice = notice(1300, self._timing.now, port=port)
            for session in list(self._sessions.connections()):
                if session.started:
                    session.error(-1, 1300, port=port)
                self._sessions.drop(session, f"the socket port is {port} now")


def _precedence(session: Session) -> tuple[bool, int]:
    spoken = session.behind or session.connection.state is not ConnectionState.OPENED
    return spoken, session.number
