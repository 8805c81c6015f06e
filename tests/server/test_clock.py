"""The market's clock: a straight line over the wall clock."""

import pytest

from papertape.server.clock import MarketClock

WALL, MARKET = 1_000_000_000_000, 5_000_000_000_000


@pytest.mark.parametrize(
    ("speed", "elapsed", "market"),
    [(1.0, 7, 7), (10.0, 1_000, 10_000), (0.5, 1_000, 500), (1.0, -50, 0), (10.0, -50, 0)],
)
def test_market_time_is_elapsed_time_by_the_speed(speed: float, elapsed: int, market: int) -> None:
    assert MarketClock(WALL, MARKET, speed).now(WALL + elapsed) == MARKET + market


@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0])
def test_until_is_wall_seconds(speed: float) -> None:
    clock = MarketClock(WALL, MARKET, speed)
    assert clock.until(MARKET + 10**9, WALL) == pytest.approx(1 / speed)
    assert clock.until(MARKET - 1, WALL) == 0
    assert clock.until(MARKET, WALL + 10**9) == 0


def test_another_speed_goes_on_from_the_same_instant() -> None:
    clock = MarketClock(WALL, MARKET).at_speed(10, WALL + 500)
    assert clock.now(WALL + 500) == MARKET + 500
    assert clock.now(WALL + 600) == MARKET + 1500


def test_real_speed_is_exact_however_long_it_runs() -> None:
    year = 365 * 86_400 * 10**9 + 1
    assert MarketClock(WALL, MARKET).now(WALL + year) == MARKET + year
