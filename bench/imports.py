"""How long an import takes: fresh interpreters, one after the other, medians over the bare one.

The packages themselves import little; the last import of each client is what a program needs
before it can connect.
"""

import statistics
import subprocess
import time

from .common import ALONE, pythons, show

ROUNDS = 25
IMPORTS = (
    ("papertape", "papertape"),
    ("papertape", "papertape.ibapi"),
    ("papertape", "papertape.client.aio"),
    ("papertape", "papertape.ibapi.client, papertape.ibapi.wrapper"),
    ("ibapi-latest", "ibapi.client, ibapi.wrapper"),
    ("ibapi-9.81", "ibapi.client, ibapi.wrapper"),
    ("ib_async", "ib_async"),
    ("ib_insync", "ib_insync"),
)
"""Client and what is imported."""


def seconds(python: str, statement: str) -> float:
    """From the start of an interpreter to its end."""
    began = time.perf_counter()
    # Not in development mode and not in the checkout: as an installed program starts.
    subprocess.run([python, "-c", statement], check=True, cwd="/", timeout=60, **ALONE)
    return time.perf_counter() - began


def run() -> None:
    """Measure, print, keep."""
    have = pythons()
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS + 1):  # the first round writes the bytecode and is forgotten
        for client, names in IMPORTS:
            if client in have:
                python = have[client][0]
                bare = seconds(python, "pass")
                whole = seconds(python, f"import {names}")
                found.setdefault((client, names), []).append((whole - bare) * 1e3)
    rows = [
        [f"{client}: import {names}", statistics.median(times[1:]), min(times[1:])]
        for (client, names), times in found.items()
    ]
    show("Import, over the bare interpreter", ("", "median ms", "fastest ms"), rows, "imports")
