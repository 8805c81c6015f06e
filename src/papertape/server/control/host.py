"""Runs stations and their control API in one event loop until a signal."""

import asyncio
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, cast

from ..aio.server import StationServer
from ..aio.tidying import Tidying
from ..aio.warmup import WarmUp
from ..clock import MarketClock
from ..station import Station
from .console import ConsoleServer
from .serve import ControlServer

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
"""Signals that stop the stations cleanly: Ctrl-C, a service manager, a closed terminal; on Windows
also Ctrl-Break."""


class Place(NamedTuple):
    """A station, and the address on which it listens."""

    station: Station
    clock: MarketClock
    host: str
    port: int
    more: Sequence[int] = ()
    """Further ports."""


class Control(NamedTuple):
    """The address of the control API; the token is generated unless it is given."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    console_port: int | None = None
    """The console's port, 0 for any; None for no console."""


class Ready(NamedTuple):
    """The addresses on which everything listens."""

    addresses: Mapping[str, tuple[str, int]]
    """Station name -> host and port."""
    url: str
    """The token of the control API; "" without one."""
    token: str
    console: str
    """URL of the console, with the token; "" without one."""


def run(
    places: Mapping[str, Place], control: Control | None, ready: Callable[[Ready], object]
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; call ``ready`` once clients can connect.

    Raises ``SettingsError`` when a port cannot be bound, and the error that ends a station later.
    """
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(_serve(places, control, ready))


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return cast(Callable[[], asyncio.AbstractEventLoop], uvloop.new_event_loop)


async def _serve(
    places: Mapping[str, Place], control: Control | None, ready: Callable[[Ready], object]
) -> None:
    loop, stop, tidying = asyncio.get_running_loop(), asyncio.Event(), Tidying()
    servers = {
        name: StationServer(place.station, place.clock, name=name, after=tidying.worked)
        for name, place in places.items()
    }
    api = None if control is None else ControlServer(servers, control.token)
    console: ConsoleServer | None = None
    ending = ExitStack()
    ending.callback(tidying.end)
    try:
        for name, place in places.items():
            await servers[name].start(place.host, place.port)
            for port in place.more:
                await servers[name].also(port)
        if api is not None and control is not None:
            api.start(control.host, control.port)
            if control.console_port is not None:
                console = ConsoleServer(api.url, api.token)
                console.start(control.host, control.console_port)
        _stop_on_signals(loop, stop, ending)
        addresses = {name: server.address for name, server in servers.items()}
        page = console.url if console else ""
        ready(Ready(addresses, api.url if api else "", api.token if api else "", page))
        preparations = [server.warm_up() for server in servers.values()]
        settling = asyncio.ensure_future(_settle(preparations, tidying))
        ending.callback(settling.cancel)
        await _until(stop, [server.failed for server in servers.values() if server.failed])
    finally:
        if console is not None:
            await console.close()
        if api is not None:
            await api.close()
        for server in servers.values():
            await server.close()
        ending.close()


async def _settle(preparations: Iterable[WarmUp], tidying: Tidying) -> None:
    """When everything is prepared, let the garbage collector leave out what stays."""
    for one in preparations:
        await one.wait()
    tidying.begin()


def _stop_on_signals(
    loop: asyncio.AbstractEventLoop, stop: asyncio.Event, ending: ExitStack
) -> None:
    """Set ``stop`` on a signal, until ``ending`` is closed."""

    def caught(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:  # what `nohup` ignores stays ignored
            continue
        try:
            loop.add_signal_handler(number, stop.set)
            ending.callback(loop.remove_signal_handler, number)
        except NotImplementedError:  # the loops of Windows
            ending.callback(signal.signal, number, signal.signal(number, caught))


async def _until(stop: asyncio.Event, failures: Sequence["asyncio.Future[None]"]) -> None:
    """Wait for the signal, for a station that fails, whose error is raised, or until all have
    logged off."""
    stopping: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
    try:
        while not stopping.done() and (going := [one for one in failures if not one.done()]):
            await asyncio.wait([stopping, *going], return_when=asyncio.FIRST_COMPLETED)
            for failure in failures:
                if failure.done():
                    failure.result()
    finally:
        stopping.cancel()
