"""The counts behind the metrics: none before somebody asks, and few names whatever comes."""

from papertape.model import Contract
from papertape.server.sessions.session import Session
from papertape.server.taps.counters import BOUNDS_S, MARKET_DATA, Histogram
from papertape.server.taps.live_feed import Wanted
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import market
from papertape.wire.catalogue.session import ReqCurrentTime
from papertape.wire.message import Message
from server.pair import Hall

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def test_nothing_is_counted_before_somebody_asks() -> None:
    hall = Hall()
    client = hall.client(1)
    client.send(ReqCurrentTime())
    taps = hall.station.taps
    assert client.session.feed is None and not taps.on
    assert not taps.counters.received and not taps.counters.sent_by_kind
    taps.counters.begin()
    client.send(ReqCurrentTime())
    assert taps.counters.received == {"CurrentTimeRequest": 1}
    assert taps.counters.sent_by_kind == {"CurrentTime": 1}


def test_later_sessions_count_too_and_quotes_are_one_kind_in_pieces_or_not() -> None:
    for version in (176, MAX_SERVER):
        hall = Hall()
        hall.quote("AAPL 257.66 x 257.68")
        counters = hall.station.taps.counters
        counters.begin()
        client = hall.client(1, version, quiet=False)
        started = sum(counters.sent_by_kind.values())
        assert started == client.session.sent
        for number in range(3):
            client.send(market.ReqMktData(reqId=number, contract=AAPL))
        hall.wait(3)
        assert counters.sent_by_kind[MARKET_DATA] > 6
        assert sum(counters.sent_by_kind.values()) == client.session.sent
        assert not {"TickPrice", "TickSize"} & set(counters.sent_by_kind)


def test_errors_are_counted_by_code() -> None:
    hall = Hall()
    hall.station.taps.counters.begin()
    client = hall.client(1)
    for number in range(3):
        client.send(market.ReqMktData(reqId=number, contract=Contract(symbol="NOSUCH")))
    assert hall.station.taps.counters.errors[200] + hall.station.taps.counters.errors[321] == 3


def test_an_onlooker_and_the_counters_both_see_every_message() -> None:
    hall = Hall()
    taps = hall.station.taps
    client = hall.client(1)
    onlooker = taps.feed.follow(Wanted())
    taps.counters.begin()
    client.send(ReqCurrentTime())
    assert len(onlooker.take()[1]) == 2 == sum(taps.counters.sent_by_kind.values()) + 1
    taps.feed.leave(onlooker)
    client.send(ReqCurrentTime())
    assert taps.counters.sent_by_kind["CurrentTime"] == 2


def test_turns_and_commits_are_measured_by_the_stopwatch() -> None:
    hall = Hall()
    client = hall.client(1)
    ticks = iter(range(0, 10**12, 1_000_000))
    hall.station.timing.stopwatch = lambda: next(ticks)
    counters = hall.station.taps.counters
    counters.begin()
    client.send(ReqCurrentTime())
    assert sum(counters.turns.counts) == 1
    assert counters.turns.total >= 3_000_000, "the stopwatch ticks each time that it is looked at"
    assert counters.turns.total % 1_000_000 == 0
    assert sum(counters.commits.counts) == 0, "nothing was stored"
    counters.committed(2, 5_000_000)
    assert (sum(counters.commits.counts), counters.commits.total) == (1, 5_000_000)


def test_a_bound_belongs_to_its_bucket() -> None:
    found = Histogram()
    for bound in BOUNDS_S:
        found.add(round(bound * 1e9))
    assert found.counts == [1] * len(BOUNDS_S) + [0]
    found.add(10**12)
    assert found.counts[-1] == 1


def test_a_recorder_an_onlooker_and_the_counters_see_every_message() -> None:
    """Whoever comes last does not push the others out."""
    hall = Hall()
    taps, seen = hall.station.taps, list[str]()

    class Recorder:
        def received(self, session: Session, message: Message) -> None:
            seen.append(type(message).__name__)

        def sent(self, session: Session, message: Message, encoded: bytes) -> None:
            seen.append(type(message).__name__)

        def sent_quotes(self, session: Session, encoded: bytes, count: int) -> None:
            raise AssertionError("no quotes were asked for")

    client = hall.client(1)
    taps.counters.begin()
    onlooker = taps.feed.follow(Wanted())
    taps.record(Recorder())
    client.send(ReqCurrentTime())
    assert seen == ["ReqCurrentTime", "CurrentTime"]
    assert len(onlooker.take()[1]) == 2
    assert taps.counters.received["CurrentTimeRequest"] == 1
    assert taps.counters.sent_by_kind["CurrentTime"] == 1
