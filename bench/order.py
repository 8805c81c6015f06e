"""An order's way to its first openOrder, by a raw client, beside a bare asyncio echo.

The client sends one order at a time, at once after the answer or 40 a second, and so does the echo,
whose server and station are processes of their own. The rounds take turns; shown are medians.
``--edition PATH`` measures the station of another checkout, with its own environment, in the same
run.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from papertape.model import Contract, Order
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import NextValidId, ReqCurrentTime, StartApi
from papertape.wire.connection import ClientConnection

from .common import show, station

ORDERS, ROUNDS, PACED = 300, 5, 60
INTERVAL_S = 1 / 40
ECHO = """
import asyncio
async def serve(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
OPEN_ORDER, ORDER_STATUS = 5, 3


@contextmanager
def echo() -> Iterator[int]:
    """An echo server in a process of its own; its port."""
    command = [sys.executable, "-c", ECHO]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


class Raw:
    """A client that looks for one message id in the bytes and decodes nothing."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.connection = ClientConnection(highest=226)

    async def start(self) -> "Raw":
        """Connect as client 1 and wait until the station is ready."""
        self.writer.write(self.connection.initiate())
        ready = False
        while not ready:
            events = self.connection.receive_data(await self.reader.read(65536))
            if any(type(event).__name__ == "Negotiated" for event in events):
                self.writer.write(self.connection.send(StartApi(1)))
            ready = any(isinstance(event, NextValidId) for event in events)
        with suppress(TimeoutError):  # until nothing more comes
            while True:
                await asyncio.wait_for(self.reader.read(65536), 0.3)
        return self

    async def until(self, number: int) -> None:
        """Read frames until one of this message id has come, then whatever is there already."""
        found = False
        while not found:
            size = int.from_bytes(await self.reader.readexactly(4))
            frame = await self.reader.readexactly(size)
            found = int.from_bytes(frame[:4]) in (number, number + 200)


async def measured(
    act: Callable[[], bytes], answer: Callable[[], Awaitable[None]],
    writer: asyncio.StreamWriter, count: int, interval: float,
    after: Callable[[], Awaitable[None]] | None = None,
) -> list[float]:  # fmt: skip
    """Microseconds from each write to its answer."""
    times = []
    for _ in range(count):
        data = act()
        began = time.perf_counter()
        writer.write(data)
        await answer()
        times.append((time.perf_counter() - began) * 1e6)
        if after is not None:
            await after()
        if interval:
            await asyncio.sleep(interval)
    return times


async def measure_echo(port: int, count: int, interval: float, size: int) -> list[float]:
    """The echo's round trips."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def answer() -> None:
        await reader.readexactly(size)

    data = bytes(size)
    times = await measured(lambda: data, answer, writer, count, interval)
    writer.close()
    return times


async def measure_station(port: int, count: int, interval: float, *, clock: bool) -> list[float]:
    """Orders to openOrder, or requests for the time."""
    raw = await Raw(*await asyncio.open_connection("127.0.0.1", port)).start()
    numbers = iter(range(MEASURED[port] + 1, 10**9))

    def order() -> bytes:
        number = MEASURED[port] = next(numbers)
        terms = Order(action="BUY", orderType="LMT", lmtPrice=1.0, tif="DAY", totalQuantity=1)  # type: ignore[arg-type]
        contract = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
        return raw.connection.send(PlaceOrder(number, contract, terms))

    def request() -> bytes:
        return raw.connection.send(ReqCurrentTime())

    async def answer() -> None:
        await raw.until(49 if clock else OPEN_ORDER)

    async def rest() -> None:  # a resting order is told in two pairs
        for number in (ORDER_STATUS, OPEN_ORDER, ORDER_STATUS):
            await raw.until(number)

    act, after = (request, None) if clock else (order, rest)
    times = await measured(act, answer, raw.writer, count, interval, after)
    raw.writer.close()
    await asyncio.sleep(0.1)
    return times


MEASURED: dict[int, int] = {}
"""Port -> the order id used last there."""


def run(options: Sequence[str] = ()) -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser("python -m bench order", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds in turn (5)")
    parser.add_argument("--edition", type=Path, help="another checkout with a .venv of its own")
    chosen = parser.parse_args(list(options))
    stations = {"this station": station()}
    if chosen.edition:
        python = chosen.edition / ".venv/bin/python"
        stations["the other"] = station(program=(str(python), "-m", "papertape"))
    kinds = (("order, closed loop", 0.0, ORDERS, False),
             ("order, 40 a second", INTERVAL_S, PACED, False),
             ("reqCurrentTime", 0.0, ORDERS, True))  # fmt: skip
    with echo() as echo_port, _all(stations) as ports:
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(chosen.rounds):
            for kind, interval, count, asks in kinds:
                size = 12 if asks else 200
                found = asyncio.run(measure_echo(echo_port, count, interval, size))
                times.setdefault((kind, "echo"), []).append(statistics.median(found))
                for name, port in ports.items():
                    MEASURED.setdefault(port, 0)
                    found = asyncio.run(measure_station(port, count, interval, clock=asks))
                    times.setdefault((kind, name), []).append(statistics.median(found))
    rows = []
    for (kind, name), found in times.items():
        base = times[kind, "echo"]
        ratio = statistics.median(one / two for one, two in zip(found, base))
        rows.append([kind, name, statistics.median(found), ratio])
    show("one order and its first answer", ("what", "who", "p50 µs", "x echo"), rows, "order")


@contextmanager
def _all(stations: dict[str, object]) -> Iterator[dict[str, int]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield {name: stack.enter_context(one)[0] for name, one in stations.items()}  # type: ignore[arg-type]
