"""The asyncio driver of a station: sockets, the wall clock, one timer. No protocol in here."""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import cast

from ..errors import JournalError, SettingsError
from ..venue.units import SECOND, Nanos
from .clock import MarketClock
from .session import Session
from .station import Station

log = logging.getLogger("papertape.station")

PAGE = 4096
"""A write of exactly this size, or a multiple, followed by silence is lost by the official
Python client (its read loop waits for more and drops the buffer): such writes are split."""
SPLIT_PAUSE_S = 0.003
HIGH_WATER = 256 * 1024
"""Unsent bytes above which quotes for a client wait."""
LINGER_S = 2.0
"""How long a closed connection is still read, so that our FIN and not an RST ends it: the system
sends an RST, which may overtake our last words, when a socket is closed with unread data."""
KEEPALIVE_S = (60, 15, 4)
"""Idle time, interval and count of probes: a peer that vanished is noticed in two minutes."""
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
        self.reading = True

    # -- asyncio calls ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a session; no place left closes at once."""
        transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        _tune(transport)
        peer = transport.get_extra_info("peername") or ("?", 0)
        self._session = self._server.open(f"{peer[0]}:{peer[1]}", self)

    def data_received(self, data: bytes) -> None:
        """Let the station handle what came; answers go out when this loop turn ends."""
        session = self._session
        if session is None or session.closing:
            return
        self._server.received(session, data)
        if session.behind and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()  # the client is ahead of us: let TCP slow it down
            self.reading = False

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
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
        if self._session is None or not self._session.behind:
            transport.resume_reading()
            self.reading = True


def _tune(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is None:
        return
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
    for name, value in zip(("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"), KEEPALIVE_S):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    with contextlib.suppress(OSError):  # the peer may be gone already
        for option in options:
            sock.setsockopt(*option)


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
        self.connections: dict[Connection, None] = {}
        self._wall = wall
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        self._closed = False
        self.failed: asyncio.Future[None] | None = None
        """Ends with the exception that made serving impossible, such as a full disk."""

    def now(self) -> Nanos:
        """Market time."""
        return self.clock.now(self._wall())

    @property
    def _serving(self) -> bool:
        return self.failed is not None and not self.failed.done() and not self._closed

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; the address listened on. Raises ``SettingsError`` when that is impossible."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: Connection(self), host, port)
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
        self.failed = loop.create_future()
        self.wake()
        bound = self._server.sockets[0].getsockname()
        return str(bound[0]), int(bound[1])

    async def close(self) -> None:
        """Stop listening, commit, close every session with FIN and let the clients notice."""
        if self._server is not None:
            self._server.close()
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
        for connection in self.connections:
            connection.resume()
        self.wake()

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
            log.critical("the station stops: %s", error)
            self._fail(error)
        except Exception as error:
            log.exception("the station stops")
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        assert self.failed is not None
        self.failed.set_exception(error)
        self._still()
        if self._server is not None:
            self._server.close()
        self.station.abandon()


def _cannot_listen(host: str, port: int, error: OSError) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        advice = "Stop the program that uses the port, or choose another with --port"
    elif error.errno == errno.EACCES:
        advice = "Choose a port above 1023 with --port"
    else:
        advice = "Choose an address of this computer with --host"
    about_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
    reason = os.strerror(error.errno or 0) if about_port else error.strerror
    return SettingsError(
        f"cannot listen on {host}:{port}: {reason}",
        setting="port" if about_port else "host",
        found=port if about_port else host,
        advice=advice,
    )


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
