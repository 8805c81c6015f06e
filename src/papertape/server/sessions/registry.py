"""The sessions of a station: the open connections, and the session of each client id."""

import logging
from collections.abc import Callable, Collection, Iterator
from typing import Any

from ...errors import SettingsError
from ...venue.units import SECOND, Nanos
from ..config import Config
from ..config_table import LEVELS
from ..event_bus import EventBus
from ..settings import StationSettings
from ..timing import Timing
from .pacing import Pacer
from .session import Session, Transport

log = logging.getLogger("papertape.station")

MAX_CLIENT_ID = (1 << 31) - 1
LOGGED_AWAY = 20
"""Refused connections per minute that are logged one by one: a line costs more than all other work
for them."""
PERIOD_S = 60.0


class Sessions:
    """Every open connection, and the sessions that have started."""

    def __init__(
        self, settings: StationSettings, config: Config, timing: Timing, bus: EventBus
    ) -> None:
        self._settings = settings
        self._config = config
        self._timing = timing
        self._bus = bus
        self.on_open: list[Callable[[Session], object]] = []
        """Called with each connection that is admitted, in this order."""
        self.on_end: list[Callable[[Session], object]] = []
        """Called with each session that has ended, in this order."""
        self.away = False
        """Whether TWS is down: its port refuses connections."""
        self._open: dict[int, Session] = {}
        self._clients: dict[int, Session] = {}
        self._leaving: list[Session] = []
        """Sessions to be closed once the journal has been committed."""
        self._freed: dict[int, Nanos] = {}
        """Client id -> when it may be used again."""
        self._count = 0
        self._period: Nanos = 0
        """When the current minute of the log ends."""
        self._turned_away = 0

    def started(self) -> Collection[Session]:
        """The sessions that have started, in order of start."""
        return self._clients.values()

    def connections(self) -> Collection[Session]:
        """All sessions, started or not, in order of connection."""
        return self._open.values()

    def client(self, client_id: int) -> Session | None:
        """Return the session that holds a client id, or None."""
        return self._clients.get(client_id)

    @property
    def count(self) -> int:
        """How many connections there have been."""
        return self._count

    def numbered(self, number: int) -> Session | None:
        """Return the open connection with that number, or None."""
        return self._open.get(number)

    def broadcast(self, code: int, variant: str | None = None, **facts: Any) -> None:
        """Send a notice to every session that has started."""
        for session in list(self._clients.values()):
            session.error(-1, code, variant=variant, **facts)

    # -- begin --------------------------------------------------------------------------------

    def new(self, peer: str, transport: Transport) -> Session:
        """Create a session for a new connection; ``add`` admits it."""
        self._count += 1
        highest = self._settings.max_server_version
        return Session(self._count, peer, transport, highest, self._timing)

    def add(self, session: Session, deadline: Nanos | None = None) -> None:
        """Admit a connection, which must start before ``deadline`` in market time; None: the time
        limit of the settings."""
        session.pacer = Pacer(self._settings.message_rate)
        session.log_level = 1 + LEVELS.index(self._config.settings.loggingLevel)
        patience = int(self._settings.start_api_timeout_s * SECOND)
        session.deadline = self._timing.now + patience if deadline is None else deadline
        self._open[session.number] = session
        for follow in self.on_open:
            follow(session)
        self._bus.tell("opened", number=session.number, address=session.peer)

    def claim(self, session: Session, client_id: int) -> bool:
        """Give the session its client id and return True; else close it, with 326 when the id is
        in use, 321 when it is not valid, no message when all places are occupied.
        """
        if client_id in self._clients or self._freed.get(client_id, 0) > self._timing.now:
            session.error(-1, 326)
            self.drop(session, f"client id {client_id} is in use")
        elif not 0 <= client_id <= MAX_CLIENT_ID:
            session.error(-1, 321, cause=f"Invalid client id {client_id}")
            self.drop(session, f"client id {client_id} is not in 0 .. {MAX_CLIENT_ID}")
        elif len(self._clients) >= self._settings.max_clients:
            self.drop(session, f"all {self._settings.max_clients} places are occupied")
        else:
            session.client_id = client_id
            self._freed.pop(client_id, None)
            self._clients[client_id] = session
            log.info("%s started at server version %d", session.name, session.version)
            facts = {"client_id": client_id, "version": session.version}
            self._bus.tell("started", number=session.number, **facts)
            return True
        return False

    def block(self, client_id: int, until: Nanos) -> None:
        """Keep a client id in use until an instant."""
        self._freed[client_id] = until

    # -- end ----------------------------------------------------------------------------------

    def closed(self, session: Session, reason: str = "") -> None:
        """End a session: end its subscriptions, free its client id; its orders keep working."""
        session.close()
        if self._open.pop(session.number, None) is not None:
            facts = {"client_id": session.client_id, "reason": reason}
            self._bus.tell("ended", number=session.number, **facts)
        if session.client_id is not None and self._clients.get(session.client_id) is session:
            del self._clients[session.client_id]
            if self._settings.client_id_linger_s:
                now = self._timing.now
                self._freed = {one: due for one, due in self._freed.items() if due > now}
                until = self._timing.until(self._settings.client_id_linger_s)
                self._freed[session.client_id] = until
            log.info("%s disconnected%s", session.name, f": {reason}" if reason else "")
        for follow in self.on_end:
            follow(session)

    def drop(self, session: Session, reason: str) -> None:
        """Close a session after its outbox has been sent, and log the reason."""
        if session.client_id is None:
            self.turned_away(session.name, "closed", reason)
        else:
            log.warning("%s closed: %s", session.name, reason)
        self._leaving.append(session)
        self.closed(session, reason)

    def drop_all(self, reason: str) -> None:
        """Close every connection."""
        for session in list(self._open.values()):
            self.drop(session, reason)

    def disconnect(self, number: int) -> None:
        """Close a connection by its number, on behalf of the user.

        Raises ``SettingsError`` when there is none of that number.
        """
        session = self._open.get(number)
        if session is None:
            known = ", ".join(map(str, self._open)) or "none"
            raise SettingsError(
                "no such connection",
                setting="connection",
                found=number,
                advice=f"Choose one that is open: {known}",
            )
        self.drop(session, "disconnected by the user")

    def reset(self, session: Session, reason: str) -> None:
        """Close a connection with RST; bytes in transit may be lost."""
        log.warning("%s reset: %s", session.name, reason)
        session.discard()
        self.closed(session, reason)
        session.transport.reset()

    def turned_away(self, name: str, how: str, why: str) -> None:
        """Log a connection that ends before START_API; count those beyond a limit per minute."""
        if self._timing.now >= self._period:
            untold = self._turned_away - LOGGED_AWAY
            if untold > 0:
                log.warning("%d more connections were refused", untold)
            self._period, self._turned_away = self._timing.until(PERIOD_S), 0
        self._turned_away += 1
        if self._turned_away <= LOGGED_AWAY:
            log.warning("%s %s: %s", name, how, why)
        if self._turned_away == LOGGED_AWAY:
            log.warning("further refused connections are only counted for a minute")

    # -- sending ------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write the outboxes to the transports, and close the sessions that have ended."""
        leaving, self._leaving = self._leaving, []
        for session in [*self._open.values(), *leaving]:
            if session.outbox or session.closing:
                session.flush()

    def abandon(self) -> None:
        """Close every session and drop the outboxes, whose facts were not stored."""
        for session in [*self._open.values(), *self._leaving]:
            session.discard()
            session.close()
            session.flush()
        self._open.clear()
        self._clients.clear()
        self._leaving.clear()

    def __iter__(self) -> Iterator[Session]:
        return iter(self._clients.values())
