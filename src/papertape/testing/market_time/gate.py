"""The gate between a program and a station: whose time goes on when, and what each has got.

The program says when it has nothing to do until an instant, and what it has sent. Then the station
handles all of that at the program's instant, and time goes on to the next thing that concerns the
program: bytes for it, or its own instant. Nothing else moves the market's clock meanwhile.
"""

import asyncio
import secrets
import selectors
import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Final, NamedTuple

from ...server.aio.connection import SocketConnection
from ...server.aio.server import StationServer
from ...server.station import Station
from ...venue.units import MINUTE, SECOND, Nanos
from ..programs import Program
from .injected.papertape_market_clock.frames import (
    BYE,
    FROM_PROGRAM,
    HELLO,
    IDLE,
    LINE_FROM_PROGRAM,
    LINE_TO_PROGRAM,
    MINE,
    NEVER,
    NOTE,
    SYNC,
    TO_PROGRAM,
)
from .patience import Patience

FAST_S: Final = 0.002
"""How long the station's thread waits for the program before others have a turn."""
FAIR_S: Final = 0.01
"""How long the two go on between themselves before others have a turn."""
WAIT_S: Final = 0.001
TURN: Final[Nanos] = 5_000_000
"""How long time goes on without anything for the program before others have a turn."""
MOST_AT_ONCE: Final = 10_000
"""Steps of a station at one instant before the program has its turn."""
LOST_S: Final = 1.0
"""How long bytes that are on their way in this computer may take."""
STRANGE_S: Final = 2.0
"""How long a program may take to say that a connection is its own."""
ENDING_S: Final = 0.1
"""How long a program that was asked to end gets no more time: most end at once."""
FURTHEST: Final[Nanos] = 60 * MINUTE
"""How far a program goes on by itself where the station has nothing to do."""
MOST_NOTES: Final = 20
NOT_INJECTED: Final = (
    "the program has connected without taking the market's clock: that takes a Python from 3.11 on "
    "that is started directly, without -E, -I and -S; a program in another language takes the "
    "computer's clock: papertape storm --wall-clock, papertape world run without --market-time"
)
CHILD: Final = (
    "a process that the program started has connected to the station: it lives by the wall clock; "
    "start that one itself"
)


class ProgramFrame(NamedTuple):
    """What a program says."""

    kind: int
    now: Nanos
    deadline: Nanos | None
    steps: int
    lines: list[tuple[int, int, int]]
    text: str


class RunEnding(NamedTuple):
    """How it ended; an empty kind is a success."""

    kind: str = ""
    problem: str = ""


class RunOver(Exception):
    """The run is over."""

    def __init__(self, kind: str = "", problem: str = "") -> None:
        super().__init__(problem)
        self.ending = RunEnding(kind, problem)


