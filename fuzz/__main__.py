"""``python -m fuzz [--seconds 60] [target …]``: run targets one after the other, print a table.

Each starts from its corpus in the repository and from what earlier runs found worth keeping, in
``.cache/fuzz``, where the executions are added up too. The exit code is 1 when something was found;
an input that shows it is kept there.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from .targets import BORROWED, TARGETS

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache/fuzz"
FOUND = CACHE / "found"
EVER = CACHE / "executions.jsonl"
LONGEST = 1536
"""Bytes of an input: an order, the longest message, has some 1,200."""
MEMORY_MB = 512
"""Several times what a target takes; a count of 2**31 that allocates is far beyond it."""
HANG_S = 20
"""Wall clock; the targets themselves look at the processor time, see ``drive.py``."""


WIDTH = 140
"""Columns of the table where there is no terminal."""


class Outcome(NamedTuple):
    """What one target's run came to."""

    target: str
    executions: int
    per_second: int
    kept: int
    found: tuple[str, ...]
    failed: bool
    log: Path


def run(target: str, seconds: int) -> Outcome:
    """Fuzz one target."""
    kept = CACHE / target
    for folder in (kept, FOUND):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = [str(HERE / "corpus" / name) for name in BORROWED.get(target, (target,))]
    options = {
        "max_total_time": seconds, "timeout": HANG_S, "rss_limit_mb": MEMORY_MB,
        "max_len": LONGEST, "print_final_stats": 1, "reload": 0,
        "artifact_prefix": f"{FOUND}/{target}-",
    }  # fmt: skip
    given = [f"-{name}={value}" for name, value in options.items()]
    log = CACHE / f"{target}.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "fuzz.drive", target, *given, str(kept), *seeds]
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False)
    outcome = _outcome(target, log, done.returncode)
    with EVER.open("a") as ledger:
        ledger.write(json.dumps({"target": target, "executions": outcome.executions}) + "\n")
    return outcome


def ever() -> dict[str, int]:
    """Executions of each target in all runs on this machine."""
    total = dict.fromkeys(TARGETS, 0)
    for line in EVER.read_text().splitlines():
        entry = json.loads(line)
        total[entry["target"]] += entry["executions"]
    return total


def _outcome(target: str, log: Path, code: int) -> Outcome:
    said = log.read_text(errors="replace")
    stats = {name: int(value) for name, value in re.findall(r"stat::(\w+):\s+(\d+)", said)}
    found = tuple(re.findall(r"Test unit written to (\S+)", said))
    executions = stats.get("number_of_executed_units", 0)
    rate, kept = stats.get("average_exec_per_sec", 0), stats.get("new_units_added", 0)
    return Outcome(target, executions, rate, kept, found, code != 0 or not executions, log)


def table(outcomes: list[Outcome]) -> Table:
    """The figures of a run."""
    shown = Table("target", "executions", "executions/s", "in all runs", "new inputs", "findings")
    total = ever()
    for one in outcomes:
        what = " ".join(one.found) or (f"failed, see {one.log}" if one.failed else "none")
        shown.add_row(
            one.target, f"{one.executions:,}", f"{one.per_second:,}", f"{total[one.target]:,}",
            str(one.kept), what,
        )  # fmt: skip
    executions = sum(one.executions for one in outcomes)
    shown.add_row("all", f"{executions:,}", "", f"{sum(total.values()):,}")
    return shown


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Fuzz the wire.")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("target", nargs="*", help=f"one of {', '.join(TARGETS)}; all of them")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.target if name not in TARGETS]:
        parser.error(f"no target {', '.join(unknown)}; there are: {', '.join(TARGETS)}")
    outcomes = [run(name, chosen.seconds) for name in chosen.target or TARGETS]
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table(outcomes))
    for one in outcomes:
        for path in one.found:
            print(f"{one.target}: python -m fuzz.replay {one.target} {path}")
    return int(any(one.failed for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
