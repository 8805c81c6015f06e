"""A proxy with raw sockets at both sides, in one loop."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from papertape.recording.aio.proxy import Proxy
from papertape.recording.aio.recorder import Recorder
from papertape.recording.drills import parse_drill

HOST = "127.0.0.1"


class Wire:
    """The program's socket, the server's, and the proxy between them; all non-blocking."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server

    def end(self, name: str) -> socket.socket:
        return self.client if name == "client" else self.server


async def read(sock: socket.socket, count: int | None = None) -> bytes:
    """So many bytes, or all until the end."""
    loop, found = asyncio.get_running_loop(), bytearray()
    while count is None or len(found) < count:
        data = await loop.sock_recv(sock, 1 << 16)
        if not data:
            break
        found += data
    return bytes(found)


async def send(sock: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(sock, data)


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def listener() -> socket.socket:
    sock = socket.socket()
    sock.bind((HOST, 0))
    sock.listen()
    sock.setblocking(False)
    return sock


@contextlib.asynccontextmanager
async def wired(record: Path | None = None, drills: Sequence[str] = ()) -> AsyncIterator[Wire]:
    """A connection through a proxy."""
    loop = asyncio.get_running_loop()
    with listener() as listening:
        port = listening.getsockname()[1]
        recorder = Recorder(record, to=f"{HOST}:{port}") if record else None
        proxy = Proxy(HOST, port, recorder=recorder, drills=[parse_drill(d) for d in drills])
        address = await proxy.listen(HOST, 0)
        client = socket.socket()
        client.setblocking(False)
        await loop.sock_connect(client, address)
        server, _ = await loop.sock_accept(listening)
        server.setblocking(False)
        try:
            yield Wire(proxy, client, server)
        finally:
            await proxy.close()
            client.close()
            server.close()


async def until(condition: Any) -> None:
    """Turn the loop until something holds."""
    while not condition():
        await asyncio.sleep(0.001)
