"""The engine alone: orders a second, starts, replays and memory, the first edition beside this one.

``engine.submit`` is given resting limits, pairs of submit and cancel, crossing limits, and a
mixture of limits, stops, brackets, groups and cancellations, 4000 commands when the day has had
1,000, 16,000 and 100,000 orders: ``drained`` (what happened is thrown away), and with the SQLite
journal, committed every 64 commands and every command. Rates are told by processor time, which a
shared machine disturbs least, and by the wall clock. Each measurement is a process of its own, the
editions take turns, and medians of the rounds are shown.

The first edition is what commit f5d9c46 has in ``src``. Where the history does not reach it, it is
left out; so is its journal where SQLAlchemy is not installed.
"""

import json
import os
import statistics
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .common import ALONE, CLIENTS, ROOT, console, folder, last_line, show

FIRST = "f5d9c46"
WORKLOADS = {
    "resting": "resting limits",
    "cancel": "submit + cancel",
    "crossing": "crossing",
    "mixed": "mixed",
}
SINKS = {"drained": "drained", "64": "journal, 64 at once", "1": "journal, each"}
ORDERS = "1000,16000,100000"
FACTS, WORKING, FINISHED, ELSEWHERE = 1_000_000, 1_000, 100_000, 10_000
RESTING, SNAPSHOTS = 20_000, 9
STARTS = (
    (10, "cancel", "-", "of ten days"),
    (1, "cancel", "-", "of one day, orders cancelled"),
    (1, "crossing", "-", "of one day, orders filled"),
    (1, "crossing", "history", "of one day, orders filled, history kept"),
)
"""Days, workload, and whether the history is kept; 1,000 orders work in each."""
LONGEST_S = 900.0

Editions = dict[str, Path]
"""Name -> the folder that its ``papertape`` is imported from."""


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    chosen = _parsed(options)
    with folder() as home, editions(home) as found:
        _rates(found, chosen.rounds, chosen.orders)
        if not chosen.rates:
            _figures(found, chosen.rounds, home)


def _parsed(options: list[str]) -> Any:
    parser = ArgumentParser(
        "python -m bench venue", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (3)")
    parser.add_argument("--orders", default=ORDERS, help=f"orders of the day ({ORDERS})")
    parser.add_argument("--rates", action="store_true", help="orders a second alone")
    return parser.parse_args(options)


@contextmanager
def editions(home: Path) -> Iterator[Editions]:
    """The trees to be compared; the first edition is unpacked while this lasts."""
    found = {"this": ROOT / "src"}
    first = home / "first"
    first.mkdir()
    tree = subprocess.run(
        ["git", "-C", str(ROOT), "archive", FIRST, "src"], capture_output=True, check=False
    )
    if tree.returncode:
        console.print(f"[yellow]first edition left out: no commit {FIRST} in this history[/yellow]")
    else:
        subprocess.run(["tar", "-x", "-C", str(first)], input=tree.stdout, check=True)
        found = {"first": first / "src", **found}
    yield found


def measure(source: Path, *work: object) -> Any:
    """One measurement in a process of its own."""
    command = [sys.executable, str(CLIENTS / "venue.py"), *map(str, work)]
    environ = {**os.environ, "PYTHONPATH": str(source)}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        env=environ,
        check=False,
        **ALONE,
    )
    if done.returncode:
        raise RuntimeError(f"{source} {work}: {last_line(done.stderr)}")
    return json.loads(done.stdout.splitlines()[-1])


def _rates(found: Editions, rounds: int, orders: str) -> None:
    rates: dict[tuple[str, str, int, str], list[tuple[float, float]]] = defaultdict(list)
    for _ in range(rounds):
        for workload in WORKLOADS:
            for sink in SINKS:
                for name, source in found.items():
                    if not _can(name, workload, sink):
                        continue
                    told = measure(source, "rates", workload, sink, orders)
                    for count, wall, cpu in told["rates"]:
                        rates[workload, sink, count, name].append((cpu, wall))
    rows = []
    for workload, told_as in WORKLOADS.items():
        for sink, kept_as in SINKS.items():
            for count in map(int, orders.split(",")):
                both = [
                    _median(rates.get((workload, sink, count, name))) for name in ("first", "this")
                ]
                ratio = both[1][0] / both[0][0] if isinstance(both[0][0], float) else "-"
                rows.append([f"{told_as}, {kept_as}", count, *both[0], *both[1], ratio])
    head = ("engine.submit", "orders of the day", "first, by CPU", "first, by wall",
            "this, by CPU", "this, by wall", "CPU ratio")  # fmt: skip
    show("Commands a second of the engine, two editions", head, rows, "venue")


def _can(name: str, workload: str, sink: str) -> bool:
    """Whether an edition can be measured with a workload and a sink."""
    if name == "first" and workload == "mixed":  # it has no brackets and no groups
        return False
    return name != "first" or sink == "drained" or find_spec("sqlalchemy") is not None


def _median(found: list[tuple[float, float]] | None) -> tuple[Any, Any]:
    if not found:
        return "-", "-"
    return statistics.median(cpu for cpu, _ in found), statistics.median(wall for _, wall in found)


def _figures(found: Editions, rounds: int, home: Path) -> None:
    """What is measured once and is no rate of commands."""
    rows: list[list[object]] = []

    def row(what: str, key: str, *work: object, both: bool = True) -> None:
        told: dict[str, Any] = {"first": "-"}
        for name, source in found.items():
            if both or name == "this":
                told[name] = statistics.median(measure(source, *work)[key] for _ in range(rounds))
        rows.append([what, told["first"], told["this"]])

    row(f"MB of memory for {FINISHED:,} finished orders", "mb", "memory", FINISHED)
    row("µs for a quote that reaches nobody, alone", "us", "quiet", 0)
    row(f"µs for it with {ELSEWHERE:,} orders working elsewhere", "us", "quiet", ELSEWHERE)
    row("facts a second of a replay with history, by CPU", "per_s", "replay", 300_000, both=False)
    for number, (days, workload, history, what) in enumerate(STARTS):
        journal = home / f"behind{number}"
        journal.mkdir()
        filled = measure(found["this"], "fill", journal, FACTS, WORKING, days, workload, history)
        started = measure(found["this"], "start", journal)
        if filled["hash"] != started["hash"] or started["working"] != WORKING:
            raise RuntimeError(f"{filled} came back as {started}")
        row(f"s to start behind {FACTS:,} facts {what}", "s", "start", journal, both=False)
        row("s of it by CPU", "cpu", "start", journal, both=False)
        row("MB then", "mb", "start", journal, both=False)
    saving = measure(found["this"], "slices", RESTING, SNAPSHOTS)
    what = f"ms of a turn that saves {RESTING:,} working orders"
    for name, told_as in (("wall", "by wall, median"), ("longest", "by wall, the longest"),
                          ("cpu", "by CPU, median"), ("most", "by CPU, the longest")):  # fmt: skip
        rows.append([f"{what}, {told_as}", "-", statistics.median(saving[name])])
    rows.append([f"{what}, by wall, the longest of all", "-", max(saving["longest"])])
    show("Start, replay, memory", ("figure", "first", "this"), rows, "venue_figures")
