"""What a connect and a disconnect leave behind, in the station and in every client.

``python -m bench leaks [--connects 1000]``: the first tenth warms both ends up; what is told is
what the two halves of the rest have added. Every connection subscribes to a quote line and leaves
without cancelling.
"""

import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

from .common import CLIENTS, Talk, next_json, pythons, resident_mb, show, station

KINDS = ("papertape.ibapi", "papertape", "ibapi-latest", "ib_async")
SETTLE_S = 1.0
"""How long the last connections may take to be gone on both ends."""
Counts = dict[str, float]


def _outside(pid: int) -> Counts:
    """What the system knows of a process."""
    proc = Path(f"/proc/{pid}")
    fds, threads = len(os.listdir(proc / "fd")), len(os.listdir(proc / "task"))
    return {"MB": resident_mb(pid), "fds": fds, "threads": threads}


def _station(process: "Popen[str]") -> Counts:
    process.send_signal(signal.SIGUSR1)
    return {**next_json(process), **_outside(process.pid)}


def _row(end: str, seen: list[Counts], half: int) -> list[object]:
    first, middle, last = seen
    halves = ((first, middle), (middle, last))
    objects = [f"{(after['objects'] - before['objects']) / half:.2f}" for before, after in halves]
    counted = [f"{first[k]:.0f} → {last[k]:.0f}" for k in ("fds", "threads", "tasks")]
    return [end, " → ".join(f"{one['MB']:.1f}" for one in seen), ", ".join(objects), *counted]


def _measure(name: str, python: str, module: str, connects: int) -> list[list[object]]:
    warm = max(1, connects // 10)
    half = (connects - warm) // 2
    client: list[Counts] = []
    served: list[Counts] = []
    with ExitStack() as stack:
        program = (sys.executable, str(CLIENTS / "watched.py"))
        port, process = stack.enter_context(station(program=program))
        talk = stack.enter_context(Talk([python], "connects.py", module, port))
        for count in (warm, half, half):
            inside = talk.ask(count)
            time.sleep(SETTLE_S)
            client.append({**inside, **_outside(talk.process.pid)})
            served.append(_station(process))
    return [_row(f"{name}: client", client, half), _row(f"{name}: station", served, half)]


def run(options: Sequence[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(prog="python -m bench leaks", description=__doc__)
    parser.add_argument("--connects", type=int, default=1000, help="per client (%(default)s)")
    connects = parser.parse_args(options).connects
    known = pythons()
    rows: list[list[object]] = []
    for name in KINDS:
        if name in known:
            rows += _measure(name, *known[name], connects)
    head = ("", "MB", "objects a connect, halves", "fds", "threads", "tasks")
    show(f"{connects} connects, the first tenth left out", head, rows, "leaks")
