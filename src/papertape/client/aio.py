"""The asyncio driver of the modern client: one socket, one waiting primitive."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, TypeVar, cast

from ..errors import ConnectionFailed, ConnectionLost, DeadlineExceeded, PapertapeError
from ..versions import MAX_SERVER, MIN_SERVER
from ..wire.connection import ClientConnection
from .api import DEADLINE_S, Tws
from .core import Core

T = TypeVar("T")


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


def connect(
    host: str = "127.0.0.1",
    port: int = 7497,
    client_id: int = 1,
    *,
    timeout: float = DEADLINE_S,
    max_version: int = MAX_SERVER,
    options: str = "",
) -> "Connecting":
    """Connect and wait until the server has told its accounts and the next order id.

    Use it as ``async with connect(…) as tws:`` or as ``tws = await connect(…)``.
    Raises ``ConnectionFailed`` (the meaning of 502), ``ClientIdInUse`` (326),
    ``ConnectionLost`` when the server closes first, ``DeadlineExceeded`` when it stays silent.
    """
    connection = ClientConnection(lowest=MIN_SERVER, highest=max_version, options=options)
    return Connecting(Core(client_id, connection), host, port, timeout)


class Connecting:
    """A connection that is being made: await it, or enter it."""

    def __init__(self, core: Core, host: str, port: int, timeout: float) -> None:
        self._core = core
        self._where = (host, port)
        self._timeout = timeout
        self._tws: Tws | None = None

    def __await__(self) -> Generator[Any, None, Tws]:
        return self._open().__await__()

    async def __aenter__(self) -> Tws:
        self._tws = await self._open()
        return self._tws

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._tws is not None
        await self._tws.disconnect()

    async def _open(self) -> Tws:
        core = self._core
        sock = await self._socket()

        async def close() -> None:
            if sock.transport is not None:
                sock.transport.close()
                await sock.gone

        def ready() -> bool:
            return core.lost is not None or not core.report.missing

        try:
            await wait(core, ready, "connect", self._timeout)
            if core.lost is not None:
                raise core.lost
        except BaseException:
            await close()
            raise
        return Tws(core, wait, close)

    async def _socket(self) -> _Socket:
        host, port = self._where
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                _, sock = await loop.create_connection(lambda: _Socket(self._core), host, port)
        except TimeoutError:
            cause = f"no answer in {self._timeout:g} s"
            raise ConnectionFailed(host=host, port=port, cause=cause) from None
        except OSError as error:
            raise ConnectionFailed(host=host, port=port, cause=str(error)) from error
        return sock


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a program that uses this client, for those who have no event loop of their own."""
    return asyncio.run(main)
