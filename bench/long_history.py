"""Orders beside a long history: a year of minutes and 100,000 bars in one answer.

``python -m bench long_history [--orders 200]``: first the slices of the answer by the processor's
time, in this process and without sockets: while one of them lasts, nobody else is looked at. Then,
over sockets, another client's orders, from the bytes sent to the first orderStatus: alone, and
while a client asks again and again.
"""

import asyncio
import gc
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter

from papertape.versions import HISTORY_END_MESSAGE, MAX_SERVER
from papertape.wire.catalogue.history import (
    HistoricalData,
    HistoricalDataEnd,
    ReqHistoricalData,
)
from papertape.wire.message import Message

from .common import ROOT, show, station
from .services import STOCK, Guest, felt, orders

ASKED = (("a year of minutes", "1 Y", 1), ("100,230 minutes", "257 D", 0))
"""Name, duration, useRTH."""


def request(number: int, duration: str, regular: int) -> ReqHistoricalData:
    """The request for minutes."""
    return ReqHistoricalData(number, STOCK, "", "1 min", duration, bool(regular), "TRADES", 1)


def last(version: int) -> type[Message]:
    """What ends the answer."""
    return HistoricalDataEnd if version >= HISTORY_END_MESSAGE else HistoricalData


def pieces(version: int) -> list[list[object]]:
    """How long a station works on an answer at a stretch, in processor time."""
    sys.path.insert(0, str(ROOT / "tests"))
    from papertape.server.assembly import open_tape
    from papertape.server.clock import MarketClock
    from papertape.server.persistence import MarketFacts
    from server.pair import Hall
    from venue.scenario import START

    rows: list[list[object]] = []
    for name, duration, regular in ASKED:
        hall = Hall(market=open_tape(None, MarketFacts(START, 7, MarketClock(START, START, 1.0))))
        hall.market.quote(STOCK.conId, START)
        hall.station.timing.stopwatch = time.perf_counter_ns
        gc.collect()
        gc.freeze()  # as a station does once it is prepared
        for again in ("", ", again"):
            client = hall.client(1, version)
            written: list[int] = []
            client.session.transport.write = lambda data: written.append(len(data))  # type: ignore[method-assign] # noqa: B023
            data = client.connection.send(request(4, duration, regular))
            found = []
            hall.station.receive(client.session, data, hall.now)
            while sum(written) < 1_000_000:
                processor = time.thread_time_ns()
                hall.station.step(hall.now)
                hall.station.flush()
                found.append((time.thread_time_ns() - processor) / 1e6)
            found.sort()
            rows.append([f"{name}{again}, version {version}", sum(written) / 1e6, len(found),
                         sum(found), found[len(found) * 99 // 100], found[-1]])  # fmt: skip
            client.leave()
        gc.unfreeze()
    return rows


async def beside(port: int, count: int) -> list[list[object]]:
    """Orders alone, and beside each request."""
    asks, trades = await Guest(1).open(port), await Guest(2).open(port)
    rows = [felt("alone", await orders(trades, 1))]
    for place, (name, duration, regular) in enumerate(ASKED, 1):
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.clients.asks_bars", str(port), duration, str(regular),
            cwd=ROOT,
        )  # fmt: skip
        await asyncio.sleep(1.0)
        found: list[float] = []
        for turn in range(max(count // 200, 1)):
            found += await orders(trades, place * 1_000_000 + turn * 1_000)
        asked.terminate()
        await asked.wait()
        rows.append(felt(f"beside {name}", sorted(found)))
    rows.append(felt("alone again", await orders(trades, 90_000_000)))
    for row in rows:
        row.insert(3, row[2] - min(rows[0][2], rows[-1][2]) if row is not rows[-1] else 0.0)  # type: ignore[operator, type-var, call-overload]
    asks.close()
    trades.close()
    return rows


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench long_history",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--orders", type=int, default=200, help="beside each request (200)")
    parser.add_argument("--slices", action="store_true", help="the first table alone")
    chosen = parser.parse_args(options)
    head = ("minutes of a stock", "MB", "slices", "ms in all", "ms, p99", "ms, most")
    rows = [row for version in (176, MAX_SERVER) for row in pieces(version)]
    show("The slices of a long answer, in processor time", head, rows, "long_history_slices")
    if chosen.slices:
        return
    with station() as (port, _):
        found = asyncio.run(beside(port, chosen.orders))
    head = ("orders of another client", "ms, median", "ms, p99", "more than alone", "ms, most")
    show("Orders beside a long history", head, found, "long_history")
