"""The proxy: a server for one program, a client of one server, and every byte passed between.

Both directions are independent: a half-close passes as such, a reset as a reset, and a peer that
does not read stops the reading of the other one, so memory is bounded. What the bytes mean is no
matter; a stream that is no TWS API passes as well.
"""

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ...errors import SettingsError
from ...quoting import visible
from ..drills import WireDrill
from ..faults import Faults
from ..format import Happened, RecordedEvent, Sender
from .recorder import Recorder

log = logging.getLogger("papertape.recording")

HIGH_WATER: Final = 256 * 1024
"""Bytes that wait for a peer before the other one is not read."""
FLUSH_S: Final = 5.0
"""How long bytes that were sent before a reset may take to pass."""
CONNECT_S: Final = 30.0
NO_LINGER: Final = struct.pack("ii", 1, 0)


class ProxyCounts(msgspec.Struct):
    """What has passed."""

    connections: int = 0
    open: int = 0
    refused: int = 0
    client_messages: int = 0
    server_messages: int = 0
    client_bytes: int = 0
    server_bytes: int = 0

    def __str__(self) -> str:
        return (
            f"{self.open} of {self.connections} connections open, "
            f"{self.client_messages} messages in, {self.server_messages} out, "
            f"{self.client_bytes:,} bytes in, {self.server_bytes:,} out"
        )


