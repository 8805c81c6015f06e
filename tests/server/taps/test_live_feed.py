"""The feed of messages: frames as they travelled, so many of a second, none if nobody looks."""

from itertools import pairwise

import pytest

from papertape.explain.frames import Sender, explain
from papertape.model import Contract
from papertape.server.taps.live_feed import (
    KEPT,
    LONGEST,
    MOST_BYTES,
    TAKES,
    Feed,
    Onlooker,
    Travelled,
    Wanted,
)
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import market, verify
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime, StartApi
from papertape.wire.connection import encode
from papertape.wire.message import Message
from server.pair import Client, Hall
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def looking(**wanted: object) -> tuple[Hall, Feed, Onlooker]:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    feed = hall.station.taps.feed
    return hall, feed, feed.follow(Wanted(**wanted))  # type: ignore[arg-type]


def names(taken: list[Travelled]) -> list[str]:
    told = []
    for one in taken:
        sender: Sender = "client" if one.direction == "in" else "server"
        explained = explain(one.data[4:], sender, one.version)
        told.append(f"{one.direction} {explained.name}")
    return told


@walk("version", [100, 176, 201, MAX_SERVER])
def test_every_message_of_both_directions_is_shown_as_it_travelled(version: int) -> None:
    hall, _, onlooker = looking()
    client = hall.client(3, version, quiet=False)
    sent = client.pipe.data
    dropped, taken = onlooker.take()
    first = taken[0]
    assert (first.direction, first.data) == ("in", encode(StartApi(3), version))
    assert b"".join(one.data for one in taken if one.direction == "out") == sent
    assert {(one.session, one.version) for one in taken} == {(client.session.number, version)}
    assert {one.client_id for one in taken[1:]} == {3}
    assert [one.number for one in taken] == list(range(1, len(taken) + 1))
    assert dropped == 0 and all(one.length == len(one.data) for one in taken)
    client.send(ReqCurrentTime())
    assert names(onlooker.take()[1]) == ["in ReqCurrentTime", "out CurrentTime"]


def test_one_who_comes_in_the_middle_of_a_frame_sees_it_whole() -> None:
    hall = Hall()
    client = hall.client()
    request = encode(ReqCurrentTime(), MAX_SERVER)
    client.raw(request[:5])
    onlooker = hall.station.taps.feed.follow(Wanted())
    client.raw(request[5:] + request)
    sent = [one.data for one in onlooker.take()[1] if one.direction == "in"]
    assert sent == [request, request]


def test_nobody_looks_and_no_session_has_a_feed() -> None:
    hall = Hall()
    early = hall.client(1)
    feed = hall.station.taps.feed
    onlooker = feed.follow(Wanted())
    late = hall.client(2)
    assert early.session.feed is feed and late.session.feed is feed
    feed.leave(onlooker)
    assert early.session.feed is None and late.session.feed is None
    assert hall.client(3).session.feed is None


def quotes(client: Client, count: int) -> None:
    for number in range(1, count + 1):
        client.send(market.ReqMktData(number, AAPL))


def test_quotes_that_were_encoded_for_many_are_shown_one_by_one() -> None:
    hall, _, onlooker = looking()
    client = hall.client()
    quotes(client, 3)
    onlooker.take(), client.got()
    hall.quote("AAPL 257.60 x 257.68")
    hall.wait(0.3)
    sent = client.pipe.data
    taken = onlooker.take()[1]
    assert b"".join(one.data for one in taken) == sent and len(taken) == 9
    assert names(taken) == ["out TickPrice", "out TickSize", "out TickString"] * 3
    assert all(one.market_data for one in taken)


def test_an_onlooker_leaves_the_fast_way_of_quotes_as_it_is() -> None:
    hall, _, _ = looking()
    client = hall.client()
    client.send(market.ReqMktData(1, AAPL))
    encoded: list[Message] = []
    client.session._queue = encoded.append  # type: ignore[method-assign]
    hall.quote("AAPL 257.60 x 257.68")
    hall.wait(0.3)
    assert encoded == [] and client.of(market.TickPrice)


def test_it_is_chosen_by_session_and_client_and_kind() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    feed = hall.station.taps.feed
    one, two = hall.client(1), hall.client(2)
    by_client = feed.follow(Wanted(client_id=2))
    by_session = feed.follow(Wanted(session=one.session.number))
    quiet = feed.follow(Wanted(market_data=False))
    one.send(ReqCurrentTime())
    two.send(market.ReqMktData(1, AAPL))
    assert {row.client_id for row in by_client.take()[1]} == {2}
    assert names(by_session.take()[1]) == ["in ReqCurrentTime", "out CurrentTime"]
    shown = names(quiet.take()[1])
    assert shown[:3] == ["in ReqCurrentTime", "out CurrentTime", "in ReqMktData"]
    assert not [name for name in shown if "Tick" in name and "ReqParams" not in name]


