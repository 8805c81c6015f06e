"""One run of a program in a world."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from ...server.station import Station
from ...server.worlds.expecting import WorldOutcome
from ...worlds.reading import read_world
from ..market_time import run_in_market_time
from ..programs import running
from ..thread import RunningStation, serve
from ..worldrun import beside
from .checking import StormCheck
from .told import StormRecord
from .watching import StormWatcher

MOST_OUTPUT: Final = 16_000
"""Characters of a program's output that a record keeps, the last ones."""

EXPECTING: Final = ("expect ", "at end ")
"""How the lines begin that expect something; an act on an order that could not be is a fault of a
storm that came too late, and nothing of the program's."""


class StormBot(msgspec.Struct, frozen=True):
    """The program, and how it is run."""

    command: tuple[str, ...]
    wall_clock: bool = False
    """Whether it runs on the computer's clock, beside a market that runs at ``speed``."""
    speed: float = 20.0
    timeout_s: float = 60.0
    """Seconds of the computer's clock that a run may take."""


@contextmanager
def quiet() -> Iterator[None]:
    """Let the stations of a storm write no log: each has its drills in the record."""
    log = logging.getLogger("papertape.station")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def run_once(text: str, bot: StormBot, checks: tuple[StormCheck, ...] = ()) -> StormRecord:
    """Run a program once in a world. Whatever happens, no process is left.

    Raises ``WorldError`` for a world that cannot be played, and ``SettingsError`` for a program
    that cannot be started or a check that cannot be computed.
    """
    began = time.perf_counter()
    watcher = StormWatcher(checks)
    with quiet(), serve(speed=0) as tws:
        tws.play_world(read_world(text))
        tws.call(watcher.attach)
        ran = _beside(tws, bot)
        outcomes = tws.call(lambda station: _ended(station, watcher))
    if watcher.failure is not None:
        raise watcher.failure
    record = watcher.record
    record.code, record.problem, record.kind, record.output, record.dropped_output = ran
    record.failed = [str(one) for one in outcomes if not one.passed]
    record.wall_s = time.perf_counter() - began
    return record


def _beside(tws: RunningStation, bot: StormBot) -> tuple[int | None, str, str, str, int]:
    """Let the program run to its end or the world's; its exit code, what went wrong, in a word, the
    end of its output, and how much of that was dropped."""
    if not bot.wall_clock:
        ran = run_in_market_time(
            tws,
            bot.command,
            timeout_s=bot.timeout_s,
            seed=tws.call(lambda station: station.settings.seed),
            stop=lambda station: station.world.over,
        )
        return ran.code, ran.problem, ran.kind, ran.output[-MOST_OUTPUT:], ran.dropped
    with running(bot.command, tws.host, tws.port) as child:
        problem = beside(tws, child, bot.speed, bot.timeout_s)
        code = child.poll()
    return code, problem, "", child.output[-MOST_OUTPUT:], child.dropped


def _ended(station: Station, watcher: StormWatcher) -> list[WorldOutcome]:
    outcomes = station.world.finish()
    watcher.finish()
    return [one for one in outcomes if one.text.startswith(EXPECTING)]
