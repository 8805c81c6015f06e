"""The asyncio driver of the client: sockets, one timer, one primitive to wait with."""

import asyncio
import random
import socket
import time
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, TypeVar, cast

from ..errors import ConnectionFailed, ConnectionLost, DeadlineExceeded, PapertapeError
from ..versions import MAX_SERVER, MIN_SERVER
from ..wire.connection import ClientConnection
from .api import Tws
from .facade import DEADLINE_S
from .report import Phase
from .session import ClientSession
from .settings import ClientSettings

T = TypeVar("T")
FLUSH_S = 1.0
"""How long an orderly close may take before the socket is dropped: the peer may be gone."""


class _Socket(asyncio.Protocol):
    """One connection of a driver. The driver ignores an older one."""

    def __init__(self, driver: "Driver") -> None:
        self._driver = driver
        self.transport: asyncio.Transport | None = None
        self.gone = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the server."""
        self.transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._driver.made(self)

    def data_received(self, data: bytes) -> None:
        """Feed bytes from the server; close the connection if they break the protocol."""
        driver = self._driver
        if driver.socket is not self:
            return
        try:
            driver.core.receive(data, driver.clock())
        except PapertapeError as error:
            driver.core.closed(error)
        if driver.core.write is None:
            self.close()

    def close(self) -> None:
        """Send what is buffered, then close."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close immediately and drop what has not been sent."""
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if not self.gone.done():
            self.gone.set_result(None)
        if self._driver.socket is self:
            lost = ConnectionLost(str(exc) if exc else "the server closed the connection")
            lost.__cause__ = exc
            self._driver.lost(lost)


