"""What a live gateway and a program said to each other can be said with our messages.

Each captured value is read by the codec of its field, written into a frame of the session's
version, and compared with what was captured, byte for byte; the frames go through both ends of a
connection and into the official-shaped callbacks. All differences stand in the tables below.
"""

import inspect
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from golden.shapes import built, codecs, merged, places, shape_of
from golden.transcripts import DATA, SESSIONS, Step, general, steps
from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.wrapper import EWrapper
from papertape.versions import MAX_SERVER
from papertape.wire import catalogue
from papertape.wire.catalogue.session import StartApi
from papertape.wire.codecs import CODECS, evaluate
from papertape.wire.connection import ClientConnection, Codecs, Negotiated, ServerConnection, encode
from papertape.wire.message import Message
from papertape.wire.oracle import read_text
from walks import walk
from wire.views import differences, proto_view, text_view

CAPTURED = 200
"""The server version of every captured session."""
VERSIONS = (CAPTURED, MAX_SERVER)
"""As captured, and as protobuf."""

# What the recorder tells and the message does not have.
NOWHERE = {
    "open_order filled": "the recorder's own order; the gateway tells it in orderStatus",
    "open_order remaining": "the recorder's own order; the gateway tells it in orderStatus",
    "completed_order remaining": "the recorder's own order; the gateway does not tell it",
    "position contract.primary_exchange": "the recorder's own contract, always empty here",
    "req_open_orders scope": "not a field: it chooses between two requests",
    "cancel_order field_count": "not a field: the number of tokens, compared below",
}
# Captured text -> ours. Both are read as the same value, by server and client.
DIGITS = "the same number with other digits: the recorder shortens zeros or keeps two decimals"
UNSET = "not set: the gateway or ibkr-go leaves it empty, the official client writes a number"
WRITTEN_DIFFERENTLY = {
    DIGITS: """
        commission_report commission  1->1.0  1.00->1.0
        commission_report realized_pnl  0->0.0
        execution_detail price  257.90->257.9
        historical_bars bars[].open  254.20->254.2  255.40->255.4
        historical_bars bars[].high  254.80->254.8  255.00->255.0  255.40->255.4
        historical_bars bars[].low  254.00->254.0  254.80->254.8
        open_order aux_price  0->0.0
        open_order lmt_price  0->0.0  10.00->10.0  150.00->150.0
        order_status avg_fill_price  0->0.0  257.90->257.9
        order_status last_fill_price  0->0.0  257.90->257.9
        order_status mkt_cap_price  0->0.0
        place_order lmt_price  10->10.0  150->150.0
        position avg_cost  256.10->256.1
    """,
    UNSET: """
        api_error error_time_ms  ->0
        cancel_order manual_order_indicator  ->2147483647
    """,
}
# Of whole frames: the gateway writes these zeros without a point, we as every other double.
FRAMES = {
    "CompletedOrder contract.strike  0->0.0",
    "CompletedOrder order.discretionaryAmt  0->0.0",
    "CompletedOrder order.cashQty  0->0.0",
}
# Not set is absent in protobuf, which the official client and ours report as zero.
ABSENT_IN_PROTOBUF = {("realizedPNL", "1.7976931348623157E308"): "0"}


def listed() -> dict[str, str]:
    """The table as ``step field  captured->ours``: reason."""
    return {
        f"{place}  {pair}": reason
        for reason, table in WRITTEN_DIFFERENTLY.items()
        for line in table.strip().splitlines()
        for place, *pairs in [line.strip().split("  ")]
        for pair in pairs
    }


def messages(path: Path) -> Iterator[tuple[Step, Any]]:
    """Every step of a session that stands for a message, with ours."""
    for step in merged(steps(path)):
        if step.side != "handshake" and not step.frame:
            yield step, built(step, CAPTURED)


def table_of(message: Message) -> dict[int, type[Message]]:
    return catalogue.REQUESTS if message.spec.request else catalogue.RESPONSES


