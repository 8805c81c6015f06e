"""The synthetic tape: first quotes, bars, ticks, chains of options; beside the tape before.

Every figure is milliseconds of processor time, the best of the rounds, each with a market that
nobody has asked yet. The tape before is what commit 547b81b has in ``src``; where the history does
not reach it, it is left out.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from .common import CLIENTS, ROOT, console, folder, show

BEFORE = "547b81b"


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench tape", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each (5)")
    rounds = parser.parse_args(options).rounds
    with folder() as home:
        command = ["git", "-C", str(ROOT), "archive", BEFORE, "src"]
        tree = subprocess.run(command, capture_output=True, check=False)
        before: dict[str, float] = {}
        if tree.returncode:
            console.print(f"[yellow]left out: no commit {BEFORE} in this history[/yellow]")
        else:
            subprocess.run(["tar", "-x", "-C", str(home)], input=tree.stdout, check=True)
            before = measure(home / "src", rounds)
        this = measure(ROOT / "src", rounds)
    rows = [[told, before.get(told, "-"), figure] for told, figure in this.items()]
    show("The synthetic tape, milliseconds", ("what", "before", "this"), rows, "tape")


def measure(source: Path, rounds: int) -> dict[str, float]:
    """The figures of one source tree, in a process of its own."""
    command = [sys.executable, str(CLIENTS / "tape.py"), str(rounds)]
    environ = {**os.environ, "PYTHONPATH": str(source)}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
