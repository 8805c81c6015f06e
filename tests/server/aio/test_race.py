"""Speed ``max``: strides, what holds them, and that nothing is lost."""

import pytest

from lanes import many
from papertape.server.aio.race import IDLE_S, MOST_STRIDE, WAITS_S, Race
from papertape.server.clock import FASTEST, MarketClock, speed_of
from papertape.server.settings import StationSettings
from papertape.venue.units import SECOND, Nanos
from papertape.wire.catalogue import market, ticks
from server.handlers.test_market import AAPL
from server.pair import Client, Hall
from walks import walk

SETTINGS = StationSettings(max_message_rate=0, quote_interval_ms=0, slow_reader_s=5)


class Runner:
    """A race over a hall: the clock of the market is the hall's, the steady one is the test's."""

    def __init__(self, hall: Hall, taken: Nanos = 0) -> None:
        self.hall = hall
        self.steady: Nanos = 0
        self.taken = taken
        self.race = Race(hall.station, self.clock, self.jump, self.clock)

    def clock(self) -> Nanos:
        self.steady += self.taken
        return self.steady

    def jump(self, at: Nanos) -> None:
        assert at > self.hall.now
        self.hall.now = at

    def turn(self) -> float:
        pause = self.race.turn(self.hall.now)
        self.hall.station.flush()
        return pause


def racing(count: int = 400, *, settings: StationSettings = SETTINGS) -> tuple[Runner, Client]:
    hall = Hall(settings=settings)
    for second in range(count):
        hall.put(f"quote AAPL 257.{second % 60:02} x 258", hall.now + (second + 1) * SECOND)
        hall.put(f"trade AAPL 257.{second % 50:02}*{second + 1}", hall.now + (second + 1) * SECOND)
    return Runner(hall), hall.client()


@pytest.mark.long
def test_nothing_is_lost_and_time_goes_in_strides() -> None:
    runner, client = racing()
    client.send(market.ReqMktData(1, AAPL))
    client.send(ticks.ReqTickByTickData(2, AAPL, "AllLast")).got()
    start, turns, sizes, bids = runner.hall.now, 0, [], []
    while runner.hall.now < start + 400 * SECOND:
        assert runner.turn() == 0
        turns += 1
        for one in client.got():
            if isinstance(one, ticks.TickByTickData) and one.historicalTickLast is not None:
                sizes.append(int(one.historicalTickLast.size or 0))
            elif isinstance(one, market.TickPrice) and one.tickType == 1:
                bids.append(one.price)
    assert sizes == list(range(1, 401))
    assert bids == [257 + second % 60 / 100 for second in range(400)]
    assert turns < 200


@pytest.mark.long
def test_while_nobody_follows_a_stream_time_stands_still() -> None:
    runner, client = racing()
    begun = runner.hall.now
    assert [runner.turn() for _ in range(3)] == [IDLE_S] * 3
    client.send(market.ReqMktData(1, AAPL)).got()
    assert runner.hall.now == begun
    assert runner.turn() == 0 and runner.hall.now > begun
    client.send(market.CancelMktData(1))
    assert runner.turn() == IDLE_S


@pytest.mark.long
def test_a_client_that_does_not_read_holds_the_market_for_so_long(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runner, client = racing()
    other = runner.hall.client(2)
    for one in (client, other):
        one.send(ticks.ReqTickByTickData(2, AAPL, "AllLast")).got()
    client.session.paused = True
    begun = runner.hall.now
    assert [runner.turn() for _ in range(5)] == [WAITS_S] * 5
    assert runner.hall.now == begun
    runner.steady += 6 * SECOND
    assert runner.turn() == 0 and runner.hall.now > begun
    assert "the market goes on without client 1" in caplog.text
    while runner.hall.now < begun + 400 * SECOND:
        runner.turn()
    assert len(other.of(ticks.TickByTickData)) == 400
    client.session.paused = False
    while runner.hall.station.next_due() == runner.hall.now:
        runner.turn()
    assert len(client.of(ticks.TickByTickData)) == 400  # told when it reads again


def test_a_sampled_quote_has_an_instant_of_its_own() -> None:
    runner, client = racing(settings=StationSettings(max_message_rate=0, quote_interval_ms=250))
    client.send(market.ReqMktData(1, AAPL)).got()
    begun, seconds = runner.hall.now, many(test=20, check=5)
    while runner.hall.now < begun + seconds * SECOND:
        runner.turn()
    assert {one.price for one in client.of(market.TickPrice) if one.tickType == 1} >= {
        257 + second / 100 for second in range(seconds)
    }


@pytest.mark.long
@pytest.mark.parametrize(("taken", "longest"), [(4_000_000, SECOND), (0, MOST_STRIDE)])
def test_strides_adapt_to_how_long_they_take(taken: Nanos, longest: Nanos) -> None:
    runner, client = racing()
    runner.taken = taken
    client.send(ticks.ReqTickByTickData(2, AAPL, "AllLast")).got()
    strides = []
    for _ in range(20):
        before = runner.hall.now
        runner.turn()
        strides.append(runner.hall.now - before)
    assert max(strides) <= longest
    assert (max(strides) > SECOND) is (not taken)


def test_only_the_driver_moves_the_clock() -> None:
    clock = MarketClock(0, 1000, FASTEST)
    assert clock.now(10**12) == 1000
    assert clock.over(5, 10**12) == MarketClock(5, 1000, FASTEST)


@walk(("given", "speed"), [("max", FASTEST), ("MAX", FASTEST), (2, 2), ("0", 0)])
def test_speeds_as_users_write_them(given: float | str, speed: float) -> None:
    assert speed_of(given) == speed


@walk("given", ["fast", -1, 10_001, "nan", ""])
def test_what_is_no_speed(given: float | str) -> None:
    with pytest.raises(ValueError, match="max or a number"):
        speed_of(given)


@pytest.mark.long
def test_what_others_take_of_a_busy_computer_makes_no_stride_shorter() -> None:
    runner, client = racing()
    runner.taken = SECOND  # by the clock on the wall each stride takes long
    runner.race = Race(runner.hall.station, runner.clock, runner.jump, lambda: 0)
    client.send(market.ReqMktData(1, AAPL)).got()
    start, turns = runner.hall.now, 0
    while runner.hall.now < start + 400 * SECOND:
        runner.turn()
        turns += 1
    assert turns < 100
