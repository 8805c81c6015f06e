"""Bodies cut and mutated: a message or a refusal with its facts, never another exception."""

import tracemalloc
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from fuzz.targets import check

from lanes import many
from papertape.model import Contract, Order
from papertape.wire import catalogue, connection, oracle
from papertape.wire.catalogue.market import TickString
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.connection import Codecs, Undecodable, UnknownMessage
from papertape.wire.message import Message
from walks import walk
from wire.messages import ALL, TEXT, for_text, name_of, samples
from wire.views import sendable

CUT = (100, 200, 226)
FUZZED = (100, 187, 200, 201, 226)
EVENTS = Message | Undecodable | UnknownMessage


def bodies(cls: type[Message], version: int) -> Iterator[tuple[bytes, int]]:
    """Encoded messages without their length, and how long the id is."""
    for message, _ in list(sendable(cls, version))[2:6]:
        payload = connection.encode(message, version)[4:]
        yield payload, 4 if version > 200 else len(str(cls.spec.id)) + 1


@pytest.mark.sample(1, test=3)
@pytest.mark.proof
@pytest.mark.parametrize("cls", ALL, ids=name_of)
def test_a_body_cut_at_every_byte(cls: type[Message]) -> None:
    table = catalogue.REQUESTS if cls.spec.request else catalogue.RESPONSES
    for version in CUT[:: many(test=1, quick=1, proof=1)]:
        codecs = Codecs(version, table)
        for payload, head in list(bodies(cls, version))[: many(test=1, quick=2, proof=4)]:
            for cut in range(head, len(payload)):
                check(codecs.decode(payload[:cut]), cls)


@pytest.mark.sample(1, test=3)
@pytest.mark.proof
@pytest.mark.parametrize("cls", ALL, ids=name_of)
def test_a_mutated_body(cls: type[Message]) -> None:
    table = catalogue.REQUESTS if cls.spec.request else catalogue.RESPONSES
    random = Random(cls.__name__)
    for version in FUZZED:
        codecs = Codecs(version, table)
        for payload, head in bodies(cls, version):
            for _ in range(many(test=3, quick=12, proof=500)):
                body = mutated(payload[head:], random)
                event = codecs.decode(payload[:head] + body)
                check(event, cls)
                twins_agree(event, cls, version, body)


@pytest.mark.proof
def test_any_bytes_at_all() -> None:
    for version in FUZZED:
        for table in (catalogue.REQUESTS, catalogue.RESPONSES):
            codecs, random = Codecs(version, table), Random(version)
            for _ in range(many(test=600, quick=2000, proof=200_000)):
                number = random.choice((*table, *(n + 200 for n in table), random.randrange(500)))
                head = number.to_bytes(4) if version > 200 else f"{number}\0".encode()
                body = random.choice((random.randbytes(random.randrange(60)), digits(random)))
                assert isinstance(codecs.decode(head + body), EVENTS)


def digits(random: Random) -> bytes:
    """Text that looks like a message."""
    tokens = (b"", b"0", b"1", b"7", b"-1", b"1.5", b"2147483647", b"STK", b"nan", b"1e999")
    return b"".join(random.choice(tokens) + b"\0" for _ in range(random.randrange(40)))


PIECES = (
    b"", b"\0", b"-", b"9" * 30, b"nan", b"inf", b"1e400", b"\xff", b"\xe2\x82", b"1_0",
    "٣".encode(), b"\\u12", b"\\x", b"\x0b", b"\x0c", b"\xff" * 10, b"\x80" * 10 + b"\1",
    b"\x07", b"2147483648",
)  # fmt: skip


def mutated(body: bytes, random: Random) -> bytes:
    """The body with one to three small changes."""
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(body) + 1)
        end = at + random.choice((0, 0, 1, 1, 4))
        piece = random.choice(
            (*PIECES, random.randbytes(1), random.randbytes(2), body[end : end + 9])
        )
        body = body[:at] + piece + body[end:]
    return body


def twins_agree(event: Any, cls: type[Message], version: int, body: bytes) -> None:
    """What the generated decoder makes of it, the interpreter does too."""
    if not isinstance(event, Message) or not cls.__struct_fields__:
        return  # of a message without fields the runtime does not read anything
    if version >= cls.spec.protobuf:
        twin = oracle.read_proto(cls, body)[0]
    else:
        tokens = str(body, "utf-8", "backslashreplace").split("\0")
        twin = oracle.read_text(cls, version, tokens)[0]
    assert repr(twin) == repr(event)  # a number may be NaN, which equals nothing


