"""Admission to our HTTP ports (control API and console): bounds what a stranger can cost.

uvicorn limits neither the head of a request, nor the time until it has arrived, nor the connections
without one. So a connection first belongs to this module: it must send the head of its first
request, small and soon, and the head is checked (host, origin, token) before anything is parsed,
routed or loaded for it. Then it is passed to uvicorn, with everything it has sent.

Connections without a checked request have few places, and a new one takes that of the oldest, so
the token's owner gets in while strangers hold all of them. One is accepted per turn of the loop, up
to a rate per second, so that a flood of connections leaves the loop to the wire.
"""

import asyncio
import contextlib
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, cast

from .http_guard import HttpRefused

log = logging.getLogger("papertape.control")

LONGEST_HEAD: Final = 64 * 1024
"""Bytes of a request's line and headers; h11 counts the same for later requests."""
MOST_LINES: Final = 100
"""Lines of a head; browsers send about 20."""
MOST_PIECES: Final = 500
"""Segments that a head comes in; programs send one or two."""
PATIENCE_S: Final = 10.0
"""How long a connection may take to send the head of its first request."""
MOST_PENDING: Final = 32
"""Connections that have sent no request yet, or were refused and are about to end."""
MOST_CONNECTIONS: Final = 64
"""Connections with a request, WebSockets among them. Descriptors are the wire's first of all."""
MOST_WEBSOCKETS: Final = 32
RATE: Final = 200
"""Connections accepted in a second, after a burst; the others wait in the system's queue."""
BURST: Final = 64
LINGER_S: Final = 1.0
"""How long a refused connection may take to read the answer."""
MOST_DRAINED: Final = 1 << 20
"""Bytes of a refused connection that are thrown away while it reads the answer."""
PAUSE_S: Final = 1.0
"""Before connections are accepted again, once the system has refused one."""

_END = re.compile(rb"\n\r?\n")


class Head(NamedTuple):
    """The line and the headers of a request."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case; of a name that is repeated, the first value."""


class HttpAnswer(NamedTuple):
    """The answer to a refused request."""

    headers: Mapping[str, str]
    body: bytes


Check = Callable[[Head], bool]
"""Checks a head: raises ``HttpRefused``, or returns whether the request has the token."""
Framework = Callable[[], Awaitable[asyncio.Protocol]]
"""A new protocol of uvicorn for a connection."""


def parse_head(data: bytes) -> Head:
    """Parse the head of a request. Raises ``HttpRefused`` with 400 for anything else."""
    first, *lines = data.decode("latin-1").split("\n")
    words = first.rstrip("\r").split(" ")
    if len(words) != 3 or not words[0].isalpha() or not words[2].startswith("HTTP/1."):
        raise HttpRefused(400, "this is not an HTTP/1.1 request")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.lower(), value.strip())
    path, _, query = words[1].partition("?")
    return Head(words[0], path, query, headers)


class HttpAdmission:
    """Accepts the connections of one port, and passes on the admitted ones."""

    def __init__(
        self,
        check: Check,
        refusal: Callable[[HttpRefused], HttpAnswer],
        framework: Framework,
        served: Callable[[], tuple[int, int]],
    ) -> None:
        """``served`` counts uvicorn's connections, and the WebSockets among them."""
        self.check = check
        self.refusal = refusal
        self._framework = framework
        self._served = served
        self._pending: dict[_Newcomer, None] = {}
        self._passing: set[asyncio.Task[None]] = set()
        self._allowance, self._at = float(BURST), 0.0

    async def accept(self, listening: socket.socket) -> None:
        """Accept connections until it is cancelled; then those that have sent nothing end."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._breath(loop)
                try:
                    accepted, _ = await loop.sock_accept(listening)
                except OSError as error:  # above all: no descriptors are left
                    log.warning("an HTTP port pauses accepting: %s", error.strerror)
                    await asyncio.sleep(PAUSE_S)
                    continue
                with contextlib.suppress(OSError):  # it is gone already
                    await loop.connect_accepted_socket(lambda: _Newcomer(self), accepted)
        finally:
            for task in self._passing:
                task.cancel()
            for newcomer in list(self._pending):
                newcomer.abort()

    @property
    def newcomers(self) -> int:
        """How many connections have not been handed over."""
        return len(self._pending)

    async def _breath(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait as the rate asks for it; at least a turn of the loop."""
        now = loop.time()
        self._allowance = min(BURST, self._allowance + (now - self._at) * RATE) - 1
        self._at = now
        await asyncio.sleep(max(0.0, -self._allowance / RATE))

    # -- a newcomer calls ---------------------------------------------------------------------

    def come(self, newcomer: "_Newcomer") -> None:
        """A connection was made; the oldest one that has shown nothing yields its place."""
        if len(self._pending) >= MOST_PENDING:
            next(iter(self._pending)).abort()
        self._pending[newcomer] = None

    def gone(self, newcomer: "_Newcomer") -> None:
        """A connection is over, or is another's."""
        self._pending.pop(newcomer, None)

    def full(self, head: Head) -> bool:
        """Whether a request cannot be taken because others hold all places."""
        served, sockets = self._served()
        follower = "upgrade" in head.headers and sockets >= MOST_WEBSOCKETS
        return follower or served + len(self._passing) >= MOST_CONNECTIONS

    def hand_over(self, transport: asyncio.Transport, data: bytes) -> None:
        """Give a connection to the framework, with what it has sent."""
        task = asyncio.ensure_future(self._pass(transport, data))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, transport: asyncio.Transport, data: bytes) -> None:
        try:
            made = await self._framework()
        except BaseException:
            transport.abort()
            raise
        if transport.is_closing():
            return
        transport.set_protocol(made)
        made.connection_made(transport)
        transport.resume_reading()
        made.data_received(data)


