"""A station: one TWS with its venue, its market, its journal and its clients.

It knows no socket and no clock: bytes and times come in as arguments, bytes go out through each
session's transport, and only after the journal has been committed.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from ..model import Contract
from ..venue.commands import Command
from ..venue.engine import Engine
from ..venue.events import Event
from ..venue.instruments import Listing, Refusal
from ..venue.tape import Market
from ..venue.units import SECOND, Nanos
from ..wire.connection import Broken, Greeting, OutOfTurn, Undecodable, UnknownMessage
from ..wire.message import Message
from .accounts import Accounts
from .handlers import HANDLERS
from .handlers import account as _account
from .handlers import contracts as _contracts
from .handlers import history as _history
from .handlers import market as _market
from .handlers import orders as _orders
from .handlers import session as _session
from .keep import Keeper
from .lines import Lines
from .publish import Publisher
from .session import Session, Transport
from .settings import StationSettings
from .times import connection_time
from .wirelog import WireLog

log = logging.getLogger("papertape.station")
_MODULES = (_account, _contracts, _history, _market, _orders, _session)
"""Importing a handler module registers its functions."""


class Station:
    """Sessions over one engine; ``receive`` and ``step`` are the only ways in."""

    def __init__(
        self,
        engine: Engine,
        market: Market,
        keeper: Keeper,
        settings: StationSettings | None = None,
        wire_log: WireLog | None = None,
    ) -> None:
        self.engine = engine
        self.market = market
        self.keeper = keeper
        self.settings = settings or StationSettings()
        self.wire_log = wire_log
        self.now: Nanos = engine.clock
        self.publisher = Publisher(self)
        self.accounts = Accounts(self)
        self.lines = Lines(self)
        self._open: dict[int, Session] = {}
        self._clients: dict[int, Session] = {}
        self._count = 0

    # -- sessions -----------------------------------------------------------------------------

    def sessions(self) -> Iterable[Session]:
        """The sessions that have started, in the order of their start."""
        return self._clients.values()

    def client(self, client_id: int) -> Session | None:
        """The session that holds a client id."""
        return self._clients.get(client_id)

    def open(self, peer: str, transport: Transport, now: Nanos) -> Session | None:
        """A new connection; None, and closed at once, when all places are taken."""
        self._count += 1
        session = Session(self._count, peer, transport, self.settings.max_server_version, now)
        if len(self._open) >= self.settings.max_clients:
            log.warning("%s refused: all %d places are taken", peer, self.settings.max_clients)
            session.close()
            return None
        self._open[session.number] = session
        if self.wire_log is not None:
            session.on_send = self.wire_log.sent
        return session

    def closed(self, session: Session, reason: str = "") -> None:
        """The socket is gone: subscriptions end, the client id is free, orders keep working."""
        self._open.pop(session.number, None)
        session.closing = True
        if session.client_id is not None and self._clients.get(session.client_id) is session:
            del self._clients[session.client_id]
            log.info("%s disconnected%s", session.name, f": {reason}" if reason else "")

    def drop(self, session: Session, reason: str) -> None:
        """Close a session that broke the rules, with a line in the log."""
        log.warning("%s closed: %s", session.name, reason)
        session.close()
        self.closed(session, reason)

    def claim(self, session: Session, client_id: int) -> bool:
        """Give the session its client id; 326 and close when another one holds it."""
        if client_id in self._clients:
            log.warning("%s refused: client id %d is in use", session.peer, client_id)
            session.error(-1, 326, self.now)
            session.close()
            self.closed(session)
            return False
        session.client_id = client_id
        self._clients[client_id] = session
        log.info("%s started at server version %d", session.name, session.version)
        return True

    # -- the two ways in ----------------------------------------------------------------------

    def receive(self, session: Session, data: bytes, now: Nanos) -> None:
        """Bytes from a client: handle what they complete. ``flush`` sends the answers."""
        self._pass_time(now)
        for event in session.connection.receive_data(data):
            if session.closing:
                break
            self._event(session, event)

    def step(self, now: Nanos) -> None:
        """Let time pass: fills, expiries, quotes, repetitions, time-outs."""
        self._pass_time(now)
        self.lines.step(now)
        self.accounts.step(now)
        self._expire_openings(now)

    def flush(self) -> None:
        """Commit the journal, then send everything that waits."""
        self.keeper.commit(self.engine)
        for session in list(self._open.values()):
            session.flush()
        if self.wire_log is not None:
            self.wire_log.flush()

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next; None when only a client can bring it."""
        dues = (
            self.engine.next_due(),
            self.lines.next_due(),
            self.accounts.next_due(),
            self._next_opening(),
        )
        return min((due for due in dues if due is not None), default=None)

    def _pass_time(self, now: Nanos) -> None:
        self.now = max(self.now, now)
        if self.now > self.engine.clock:
            self.publish(self.engine.advance(self.now))

    # -- what handlers use --------------------------------------------------------------------

    def apply(self, command: Command) -> None:
        """Give the engine a command and queue what came of it."""
        self.publish(self.engine.apply(command, self.now))

    def publish(self, happened: tuple[Event, ...]) -> None:
        """Queue messages for what happened."""
        if happened:
            self.publisher.publish(happened)

    def resolve(self, contract: Contract) -> Listing | Refusal:
        """The one listing that a request means, with a tape to quote it."""
        return self.engine.instruments.resolve(contract)

    def refuse(self, session: Session, request_id: int, refusal: Refusal) -> None:
        """Send a refusal of the venue under a request's id."""
        session.error(request_id, refusal.code, self.now, variant=refusal.variant, **refusal.facts)

    # -- events of a connection ---------------------------------------------------------------

    def _event(self, session: Session, event: Any) -> None:
        if isinstance(event, Message):
            self._message(session, event)
        elif isinstance(event, Greeting):
            self._greet(session, event)
        elif isinstance(event, Undecodable):
            self._undecodable(session, event)
        elif isinstance(event, UnknownMessage):
            log.warning("%s sent unknown message id %d", session.name, event.message_id)
            failure = f"Unknown message id: {event.message_id}"
            session.error(-1, 320, self.now, variant="other", parse_failure=failure)
        elif isinstance(event, OutOfTurn):
            self.drop(session, f"{event.name} while {event.state}")
        elif isinstance(event, Broken):
            self.drop(session, str(event.error))

    def _message(self, session: Session, message: Message) -> None:
        session.received += 1
        if self.wire_log is not None:
            self.wire_log.received(session, message)
        handler = HANDLERS.get(type(message))
        if handler is not None:
            handler(self, session, message)
            return
        spec = type(message).spec
        log.info("%s asked for %s, which is not served", session.name, spec.callback)
        cause = f"{spec.callback or spec.name} is not served by this station yet."
        about = getattr(message, spec.id_field, -1) if spec.id_field else -1
        session.error(about, 321, self.now, tag="pt", cause=cause)

    def _greet(self, session: Session, greeting: Greeting) -> None:
        if greeting.version is None:
            known = f"{greeting.lowest}..{greeting.highest}"
            self.drop(session, f"no common version: the client knows {known}")
            return
        zone = self.settings.time_zone
        answer = session.connection.accept(connection_time(self.now, zone))
        session.outbox.append(answer)

    def _undecodable(self, session: Session, event: Undecodable) -> None:
        error = event.error
        log.warning("%s sent a message that cannot be read: %s", session.name, error)
        if error.field and error.found is not None:
            session.error(-1, 320, self.now, field=error.field, value=error.found)
        else:
            session.error(-1, 320, self.now, variant="other", parse_failure=str(error))

    # -- connections that do not start --------------------------------------------------------

    def _openings(self) -> Iterator[tuple[Nanos, Session]]:
        limit = int(self.settings.start_api_timeout_s * SECOND)
        for session in self._open.values():
            if session.client_id is None:
                yield session.opened + limit, session

    def _next_opening(self) -> Nanos | None:
        return min((due for due, _ in self._openings()), default=None)

    def _expire_openings(self, now: Nanos) -> None:
        late = [session for due, session in self._openings() if due <= now]
        for session in late:
            self.drop(session, f"no START_API in {self.settings.start_api_timeout_s:g} s")
