"""A walk that is entered anywhere: borders that meet, extremes, statistics."""

from itertools import pairwise
from statistics import correlation, fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.market.memo import Memo
from papertape.venue.market.walks import STEPS, Shared, Walk, Way

CELLS = 13
MINUTES = CELLS * STEPS
PROFILE = [1.0 + abs(cell - 6) / 3 for cell in range(CELLS)]
PRICE = 1e6


def walk(seed: int = 3, volatility: float = 0.015, nights: bool = True) -> Walk:
    return Walk(seed, volatility, profile=PROFILE, nights=lambda number: nights)


MARKET = walk(1, 0.009)


def way(seed: int = 3, beta: float = 0.0, origin: int = 0, nights: bool = True) -> Way:
    shared = (Shared(MARKET, beta),) if beta else ()
    return Way(PRICE, origin, walk(seed, nights=nights), shared)


def minutes(line: Way, number: int) -> list[float]:
    cells = [line.cell(number, cell)[:-1] for cell in range(CELLS)]
    return [price for cell in cells for price in cell] + [line.knots(number)[-1]]


numbers = st.integers(-(10**6), 10**6)


@tries(60)
@given(number=numbers, seed=st.integers(0, 99), beta=st.sampled_from((-0.5, 0.0, 1.0, 2.0)))
def test_extremes_are_those_of_all_steps(number: int, seed: int, beta: float) -> None:
    line = way(seed, beta)
    steps = minutes(line, number)
    (top, peak), (bottom, trough) = line.extremes(number, MINUTES)
    assert (top, bottom) == (max(steps), min(steps))
    assert (peak, trough) == (steps.index(top), steps.index(bottom))


@given(
    number=numbers, upto=st.integers(1, MINUTES), beta=st.sampled_from((-0.5, 0.0, 1.0)),
)  # fmt: skip
def test_extremes_of_a_part_of_a_day(number: int, upto: int, beta: float) -> None:
    line = way(4, beta)
    steps = minutes(line, number)[: upto + 1]
    (top, peak), (bottom, trough) = line.extremes(number, upto)
    assert (top, bottom) == (max(steps), min(steps))
    assert (peak, trough) == (steps.index(top), steps.index(bottom))


@given(number=numbers, beta=st.sampled_from((-0.5, 0.0, 1.5)))
def test_no_step_of_a_cell_is_beyond_its_bounds(number: int, beta: float) -> None:
    line = way(9, beta)
    knots, lows, highs = line.bounds(number)
    assert knots == line.knots(number)
    for cell, (low, high) in enumerate(zip(lows, highs)):
        prices = line.cell(number, cell)
        assert low - 1e-6 <= min(prices) and max(prices) <= high + 1e-6


@given(number=numbers, beta=st.sampled_from((0.0, 1.5)))
def test_cells_meet(number: int, beta: float) -> None:
    line = way(5, beta)
    for cell in range(CELLS):
        assert line.cell(number, cell)[0] == line.at(number, cell * STEPS)
        assert line.cell(number, cell)[-1] == line.at(number, (cell + 1) * STEPS)


@given(number=numbers)
def test_without_a_night_a_day_opens_where_the_last_one_closed(number: int) -> None:
    line = way(6, nights=False)
    assert line.knots(number)[0] == pytest.approx(line.knots(number - 1)[-1], rel=1e-14)


@given(origin=st.integers(-3000, 3000), beta=st.sampled_from((0.0, 1.5)))
def test_the_origin_opens_at_the_price(origin: int, beta: float) -> None:
    assert way(7, beta, origin).at(origin, 0) == PRICE


def test_a_memo_keeps_no_more_than_it_may_and_answers_alike() -> None:
    asked: list[int] = []

    def square(key: int) -> int:
        asked.append(key)
        return key * key

    memo = Memo(3, square)
    for key in (1, 2, 1, 3, 3, 2, 4, 1, 4):
        assert memo[key] == key * key and len(memo) <= 3
    assert asked == [1, 2, 3, 4, 1]


def test_what_was_asked_before_changes_nothing() -> None:
    days = [5, -900, 17, 123_456, 6]
    one, other = way(8, 1.0), way(8, 1.0)
    forth = {number: minutes(one, number) for number in days}
    back = {number: minutes(other, number) for number in reversed(days)}
    assert forth == back


def changes(line: Walk, days: int = 6_000) -> list[float]:
    return [line.level(number + 1) - line.level(number) for number in range(-days, 0)]


def autocorrelation(values: list[float], lag: int) -> float:
    return correlation(values[:-lag], values[lag:])


@pytest.mark.long
def test_daily_changes_are_as_large_as_asked_and_unrelated() -> None:
    found = changes(walk(11))
    assert pvariance(found) ** 0.5 == pytest.approx(0.015, rel=0.15)
    assert abs(fmean(found)) < 0.0006
    for lag in (1, 2, 3, 5):
        assert abs(autocorrelation(found, lag)) < 0.06


@pytest.mark.long
def test_large_days_come_together_and_have_fat_tails() -> None:
    found = changes(walk(12))
    sizes = [abs(change) for change in found]
    assert [autocorrelation(sizes, lag) > 0.06 for lag in (1, 2, 5, 10)] == [True] * 4
    kurtosis = fmean([change**4 for change in found]) / pvariance(found) ** 2
    assert 4 < kurtosis < 20


@pytest.mark.long
def test_a_night_and_its_day_are_unrelated() -> None:
    line = walk(13)
    nights = [line.opened(number) - line.level(number) for number in range(-4_000, 0)]
    days = [line.level(number + 1) - line.opened(number) for number in range(-4_000, 0)]
    assert abs(correlation(nights, days)) < 0.06
    assert 0.1 < pvariance(nights) / pvariance(days) < 0.4


@pytest.mark.long
def test_the_walk_stays_near_its_origin_for_ever() -> None:
    line = walk(14)
    levels = [line.level(number) for number in range(-(10**6), 10**6, 997)]
    assert max(map(abs, levels)) < 1.4


def test_what_follows_the_market_moves_with_it_minute_by_minute() -> None:
    def returns(line: Way) -> list[float]:
        steps = [price for number in range(20) for price in minutes(line, number)[:-1]]
        return [later / price - 1 for price, later in pairwise(steps)]

    one, other, alone = way(21, 1.0), way(22, 1.0), way(23)
    assert correlation(returns(one), returns(other)) > 0.15
    assert abs(correlation(returns(one), returns(alone))) < 0.05
