"""Another client's orders while somebody asks much: 10,000 histories at once, every tick, a crowd.

``python -m bench beside [--orders 400] [--only NAME …]``: each load runs in processes of its own; a
client beside it places orders one after the other and takes the time from the bytes sent to the
first orderStatus, before the load and during it.
"""

import asyncio
import subprocess
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager

from .common import ALONE, CLIENTS, Talk, show, station
from .services import ORDERS, Guest, felt, orders
from .whole_day import OPTIONS, SPY

SYMBOLS = "AAPL,MSFT,AMZN,NVDA,GOOGL,META,TSLA,JPM,XOM,SPY"
LONGEST_S = 300
"""How long a client of a load follows at most; it is ended before."""
FOLLOWS = ("every_tick.py", "{port}", "226", LONGEST_S, "papertape.ibapi", SPY, "SPY")
LOADS: dict[str, tuple[tuple[str, ...], tuple[object, ...]]] = {
    "10,000 years of minutes at once": ((), ("asks_at_once.py", "{port}", 10_000)),
    "100,230 bars, again and again": ((), ("many_bars.py", "{port}", 226, 257, 50)),
    "every tick, in real time": (OPTIONS, FOLLOWS),
    "every tick, at speed max": ((*OPTIONS, "--speed", "max"), FOLLOWS),
    "31 clients with 100 lines": ((), ("crowd.py", "{port}", 31, 100, 20, SYMBOLS)),
}
"""Name of a load -> options of the station, client and its arguments."""


@contextmanager
def running(script: str, *arguments: object) -> Iterator[None]:
    """A client of a load, until the measurement is over."""
    if script == "crowd.py":
        with Talk([sys.executable], script, *arguments) as crowd:
            crowd.ask("on")
            yield
        return
    command = [sys.executable, str(CLIENTS / script), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, **ALONE) as process:
        try:
            yield
        finally:
            process.kill()


async def measured(port: int, count: int, load: tuple[object, ...]) -> list[list[float]]:
    """The milliseconds of orders alone, and beside a load from its first second on."""
    trades = await Guest(7).open(port)
    alone = await orders(trades, 1)
    found: list[float] = []
    script, *arguments = (str(one).format(port=port) for one in load)
    with running(script, *arguments):
        await asyncio.sleep(1.0)
        for turn in range(1, max(count // ORDERS, 1) + 1):
            found += await orders(trades, turn * 10_000)
    trades.close()
    return [alone, sorted(found)]


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench beside",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--orders", type=int, default=400, help="beside each load (400)")
    parser.add_argument("--only", nargs="+", help="loads whose names have one of these words")
    chosen = parser.parse_args(options)
    rows: list[list[object]] = []
    for name, (settings, load) in LOADS.items():
        if chosen.only and not any(word in name for word in chosen.only):
            continue
        with station(*settings) as (port, _):
            time.sleep(2.0)  # what it gets ready beside its clients is another matter
            alone, beside = asyncio.run(measured(port, chosen.orders, load))
        _, middle, most, _ = felt(name, alone)
        row = felt(name, beside)
        rows.append([name, middle, most, *row[1:3], row[2] - most, row[3]])  # type: ignore[operator]
    head = ("orders of another client, ms", "alone, p50", "p99", "beside, p50", "p99",
            "more than alone", "longest")  # fmt: skip
    show("Orders beside those who ask much", head, rows, "beside")
