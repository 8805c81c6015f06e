"""A station in a thread of its own, with an event loop of its own.

The program under test may use threads, its own event loop or none: it meets the station through
its port only. Everything that a test does to the station runs on the station's thread.
"""

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from ..errors import PapertapeError
from ..server.aio.server import StationServer
from ..server.assembly import Composed, compose
from ..server.clock import speed_of, start_instant
from ..server.drills import Run
from ..server.market_settings import MarketSettings
from ..server.settings import StationSettings
from ..server.station import Station
from ..server.worlds.founding import founded
from ..venue.broker.profile import Profile
from ..venue.reference.sessions import ALWAYS, WhenOpen
from ..venue.reference.times import EASTERN
from ..venue.units import SECOND, Nanos
from ..worlds.reading import read_steps
from ..worlds.steps import World
from ..worlds.words import nearest
from .worlds import WorldHands

PATIENCE_S: Final = 30.0
"""How long a test waits for the station's thread before it gives up."""
LONGEST_ADVANCE_S: Final = 600.0
"""How long a test waits for the market's clock to have jumped."""
DEFAULTS: Final[dict[str, Any]] = {"max_message_rate": 0, "quote_interval_ms": 50}
"""Where a station for tests differs from others: no limit on messages, quotes more often."""

Result = TypeVar("Result")
Condition = str | Callable[[], object] | Callable[[Station], object]


class RunningStation(WorldHands):
    """A running station, as a test sees it; its methods may be called from any thread."""

    def __init__(self, make: "Callable[[World | None], Composed]", account: str) -> None:
        """``make`` composes a station, for a world or for none."""
        self._make = make
        self._given = set()
        self.programs = []
        composed = make(None)
        self._record(composed)
        self.host = "127.0.0.1"
        self.port = 0
        self.account = account
        """The paper account's code."""
        self._composed = composed
        self._server = StationServer(composed.station, composed.clock)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="papertape station", daemon=True)

    # -- what tests do ------------------------------------------------------------------------

    def drill(self, name: str, /, **options: Any) -> Run:
        """Start a drill: ``tws.drill("drop-after-ready", ms=500)``; times are the market's.

        Raises ``SettingsError`` naming the drill or the option that is wrong.
        """
        return self.call(lambda station: station.drills.start(name, **options))

    def stop_drills(self) -> None:
        """End every drill that runs."""
        self.call(lambda station: station.drills.stop_all())

    def advance(self, seconds: float) -> None:
        """Let the market's clock jump ahead; what falls due on the way happens at its time."""
        __tracebackhide__ = True
        self.run_until(lambda station: False, within=seconds)

    def run_until(self, condition: Condition, within: float = 3600.0) -> bool:
        """Let the market's clock jump ahead until a condition holds after something has happened,
        at most so many seconds; return whether it did. A program's own sleeps get no time by it.

        A condition is what a world writes behind ``expect``, ``"position SPY 100"``, or a function,
        ``lambda: tws.position("SPY") == 100``; one with an argument gets the station. Raises
        ``WorldError`` for a text that is no condition, and what the function raises.
        """
        __tracebackhide__ = True
        target = self._server.now() + int(within * SECOND)
        done = self._condition(condition)
        return self._await(self._server.advance_to(target, done), LONGEST_ADVANCE_S)

    def _condition(self, condition: Condition) -> Callable[[Station], bool]:
        if isinstance(condition, str):
            placed = read_steps(f"expect {condition}")
            self.call(lambda station: [station.world.holds(one) for one in placed])
            return lambda station: all(station.world.holds(one) for one in placed)
        try:
            needs = bool(inspect.signature(condition).parameters)
        except (TypeError, ValueError):
            needs = True
        asked: Any = condition
        return asked if needs else lambda station: bool(asked())

    def pause(self) -> None:
        """Stop the market's clock; requests are still answered, and ``advance`` still works."""
        self.call(lambda station: self._server.set_speed(0))

    def add_contract(self, symbol: str, **fields: object) -> int:
        """Add a contract that programs find from now on, and return its conId:
        ``tws.add_contract("ACME", price=12.5)``.

        The fields are those of a market folder's ``contracts.toml``; with a ``price`` it has a
        synthetic tape. Raises ``ValueError`` for a field that is no good and for a contract that
        there is already.
        """
        described = {"symbol": symbol, **{name: str(value) for name, value in fields.items()}}
        (entry,) = self.call(
            lambda station: station.contracts.add([described], EASTERN.day(station.now))
        )
        return entry.conId

    def run_at(self, speed: float | str) -> None:
        """Let the market's clock run so many times as fast as real time; 0 pauses it, ``"max"`` is
        as fast as clients follow. Raises ``ValueError`` for what is no speed."""
        self.call(lambda station: self._server.set_speed(speed_of(speed)))

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    @property
    def now(self) -> Nanos:
        """Market time in nanoseconds since 1970."""
        return self._server.now()

    def call(self, work: Callable[[Station], Result]) -> Result:
        """Run a function on the station; its effects are sent to clients. Passes on what
        it raises. Raises ``RuntimeError`` when the station has stopped."""
        __tracebackhide__ = True
        return self._on_its_thread(lambda: self._server.act(work))

    def drive(
        self, work: Callable[[StationServer], Coroutine[Any, Any, Result]]
    ) -> "Future[Result]":
        """Start a coroutine on the station's loop that drives its server; what comes of it. Raises
        ``RuntimeError`` when the station has stopped."""
        if not self._thread.is_alive():
            raise RuntimeError("the station has stopped")
        return asyncio.run_coroutine_threadsafe(work(self._server), self._loop)

    # -- another world ------------------------------------------------------------------------

    def _found(self, world: World) -> None:
        """Make the station anew for a world, at the same address. Raises ``WorldError``."""
        composed = self._make(world)
        self._record(composed)

        async def changed() -> None:
            await self._server.close()
            self._composed.close()
            self._composed = composed
            self._server = StationServer(composed.station, composed.clock)
            await self._server.start(self.host, self.port)

        self._await(changed(), PATIENCE_S)

    @staticmethod
    def _record(composed: Composed) -> None:
        composed.station.taps.record(composed.station.world.seen)

    # -- the thread ---------------------------------------------------------------------------

    def listen(self, port: int = 0) -> None:
        """Listen; returns when programs may connect. Raises ``SettingsError`` if it cannot."""
        self.port = port
        self._thread.start()
        self.port = self._ready.result(PATIENCE_S)

    def stop(self) -> None:
        """Close every connection and end the thread; may be repeated."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            raise RuntimeError("the station's thread does not end")
        self._composed.close()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        _, port = await self._server.start(self.host, self.port)
        self._ready.set_result(port)
        try:
            await self._stop.wait()
        finally:
            await self._server.close()

    def _on_its_thread(self, work: Callable[[], Result]) -> Result:
        """Run it there; returns once its consequences have left the station."""
        __tracebackhide__ = True
        if threading.current_thread() is self._thread:
            return work()

        async def done() -> Result:
            return work()

        return self._await(done(), PATIENCE_S)

    def _await(self, work: Coroutine[Any, Any, Result], patience: float) -> Result:
        """Wait for something on the station's thread. Raises ``RuntimeError`` from there, and when
        the station has stopped."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("the station's own thread cannot wait for itself")
        if not self._thread.is_alive():
            work.close()
            raise RuntimeError("the station has stopped")
        __tracebackhide__ = True
        running = asyncio.run_coroutine_threadsafe(self._settled(work), self._loop)
        try:
            return running.result(patience)
        except PapertapeError as error:  # it says it all; where in the station tells a test nothing
            raise error.with_traceback(None) from None

    async def _settled(self, work: Coroutine[Any, Any, Result]) -> Result:
        try:
            return await work
        finally:
            await asyncio.sleep(0)  # messages are sent at the end of a turn
            while self._returning():
                await asyncio.sleep(0.001)

    def _returning(self) -> bool:
        """Whether TWS is back and its port is not yet."""
        failed = self._server.failed
        ended = failed is None or failed.done()
        return not (ended or self._server.listening or self._composed.station.away)


