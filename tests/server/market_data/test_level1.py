"""All lines of a station: sampled at an interval, passed over while a client does not read."""

from typing import Any, cast

import pytest

from papertape.model import Contract
from papertape.server.market_data import channels
from papertape.server.market_data.channels import SLICE
from papertape.server.market_data.quotes import QuoteLine
from papertape.server.settings import StationSettings
from papertape.venue.market.source import DayStats
from papertape.venue.units import SECOND
from papertape.wire.batch import SharedFrames
from papertape.wire.catalogue import market
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.pair import Client, Hall, Stopwatch
from server.shown import expected, lines

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
EUR = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
MOVED = "tickPrice {0} BID {1} 1000; tickSize {0} BID_SIZE 1000; tickString {0} BID_EXCH"
"""What a line of the number tells of another bid, which other venues show."""


def watching(interval_ms: int = 250) -> tuple[Hall, Client]:
    hall = Hall(settings=StationSettings(quote_interval_ms=interval_ms))
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(market.ReqMktData(1, AAPL)).got()
    return hall, client


def write(hall: Hall, *rows: tuple[float, str]) -> None:
    """Put quotes on the tape, so many seconds from now, without letting time pass."""
    for seconds, text in rows:
        hall.put(f"quote {text}", hall.now + int(seconds * SECOND))


def test_a_line_reports_the_state_at_its_moments_and_not_every_tick() -> None:
    hall, client = watching()
    write(hall, (0.01, "AAPL 257.60 x 257.68"), (0.02, "AAPL 257.65 x 257.68"))
    hall.wait(0.24)
    assert client.got() == []
    hall.wait(0.02)
    assert lines(client.got()) == expected(MOVED.format(1, 257.65))
    hall.wait(10)
    assert client.got() == []


def test_a_zero_interval_tells_every_tick() -> None:
    hall, client = watching(0)
    write(hall, (0.01, "AAPL 257.60 x 257.68"), (0.02, "AAPL 257.65 x 257.68"))
    hall.wait(0.1)
    assert [text for text in lines(client.got()) if "Price" in text] == expected("""
        tickPrice 1 BID 257.6 1000; tickPrice 1 BID 257.65 1000
    """)


def test_the_market_is_asked_once_however_many_subscribe() -> None:
    hall, client = watching()
    others = [hall.client(number) for number in (2, 3, 4)]
    for other in others:
        other.send(market.ReqMktData(1, AAPL), market.ReqMktData(2, AAPL)).got()
    asked: list[int] = []
    day = hall.market.day

    def counted(con_id: int, now: int) -> DayStats:
        asked.append(con_id)
        return cast(DayStats, day(con_id, now))

    hall.market.day = counted
    hall.quote("AAPL 257.60 x 257.68")
    assert len(asked) == 4  # a second has four samples
    assert len(others[0].got()) == 6
    assert len(client.got()) == 3


def test_a_client_that_does_not_read_is_passed_over_and_goes_on_from_the_present() -> None:
    hall, client = watching()
    other = hall.client(2)
    other.send(market.ReqMktData(1, AAPL)).got()
    client.session.paused = True
    for cents in range(50):
        hall.quote(f"AAPL 257.{cents:02} x 257.68")
    assert client.got() == []
    assert len([m for m in other.got() if isinstance(m, market.TickPrice)]) == 50
    client.session.paused = False
    hall.wait(0.25)
    assert lines(client.got()) == expected(MOVED.format(1, 257.49))


def test_nothing_is_due_for_clients_that_do_not_read() -> None:
    hall, client = watching()
    assert hall.station.level1.next_due() is not None
    client.session.paused = True
    assert hall.station.level1.next_due() is None


def test_clients_have_their_own_lines_under_their_own_numbers() -> None:
    hall, one = watching()
    two = hall.client(2, 176)
    two.send(market.ReqMktData(9, AAPL)).got()
    hall.quote("AAPL 257.60 x 257.68")
    assert lines(one.got()) == expected(MOVED.format(1, 257.6))
    assert lines(two.got()) == expected(MOVED.format(9, 257.6))
    two.send(market.CancelMktData(9))
    hall.quote("AAPL 257.61 x 257.68")
    assert len(bids(one)) == 1 and two.got() == []


# ---------------------------------------------------------------- slices


def sliced(count: int, lines_each: int, interval_ms: int = 250) -> tuple[Hall, list[Client]]:
    """Clients with many lines, and a station that tells a few of them before time is up."""
    hall = Hall(settings=StationSettings(max_message_rate=0, quote_interval_ms=interval_ms))
    hall.quote("AAPL 257.66 x 257.68")
    clients = [hall.client(number) for number in range(1, count + 1)]
    for one in clients:
        one.send(*(market.ReqMktData(n, AAPL) for n in range(1, lines_each + 1))).got()
    hall.wait(1)
    hall.station.timing.stopwatch = Stopwatch(SLICE / 10 / SECOND)
    return hall, clients


