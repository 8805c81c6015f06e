"""Quotes a second that a client decodes to a callback, sustained.

A sender streams TickPrice at a fixed rate for a second. A rate is sustained when the last callback
comes within 50 ms of the last byte; the highest such rate is searched for. Every client meets the
same bytes. Beside them a bare loop that only splits frames and fields.
"""

import json
import socket
import statistics
import struct
import subprocess
import time
from decimal import Decimal

from papertape.wire.catalogue import REQUESTS
from papertape.wire.catalogue.market import ReqMktData, TickPrice
from papertape.wire.catalogue.session import ManagedAccounts, NextValidId
from papertape.wire.connection import Codecs, encode

from .common import ALONE, CLIENTS, console, pythons, show

SECONDS, CHUNK_S, LAG_S, ROUNDS = 0.8, 0.004, 0.05, 1


def clients() -> list[tuple[str, str, str, str, int]]:
    """(name, python, kind, module, version) of every measured client."""
    import sys

    have = pythons()
    rows = [
        ("bare loop, text", sys.executable, "bare", "text", 176),
        ("papertape.ibapi, text", sys.executable, "official", "papertape.ibapi", 200),
        ("papertape, text", sys.executable, "modern", "papertape", 200),
    ]
    for peer, module, version in (
        ("ibapi-latest", "ibapi", 200),
        ("ibapi-9.81", "ibapi", 157),
    ):
        if peer in have:
            rows.append((f"{peer}, text", have[peer][0], "official", module, version))
    if "ib_async" in have:
        python = have["ib_async"][0]
        rows.append(("ib_async, its wrapper", python, "raw", "ib_async", 176))
        rows.append(("ib_async, IB with tickers", python, "insync", "ib_async", 176))
    rows += [
        ("bare loop, protobuf", sys.executable, "bare", "protobuf", 226),
        ("papertape.ibapi, protobuf", sys.executable, "official", "papertape.ibapi", 226),
        ("papertape, protobuf", sys.executable, "modern", "papertape", 226),
    ]
    if "ibapi-latest" in have:
        rows.append(("ibapi-latest, protobuf", have["ibapi-latest"][0], "official", "ibapi", 226))
    return rows


def frames(version: int, count: int, number: int) -> list[bytes]:
    """Ticks that change price and size all the time."""
    distinct = [
        encode(
            TickPrice(number, 1 + i % 2, 168 + i % 50 / 100, Decimal(100 + i % 30 * 100), 1),
            version,
        )
        for i in range(300)
    ]
    return [distinct[i % 300] for i in range(count)]


def _receive(sock: socket.socket, rest: bytes) -> tuple[bytes, bytes]:
    while len(rest) < 4 or len(rest) < 4 + struct.unpack(">I", rest[:4])[0]:
        data = sock.recv(65536)
        if not data:
            raise RuntimeError("the client went away")
        rest += data
    size = 4 + struct.unpack(">I", rest[:4])[0]
    return rest[4:size], rest[size:]


def lag(python: str, kind: str, module: str, version: int, rate: int) -> float:
    """Seconds from the last byte sent to the last callback, at this rate."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    command = [python, str(CLIENTS / "stream.py"), kind, module, str(port)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **ALONE)
    try:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rest = b""
        while len(rest) < 4:
            rest += sock.recv(4096)
        _, rest = _receive(sock, rest[4:])
        reply = f"{version}\x0020261122 10:00:00 EST\0".encode()
        sock.sendall(struct.pack(">I", len(reply)) + reply)
        _, rest = _receive(sock, rest)
        codecs = Codecs(version, REQUESTS)
        opening = (ManagedAccounts("DU1"), NextValidId(1))
        sock.sendall(b"".join(encode(message, version) for message in opening))
        while True:
            body, rest = _receive(sock, rest)
            if body in (b"1\x0011\x00", b"\0\0\0\xc9"):  # the bare loop's request
                number = 1
                break
            request = codecs.decode(body)
            if isinstance(request, ReqMktData):
                number = request.reqId
                break
        time.sleep(0.2)
        last = _stream(sock, version, rate, number)
        try:
            out, err = process.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            return float("inf")  # far behind: no need to wait for its end
        if not out:
            raise RuntimeError(err[-800:])
        return float(json.loads(out.splitlines()[-1])["last"]) - last
    finally:
        process.kill()
        process.wait()
        listener.close()


def _stream(sock: socket.socket, version: int, rate: int, number: int) -> float:
    total = int(rate * SECONDS)
    step = max(int(rate * CHUNK_S), 1)
    ticks = frames(version, total, number)
    chunks = [b"".join(ticks[i : i + step]) for i in range(0, total, step)]
    began = time.monotonic()
    for i, chunk in enumerate(chunks):
        wait = began + i * CHUNK_S - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        sock.sendall(chunk)
    sock.sendall(encode(TickPrice(number, 4, 999999.0, Decimal(1), 0), version))
    late = time.monotonic() - began - SECONDS
    return time.monotonic() if late < LAG_S else began + SECONDS


def keeps_up(python: str, kind: str, module: str, version: int, rate: int) -> bool:
    """Whether one of two tries keeps up: a busy moment of the machine is not the client's."""
    return any(lag(python, kind, module, version, rate) <= LAG_S for _ in range(2))


def sustained(python: str, kind: str, module: str, version: int) -> float:
    """The highest rate kept up with, to about 6 %."""
    good, rate = 0, 30_000
    while rate < 3_000_000 and keeps_up(python, kind, module, version, rate):
        good, rate = rate, int(rate * 1.7)
    bad = rate
    while bad - good > good * 0.06 and good:
        middle = (good + bad) // 2
        if keeps_up(python, kind, module, version, middle):
            good = middle
        else:
            bad = middle
    return float(good)


def run() -> None:
    """Measure, print, keep."""
    found: dict[str, list[float]] = {}
    measured = clients()
    for _ in range(ROUNDS):
        for name, *how in measured:
            rate = sustained(*how)
            console.print(f"  {name}: {rate:,.0f} a second")
            found.setdefault(name, []).append(rate)
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    rows = []
    for name, rate in medians.items():
        base = medians["bare loop, protobuf" if "protobuf" in name else "bare loop, text"]
        rows.append([name, rate, rate / base])
    head = ("client", "TickPrice a second", "of the bare loop")
    show("Sustained: the last callback within 50 ms of the last byte", head, rows, "decode")
