"""Runs a Python program on a station's clock: a trading day is seconds, and a run repeats exactly.

See docs/guides/market_time.md for what of the program follows the market's clock, and what cannot.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from ...errors import PapertapeError
from ...server.station import Station
from ...venue.units import Nanos
from ..programs import Program, running
from ..thread import RunningStation
from .gate import TimeGate

__all__ = ["MarketTimeRun", "run_in_market_time"]

INJECTED: Final = Path(__file__).with_name("injected")
"""The folder that stands first in the program's ``PYTHONPATH``."""
VARIABLE: Final = "PAPERTAPE_MARKET_TIME"
BEYOND_S: Final = 30.0
"""How long the station's thread may take to notice that the time is up."""


class MarketTimeRun(msgspec.Struct, frozen=True):
    """How a run in market time ended."""

    problem: str = ""
    """What went wrong, in words; empty for a program that ended by itself, whatever its code, and
    for one that was ended because its time had come."""
    kind: str = ""
    """The same in a word: ``timeout``, ``not-connected``, ``not-injected``, ``child`` (a process
    that the program started has connected), ``stuck`` (nothing can ever happen), ``station``."""
    code: int | None = None
    """The program's exit code; None for one that was ended."""
    output: str = ""
    """What it wrote, up to a mebibyte."""
    dropped: int = 0
    """Bytes of its output that are not in ``output``."""
    ended_at: Nanos = 0
    """Market time at the end."""
    steps: int = 0
    """How often time has gone on for the program."""
    wall_s: float = 0.0
    """Seconds of the computer's clock."""
    notes: tuple[str, ...] = ()
    """What the program did that a second run may do otherwise."""


def run_in_market_time(
    tws: RunningStation,
    command: Sequence[str],
    *,
    until: Nanos | None = None,
    timeout_s: float = 60.0,
    seed: int = 0,
    env: dict[str, str] | None = None,
    echo: BinaryIO | None = None,
    stop: Callable[[Station], bool] = lambda station: False,
) -> MarketTimeRun:
    """Run a Python program on the market's clock, beside its station, to its end.

    ``command`` starts a Python from 3.11 on; it finds the station by ``PAPERTAPE_HOST`` and
    ``PAPERTAPE_PORT``. Market time stands still while it computes, and jumps when all of its
    threads wait. At the market time ``until``, or when ``stop`` holds after something has happened
    at the station, it is ended, which is a success. ``timeout_s`` are seconds of the computer's
    clock; ``seed`` is that of its ``random``, ``os.urandom`` and hashes. ``env`` is added to its
    environment. Afterwards the market's clock stands still. Raises ``SettingsError`` when it
    cannot be started.
    """
    began = time.perf_counter()
    tws.pause()
    gate = TimeGate(until, stop, timeout_s)
    given = f"127.0.0.1 {gate.port} {gate.token} {tws.port} {seed}"
    more = _environment(given, seed, env or {})
    try:
        with running(
            [*_still(command[0]), *command], tws.host, tws.port, env=more, echo=echo
        ) as child:
            kind, problem, code = _driven(tws, gate, child, timeout_s)
    finally:
        gate.close()
    return MarketTimeRun(
        problem=problem,
        kind=kind,
        code=code,
        output=child.output,
        dropped=child.dropped,
        ended_at=tws.now,
        steps=gate.steps,
        wall_s=time.perf_counter() - began,
        notes=tuple(gate.notes),
    )


def _driven(
    tws: RunningStation, gate: TimeGate, child: Program, timeout_s: float
) -> tuple[str, str, int | None]:
    """Kind and text of the problem, and the exit code."""
    try:
        work = tws.drive(lambda server: gate.run(server, child))
    except (PapertapeError, RuntimeError) as error:
        return "station", f"the station has stopped: {error}", child.poll()
    try:
        ending = gate.over.result(timeout_s + BEYOND_S)
    except TimeoutError:
        work.cancel()
        return "station", "the station's thread does not answer", child.poll()
    code = child.poll()
    gate.ending = True
    child.end()
    work.result(BEYOND_S)
    return ending.kind, ending.problem, code


def _still(program: str) -> list[str]:
    """What is put before a command so that objects have the same addresses in each run, as far as
    the system can do that: the order of a set may depend on them."""
    return ["setarch", "-R"] if shutil.which(program) and _can_be_still() else []


@cache
def _can_be_still() -> bool:
    if sys.platform != "linux" or not shutil.which("setarch"):
        return False
    tried = subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def _environment(given: str, seed: int, env: dict[str, str]) -> dict[str, str]:
    behind = env.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    places = [str(INJECTED), *([behind] if behind else [])]
    return {
        "PYTHONUNBUFFERED": "1",
        **env,
        "PYTHONPATH": os.pathsep.join(places),
        "PYTHONHASHSEED": str(seed % (1 << 32)),
        VARIABLE: given,
    }
