"""What clients send, event by event: a turn each, so that nobody's backlog holds up the others.

A connection that breaks the protocol is closed with a line in the log. A request that cannot be
read, or that fails in our code, is answered with an error, and the session goes on.
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ..venue.units import Nanos
from ..wire.connection import Broken, Greeting, OutOfTurn, Undecodable, UnknownMessage
from ..wire.handshake import State, version_reply
from ..wire.message import Message
from .handlers import HANDLERS
from .handlers import account as _account
from .handlers import contracts as _contracts
from .handlers import history as _history
from .handlers import market as _market
from .handlers import orders as _orders
from .handlers import session as _session
from .session import Session
from .times import connection_time

if TYPE_CHECKING:
    from .station import Station

log = logging.getLogger("papertape.station")
_MODULES = (_account, _contracts, _history, _market, _orders, _session)
"""Importing a handler module registers its functions."""

TURN_MESSAGES = 100
"""Requests of one client that are handled before the others have their turn: a few milliseconds
of orders."""
TURN_BYTES = 256 * 1024
"""Answers to one client after which its turn ends: small requests may have large answers."""

PIECE = 16 * 1024
"""Bytes taken apart in one go: a megabyte of empty frames would be a gigabyte of events."""
LOGGED_BAD = 20
"""Unreadable messages of one session that the log tells of: it must not fill the disk."""
LONGEST_VALUE = 200
"""Letters of a bad value that its sender is told."""
DONE = object()


class Reception:
    """Takes what the connections bring, in turns."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._behind: dict[int, Session] = {}
        """Sessions whose last turn left something waiting."""

    def take(self, session: Session, data: bytes) -> None:
        """Bytes from a client: queue them and give the session a turn."""
        if not session.closing:
            session.unread.append(data)
            self._turn(session)

    def finish(self, session: Session) -> None:
        """Handle everything that waits: the session has no further turns."""
        while self._read(session):
            self._event(session, session.waiting.popleft())

    def step(self, now: Nanos) -> None:
        """A turn for everyone with a backlog; connections that do not start are closed."""
        for session in list(self._behind.values()):
            self._turn(session)
        for session in [late for late in self._openings() if late.deadline <= now]:
            seconds = self._station.settings.start_api_timeout_s
            self._station.drop(session, f"no START_API in {seconds:g} s")

    def next_due(self) -> Nanos | None:
        """Now while a backlog waits, else when the next opening lapses."""
        if self._behind:
            return self._station.now
        return min((opening.deadline for opening in self._openings()), default=None)

    def _openings(self) -> Iterator[Session]:
        return (one for one in self._station.connections() if one.client_id is None)

    def _turn(self, session: Session) -> None:
        for _ in range(TURN_MESSAGES):
            if session.queued > TURN_BYTES or not self._read(session):
                break
            self._event(session, session.waiting.popleft())
        if session.queries:
            self._query(session)
        if session.behind or session.queries:
            self._behind[session.number] = session
        else:
            self._behind.pop(session.number, None)

    def _read(self, session: Session) -> bool:
        """Take bytes apart, a piece at a time, until an event waits; False when none does."""
        while session.unread and not session.waiting:
            data = session.unread.popleft()
            if len(data) > PIECE:
                session.unread.appendleft(data[PIECE:])
            work = partial(_take_apart, session, data[:PIECE])
            if not self._station.attempt(session, -1, "taking bytes apart", work):
                self._station.drop(session, "its bytes could not be taken apart")
        return bool(session.waiting)

    def _query(self, session: Session) -> None:
        """Work out a part of the oldest history query."""
        request_id, query = next(iter(session.queries.items()))

        def work() -> None:
            if next(query, DONE) is DONE:
                session.queries.pop(request_id, None)

        if not self._station.attempt(session, request_id, "history query", work):
            session.queries.pop(request_id, None)

    # -- events of a connection ---------------------------------------------------------------

    def _event(self, session: Session, event: Any) -> None:
        if isinstance(event, Message):
            self._message(session, event)
            return
        work = partial(self._signal, session, event)
        if not self._station.attempt(session, -1, type(event).__name__, work):
            self._station.drop(session, "it cannot go on after that")

    def _signal(self, session: Session, event: Any) -> None:
        if isinstance(event, Greeting):
            self._greet(session, event)
        elif isinstance(event, Undecodable):
            self._undecodable(session, event)
        elif isinstance(event, UnknownMessage):
            self._complain(session, f"sent unknown message id {event.message_id}")
            failure = f"Unknown message id: {event.message_id}"
            session.error(-1, 320, variant="other", parse_failure=failure)
        elif isinstance(event, OutOfTurn):
            self._station.drop(session, f"{event.name} while {event.state}")
        elif isinstance(event, Broken):
            self._station.drop(session, str(event.error))

    def _message(self, session: Session, message: Message) -> None:
        session.received += 1
        session.talking = True  # the connection lets nothing through before START_API
        if self._station.wire_log is not None:
            self._station.wire_log.received(session, message)
        handler = HANDLERS.get(type(message))
        if handler is None:
            self._unserved(session, message)
            return
        work = partial(handler, self._station, session, message)
        self._station.attempt(session, about(message), type(message).__name__, work)

    def _unserved(self, session: Session, message: Message) -> None:
        spec = type(message).spec
        log.info("%s asked for %s, which is not served", session.name, spec.callback)
        cause = f"{spec.callback or spec.name} is not served by this station yet."
        session.error(about(message), 321, cause=cause)

    def _greet(self, session: Session, greeting: Greeting) -> None:
        station = self._station
        time = connection_time(station.now, station.settings.time_zone)
        if greeting.version is None:
            # The client compares the number with its own range and tells its user (503, 506).
            session.answer(version_reply(session.connection.highest, time))
            known = f"{greeting.lowest}..{greeting.highest}"
            station.drop(session, f"no common version: the client knows {known}")
            return
        if session.connection.state is not State.CLOSED:  # else what came behind it broke the rules
            session.answer(session.connection.accept(time))

    def _complain(self, session: Session, what: str) -> None:
        session.unreadable += 1
        if session.unreadable <= LOGGED_BAD:
            log.warning("%s %s", session.name, what)
        if session.unreadable == LOGGED_BAD:
            log.warning("%s: no more of its unreadable messages are logged", session.name)

    def _undecodable(self, session: Session, event: Undecodable) -> None:
        error = event.error
        self._complain(session, f"sent a message that cannot be read: {error}")
        if error.field and error.found is not None:
            session.error(-1, 320, field=error.field, value=str(error.found)[:LONGEST_VALUE])
        else:
            session.error(-1, 320, variant="other", parse_failure=str(error))


def _take_apart(session: Session, data: bytes) -> None:
    session.waiting.extend(session.connection.receive_data(data))


def about(message: Message) -> int:
    """The id that errors about a request carry; -1 when it has none."""
    name = type(message).spec.id_field
    return getattr(message, name) if name else -1