class _Newcomer(asyncio.Protocol):
    """A connection until the head of its first request is there."""

    def __init__(self, admission: HttpAdmission) -> None:
        self._admission = admission
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._pieces = 0
        self._drained = 0
        self._refused = False
        self._timer: asyncio.TimerHandle | None = None

    # -- asyncio calls ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request, for a while."""
        self._transport = cast(asyncio.Transport, transport)
        self._admission.come(self)
        self._wait(PATIENCE_S, self._late)

    def data_received(self, data: bytes) -> None:
        """Collect the head; then it is checked."""
        if self._refused:
            self._drain(len(data))
            return
        self._pieces += 1
        looked = max(0, len(self._data) - 2)
        self._data += data if self._data else data.lstrip(b"\r\n")
        end = _END.search(self._data, looked, LONGEST_HEAD)
        if end is not None:
            self._judge(bytes(self._data[: end.start()]))
        elif len(self._data) >= LONGEST_HEAD or self._pieces >= MOST_PIECES:
            self._refuse(
                HttpRefused(431, f"the head of a request has {LONGEST_HEAD} bytes at most")
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._leave()

    # -- what becomes of it -------------------------------------------------------------------

    def _judge(self, raw: bytes) -> None:
        method = ""
        try:
            if raw.count(b"\n") > MOST_LINES:
                raise HttpRefused(431, f"a request has {MOST_LINES} lines of headers at most")
            head = parse_head(raw)
            method = head.method
            shown = self._admission.check(head)
            if self._admission.full(head):
                raise HttpRefused(503, "too many connections at once")
        except HttpRefused as refused:
            self._refuse(refused, method)
            return
        transport = self._transport
        assert transport is not None
        self._leave()
        transport.pause_reading()
        self._admission.hand_over(transport, bytes(self._data))
        if not shown:  # it gets the public answer, and ends
            asyncio.get_running_loop().call_later(PATIENCE_S, transport.abort)

    def _late(self) -> None:
        if self._data:
            self._refuse(HttpRefused(408, f"a request must be here within {PATIENCE_S:g} seconds"))
        else:
            self.abort()

    def _refuse(self, refused: HttpRefused, method: str = "") -> None:
        """Answer, and leave the other end a moment to read it: what is unread when a socket is
        closed makes the system throw the answer away."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._refused = True
        self._data.clear()
        answer = self._admission.refusal(refused)
        transport.write(_rendered(refused.status, answer, body=method != "HEAD"))
        if transport.can_write_eof():
            transport.write_eof()
        self._wait(LINGER_S, self.abort)

    def _drain(self, size: int) -> None:
        self._drained += size
        if self._drained > MOST_DRAINED and self._transport is not None:
            self._transport.pause_reading()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._admission.gone(self)

    def abort(self) -> None:
        """End it at once."""
        self._leave()
        if self._transport is not None:
            self._transport.abort()


def _rendered(status: int, answer: HttpAnswer, *, body: bool) -> bytes:
    headers = {
        **answer.headers,
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("latin-1") + (answer.body if body else b"")


def protocol(server: Any) -> asyncio.Protocol:
    """A protocol of a ``uvicorn.Server`` that has started; it listens nowhere itself."""
    config = server.config
    made: asyncio.Protocol = config.http_protocol_class(
        config=config,
        server_state=server.server_state,
        app_state=server.lifespan.state,
        _loop=asyncio.get_running_loop(),
    )
    return made


def served(server: Any) -> tuple[int, int]:
    """How many connections a ``uvicorn.Server`` has, and how many of them are WebSockets."""
    connections = server.server_state.connections
    followers = sum(isinstance(one, server.config.ws_protocol_class) for one in connections)
    return len(connections), followers
