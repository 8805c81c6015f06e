"""asyncio without sockets and without waiting: a loop whose clock jumps, and a TWS in memory."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from papertape.wire.catalogue import account, market, orders, reports, session
from papertape.wire.catalogue.session import (
    CurrentTime,
    ErrorMessage,
    ManagedAccounts,
    NextValidId,
    StartApi,
)
from papertape.wire.connection import Greeting, ServerConnection
from papertape.wire.message import Message

Answer = Callable[[Any], list[Message]]


class _Jump(selectors.DefaultSelector):
    """Instead of waiting it lets the time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found:
            assert timeout is not None, "everybody waits and nothing will ever happen"
            self.now += max(timeout, 0.0)
        return found


class Loop(asyncio.SelectorEventLoop):
    """Time passes only when everybody waits; connections go to a TWS in memory."""

    def __init__(self, tws: "Memory") -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self._clock_resolution = 1e-9
        self._tws = tws

    def time(self) -> float:
        return self._jump.now

    async def create_connection(self, factory: Any, *where: Any, **more: Any) -> Any:  # type: ignore[override]
        return await self._tws.connect(self, factory, *where)


def run(tws: "Memory", main: Callable[[], Awaitable[None]]) -> None:
    """Run a test; whatever it leaves behind is a failure."""

    async def watched() -> None:
        await main()
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left
        assert tws.open == [], "a connection was left open"

    with asyncio.Runner(loop_factory=lambda: Loop(tws)) as runner:
        runner.run(watched())


class Line:
    """One connection: the transport that the client writes to, and the server behind it."""

    def __init__(self, tws: "Memory", loop: Loop, protocol: Any) -> None:
        self.tws = tws
        self.loop = loop
        self.protocol = protocol
        self.server = ServerConnection(highest=tws.version)
        self.closed = False

    def get_extra_info(self, name: str) -> None:
        """There is no socket."""

    def write(self, data: bytes) -> None:
        """From the client."""
        if not self.closed and not self.tws.frozen:
            self.loop.call_soon(self._arrives, data)

    def close(self) -> None:
        """Close in order; a peer that is frozen never learns it, and we wait for it."""
        if not self.tws.frozen:
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        self.hang_up(None)

    def hang_up(self, error: Exception | None) -> None:
        """The connection is gone."""
        if not self.closed:
            self.closed = True
            self.tws.open.remove(self)
            self.loop.call_soon(self.protocol.connection_lost, error)

    def _arrives(self, data: bytes) -> None:
        for event in self.server.receive_data(data):
            if isinstance(event, Greeting):
                if self.tws.greets:
                    self.raw(self.server.accept("20260413 21:27:03 EST"))
                continue
            self.tws.received.append(event)
            self.send(*self.tws.answer(event))

    def send(self, *messages: Message) -> None:
        """To the client."""
        self.raw(b"".join(self.server.send(message) for message in messages))

    def raw(self, data: bytes) -> None:
        """Bytes to the client."""
        if data and not self.closed and not self.tws.frozen:
            self.loop.call_soon(self.protocol.data_received, data)


class Memory:
    """A TWS in memory that a test turns and breaks."""

    def __init__(self, version: int = 226) -> None:
        self.version = version
        self.greets = True
        self.frozen = False
        self.reachable: bool | None = True
        """False: refused. None: no answer at all."""
        self.next_id = 1
        self.open: list[Line] = []
        self.dialed: list[tuple[float, str, int]] = []
        self.received: list[Any] = []
        self.answers: dict[type[Message], Answer] = {
            StartApi: lambda _: [ManagedAccounts("DU1"), NextValidId(self.next_id)],
            session.ReqCurrentTime: lambda _: [CurrentTime(1_700_000_000)],
            orders.ReqOpenOrders: lambda _: [reports.OpenOrdersEnd()],
            orders.ReqExecutions: lambda m: [reports.ExecutionDetailsEnd(m.reqId)],
            orders.ReqCompletedOrders: lambda _: [reports.CompletedOrdersEnd()],
            account.ReqPositions: lambda _: [account.PositionEnd()],
        }

    async def connect(self, loop: Loop, factory: Any, host: str, port: int) -> Any:
        """Open a connection, or do not."""
        self.dialed.append((loop.time(), host, port))
        if self.reachable is None:
            await loop.create_future()
        if not self.reachable:
            raise ConnectionRefusedError(111, "Connection refused")
        protocol = factory()
        line = Line(self, loop, protocol)
        self.open.append(line)
        protocol.connection_made(line)
        return line, protocol

    def answer(self, message: Any) -> list[Message]:
        """What a request is answered with."""
        answer = self.answers.get(type(message))
        return answer(message) if answer is not None else []

    @property
    def line(self) -> Line:
        """The connection that is open."""
        return self.open[-1]

    def send(self, *messages: Message) -> None:
        """Send on the open connection."""
        self.line.send(*messages)

    def tell(self, code: int, text: str = "text", about: int = -1) -> None:
        """Send an error message."""
        self.send(ErrorMessage(about, 0, code, text))

    def restart(self, error: Exception | None = None) -> None:
        """Every connection is closed."""
        for line in tuple(self.open):
            line.hang_up(error)

    def all(self, kind: type[Any]) -> list[Any]:
        """Every request of a kind."""
        return [m for m in self.received if isinstance(m, kind)]


def quoting(tws: Memory) -> None:
    """Answer every quote line with a price."""
    price = lambda m: [market.TickPrice(m.reqId, 1, 10.0, Decimal(1))]  # noqa: E731
    tws.answers[market.ReqMktData] = price
