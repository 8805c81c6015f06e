"""placeOrder as hostile bytes over a socket, to a station that keeps its journal on disk and is
then killed: what it said of each order before is what it says of it after its next start.

``server/test_order_bytes.py`` tries every field and value, in memory; here is a sample of them.
"""

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.process import station
from lanes import thinned
from papertape import codes
from papertape.model import Order
from papertape.wire.catalogue import orders
from papertape.wire.catalogue.reports import (
    CompletedOrder,
    CompletedOrdersEnd,
    OpenOrder,
    OpenOrdersEnd,
)
from papertape.wire.catalogue.session import (
    CurrentTime,
    ErrorMessage,
    ReqCurrentTime,
    StartApi,
)
from papertape.wire.connection import encode
from papertape.wire.schema import proto_fields
from server.sockets import Socket, run
from server.test_order_bytes import PROTOBUF, TEXT, WORDS, extremes, field, framed
from server.test_station import order

BASE = "BUY 10 AAPL LMT 1 GTC"
EACH = 23
"""One field of so many; the first of them is moved on with each value."""
PIECES = (1, 3, 5_000, 70_000)
"""Bytes that are written at once, in turns: frames arrive in parts and together."""
BATCH = 8
"""Orders that are sent together."""
Told = dict[int, tuple[Any, ...]]


def of_text() -> Iterator[bytes]:
    length = len(encode(order(1, BASE), TEXT)[4:].split(b"\0"))
    number = 0
    for at, word in enumerate(WORDS):
        for place in range(2 + at % EACH, length - 1, EACH):
            number += 1
            tokens = encode(order(number, BASE), TEXT)[4:].split(b"\0")
            tokens[place] = word
            yield framed(b"\0".join(tokens))


def of_protobuf() -> Iterator[bytes]:
    number = 0
    for at, one in enumerate(proto_fields(Order)):
        for value in tuple(extremes(one))[at % 7 :: 7]:
            number += 1
            body = encode(order(number, BASE), PROTOBUF)[4:]
            yield framed(body + field(3, value))


async def write(client: Socket, data: bytes) -> None:
    """Write in pieces of all sizes."""
    at = turn = 0
    while at < len(data):
        size = PIECES[turn % len(PIECES)]
        await client.write(data[at : at + size])
        at, turn = at + size, turn + 1


async def hostile(client: Socket, frames: Sequence[bytes]) -> list[ErrorMessage]:
    """Send all of them, some at a time with a harmless request; return the errors."""
    errors: list[ErrorMessage] = []
    for at in range(0, len(frames), BATCH):
        harmless = client.connection.send(ReqCurrentTime())
        await write(client, b"".join([*frames[at : at + BATCH], harmless]))
        got = await client.until(CurrentTime)
        errors += [one for one in got if isinstance(one, ErrorMessage)]
    return errors


async def told(client: Socket) -> tuple[Told, Told]:
    """What the station says of its orders: those that work, and those that are over."""
    await client.send(orders.ReqAllOpenOrders())
    rows = await client.until(OpenOrdersEnd)
    await client.send(orders.ReqCompletedOrders())
    over = await client.until(CompletedOrdersEnd)
    working = {
        one.order.permId: (one.orderId, one.contract, plain(one.order))
        for one in rows
        if isinstance(one, OpenOrder)
    }
    ended = {
        one.order.permId: (one.contract, plain(one.order))
        for one in over
        if isinstance(one, CompletedOrder)
    }
    return working, ended


def plain(given: Order) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(given)
    return found


def asked(port: int, version: int, frames: Sequence[bytes]) -> tuple[Told, Told, int]:
    """What a station says of its orders after these frames, and how many errors it answered."""
    found: list[tuple[Told, Told, int]] = []

    async def main() -> None:
        client = Socket(version)
        try:
            await client.open(port)
            await client.send(StartApi(1))
            errors = await hostile(client, frames)
            for one in errors:
                assert codes.lookup(one.errorCode).template, one
                assert len(one.errorMsg) < 8_000
            found.append((*await told(client), len(errors)))
        finally:
            client.close()

    run(main)
    return found[0]


@pytest.mark.further
@pytest.mark.network
@pytest.mark.process
@pytest.mark.parametrize("version", [TEXT, PROTOBUF])
def test_orders_of_hostile_bytes_are_the_same_after_a_kill(version: int, tmp_path: Path) -> None:
    quick = {"PAPERTAPE_MAX_MESSAGE_RATE": "0"}
    frames = thinned(list(of_text() if version == TEXT else of_protobuf()), check=5, test=3)
    with station(tmp_path, "--data-dir", "kept", **quick) as running:
        working, over, errors = asked(running.port, version, frames)
        running.stop(signal.SIGKILL)
    assert errors and len(working) > len(frames) // 10, "some are refused, some work"
    with station(tmp_path, "--data-dir", "kept", **quick) as again:
        working_again, over_again, _ = asked(again.port, version, ())
    assert over.keys() <= over_again.keys()
    for perm_id, row in working.items():  # the market goes on: one may have ended meanwhile
        assert working_again.get(perm_id, row) == row
    assert working.keys() <= working_again.keys() | over_again.keys()
    assert len(working_again) > len(working) // 2