class Proxy:
    """Stands between programs and a server. Start it within a running loop."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        recorder: Recorder | None = None,
        drills: Sequence[WireDrill] = (),
    ) -> None:
        """``host`` and ``port``: the server, a TWS or a station. ``close`` closes the recorder."""
        self.host, self.port = host, port
        self.counts = ProxyCounts()
        self.drills = tuple(drills)
        self.recorder = recorder
        self._began = time.monotonic_ns()
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Begin to listen; port 0 chooses one. Returns the address.

        Raises ``SettingsError`` when the address cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._accept, host, port)
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {host}:{port}: {error.strerror}", setting="listen", found=port
            ) from error
        address = self._server.sockets[0].getsockname()
        return address[0], address[1]

    def _accept(self) -> "_End":
        self.counts.connections += 1
        self.counts.open += 1
        link = _Link(self, self.counts.connections)
        self._links.add(link)
        return link.client

    def note(
        self, connection: int, event: Happened, sender: Sender | None = None, **facts: Any
    ) -> None:
        """Record what happened on a connection."""
        if self.recorder is not None:
            at = (time.monotonic_ns() - self._began) // 1000
            self.recorder.add(RecordedEvent(at, connection, event, sender or "", **facts))

    def gone(self, link: "_Link") -> None:
        """Forget a connection that is over."""
        if link in self._links:
            self._links.remove(link)
            self.counts.open -= 1

    async def close(self) -> None:
        """Stop listening, end every connection and finish the recording."""
        if self._server is not None:
            self._server.close()
        for link in list(self._links):
            link.close()
        await asyncio.sleep(0)
        if self.recorder is not None:
            await self.recorder.close((time.monotonic_ns() - self._began) // 1000)


class _End(asyncio.Protocol):
    """One of the two sockets of a connection."""

    def __init__(self, link: "_Link", sender: Sender) -> None:
        self.link = link
        self.sender = sender
        self.transport: asyncio.Transport | None = None
        self.ended = False
        """It sends no more."""
        self.finished = False
        """Nothing more is sent to it."""
        self.lost = False
        self.choked = False
        """It does not read, and enough waits for it."""

    @property
    def live(self) -> bool:
        return self.transport is not None and not self.lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER, low=0)
        sock = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # the peer may be gone already
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.made(self)

    def data_received(self, data: bytes) -> None:
        self.link.received(self, data)

    def eof_received(self) -> bool:
        self.ended = True
        self.link.ended(self)
        return True

    def pause_writing(self) -> None:
        self.choked = True
        self.link.balance()

    def resume_writing(self) -> None:
        self.choked = False
        self.link.balance()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        self.link.dropped(self, error)

    def reset(self) -> None:
        if self.live:
            assert self.transport is not None
            with contextlib.suppress(OSError):
                sock = self.transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.transport.abort()


class _Link:
    """One connection: both sockets, and the drills between them."""

    def __init__(self, proxy: Proxy, number: int) -> None:
        self.proxy = proxy
        self.number = number
        self.client = _End(self, "client")
        self.server = _End(self, "server")
        self.faults = Faults(proxy.drills, number, time.monotonic_ns())
        self.loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._reaching: asyncio.Task[None] | None = None
        self._over = False
        self._closing = False

    def made(self, end: _End) -> None:
        """The program is here: reach the server. The server is here: begin."""
        assert end.transport is not None
        if end is self.client:
            peer = end.transport.get_extra_info("peername")
            self.proxy.note(self.number, "opened", note=f"{peer[0]}:{peer[1]}")
            log.info("connection %d from %s:%s", self.number, *peer[:2])
            end.transport.pause_reading()
            self._reaching = self.loop.create_task(self._reach())
        else:
            self.balance()
            self.turn()

    async def _reach(self) -> None:
        proxy = self.proxy
        try:
            async with asyncio.timeout(CONNECT_S):
                await self.loop.create_connection(lambda: self.server, proxy.host, proxy.port)
        except OSError as error:  # TimeoutError is one
            reason = error.strerror or f"no answer for {CONNECT_S:g} s"
            log.error("%s:%d cannot be reached: %s", proxy.host, proxy.port, reason)
            proxy.counts.refused += 1
            proxy.note(self.number, "refused", note=visible(reason))
            self.client.reset()
            return
        if self.client.lost:
            self.server.reset()

    def other(self, end: _End) -> _End:
        return self.server if end is self.client else self.client

    def received(self, end: _End, data: bytes) -> None:
        """Bytes of one end."""
        counts, sender = self.proxy.counts, end.sender
        self.proxy.note(self.number, "bytes", sender, data=data)
        before = self.faults.messages(sender)
        self.faults.feed(sender, data, time.monotonic_ns())
        more = self.faults.messages(sender) - before
        if sender == "client":
            counts.client_bytes += len(data)
            counts.client_messages += more
        else:
            counts.server_bytes += len(data)
            counts.server_messages += more
        self.turn()

    def ended(self, end: _End) -> None:
        """One end sends no more."""
        self.proxy.note(self.number, "end", end.sender)
        self.faults.end(end.sender)
        self.turn()

    def turn(self) -> None:
        """Do what is due, and come again when more is."""
        if self._over or not self.server.live or not self.client.live:
            return
        now = time.monotonic_ns()
        for due in self.faults.deeds(now):
            target = self.server if due.sender == "client" else self.client
            if due.deed == "begun":
                log.warning("connection %d: drill %s begins", self.number, due.drill)
                self.proxy.note(self.number, "drill", note=due.drill)
            elif due.deed == "reset":
                self.client.reset()
                self.server.reset()
            elif not target.live:
                continue
            elif due.deed == "send":
                assert target.transport is not None
                target.transport.write(due.data)
            else:
                self._finish(target)
        self.balance()
        self._again(now)

    def _again(self, now: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = None if self._over else self.faults.next_due(now)
        if due is not None:
            self._timer = self.loop.call_later(max(0, due - now) / 1e9, self.turn)

    def _finish(self, target: _End) -> None:
        """Pass the end of a direction; when both have ended, close."""
        target.finished = True
        assert target.transport is not None
        with contextlib.suppress(OSError):
            target.transport.write_eof()
        if self.client.finished and self.server.finished:
            self.client.transport.close()  # type: ignore[union-attr]
            self.server.transport.close()  # type: ignore[union-attr]

    def balance(self) -> None:
        """Read an end only while the other one takes what it sends."""
        for end in (self.client, self.server):
            other = self.other(end)
            if not end.live or end.ended:
                continue
            assert end.transport is not None
            stop = not other.live or other.choked or self.faults.full(end.sender)
            if stop and end.transport.is_reading():
                end.transport.pause_reading()
            elif not stop and not end.transport.is_reading() and not end.transport.is_closing():
                end.transport.resume_reading()

    def dropped(self, end: _End, error: Exception | None) -> None:
        """A socket is gone: the other one goes too, by a reset if this one was reset."""
        other = self.other(end)
        if error is not None and not self._over:
            log.info("connection %d: the %s reset it", self.number, end.sender)
            self.proxy.note(self.number, "reset", end.sender)
        if other.lost or other.transport is None:
            self._close()
        elif self._closing or (error is None and other.finished and end.finished):
            other.transport.close()
        elif other.transport.get_write_buffer_size():
            self.loop.call_later(FLUSH_S, other.reset)
            self._reset_when_empty(other)
        else:
            other.reset()
        self._over = True

    def _reset_when_empty(self, end: _End) -> None:
        assert end.transport is not None
        if end.live and end.transport.get_write_buffer_size():
            self.loop.call_later(0.01, self._reset_when_empty, end)
        else:
            end.reset()

    def _close(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        self.proxy.gone(self)

    def close(self) -> None:
        """End the connection because the proxy stops: both ends see FIN."""
        self._over = self._closing = True
        if self._reaching is not None:
            self._reaching.cancel()
        for end in (self.client, self.server):
            if end.transport is not None and not end.lost:
                end.transport.close()