def tokens(message: Message, frame: bytes) -> dict[str, str]:
    """What stands in a text frame, by field."""
    _, *fields = frame[4:].decode().split("\0")
    found: dict[str, str] = {}
    for token in read_text(type(message), CAPTURED, fields)[1]:
        found.setdefault(token.name, token.text)
    return found


def unlike(path: Path) -> set[str]:
    """Every difference between what was captured and what we write, as the tables name them."""
    found = set()
    for step, message in messages(path):
        written, known = tokens(message, encode(message, CAPTURED)), places(step)
        for theirs, captured in step.facts.items():
            ours = known.get(theirs, ("",))[0]
            place = f"{step.name} {general(theirs)}"
            if ours not in written:
                found.add(place)
            elif written[ours] != captured:
                found.add(f"{place}  {captured}->{written[ours]}")
    return found


def both_ends(version: int, connection_time: str) -> tuple[ClientConnection, ServerConnection]:
    """A client and a server that have begun a session."""
    client, server = ClientConnection(highest=version), ServerConnection()
    server.receive_data(client.initiate())
    answer = client.receive_data(server.accept(connection_time))
    assert answer == [Negotiated(version, connection_time)]
    assert server.receive_data(client.send(StartApi(1))) == [StartApi(1)]
    return client, server


# ---------------------------------------------------------------- the recordings


def test_the_recordings_are_here_with_their_licence() -> None:
    assert len(SESSIONS) == 28
    assert "MIT License" in (DATA / "LICENSE").read_text("utf-8")
    versions = {
        step.facts["server_version"]
        for path in SESSIONS
        for step in steps(path)
        if step.side == "handshake"
    }
    assert versions == {str(CAPTURED)}


# ---------------------------------------------------------------- byte for byte


@pytest.mark.long
@walk("path", SESSIONS, ids=lambda path: path.stem)
def test_each_value_is_written_as_captured(path: Path) -> None:
    assert unlike(path) - set(listed()) - set(NOWHERE) == set()


@pytest.mark.long
def test_every_difference_that_is_listed_occurs() -> None:
    occurring = set().union(*map(unlike, SESSIONS))
    assert sorted({*listed(), *NOWHERE} - occurring) == []


@pytest.mark.long
def test_what_is_written_differently_is_read_as_the_same() -> None:
    for path in SESSIONS:
        for step, message in messages(path):
            rules, written = codecs(type(message), CAPTURED), tokens(message, encode(message, 200))
            for ours, captured in places(step).values():
                if ours in written:
                    codec = CODECS[rules[general(ours)]]
                    for rule in (codec.read, codec.strict):
                        assert evaluate(rule, captured) == evaluate(rule, written[ours]), step.at


def test_a_cancellation_has_as_many_fields_as_the_captured_one() -> None:
    counts = [
        (int(step.facts["field_count"]), encode(message, CAPTURED).count(b"\0") - 3)
        for path in SESSIONS
        for step, message in messages(path)
        if step.name == "cancel_order"
    ]
    assert counts == [(5, 5)] * 9


def test_whole_frames() -> None:
    found = set()
    frames = [step for path in SESSIONS for step in steps(path) if step.frame]
    for step in frames:
        decode = Codecs(CAPTURED, catalogue.RESPONSES).decode
        message = decode(step.frame[4:])
        assert isinstance(message, Message), message
        again = encode(message, CAPTURED)
        assert decode(again[4:]) == message
        theirs, ours = tokens(message, step.frame), tokens(message, again)
        assert list(theirs) == list(ours)
        assert step.frame.count(b"\0") == again.count(b"\0")
        name = type(message).__name__
        found |= {f"{name} {f}  {theirs[f]}->{ours[f]}" for f in ours if theirs[f] != ours[f]}
    assert found == FRAMES
    assert len(frames) == 2


# ---------------------------------------------------------------- through both ends


