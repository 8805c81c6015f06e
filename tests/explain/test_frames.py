"""A frame told field by field: what was read, where it stands, what put it there, what is wrong."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from lanes import many
from papertape.explain.frames import Explained, FieldRow, Limits, Sender, encoded, explain
from papertape.model import ComboLeg, Contract, Order
from papertape.wire import catalogue, oracle
from papertape.wire.catalogue.account import ReqAccountSummary
from papertape.wire.catalogue.market import ReqMktData, TickPrice
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.wire.catalogue.reports import OrderStatus
from papertape.wire.catalogue.session import NextValidId
from papertape.wire.connection import Codecs, encode, encoder
from papertape.wire.layout import Variant
from papertape.wire.message import Message
from papertape.wire.plan import plan
from papertape.wire.schema import proto_fields
from walks import walk
from wire.messages import (
    ALL,
    PROTO,
    TEXT,
    for_text,
    name_of,
    proto_versions,
    samples,
    text_versions,
)

SOME = slice(None, None, 12)
"""Every twelfth of the versions beside gates: the others are the interpreter's tests."""


def sender_of(cls: type[Message]) -> Sender:
    return "client" if cls.spec.request else "server"


def payload_of(message: Message, version: int) -> bytes:
    as_text = version < message.spec.protobuf
    return encode(for_text(message) if as_text else message, version)[4:]


def body_of(payload: bytes, version: int) -> bytes:
    return payload[4:] if version >= 201 else payload.partition(b"\0")[2]


def decoded(cls: type[Message], payload: bytes, version: int) -> Any:
    table = catalogue.REQUESTS if cls.spec.request else catalogue.RESPONSES
    return Codecs(version, table).decode(payload)


def encodable(cls: type[Message], versions: tuple[int, ...]) -> Iterator[tuple[Message, int]]:
    """Samples in the form that each of the versions uses."""
    for version in versions:
        yield from ((message, version) for message in samples(cls))


def at_path(record: Any, path: str) -> Any:
    """What a record holds at a path of names and indices."""
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        record = getattr(record, name)
        record = record[int(index)] if index else record
    return record


