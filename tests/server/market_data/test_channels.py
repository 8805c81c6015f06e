"""Channels: asked once, encoded once, told in slices, and only to those who read."""

from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.market_data import channels
from papertape.server.market_data.live_bars import FiveSecondLine
from papertape.server.market_data.quotes import QuoteLine
from papertape.venue.market.source import PriceBar
from papertape.venue.units import SECOND
from papertape.wire.batch import SharedFrames
from papertape.wire.catalogue import history, market, ticks
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.market import TapeMarket
from server.pair import Client, Hall, Stopwatch
from server.shown import lines
from venue.scenario import START

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number for every batch that channels encode."""
    found: list[int] = []

    def counted(*args: Any) -> SharedFrames:
        found.append(1)
        return SharedFrames(*args)

    monkeypatch.setattr(channels, "SharedFrames", counted)
    return found


def hall_of(count: int, versions: tuple[int, ...] = (226,)) -> tuple[Hall, list[Client]]:
    hall = Hall(market=TapeMarket())
    hall.put("quote AAPL 257.66 x 257.68", hall.now)
    hall.put("trade AAPL 257.67*100", hall.now + SECOND)
    hall.wait(1)
    return hall, [hall.client(n, versions[n % len(versions)]) for n in range(count)]


def seconds(number: int) -> ticks.ReqRealTimeBars:
    return ticks.ReqRealTimeBars(number, AAPL, 5, "TRADES")


def kept_up(number: int, form: int = 2) -> history.ReqHistoricalData:
    return history.ReqHistoricalData(number, AAPL, "", "5 secs", "60 S", 1, "TRADES", form, True)


def bars(client: Client) -> list[ticks.RealTimeBarTick]:
    return client.of(ticks.RealTimeBarTick)


def test_a_bar_is_asked_for_and_encoded_once_for_32_clients(made: list[int]) -> None:
    hall, clients = hall_of(32)
    for number, client in enumerate(clients):
        client.send(seconds(1000 + number)).got()
    hall.market.asked_bars.clear()
    hall.wait(4)
    assert [[bar.reqId for bar in bars(one)] for one in clients] == [
        [1000 + number] for number in range(32)
    ]
    assert made == [1] and len(hall.market.queries("TRADES")) == 1


def test_so_is_the_state_of_a_growing_bar_whoever_came_when(made: list[int]) -> None:
    hall, clients = hall_of(32)
    for client in clients:
        client.send(kept_up(7)).got()
        hall.wait(0.01)
    hall.put("trade AAPL 257.90*300", START + 2 * SECOND - SECOND // 4)
    hall.market.asked_bars.clear()
    hall.wait(1)
    told = [client.of(history.HistoricalDataUpdate) for client in clients]
    assert all(len(one) == 1 and one[0].historicalDataBar.close == 257.9 for one in told)
    assert made == [1] and len(hall.market.queries("TRADES")) == 1


def test_who_reads_it_in_another_form_needs_an_encoding_of_its_own(made: list[int]) -> None:
    hall, clients = hall_of(4, (176, 226))
    for number, client in enumerate(clients):
        client.send(kept_up(7, 1 + number // 2)).got()
    hall.put("trade AAPL 257.90*300", START + SECOND + SECOND // 2)
    hall.wait(1)
    assert len(made) == 4


def begun(count: int, each: int) -> tuple[Hall, list[Client]]:
    """Bars are due, and half of one slice is over after each one that is told."""
    hall, clients = hall_of(count)
    for client in clients:
        client.send(*[seconds(number) for number in range(each)]).got()
    hall.wait(3.9)
    hall.station.timing.stopwatch = Stopwatch(channels.SLICE / SECOND / 2)
    hall.now = START + 5 * SECOND
    hall.station.step(hall.now)
    return hall, clients


def test_what_is_due_is_told_in_slices_between_which_requests_are_served() -> None:
    hall, clients = begun(4, 10)
    hall.station.flush()
    first, *_, last = clients
    assert 0 < len(bars(first)) < 10 and bars(last) == []
    assert hall.station.next_due() == hall.now
    data = last.connection.send(ReqCurrentTime())
    hall.station.receive(last.session, data, hall.now)
    hall.station.flush()
    assert [type(one) for one in last.got()] == [CurrentTime]
    hall.settle()
    assert len(bars(last)) == 10


def test_every_slice_tells_the_moment_at_which_it_began() -> None:
    hall, clients = begun(4, 10)
    hall.now = START + 11 * SECOND  # two more bars end while the first is told
    hall.settle()
    for client in clients:
        assert [bar.time - START // SECOND for bar in bars(client) if bar.reqId == 9] == [0, 5]


def test_who_cancels_leaves_or_stops_reading_between_two_slices_is_told_no_more() -> None:
    hall, clients = begun(4, 10)
    hall.station.flush()
    _, cancelling, leaving, slow = clients
    cancel = [cancelling.connection.send(ticks.CancelRealTimeBars(n)) for n in range(10)]
    hall.station.receive(cancelling.session, b"".join(cancel), hall.now)
    hall.station.lost(leaving.session, "", hall.now)
    slow.session.paused = True
    hall.station.timing.stopwatch = lambda: 0
    hall.settle()
    assert bars(cancelling) == bars(leaving) == bars(slow) == []
    slow.session.paused = False
    hall.wait(5)
    # Each bar counts: what a slow reader has missed comes first.
    assert [bar.time - START // SECOND for bar in bars(slow) if bar.reqId == 3] == [0, 5]


def test_who_comes_between_two_slices_begins_with_the_next_bar() -> None:
    hall, clients = begun(4, 10)
    late = clients[-1]
    hall.station.receive(late.session, late.connection.send(seconds(99)), hall.now)
    hall.settle()
    hall.wait(5)
    assert [bar.time - START // SECOND for bar in bars(late) if bar.reqId == 99] == [5]


def test_a_slow_client_holds_nobody_up() -> None:
    hall, clients = hall_of(3)
    for client in clients:
        client.send(seconds(1), kept_up(2)).got()
    clients[0].session.paused = True
    hall.wait(9)
    assert clients[0].got() == []
    assert [len(bars(one)) for one in clients[1:]] == [2, 2]


def test_a_tape_that_cannot_be_read_ends_the_bars_on_it_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall, (client,) = hall_of(1)
    client.send(seconds(1), market.ReqMktData(2, AAPL)).got()

    def fails(*_: object, **__: object) -> list[PriceBar]:
        raise ValueError("no such day")

    monkeypatch.setattr(hall.market, "bars", fails)
    hall.wait(10)
    assert lines(client.got()) == ["error 1 323"]
    assert client.session.subscriptions.of(FiveSecondLine) == {}
    assert list(client.session.subscriptions.of(QuoteLine)) == [2]


class Costly:
    """A feed that is due every second; to ask when that is takes a tenth of a slice."""

    steady = True

    def __init__(self, clock: list[int]) -> None:
        self._clock = clock
        self.asked = 0

    def due(self, now: int) -> int:
        self._clock[0] += channels.SLICE // 10
        self.asked += 1
        return (now // SECOND + 1) * SECOND

    def news(self, told: int, now: int) -> tuple[int, list[int]]:
        return now, []

    def messages(self, items: Any, form: channels.Form) -> list[Any]:
        return []


@pytest.mark.long
def test_many_channels_are_begun_in_slices_and_each_at_its_moment() -> None:
    hall, (one, late) = hall_of(2)
    clock, timing = [0], hall.station.timing
    timing.stopwatch = lambda: clock[0]
    many: channels.Channels = channels.Channels(lambda farm: True, timing)
    form, feeds = channels.Form(226), [Costly(clock) for _ in range(20 * channels.BEGUN)]
    heard: list[channels.Listener[int]] = []
    for number, feed in enumerate(feeds):
        asked = sum(other.asked for other in feeds)
        heard.append(channels.Listener(number, one.session, form, 0))
        many.follow(number, lambda feed=feed: feed, heard[-1])  # type: ignore[misc]
        # One more costs no look at the others.
        assert sum(other.asked for other in feeds) == asked + 1
    moment = many.next_due()
    assert moment is not None
    begun = clock[0]
    many.step(moment)
    longest = channels.SLICE + channels.BEGUN * channels.SLICE // 10
    assert 0 < clock[0] - begun <= longest
    joined = channels.Listener(1, late.session, form, 0)
    many.follow(len(feeds) - 1, lambda: feeds[-1], joined)
    timing.now = moment + SECOND // 2  # others have had a turn meanwhile
    while many.next_due() == timing.now:
        begun = clock[0]
        many.step(timing.now)
        assert clock[0] - begun <= longest
    assert {listener.told for listener in heard} == {moment}
    assert joined.told == 0 and many.next_due() == moment + SECOND
