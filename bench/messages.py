"""What each message costs a client, from the socket to the callback, in processor time.

Seven messages, text and protobuf, every client in a process of its own and all in one round;
rounds follow each other, so that a busy moment of the machine meets everybody, and medians are
shown. Processor time and not the clock: it is what a client can sustain, and a shared machine
disturbs it least. A client asks for a batch (2000 ticks, 200 orders or contracts, 10,000 bars) and
the next when the last callback has come, so that no backlog builds up.

PlaceOrder is what a program does: make an order in the way of the library, and place it. So every
client makes a new one for each call, for one contract. No client limits its rate. Both asyncio
clients keep a Trade of each order; the others keep nothing.

Some cases alone (``python -m bench messages PlaceOrder --rounds 7``) are shown and not kept.
"""

import json
import socket
import statistics
import subprocess
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import msgspec

from papertape.wire.catalogue import REQUESTS
from papertape.wire.catalogue.contract import ReqContractDetails
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.orders import PlaceOrder, ReqOpenOrders
from papertape.wire.catalogue.session import (
    CurrentTime,
    ManagedAccounts,
    NextValidId,
    ReqCurrentTime,
)
from papertape.wire.catalogue.ticks import ReqTickByTickData
from papertape.wire.connection import Codecs, encode
from papertape.wire.framing import FrameReader

from . import samples
from .common import ALONE, CLIENTS, console, pythons, show

ROUNDS, TICKS, RECORDS, BARS = 5, 2000, 200, 10_000
PATIENCE_S = 30.0
CASES = ("TickPrice", "TickSize", "TickByTick", "OpenOrder", "ContractDetails", "HistoricalData",
         "PlaceOrder")  # fmt: skip


class Client(msgspec.Struct, frozen=True):
    """A client as it is measured."""

    name: str
    python: str
    kind: str
    module: str
    version: int

    @property
    def cases(self) -> tuple[str, ...]:
        """What it can: the asyncio API has no tick-by-tick stream."""
        return tuple(c for c in CASES if (self.kind, c) != ("modern", "TickByTick"))


def clients() -> list[Client]:
    """Every client, at the highest version of each format that it knows."""
    have = pythons()
    wanted = (
        ("papertape.ibapi, text", "papertape.ibapi", "official", 200),
        ("ibapi 10.51.1, text", "ibapi-latest", "official", 200),
        ("ibapi 9.81.1, text", "ibapi-9.81", "official", 157),
        ("ib_async, its wrapper", "ib_async", "raw", 178),
        ("papertape (asyncio), text", "papertape", "modern", 200),
        ("ib_async, its IB", "ib_async", "insync", 178),
        ("papertape.ibapi, protobuf", "papertape.ibapi", "official", 226),
        ("ibapi 10.51.1, protobuf", "ibapi-latest", "official", 226),
        ("papertape (asyncio), protobuf", "papertape", "modern", 226),
    )
    return [Client(label, *have[key][:1], kind, have[key][1], version)
            for label, key, kind, version in wanted if key in have]  # fmt: skip


# ---------------------------------------------------------------- the server's side


class Peer:
    """One connection of a client: answers what it asks for with a batch of one case."""

    def __init__(self, sock: socket.socket, version: int, case: str) -> None:
        self.sock, self.version, self.case = sock, version, case
        self.codecs = Codecs(version, REQUESTS)
        self.frames = FrameReader()
        self.line = 0

    def serve(self) -> None:
        """Until the client goes away."""
        self._greet()
        while data := self._receive():
            for payload in self.frames.feed(data):
                if not self._is_order(payload):
                    self._answer(self.codecs.decode(payload))

    def _receive(self) -> bytes:
        try:
            return self.sock.recv(1 << 20)
        except (ConnectionError, TimeoutError):
            return b""

    def _greet(self) -> None:
        data = b""
        while len(data) < 8 or len(data) < 8 + int.from_bytes(data[4:8]):
            data += self._more()
        reply = f"{self.version}\x0020261122 10:00:00 EST\0".encode()
        self.sock.sendall(len(reply).to_bytes(4) + reply)
        self.frames.feed(data[8 + int.from_bytes(data[4:8]) :])
        while not self.frames.feed(self._more()):
            pass
        self._send([ManagedAccounts("DU1"), NextValidId(1)])

    def _more(self) -> bytes:
        data = self._receive()
        if not data:
            raise ConnectionError("the client went away")
        return data

    def _send(self, messages: list[Any]) -> None:
        self.sock.sendall(samples.frames(messages, self.version))

    def _is_order(self, payload: bytes) -> bool:
        """Orders are only swallowed: reading them is not what is measured."""
        number = PlaceOrder.spec.id
        if self.codecs.raw:
            return payload[:4] in (number.to_bytes(4), (200 + number).to_bytes(4))
        return payload.startswith(f"{number}\0".encode())

    def _answer(self, request: Any) -> None:
        if isinstance(request, ReqMktData | ReqTickByTickData):
            self.line = request.reqId
        elif isinstance(request, ReqCurrentTime):
            self.sock.sendall(_ticks(self.case, self.line, self.version))
        elif isinstance(request, ReqOpenOrders):
            self.sock.sendall(_orders(self.version))
        elif isinstance(request, ReqContractDetails):
            self._send(samples.details(request.reqId, RECORDS))
        elif isinstance(request, ReqHistoricalData):
            self._send(samples.history(request.reqId, BARS, self.version))


