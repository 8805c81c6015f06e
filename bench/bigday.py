"""What others notice of a client that asks for everything at the end of a big day.

``python -m bench bigday [--orders 100000] [--seconds 5]``: a station in a process of its own has
that many finished orders, an execution of each, and a tenth as many that work. One client asks for
the time every few milliseconds, first alone, then while a second one asks for all completed orders,
all executions, all open orders, or connects and is sent those of its client id, and while somebody
asks the control API for its lists. An answer must have come whole before the next is asked for.
"""

import asyncio
import http.client
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import uvloop

from papertape.model import Contract, ExecutionFilter, Order
from papertape.server.aio.server import StationServer
from papertape.server.assembly import compose
from papertape.server.clock import MarketClock
from papertape.server.control.serve import ControlServer
from papertape.server.settings import StationSettings
from papertape.venue.commands import SubmitOrder
from papertape.wire.catalogue import orders, reports, session
from papertape.wire.connection import ClientConnection, encode
from papertape.wire.message import Message

from .common import ALONE, ROOT, Talk, resident_mb, show

OWNER = 7
PAUSE_S = 0.005
PATIENCE_S = 120
TOKEN = "0123456789abcdef0123456789abcdef"
SPY = Contract(conId=756733, symbol="SPY", secType="STK", exchange="SMART", currency="USD")