class Driver:
    """Gives a session its sockets and its clock."""

    def __init__(self, core: ClientSession, host: str, port: int, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        self.core = core
        self.clock = loop.time
        self.socket: _Socket | None = None
        self._loop = loop
        self._where = (host or "127.0.0.1", port)
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None
        self._dialing: asyncio.Task[None] | None = None
        core.rearm = self.arm
        core.healer.offset = time.time() - loop.time()

    async def dial(self) -> None:
        """Open a socket. Raises ``ConnectionFailed``."""
        host, port = self._where[0], self.core.moved or self._where[1]
        try:
            async with asyncio.timeout(self._timeout):
                await self._loop.create_connection(lambda: _Socket(self), host, port)
        except TimeoutError:
            cause = f"no answer in {self._timeout:g} s"
            raise ConnectionFailed(host=host, port=port, cause=cause) from None
        except (OSError, UnicodeError, OverflowError) as error:
            raise ConnectionFailed(host=host, port=port, cause=str(error)) from error

    def made(self, sock: _Socket) -> None:
        """A socket is open."""
        self.socket = sock
        assert sock.transport is not None
        self.core.opened(sock.transport.write, self.clock())
        self.arm()

    def lost(self, error: PapertapeError) -> None:
        """The socket is gone."""
        self.socket = None
        self.core.at(self.clock()).closed(error)
        self.arm()

    def arm(self) -> None:
        """Set the timer to the instant at which the session next has work."""
        due = self.core.next_due()
        if self._timer is not None:
            if due is not None and self._timer.when() <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        self._timer = None
        # A loop may call a little early; the session would find nothing to do, again and again.
        now = max(self.clock(), due)
        try:
            self.core.step(now)
            if self.core.write is None and self.socket is not None:
                self._drop()
            if self.core.redial.due(now):
                self._dialing = self._loop.create_task(self._again())
        finally:
            self.arm()

    def _drop(self) -> None:
        """Drop a connection that the session has given up; its peer may never answer a close."""
        sock, self.socket = self.socket, None
        assert sock is not None
        sock.abort()

    async def _again(self) -> None:
        """Make one attempt to reconnect, up to the point where the session is ready."""
        core = self.core
        try:
            await self.dial()
        except ConnectionFailed as error:
            core.refused(error, self.clock())
            self.arm()
            return
        try:
            await wait(core, lambda: core.phase is not Phase.CONNECTING, "connect", self._timeout)
        except DeadlineExceeded:
            missing = ", ".join(core.report.missing)
            late = ConnectionLost(f"the server has not sent {missing}")
            core.at(self.clock()).closed(late)
            if self.socket is not None:
                self._drop()
            self.arm()

    async def close(self) -> None:
        """End the driver. Leaves no timer, socket or task."""
        if self._dialing is not None:
            self._dialing.cancel()
            await asyncio.gather(self._dialing, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        sock, self.socket = self.socket, None
        if sock is not None and sock.transport is not None:
            sock.close()
            await asyncio.wait([sock.gone], timeout=FLUSH_S)
            sock.abort()
            await sock.gone


class Wakers:
    """Several tasks that wait for one object."""

    def __init__(self, first: Callable[[], None] | None) -> None:
        self.first = first
        self.others: list[Callable[[], None]] = []

    def __call__(self) -> None:
        if self.first is not None:
            self.first()
        for waker in tuple(self.others):
            waker()


async def wait(thing: Any, ready: Callable[[], bool], name: str, timeout: float | None) -> None:
    """Wait until ``ready()`` holds; it is evaluated whenever the object calls its waker.

    Raises ``DeadlineExceeded`` after ``timeout`` seconds; None leaves the deadline to the object.
    Any number of tasks may wait for one object.
    """
    if ready():
        return
    done = asyncio.get_running_loop().create_future()
    wakers = thing.waker if isinstance(thing.waker, Wakers) else Wakers(thing.waker)
    thing.waker = wakers

    def wake() -> None:
        if not done.done() and ready():
            done.set_result(None)

    wakers.others.append(wake)
    try:
        async with asyncio.timeout(timeout):
            await done
    except TimeoutError:
        raise DeadlineExceeded(name, timeout or 0.0) from None
    finally:
        wakers.others.remove(wake)
        if not wakers.others and thing.waker is wakers:
            thing.waker = wakers.first


def connect(
    host: str = "127.0.0.1",
    port: int = 7497,
    client_id: int = 1,
    *,
    timeout: float = DEADLINE_S,
    max_version: int = MAX_SERVER,
    options: str = "",
    settings: ClientSettings | None = None,
) -> "Connecting":
    """Connect, and wait until the server has sent its accounts and the next order id.

    Use it as ``async with connect(…) as tws:`` or as ``tws = await connect(…)``.
    Raises ``ConnectionFailed`` (the meaning of 502), ``ClientIdInUse`` (326), ``ConnectionLost``
    when the server closes first, and ``DeadlineExceeded`` when something that ``settings.require``
    names has not arrived in ``timeout`` seconds; the exception's ``report`` says what has.
    """

    def make() -> ClientSession:
        connection = ClientConnection(lowest=MIN_SERVER, highest=max_version, options=options)
        return ClientSession(client_id, connection, settings, random.SystemRandom().random)

    return Connecting(make, host, port, timeout)


class Connecting:
    """What ``connect`` returns: await it or enter it. Each time it opens a new session."""

    def __init__(
        self, make: Callable[[], ClientSession], host: str, port: int, timeout: float
    ) -> None:
        self._make = make
        self._where = (host, port)
        self._timeout = timeout
        self._entered: list[Tws] = []

    def __await__(self) -> Generator[Any, None, Tws]:
        return self._open().__await__()

    async def __aenter__(self) -> Tws:
        tws = await self._open()
        self._entered.append(tws)
        return tws

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._entered.pop().disconnect()

    async def _open(self) -> Tws:
        core = self._make()
        driver = Driver(core, *self._where, self._timeout)
        began = driver.clock()
        await driver.dial()
        tws = Tws(core, wait, driver.close, driver.clock)
        try:
            await tws.begin(began, self._timeout)
        except BaseException:
            core.closed(ConnectionLost("the connection was not completed"), final=True)
            await driver.close()
            raise
        return tws


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that uses this client, in a program without an event loop."""
    return asyncio.run(main)
