"""What a station looks up for a client: each answer through the wire, and what others feel of it.

Every request goes over a socket, as text, and is timed until its last message has come, beside a
reqCurrentTime. Then another client's orders are timed, from the bytes sent to the first
orderStatus: alone, beside each service asked over and over, while the first scan of all American
stocks is worked out, and while nine scanners run. Last the slices of a scan are timed by the
processor, in this process.
"""

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from papertape.model import Contract, Order, ScannerSubscription
from papertape.wire.catalogue import legacy, news, scanner, wsh
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import OrderStatus
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime, StartApi
from papertape.wire.connection import ClientConnection
from papertape.wire.message import Message

from .common import ROOT, clock, resident_mb, show, station

ROUNDS, ORDERS, VERSION = 30, 200, 200
STOCK = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
QUESTIONS: tuple[tuple[str, Callable[[int], Message], type[Message]], ...] = (
    ("reqCurrentTime", lambda n: ReqCurrentTime(), CurrentTime),
    ("reqScannerParameters", lambda n: scanner.ReqScannerParameters(), scanner.ScannerParameters),
    ("reqNewsProviders", lambda n: news.ReqNewsProviders(), news.NewsProviders),
    ("reqHistoricalNews, 300 headlines",
     lambda n: news.ReqHistoricalNews(n, 265598, "BRFG+BRFUPDN+DJNL", "", "", 300),
     news.HistoricalNewsEnd),
    ("reqFundamentalData", lambda n: legacy.ReqFundamentalData(n, STOCK, "ReportSnapshot"),
     legacy.FundamentalData),
    ("reqWshMetaData", wsh.ReqWshMetaData, wsh.WshMetaData),
    ("reqWshEventData", lambda n: wsh.ReqWshEventData(n, 265598), wsh.WshEventData),
)  # fmt: skip


