"""placeOrder as bytes, each field of it at its extremes, in both formats.

Whatever stands in a field, the client is told a documented code or has an order, the connection
stays, a refused order changes nothing, the journal rebuilds the state, and the other client has its
answer.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import pytest

from lanes import thinned
from papertape import codes
from papertape.model import Contract, Order
from papertape.model.order import OrderCondition
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.wire.catalogue import orders, session
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.connection import encode
from papertape.wire.schema import ProtoField, proto_fields
from server.pair import Client, Hall
from server.test_station import order

T = TypeVar("T")
TEXT, PROTOBUF = 200, 226
WIDE = b"x" * 60_000
LONG = b"x" * (1 << 20)
BASES = {
    "limit": "BUY 10 AAPL LMT 250",
    "scale": "BUY 10 AAPL LMT 250 GTC scaleInitLevelSize=5 scalePriceIncrement=0.05 "
    "scaleProfitOffset=0.1 scaleInitPosition=10 scaleAutoReset=true "
    "scalePriceAdjustValue=0.01 scalePriceAdjustInterval=20",
    "volatility": "BUY 1 AAPL_C260 VOL volatility=20 volatilityType=2 deltaNeutralOrderType=REL "
    "deltaNeutralAuxPrice=0.01",
    "benchmark": "BUY 10 AAPL PEG_BENCH startingPrice=250 peggedChangeAmount=1 "
    "referenceContractId=756733 referenceChangeAmount=2 stockRefPrice=600",
    "trail": "SELL 10 AAPL TRAIL_LIMIT trailingPercent=1 lmtPriceOffset=0.5",
}
WORDS = (
    b"", b"0", b"-1", b"-2147483648", b"9223372036854775808", b"1e400", b"inf", b"\xff\xfe",
    b"9" * 5000, WIDE, b"2147483647", b"1e308", b"nan",
)  # fmt: skip
FEW = 3
"""Values that the other orders are tried with."""


A_DAY = 40
"""So many orders see one station: to look at everything after each takes the longer the more
there have been."""
Desk = Callable[[int], tuple[Hall, Client]]


def quoted_desk(version: int) -> tuple[Hall, Client]:
    """A station with quotes, and a client of that version."""
    hall = Hall()
    for row in ("AAPL 257.66 x 257.68", "AAPL_C260 5.00 x 5.20", "SPY 650.00 x 650.02"):
        hall.quote(row)
    return hall, hall.client(1, version)


class Sender:
    """A hostile client beside one that only asks for the time."""

    def __init__(self, version: int, desk: Desk | None = None) -> None:
        self.version = version
        self._desk = desk or quoted_desk
        self.order_id = 0
        self.accepted = self.refused = 0
        self._open()

    def _open(self) -> None:
        self.hall, self.client = self._desk(self.version)
        self.other: Client = self.hall.client(2, PROTOBUF)
        self._placed = 0

    def next(self) -> int:
        self.order_id += 1
        return self.order_id

    def place(self, data: bytes) -> None:
        """Send an order and look at everything; take it out of the books again."""
        engine = self.hall.station.engine
        before = engine.state_hash()
        self.client.raw(data)
        got = self.client.got()
        told = [one for one in got if isinstance(one, session.ErrorMessage)]
        for one in told:
            assert codes.lookup(one.errorCode).template, one
            assert len(one.errorMsg) < 8_000, one.errorMsg[:100]
        assert not self.client.pipe.closed
        check(engine)
        if engine.state_hash() == before:
            assert told, "nothing was said"
            self.refused += 1
        else:
            self.accepted += 1
        if any(isinstance(one, OpenOrder) for one in got):
            self.hall.wait(1)  # what follows from it is as harmless
        self.client.send(orders.ReqGlobalCancel())
        self.client.got()
        self.other.send(session.ReqCurrentTime())
        assert [one for one in self.other.got() if isinstance(one, session.CurrentTime)]
        self._placed += 1
        if self._placed == A_DAY:
            self._close()
            self._open()

    def end(self) -> None:
        self._close()
        assert self.accepted and self.refused

    def _close(self) -> None:
        self.hall.wait(3600)
        check(self.hall.station.engine)
        twin = Engine(None)
        self.hall.keeper.recover(twin)
        assert twin.state_hash() == self.hall.station.engine.state_hash()


def some(base: str, fields: Sequence[T]) -> Sequence[T]:
    """All fields of the first order, and every third of the others: each other ones."""
    place = list(BASES).index(base)
    return fields[place % 3 :: 3] if place else fields


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4) + body


@pytest.mark.further
@pytest.mark.long
@pytest.mark.parametrize("base", BASES)
def test_each_field_of_the_text(base: str) -> None:
    sender = Sender(TEXT)
    length = len(encode(order(1, BASES[base]), TEXT)[4:].split(b"\0"))
    words = WORDS if base == "limit" else WORDS[-FEW:]
    for place in thinned(some(base, range(1, length - 1)), check=9, test=7):
        for word in words:
            tokens = encode(order(sender.next(), BASES[base]), TEXT)[4:].split(b"\0")
            if place == 1:
                sender.order_id = 0 if sender.order_id < 3 else sender.order_id
            tokens[place] = word
            sender.place(framed(b"\0".join(tokens)))
    sender.end()


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def field(number: int, value: int | float | bytes) -> bytes:
    """A field of a protobuf message: a number, a double, or what has a length."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    return varint(number << 3) + varint(value)


