"""What the short ways of ``papertape.ibapi`` save, with and without in turn, in one process.

``placeOrder`` is measured from the call to the socket: orders that are already made, one contract,
and a peer that swallows what arrives. It has a short way (``ibapi/order_encoder.py``, on the
encoding template of ``wire/template.py``) and the way of every request. Messages that bring large
objects are measured from the socket to the callback: ``ibapi/emit_objects.py`` beside the
catalogue's decoder and records. Medians of the rounds, in microseconds of processor time of the
thread and by the clock; the factor is the median of the factors of the rounds.
"""

import logging
import socket
import statistics
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

from papertape.ibapi import dispatch, order_encoder
from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.order import Order
from papertape.ibapi.reader import Connection
from papertape.ibapi.wrapper import EWrapper
from papertape.wire.connection import ClientConnection
from papertape.wire.handshake import ConnectionState
from papertape.wire.message import Message

from . import samples
from .common import console, show

ROUNDS, ORDERS, RECORDS = 41, 300, 100
CHUNK = 1 << 16
TEXT, RAW_TEXT, PROTOBUF = 200, 201, 226

Measured = tuple[float, float]
"""Seconds: of processor time, by the clock."""
Turn = Callable[[], Measured]


def run(options: Sequence[str] = ()) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser("python -m bench short_ways", description=__doc__,
                            formatter_class=RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(%(default)s)")
    rounds = max(1, parser.parse_args(options).rounds)
    logging.disable(logging.CRITICAL)
    rows = []
    for version in (TEXT, PROTOBUF):
        console.print(f"  placeOrder at {version}")
        with placing(version) as (with_it, without):
            rows.append([f"placeOrder at {version}", *_compared(with_it, without, rounds, ORDERS)])
    for version in (TEXT, RAW_TEXT):
        for name, messages in (("OpenOrder", samples.open_orders(RECORDS)),
                               ("ContractDetails", samples.details(1, RECORDS))):  # fmt: skip
            console.print(f"  {name} at {version}")
            with_it, without = (reading(messages, version, short) for short in (True, False))
            rows.append([f"{name} at {version}", *_compared(with_it, without, rounds, RECORDS)])
    head = ("us for each", "with, CPU", "without, CPU", "factor",
            "with, clock", "without, clock", "factor")  # fmt: skip
    show("Short ways of papertape.ibapi, with and without", head, rows, "short_ways")


def _compared(with_it: Turn, without: Turn, rounds: int, count: int) -> Iterator[float]:
    """For both measures: with, without, factor."""
    with_it(), without()
    found: list[tuple[Measured, Measured]] = []
    for i in range(rounds):
        if i % 2:
            found.append((with_it(), without()))
        else:
            last = without()
            found.append((with_it(), last))
    for measure in (0, 1):
        yield statistics.median(ours[measure] for ours, _ in found) / count * 1e6
        yield statistics.median(other[measure] for _, other in found) / count * 1e6
        yield statistics.median(other[measure] / ours[measure] for ours, other in found)


def _timed(work: Callable[[], None]) -> Measured:
    cpu, clock = time.thread_time(), time.perf_counter()
    work()
    return time.thread_time() - cpu, time.perf_counter() - clock


# ---------------------------------------------------------------- from the call to the socket


class Placing(EWrapper, EClient):
    """A client whose session has begun."""

    def __init__(self, sock: socket.socket, version: int) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, self)
        self.conn = Connection("", 0)
        self.conn.socket = sock
        self.wire = ClientConnection()
        self.wire.version, self.wire.state = version, ConnectionState.STARTED
        self.serverVersion_ = version

    def isConnected(self) -> bool:
        """As after nextValidId."""
        return True

    def error(self, *told: Any) -> None:
        """An order that was not sent was not measured."""
        raise RuntimeError(told)


@contextmanager
def placing(version: int) -> Iterator[tuple[Turn, Turn]]:
    """The turns with and without the short way, while a peer reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = get_context("fork").Process(target=_swallow, args=(listener,), daemon=True)
        peer.start()
        with socket.create_connection(listener.getsockname()) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client, contract = Placing(sock, version), _contract()

            def turn() -> Measured:
                orders = [_order() for _ in range(ORDERS)]

                def place() -> None:
                    for order in orders:
                        client.placeOrder(1, contract, order)

                return _timed(place)

            def without() -> Measured:
                with patch.object(order_encoder, "frame", lambda *_: None):
                    return turn()

            yield turn, without
        peer.join()


def _swallow(listener: socket.socket) -> None:
    sock, _ = listener.accept()
    with sock:
        while sock.recv(1 << 20):
            pass


def _contract() -> Contract:
    made = Contract()
    made.symbol, made.secType, made.exchange, made.currency = "SPY", "STK", "SMART", "USD"
    return made


def _order() -> Order:
    made = Order()
    made.action, made.orderType, made.tif = "BUY", "LMT", "DAY"
    made.totalQuantity, made.lmtPrice = 100, 168.25
    return made


# ---------------------------------------------------------------- from the socket to the callback


def reading(messages: list[Message], version: int, short: bool) -> Turn:
    """The turn that reads the messages off a socket and calls a wrapper for each."""
    data = samples.frames(messages, version)
    wrapper = EWrapper()
    for name in ("openOrder", "openOrderEnd", "contractDetails", "contractDetailsEnd"):
        setattr(wrapper, name, lambda *_: None)
    reader = dispatch.Dispatcher(version, wrapper, _failed)
    if short:
        reader.feed(data)
    else:  # the handlers are made by the first of each message
        with patch.object(dispatch, "from_text", lambda *_: None):
            reader.feed(data)
    sender, receiver = socket.socketpair()

    def turn() -> Measured:
        cpu = clock = 0.0
        for at in range(0, len(data), CHUNK):
            sender.sendall(data[at : at + CHUNK])
            spent = _timed(lambda: reader.feed(receiver.recv(CHUNK)))
            cpu, clock = cpu + spent[0], clock + spent[1]
        return cpu, clock

    return turn


def _failed(*told: Any) -> None:
    raise RuntimeError(told)
