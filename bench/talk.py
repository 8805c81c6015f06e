"""Round trip and connect: every client through our station, beside a bare asyncio echo."""

import asyncio
import statistics
from contextlib import suppress

from .common import client, pythons, show, station

CONNECTS, ASKS, ROUNDS = 12, 400, 3


async def _echo(count: int) -> list[float]:
    loop = asyncio.get_running_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # else asyncio tells of it where the loop ends
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(count):
        began = loop.time()
        writer.write(b"\0\0\0\x0449\x001\0")
        await reader.readexactly(9)
        times.append((loop.time() - began) * 1e6)
    writer.close()
    server.close()
    return times


def quantile(values: list[float], part: float) -> float:
    """A quantile by rank."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def run() -> None:
    """Measure, print, keep."""
    clients = pythons()
    trips: dict[str, list[float]] = {name: [] for name in ("bare asyncio echo", *clients)}
    opened: dict[str, list[float]] = {name: [] for name in clients}
    with station() as (port, _):
        for _ in range(ROUNDS):
            trips["bare asyncio echo"] += asyncio.run(_echo(ASKS))
            for name, (python, module) in clients.items():
                found = client(python, "talk.py", module, port, CONNECTS, ASKS)
                trips[name] += found["trip_us"]
                opened[name] += found["connect_ms"][1:]
    base = statistics.median(trips["bare asyncio echo"])
    rows = []
    for name, times in trips.items():
        middle = statistics.median(times)
        connect = statistics.median(opened[name]) if name in opened else ""
        rows.append([name, middle, quantile(times, 0.99), middle / base, connect])
    head = ("client", "round trip p50 µs", "p99 µs", "x echo", "connect to nextValidId ms")
    show("reqCurrentTime through one station", head, rows, "talk")
