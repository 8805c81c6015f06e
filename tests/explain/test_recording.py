"""A recording's values, encoded again and told; the input's kind is seen at its first bytes."""

import copy
import io
import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from papertape.explain.frames import Explained
from papertape.explain.input import kind_of, reader
from papertape.explain.recording import recorded
from papertape.model import Contract, Order
from papertape.wire.catalogue.market import TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import NextValidId
from papertape.wire.connection import encode
from papertape.wire.message import Message
from walks import walk
from wire.messages import ALL, name_of, samples

LOG = b"20:54:49:921 -> ---54-2--1-2104-Market data farm connection is OK:usfarm-"


def recording(message: Message, version: int) -> bytes:
    """A line as the station's wire log writes it."""
    line = {
        "client": 1, "session": 1, "dir": "in" if message.spec.request else "out",
        "name": message.spec.proto_name, "version": version, "format": "text", "fields": message,
    }  # fmt: skip
    return msgspec.json.Encoder(decimal_format="string").encode(line)


def everything(data: bytes, *, step: int = 0, **options: Any) -> list[Explained]:
    step = step or len(data)
    pieces = [data[i : i + step] for i in range(0, len(data), step)]
    reading = reader(data, **options)
    return [one for piece in pieces for one in reading.feed(piece)] + reading.finish()


@walk("cls", ALL, ids=name_of, check=3)
def test_every_message_comes_back_from_a_recording(cls: type[Message]) -> None:
    version = max(cls.spec.since, 226 if cls.spec.protobuf <= 226 else 176)
    version = min(version, cls.spec.until - 1)
    message: Any = copy.deepcopy(samples(cls)[-1])
    if hasattr(message, "order") and message.order.competeAgainstBestOffset == math.inf:
        message.order.competeAgainstBestOffset = 5.0  # JSON knows no infinity
    if version < cls.spec.protobuf:
        message = msgspec.convert(msgspec.to_builtins(cls()), cls)
    found = recorded(recording(message, version), 0)
    assert found.problem is None, found.problem
    assert found.length == len(encode(message, version)) - 4
    assert (found.version, found.version_from) == (version, "recorded")


@walk(
    ("line", "reason"),
    [
        (b"{", "is not a recording"),
        (b"[" * 100_000, "is not a recording"),
        (b'{"dir":"in\x80"', "is not a recording"),
        (b'{"dir":"up","name":"x","version":1,"fields":{}}', "is not a recording"),
        (b'{"dir":"out","name":"Nothing","version":176,"fields":{}}', "is called 'Nothing'"),
        (b'{"dir":"out","name":"NextValidId","version":99,"fields":{}}', "no server version 99"),
        (b'{"dir":"out","name":"NextValidId","version":176,"fields":{"orderId":"x"}}', "orderId"),
    ],
)
def test_what_is_no_recording_is_named(line: bytes, reason: str) -> None:
    problem = recorded(line, 33).problem
    assert problem and reason in problem.reason
    assert problem.offset == 33


@walk(
    ("start", "kind"),
    [
        (b' {"dir":"out"', "recording"),
        (LOG, "log"),
        (b"some heading\n" + LOG, "log"),
        (b"00 00 00:05\n0x39,\\x00", "hex"),
        (encode(NextValidId(5), 176), "bytes"),
        (encode(NextValidId(5), 226), "bytes"),
        (b"API\0", "bytes"),
    ],
)
def test_the_first_bytes_tell_what_an_input_is(start: bytes, kind: str) -> None:
    assert kind_of(start) == kind


@walk("step", [0, 1, 2, 5])
@walk("between", ["", " ", ":", ",0x", "\\x", "\n"])
def test_hexadecimal_in_every_spelling(between: str, step: int) -> None:
    data = encode(NextValidId(5), 176) + encode(TickPrice(1, 1, 1.5), 176)
    spelled = between.join(f"{byte:02x}" for byte in data).encode()
    found = everything(spelled, step=step, sender="server", version=176)
    assert [one.name for one in found] == ["NextValidId", "TickPrice"]
    assert [one.offset for one in found] == [0, 10]


@pytest.mark.parametrize("text", [b"000000061", b"00000006 zz"])
def test_bad_hexadecimal_is_named(text: bytes) -> None:
    reading = reader(b"00")
    found = reading.feed(text) + reading.finish()
    assert found[-1].problem and ("half a byte" in found[-1].problem.reason
                                  or "not hexadecimal" in found[-1].problem.reason)  # fmt: skip


def test_a_message_without_its_length() -> None:
    data = encode(NextValidId(5), 176)[4:]
    (found,) = everything(data, payload=True, version=176, sender="server")
    assert found.problem is None
    assert [row.offset for row in found.fields] == [2, 4]


@walk("step", [0, 1, 10])
def test_a_log_line_by_line(step: int) -> None:
    data = b"started\n" + LOG + b"\r\n" + LOG + b"\n"
    found = everything(data, step=step, version=165)
    assert [one.name for one in found] == ["ErrorMessage"] * 2
    for one in found:
        for row in one.fields:
            assert data[row.offset :].startswith(row.raw.encode())


def test_a_length_that_is_a_line_feed_goes_on_in_the_next_line() -> None:
    frame = encode(NextValidId(12345), 176)
    assert frame[3:4] == b"\n"
    data = b"20:54:49:921 -> " + frame.replace(b"\0", b"-") + b"\n"
    (found,) = everything(data, version=176)
    assert found.problem is None and found.fields[-1].value == 12345


def test_a_recording_line_by_line() -> None:
    order = PlaceOrder(1, Contract(symbol="IBM"), Order(action="BUY"))
    data = recording(order, 226) + b"\n\n" + recording(NextValidId(5), 176) + b"\n"
    found = everything(data, step=7)
    assert [(one.name, one.version, one.format) for one in found] == [
        ("PlaceOrder", 226, "protobuf"), ("NextValidId", 176, "text"),
    ]  # fmt: skip


def test_what_the_station_records_is_read() -> None:
    from papertape.server.taps.wire_log import WireLog

    out = io.StringIO()
    session: Any = SimpleNamespace(client_id=1, number=1, version=226)
    log = WireLog(out)
    log.received(session, PlaceOrder(1, Contract(symbol="IBM"), Order(action="BUY")))
    log.sent(session, NextValidId(5), b"")
    found = everything(out.getvalue().encode())
    assert [(one.name, one.sender) for one in found] == [
        ("PlaceOrder", "client"), ("NextValidId", "server"),
    ]  # fmt: skip
    assert not any(one.problem for one in found)
