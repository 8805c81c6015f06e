"""Frames out of a stream, with direction and version found out; a broken one does not end it."""

from papertape.explain.frames import Explained, Sender
from papertape.explain.stream import HELD_FRAMES, Explainer
from papertape.model import Contract, Order
from papertape.wire.catalogue.market import TickPrice
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.wire.catalogue.session import ManagedAccounts, NextValidId, StartApi
from papertape.wire.connection import encode
from papertape.wire.framing import frame
from papertape.wire.handshake import greeting, version_reply
from walks import walk

TIME = "20260405 12:00:00 CET"


def told(data: bytes, *, step: int = 0, **options: object) -> list[Explained]:
    """Everything that a stream says, fed in pieces."""
    explainer = Explainer(**options)  # type: ignore[arg-type]
    size = step or len(data) or 1
    found = [one for i in range(0, len(data), size) for one in explainer.feed(data[i : i + size])]
    return found + explainer.finish()


def server(version: int) -> bytes:
    messages = (ManagedAccounts("DU1"), NextValidId(5), TickPrice(1, 1, 100.5))
    return b"".join(encode(message, version) for message in messages)


def client(version: int) -> bytes:
    order = PlaceOrder(5, Contract(symbol="IBM", secType="STK"), Order(action="BUY", lmtPrice=1.5))
    return b"".join(encode(message, version) for message in (StartApi(clientId=1), order))


@walk("step", [0, 1, 3, 7])
@walk("version", [100, 176, 200, 201, 226])
def test_the_servers_answer_tells_direction_and_version(version: int, step: int) -> None:
    found = told(version_reply(version, TIME) + server(version), step=step)
    assert [one.name for one in found] == [
        "VersionAnswer", "ManagedAccounts", "NextValidId", "TickPrice",
    ]  # fmt: skip
    assert {(one.version, one.version_from) for one in found} == {(version, "handshake")}
    assert {(one.sender, one.sender_from) for one in found} == {("server", "handshake")}
    assert not any(one.problem for one in found)


@walk("step", [0, 1, 3])
def test_the_greeting_tells_direction_and_the_version_offered(step: int) -> None:
    data = greeting(100, 176, "+PACEAPI") + client(176)
    found = told(data, step=step)
    assert [one.name for one in found] == ["Greeting", "StartApi", "PlaceOrder"]
    assert {(one.sender, one.version, one.version_from) for one in found} == {
        ("client", 176, "offered")
    }
    rows = {row.name: row for row in found[0].fields}
    assert rows["versions"].value == [100, 176]
    for row in rows.values():
        assert data[row.offset :].startswith(row.raw.replace("\\0", "\0").encode())


def test_offsets_count_from_the_start_of_the_stream() -> None:
    data = version_reply(176, TIME) + server(176)
    for one in told(data):
        assert int.from_bytes(data[one.offset : one.offset + 4]) == one.length
        for row in one.fields:
            assert data[row.offset :].startswith(row.raw.encode())


@walk(
    ("data", "by"),
    [(server(176), "server"), (client(200), "client"), (server(226), "server"),
     (client(226), "client")],
)  # fmt: skip
def test_a_direction_that_nobody_told_is_guessed(data: bytes, by: Sender) -> None:
    found = told(data)
    assert {(one.sender, one.sender_from) for one in found} == {(by, "guessed")}
    assert not any(one.problem for one in found)
    assert any("direction guessed" in note for note in found[0].notes)


def test_ids_in_text_say_that_the_server_is_older_than_201() -> None:
    assert {one.version for one in told(server(200))} == {200}
    assert {one.version for one in told(server(226))} == {226}


def test_a_version_that_does_not_fit_is_lowered_and_told() -> None:
    found = told(client(144), sender="client")
    assert {(one.version, one.version_from) for one in found} == {(144, "guessed")}
    assert "2 of the first 2 read whole with server version 144, 1 with 200" in found[0].notes[0]


def test_a_given_version_is_kept() -> None:
    found = told(client(144), sender="client", version=200)
    assert found[1].problem and found[1].version == 200
    assert found[1].version_from == "given"


def test_a_long_stream_is_told_while_it_comes() -> None:
    one = encode(NextValidId(5), 226)
    explainer = Explainer()
    assert explainer.feed(one * (HELD_FRAMES - 1)) == []
    assert len(explainer.feed(one)) == HELD_FRAMES
    assert len(explainer.feed(one)) == 1
    assert explainer.finish() == []


def test_after_a_broken_message_the_next_one_is_read() -> None:
    bad = frame(b"9\x001\0five\0")
    found = told(bad + server(176), sender="server", version=176)
    assert [bool(one.problem) for one in found] == [True, False, False, False]
    problem = found[0].problem
    assert problem and (problem.message, problem.field) == ("NextValidId", "orderId")
    assert (problem.found, problem.reason, problem.offset) == ("five", "is not a valid int", 8)


@walk("version", [176, 226])
@walk("opening", [b"", version_reply(176, TIME)])
def test_a_stream_cut_at_every_byte_tells_what_is_missing(version: int, opening: bytes) -> None:
    data = opening + server(version)
    ends, at = {0}, 0
    while at < len(data):
        at += 4 + int.from_bytes(data[at : at + 4])
        ends.add(at)
    for end in range(len(data)):
        found = told(data[:end], sender="server", version=version)
        if end in ends:
            assert not any(one.problem for one in found)
            continue
        missing = min(stop for stop in ends if stop > end) - end
        start = max(stop for stop in ends if stop <= end)
        problem = found[-1].problem
        assert problem and problem.offset == end
        missing = missing if end - start >= 4 else 4 - (end - start)
        assert f"within a frame: {missing} of " in problem.reason


def test_a_cut_frame_is_told_as_far_as_it_goes() -> None:
    found = told(server(176)[:-3], sender="server", version=176)[-1]
    assert (found.name, found.length) == ("TickPrice", 17)
    assert [row.raw for row in found.fields][:4] == ["6", "1", "1", "100.5"]
    assert found.problem and found.problem.message == "TickPrice"


def test_a_cut_greeting_is_told() -> None:
    for end in range(1, len(greeting(100, 226))):
        problem = told(greeting(100, 226)[:end])[-1].problem if end != 4 else None
        assert end == 4 or (problem and "within a frame" in problem.reason)


def test_bytes_that_are_no_frames_end_the_stream() -> None:
    found = told(server(176) + b"HTTP/1.1 200 OK\r\n" + server(176), sender="server", version=176)
    assert len(found) == 4
    assert found[-1].problem and "nothing after it can be read" in found[-1].problem.reason
    assert found[-1].problem.offset == len(server(176))


def test_a_bad_greeting_is_named() -> None:
    found = told(b"API\0" + frame(b"hello") + client(200))
    assert found[0].problem and found[0].problem.reason == "is not a version range"
    assert [one.name for one in found[1:]] == ["StartApi", "PlaceOrder"]


def test_an_answer_that_contradicts_the_given_version_is_noted() -> None:
    found = told(version_reply(176, TIME), version=200)
    assert found[0].notes == ("the server says 176, read as 200 all the same",)


def test_nothing_is_nothing() -> None:
    assert told(b"") == []


def test_an_empty_frame_is_named() -> None:
    found = told(frame(b"") + encode(CancelOrder(1), 176), sender="client", version=176)
    assert found[0].problem and not found[1].problem