def begin_sample(hall: Hall, text: str) -> None:
    """A quote, and the first slice of the sample that tells of it."""
    hall.put(f"quote {text}", hall.now + SECOND // 100)
    due = hall.station.next_due()
    assert due is not None
    hall.now = max(due, hall.now + SECOND // 100)
    hall.station.step(hall.now)


def bids(client: Client) -> list[float]:
    """The bids that have come, by request id."""
    return [m.price for m in client.got() if isinstance(m, market.TickPrice) and m.tickType == 1]


def test_a_large_sample_lets_requests_in_between_its_slices() -> None:
    hall, clients = sliced(4, 10)
    begin_sample(hall, "AAPL 257.60 x 257.68")
    assert hall.station.next_due() == hall.now
    assert 0 < sum(line.told.bid == 2576000 for line in told(hall)) < 40
    hall.station.flush()
    last = clients[-1]
    data = last.connection.send(ReqCurrentTime())
    hall.station.receive(last.session, data, hall.now)
    hall.station.flush()
    assert [type(m) for m in last.got()] == [CurrentTime]
    hall.settle()
    assert [len(bids(one)) for one in clients] == [10, 10, 10, 10]


def test_all_slices_tell_one_moment_and_the_next_sample_what_came_meanwhile() -> None:
    hall, clients = sliced(2, 10)
    begin_sample(hall, "AAPL 257.60 x 257.68")
    hall.put("quote AAPL 257.61 x 257.68", hall.now + 1)
    hall.now += 1
    hall.settle()
    assert [bids(one) for one in clients] == [[257.6] * 10] * 2
    hall.wait(0.25)
    assert [bids(one) for one in clients] == [[257.61] * 10] * 2


def test_a_tick_during_a_sample_is_told_by_the_next_where_every_tick_is() -> None:
    hall, clients = sliced(2, 10, interval_ms=0)
    begin_sample(hall, "AAPL 257.60 x 257.68")
    hall.put("quote AAPL 257.61 x 257.68", hall.now + 1)
    hall.now += 2
    hall.settle()
    assert [bids(one) for one in clients] == [[257.6] * 10 + [257.61] * 10] * 2


def test_a_line_that_was_opened_between_two_slices_is_never_told_an_older_state() -> None:
    hall, clients = sliced(2, 10)
    begin_sample(hall, "AAPL 257.60 x 257.68")
    hall.put("quote AAPL 257.61 x 257.68", hall.now + 1)
    hall.now += 1
    last = clients[-1]
    data = last.connection.send(market.ReqMktData(99, AAPL))
    hall.station.receive(last.session, data, hall.now)
    hall.settle()
    came = [m for m in last.got() if isinstance(m, market.TickPrice) and m.reqId == 99]
    assert [m.price for m in came if m.tickType == 1] == [257.61]
    hall.wait(0.5)
    assert set(bids(last)) == {257.61}


def test_samples_do_not_overlap_and_one_that_takes_long_delays_the_next() -> None:
    hall, clients = sliced(4, 10)
    begin_sample(hall, "AAPL 257.60 x 257.68")
    hall.put("quote AAPL 257.61 x 257.68", hall.now + 1)
    hall.now += SECOND  # four intervals go by while the first sample is under way
    while not bids(clients[-1]):
        due = hall.station.next_due()
        assert due is not None and due <= hall.now
        hall.station.step(hall.now)
        hall.station.flush()
    assert {line.told.bid for line in told(hall)} == {2576000}
    due = hall.station.next_due()
    assert due is not None and due <= hall.now
    hall.settle()
    assert {line.told.bid for line in told(hall)} == {2576100}


def test_lines_that_end_between_two_slices_are_told_no_more() -> None:
    hall, clients = sliced(4, 10)
    begin_sample(hall, "AAPL 257.60 x 257.68")
    hall.station.flush()
    _, cancelling, leaving, slow = clients
    cancelling.got()
    hall.station.timing.stopwatch = lambda: 0
    cancel = b"".join(cancelling.connection.send(market.CancelMktData(n)) for n in range(1, 11))
    hall.station.receive(cancelling.session, cancel, hall.now)
    hall.station.lost(leaving.session, "", hall.now)
    slow.session.paused = True
    hall.settle()
    assert (bids(cancelling), bids(leaving), bids(slow)) == ([], [], [])
    slow.session.paused = False
    hall.wait(0.5)
    assert bids(slow) == [257.6] * 10


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number for every batch that is encoded."""
    found: list[int] = []

    def counted(*args: Any) -> SharedFrames:
        found.append(1)
        return SharedFrames(*args)

    monkeypatch.setattr(channels, "SharedFrames", counted)
    return found


def test_what_was_encoded_for_one_moment_serves_the_next_while_nothing_changes(
    made: list[int],
) -> None:
    hall, clients = sliced(4, 10)
    assert len(made) == 1
    begin_sample(hall, "AAPL 257.60 x 257.68")
    hall.settle()
    assert [len(bids(one)) for one in clients] == [10] * 4
    assert len(made) == 2


def test_a_snapshot_is_encoded_once_for_all_who_take_it_of_the_same_state(made: list[int]) -> None:
    hall, one = watching()
    clients = [one, *(hall.client(number) for number in (2, 3))]
    made.clear()
    taken = [lines(two.send(market.ReqMktData(7, AAPL, "", True)).got()) for two in clients]
    assert made == [1] and taken[0] == taken[1] == taken[2]
    hall.quote("AAPL 257.60 x 257.68")
    one.got()
    made.clear()
    taken = [lines(two.send(market.ReqMktData(8, AAPL, "", True)).got()) for two in clients]
    assert made == [1] and "tickPrice 8 BID 257.6 1000" in taken[2]


# ---------------------------------------------------------------- tapes that cannot be read


def test_a_tape_that_cannot_be_read_ends_the_lines_on_it_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall, client = watching()
    msft = Contract(symbol="MSFT", secType="STK", exchange="SMART", currency="USD")
    client.send(market.ReqMktData(2, AAPL), market.ReqMktData(3, msft)).got()
    quote, apple = hall.market.quote, told(hall)[0].instrument.conId

    def fails(con_id: int, now: int) -> Any:
        if con_id == apple:
            raise ValueError("no such day")
        return quote(con_id, now)

    monkeypatch.setattr(hall.market, "quote", fails)
    hall.wait(1)
    assert lines(client.got()) == expected("error 1 323; error 2 323")
    assert [line.request_id for line in told(hall)] == [3]
    client.send(market.ReqMktData(4, AAPL))
    assert [(number, code) for number, code, _ in client.errors()] == [(4, 323)]
    assert [line.request_id for line in told(hall)] == [3]
    hall.quote("MSFT 410.00 x 410.10")
    assert "tickPrice 3 BID 410 1000" in lines(client.got())


# ---------------------------------------------------------------- every tick


def test_who_reads_again_is_told_all_that_it_missed_where_every_tick_is_told() -> None:
    hall, slow = watching(0)
    other = hall.client(2)
    other.send(market.ReqMktData(1, AAPL)).got()
    slow.session.paused = True
    for cents in range(5):
        hall.quote(f"AAPL 257.{cents:02} x 257.68")
    assert len(bids(other)) == 5 and slow.got() == []
    slow.session.paused = False
    hall.settle()
    assert bids(slow) == [257.0, 257.01, 257.02, 257.03, 257.04]
    assert bids(other) == []


def test_nothing_is_due_between_the_ticks_or_for_clients_that_do_not_read() -> None:
    hall, client = watching(0)
    assert hall.station.level1.next_due() is None
    write(hall, (5, "AAPL 257.60 x 257.68"))
    assert hall.station.next_due() == hall.now + 5 * SECOND
    client.session.paused = True
    assert hall.station.level1.next_due() is None


@pytest.mark.long
@pytest.mark.parametrize("interval_ms", [0, 250])
def test_lines_that_have_ended_leave_nothing_behind(interval_ms: int) -> None:
    hall = Hall(settings=StationSettings(max_message_rate=0, quote_interval_ms=interval_ms))
    client = hall.client()
    client.send(market.ReqMktData(1, AAPL))
    for number in range(2, 500):
        client.send(market.ReqMktData(number, AAPL), market.CancelMktData(number))
    (channel,) = hall.station.level1.channels
    assert len(channel.listeners) < 50
    client.send(market.CancelMktData(1))
    other = hall.client(2)
    other.send(market.ReqMktData(1, EUR))
    hall.quote("EUR 1.10000 x 1.10005")
    assert [len(one.listeners) for one in hall.station.level1.channels] == [1]


def told(hall: Hall) -> list[Any]:
    """All lines of all clients."""
    return [
        line for one in hall.station.sessions() for line in one.subscriptions.of(QuoteLine).values()
    ]


def test_snapshots_are_kept_encoded_for_so_many_instruments_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("papertape.server.market_data.level1.MOST_PICTURES", 2)
    hall = Hall()
    client = hall.client()
    for number, symbol in enumerate(("AAPL", "SPY", "IBM", "AAPL"), 1):
        contract = Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
        client.send(market.ReqMktData(number, contract, snapshot=True))
    assert [m.reqId for m in client.of(market.TickSnapshotEnd)] == [1, 2, 3, 4]
    assert len(hall.station.level1._pictures) == 2
