"""The asyncio driver of a station: sockets, the wall clock, one timer. No protocol in here."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from ..errors import JournalError
from ..venue.units import SECOND, Nanos
from .aio_sockets import Absence, bind_alike, cannot_listen, reset, tune, vanished
from .clock import MarketClock
from .session import Session
from .station import Station

log = logging.getLogger("papertape.station")
Result = TypeVar("Result")

PAGE = 4096
"""A write of exactly this size, or a multiple, followed by silence is lost by the official
Python client (its read loop waits for more and drops the buffer): such writes are split."""
SPLIT_PAUSE_S = 0.003
HIGH_WATER = 256 * 1024
"""Unsent bytes above which quotes for a client wait."""
LOOKS = 8
"""How often a peer is looked after within the time that it may be silent."""
LINGER_S = 2.0
"""How long a closed connection is still read, so that our FIN and not an RST ends it: the system
sends an RST, which may overtake our last words, when a socket is closed with unread data."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What ends a station in good order."""


class Connection(asyncio.Protocol):
    """One accepted socket."""

    def __init__(self, server: "StationServer") -> None:
        self._server = server
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._linger: asyncio.TimerHandle | None = None
        self._check: asyncio.TimerHandle | None = None
        self.reading = True

    # -- asyncio calls ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a session; no place left closes at once."""
        transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        tune(transport, self._server.station.settings.dead_peer_s)
        self._look_after()
        peer = transport.get_extra_info("peername") or ("?", 0)
        self._session = self._server.open(f"{peer[0]}:{peer[1]}", self)

    def data_received(self, data: bytes) -> None:
        """Let the station handle what came; answers go out when this loop turn ends."""
        session = self._session
        if session is None or session.closing:
            return
        self._server.received(session, data)
        if session.crowded and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()  # the client is ahead of us: let TCP slow it down
            self.reading = False

    def _look_after(self) -> None:
        """From time to time: is the peer still there?"""
        transport, patience = self._transport, self._server.station.settings.dead_peer_s
        if transport is not None and vanished(transport, patience):
            log.warning("%s acknowledged nothing for %d s", self._name(), patience)
            transport.abort()
            return
        loop = asyncio.get_running_loop()
        self._check = loop.call_later(patience / LOOKS, self._look_after)

    def _name(self) -> str:
        return "a closed connection" if self._session is None else self._session.name

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if self._check is not None:
            self._check.cancel()
        if self._linger is not None:
            self._linger.cancel()
        self._server.connections.pop(self, None)
        session, self._session = self._session, None
        if session is not None:
            self._server.lost(session, str(exc) if exc else "")

    def pause_writing(self) -> None:
        """The client reads too slowly: quotes wait from now on."""
        if self._session is not None:
            self._session.paused = True

    def resume_writing(self) -> None:
        """The client has caught up: its quote lines go on from the present."""
        if self._session is not None:
            self._session.paused = False
            self._server.caught_up()

    # -- the station calls --------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send, minding the page size; a client that never reads is disconnected."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._held:
            data, self._held = self._held + data, b""
        if len(data) % PAGE == 0:
            data, self._held = data[:-1], data[-1:]
            asyncio.get_running_loop().call_later(SPLIT_PAUSE_S, self._send_held)
        transport.write(data)
        unsent = transport.get_write_buffer_size()
        if unsent > self._server.station.settings.max_buffer_mb << 20:
            self._give_up(unsent)

    def _give_up(self, unsent: int) -> None:
        session, self._session = self._session, None
        if session is not None and self._transport is not None:
            log.warning("%s closed: it does not read, %d bytes unsent", session.name, unsent)
            self._server.station.closed(session, "does not read")
            self._transport.abort()

    def _send_held(self) -> None:
        if self._held and self._transport is not None and not self._transport.is_closing():
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        """Send what was taken, then FIN; what still comes is thrown away, for a while."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._linger is not None:
            return
        self._send_held()
        transport.write_eof()
        self.resume()
        self._linger = asyncio.get_running_loop().call_later(LINGER_S, transport.abort)

    def reset(self) -> None:
        """Close at once with RST."""
        transport, self._session = self._transport, None
        if transport is None:
            return
        reset(transport)

    def abort(self) -> None:
        """Close at once, whatever is unsent."""
        if self._transport is not None:
            self._transport.abort()

    # -- the server calls ---------------------------------------------------------------------

    def resume(self) -> None:
        """Read on, once everything that came has had its turn."""
        transport = self._transport
        if self.reading or transport is None or transport.is_closing():
            return
        if self._session is None or not self._session.crowded:
            transport.resume_reading()
            self.reading = True


class StationServer:
    """Serves one station on one address until it is closed."""

    def __init__(
        self,
        station: Station,
        clock: MarketClock,
        *,
        wall: Callable[[], Nanos] = time.time_ns,
    ) -> None:
        self.station = station
        self.clock = clock
        station.until = self._until
        self.connections: dict[Connection, None] = {}
        self._wall = wall
        self._servers: list[asyncio.Server] = []
        self._reserved: list[socket.socket] = []
        """Sockets on the port that the settings say from now on."""
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        self._switching: asyncio.Future[None] | None = None
        """The change of port under way; kept so that it is not collected."""
        self._absence = Absence()
        self._closed = False
        self.address = "", 0
        """Where it listens, once it has started."""
        self.failed: asyncio.Future[None] | None = None
        """Ends with the exception that made serving impossible, such as a full disk; with none
        when TWS has logged off."""

    def _until(self, seconds: float) -> Nanos:
        """Market time so many seconds of ours from now."""
        return self.clock.now(self._wall() + int(seconds * SECOND))

    def now(self) -> Nanos:
        """Market time."""
        return self.clock.now(self._wall())

    @property
    def listening(self) -> bool:
        """Whether programs can connect; not while TWS is away or has failed."""
        return bool(self._servers)

    @property
    def _serving(self) -> bool:
        return self.failed is not None and not self.failed.done() and not self._closed

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; the address listened on. Raises ``SettingsError`` when that is impossible."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: Connection(self), host, port)
        except OSError as error:
            raise cannot_listen(host, port, error) from error
        self.failed = loop.create_future()
        self.wake()
        self._servers = [server]
        bound = server.sockets[0].getsockname()
        self.address = str(bound[0]), int(bound[1])
        self.station.config.found("socketPort", self.address[1])
        self.station.config.guard("socketPort", self._reserve)
        return self.address

    # -- another port -------------------------------------------------------------------------

    def _reserve(self, port: int) -> None:
        """Take a port at the addresses listened on. Raises ``SettingsError`` when it is in use."""
        self._release()
        listening = [sock for server in self._servers for sock in server.sockets]
        self._reserved = bind_alike(listening, port)

    def _release(self) -> None:
        for sock in self._reserved:
            sock.close()
        self._reserved = []

    async def _switch(self, reserved: list[socket.socket]) -> None:
        """Listen on the new port, where clients may be waiting already, and no longer on the old
        one, whose clients have been told."""
        loop = asyncio.get_running_loop()
        left, self._servers = self._servers, []
        for server in left:
            server.close()
        for sock in reserved:
            self._servers.append(await loop.create_server(lambda: Connection(self), sock=sock))
        bound = self._servers[0].sockets[0].getsockname()
        self.address = str(bound[0]), int(bound[1])
        log.warning("listening on %s:%d from now on", *self.address)

    # -- TWS goes away and comes back ---------------------------------------------------------

    def _doors(self) -> None:
        """Listen as long as TWS is there; end when somebody would have to log in again."""
        if self.station.logged_off and self.failed is not None:
            self.failed.set_result(None)
        elif self.station.away and self._servers:
            self._absence.begin(self._servers)
            self._servers = []
        elif not self.station.away:
            self._absence.end(lambda: Connection(self), self._servers)

    async def close(self) -> None:
        """Stop listening, commit, close every session with FIN and let the clients notice."""
        for server in self._servers:
            server.close()
        self._release()
        self._absence.cancel()
        self.station.drills.stop_all()
        for session in list(self.station.connections()):
            session.close()
        self._do(self.station.flush)
        self._closed = True
        self._still()
        end = asyncio.get_running_loop().time() + LINGER_S / 2
        while self.connections and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.abort()
        await asyncio.sleep(0)

    def _still(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- what the loop brings -----------------------------------------------------------------

    def open(self, peer: str, connection: Connection) -> Session | None:
        """A connection was made: a session for it, if there is a place."""
        self.connections[connection] = None
        if not self._serving:
            connection.abort()
            return None
        wall = self._wall()
        patience = int(self.station.settings.start_api_timeout_s * SECOND)
        deadline = self.clock.now(wall + patience)
        session = self.station.open(peer, connection, self.clock.now(wall), deadline)
        self._do(self.wake)  # it has a deadline from now on
        return session

    def received(self, session: Session, data: bytes) -> None:
        """Bytes of a client; the answers of one loop turn share one commit."""
        self._do(partial(self._receive, session, data))

    def lost(self, session: Session, reason: str) -> None:
        """A socket is gone."""
        self._do(partial(self._lose, session, reason))

    def _receive(self, session: Session, data: bytes) -> None:
        self.station.receive(session, data, self.now())
        self._flush_soon()

    def _lose(self, session: Session, reason: str) -> None:
        self.station.lost(session, reason, self.now())
        self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._do, self._flush)

    def _flush(self) -> None:
        self._flushing = False
        self.station.flush()
        self._doors()
        if self._reserved:
            reserved, self._reserved = self._reserved, []
            self._switching = asyncio.ensure_future(self._switch(reserved))
        for connection in self.connections:
            connection.resume()
        self.wake()

    def act(self, work: Callable[[Station], Result]) -> Result:
        """Let somebody else than a client act on the station; what follows is told at once.

        Passes on what ``work`` raises. Raises ``RuntimeError`` when the station has stopped.
        """
        self._do(lambda: self.station.pass_time(self.now()))
        if not self._serving:
            raise RuntimeError("the station has stopped")
        try:
            return work(self.station)
        except JournalError as error:
            self._unkept(error)
            raise
        finally:
            self._flush_soon()

    def caught_up(self) -> None:
        """A client that had been passed over reads again."""
        self._do(self.wake)

    def wake(self) -> None:
        """Set the timer to when the station has something to do next."""
        self._still()
        due = self.station.next_due()
        if due is not None:
            delay = self.clock.until(due, self._wall())
            self._timer = asyncio.get_running_loop().call_later(delay, self._do, self._tick)

    def _tick(self) -> None:
        self.station.step(self.now())
        self._flush()

    def _do(self, work: Callable[[], None]) -> None:
        """Run a part of the station. What it cannot contain ends the station.

        What cannot be kept must not be told, and a venue that cannot live through a moment
        would not live through the next: a restart has everything that any client was told.
        """
        if not self._serving:
            return
        try:
            work()
        except JournalError as error:
            self._unkept(error)
        except Exception as error:
            log.exception("the station stops")
            self._fail(error)

    def _unkept(self, error: JournalError) -> None:
        log.critical("the station stops: %s", error)
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        assert self.failed is not None
        self.failed.set_exception(error)
        self._still()
        for server in self._servers:
            server.close()
        self._release()
        self.station.abandon()


def run_station(
    station: Station, clock: MarketClock, host: str, port: int, *, ready: Callable[[str, int], None]
) -> None:
    """Serve until SIGINT or SIGTERM; ``ready`` is told the address once clients may connect.

    Raises ``SettingsError`` when it cannot listen, and what made serving impossible later.
    """
    runner = asyncio.Runner(loop_factory=_fastest_loop())
    with runner:
        runner.run(_serve(StationServer(station, clock), host, port, ready))


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return cast(Callable[[], asyncio.AbstractEventLoop], uvloop.new_event_loop)


async def _serve(
    server: StationServer, host: str, port: int, ready: Callable[[str, int], None]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    address = await server.start(host, port)
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    assert server.failed is not None
    stopping = asyncio.ensure_future(stop.wait())
    try:
        ready(*address)
        await asyncio.wait((stopping, server.failed), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await server.close()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
    if server.failed.done():
        server.failed.result()
