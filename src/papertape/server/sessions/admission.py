"""Admission: places for clients, room for connections that have not started, the stages of a
request, and the change of the socket port.

A client occupies a place from its START_API on. Connections without START_API, and those that wait
for the user's decision, have a limited room of their own, in total and per address, so they take
no client's place.
"""

from collections import Counter
from typing import Protocol

from ...venue.units import Nanos
from ...wire.catalogue.orders import PlaceOrder, ReqCompletedOrders, ReqOpenOrders
from ...wire.catalogue.reports import CompletedOrdersEnd, OpenOrdersEnd
from ...wire.catalogue.session import ReqIds
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
"""Maximum connections without START_API from addresses that no rule accepts: of one address, and
of all. For accepted addresses the limits are the number of places and twice that."""
WAITING_STRANGERS = 4, 32
"""Maximum connections that wait for the user's decision: of one address, and of all."""


class Stage(Protocol):
    """A check that a request must pass before it is handled."""

    def concerns(self, kind: type[Message]) -> bool:
        """Return whether requests of this kind must pass the stage."""

    def admits(self, session: Session, message: Message) -> bool:
        """Return whether a request passes; otherwise it has been answered or is kept for later."""


EMPTY: dict[type[Message], type[Message]] = {
    ReqOpenOrders: OpenOrdersEnd,
    ReqCompletedOrders: CompletedOrdersEnd,
}
"""Requests without an id that libraries wait for, and the end of an empty answer to them."""
READ_ONLY = "The API interface is currently in Read-Only mode."


class ReadOnly:
    """The stage of a read-only API: it refuses requests that trade with 321.

    TWS leaves it at that, and a library waits on: for a list of orders, as no id tells it that this
    request has failed, or for a preview, as ib_async takes 321 for a warning. So a list is empty,
    a preview is rejected with 201, and reqIds is told the id that the session began with besides.
    """

    def __init__(self, config: Config) -> None:
        self._config = config

    def concerns(self, kind: type[Message]) -> bool:
        """Return whether requests of this kind trade."""
        return kind.spec.trading

    def admits(self, session: Session, message: Message) -> bool:
        """See ``Stage``."""
        if self._config.settings.readOnlyApi:
            about = id_of(message)
            session.error(about, 321, variant="read_only")
            if type(message) in EMPTY:
                session.send(EMPTY[type(message)]())
            elif isinstance(message, PlaceOrder) and message.order.whatIf:
                session.error(about, 201, reason=READ_ONLY)
            return isinstance(message, ReqIds)
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
        """The new socket port, which clients have not received yet."""
        self.notice: Notice | None = None
        """The last notice about the socket."""
        config.watch("socketPort", self._moved)

    def open(
        self, peer: str, transport: Transport, deadline: Nanos | None = None
    ) -> Session | None:
        """Open a session for a new connection; close it and return None when there is no room.
        A connection that has not started may lose its place to it: the next flush closes that.

        ``deadline`` is when it must have started, in market time, which may run faster than the
        client's clock.
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
        """Return why a new connection is closed immediately; "" when it is not."""
        if self._sessions.away:
            return "TWS is not there"
        if self._policy.outright(session.address):
            return "only this computer is allowed (allowLocalhostOnly)"
        session.stranger = self._policy.decide(session.address) != "accept"
        places = self._settings.max_clients
        clients = sum(one.talking and not one.stranger for one in self._sessions.connections())
        if clients >= places and not session.stranger:
            return f"all {places} places are occupied"
        self._make_room(session, SILENT_STRANGERS if session.stranger else (places, 2 * places))
        return ""

    def _make_room(self, newcomer: Session, room: tuple[int, int]) -> None:
        """Drop a connection that has not started: of the newcomer's address if that is at its
        limit, else of the address with the most; silent ones first, then the oldest."""
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
        self._sessions.drop(oldest, f"no START_API received, and {newcomer.peer} needs its place")

    def crowded(self, session: Session) -> str:
        """Return why a connection cannot wait for a decision; "" when it can."""
        of_one, of_all = WAITING_STRANGERS
        waiting = [origin(one.address) for one in self._policy.waiting()]
        if waiting.count(origin(session.address)) >= of_one:
            return f"{of_one} connections from its address already wait to be accepted"
        return f"{of_all} connections already wait to be accepted" if len(waiting) >= of_all else ""

    def _moved(self, port: int) -> None:
        self._port = port

    def tell_port(self) -> None:
        """Send a new port (1300) to every client and close it, after the answers of a turn."""
        port, self._port = self._port, None
        if port is not None:
            self.notice = notice(1300, self._timing.now, port=port)
            for session in list(self._sessions.connections()):
                if session.started:
                    session.error(-1, 1300, port=port)
                self._sessions.drop(session, f"the socket port is now {port}")


def _precedence(session: Session) -> tuple[bool, int]:
    spoken = session.behind or session.connection.state is not ConnectionState.OPENED
    return spoken, session.number