class TimeGate:
    """Drives one program and one station."""

    def __init__(self, until: Nanos | None, stop: Callable[[Station], bool], limit_s: float):
        self.token = secrets.token_hex(16)
        self.over: Future[RunEnding] = Future()
        """How the run ended, as soon as it has; ``run`` goes on until the program has gone."""
        self.notes: list[str] = []
        self.steps = 0
        self.met = False
        """Whether the program has taken the market's clock."""
        self.ending = False
        """The program has been asked to end."""
        self._until = until
        self._stop = stop
        self._limit_s = limit_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setblocking(False)
        self.port = int(self._listening.getsockname()[1])
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._sock: socket.socket | None = None
        self._data = bytearray()
        self._ports: set[int] = set()
        """Of the program's connections."""
        self._told: dict[SocketConnection, int] = {}
        """Bytes that the program knows were sent to it."""
        self._met_ports: set[int] = set()
        """Of those that the station has accepted."""
        self._announced: dict[int, int] = {}
        """Bytes that the program has sent, by port."""
        self._connected = False
        self._asked = 0.0
        self._unanswered: ProgramFrame | None = None
        self._due: Nanos | None = None
        """When the station has something to do next, where that is known."""

    def close(self) -> None:
        """Leave; a program that still waits ends."""
        self._selector.close()
        self._listening.close()
        if self._sock is not None:
            self._sock.close()

    # -- the run ------------------------------------------------------------------------------

    async def run(self, server: StationServer, child: Program) -> None:
        """Let the program and the station go on until one of them ends it."""
        self._server, self._child = server, child
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + self._limit_s
        self._fair = self._loop.time()
        self._before = set(server.connections)
        timing = server.station.timing
        watch, timing.stopwatch = timing.stopwatch, lambda: 0
        server.hold()
        server.station.leap(True)
        try:
            await self._drive()
            raise AssertionError("it has no other end")
        except RunOver as over:
            self.over.set_result(over.ending)
        except Exception as error:  # noqa: BLE001
            self.over.set_result(RunEnding("station", f"the station has stopped: {error}"))
        finally:
            timing.stopwatch = watch
            server.station.leap(False)
            server.release()
        await self._see_off()

    async def _drive(self) -> None:
        while True:
            await self._meet()
            await self._tell()
            while (frame := await self._frame()) is not None:
                self.steps += frame.steps
                if frame.kind == NOTE:
                    if len(self.notes) < MOST_NOTES:
                        self.notes.append(frame.text)
                elif frame.kind == MINE:
                    self._mine(frame.lines)
                elif frame.kind == BYE:
                    await self._turn(frame)
                else:
                    self._unanswered = frame
                    self.steps += 1
                    await self._turn(frame)
                    await self._tell()
            await self._gone()

    async def _meet(self) -> None:
        """Wait until a program has taken the clock."""
        while self._sock is None:
            if self._selector.select(0):
                self._sock, _ = self._listening.accept()
                self._sock.setblocking(False)
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._selector.unregister(self._listening)
                self._selector.register(self._sock, selectors.EVENT_READ)
                frame = await self._frame()
                if frame is None or frame.kind != HELLO or not self._knows(frame.text):
                    self._part()
                    continue
                self.met = True
                return
            if self._strangers():
                raise RunOver("not-injected", NOT_INJECTED)
            if self._child.poll() is not None:
                await self._ended()
            self._check_time()
            await asyncio.sleep(WAIT_S)

    def _knows(self, text: str) -> bool:
        return secrets.compare_digest(text.partition("\n")[0].encode(), self.token.encode())

    def _part(self) -> None:
        """Wait for another program: one may go on as the next."""
        if self._sock is not None:
            self._selector.unregister(self._sock)
            self._sock.close()
            self._sock = None
            self._data.clear()
            self._selector.register(self._listening, selectors.EVENT_READ)

    async def _gone(self) -> None:
        """The program has closed the gate: it ends, or goes on as another."""
        self._part()
        for _ in range(50):
            if self._child.poll() is not None or self._selector.select(0):
                break
            await asyncio.sleep(WAIT_S)

    async def _ended(self) -> None:
        """What it sent last still counts."""
        await self._lost(self._ports)
        await self._turn(ProgramFrame(BYE, self._server.now(), None, 0, [], ""))
        if not self._connected:
            raise RunOver("not-connected", "the program has ended without having connected")
        raise RunOver

    def _check_time(self) -> None:
        if self._loop.time() < self._end:
            return
        late = f"within {self._limit_s:g} s"
        if not self.met:
            raise RunOver("not-injected", f"the program has not taken the market's clock {late}")
        told = "it was waiting for its next turn"
        if self._loop.time() - self._asked > 1:
            told = (
                f"it has not waited for anything for {self._loop.time() - self._asked:.0f} s: "
                "a loop without an end, or a wait for others that the market's clock does not reach"
            )
        if not self._connected:
            raise RunOver("not-connected", f"the program has not connected {late}; {told}")
        raise RunOver("timeout", f"the program has not ended {late}; {told}")

    # -- what the program says ----------------------------------------------------------------

    async def _frame(self) -> ProgramFrame | None:
        """The next frame; None when the program has closed the gate."""
        self._asked = self._loop.time()
        self._strange = self._patience(STRANGE_S)
        head = await self._take(FROM_PROGRAM.size)
        if head is None:
            return None
        kind, now, deadline, steps, count = FROM_PROGRAM.unpack(head)
        lines: list[tuple[int, int, int]] = []
        text = ""
        size = count if kind in (HELLO, NOTE) else count * LINE_FROM_PROGRAM.size
        if size:
            body = await self._take(size)
            if body is None:
                return None
            if kind in (HELLO, NOTE):
                text = body.decode("utf-8", "replace")
            else:
                lines = list(LINE_FROM_PROGRAM.iter_unpack(body))
        return ProgramFrame(kind, now, None if deadline == NEVER else deadline, steps, lines, text)

    async def _take(self, size: int) -> bytes | None:
        while len(self._data) < size:
            if self._loop.time() - self._fair > FAIR_S:
                self._check_time()
                await self._yield()
            if not self._selector.select(FAST_S):
                self._check_time()
                if not self._strange.lasts() and self._strangers():
                    raise RunOver("child", CHILD)
                await self._yield(WAIT_S)
                continue
            assert self._sock is not None
            try:
                data = self._sock.recv(1 << 16)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                return None
            self._data += data
        found = bytes(self._data[:size])
        del self._data[:size]
        return found

    def _patience(self, seconds: float) -> Patience:
        return Patience(self._loop.time, seconds)

    async def _yield(self, seconds: float = 0) -> None:
        await asyncio.sleep(seconds)
        self._fair = self._loop.time()

    # -- what the station does ----------------------------------------------------------------

    async def _turn(self, frame: ProgramFrame) -> None:
        """Let the station handle what the program has sent, and time go on."""
        if frame.lines:
            await self._arrived(frame.lines)
        waits = frame.kind == IDLE
        now, first = frame.now, True
        while True:
            over = self._server.move(
                partial(self._work, now=now, deadline=frame.deadline, first=first, waits=waits)
            )
            await self._settle()
            first = await self._resumed()
            if first:  # more has come at this instant
                now, waits = self._server.now(), waits and not over
            elif over:
                return
            self._check_time()
            await self._yield()

    def _work(
        self, station: Station, now: Nanos, deadline: Nanos | None, first: bool, waits: bool
    ) -> bool:
        """A turn of the station; whether there is something to tell the program."""
        server = self._server
        held = [one for one in server.connections if one.withheld]
        for connection in held:
            connection.send_held()
        for connection in server.connections:
            connection.cork()
        try:
            before, self._due = self._signs(), None
            if first:
                self._bring(station, now)
            if self._stop(station):
                raise RunOver
            if held or not waits or self._signs() != before or self._unsent():
                return True
            return self._go_on(station, deadline)
        finally:
            for connection in list(server.connections):
                connection.uncork()

    def _bring(self, station: Station, now: Nanos) -> None:
        """Handle at an instant what has come, to the end."""
        server = self._server
        while now > server.now() and server.step_to(now, on=True):
            pass
        if not server.deliver():
            return
        station.flush()
        station.act()
        self._finish(station)

    def _finish(self, station: Station) -> None:
        """Let everything happen that is due at this instant, so that nothing is left for later."""
        now = self._server.now()
        for _ in range(MOST_AT_ONCE):
            self._due = station.next_due()
            if self._due is None or self._due > now:
                return
            self._server.step_at(now)

    def _go_on(self, station: Station, deadline: Nanos | None) -> bool:
        """Let time go on until something concerns the program; whether it does."""
        server, before = self._server, self._signs()
        end = self._loop.time() + TURN / SECOND
        targets = [one for one in (deadline, self._until) if one is not None]
        target = min(targets, default=None)
        due = station.next_due()
        while True:
            more = due is not None and (target is None or due <= target)
            at = due if more else target
            if at is None:
                raise RunOver(
                    "stuck", "the program waits for the station, which has nothing more to do"
                )
            server.step_at(max(at, station.now), on=True)
            if self._stop(station):
                raise RunOver
            if self._signs() != before:
                self._finish(station)
                return True
            self._due = due = station.next_due()
            if not more and target is not None:
                if due is not None and due <= target:
                    continue
                if target == self._until:
                    raise RunOver
                return True
            if self._loop.time() >= end:
                return False

    def _signs(self) -> tuple[int, int, bool]:
        """What changes when there is something for the program."""
        server = self._server
        sent = lives = 0
        for one in server.connections:
            sent += one.sent + one.corked
            lives += one.lives
        return sent, lives, server.station.registry.away

    def _unsent(self) -> bool:
        """Whether bytes for the program have gone to the system since it was told."""
        return any(
            one.sent - one.unsent != self._told.get(one, 0) for one in self._server.connections
        )

    async def _settle(self) -> None:
        """Let take effect what needs turns of the loop: closed connections, ports."""
        server = self._server
        station, wait = server.station, self._patience(LOST_S)
        if station.registry.away == server.listening:
            server.doors()
            while station.registry.away == server.listening and wait.lasts():
                await self._yield()
        while any(not one.lives for one in server.connections) and wait.lasts():
            await self._yield()
            if not any(one.aborted for one in server.connections):
                break
        for connection in server.connections:
            if connection.unsent and not connection.withheld:
                await self._yield()
                break

    async def _resumed(self) -> bool:
        """Read on where the station can take more; whether that has brought anything."""
        behind = [one for one in self._server.connections if not one.reading]
        for one in behind:
            one.resume()
            if one.reading:
                taken = one.taken
                await self._arrived([(one.peer_port, self._announced.get(one.peer_port, 0), 0)])
                if one.taken > taken:
                    return True
        return False

    async def _arrived(self, lines: list[tuple[int, int, int]]) -> None:
        """Wait until all that the program has sent is here, and the ends of connections."""
        server, wait = self._server, self._patience(LOST_S)
        self._mine(lines)
        for port, sent, closed in lines:
            self._announced[port] = sent
            while wait.lasts():
                found = [one for one in server.connections if one.peer_port == port]
                if server.full:
                    server.deliver()
                    for one in found:
                        one.resume()
                if found and (found[0].taken >= sent and not closed):
                    break
                if found and not found[0].reading and not server.full:
                    break  # the station takes no more of it
                if not found and port in self._met_ports:
                    break
                self._met_ports.update(one.peer_port for one in found)
                await self._yield()
            if closed:  # the system may give the port to another connection
                self._met_ports.discard(port)
        if self._strangers():
            raise RunOver("child", CHILD)

    def _mine(self, lines: list[tuple[int, int, int]]) -> None:
        self._connected = True
        self._ports.update(port for port, *_ in lines)

    def _strangers(self) -> bool:
        """Whether somebody else has connected."""
        new = set(self._server.connections) - self._before
        return any(one.peer_port not in self._ports for one in new)

    async def _lost(self, ports: set[int]) -> None:
        """Wait until the connections of a program that has ended are over."""
        wait = self._patience(LOST_S)
        while any(one.peer_port in ports for one in self._server.connections) and wait.lasts():
            await self._yield(WAIT_S)

    # -- what the program is told -------------------------------------------------------------

    async def _tell(self) -> None:
        """Say what time it is, how far nothing comes by itself, and what has been sent."""
        server, lines = self._server, []
        now = server.now()
        due = server.station.next_due() if self._due is None else self._due
        horizon = now + FURTHEST if due is None else max(due, now)
        if self._until is not None:
            horizon = min(horizon, self._until)
        for one in server.connections:
            sent = one.sent - one.unsent
            if sent != self._told.get(one, 0):
                self._told[one] = sent
                lines.append((one.peer_port, sent))
            if one.unsent:
                horizon = now
        self._answer(now, horizon, lines)

    def _answer(self, now: Nanos, horizon: Nanos, lines: list[tuple[int, int]]) -> None:
        self._unanswered = None
        data = TO_PROGRAM.pack(now, horizon, len(lines))
        for line in lines:
            data += LINE_TO_PROGRAM.pack(*line)
        assert self._sock is not None
        try:
            self._sock.send(data)
        except OSError:
            return  # it has ended: the next frame tells

    async def _see_off(self) -> None:
        """Let a program that was asked to end have the time for it, which is nobody else's."""
        while not self.ending:
            await asyncio.sleep(WAIT_S)
        end = self._loop.time() + ENDING_S
        while self._child.poll() is None and self._loop.time() < end:
            await asyncio.sleep(WAIT_S)
        self._end = self._loop.time() + self._limit_s
        self._connected = True
        frame = self._unanswered
        try:
            while self._child.poll() is None and self._sock is not None:
                if frame is not None and frame.kind in (IDLE, SYNC):
                    now = max(frame.now, frame.deadline or frame.now + SECOND)
                    self._answer(now, now, [])
                frame = await self._frame()
                if frame is None:
                    return
        except RunOver:
            return