@contextmanager
def serve(
    *,
    port: int = 0,
    account: str = "DU1234567",
    speed: float | str = 1.0,
    start: str = "",
    market: Path | None = None,
    hours: WhenOpen = ALWAYS,
    minutes_played: int = 60,
    api: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Iterator[RunningStation]:
    """A station for the length of a block; nothing of it is kept on disk.

    ``settings`` are those of ``StationSettings``: ``gateway=True``, ``max_server_version=176``,
    ``seed=7``. ``start`` is the market time to begin at, ``2026-04-10 15:55 US/Eastern``: with it
    the same seed gives the same prices in every run. ``hours`` and ``minutes_played`` are those of
    ``papertape serve``. ``api`` are the settings of the API by their official names. Several
    accounts are separated by commas; the first is that of ``tws.account``. Without ``market``, a
    market folder, every price is made. Raises ``TypeError`` for a setting that there is none of and
    ``SettingsError`` for a value that cannot be.
    """
    for name in settings:
        if name not in StationSettings.__struct_fields__:
            raise _no_setting(name)
    chosen = StationSettings(**{**DEFAULTS, **settings})
    plain = MarketSettings(
        folder=market,
        seed=chosen.seed,
        speed=speed_of(speed),
        start=start_instant(start, chosen.time_zone) if start else None,
        minutes_played=minutes_played,
        hours=hours,
    )
    accounts = tuple(account.split(","))

    def make(world: World | None) -> Composed:
        places, profile = plain, Profile(accounts=accounts)
        if world is not None:
            places, profile = founded(world, places, profile, chosen.time_zone)
        return compose(
            wall=time.time_ns(),
            data_dir=None,
            market=places,
            profile=profile,
            settings=replace(chosen, seed=places.seed),
            api=api,
        )

    tws = RunningStation(make, accounts[0])
    try:
        tws.listen(port)
        yield tws
    finally:
        tws.stop()


def _no_setting(name: str) -> TypeError:
    """The error about a setting that there is none of."""
    known = [*inspect.signature(serve).parameters, *StationSettings.__struct_fields__]
    near = nearest(name, [one for one in known if one != "settings"])
    meant = f"Did you mean {near}?" if near else "docs/guides/settings.md lists them all"
    return TypeError(f"{name!r} is no setting of a station. {meant}")