@cache
def _ticks(case: str, line: int, version: int) -> bytes:
    """A batch of ticks and its end."""
    makers = {"TickPrice": samples.tick_prices, "TickSize": samples.tick_sizes,
              "TickByTick": samples.trades}  # fmt: skip
    ticks = makers[case](line, TICKS) if case in makers else []
    return samples.frames(ticks, version) + encode(CurrentTime(1795000000), version)


@cache
def _orders(version: int) -> bytes:
    return samples.frames(samples.open_orders(RECORDS), version)


@contextmanager
def _running(client: Client, port: int, cases: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    command = [client.python, str(CLIENTS / "messages.py"), client.kind, client.module, str(port)]
    process = subprocess.Popen([*command, str(TICKS), *cases], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, **ALONE)  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def measure(client: Client, cases: Sequence[str]) -> dict[str, float]:
    """Case -> messages (or bars) per second of processor time, of one round."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        _running(client, listener.getsockname()[1], cases) as process,
    ):
        listener.settimeout(PATIENCE_S)
        for case in cases:
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                break
            with sock, suppress(ConnectionError):  # its standard error says why
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(PATIENCE_S)
                Peer(sock, client.version, case).serve()
        out, err = process.communicate(timeout=30)
    found = [json.loads(line) for line in out.splitlines()]
    if len(found) < len(cases):
        raise RuntimeError(f"{client.name}, {cases[len(found)]}: {err[-800:]}")
    return {case: 1e6 / row["us"] for case, row in zip(cases, found)}


# ---------------------------------------------------------------- tables

RIVALS = {
    "papertape.ibapi, text": ("ibapi 10.51.1, text", "ibapi 9.81.1, text",
                              "ib_async, its wrapper"),
    "papertape (asyncio), text": ("ib_async, its IB",),
    "papertape.ibapi, protobuf": ("ibapi 10.51.1, protobuf",),
    "papertape (asyncio), protobuf": ("ibapi 10.51.1, protobuf",),
}  # fmt: skip
"""Ours beside the peers that offer the same kind of interface in the same format."""


def run(options: Sequence[str] = ()) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(prog="python -m bench messages", description=__doc__,
                            formatter_class=RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("case", nargs="*", type=_case, help=f"of {', '.join(CASES)}; else all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(%(default)s)")
    given = parser.parse_args(options)
    if given.rounds < 1:
        parser.error(f"--rounds {given.rounds}: at least one is needed")
    chosen = [case for case in CASES if case in given.case or not given.case]
    medians = _medians(chosen, given.rounds)
    keep = "" if given.case else "messages"
    head = ("a second of processor time", *chosen)
    rows = [[name, *(rates.get(case, "") for case in chosen)] for name, rates in medians.items()]
    show("Decoded to a callback (PlaceOrder: encoded and sent); bars for history", head, rows, keep)
    head = ("times as fast as", *chosen)
    show("Ours over the peers", head, ratios(medians, chosen), keep and f"{keep}_ratios")


def _case(name: str) -> str:
    if name not in CASES:
        raise ArgumentTypeError(f"no case {name!r}; there are: {', '.join(CASES)}")
    return name


def _medians(chosen: Sequence[str], rounds: int) -> dict[str, dict[str, float]]:
    """Client -> case -> rate."""
    cases = {client: [c for c in client.cases if c in chosen] for client in clients()}
    found: dict[str, dict[str, list[float]]] = {}
    for i in range(rounds):
        console.print(f"  round {i + 1} of {rounds}")
        for client in filter(cases.get, cases):
            for case, rate in measure(client, cases[client]).items():
                found.setdefault(client.name, {}).setdefault(case, []).append(rate)
    return {
        name: {case: statistics.median(rates) for case, rates in known.items()}
        for name, known in found.items()
    }


def ratios(medians: dict[str, dict[str, float]], chosen: Sequence[str] = CASES) -> list[list[Any]]:
    """A row for each pair of ours and a rival."""
    return [
        [f"{ours} / {rival}", *(
            medians[ours][case] / medians[rival][case]
            if case in medians[ours] and case in medians[rival] else ""
            for case in chosen
        )]
        for ours, rivals in RIVALS.items()
        for rival in rivals
        if ours in medians and rival in medians
    ]  # fmt: skip
