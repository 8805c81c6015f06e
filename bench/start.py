"""Time from the command to listening, and memory then and with the recorded market in use."""

import statistics

from .common import ROOT, client, clock, resident_mb, show, station

ROUNDS = 7
SYMBOLS = "SPY,IBM,BAC,AAPL"


def run() -> None:
    """Measure, print, keep."""
    import sys

    rows = []
    for name, options in (
        ("synthetic market", ()),
        ("recorded market", ("--market", str(ROOT / "market" / "sample"))),
    ):
        times, idle, used = [], 0.0, 0.0
        for i in range(ROUNDS):
            began = clock()
            with station(*options) as (port, process):
                times.append(clock() - began)
                if i == ROUNDS - 1:
                    idle = resident_mb(process.pid)
                    client(sys.executable, "fan_reader.py", port, 1, 4, 2, 176, SYMBOLS)
                    used = resident_mb(process.pid)
        rows.append([name, statistics.median(times), idle, used])
    head = ("station", "listening after s", "MB idle", "MB with four stocks in use")
    show("Start of a station (process start to the ready line)", head, rows, "start")
