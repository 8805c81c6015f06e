"""A recording of the wire is explained message by message, each connection by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explain.test_recording import everything
from lanes import tries
from papertape.explain import recorded_bytes
from papertape.explain.input import kind_of
from papertape.recording.format import RecordedEvent, WireRecording, line_of
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from papertape.wire.connection import encode
from papertape.wire.handshake import greeting
from recording.said import Script, recording
from walks import walk


def file_of(found: WireRecording) -> bytes:
    return line_of(found.header) + b"".join(map(line_of, found.events))


def session(version: int, connection: int = 1) -> Script:
    script = Script(version, connection=connection)
    return script.say(ReqCurrentTime(), at=3).say(CurrentTime(5), at=4)


NAMES = ["Greeting", "VersionReply", "StartApi", "ManagedAccounts", "NextValidId",
         "ReqCurrentTime", "CurrentTime"]  # fmt: skip


@walk("version", [100, 176, 200, 226])
def test_every_message_is_named_with_its_connection_and_moment(version: int) -> None:
    data = file_of(recording(session(version, 1), session(176, 2)))
    assert kind_of(data) == "wire"
    told = everything(data)
    for number, used in ((1, version), (2, 176)):
        mine = [one for one in told if one.notes[0].startswith(f"connection {number} at")]
        assert [one.sender for one in mine].count("client") == 3
        assert {one.version for one in mine[2:]} == {used}
        assert [one.problem for one in mine] == [None] * len(NAMES)
        assert [one.name for one in mine][2:] == NAMES[2:]
    assert told[-1].notes[0].endswith("at 0.004000 s")


def test_the_client_is_read_with_the_version_that_the_server_answers() -> None:
    script = Script(176)
    script.events[1] = RecordedEvent(0, 1, "bytes", "client", greeting(100, 226))
    del script.events[3:]
    script.say(ReqMktData(3), at=5)
    told = everything(file_of(recording(script)))
    asked = next(one for one in told if one.name == "ReqMktData")
    assert (asked.version, asked.format, asked.problem) == (176, "text", None)


def test_a_damaged_line_ends_the_reading_with_its_offset() -> None:
    data = file_of(recording(session(226)))
    lines = data.splitlines(keepends=True)
    place = sum(map(len, lines[:5]))
    told = everything(b"".join([*lines[:5], b"{\n", *lines[5:]]))
    assert told[-1].problem is None or told[-1].offset == place
    [wrong] = [one for one in told if one.problem]
    assert wrong.offset == place and "no line of a recording" in wrong.problem.reason  # type: ignore[union-attr]


def test_a_client_whose_server_never_answers_is_read_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script(226)
    script.events = script.events[:2]
    script.raw("client", encode(ReqCurrentTime(), 226), at=2)
    for most in (1, 1 << 20):
        monkeypatch.setattr(recorded_bytes, "MOST_HELD", most)
        names = [one.name for one in everything(file_of(recording(script)))]
        assert names == ["Greeting", "ReqCurrentTime"]


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_bytes, "MOST_STREAMS", 1)
    told = everything(file_of(recording(session(226, 1), session(226, 2))))
    assert next(str(one.problem) for one in told if one.problem).startswith(
        "more than 1 connections"
    )


@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), step=st.integers(1, 200))
@tries(60)
def test_no_damage_raises(place: int, byte: int, step: int) -> None:
    data = bytearray(file_of(recording(session(226), session(176, 2))))
    data[1 + place % (len(data) - 1)] = byte
    everything(bytes(data), step=step)