@walk(
    "body",
    [b"\x1a\x02\xff\xfe", b"\x1a\x05ab", b"\x08\xff", b"\x00\x01", b"\x0b", b"\x08" + b"\xff" * 11],
)
def test_protobuf_that_is_none(body: bytes) -> None:
    """Invalid UTF-8, a string and a number cut short, no field number, an open group."""
    event = Codecs(226, catalogue.RESPONSES).decode((246).to_bytes(4) + body)
    check(event, TickString)
    assert isinstance(event, Undecodable)


@walk(
    ("body", "expected"),
    [
        (b"\x08" + b"\xff" * 9 + b"\x01", TickString(-1)),
        (b"\x09abcdefgh\x10\x05", TickString(0, 5)),  # reqId of another wire type
        (b"\x0b\x08\x01\x0c\x10\x05", TickString(0, 5)),  # a group is passed over
        (b"\x2b\x00\x01\x2c\x10\x05", TickString(0, 5)),  # in it even a field numbered 0
        (b"\x10\x05\x10\x06", TickString(0, 6)),  # the last one counts
        (b"\xa0\x06\x05\x10\x06", TickString(0, 6)),  # an unknown field
    ],
)
def test_odd_protobuf_is_read_as_the_runtime_does(body: bytes, expected: Message) -> None:
    assert Codecs(226, catalogue.RESPONSES).decode((246).to_bytes(4) + body) == expected
    assert oracle.read_proto(TickString, body)[0] == expected


def test_a_number_that_is_none_in_a_protobuf_order() -> None:
    body = oracle.write_proto(PlaceOrder(1, Contract(), Order(lmtPrice=float("nan"))), 226)
    event = Codecs(226, catalogue.REQUESTS).decode((203).to_bytes(4) + body)
    assert isinstance(event, Undecodable)
    assert event.error.field == "order.lmtPrice"


def test_a_refused_field_is_named_with_its_place() -> None:
    event = Codecs(176, catalogue.REQUESTS).decode(b"1\x0011\x007\x00x\x00")
    assert isinstance(event, Undecodable)
    assert (event.message_id, event.name) == (1, "ReqMktData")
    error = event.error
    assert (error.message, error.field, error.offset, error.found) == (
        "ReqMktData", "contract.conId", 2, "x",
    )  # fmt: skip


# ---------------------------------------------------------------- whom it is about


@walk(
    ("body", "about"),
    [
        (b"1\x0011\x007\x00x\x00", 7),  # the contract's id is none
        (b"1\x0011\x007\x00", 7),  # too short
        (b"1\x0011\x00x\x00", -1),  # the request id itself is none
        (b"1\x0011\x002147483648\x000\x00", -1),
        (b"1\x0011\x00", -1),  # it has not come
        (b"1", -1),
        (b"49\x001\x00x\x00", -1),  # a request without one
    ],
)
def test_an_undecodable_request_tells_its_id(body: bytes, about: int) -> None:
    event = Codecs(176, catalogue.REQUESTS).decode(body)
    assert isinstance(event, Undecodable)
    assert event.request_id == about


def test_an_undecodable_protobuf_request_tells_its_id() -> None:
    body = oracle.write_proto(PlaceOrder(9, Contract(), Order(lmtPrice=float("nan"))), 226)
    event = Codecs(226, catalogue.REQUESTS).decode((203).to_bytes(4) + body)
    assert isinstance(event, Undecodable)
    assert event.request_id == 9


# ---------------------------------------------------------------- memory

HUGE = (b"2147483647", b"-1", b"9223372036854775807", b"9" * 30)


@pytest.mark.sample(1, test=3)
@pytest.mark.long
@pytest.mark.parametrize("cls", TEXT, ids=name_of)
def test_a_huge_count_allocates_nothing(cls: type[Message]) -> None:
    table = catalogue.REQUESTS if cls.spec.request else catalogue.RESPONSES
    codecs, head = Codecs(200, table), f"{cls.spec.id}\0".encode()
    tokens = oracle.write_text(for_text(samples(cls)[-1]), 200).encode().split(b"\0")
    check(codecs.decode(head + b"\0".join(tokens)), cls)  # generates the decoder
    for place in range(min(len(tokens), 60)):
        for number in HUGE:
            body = b"\0".join([*tokens[:place], number, *tokens[place + 1 :]])
            tracemalloc.start()
            check(codecs.decode(head + body), cls)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 300_000, (place, number, peak)
