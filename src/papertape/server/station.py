"""A station: one TWS with its venue, its market, its journal and its clients.

It knows no socket and no clock: bytes and times come in as arguments, bytes go out through each
session's transport, and only after the journal has been committed.

What fails is contained where it can be: a request answers with 323 and the others go on; if the
venue itself failed on a command, it is rebuilt from the journal first. What cannot be kept, and
time that cannot pass, are raised to the driver, which stops the station.
"""

import logging
from collections.abc import Callable, Iterable

from ..errors import JournalError, PapertapeError
from ..model import Contract
from ..venue.commands import Command
from ..venue.engine import Engine
from ..venue.events import Event
from ..venue.instruments import Listing, Refusal
from ..venue.market import MarketSource
from ..venue.units import SECOND, Nanos
from .accounts import Accounts
from .keep import Keeper
from .lines import Lines
from .publish import Publisher
from .reception import Reception
from .session import Session, Transport
from .settings import StationSettings
from .wirelog import WireLog

log = logging.getLogger("papertape.station")

MAX_CLIENT_ID = (1 << 31) - 1
LONGEST_CAUSE = 300
"""Letters of an exception's text that a client is told; the log has all of it."""


class Station:
    """Sessions over one engine; ``receive`` and ``step`` are the only ways in."""

    def __init__(
        self,
        engine: Engine,
        market: MarketSource,
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
        self.reception = Reception(self)
        self._open: dict[int, Session] = {}
        self._clients: dict[int, Session] = {}
        self._leaving: list[Session] = []
        """Sessions to be closed once the journal has been committed."""
        self._count = 0

    # -- sessions -----------------------------------------------------------------------------

    def sessions(self) -> Iterable[Session]:
        """The sessions that have started, in the order of their start."""
        return self._clients.values()

    def connections(self) -> Iterable[Session]:
        """All sessions, started or not, in the order of their connection."""
        return self._open.values()

    def client(self, client_id: int) -> Session | None:
        """The session that holds a client id."""
        return self._clients.get(client_id)

    def open(
        self, peer: str, transport: Transport, now: Nanos, deadline: Nanos | None = None
    ) -> Session | None:
        """A new connection; None, and closed at once, when all places are taken.

        ``deadline`` is when it must have started, in market time, which may run faster than the
        client's.
        """
        self._count += 1
        self.now = max(self.now, now)
        highest = self.settings.max_server_version
        session = Session(self._count, peer, transport, highest, lambda: self.now)
        if len(self._open) >= self.settings.max_clients:
            log.warning("%s refused: all %d places are taken", peer, self.settings.max_clients)
            session.close()
            session.flush()
            return None
        patience = int(self.settings.start_api_timeout_s * SECOND)
        session.deadline = self.now + patience if deadline is None else deadline
        self._open[session.number] = session
        if self.wire_log is not None:
            session.on_send = self.wire_log.sent
        return session

    def lost(self, session: Session, reason: str, now: Nanos) -> None:
        """The socket is gone; what came before its end still counts. ``flush`` commits it."""
        self._pass_time(now)
        self.reception.finish(session)
        self.closed(session, reason)

    def closed(self, session: Session, reason: str = "") -> None:
        """A session is over: subscriptions end, the client id is free, orders keep working."""
        session.close()
        self._open.pop(session.number, None)
        if session.client_id is not None and self._clients.get(session.client_id) is session:
            del self._clients[session.client_id]
            log.info("%s disconnected%s", session.name, f": {reason}" if reason else "")

    def drop(self, session: Session, reason: str) -> None:
        """Close a session that broke the rules, with a line in the log."""
        log.warning("%s closed: %s", session.name, reason)
        self._leaving.append(session)
        self.closed(session, reason)

    def claim(self, session: Session, client_id: int) -> bool:
        """Give the session its client id; else tell why not (326 when it is taken) and close."""
        if client_id in self._clients:
            session.error(-1, 326)
            self.drop(session, f"client id {client_id} is in use")
        elif not 0 <= client_id <= MAX_CLIENT_ID:
            session.error(-1, 321, cause=f"Invalid client id {client_id}")
            self.drop(session, f"client id {client_id} is not in 0 .. {MAX_CLIENT_ID}")
        else:
            session.client_id = client_id
            self._clients[client_id] = session
            log.info("%s started at server version %d", session.name, session.version)
            return True
        return False

    # -- the two ways in ----------------------------------------------------------------------

    def receive(self, session: Session, data: bytes, now: Nanos) -> None:
        """Bytes from a client: handle what they complete. ``flush`` sends the answers."""
        self._pass_time(now)
        self.reception.take(session, data)

    def step(self, now: Nanos) -> None:
        """Let time pass: fills, expiries, backlogs, quotes, repetitions, time-outs."""
        self._pass_time(now)
        self.reception.step(now)
        self.lines.step(now)
        self.accounts.step(now)

    def flush(self) -> None:
        """Commit the journal, then send everything that waits.

        Raises ``JournalError`` when it cannot be kept; then nothing may be sent: ``abandon``.
        """
        self.accounts.refresh()
        self.keeper.commit(self.engine)
        leaving, self._leaving = self._leaving, []
        for session in [*self._open.values(), *leaving]:
            session.flush()
        if self.wire_log is not None:
            self.wire_log.flush()

    def abandon(self) -> None:
        """Close every session without another word: what waits for them was never kept."""
        for session in [*self._open.values(), *self._leaving]:
            session.discard()
            session.close()
            session.flush()
        self._open.clear()
        self._clients.clear()
        self._leaving.clear()

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next; None when only a client can bring it."""
        dues = (
            self.engine.next_due(),
            self.reception.next_due(),
            self.lines.next_due(),
            self.accounts.next_due(),
        )
        return min((due for due in dues if due is not None), default=None)

    def _pass_time(self, now: Nanos) -> None:
        self.now = max(self.now, now)
        if self.now > self.engine.clock:
            self.publish(self.engine.advance(self.now))

    # -- what handlers use --------------------------------------------------------------------

    def apply(self, command: Command) -> None:
        """Give the engine a command and queue what came of it.

        Raises what the engine raises, after the engine is as it was before the command.
        """
        try:
            happened = self.engine.apply(command, self.now)
        except Exception:
            self._rebuild()
            raise
        self.publish(happened)

    def _rebuild(self) -> None:
        """Start the venue anew from the journal: a command that failed half way left no trace.

        Raises ``JournalError`` when that fails too.
        """
        broken = self.engine
        try:
            self.keeper.commit(broken)
            engine = Engine(self.market, broken.profile, broken.instruments)
            entries = self.keeper.recover(engine)
        except Exception as error:
            raise JournalError("the venue failed and cannot be rebuilt from its journal") from error
        engine.skip(broken.clock)
        self.engine = engine
        log.error("the venue failed and was rebuilt from %d entries of the journal", entries)

    def publish(self, happened: tuple[Event, ...]) -> None:
        """Queue messages for what happened."""
        if happened:
            self.publisher.publish(happened)

    def attempt(
        self, session: Session, request_id: int, what: str, work: Callable[[], object]
    ) -> bool:
        """Do something for a session; whether it succeeded.

        Whatever fails in it concerns this session alone: the log has the traceback, the client
        323, and the station goes on. Only ``JournalError`` passes.
        """
        try:
            work()
        except JournalError:
            raise
        except Exception as error:
            log.error("%s: %s failed", session.name, what, exc_info=error)
            told = str(error) if isinstance(error, PapertapeError) else repr(error)
            session.error(request_id, 323, cause=told[:LONGEST_CAUSE])
            return False
        return True

    def resolve(self, contract: Contract) -> Listing | Refusal:
        """The one listing that a request means, with a tape to quote it."""
        return self.engine.instruments.resolve(contract)

    def refuse(self, session: Session, request_id: int, refusal: Refusal) -> None:
        """Send a refusal of the venue under a request's id."""
        session.error(request_id, refusal.code, variant=refusal.variant, **refusal.facts)
