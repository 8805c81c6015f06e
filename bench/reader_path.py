"""From the socket to the callback: TickPrice/s of the official-shaped client and of its peers.

``python bench/reader_path.py`` prints a table with ratios. Each contender runs in a process (and,
if a peer, an environment) of its own against the same bytes. The sender keeps a window: it sends
a chunk of ticks, at most ``WINDOW`` chunks ahead of the client's word that it has processed one,
so what is measured is what a client sustains and not how large its queue may grow.
"""

import argparse
import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

TICKS, WINDOW = 1_000, 3
"""Messages in a chunk; chunks under way."""
SECONDS = 2.0
ROUNDS = 3
ACK = 49  # the client says that a chunk is processed with a request for the time


def framed(payload: bytes) -> bytes:
    """A payload with its length."""
    return len(payload).to_bytes(4, "big") + payload


def tick(i: int, version: int) -> bytes:
    """A TickPrice; its values go on like a market's."""
    number, kind = 1 + i % 50, 1 + i % 2
    price, size = 100 + (i % 400) / 100, 100 * (1 + i % 30)
    if version >= 206:
        from decimal import Decimal

        from papertape.wire.catalogue.market import TickPrice
        from papertape.wire.connection import encode

        return encode(TickPrice(number, kind, price, Decimal(size), 1), version)
    fields = f"6\0{number}\0{kind}\0{price}\0{size}\0{1}\0".encode()
    return framed((1).to_bytes(4, "big") + fields if version >= 201 else b"1\0" + fields)


def serve(version: int) -> None:
    """Send ticks to one client until it goes; prints the port first."""
    chunk = b"".join(tick(i, version) for i in range(TICKS))
    if len(chunk) % 4096 == 0:
        raise SystemExit("the official client may lose a chunk of this length")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        opened, _ = listener.accept()
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.recv(4096)
    opened.sendall(framed(f"{version}\0time\0".encode()))
    opened.recv(4096)
    credit, rest = WINDOW, b""
    try:
        while True:
            while credit:
                opened.sendall(chunk)
                credit -= 1
            data = opened.recv(65536)
            if not data:
                return
            rest += data
            while len(rest) >= 4 and len(rest) >= 4 + int.from_bytes(rest[:4], "big"):
                rest = rest[4 + int.from_bytes(rest[:4], "big") :]
                credit += 1
    except OSError:
        return


class Meter:
    """Counts ticks and stops when the time is over."""

    def __init__(self, acknowledge: Any, stop: Any) -> None:
        self.acknowledge, self.stop = acknowledge, stop
        self.count = 0
        self.began = 0.0

    def chunk(self) -> None:
        """Another chunk has been processed."""
        now = time.perf_counter()
        if self.began == 0.0:
            self.began, self.count = now, 0
        elif now - self.began > SECONDS:
            print(json.dumps({"rate": self.count / (now - self.began)}), flush=True)
            self.stop()
            return
        self.count += TICKS
        self.acknowledge()


def official_shape(module: str, port: int) -> None:
    """A program for the official client, of either package."""
    client = importlib.import_module(f"{module}.client")
    wrapper = importlib.import_module(f"{module}.wrapper")

    class App(wrapper.EWrapper, client.EClient):
        def __init__(self) -> None:
            client.EClient.__init__(self, self)
            self.ticks = self.sizes = 0
            self.meter = Meter(self.reqCurrentTime, self.disconnect)

        def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
            self.ticks += 1

        def tickSize(self, reqId: int, tickType: int, size: Any) -> None:
            self.sizes += 1
            if self.sizes % TICKS == 0:
                self.meter.chunk()

    app = App()
    app.connect("127.0.0.1", port, 1)
    try:
        app.run()
    except TypeError:  # the official client stumbles over what came after disconnect()
        if module != "ibapi":
            raise