class Guest:
    """A client: its socket, and what has come with its time."""

    def __init__(self, client_id: int) -> None:
        self._connection = ClientConnection(highest=VERSION)
        self._client_id = client_id
        self._came: asyncio.Queue[tuple[float, Any]] = asyncio.Queue()

    async def open(self, port: int) -> "Guest":
        """Connect and start."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._writer.write(self._connection.initiate())
        self._task = asyncio.create_task(self._read())
        await self._came.get()
        self._writer.write(self._connection.send(StartApi(self._client_id)))
        await asyncio.sleep(1.0)
        return self

    async def _read(self) -> None:
        while data := await self._reader.read(65536):
            for message in self._connection.receive_data(data):
                self._came.put_nowait((clock(), message))

    def send(self, message: Message) -> float:
        """Send a request; when."""
        while not self._came.empty():
            self._came.get_nowait()
        began = clock()
        self._writer.write(self._connection.send(message))
        return began

    async def next(self) -> tuple[float, Any]:
        """When the next message came, and the message."""
        return await asyncio.wait_for(self._came.get(), 60.0)

    async def until(self, kind: type[Message]) -> tuple[float, Any]:
        """When a message of that kind came, and the message."""
        while True:
            at, message = await self.next()
            if isinstance(message, kind):
                return at, message

    async def took(self, message: Message, kind: type[Message]) -> float:
        """The milliseconds of a question."""
        began = self.send(message)
        at, _ = await self.until(kind)
        return (at - began) * 1e3

    def close(self) -> None:
        """End it."""
        self._task.cancel()
        self._writer.close()


def scan(code: str, **more: Any) -> ScannerSubscription:
    """A scanner of all American stocks."""
    return ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode=code, **more)


async def orders(guest: Guest, first: int) -> list[float]:
    """The milliseconds of orders, one after the other."""
    found = []
    for number in range(first, first + ORDERS):
        order = Order(
            action="BUY", orderType="LMT", totalQuantity=Decimal(1), lmtPrice=1.0, tif="DAY",
            account="DU1234567",
        )  # fmt: skip
        found.append(await guest.took(PlaceOrder(number, STOCK, order), OrderStatus))
        await asyncio.sleep(0.02)
    return sorted(found)


def felt(name: str, found: list[float]) -> list[object]:
    """A row about orders."""
    return [name, statistics.median(found), found[len(found) * 99 // 100], found[-1]]


async def _over_and_over(
    guest: Guest, make: Callable[[int], Message], kind: type[Message], over: asyncio.Event
) -> None:
    """Ask without a pause, whenever the answer is there, until it is over."""
    number = 1000
    while not over.is_set():
        number += 1
        await guest.took(make(number), kind)


async def measured(port: int, pid: int) -> None:
    """Measure both tables."""
    asks, trades = await Guest(1).open(port), await Guest(2).open(port)
    answers: list[list[object]] = []
    for name, make, kind in QUESTIONS:
        times = [await asks.took(make(number), kind) for number in range(ROUNDS)]
        answers.append([name, statistics.median(times), max(times)])
    before = resident_mb(pid)
    rows = [felt("alone", await orders(trades, 1))]
    for place, (name, make, kind) in enumerate(QUESTIONS, 1):
        over = asyncio.Event()
        again = asyncio.create_task(_over_and_over(asks, make, kind, over))
        rows.append(felt(f"beside {name}", await orders(trades, place * 1_000_000)))
        over.set()
        await again
    began = asks.send(scanner.ReqScannerSubscription(1, scan("TOP_PERC_GAIN")))
    first = asyncio.create_task(asks.until(scanner.ScannerData))
    rows.append(felt("while the first scan is worked out", await orders(trades, 100_000_000)))
    at, _ = await first
    answers.append(["first scan of all American stocks", (at - began) * 1e3, (at - began) * 1e3])
    later = [
        await asks.took(
            scanner.ReqScannerSubscription(n, scan("MOST_ACTIVE", abovePrice=float(n))),
            scanner.ScannerData,
        )
        for n in range(2, 10)
    ]
    answers.append(["another scan of them", statistics.median(later), max(later)])
    rows.append(felt("while nine scanners run", await orders(trades, 200_000_000)))
    for row in rows:
        row.insert(3, row[2] - rows[0][2])  # type: ignore[operator]
        row.append(resident_mb(pid) if row is rows[-1] else before if row is rows[0] else "")
    asks.close()
    trades.close()
    head = ("answer", "ms, median", "ms, most")
    show("Services: from the request to its last message", head, answers, "services")
    head = ("orders of another client", "ms, median", "ms, p99", "more than alone", "ms, most",
            "station MB")  # fmt: skip
    show("Services: what others feel of a scanner", head, rows, "services_felt")


def pieces() -> list[list[object]]:
    """How long a station works on a first scan at a stretch, in processor time: in this process,
    without sockets."""
    sys.path.insert(0, str(ROOT / "tests"))
    from papertape.server.assembly import open_tape
    from papertape.server.clock import MarketClock
    from papertape.server.persistence import MarketFacts
    from server.pair import Hall
    from venue.scenario import START

    market = open_tape(None, MarketFacts(START, 7, MarketClock(START, START, 1.0)))
    for con_id, source in market.unloaded(set()):  # as a station prepares itself
        source.keep(source.read())
        market.quote(con_id, START)
    hall = Hall(market=market)
    hall.station.timing.stopwatch = time.perf_counter_ns
    gc.collect()
    gc.freeze()  # as a station does once it is prepared
    rows: list[list[object]] = []
    for number, name in enumerate(
        ("first scan", "the same, half an hour later", "a scan again"), 1
    ):
        client = hall.client(number, VERSION)
        data = client.connection.send(
            scanner.ReqScannerSubscription(number, scan("TOP_PERC_GAIN", abovePrice=float(number)))
        )
        found, wall = [], []
        hall.station.receive(client.session, data, hall.now)
        while not any(isinstance(one, scanner.ScannerData) for one in client.got()):
            began, processor = time.perf_counter_ns(), time.thread_time_ns()
            hall.station.step(hall.now)
            hall.station.flush()
            found.append((time.thread_time_ns() - processor) / 1e6)
            wall.append((time.perf_counter_ns() - began) / 1e6)
        found.sort()
        rows.append([name, len(found), sum(found), statistics.median(found),
                     found[len(found) * 99 // 100], found[-1], max(wall)])  # fmt: skip
        client.leave()
        hall.now += (31 if number == 1 else 0) * 60 * 10**9
    return rows


def run() -> None:
    """Measure, print, keep."""
    head = ("a scan of all American stocks", "slices", "ms in all", "ms of the processor, median",
            "p99", "most", "ms by the wall clock, most")  # fmt: skip
    show("Services: the slices of a scanner", head, pieces(), "services_slices")
    with station("--max-message-rate", "0") as (port, process):
        asyncio.run(measured(port, process.pid))
