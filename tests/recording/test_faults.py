"""Drills of the proxy on bytes and a clock that the test moves."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.errors import SettingsError
from papertape.recording.drills import WIRE_DRILLS, parse_drill
from papertape.recording.faults import MOST_WAITING, Faults
from papertape.recording.format import Sender
from papertape.recording.meter import MessageMeter
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime, ReqIds
from papertape.wire.connection import encode
from papertape.wire.handshake import greeting, version_reply
from walks import walk

MS = 1_000_000
OPENING = greeting(100, 226)


def faults(*drills: str, connection: int = 1) -> Faults:
    return Faults([parse_drill(drill) for drill in drills], connection, 0)


def told(found: Faults, now: int) -> list[tuple[str, bytes]]:
    """What is done at a moment, drills' beginnings left out."""
    deeds = found.deeds(now * MS)
    return [(d.deed, d.data) for d in deeds if d.deed != "begun"]


def played(found: Faults, until: int) -> list[tuple[int, str, bytes]]:
    """Everything that is done until then, with its millisecond."""
    out, now = [], 0
    while now <= until * MS:
        out += [(now // MS, d.deed, d.data) for d in found.deeds(now) if d.deed != "begun"]
        due = found.next_due(now)
        if due is None:
            break
        now = max(now + 1, due)
    return out


def test_without_a_drill_bytes_pass_at_once() -> None:
    found = faults()
    found.feed("client", b"\xff\xff", 0)
    assert told(found, 0) == [("send", b"\xff\xff")]
    assert found.next_due(0) is None
    found.end("client")
    assert told(found, 0) == [("end", b"")]


def test_delay_and_after() -> None:
    found = faults("delay 30 after=1 sender=server")
    found.feed("server", b"early", 999 * MS)
    assert told(found, 999) == [("send", b"early")]
    found.feed("server", b"late", 1000 * MS)
    found.feed("client", b"mine", 1000 * MS)
    found.end("server")
    assert told(found, 1000) == [("send", b"mine")]
    assert found.next_due(1000 * MS) == 1030 * MS
    assert told(found, 1030) == [("send", b"late"), ("end", b"")]


def test_split_and_merge() -> None:
    found = faults("split 2")
    found.feed("client", b"abcde", 0)
    assert [data for _, data in told(found, 0)] == [b"ab", b"cd", b"e"]
    found = faults("merge ms=50")
    for at, data in ((0, b"a"), (10, b"b"), (49, b"c")):
        found.feed("client", data, at * MS)
        assert told(found, at) == []
    assert told(found, 50) == [("send", b"abc")]


def test_slow_drip_keeps_the_rate_and_ends() -> None:
    found = faults("slow-drip 100 seconds=2")
    found.feed("server", bytes(1000), 0)
    out = played(found, 3000)
    assert sum(len(data) for at, _, data in out if at <= 1000) <= 100
    assert sum(len(data) for at, _, data in out if at < 2000) <= 200
    assert b"".join(data for _, _, data in out) == bytes(1000)
    assert all(data for _, _, data in out)  # no turn sends nothing


def test_freeze_holds_both_directions_and_then_passes_all() -> None:
    found = faults("freeze 10 after=1")
    assert told(found, 1000) == []
    assert found.full("client") and found.full("server")
    found.feed("server", b"waits", 1001 * MS)
    assert told(found, 10_999) == []
    assert told(found, 11_000) == [("send", b"waits")]
    assert not found.full("client")


def test_half_open_loses_everything_and_closes_nothing() -> None:
    found = faults("half-open after=1")
    found.feed("server", b"x", 0)
    assert told(found, 0) == [("send", b"x")]
    found.feed("server", b"y", 1000 * MS)
    found.feed("client", b"z", 2000 * MS)
    assert told(found, 5000) == []


@pytest.mark.parametrize("version", [176, 226])
def test_reset_after_the_second_request_of_a_kind(version: int) -> None:
    request, other = encode(ReqCurrentTime(), version), encode(ReqIds(1), version)
    found = faults("reset reqCurrentTime n=2 ms=20")
    found.feed("client", OPENING + request + other, 0)
    assert told(found, 0) == [("send", OPENING + request + other)]
    found.feed("client", request, 5 * MS)
    assert told(found, 5) == [("send", request)]
    assert told(found, 24) == []
    assert told(found, 25) == [("reset", b"")]


def test_reset_before_the_request_has_arrived() -> None:
    request = encode(ReqCurrentTime(), 226)
    found = faults("reset reqCurrentTime seen=false")
    found.feed("client", OPENING + request, 0)
    assert told(found, 0) == [("send", OPENING), ("reset", b"")]


def test_half_frame_cuts_within_the_message_and_ends_the_direction() -> None:
    reply, answer = version_reply(226, "20260410 12:00:00 EST"), encode(CurrentTime(7), 226)
    found = faults("half-frame currentTime")
    found.feed("server", reply + answer + answer, 0)
    (_, sent), end = told(found, 0)
    assert end == ("end", b"")
    assert sent.startswith(reply) and len(reply) < len(sent) < len(reply + answer)
    found.feed("server", answer, 1 * MS)
    assert told(found, 1) == []


def test_a_drill_of_another_connection_does_nothing() -> None:
    found = faults("half-open connection=2")
    found.feed("server", b"x", 0)
    assert told(found, 0) == [("send", b"x")]


def test_a_sender_is_not_read_while_much_waits() -> None:
    found = faults("delay ms=1000")
    found.feed("server", bytes(MOST_WAITING + 1), 0)
    assert found.full("server") and not found.full("client")
    assert told(found, 1000)
    assert not found.full("server")


SHAPING = ("delay 3", "split 2", "merge 4", "slow-drip 5000", "freeze 0.01", "delay 1 seconds=0.02")


@given(
    drills=st.lists(st.sampled_from(SHAPING), max_size=4, unique=True),
    parts=st.lists(st.binary(min_size=1, max_size=40), max_size=12),
)
@tries(100)
def test_what_shapes_loses_and_reorders_nothing(
    drills: Sequence[str], parts: Sequence[bytes]
) -> None:
    found = faults(*drills)
    out = []
    for at, data in enumerate(parts):
        found.feed("server", data, at * MS)
        out += told(found, at)
    found.end("server")
    out += [(deed, data) for _, deed, data in played(found, 60_000)]
    assert b"".join(data for _, data in out) == b"".join(parts)
    assert out[-1] == ("end", b"")


@walk(
    ("text", "said"),
    [
        ("", "is no drill of the proxy"),
        ("nothing", "Choose one of: delay, freeze, half-frame"),
        ("delay ms=x", "Expected `float`"),
        ("delay 1 2", "has no option '2'"),
        ("split bytes=0", ">= 1"),
        ("reset kind=nothing", "is no message of the protocol"),
        ("reset wrong=1", "unknown field `wrong`"),
        ("delay 'x", "No closing quotation"),
    ],
)
def test_a_wrong_drill_is_named(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as info:
        parse_drill(text)
    assert said in str(info.value)


@walk("name", WIRE_DRILLS)
def test_every_drill_has_its_words(name: str) -> None:
    assert WIRE_DRILLS[name].__doc__
    assert parse_drill(name).name == name


@given(
    step=st.integers(1, 30),
    version=st.sampled_from([176, 226]),
    sender=st.sampled_from(["client", "server"]),
)
@tries(40)
def test_the_meter_counts_messages_however_they_are_cut(
    step: int, version: int, sender: Sender
) -> None:
    first = OPENING if sender == "client" else version_reply(version, "20260410 12:00:00 EST")
    message = encode(ReqIds(1) if sender == "client" else CurrentTime(5), version)
    data = first + 5 * message
    meter, fast, numbers = MessageMeter(sender), MessageMeter(sender), []
    for at in range(0, len(data), step):
        numbers += [one.number for one in meter.feed(data[at : at + step])]
        fast.count(data[at : at + step])
        assert fast.messages == meter.messages
    assert numbers == [-1] + 5 * [8 if sender == "client" else 49]
    assert meter.messages == 6 and meter.readable and fast.readable
