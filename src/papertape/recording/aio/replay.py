"""Serves a replay on a port."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from ...errors import SettingsError
from ..format import WireRecording
from ..imports import load
from ..player import Closing
from ..replay import Replay, ReplayReport, ReplaySession
from .proxy import NO_LINGER

log = logging.getLogger("papertape.recording")

HIGH_WATER: Final = 1 << 20


class ReplayServer:
    """A replay that listens. Use it within a running loop."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.port = 0
        self.open = 0
        self._server: asyncio.Server | None = None
        self._served: set[_Served] = set()

    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Begin to listen; port 0 chooses one. Returns the port.

        Raises ``SettingsError`` when it cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._accept, host, port)
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {host}:{port}: {error.strerror}", setting="port", found=port
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    def _accept(self) -> "_Served":
        served = _Served(self)
        self._served.add(served)
        self.open += 1
        return served

    def gone(self, served: "_Served") -> None:
        """Forget a connection that is over."""
        self._served.discard(served)
        self.open -= 1

    @property
    def report(self) -> ReplayReport:
        """What has become of it so far."""
        return self.replay.report()

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for served in list(self._served):
            served.close()
        await asyncio.sleep(0)


class _Served(asyncio.Protocol):
    """One connection of a program."""

    def __init__(self, server: ReplayServer) -> None:
        self._server = server
        self._session: ReplaySession = server.replay.session()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._choked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        with contextlib.suppress(OSError):
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        for frame in self._session.receive(data, time.monotonic_ns()):
            self._write(frame)
        self._turn()

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.write(data)

    def _turn(self) -> None:
        assert self._transport is not None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport.is_closing() or self._choked:
            return
        out: list[bytes] = []
        for due in self._session.due(time.monotonic_ns()):
            if isinstance(due, Closing):
                self._write(b"".join(out))
                self._end(reset=due.reset)
                return
            out.append(due)
        if out:
            self._write(b"".join(out))
        if self._session.over:
            self._end(reset=False)
        elif (due_at := self._session.next_due()) is not None and not self._choked:
            wait = max(0.0, (due_at - time.monotonic_ns()) / 1e9)
            self._timer = asyncio.get_running_loop().call_later(wait, self._turn)

    def _end(self, *, reset: bool) -> None:
        assert self._transport is not None
        if reset:
            with contextlib.suppress(OSError):
                sock = self._transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._transport.close()

    def pause_writing(self) -> None:
        self._choked = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._choked = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
            self._turn()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._server.gone(self)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()


def clock_difference() -> int:
    """Nanoseconds from the clock that sessions go by to the epoch."""
    return time.time_ns() - time.monotonic_ns()


@contextlib.asynccontextmanager
async def replaying(
    source: WireRecording | Path | str,
    *,
    speed: float | None = None,
    port: int = 0,
    times_now: bool = False,
) -> AsyncIterator[ReplayServer]:
    """Serve a recording while the block runs; for tests.

    ``speed``: times as fast as recorded; None, the default: without delays. ``times_now``: the
    instants inside of live answers are those of now, not as recorded. The server has ``port`` and
    ``report`` (what was asked that the recording does not know, and the other way round). Raises
    ``RecordingError`` and ``SettingsError``.
    """
    recording = source if isinstance(source, WireRecording) else load(source)
    wall = clock_difference() if times_now else None
    server = ReplayServer(Replay(recording, speed=speed, wall=wall))
    await server.listen(port=port)
    try:
        yield server
    finally:
        await server.close()
