"""Both ends talk in memory; whatever comes instead of a message is told, never raised."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from papertape.errors import BadFrame, FeatureNotSupported, FrameTooLong, LocalProtocolError
from papertape.model import Contract, Order
from papertape.versions import RAW_IDS
from papertape.wire import catalogue, connection
from papertape.wire.catalogue.account import AccountValue, ReqPositions
from papertape.wire.catalogue.config import ConfigResponse
from papertape.wire.catalogue.contract import ReqContractDetails
from papertape.wire.catalogue.market import CancelMktData, ReqMktData, TickPrice, TickString
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reference import SoftDollarTiers
from papertape.wire.catalogue.scanner import ScannerData
from papertape.wire.catalogue.session import ErrorMessage, NextValidId, ReqCurrentTime, StartApi
from papertape.wire.connection import (
    LONGEST_EXPLAINED,
    Broken,
    ClientConnection,
    Codecs,
    Greeting,
    Negotiated,
    OutOfTurn,
    ServerConnection,
    Undecodable,
    UnknownMessage,
)
from papertape.wire.framing import MAX_PAYLOAD, frame
from papertape.wire.handshake import LONGEST_HASTE, LONGEST_START, ConnectionState
from papertape.wire.layout import ALWAYS
from papertape.wire.limits import MOST_FIELDS
from papertape.wire.message import Message
from walks import walk
from wire.messages import ALL, name_of
from wire.views import differences, sendable

VERSIONS = (100, 176, 200, 201, 206, 226)
TIME = "20261122 15:00:00 EST"


def pair(version: int) -> tuple[ClientConnection, ServerConnection]:
    """Two ends that have agreed on a version and started."""
    client, server = ClientConnection(highest=version), ServerConnection()
    greeting = server.receive_data(client.initiate())
    assert greeting == [Greeting(100, version, "", version)]
    assert client.receive_data(server.accept(TIME)) == [Negotiated(version, TIME)]
    assert server.receive_data(client.send(StartApi(7))) == [StartApi(7)]
    assert client.state is server.state is ConnectionState.STARTED
    return client, server


# ---------------------------------------------------------------- talking


@pytest.mark.long
@walk("cls", ALL, ids=name_of, check=13)
def test_what_one_end_sends_the_other_receives(cls: type[Message]) -> None:
    for version in VERSIONS:
        client, server = pair(version)
        sender, receiver = (client, server) if cls.spec.request else (server, client)
        for message, expected in sendable(cls, version):
            (found,) = receiver.receive_data(sender.send(message))
            assert differences(found, expected) == []


@pytest.mark.long
@walk("version", VERSIONS, check=7)
def test_a_conversation_in_any_pieces(version: int) -> None:
    conversation: list[tuple[Message, Message]] = []
    for cls in (ReqMktData, ReqContractDetails, CancelMktData, PlaceOrder, ReqCurrentTime):
        conversation += sendable(cls, version)
    client, _ = pair(version)
    stream = b"".join(client.send(message) for message, _ in conversation)
    expected = [message for _, message in conversation]
    for cut in (lambda r: 1, lambda r: r.randrange(1, 9), lambda r: r.choice((1, 4096, 9000))):
        assert received_in_pieces(stream, version, cut) == expected


def received_in_pieces(stream: bytes, version: int, cut: Callable[[Random], int]) -> list[Any]:
    _, server = pair(version)
    random, found, at = Random(version), [], 0
    while at < len(stream):
        size = cut(random)
        found += server.receive_data(stream[at : at + size])
        at += size
    return found


@walk("version", VERSIONS)
def test_the_opening_in_single_bytes(version: int) -> None:
    client, server = ClientConnection(highest=version, options="+PACEAPI"), ServerConnection()
    found = [e for byte in client.initiate() for e in server.receive_data(bytes([byte]))]
    assert found == [Greeting(100, version, "+PACEAPI", version)]
    found = [e for byte in server.accept(TIME) for e in client.receive_data(bytes([byte]))]
    assert found == [Negotiated(version, TIME)]
    assert client.connection_time == TIME


def test_the_answer_and_messages_behind_it_in_one_piece() -> None:
    client, server = ClientConnection(), ServerConnection()
    server.receive_data(client.initiate())
    answer = server.accept(TIME)
    later = connection.encode(NextValidId(5), server.version)
    assert client.receive_data(answer + later) == [Negotiated(226, TIME), NextValidId(5)]


def test_no_version_in_common() -> None:
    server = ServerConnection(highest=176)
    sent = ClientConnection(lowest=213).initiate()
    assert server.receive_data(sent) == [Greeting(213, 226, "", None)]


# ---------------------------------------------------------------- out of turn


def test_a_request_before_the_start() -> None:
    client, server = ClientConnection(), ServerConnection()
    server.receive_data(client.initiate())
    client.receive_data(server.accept(TIME))
    with pytest.raises(LocalProtocolError, match="START_API"):
        client.send(ReqPositions())
    early = connection.encode(ReqPositions(), 226)
    assert server.receive_data(early) == [OutOfTurn("ReqPositions", ConnectionState.NEGOTIATED)]
    assert server.ended
    assert server.receive_data(connection.encode(StartApi(1), 226)) == []


@pytest.mark.parametrize("version", [176, 226])
def test_a_second_start(version: int) -> None:
    client, server = pair(version)
    with pytest.raises(LocalProtocolError, match="no start while started"):
        client.send(StartApi(7))
    sent = connection.encode(StartApi(7), version)
    assert server.receive_data(sent) == [OutOfTurn("StartApi", ConnectionState.STARTED)]
    assert server.ended


@pytest.mark.long
@walk("version", VERSIONS)
@walk("pieces", ["one", "two", "bytes"])
def test_what_comes_behind_the_greeting_waits_for_the_version_answer(
    version: int, pieces: str
) -> None:
    client, server = ClientConnection(highest=version), ServerConnection()
    first = client.initiate()
    with pytest.raises(LocalProtocolError, match="no message while greeted"):
        client.send(ReqPositions())
    order = PlaceOrder(1, Contract(), Order(scaleTable="A" * 5000))
    hasty = [connection.encode(message, version) for message in (StartApi(7), order)]
    cuts = {
        "one": [first + b"".join(hasty)],
        "two": [first, b"".join(hasty)],
        "bytes": [bytes([byte]) for byte in first + b"".join(hasty)],
    }
    found = [event for piece in cuts[pieces] for event in server.receive_data(piece)]
    assert found == [Greeting(100, version, "", version)]
    server.accept(TIME)
    started, placed = server.receive_data(b"")
    assert started == StartApi(7)
    assert isinstance(placed, PlaceOrder) and placed.contract is not None
    assert placed.contract.symbol == order.contract.symbol  # type: ignore[union-attr]


def test_a_request_behind_the_greeting_is_out_of_turn_after_the_answer() -> None:
    client, server = ClientConnection(), ServerConnection()
    server.receive_data(client.initiate() + connection.encode(ReqPositions(), 226))
    server.accept(TIME)
    assert server.receive_data(b"") == [OutOfTurn("ReqPositions", ConnectionState.NEGOTIATED)]
    assert server.ended


def test_only_so_much_is_kept_behind_a_greeting() -> None:
    client, server = ClientConnection(), ServerConnection()
    server.receive_data(client.initiate())
    assert server.receive_data(bytes(LONGEST_HASTE)) == []
    (event,) = server.receive_data(b"\0")
    assert isinstance(event, Broken)
    assert server.unfinished == b"" or len(server.unfinished) == LONGEST_HASTE + 1
    assert server.ended


@walk("version", VERSIONS)
@walk("length", [LONGEST_START + 1, MAX_PAYLOAD])
def test_before_the_start_a_long_frame_is_refused_by_its_length(version: int, length: int) -> None:
    client, server = ClientConnection(highest=version), ServerConnection()
    server.receive_data(client.initiate())
    server.accept(TIME)
    (event,) = server.receive_data(length.to_bytes(4))
    assert isinstance(event, Broken)
    told = f"{length} bytes are too many for START_API, which has at most 4096"
    assert event.error.reason == told
    assert server.ended and server.unfinished == b""


def test_the_longest_start_is_taken_and_longer_messages_after_it() -> None:
    client, server = ClientConnection(highest=176), ServerConnection()
    server.receive_data(client.initiate())
    server.accept(TIME)
    start = StartApi(7, "x" * (LONGEST_START - len(b"71\0002\0007\0\0")))
    order = PlaceOrder(1, Contract(), Order(scaleTable="A" * 5000))
    sent = b"".join(connection.encode(message, 176) for message in (start, order))
    assert [type(event) for event in server.receive_data(sent)] == [StartApi, PlaceOrder]


@walk("number", [1, 62, 63, 99, 999_999_999])
def test_a_client_from_before_v100(number: int) -> None:
    server = ServerConnection()
    sent = f"{number}\0".encode()
    assert [e for byte in sent[:-1] for e in server.receive_data(bytes([byte]))] == []
    (event,) = server.receive_data(sent[-1:] + b"1\0")
    assert event == Greeting(number, number, "", None, framed=False)
    assert server.ended and server.receive_data(b"71\0") == []


@walk("sent", [b"6x", b"1234567890", b"6\n", "６３".encode()])
def test_digits_that_are_no_old_greeting(sent: bytes) -> None:
    server = ServerConnection()
    (event,) = server.receive_data(sent)
    assert isinstance(event, Broken)
    assert event.error.reason == "no API prefix"


def test_an_undecodable_start_is_out_of_turn() -> None:
    client, server = ClientConnection(highest=176), ServerConnection()
    server.receive_data(client.initiate())
    server.accept(TIME)
    (found,) = server.receive_data(frame(b"71\x002\x00x\x00\x00"))
    assert isinstance(found, OutOfTurn)
    assert (found.name, found.state) == ("StartApi", ConnectionState.NEGOTIATED)
    assert found.error is not None
    assert (found.error.field, found.error.found) == ("clientId", "x")


def test_nothing_is_sent_or_read_after_the_end() -> None:
    client, server = pair(226)
    request = client.send(ReqPositions())
    for end in (client, server):
        end.close()
        assert end.receive_data(request) == []
    with pytest.raises(LocalProtocolError):
        client.send(ReqPositions())
    with pytest.raises(LocalProtocolError):
        server.send(NextValidId(1))


def test_an_end_cannot_open_twice() -> None:
    client, server = pair(226)
    with pytest.raises(LocalProtocolError):
        client.initiate()
    with pytest.raises(LocalProtocolError):
        server.accept(TIME)


# ---------------------------------------------------------------- bytes that are no frames


@walk("sent", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"APIx", b"API1\0\0"])
def test_somebody_who_does_not_speak_the_protocol(sent: bytes) -> None:
    server = ServerConnection()
    found = [event for byte in sent for event in server.receive_data(bytes([byte]))]
    assert [type(event) for event in found] == [Broken]
    assert isinstance(found[0].error, BadFrame)
    assert server.ended


@walk("length", [MAX_PAYLOAD + 1, 17 * 2**20, 2**32 - 1])
def test_a_frame_that_is_too_long(length: int) -> None:
    for end in pair(226):
        (event,) = end.receive_data(length.to_bytes(4) + b"x")
        assert isinstance(event, Broken)
        assert isinstance(event.error, FrameTooLong)
        assert event.error.length == length
        assert end.ended and end.receive_data(b"\0\0\0\0") == []


def test_a_greeting_may_not_fill_the_memory() -> None:
    server = ServerConnection()
    (event,) = server.receive_data(b"API\0" + (4097).to_bytes(4))
    assert isinstance(event, Broken)
    assert event.error.reason == "4097 bytes are too many for a greeting"


def test_what_came_before_a_broken_frame_still_counts() -> None:
    client, server = pair(226)
    found = server.receive_data(client.send(ReqPositions()) + b"\xff\xff\xff\xff")
    assert found[0] == ReqPositions()
    assert isinstance(found[1], Broken)
    assert client.receive_data(server.send(NextValidId(1))) == [NextValidId(1)]
    server.close()
    with pytest.raises(LocalProtocolError):
        server.send(NextValidId(1))


def test_a_version_answer_that_is_none() -> None:
    client = ClientConnection()
    client.initiate()
    (event,) = client.receive_data(frame(b"hello\0"))
    assert isinstance(event, Broken)
    assert client.ended


# ---------------------------------------------------------------- frames that are no messages


@walk(
    "payload",
    [b"", b"\0", b"x\0", b"-1\0", b"1.5\0", b"+9\0", b"007\0", "٣\0".encode(), b"\xff\0", b" 9\0",
     b"99999999999999999999\0", b"1" * 5000],
)  # fmt: skip
def test_a_text_id_that_is_no_number(payload: bytes) -> None:
    for end in pair(176):
        (event,) = end.receive_data(frame(payload))
        assert isinstance(event, Undecodable)
        assert event.message_id == -1
        assert event.error.offset == 0
        assert end.state is ConnectionState.STARTED


@walk("payload", [b"", b"\0", b"\0\0\1"])
def test_a_raw_id_that_is_cut_short(payload: bytes) -> None:
    for end in pair(226):
        (event,) = end.receive_data(frame(payload))
        assert isinstance(event, Undecodable)
        assert end.state is ConnectionState.STARTED


@walk("version", [176, 226])
@walk("number", [0, 26, 48, 199, 200, 400, 999_999])
def test_an_unknown_id(version: int, number: int) -> None:
    head = number.to_bytes(4) if version > 200 else f"{number}\0".encode()
    (event,) = pair(version)[1].receive_data(frame(head + b"1\0"))
    assert isinstance(event, UnknownMessage)
    assert event.body == head + b"1\0"


def test_a_message_that_never_became_protobuf() -> None:
    never = [cls for cls in ALL if cls.spec.protobuf == ALWAYS]
    assert never
    for cls in never:
        table = catalogue.REQUESTS if cls.spec.request else catalogue.RESPONSES
        event = Codecs(226, table).decode((cls.spec.id + 200).to_bytes(4) + b"\x08\x01")
        assert isinstance(event, UnknownMessage)


def test_a_message_that_has_no_text_form() -> None:
    event = Codecs(226, catalogue.RESPONSES).decode((110).to_bytes(4) + b"1\0")
    assert event == UnknownMessage(110, (110).to_bytes(4) + b"1\0")


@walk("count", [2**31, 2**63, 10**18, -1, 5])
@walk("cls", [SoftDollarTiers, ScannerData], ids=name_of)
def test_a_count_that_cannot_be_is_refused_before_anything_is_made(
    cls: type[Message], count: int
) -> None:
    head = f"{cls.spec.id}\0" + ("3\0" if cls is ScannerData else "")
    event = Codecs(176, catalogue.RESPONSES).decode(f"{head}1\0{count}\0".encode())
    assert isinstance(event, Undecodable)
    assert event.error.message == cls.__name__


@pytest.mark.parametrize("version", [176, 201])
def test_a_request_of_countless_fields_is_not_taken_apart(version: int) -> None:
    head = b"3\0" if version < RAW_IDS else (3).to_bytes(4)
    codecs = Codecs(version, catalogue.REQUESTS, MOST_FIELDS)
    event = codecs.decode(head + b"\0" * (1 << 22))
    assert isinstance(event, Undecodable)
    assert (event.name, event.error.offset) == ("PlaceOrder", MOST_FIELDS)
    assert "fields" in str(event.error)


@walk("head", [b"", b"x", b"999999999", b"-3"])
def test_countless_fields_of_no_message(head: bytes) -> None:
    event = Codecs(176, catalogue.REQUESTS, 5).decode(head + b"\0" * 6)
    assert isinstance(event, Undecodable) and event.name == ""


def test_a_long_protobuf_body_is_refused_without_a_search_for_the_place() -> None:
    body = b"\x08\x01" * LONGEST_EXPLAINED + b"\x07"
    event = Codecs(226, catalogue.REQUESTS).decode((203).to_bytes(4) + body)
    assert isinstance(event, Undecodable)
    assert event.name == "PlaceOrder" and str(len(body) + 4) in str(event.error)


# ---------------------------------------------------------------- what cannot be sent


@walk("text", ["IBM\0", "Ä", "\x7f", "汉"])
def test_a_request_is_printable(text: str) -> None:
    client, _ = pair(176)
    with pytest.raises(LocalProtocolError) as caught:
        client.send(ReqContractDetails(1, Contract(symbol=text)))
    assert (caught.value.message, caught.value.field) == ("ReqContractDetails", "contract.symbol")


@walk("version", [100, 176, 226])
@walk("text", ["Ä", "汉字", "😀", "a\\b", "\\u00e9", "tab\tline\n"])
def test_a_reply_may_say_anything(version: int, text: str) -> None:
    client, server = pair(version)
    for message in (
        AccountValue("k", text, "USD", text),
        ErrorMessage(1, errorCode=200, errorMsg=text),
        TickString(1, 45, text),
    ):
        (found,) = client.receive_data(server.send(message))
        assert differences(found, message) == []


@pytest.mark.parametrize("version", [100, 176])
def test_a_nul_in_a_reply_does_not_end_the_field(version: int) -> None:
    client, server = pair(version)
    (found,) = client.receive_data(server.send(AccountValue("k", "a\0b", "USD", "DU1")))
    assert found == AccountValue("k", "a b", "USD", "DU1")


@walk("version", [176, 226])
@walk(
    ("message", "field"),
    [
        (TickPrice(reqId="x"), "reqId"),  # type: ignore[arg-type]
        (TickString(1, 45, "\ud800"), "value"),
    ],
)
def test_a_value_that_cannot_be_sent_is_named(version: int, message: Message, field: str) -> None:
    _, server = pair(version)
    if field == "value" and version == 176:
        return  # text escapes it
    with pytest.raises(LocalProtocolError) as caught:
        server.send(message)
    assert (caught.value.message, caught.value.field) == (type(message).__name__, field)


def test_a_number_that_is_too_wide() -> None:
    _, server = pair(226)
    with pytest.raises(LocalProtocolError) as caught:
        server.send(NextValidId(2**31))
    assert caught.value.field == "orderId"


def test_a_message_that_the_version_has_no_form_for() -> None:
    _, server = pair(200)
    with pytest.raises(LocalProtocolError, match="no text form"):
        server.send(ConfigResponse())


def test_a_request_that_the_version_lacks() -> None:
    client, _ = pair(176)
    with pytest.raises(FeatureNotSupported):
        client.send(PlaceOrder(1, Contract(), Order(customerAccount="x")))
    assert client.state is ConnectionState.STARTED


@pytest.mark.long
def test_a_message_longer_than_a_frame() -> None:
    _, server = pair(226)
    with pytest.raises(LocalProtocolError, match="too long"):
        server.send(TickString(1, 45, "x" * (MAX_PAYLOAD + 1)))