def fill(station: Any, count: int) -> None:
    """Orders of a day: market orders that fill at once, and a tenth as many that rest."""
    start = station.now
    for number in range(1, count + count // 10 + 1):
        kind = "MKT" if number <= count else "LMT"
        action = "BUY" if number % 2 else "SELL"
        order = Order(action=action, totalQuantity=Decimal(1), orderType=kind, tif="DAY")
        if kind == "LMT":
            order.action, order.lmtPrice = "BUY", 1.0
        command = SubmitOrder(clientId=OWNER, orderId=number, contract=SPY, order=order)
        now = start + number * 10_000_000  # the displayed size must be there again
        station.engine.advance(now)
        station.engine.submit(command, now)
    station.now = station.engine.clock


async def serve(count: int) -> None:
    """The station: fill its day, listen, print the port."""
    wall = time.time_ns()
    limits = StationSettings(max_message_rate=0, start_api_timeout_s=300)
    with compose(wall=wall, data_dir=None, settings=limits) as composed:
        fill(composed.station, count)
        clock = MarketClock(time.time_ns(), composed.station.now)
        server = StationServer(composed.station, clock)
        _, port = await server.start("127.0.0.1", 0)
        api = ControlServer({"bigday": server}, TOKEN)
        api.start("127.0.0.1", 0)
        engine = composed.station.engine
        finished, fills = engine.archive.counts
        orders = len(engine.state.orders) + finished
        print(port, api.url.rpartition(":")[2].strip("/"), orders, fills, flush=True)
        await asyncio.Event().wait()


@contextmanager
def station(count: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Its process, its port, that of its control API, its orders and executions."""
    command = [sys.executable, "-m", "bench.bigday", "--serve", str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, **ALONE)
    try:
        assert process.stdout is not None
        port, control, made, fills = map(int, process.stdout.readline().split())
        yield process.pid, port, control, made, fills
    finally:
        process.kill()
        process.wait()


class Line:
    """A blocking client that knows frames and nothing of what is in them."""

    def __init__(self, port: int, client_id: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = bytearray()
        self._socket.sendall(ClientConnection(highest=226).initiate())
        self._socket.recv(1000)  # the version answer, alone
        self.started = self.ask(session.StartApi(client_id), session.NextValidId)
        """Bytes that the start brought."""

    def ask(self, message: Message, end: type[Message]) -> int:
        """Send a request and read until its end; how many bytes of whole frames that took."""
        self._socket.sendall(encode(message, 226))
        size = 0
        while True:
            while len(self._data) >= 4 and len(self._data) >= (length := 4 + self._length()):
                number = int.from_bytes(self._data[4:8])
                del self._data[:length]
                size += length
                if number in (end.spec.id, end.spec.id + 200):  # as text and as protobuf
                    return size
            more = self._socket.recv(1 << 16)
            if not more:
                raise RuntimeError(f"the station closed the connection after {size:,} bytes")
            self._data += more

    def _length(self) -> int:
        return int.from_bytes(self._data[:4])

    def close(self) -> None:
        """Leave."""
        self._socket.close()


class Witness(threading.Thread):
    """Asks for the time again and again and notes how long each answer takes, in ms."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._line = Line(port, 1)
        self.waits: list[float] = []
        self.over = False

    def run(self) -> None:
        while not self.over:
            began = time.perf_counter()
            self._line.ask(session.ReqCurrentTime(), session.CurrentTime)
            self.waits.append((time.perf_counter() - began) * 1000)
            time.sleep(PAUSE_S)

    def end(self) -> None:
        """Ask no more; back when the last answer has come."""
        self.over = True
        self.join(PATIENCE_S)

    def during(self, work: Callable[[], Any]) -> tuple[list[float], Any]:
        """The waits while something is done, and what it gave."""
        self.waits = []
        result = work()
        had = len(self.waits)
        while len(self.waits) == had:  # the answer that is under way counts too
            time.sleep(0.001)
        return self.waits, result


REQUESTS: dict[str, tuple[Message, type[Message]]] = {
    "reqCompletedOrders": (orders.ReqCompletedOrders(), reports.CompletedOrdersEnd),
    "reqExecutions": (orders.ReqExecutions(9, ExecutionFilter()), reports.ExecutionDetailsEnd),
    "reqExecutions that none fits": (
        orders.ReqExecutions(9, ExecutionFilter(symbol="NONE")), reports.ExecutionDetailsEnd,
    ),
    "reqAllOpenOrders": (orders.ReqAllOpenOrders(), reports.OpenOrdersEnd),
}  # fmt: skip
LISTS = {
    "GET /orders": "orders",
    "GET /executions": "executions",
    "GET /executions of a contract without": "executions?con_id=1",
}
CONNECTS = "a client of 10 % of them connects"


class Asker:
    """Asks for everything, in a process of its own, so that the witness need not wait for it."""

    def __init__(self, port: int, control: int) -> None:
        self._ports = port, control
        self._line = Line(port, 2)

    def ask(self, name: str) -> tuple[int, float]:
        """How many bytes the answer had and how many seconds it took."""
        began = time.perf_counter()
        if name in REQUESTS:
            size = self._line.ask(*REQUESTS[name])
        elif name == CONNECTS:
            line = Line(self._ports[0], OWNER)
            line.close()
            size = line.started
        else:
            size = self._get(LISTS.get(name, name))
        return size, time.perf_counter() - began

    def _get(self, path: str) -> int:
        line = http.client.HTTPConnection("127.0.0.1", self._ports[1], timeout=PATIENCE_S)
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        line.request("GET", f"/v1/stations/bigday/{path}", headers=bearer)
        answer = line.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {answer.read()[:200]!r}")
        return len(answer.read())


def answer(port: int, control: int) -> None:
    """The asker's process: a name on each line that comes in, a size and seconds on each out."""
    asker = Asker(port, control)
    for name in sys.stdin:
        print(json.dumps(asker.ask(name.strip())), flush=True)


def run(options: Sequence[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(prog="python -m bench bigday", description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000, help="finished (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of quiet (%(default)s)")
    given = parser.parse_args(options)
    with station(given.orders) as (pid, port, control, made, fills), ExitStack() as stack:
        witness = Witness(port)
        witness.start()
        stack.callback(witness.end)  # before the station goes
        rows: list[list[object]] = []
        with Talk([sys.executable], "everything.py", port, control) as asker:
            asker.ask("positions")  # the first request loads the framework
            for name in ("nobody asks", *REQUESTS, CONNECTS, *LISTS):
                quiet = name == "nobody asks"
                work = partial(_quiet, given.seconds) if quiet else partial(asker.ask, name)
                waits, (size, seconds) = witness.during(work)
                p50, p99 = _percentile(waits, 50), _percentile(waits, 99)
                rows.append([name, seconds, size / 2**20, len(waits), p50, p99, max(waits),
                             resident_mb(pid)])  # fmt: skip
    head = ("while", "seconds", "MB", "answers to others", "p50 ms", "p99 ms", "longest ms",
            "station MB")  # fmt: skip
    title = f"{made:,} orders and {fills:,} executions of a day"
    show(title, head, rows, "bigday")


def _quiet(seconds: float) -> tuple[int, float]:
    time.sleep(seconds)
    return 0, seconds


def _percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[2])))
