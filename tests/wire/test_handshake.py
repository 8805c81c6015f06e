"""The opening: greeting, version answer, and the table of moves."""

import pytest

from papertape.errors import BadFrame, LocalProtocolError
from papertape.wire.handshake import (
    TRANSITIONS,
    ConnectionEvent,
    ConnectionState,
    advance,
    greeting,
    negotiate,
    parse_greeting,
    parse_version_reply,
    version_reply,
)
from walks import walk


@walk(
    ("lowest", "highest", "options", "text"),
    [
        (100, 226, "", b"v100..226"),
        (100, 226, "+PACEAPI", b"v100..226 +PACEAPI"),
        (157, 178, "a b", b"v157..178 a b"),
    ],
)
def test_greeting(lowest: int, highest: int, options: str, text: bytes) -> None:
    sent = greeting(lowest, highest, options)
    assert sent == b"API\0" + len(text).to_bytes(4) + text
    assert parse_greeting(sent[8:]) == (lowest, highest, options)


def test_a_greeting_with_one_version() -> None:
    assert parse_greeting(b"v187") == (187, 187, "")


@walk(
    ("payload", "read"),
    [
        (b"v100..203\0", (100, 203, "")),
        (b"v203\0", (203, 203, "")),
        (b"v100..203 +PACEAPI\0", (100, 203, "+PACEAPI")),
    ],
)
def test_a_greeting_may_end_with_a_nul(payload: bytes, read: tuple[int, int, str]) -> None:
    assert parse_greeting(payload) == read


@walk(
    "payload",
    [b"", b"v", b"100..226", b"v100..", b"v100...226", b"v-1..5", b"v100..226\0\0", b"vx..y",
     b"v1234567890", b"v100..226+PACEAPI", "v１００..２２６".encode(), b"\xff\xfe",
     b"v100..226\xff"],
)  # fmt: skip
def test_what_is_no_greeting(payload: bytes) -> None:
    with pytest.raises(BadFrame) as caught:
        parse_greeting(payload)
    assert caught.value.found == payload


@walk("options", ["\0", "ä", "\x7f", "\x1b[0m"])
def test_options_that_cannot_be_sent(options: str) -> None:
    with pytest.raises(LocalProtocolError):
        greeting(100, 226, options)


@walk(
    ("lowest", "highest", "own", "version"),
    [
        (100, 226, 226, 226),
        (100, 300, 226, 226),
        (100, 176, 226, 176),
        (157, 178, 176, 176),
        (213, 225, 200, None),  # too new for us
        (38, 99, 226, None),  # too old for anybody
        (38, 100, 226, 100),
        (200, 100, 226, None),
    ],
)
def test_negotiate(lowest: int, highest: int, own: int, version: int | None) -> None:
    assert negotiate(lowest, highest, own) == version


def test_version_reply() -> None:
    sent = version_reply(176, "20261122 15:00:00 EST")
    assert sent == b"\0\0\0\x1a176\x0020261122 15:00:00 EST\0"
    assert parse_version_reply(sent[4:]) == (176, "20261122 15:00:00 EST")


def test_a_redirect_is_version_minus_one() -> None:
    assert parse_version_reply(b"-1\0host:4001\0") == (-1, "host:4001")


def test_a_time_zone_in_a_local_code_page_does_not_hurt() -> None:
    version, text = parse_version_reply(b"176\0" + b"20261122 15:00:00 \xd6\xd0\0")
    assert version == 176
    assert text.startswith("20261122 15:00:00 ")


@walk(
    "payload",
    [b"", b"176", b"176\0time", b"176\0time\0more", b"176\0time\0more\0", b"x\0time\0", b"\0\0",
     b"1234567890\0time\0", "１７６\0time\0".encode()],
)  # fmt: skip
def test_what_is_no_version_answer(payload: bytes) -> None:
    with pytest.raises(BadFrame):
        parse_version_reply(payload)


@walk("state", ConnectionState)
@walk("move", ConnectionEvent)
def test_the_table_is_the_rule(state: ConnectionState, move: ConnectionEvent) -> None:
    expected = TRANSITIONS.get((state, move))
    if expected is None:
        with pytest.raises(LocalProtocolError, match=f"no {move} while {state}"):
            advance(state, move)
    else:
        assert advance(state, move) is expected


def test_one_way_through_the_table() -> None:
    state = ConnectionState.OPENED
    for move in (
        ConnectionEvent.GREETING,
        ConnectionEvent.VERSION,
        ConnectionEvent.START,
        ConnectionEvent.MESSAGE,
        ConnectionEvent.MESSAGE,
    ):
        state = advance(state, move)
    assert state is ConnectionState.STARTED
    assert len(TRANSITIONS) == 4 + len(ConnectionState)
    assert all(
        advance(each, ConnectionEvent.CLOSE) is ConnectionState.CLOSED for each in ConnectionState
    )
