"""How many worlds a minute a storm runs, and where the time goes.

The corrected bot of examples/storm, a run for each seed: the seconds of the clock, and of the
processor those of the station (composed, played, judged) and of the program (most of it Python that
starts). ``--seeds 20``, ``--jobs 2``, and ``--wall-clock`` to compare.
"""

import os
import resource
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from papertape.testing.storm.campaign import StormPlan, run_storm
from papertape.testing.storm.jobs import OneWorker, ProcessWorkers, Workers
from papertape.testing.storm.running import StormBot
from papertape.venue.units import SECOND

from .common import console

BOT = Path(__file__).parents[1] / "examples" / "storm" / "steady.py"


def run(options: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(
        "python -m bench storm", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--wall-clock", action="store_true")
    given = parser.parse_args(options)
    bot = StormBot((sys.executable, str(BOT)), wall_clock=given.wall_clock, timeout_s=120)
    workers: Workers = OneWorker() if given.jobs == 1 else ProcessWorkers(given.jobs)
    console.print(measured(StormPlan(bot, lasts=90 * SECOND), given.seeds, workers))
    console.print(f"of the program, {starting():.2f} s a run are Python and its imports")


def measured(plan: StormPlan, seeds: int, workers: Workers) -> str:
    """A line about a storm."""
    ours, theirs, began = time.process_time(), children(), time.perf_counter()
    result = run_storm(plan, range(seeds), workers)
    took = time.perf_counter() - began
    ours, theirs = time.process_time() - ours, children() - theirs
    failed = sum(bool(one.findings or one.error) for one in result.seeds)
    lasted = result.control.lasted / SECOND
    runs = 1 + sum(one.runs for one in result.seeds)
    return (
        f"{seeds} seeds, {failed} fail, {runs} runs in {took:.1f} s: {runs / took * 60:.0f} worlds "
        f"a minute, {took / runs:.2f} s each; of the processor a run: station and oracle "
        f"{ours / runs:.2f} s, program {theirs / runs:.2f} s; control run {lasted:.0f} s "
        f"of market time; load {os.getloadavg()[0]:.1f}"
    )


def starting() -> float:
    """Seconds of the processor that a program takes which only imports the client."""
    before = children()
    os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", "import papertape.ibapi.client")
    return children() - before


def children() -> float:
    """Seconds of the processor of programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
