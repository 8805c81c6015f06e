"""The surface: skew, term structure, and prices that offer no free butterfly or calendar."""

from itertools import pairwise

from papertape.venue.market.options.horizon import Horizon
from papertape.venue.market.options.model import Option, value
from papertape.venue.market.options.surface import Surface
from walks import walk

SURFACE = Surface(0.24)
YEARS = (0.01, 0.05, 0.25, 1.0, 2.0)
STRIKES = [60.0 + 2 * place for place in range(50)]


def volatility(strike: float, years: float, wild: float = 1.0) -> float:
    return SURFACE.volatility(strike, 100.0, Horizon(years, 0.04), wild=wild)


def call(strike: float, years: float, wild: float = 1.0) -> float:
    found = volatility(strike, years, wild)
    return value(Option(strike, call=True), 100.0, found, Horizon(years, 0.04))


@walk("years", YEARS)
def test_low_strikes_cost_more_volatility(years: float) -> None:
    assert volatility(85, years) > volatility(100, years) > 0.2
    assert volatility(85, years) > volatility(115, years)


def test_the_smile_flattens_with_time() -> None:
    slopes = [volatility(90, years) - volatility(100, years) for years in YEARS[1:]]
    assert slopes == sorted(slopes, reverse=True)


def test_a_lively_day_counts_most_for_what_ends_soon() -> None:
    raised = [volatility(100, years, 2.0) / volatility(100, years) for years in YEARS]
    assert raised == sorted(raised, reverse=True)
    assert 1.4 < raised[0] < 1.51
    assert raised[-1] < 1.1


@walk("wild", [0.5, 1.0, 1.8])
@walk("years", YEARS)
def test_calls_fall_with_the_strike_and_no_butterfly_is_free(years: float, wild: float) -> None:
    prices = [call(strike, years, wild) for strike in STRIKES]
    steps = [later - price for price, later in pairwise(prices)]
    assert all(-2.0 <= step <= 1e-12 for step in steps)
    assert all(later - step >= -0.004 for step, later in pairwise(steps))


@walk("strike", [80.0, 90.0, 100.0, 110.0, 125.0])
def test_more_time_costs_more(strike: float) -> None:
    prices = [call(strike, years) for years in YEARS]
    assert prices == sorted(prices)


def test_at_the_end_there_is_a_volatility_all_the_same() -> None:
    assert volatility(100, 0.0) > 0.2