@pytest.mark.long
@walk("version", VERSIONS, check=13)
@walk("path", SESSIONS, ids=lambda path: path.stem)
def test_the_session_survives_a_round_trip(path: Path, version: int) -> None:
    client, server = both_ends(version, "")
    for step in merged(steps(path)):
        if step.side == "handshake":
            client, server = both_ends(version, step.facts["connection_time"])
            continue
        if step.frame:
            continue
        message = built(step, CAPTURED)
        sender, receiver = (client, server) if step.side == "client" else (server, client)
        sent = sender.send(message)
        (arrived,) = receiver.receive_data(sent)
        view = proto_view if version >= message.spec.protobuf else text_view
        assert differences(arrived, view(message, version)) == [], step.at
        again = sender.send(arrived)  # a new order's 0 may be read as 0.0: programs give either
        (once_more,) = receiver.receive_data(again)
        assert once_more == arrived, step.at
        assert sender.send(once_more) == again, step.at


# ---------------------------------------------------------------- into callbacks


class Kept(EWrapper):
    """Keeps every callback: name, and arguments by parameter."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []


def _keeping(name: str, official: Any) -> Any:
    signature = inspect.signature(official)

    def callback(self: Kept, *values: Any) -> None:
        bound = signature.bind(self, *values)
        self.calls.append((name, dict(list(bound.arguments.items())[1:])))

    return callback


for _name, _official in inspect.getmembers(EWrapper, inspect.isfunction):
    if not _name.startswith("_") and not _name.endswith("ProtoBuf"):
        setattr(Kept, _name, _keeping(_name, _official))


def called_with(frames: bytes, version: int) -> list[tuple[str, dict[str, Any]]]:
    """The callbacks of what a server sent; a message that cannot be read fails."""
    kept = Kept()
    Dispatcher(version, kept, lambda *told: pytest.fail(str(told))).feed(frames)
    return kept.calls


def found_in(calls: list[dict[str, Any]], ours: str, target: str) -> Any:
    """The value that callbacks have for one of our paths."""
    index = int(ours.partition("[")[2].partition("]")[0] or 0)
    call = calls[index if "[]" not in target and "[" in ours else 0]
    value: Any = call
    for name in target.replace("[]", f"[{index}]").split("."):
        plain, _, place = name.partition("[")
        value = value[plain] if isinstance(value, dict) else getattr(value, plain)
        value = value[int(place.rstrip("]"))] if place else value
    return value


def same(captured: str, value: Any) -> bool:
    """The captured text and the callback's value say the same; an empty number is zero."""
    if isinstance(value, str):
        return value == captured
    shown = repr(value) if isinstance(value, float) else str(value)
    return Decimal(captured or "0") == Decimal(shown)


@pytest.mark.long
@walk("version", VERSIONS, check=5)
@walk("path", SESSIONS, ids=lambda path: path.stem, check=3)
def test_each_value_reaches_its_callback(path: Path, version: int) -> None:
    for step, message in messages(path):
        if step.side != "server":
            continue
        shape = shape_of(step)
        calls = called_with(encode(message, version), version)
        assert {name for name, _ in calls} == {message.spec.callback}
        for ours, captured in places(step).values():
            if general(ours) not in codecs(type(message), CAPTURED):
                continue  # listed in NOWHERE
            target = shape.called.get(general(ours), general(ours))
            value = found_in([arguments for _, arguments in calls], ours, target)
            if version >= message.spec.protobuf:
                captured = ABSENT_IN_PROTOBUF.get((general(ours), captured), captured)
            assert same(captured, value), (step.at, ours, captured, value)


def test_the_whole_frames_reach_their_callbacks() -> None:
    frames = b"".join(step.frame for path in SESSIONS for step in steps(path))
    (name, order), end = called_with(frames, CAPTURED)
    assert (name, end) == ("completedOrder", ("completedOrdersEnd", {}))
    assert order["orderState"].completedStatus == "Cancelled by System:\n"
    assert order["order"].filledQuantity == 0
