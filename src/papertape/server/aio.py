"""The asyncio driver of a station: sockets, the wall clock, one timer. No protocol in here."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from typing import cast

from ..errors import PapertapeError, SettingsError
from ..venue.units import Nanos
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


class Connection(asyncio.Protocol):
    """One accepted socket."""

    def __init__(self, server: "StationServer") -> None:
        self._server = server
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._held = b""

    # -- asyncio calls ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a session; no place left closes at once."""
        transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        _no_delay(transport)
        peer = transport.get_extra_info("peername") or ("?", 0)
        station = self._server.station
        self._session = station.open(f"{peer[0]}:{peer[1]}", self, self._server.now())

    def data_received(self, data: bytes) -> None:
        """Let the station handle what came; answers go out when this loop turn ends."""
        if self._session is not None and not self._session.closing:
            self._server.received(self._session, data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if self._session is not None:
            self._server.station.closed(self._session, str(exc) if exc else "")
            self._session = None

    def pause_writing(self) -> None:
        """The client reads too slowly: quotes wait from now on."""
        if self._session is not None:
            self._session.paused = True

    def resume_writing(self) -> None:
        """The client has caught up: its quote lines go on from the present."""
        if self._session is not None:
            self._session.paused = False
            self._server.wake()

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
        limit = self._server.station.settings.max_buffer_mb << 20
        if transport.get_write_buffer_size() > limit and self._session is not None:
            unsent = transport.get_write_buffer_size() >> 20
            self._server.station.closed(self._session, f"does not read, {unsent} MB unsent")
            transport.abort()

    def _send_held(self) -> None:
        if self._held and self._transport is not None and not self._transport.is_closing():
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        """Send what was taken, then close with FIN."""
        self._send_held()
        if self._transport is not None:
            self._transport.close()


def _no_delay(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


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
        self._wall = wall
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        self.failed: asyncio.Future[None] | None = None
        """Ends with the exception that made serving impossible, such as a full disk."""

    def now(self) -> Nanos:
        """Market time."""
        return self.clock.now(self._wall())

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; the address listened on. Raises ``SettingsError`` when that is impossible."""
        loop = asyncio.get_running_loop()
        self.failed = loop.create_future()
        try:
            self._server = await loop.create_server(lambda: Connection(self), host, port)
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {host}:{port}: {error.strerror or error}",
                setting="port",
                found=port,
                advice="Stop the program that uses the port, or choose another with --port",
            ) from error
        self.wake()
        bound = self._server.sockets[0].getsockname()
        return str(bound[0]), int(bound[1])

    async def close(self) -> None:
        """Stop listening, close every session with FIN, commit."""
        if self._timer is not None:
            self._timer.cancel()
        if self._server is not None:
            self._server.close()
        for session in list(self.station.sessions()):
            session.close()
        self.station.flush()
        await asyncio.sleep(0)

    def received(self, session: Session, data: bytes) -> None:
        """Bytes of a client; the answers of one loop turn share one commit."""
        try:
            self.station.receive(session, data, self.now())
        except PapertapeError as error:
            self._fail(error)
            return
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        try:
            self.station.flush()
        except PapertapeError as error:
            self._fail(error)
            return
        self.wake()

    def wake(self) -> None:
        """Set the timer to when the station has something to do next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.station.next_due()
        if due is not None:
            delay = self.clock.until(due, self._wall())
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        try:
            self.station.step(self.now())
        except PapertapeError as error:
            self._fail(error)
            return
        self._flush()

    def _fail(self, error: PapertapeError) -> None:
        """What cannot be kept must not be told: stop serving."""
        log.error("station stops: %s", error)
        if self.failed is not None and not self.failed.done():
            self.failed.set_exception(error)
