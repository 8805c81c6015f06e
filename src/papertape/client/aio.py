"""The asyncio driver of the modern client: one socket, one waiting primitive."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from ..errors import ConnectionFailed, ConnectionLost, DeadlineExceeded, PapertapeError
from ..versions import MAX_SERVER, MIN_SERVER
from ..wire.connection import ClientConnection
from .api import DEADLINE_S, Tws
from .core import Core


class _Socket(asyncio.Protocol):
    """Hands bytes to the core."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.transport: asyncio.Transport | None = None
        self.gone = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the greeting."""
        self.transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._core.write = self.transport.write
        self.transport.write(self._core.connection.initiate())

    def data_received(self, data: bytes) -> None:
        """Bytes from the server; a peer that breaks the protocol ends the connection."""
        try:
            self._core.receive(data)
        except PapertapeError as error:
            self._core.closed(error)
        if self._core.lost is not None and self.transport is not None:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        lost = ConnectionLost(str(exc) if exc else "the server closed the connection")
        lost.__cause__ = exc
        self._core.closed(lost)
        if not self.gone.done():
            self.gone.set_result(None)


async def wait(thing: Any, ready: Callable[[], bool], name: str, timeout: float) -> None:
    """Wait until ``ready()`` holds, asked again whenever the thing wakes us.

    Raises ``DeadlineExceeded`` after ``timeout`` seconds. Several may wait on one thing.
    """
    if ready():
        return
    done = asyncio.get_running_loop().create_future()
    before = thing.waker

    def wake() -> None:
        if before is not None:
            before()
        if not done.done() and ready():
            done.set_result(None)

    thing.waker = wake
    try:
        async with asyncio.timeout(timeout):
            await done
    except TimeoutError:
        raise DeadlineExceeded(name, timeout) from None
    finally:
        thing.waker = before


async def connect(
    host: str = "127.0.0.1",
    port: int = 7497,
    client_id: int = 1,
    *,
    timeout: float = DEADLINE_S,
    max_version: int = MAX_SERVER,
    options: str = "",
) -> Tws:
    """Connect and wait until the server has told its accounts and the next order id.

    Raises ``ConnectionFailed`` (the meaning of 502), ``ClientIdInUse`` (326),
    ``ConnectionLost`` when the server closes first, ``DeadlineExceeded`` when it stays silent.
    """
    connection = ClientConnection(lowest=MIN_SERVER, highest=max_version, options=options)
    core = Core(client_id, connection)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout):
            _, sock = await loop.create_connection(lambda: _Socket(core), host, port)
    except OSError as error:
        raise ConnectionFailed(host=host, port=port, cause=str(error)) from error
    except TimeoutError:
        cause = f"no answer in {timeout:g} s"
        raise ConnectionFailed(host=host, port=port, cause=cause) from None

    async def close() -> None:
        if sock.transport is not None:
            sock.transport.close()
            await sock.gone

    tws = Tws(core, wait, close)
    try:
        ready = lambda: core.lost is not None or not core.report.missing  # noqa: E731
        await wait(core, ready, "connect", timeout)
        if core.lost is not None:
            raise core.lost
    except BaseException:
        await close()
        raise
    return tws
