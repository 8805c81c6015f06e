"""One accepted socket of a station: what comes in, what goes out, and how it ends."""

import asyncio
import contextlib
import logging
from typing import Protocol, cast

from ..sessions.session import Session
from ..settings import StationSettings
from ..taps.station_log import speaking
from .sockets import reset, tune, vanished

log = logging.getLogger("papertape.station")

PAGE = 4096
"""A write of exactly this size, or a multiple, followed by silence is lost by the official
Python client (its read loop waits for more and drops the buffer): such writes are split."""
SPLIT_PAUSE_S = 0.003
HIGH_WATER = 256 * 1024
"""Unsent bytes above which quotes for a client wait."""
MOST_HELD = 1 << 20
"""Bytes of clients that are held, or kept while TWS hangs, before no more are read."""
LOOKS = 8
"""How often a peer is looked after within the time that it may be silent."""
LINGER_S = 2.0
"""How long a closed connection is still read, so that our FIN and not an RST ends it: the system
sends an RST, which may overtake our last words, when a socket is closed with unread data."""


class SocketDriver(Protocol):
    """The driver that accepted a socket."""

    name: str
    """How the log calls its station."""

    @property
    def settings(self) -> StationSettings:
        """The settings of the station."""

    @property
    def holds(self) -> bool:
        """Whether what comes waits until somebody says so."""

    def ahead(self, session: Session | None) -> bool:
        """Whether a client has sent so much that it is not read for now."""

    def open(self, peer: str, connection: "SocketConnection") -> Session | None:
        """A connection was made: a session for it, if there is a place."""

    def received(self, session: Session, data: bytes) -> None:
        """Bytes of a client came in."""

    def lost(self, session: Session, reason: str) -> None:
        """The socket of a session is gone."""

    def deaf(self, session: Session) -> None:
        """A client does not read what it is sent."""

    def gone(self, connection: "SocketConnection") -> None:
        """A connection is over."""

    def lingers(self, connection: "SocketConnection") -> None:
        """A connection whose client never started is closed and still read."""

    def caught_up(self) -> None:
        """A client that had been passed over reads again."""


class SocketConnection(asyncio.Protocol):
    """One accepted socket."""

    def __init__(self, server: SocketDriver) -> None:
        self._server = server
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._corked: list[bytes] | None = None
        self.corked = 0
        """Bytes that wait for ``uncork``."""
        self._linger: asyncio.TimerHandle | None = None
        self._check: asyncio.TimerHandle | None = None
        self.reading = True
        self._most_unsent = 0
        """Bytes that may wait for a client that does not read, before it is given up."""
        self.peer_port = 0
        self.taken = 0
        """Bytes that have come."""
        self.sent = 0
        """Bytes that have been given to the transport, or wait for it."""
        self.lives = True
        """Whether nobody has closed it here."""
        self.aborted = False
        """Whether it was closed here at once, and is about to be gone."""

    # -- asyncio calls ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a session; no place left closes at once."""
        transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        settings = self._server.settings
        self._most_unsent = settings.max_buffer_mb << 20
        tune(transport, settings.dead_peer_s)
        self._look_after()
        peer = transport.get_extra_info("peername") or ("?", 0)
        self.peer_port = int(peer[1])
        self._session = self._server.open(f"{peer[0]}:{peer[1]}", self)

    def data_received(self, data: bytes) -> None:
        """Let the station handle what came; answers go out when this loop turn ends."""
        session = self._session
        self.taken += len(data)
        if session is None or session.closing:
            return
        self._server.received(session, data)
        if (
            self._server.ahead(session)
            and self._transport is not None
            and not self._transport.is_closing()
        ):
            self._transport.pause_reading()  # the client is ahead of us: let TCP slow it down
            self.reading = False

    def _look_after(self) -> None:
        """From time to time: is the peer still there?"""
        transport, patience = self._transport, self._server.settings.dead_peer_s
        if transport is not None and vanished(transport, patience):
            with speaking(self._server.name):
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
        self._server.gone(self)
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
        if self._corked is not None:
            self._corked.append(data)
            self.corked += len(data)
            return
        self.sent += len(data)
        if self._held:
            data, self._held = self._held + data, b""
        if len(data) % PAGE == 0:
            data, self._held = data[:-1], data[-1:]
            if not self._server.holds:  # else the holder says when
                asyncio.get_running_loop().call_later(SPLIT_PAUSE_S, self.send_held)
        transport.write(data)
        unsent = transport.get_write_buffer_size()
        if unsent > self._most_unsent:
            self._give_up(unsent)

    def cork(self) -> None:
        """Collect what is written until ``uncork``: one call of the system instead of many."""
        self._corked = self._corked or []

    def uncork(self) -> None:
        """Write what was collected."""
        parts, self._corked, self.corked = self._corked, None, 0
        if parts:
            self.write(b"".join(parts))

    @property
    def withheld(self) -> bool:
        """Whether a byte waits for ``send_held``."""
        return bool(self._held)

    @property
    def unsent(self) -> int:
        """Bytes that were taken and have not gone to the kernel."""
        transport = self._transport
        return 0 if transport is None else transport.get_write_buffer_size() + len(self._held)

    def _give_up(self, unsent: int) -> None:
        session, self._session = self._session, None
        if session is not None and self._transport is not None:
            log.warning("%s closed: it does not read, %d bytes unsent", session.name, unsent)
            self._server.deaf(session)
            self._transport.abort()

    def send_held(self) -> None:
        """Send the byte that was held back."""
        if self._held and self._transport is not None and not self._transport.is_closing():
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        """Send what was taken, then FIN; what still comes is thrown away, for a while."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._linger is not None:
            return
        self.lives = False
        self.uncork()
        self.send_held()
        with contextlib.suppress(OSError):  # the peer may be gone already
            transport.write_eof()
        self.resume()
        self._linger = asyncio.get_running_loop().call_later(LINGER_S, transport.abort)
        if self._session is None or not self._session.talking:
            self._server.lingers(self)

    def reset(self) -> None:
        """Close at once with RST."""
        self.lives, self.aborted = False, True
        self.uncork()
        transport, self._session = self._transport, None
        if transport is None:
            return
        reset(transport)

    def abort(self) -> None:
        """Close at once, whatever is unsent."""
        self.lives, self.aborted = False, True
        if self._transport is not None:
            self._transport.abort()

    # -- the server calls ---------------------------------------------------------------------

    def resume(self) -> None:
        """Read on, once everything that came has had its turn."""
        transport = self._transport
        if self.reading or transport is None or transport.is_closing():
            return
        if not self._server.ahead(self._session):
            transport.resume_reading()
            self.reading = True
