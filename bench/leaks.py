"""What a connect and a disconnect leave behind, in the station and in every client.

``python -m bench leaks [--connects 1000]``: the first tenth warms both ends up; what is told is
what the rest has added. Every connection subscribes to a quote line and leaves without cancelling.
"""

import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
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


def _row(end: str, before: Counts, after: Counts, connects: int) -> list[object]:
    grown = (after["MB"] - before["MB"]) * 1024 / connects
    objects = (after["objects"] - before["objects"]) / connects
    counted = [f"{before[k]:.0f} → {after[k]:.0f}" for k in ("fds", "threads", "tasks")]
    return [end, f"{before['MB']:.1f} → {after['MB']:.1f}", round(grown, 2), round(objects, 2),
            *counted]  # fmt: skip


def _measure(name: str, python: str, module: str, connects: int) -> list[list[object]]:
    warm = max(1, connects // 10)
    seen: list[tuple[Counts, Counts]] = []
    program = (sys.executable, str(CLIENTS / "watched.py"))
    with station(program=program) as (port, process):
        with Talk([python], "connects.py", module, port) as talk:
            for count in (warm, connects - warm):
                inside = talk.ask(count)
                time.sleep(SETTLE_S)
                seen.append(({**inside, **_outside(talk.process.pid)}, _station(process)))
    (client, served), (client_after, served_after) = seen
    rest = connects - warm
    return [
        _row(f"{name}: client", client, client_after, rest),
        _row(f"{name}: station", served, served_after, rest),
    ]


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
    head = ("", "MB", "KB a connect", "objects a connect", "fds", "threads", "tasks")
    show(f"{connects} connects, the first tenth left out", head, rows, "leaks")