@pytest.mark.parametrize("version", [100, MAX_SERVER])
def test_what_proves_who_somebody_is_is_not_shown(version: int) -> None:
    hall, feed, onlooker = looking()
    client = hall.client(version=version)
    onlooker.take()
    client.send(verify.VerifyRequest("secret", "1"))
    feed.sent(client.session, verify.VerifyMessageApi("secret"), b"\0\0\0\x0c65\x001\0secret\0")
    shown = onlooker.take()[1]
    secrets = [one for one in shown if one.hidden]
    assert [one.direction for one in secrets] == ["in", "out"]
    assert all(b"secret" not in one.data for one in shown)
    assert secrets[0].length > len(secrets[0].data)


def second(onlooker: Onlooker) -> tuple[int, list[Travelled]]:
    """Everything of one second."""
    dropped, taken = 0, []
    for _ in range(TAKES):
        more, rows = onlooker.take()
        dropped, taken = dropped + more, taken + rows
    return dropped, taken


def test_what_goes_beyond_the_most_is_dropped_counted_and_spread() -> None:
    hall, feed, onlooker = looking(most=100)
    client = hall.client()
    second(onlooker)
    frame = encode(CurrentTime(5), MAX_SERVER)
    for _ in range(2):  # the second of the two knows what to expect
        start = feed._count
        for _ in range(1000):
            feed.sent(client.session, CurrentTime(5), frame)
        dropped, taken = second(onlooker)
        assert len(taken) <= 100 and dropped == 1000 - len(taken)
    gaps = {after.number - before.number for before, after in pairwise(taken)}
    assert gaps == {10} and taken[0].number - start <= 10
    feed.sent(client.session, CurrentTime(5), frame)
    assert second(onlooker)[0] + second(onlooker)[0] <= 1  # and it recovers after that
    feed.sent(client.session, CurrentTime(5), frame)
    assert len(onlooker.take()[1]) == 1


def test_quotes_do_not_crowd_out_what_else_there_is() -> None:
    hall, feed, onlooker = looking(most=100)
    client = hall.client()
    second(onlooker)
    tick, other = (
        encode(market.TickSize(1, 0, None), MAX_SERVER),
        encode(CurrentTime(5), MAX_SERVER),
    )
    for _ in range(2):
        for _ in range(1000):
            feed.sent_quotes(client.session, tick * 10, 10)
        for _ in range(30):
            feed.sent(client.session, CurrentTime(5), other)
        dropped, taken = second(onlooker)
        told = [one for one in taken if not one.market_data]
        assert len(taken) + dropped == 10_030 and len(taken) <= 100
    assert len(told) == 30 and len(taken) >= 90


def test_one_who_does_not_fetch_takes_no_more_than_a_second_s() -> None:
    hall, feed, onlooker = looking(most=100)
    client = hall.client()
    for _ in range(10_000):
        feed.sent(client.session, CurrentTime(5), b"\0\0\0\1x")
    assert len(onlooker._unread) == 100


def test_bytes_are_bounded_too() -> None:
    hall, feed, onlooker = looking(most=2000)
    client = hall.client()
    second(onlooker)
    long = b"\0\0\0\1" + b"x" * 100_000
    for _ in range(2000):
        feed.sent(client.session, CurrentTime(5), long)
    dropped, taken = second(onlooker)
    assert taken[0].length == len(long) and len(taken[0].data) == LONGEST
    assert sum(len(one.data) for one in taken) <= MOST_BYTES + LONGEST
    assert dropped == 2000 - len(taken)


def test_who_comes_later_is_shown_the_latest_and_nothing_is_kept_when_all_have_left() -> None:
    hall, feed, first = looking()
    client = hall.client()
    for _ in range(KEPT):
        client.send(ReqCurrentTime())
    later = feed.follow(Wanted(most=10))
    assert names(later.take()[1]) == ["in ReqCurrentTime", "out CurrentTime"] * 5
    feed.leave(first)
    feed.leave(later)
    feed.leave(later)
    assert feed.follow(Wanted()).take() == (0, [])


def test_garbage_and_a_lost_client_leave_it_unharmed() -> None:
    hall, feed, onlooker = looking()
    client = hall.client()
    client.raw(b"\xff" * 100)
    assert client.pipe.closed and not feed._readers
    other = hall.client(2)
    other.leave()
    assert not feed._readers
    assert onlooker.take()[1]
