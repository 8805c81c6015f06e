"""A station behind real sockets on loopback, and clients that speak to it in bytes.

Used where sockets are the point. Each test runs its own event loop; nothing sleeps for longer
than what it waits for takes.
"""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop

from lanes import HANGS_S
from papertape.server.aio.server import StationServer
from papertape.server.clock import MarketClock
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.session import CurrentTime, NextValidId, ReqCurrentTime, StartApi
from papertape.wire.connection import ClientConnection
from papertape.wire.message import Message
from server.pair import Hall

PATIENCE_S = HANGS_S
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


ONE_LOOP = pytest.mark.parametrize(
    "loop", [pytest.param("asyncio", marks=pytest.mark.repeats), "uvloop"]
)
"""With the mark ``further``: uvloop in ``make test``, asyncio in ``make proof``. For tests that
take long; the short ones have both in all lanes."""


def run(
    main: Callable[[], Awaitable[None]], loop: str = "uvloop", patience_s: float = PATIENCE_S * 2
) -> None:
    """Run a test on a loop of its own; one that hangs fails."""

    async def bounded() -> None:
        async with asyncio.timeout(patience_s):
            await main()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(bounded())


class Served:
    """A hall behind a port."""

    def __init__(self, hall: Hall, server: StationServer, port: int) -> None:
        self.hall = hall
        self.server = server
        self.port = port
        self.sockets: list[Socket] = []

    async def client(
        self, client_id: int = 1, version: int = MAX_SERVER, *, window: int = 0
    ) -> "Socket":
        """A client that has started and has read what the start brings.

        ``window`` is how many bytes its kernel takes before it reads them.
        """
        client = self._socket(version)
        if window:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        await client.open(self.port)
        await client.send(StartApi(client_id))
        await client.until(NextValidId)
        return client

    async def raw(self) -> "Socket":
        """A connection that has said nothing yet."""
        client = self._socket(MAX_SERVER)
        await client.connect(self.port)
        return client

    def _socket(self, version: int) -> "Socket":
        self.sockets.append(Socket(version))
        return self.sockets[-1]


@asynccontextmanager
async def serving(
    hall: Hall | None = None,
    *,
    speed: float = 1.0,
    name: str = "",
    wall: Callable[[], int] | None = None,
) -> AsyncIterator[Served]:
    """Serve a hall, from its own present on, in real time until the block ends."""
    hall, wall = hall or Hall(), wall or Clock()
    clock = MarketClock(wall(), hall.now, speed)
    server = StationServer(hall.station, clock, name=name, wall=wall)
    _, port = await server.start("127.0.0.1", 0)
    served = Served(hall, server, port)
    try:
        yield served
    finally:
        for client in served.sockets:
            client.close()
        await server.close()


class Clock:
    """A computer's clock that somebody may set."""

    def __init__(self) -> None:
        self._began = time.monotonic_ns() - (1 << 60)

    def set_by(self, seconds: float) -> None:
        """Let it be so much later all at once; negative: earlier."""
        self._began -= int(seconds * 1e9)

    def __call__(self) -> int:
        return time.monotonic_ns() - self._began


class Socket:
    """A client's socket: a non-blocking one, driven by the test."""

    def __init__(self, version: int) -> None:
        self.connection = ClientConnection(highest=version)
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.loop = asyncio.get_running_loop()
        self.events: list[Any] = []
        self.reads: list[int] = []

    async def connect(self, port: int) -> None:
        await self.loop.sock_connect(self.socket, ("127.0.0.1", port))

    async def open(self, port: int) -> None:
        """Connect and agree on a version."""
        await self.connect(port)
        await self.write(self.connection.initiate())
        while not self.connection.version:
            await self.read()

    async def write(self, data: bytes) -> None:
        await self.loop.sock_sendall(self.socket, data)

    async def send(self, *messages: Message) -> None:
        await self.write(b"".join(self.connection.send(message) for message in messages))

    async def read(self) -> bool:
        """Take what has come; False at the end of the stream. Raises when it was reset."""
        async with asyncio.timeout(PATIENCE_S):
            data = await self.loop.sock_recv(self.socket, 1 << 20)
        self.reads.append(len(data))
        self.events += self.connection.receive_data(data)
        return bool(data)

    async def until(self, kind: type[Any], count: int = 1, **fields: Any) -> list[Any]:
        """Everything up to the message that completes ``count`` of a kind with these fields."""
        while sum(_fits(event, kind, fields) for event in self.events) < count:
            if not await self.read():
                raise AssertionError(f"closed before {count} {kind.__name__}: {self.events}")
        events, self.events = self.events, []
        return events

    async def end(self) -> list[Any]:
        """Everything up to the FIN; a reset raises ``ConnectionResetError``."""
        while await self.read():
            pass
        events, self.events = self.events, []
        self.socket.close()
        return events

    async def tells(self, kind: type[Any], **fields: Any) -> Any:
        """The first message of a kind with these fields."""
        found = await self.until(kind, **fields)
        return next(event for event in found if _fits(event, kind, fields))

    async def answers(self) -> bool:
        """Whether the station answers this client."""
        await self.send(ReqCurrentTime())
        return bool(await self.until(CurrentTime))

    def close(self) -> None:
        """Close with FIN."""
        self.socket.close()

    def reset(self) -> None:
        """Close with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def _fits(event: Any, kind: type[Any], fields: dict[str, Any]) -> bool:
    return isinstance(event, kind) and all(getattr(event, k) == v for k, v in fields.items())


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.002)