INTEGERS = (0, -1, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63), 2**64 - 1)
DOUBLES = (0.0, -0.0, -1.0, 1e12, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
TEXTS = (b"", b"\0", b"-1", b"1e400", b"NaN", b"\xff\xfe", b"9" * 5000, WIDE, LONG)


def extremes(one: ProtoField) -> Iterator[bytes]:
    """The field at its extremes, and once of another type."""
    if one.kind in ("message", "map"):
        inner = field(1, b"x") + field(2, b"y") if one.kind == "map" else field(1, 1)
        yield field(one.number, inner)
        yield field(one.number, inner) * 100
        yield field(one.number, inner) * 10_000
        yield field(one.number, b"\xff" * 9)
        return
    values: tuple[Any, ...] = {"double": DOUBLES, "string": TEXTS}.get(one.kind, INTEGERS)
    for value in values:
        yield field(one.number, value)
    yield field(one.number, b"\xff\xff" if one.kind != "string" else 7)


@pytest.mark.further
@pytest.mark.long
@pytest.mark.parametrize("base", BASES)
def test_each_field_of_the_protobuf(base: str) -> None:
    sender = Sender(PROTOBUF)
    parts = ((2, Contract), (3, Order)) if base == "limit" else ((3, Order),)
    for part, record in parts:
        for one in thinned(some(base, list(proto_fields(record))), check=9, test=7):
            values = tuple(extremes(one))
            for value in values if base == "limit" else values[-FEW - 1 : -1]:
                body = encode(order(sender.next(), BASES[base]), PROTOBUF)[4:]
                sender.place(framed(body + field(part, value)))
    sender.end()


@pytest.mark.further
@pytest.mark.long
def test_each_field_of_a_condition_in_protobuf() -> None:
    sender = Sender(PROTOBUF)
    number = next(one.number for one in proto_fields(Order) if one.name == "conditions")
    whole = {one.name: one for one in proto_fields(OrderCondition)}
    price = (
        field(whole["type"].number, 1)
        + field(whole["conId"].number, 265598)
        + field(whole["exchange"].number, b"SMART")
        + field(whole["price"].number, 999.0)
    )
    for kind in (1, 3, 4, 5, 6, 7):
        named = price + field(whole["type"].number, kind)
        for one in thinned(list(whole.values()), check=9, test=7):
            for value in extremes(one):
                body = encode(order(sender.next(), BASES["limit"]), PROTOBUF)[4:]
                sender.place(framed(body + field(3, field(number, named + value))))
    for count in (100, 1000, 1001, 5000):
        body = encode(order(sender.next(), BASES["limit"]), PROTOBUF)[4:]
        sender.place(framed(body + field(3, field(number, price) * count)))
    sender.end()
