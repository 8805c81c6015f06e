"""The asyncio driver of a station: sockets, clocks, one timer. No protocol in here."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ...errors import JournalError
from ...venue.units import SECOND, Nanos
from ..clock import FASTEST, MarketClock, WallWatch, set_clock
from ..sessions.session import Session
from ..settings import StationSettings
from ..station import Station
from ..taps.station_log import speaker, speaking
from .clock import steady_ns
from .connection import LINGER_S, MOST_HELD, SocketConnection
from .leap import Leap
from .ports import ListeningPorts
from .race import Race
from .warmup import WarmUp

log = logging.getLogger("papertape.station")
LOOK_S = 5.0
"""How often the clocks are looked at when nothing else happens: was one set, was the computer
suspended, which timers do not notice?"""
MOST_LINGERING = 64
"""Connections that never started and are closed, but still read; more are closed at once."""
Result = TypeVar("Result")


class StationServer:
    """Serves one station on one address until it is closed.

    ``clock`` is the market's over ``wall``, the computer's clock, which is read to begin with and
    watched afterwards; time goes on by ``steady``.
    """

    def __init__(
        self,
        station: Station,
        clock: MarketClock,
        *,
        name: str = "",
        wall: Callable[[], Nanos] = time.time_ns,
        steady: Callable[[], Nanos] = steady_ns,
        stopwatch: Callable[[], Nanos] = time.monotonic_ns,
        worked: Callable[[], Nanos] = time.thread_time_ns,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self.station = station
        self.name = name
        """How the log calls the station."""
        self._wall = wall
        self._steady = steady
        self._watch = WallWatch(wall(), steady())
        self.clock = clock.over(steady(), wall())
        """The market's, over the steady one."""
        station.timing.stopwatch = stopwatch
        station.timing.until = self._until
        self._after = after
        """Called after each piece of work."""
        self._race = Race(station, steady, self._goes_on, worked)
        self._ports = ListeningPorts(lambda: SocketConnection(self), self._moved)
        self.connections: dict[SocketConnection, None] = {}
        self._leap = Leap(self.act, self.step_to, self.connections)
        self._lingering: dict[SocketConnection, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due: Nanos | None = None
        """The instant that the timer waits for."""
        self._look: asyncio.TimerHandle | None = None
        self._warm: WarmUp | None = None
        self._flushing = False
        self._closed = False
        self._held: list[tuple[Callable[..., None], Session, bytes | str]] | None = None
        self._held_bytes = 0
        self.address = "", 0
        """Where it listens, once it has started."""
        self.failed: asyncio.Future[None] | None = None
        """Ends with the exception that made serving impossible, such as a full disk; with none
        when TWS has logged off."""

    def _until(self, seconds: float) -> Nanos:
        """Market time so many seconds of ours from now; a paused market counts as one that runs
        at the pace of real time."""
        return self.now() + int(seconds * SECOND * (self.speed or 1))

    @property
    def speed(self) -> float:
        """How many times as fast as real time the market runs: what is set, or at speed ``max``
        what it has been lately."""
        return self._race.pace if self.clock.speed >= FASTEST else self.clock.speed

    def now(self) -> Nanos:
        """Market time."""
        return self.clock.now(self._steady())

    def jump(self, at: Nanos) -> None:
        """Let market time go on from ``at``, which must not lie in the past."""
        self._run(at, self.clock.speed)

    def set_speed(self, speed: float) -> None:
        """Let market time run so many times as fast as real time; 0 pauses the market, ``FASTEST``
        lets it run as fast as clients follow. For ``act``.

        Sessions go on while it is paused: requests are answered, at the same instant. Raises
        ``JournalError`` when it cannot be kept.
        """
        self._run(self.now(), speed)
        self._keep_clock()

    def _run(self, at: Nanos, speed: float) -> None:
        self.clock = MarketClock(self._steady(), at, speed)
        self._still()  # the timer waits for another instant now

    def _keep_clock(self) -> None:
        """Let a start after this one go on from here."""
        self.station.keep_clock(MarketClock(self._wall(), self.now(), self.clock.speed))

    def step_to(self, target: Nanos, *, on: bool = False) -> bool:
        """Let the next thing until ``target`` happen at its instant, else jump there; whether
        something happened, so that there may be more. For ``act``. ``on``: see ``Station.step``."""
        due = self.station.next_due()
        more = due is not None and due <= target
        self.step_at(max(self.station.now, due if more and due is not None else target), on=on)
        return more

    def step_at(self, at: Nanos, *, on: bool = False) -> None:
        """Let market time jump to an instant, and what is due by then happen there. For ``act`` and
        ``move``."""
        self.jump(at)
        self.station.step(at, on=on)
        self.station.flush()

    async def advance(self, seconds: float) -> None:
        """Let market time jump ahead by so many seconds; what falls due on the way happens at its
        instant, and others have turns in between."""
        await self.advance_to(self.now() + int(seconds * SECOND))
        self.act(lambda station: self._keep_clock())

    async def advance_to(
        self, target: Nanos, done: Callable[[Station], bool] = lambda station: False
    ) -> bool:
        """Let market time jump ahead to an instant, or until ``done`` after a step; whether it
        was.

        Clients get what they would have got; where one does not read, time waits for it a while,
        as it would have had that time.
        """
        return await self._leap.to(target, done)

    async def settle(self) -> None:
        """Let what was just said of the market take effect, also on a clock that stands still."""
        await self.advance_to(self.now() + 1)

    @property
    def listening(self) -> bool:
        """Whether programs can connect; not while TWS is away or has failed."""
        return self._ports.open

    @property
    def _serving(self) -> bool:
        return self.failed is not None and not self.failed.done() and not self._closed

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; the address listened on. Raises ``SettingsError`` when that is impossible."""
        self.address = await self._ports.listen(host, port)
        self.failed = asyncio.get_running_loop().create_future()
        self._look_again()
        self.station.config.found("socketPort", self.address[1])
        self.station.config.guard("socketPort", self._ports.reserve)
        return self.address

    async def also(self, port: int) -> int:
        """Listen on another port of the same address too, for as long as TWS is there; the port.

        A change of ``socketPort`` does not touch it. Raises ``SettingsError`` when that is
        impossible."""
        return await self._ports.also(self.address[0], port)

    def _moved(self, address: tuple[str, int]) -> None:
        self.address = address

    def warm_up(self) -> WarmUp:
        """Load beside the clients what the first order of each version would wait for."""
        with speaking(self.name):
            self._warm = WarmUp(self.station)
        return self._warm

    # -- TWS goes away and comes back ---------------------------------------------------------

    def doors(self) -> None:
        """Listen as long as TWS is there; end when somebody would have to log in again."""
        away = self.station.registry.away
        if self.station.logged_off and self.failed is not None:
            self.failed.set_result(None)
        elif away and self._ports.open:
            self._ports.leave()
        elif not away and not self._ports.open:
            self._ports.come_back()

    async def close(self) -> None:
        """Stop listening, commit, close every session with FIN and let the clients notice."""
        self._ports.close()
        with speaking(self.name):
            self.station.drills.stop_all()
        for session in list(self.station.connections()):
            session.close()
        self._do(lambda now: self.station.flush())
        self._closed = True
        self._rest()
        end = asyncio.get_running_loop().time() + LINGER_S / 2
        while self.connections and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.abort()
        await asyncio.sleep(0)

    def _still(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._due = None

    def _rest(self) -> None:
        """Nothing happens by itself any more."""
        self._still()
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if self._warm is not None:
            self._warm.cancel()

    def lingers(self, connection: SocketConnection) -> None:
        """One whose client never started is closed and still read: of those there are few, as they
        may come faster than they end."""
        self._lingering[connection] = None
        if len(self._lingering) > MOST_LINGERING:
            next(iter(self._lingering)).abort()

    def gone(self, connection: SocketConnection) -> None:
        """A connection is over."""
        self.connections.pop(connection, None)
        self._lingering.pop(connection, None)

    # -- what the loop brings -----------------------------------------------------------------

    def open(self, peer: str, connection: SocketConnection) -> Session | None:
        """A connection was made: a session for it, if there is a place."""
        self.connections[connection] = None
        if not self._serving:
            connection.abort()
            return None
        deadline = self._until(self.station.settings.start_api_timeout_s)
        with speaking(self.name):
            session = self.station.open(peer, connection, self.now(), deadline)
        self._flush_soon()  # it has a deadline from now on, or another one has given way
        return session

    def hold(self) -> None:
        """Let what comes from clients wait for ``deliver``, instead of being handled as it comes;
        their connections are made at once."""
        self._held = []

    def release(self) -> None:
        """Hold nothing any more."""
        self.deliver()
        self._held = None
        self._flush_soon()

    def deliver(self) -> bool:
        """Handle what has been held, in the order in which it came; whether there was anything."""
        held, self._held, self._held_bytes = self._held or [], [], 0
        for work, session, given in held:
            self._do(work, session, given)
        return bool(held)

    def move(self, work: Callable[[Station], Result]) -> Result:
        """Let the one for whom everything is held move the station; nothing but ``deliver`` and
        time has changed it since. Passes on what ``work`` raises. Raises ``RuntimeError`` when the
        station has stopped."""
        if not self._serving:
            raise RuntimeError("the station has stopped")
        with speaking(self.name):
            try:
                return work(self.station)
            except JournalError as error:
                self._unkept(error)
                raise
            finally:
                for connection in self.connections:
                    if not connection.reading:
                        connection.resume()  # what it was paused for may have had its turn

    @property
    def holds(self) -> bool:
        """Whether what comes waits for ``deliver``."""
        return self._held is not None

    @property
    def full(self) -> bool:
        """Whether so much waits that nothing more is read."""
        return self._held_bytes > MOST_HELD

    def ahead(self, session: Session | None) -> bool:
        """Whether a client has sent so much that it is not read for now. Where everything is held,
        what it has sent must be here before time goes on: reading pauses only where it would be
        too much."""
        if self._held is None:
            return session is not None and session.crowded
        unread = 0 if session is None else sum(map(len, session.unread))
        return self.full or unread > MOST_HELD

    def _hold(self, work: Callable[..., None], session: Session, given: bytes | str) -> bool:
        if self._held is None:
            return False
        self._held.append((work, session, given))
        self._held_bytes += len(given)
        return True

    def received(self, session: Session, data: bytes) -> None:
        """Bytes of a client; the answers of one loop turn share one commit."""
        if not self._hold(self._receive, session, data):
            self._do(self._receive, session, data)

    @property
    def settings(self) -> StationSettings:
        """The settings of the station."""
        return self.station.settings

    def deaf(self, session: Session) -> None:
        """A client does not read what it is sent: its session ends."""
        self.station.registry.closed(session, "does not read")

    def lost(self, session: Session, reason: str) -> None:
        """A socket is gone."""
        if not self._hold(self._lose, session, reason):
            self._do(self._lose, session, reason)

    def _receive(self, now: Nanos, session: Session, data: bytes) -> None:
        self.station.receive(session, data, now)
        if self._warm is not None and session.client_id is not None:
            self._warm.meet(session.version)
        self._flush_soon()

    def _lose(self, now: Nanos, session: Session, reason: str) -> None:
        self.station.lost(session, reason, now)
        self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._do, self._flush)

    def _flush(self, now: Nanos) -> None:
        self._flushing = False
        self.station.flush()
        self.doors()
        self._ports.switch()
        for connection in self.connections:
            if not connection.reading:
                connection.resume()
        self._wake(now)

    def act(self, work: Callable[[Station], Result]) -> Result:
        """Let somebody else than a client act on the station; what follows is told at once.

        Passes on what ``work`` raises. Raises ``RuntimeError`` when the station has stopped.
        """
        self._do(self.station.pass_time)
        if not self._serving:
            raise RuntimeError("the station has stopped")
        with speaking(self.name):
            try:
                self.station.act()
                return work(self.station)
            except JournalError as error:
                self._unkept(error)
                raise
            finally:
                self.station.act()
                self._flush_soon()

    def caught_up(self) -> None:
        """A client that had been passed over reads again."""
        self.wake()

    def wake(self) -> None:
        """Set the timer to when the station has something to do next."""
        self._do(self._wake)

    def _wake(self, now: Nanos) -> None:
        if self._held is not None:
            return  # whoever has everything held moves time
        if self.clock.speed >= FASTEST:
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(0, self._do, self._stride)
            return
        due = self.station.next_due()
        if due == self._due:
            return
        self._still()
        if due is not None:
            self._due = due
            delay = max(due - now, 0) / 1e9
            if delay and not self.clock.speed:
                return  # the market is paused
            delay /= self.clock.speed or 1
            self._timer = asyncio.get_running_loop().call_later(delay, self._do, self._tick)

    def _look_again(self) -> None:
        self._look = asyncio.get_running_loop().call_later(LOOK_S, self._look_again)
        self._look_at_the_wall()
        self._still()  # a timer does not notice that the computer was suspended
        self.wake()

    def _look_at_the_wall(self) -> None:
        """Note when somebody has set the computer's clock."""
        wall = self._wall()
        if step := self._watch.look(wall, self._steady()):
            with speaking(self.name):
                log.warning("%s", set_clock(step, wall))

    def _stride(self, now: Nanos) -> None:
        """Let the market go on at speed ``max``."""
        pause = self._race.turn(now)
        self._flush(self.now())
        self._still()
        self._timer = asyncio.get_running_loop().call_later(pause, self._do, self._stride)

    def _goes_on(self, at: Nanos) -> None:
        self.clock = MarketClock(self._steady(), at, self.clock.speed)

    def _tick(self, now: Nanos) -> None:
        self._timer = self._due = None
        self.station.step(now)
        self._flush(now)

    def _do(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run a part of the station at the present market time, the only reading of the clock.
        What the station cannot contain ends it.

        What cannot be kept must not be told, and a venue that cannot live through a moment
        would not live through the next: a restart has everything that any client was told.
        """
        if not self._serving:
            return
        token = speaker.set(self.name)
        try:
            work(self.clock.now(self._steady()), *arguments)
        except JournalError as error:
            self._unkept(error)
        except Exception as error:
            log.exception("the station stops")
            self._fail(error)
        finally:
            speaker.reset(token)
        self._after()

    def _unkept(self, error: JournalError) -> None:
        log.critical("the station stops: %s", error)
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        assert self.failed is not None
        self.failed.set_exception(error)
        self._rest()
        self._ports.close()
        self.station.abandon()