def raw_wrapper(port: int) -> None:
    """ib_async's decoder with a wrapper of its own, without its object layer."""
    from ib_async.decoder import Decoder

    class Wrapper:
        def __init__(self) -> None:
            self.count = 0

        def priceSizeTick(self, reqId: int, tickType: int, price: float, size: float) -> None:
            self.count += 1
            if self.count % TICKS == 0:
                meter.chunk()

        def __getattr__(self, name: str) -> Any:
            return lambda *args: None

    decoder = Decoder(Wrapper(), 176)

    def each(payload: bytes) -> None:
        decoder.interpret(payload.decode(errors="backslashreplace").split("\0")[:-1])

    meter = loop(port, each)


def bare(port: int, version: int) -> None:
    """A loop that splits frames and fields and calls nothing."""
    seen = 0

    def each(payload: bytes) -> None:
        nonlocal seen
        payload.split(b"\0")
        seen += 1
        if seen % TICKS == 0:
            meter.chunk()

    meter = loop(port, each)


def loop(port: int, each: Any) -> Meter:
    """Read frames on this thread until the meter stops; starts with the returned meter."""
    opened = socket.create_connection(("127.0.0.1", port))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.sendall(b"API\0" + framed(b"v100..226"))
    opened.recv(4096)
    opened.sendall(framed(b"71\x002\x001\x00\x00"))
    ack = framed(b"49\x001\x00")
    meter = Meter(lambda: opened.sendall(ack), lambda: opened.shutdown(socket.SHUT_RDWR))

    def read() -> None:
        rest = b""
        while data := opened.recv(1 << 20):
            data = rest + data
            start, size = 0, len(data)
            while start + 4 <= size:
                end = start + 4 + int.from_bytes(data[start : start + 4], "big")
                if end > size:
                    break
                each(data[start + 4 : end])
                start = end
            rest = data[start:]

    threading.Thread(target=read).start()
    return meter


def measure(python: str, kind: str, version: int) -> float:
    """One contender's rate: the best of some rounds, which is the least disturbed one."""
    environment = {**os.environ, "PYTHONPATH": ""}
    rates = []
    for _ in range(ROUNDS):
        server = subprocess.Popen(
            [sys.executable, __file__, "serve", str(version)], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        command = [python, __file__, kind, str(version), port]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=environment
        )
        server.wait(10)
        if not done.stdout.startswith("{"):
            raise RuntimeError(f"{kind}: {done.stderr[-1000:]}")
        rates.append(json.loads(done.stdout.splitlines()[0])["rate"])
    return max(rates)


def contenders() -> list[tuple[str, str, str, int]]:
    """(name, python, kind, version)."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from bench.common import pythons

    have = pythons()
    rows = [
        ("papertape.ibapi, text", sys.executable, "papertape.ibapi", 200),
        ("papertape.ibapi, protobuf", sys.executable, "papertape.ibapi", 226),
        ("bare loop, text", sys.executable, "bare", 200),
    ]
    if "ibapi-latest" in have:
        rows += [
            ("ibapi 10.51.1, text", have["ibapi-latest"][0], "ibapi", 200),
            ("ibapi 10.51.1, protobuf", have["ibapi-latest"][0], "ibapi", 226),
        ]
    if "ib_async" in have:
        rows.append(("ib_async, its decoder", have["ib_async"][0], "ib_async", 176))
    return rows


def main() -> None:
    """Measure every contender, or be one of the processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", nargs="?")
    parser.add_argument("version", nargs="?", type=int)
    parser.add_argument("port", nargs="?", type=int)
    told = parser.parse_args()
    if told.kind == "serve":
        serve(told.version)
    elif told.kind == "bare":
        bare(told.port, told.version)
    elif told.kind == "ib_async":
        raw_wrapper(told.port)
    elif told.kind:
        official_shape(told.kind, told.port)
    else:
        rates = [(name, measure(python, kind, v)) for name, python, kind, v in contenders()]
        ours = rates[0][1]
        for name, rate in rates:
            print(f"{name:28} {rate:12,.0f}/s   {rate / ours:6.2f}")


if __name__ == "__main__":
    main()