def plain(value: Any) -> Any:
    """A record as the rows show it."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else value


# ---------------------------------------------------------------- what is whole


@pytest.mark.long
@walk("cls", TEXT, ids=name_of, check=5)
def test_text_rows_hold_the_decoded_values_at_their_places(cls: type[Message]) -> None:
    versions = tuple(v for v in text_versions(cls) if v < min(cls.spec.protobuf, 1000))
    compared = 0
    for message, version in encodable(cls, versions[SOME]):
        payload = payload_of(message, version)
        told = explain(payload, sender_of(cls), version, at=1000)
        assert (told.name, told.id, told.format) == (cls.__name__, cls.spec.id, "text")
        assert told.problem is None
        body, found = body_of(payload, version), decoded(cls, payload, version)
        assert "".join(f"{row.raw}\0" for row in told.fields).encode() == body or shortened(told)
        start = 1004 + len(payload) - len(body)
        for row in told.fields:
            raw = row.raw.partition("…")[0].encode()
            assert body[row.body_offset :].startswith(raw)
            assert row.offset == start + row.body_offset
            compared += compare(row, found)
    assert compared or not versions or not any(True for _ in cls.__struct_fields__)


def shortened(told: Explained) -> bool:
    return any("…" in row.raw for row in told.fields)


def compare(row: FieldRow, found: Message) -> int:
    """Whether there was a value to compare."""
    if row.value is None and row.name not in message_paths(found):
        return 0  # a constant
    if row.name.endswith((" count", " present")):
        held = at_path(found, row.name.rpartition(" ")[0])
        expected = len(held) if row.name.endswith("count") else held is not None
    else:
        expected = plain(at_path(found, row.name))
    assert row.value == expected, row
    return 1


def message_paths(found: Message) -> set[str]:
    return set(found.__struct_fields__)


@pytest.mark.long
@walk("cls", PROTO, ids=name_of, check=5)
def test_protobuf_rows_hold_the_decoded_values_at_their_places(cls: type[Message]) -> None:
    for message, version in encodable(cls, proto_versions(cls)[SOME]):
        payload = payload_of(message, version)
        told = explain(payload, sender_of(cls), version)
        assert (told.name, told.id, told.format) == (cls.__name__, cls.spec.id, "protobuf")
        assert told.clean
        body, found = payload[4:], decoded(cls, payload, version)
        pieces = [bytes.fromhex(row.raw) for row in told.fields]
        assert b"".join(pieces) == body
        for row, piece in zip(told.fields, pieces):
            assert body[row.body_offset :].startswith(piece)
            assert row.offset == 8 + row.body_offset
            assert row.number == oracle_number(piece)
            assert row.gate
            known, value = proto_value(found, row.name)
            if known:
                assert row.value == value, row


def oracle_number(piece: bytes) -> int:
    key = shift = 0
    for byte in piece:
        key |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return key >> 3


def proto_value(record: Any, path: str) -> tuple[bool, Any]:
    """What the message holds for a row; protobuf has names of its own for a few fields."""
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        field = next(one for one in proto_fields(type(record)) if one.proto_name == name)
        if field.name.startswith("+") or field.kind == "map":
            return False, None
        if field.repeated and not index and field.kind == "string":
            return False, None  # one row for each element
        record = getattr(record, field.name)
        record = record[int(index)] if index else record
    return not isinstance(record, msgspec.Struct), record


def test_gates_stand_beside_the_fields() -> None:
    told = explain(payload_of(CancelOrder(7), 169), "client", 169)
    assert [(row.name, row.gate) for row in told.fields] == [
        ("version", "until 192"),
        ("orderId", ""),
        ("orderCancel.manualOrderCancelTime", "since 169"),
    ]


def test_conditions_and_outer_gates_are_told() -> None:
    contract = Contract(secType="BAG", comboLegs=[ComboLeg(1)])
    told = explain(payload_of(ReqMktData(1, contract), 176), "client", 176)
    gates = {row.name: row.gate for row in told.fields}
    assert gates["contract.comboLegs count"] == "when contract.secType == 'BAG'"
    assert gates["contract.comboLegs[0].conId"] == "when contract.secType == 'BAG'"


def test_a_protobuf_field_has_the_gate_of_its_message_or_its_own() -> None:
    order = Order(action="BUY", postOnly=True)
    told = explain(payload_of(PlaceOrder(1, order=order), 226), "client", 226)
    gates = {row.name: row.gate for row in told.fields}
    assert gates["orderId"] == "protobuf since 203"
    assert gates["order.postOnly"] == f"since {PlaceOrder.spec.proto_gates['order.postOnly']}"


# ---------------------------------------------------------------- what is broken


APART = many(test=7, quick=2, proof=1)


def ends(payload: bytes) -> range:
    """Where to cut: at every byte of a short body, of a long one only to prove it."""
    return range(0, len(payload), 1 if len(payload) < 150 else APART)


@pytest.mark.sample(1, test=3)
@pytest.mark.proof
@pytest.mark.parametrize("cls", TEXT, ids=name_of)
def test_a_text_cut_anywhere_is_named(cls: type[Message]) -> None:
    version = next((v for v in reversed(text_versions(cls)) if v < cls.spec.protobuf), None)
    if version is None:
        return
    payload = payload_of(samples(cls)[-1], version)
    # Without the token that only some peers send, one field less is a whole message too.
    loose = any(isinstance(step, Variant) for step in plan(cls, version))
    texts = payload.count(b"\0")
    for end in ends(payload):
        told = explain(payload[:end], sender_of(cls), version)
        lacks = texts - payload[:end].count(b"\0")
        if payload[:end].endswith(b"\0") and 0 < lacks <= cls.spec.spare:
            assert told.clean, "its last texts may be missing"
            continue
        if loose and told.clean and len(told.fields) == len(plan(cls, version)) - 1:
            continue
        assert told.problem, (end, payload[:end])
        assert told.problem.reason
        if told.name:
            assert told.problem.message == cls.__name__
            assert told.problem.offset <= 4 + end


@pytest.mark.sample(1, test=3)
@pytest.mark.proof
@pytest.mark.parametrize("cls", PROTO, ids=name_of)
def test_a_protobuf_body_cut_anywhere_is_named_where_a_field_is_cut(cls: type[Message]) -> None:
    version = proto_versions(cls)[-1]
    payload = payload_of(samples(cls)[-1], version)
    whole = explain(payload, sender_of(cls), version)
    starts = {row.body_offset for row in whole.fields if "." not in row.name} | {len(payload) - 4}
    for end in ends(payload):
        told = explain(payload[:end], sender_of(cls), version)
        between = end - 4 in starts or end == 4
        assert (told.problem is None) == between, (end, told.problem)
        if end >= 4 and told.problem:
            assert told.problem.message == cls.__name__
            assert 0 <= (told.problem.body_offset or 0) <= end - 4


@pytest.mark.long
@walk("cls", ALL, ids=name_of, check=17, test=3)
def test_any_changed_byte_is_told_or_read(cls: type[Message]) -> None:
    version = 226 if cls.spec.layout is None or cls.spec.protobuf <= 226 else 200
    payload = payload_of(samples(cls)[-1], version)
    for i in range(0, len(payload), 23):
        for byte in (0x00, 0x2D, 0xFF):
            told = explain(payload[:i] + bytes((byte,)) + payload[i + 1 :], sender_of(cls), version)
            assert encoded(told)


@walk(
    ("cls", "version", "tokens", "field", "body_offset", "found", "reason"),
    [
        (ReqAccountSummary, 176, "1 x All tags ", "reqId", 2, "x", "is not a valid int"),
        (ReqAccountSummary, 176, "1 7 ", "group", 4, None, "ends before this field"),
        (ReqAccountSummary, 176, "1 7 All t more ", "", 10, ["more", ""], "5 fields, expected 4"),
        (TickPrice, 176, "6 1 1 dear 5 0 ", "price", 6, "dear", "is not a valid float"),
        (OrderStatus, 176, "1 Filled", "status", 2, "Filled", "no NUL follows"),
        (OrderStatus, 176, "1 Filled ", "filled", 9, None, "ends before this field"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text(
    cls: type[Message], version: int, tokens: str, field: str, body_offset: int, found: object,
    reason: str,
) -> None:  # fmt: skip
    payload = f"{cls.spec.id} {tokens}".replace(" ", "\0").encode()
    problem = explain(payload, sender_of(cls), version, at=100).problem
    assert problem
    assert (problem.message, problem.field, problem.found) == (cls.__name__, field, found)
    assert problem.body_offset == body_offset
    assert problem.offset == 104 + len(str(cls.spec.id)) + 1 + body_offset
    assert reason in problem.reason


def test_what_a_newer_server_added_is_shown_as_not_read() -> None:
    told = explain(b"9\x001\x005\0more\0", "server", 176)
    assert told.problem is None and not told.clean
    assert [(row.name, row.raw, row.note) for row in told.fields][2:] == [
        ("#3", "more", "not read")
    ]


def test_an_unknown_protobuf_field_is_shown_with_number_and_bytes() -> None:
    payload = payload_of(NextValidId(5), 226) + b"\xa2\x06\x02hi"
    told = explain(payload, "server", 226)
    assert told.problem is None and not told.clean
    row = told.fields[-1]
    assert (row.number, row.wire_type, row.raw) == (100, "bytes", "a2 06 02 68 69")
    assert row.note == "unknown field, passed over"


@walk(
    ("payload", "sender", "version", "reason"),
    [
        (b"", "server", 226, "too short"),
        (b"\0\0", "server", 226, "too short"),
        (b"", "server", 176, "is not a number"),
        (b"x\0", "server", 176, "is not a number"),
        (b"007\0", "server", 176, "is not a number"),
        (b"7777\0a\0", "server", 176, "no message from the server has the id 7777"),
        (b"\0\0\0\x09", "server", 176, "ids are written as by server versions from 201 on"),
        (b"25\x001\x00", "server", 176, "from the client it is CancelHistoricalData"),
        (b"\0\0\x03\xe8\x08\x01", "client", 226, "no message from the client has the id 800"),
    ],
)
def test_what_is_no_message(payload: bytes, sender: Sender, version: int, reason: str) -> None:
    told = explain(payload, sender, version)
    assert told.problem and reason in told.problem.reason


def test_fields_of_an_unknown_message_are_listed() -> None:
    assert [row.raw for row in explain(b"7777\0a\0b\0", "server", 176).fields] == ["a", "b"]
    rows = explain(b"\0\0\x03\xe8\x08\x01\x12\x01x", "client", 226).fields
    assert [(row.number, row.raw) for row in rows] == [(1, "08 01"), (2, "12 01 78")]


def test_versions_that_do_not_fit_are_noted() -> None:
    text = encoder(NextValidId, 200)(NextValidId(5))[4:]
    raw = (9).to_bytes(4) + text.partition(b"\0")[2]
    assert "send it as protobuf" in explain(raw, "server", 226).notes[0]
    early = explain(payload_of(NextValidId(5), 226), "server", 205)
    assert "protobuf from server version 213" in early.notes[0]


# ---------------------------------------------------------------- limits


def test_long_values_and_many_fields_are_cut() -> None:
    payload = b"15\x001\0" + b"x" * 10_000 + b"\0"
    row = explain(payload, "server", 176, limits=Limits(text=50)).fields[-1]
    assert row.raw == row.value == "x" * 50 + "… (10000 characters)"
    many = explain(b"7777\0" + b"\0" * 1000, "server", 176, limits=Limits(fields=10))
    assert len(many.fields) == 10


def test_reading_ends_after_more_fields_than_any_message_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("papertape.explain.frames.READ_FIELDS", 100)
    limits = Limits(fields=10)
    told = explain(b"\0\0\0\xd1" + b"\x08\x05" * 200, "server", 226, limits=limits)
    assert len(told.fields) == 10
    assert told.notes == ("what follows the first 100 fields was not read",)


def test_many_pieces_of_one_record_are_read_once() -> None:
    """Each piece was once read again with every further one."""
    piece = b"\x12\x02\x08\x05"
    _, seen = oracle.read_proto(ReqMktData, piece * 500)
    assert len(seen) == 1000
    assert [token.offset for token in seen[:4]] == [0, 2, 4, 6]
