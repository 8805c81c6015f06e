"""A whole world on a station of its own, with a program beside it, to its end and no longer."""

import time
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Final

import msgspec

from ..errors import PapertapeError
from ..server.station import Station
from ..server.worlds.expecting import WorldOutcome
from ..worlds.steps import World
from .market_time import run_in_market_time
from .programs import Program, running
from .thread import RunningStation, serve

POLL_S: Final = 0.01
LAST_WORDS_S: Final = 0.2
"""How long what a program sent before its end may take to arrive."""
FURTHEST_S: Final = 31 * 86_400.0


class WorldRun(msgspec.Struct):
    """How a world ended."""

    outcomes: list[WorldOutcome] = []
    problem: str = ""
    """What went wrong beside the expectations: the program did not connect, or did not end."""
    code: int | None = None
    """The program's exit code; None without a program, and for one that was ended."""
    dropped: int = 0
    """Bytes of the program's output that were not passed on."""
    notes: tuple[str, ...] = ()
    """What a program in market time did that a second run may do otherwise."""

    @property
    def failed(self) -> int:
        """How many expectations and steps have failed."""
        return sum(not one.passed for one in self.outcomes)


def run_world(
    world: World,
    program: Sequence[str] = (),
    *,
    speed: float = 1.0,
    timeout_s: float = 60.0,
    echo: BinaryIO | None = None,
    ready: Callable[[RunningStation], object] = lambda tws: None,
    market_time: bool = False,
    **settings: Any,
) -> WorldRun:
    """Play a world to its end. Raises ``WorldError`` and ``SettingsError``.

    With a program, market time stands still until its first client has started, and runs at
    ``speed`` from then on; the world ends with the program or at its ``end``. Without one, time
    jumps from one step to the next. With ``market_time`` the program, a Python one, lives by the
    market's clock as ``run_in_market_time`` says, and there is no speed. ``timeout_s`` are seconds
    of the computer's clock, for all of it. Whatever happens, no process is left.
    """
    with serve(**{"speed": 0, **settings}) as tws:
        tws.play_world(world)
        ready(tws)
        result = WorldRun()
        if program and market_time:
            run = run_in_market_time(
                tws,
                program,
                timeout_s=timeout_s,
                seed=tws.call(lambda station: station.settings.seed),
                echo=echo,
                stop=lambda station: station.world.over,
            )
            result.problem, result.code, result.dropped = run.problem, run.code, run.dropped
            result.notes = run.notes
        elif program:
            with running(program, tws.host, tws.port, echo=echo) as child:
                result.problem = beside(tws, child, speed, timeout_s)
                result.code = child.poll()
            result.dropped = child.dropped
        else:
            tws.run_until(lambda station: not station.world.waits, within=FURTHEST_S)
        result.outcomes = tws.call(lambda station: station.world.finish())
        return result


def beside(tws: RunningStation, child: Program, speed: float, timeout_s: float) -> str:
    """Wait for the end of the program or of the world; return what went wrong."""
    end = time.monotonic() + timeout_s
    runs = False
    while child.poll() is None:
        try:
            connected, over = tws.call(_progress)
        except (PapertapeError, RuntimeError) as error:
            return f"the station has stopped: {error}"
        if over:
            return ""
        if connected and not runs:
            runs = True
            tws.run_at(speed)
        if time.monotonic() >= end:
            if not runs:
                return f"the program has not connected within {timeout_s:g} s"
            return f"the program has not ended within {timeout_s:g} s; a world may have an end"
        time.sleep(POLL_S)
    settled = time.monotonic() + LAST_WORDS_S
    while time.monotonic() < settled:
        time.sleep(POLL_S)
    if not runs and not tws.call(lambda station: station.world.seen.total):
        return "the program has ended without having connected"
    return ""


def _progress(station: Station) -> tuple[bool, bool]:
    """Whether a client has started, and whether the world is over."""
    return bool(station.sessions()) or station.world.seen.total > 0, station.world.over
