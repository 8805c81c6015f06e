"""The premium for early exercise beside the tables of the papers."""

import pytest

from papertape.venue.market.options.american import boundary, premium
from papertape.venue.market.options.elementary import log
from papertape.venue.market.options.horizon import Horizon
from papertape.venue.market.options.model import Option, greeks, value
from walks import walk

# N. Ju and R. Zhong (1999), table 1: puts on 40 at a rate of 4.88 %, by their formula.
PUTS = """
# strike  volatility  1 month  4 months  7 months
35  0.2   0.006  0.201  0.433
40  0.2   0.851  1.576  1.984
45  0.2   5.000  5.084  5.260
35  0.3   0.078  0.697  1.218
40  0.3   1.309  2.477  3.161
45  0.3   5.059  5.699  6.231
35  0.4   0.247  1.344  2.150
40  0.4   1.767  3.381  4.342
45  0.4   5.288  6.501  7.367
"""

# E. Haug, The Complete Guide to Option Pricing Formulas: the quadratic approximation without the
# correction, strike 100, rate and yield 10 %, for spots of 90, 100 and 110.
CALLS = """
# years  volatility
0.1  0.15  0.0206   1.8771  10.0089
0.1  0.25  0.3159   3.1280  10.3919
0.1  0.35  0.9495   4.3777  11.1679
0.5  0.15  0.8208   4.0842  10.8087
0.5  0.25  2.7437   6.8015  13.0170
0.5  0.35  5.0063   9.5106  15.5689
"""


def rows(table: str) -> list[list[float]]:
    lines = [line for line in table.strip().splitlines() if not line.startswith("#")]
    return [[float(word) for word in line.split()] for line in lines]


@walk("row", rows(PUTS))
def test_puts_of_the_paper(row: list[float]) -> None:
    strike, volatility, *expected = row
    option = Option(strike, call=False, american=True)
    years = (0.0833, 0.3333, 0.5833)
    found = [value(option, 40.0, volatility, Horizon(time, 0.0488)) for time in years]
    assert found == pytest.approx(expected, abs=0.001)


@walk("row", rows(CALLS))
def test_calls_of_the_handbook(row: list[float]) -> None:
    years, volatility, *expected = row
    ahead, option = Horizon(years, 0.1, 0.1), Option(100.0, call=True, american=True)
    found = [value(option, spot, volatility, ahead) for spot in (90.0, 100.0, 110.0)]
    assert found == pytest.approx(expected, abs=0.06)


@walk("call", [True, False])
@walk("volatility", [0.05, 0.2, 0.9])
@walk("years", [0.01, 0.5, 3.0])
def test_the_boundary_is_where_waiting_and_exercising_are_worth_the_same(
    call: bool, volatility: float, years: float
) -> None:
    ahead = Horizon(years, 0.05, 0.03)
    edge = boundary(call, volatility, ahead)
    assert (edge.ratio > 1.0) == call
    plain = value(Option(1.0, call), edge.ratio, volatility, ahead)
    assert plain + premium(edge, edge.ratio) == pytest.approx(abs(edge.ratio - 1.0), abs=1e-8)
    near = edge.ratio * (0.999 if call else 1.001)
    slope = greeks(Option(1.0, call, american=True), near, volatility, ahead).delta
    assert slope == pytest.approx(1.0 if call else -1.0, abs=0.06)


@pytest.mark.parametrize(("call", "rates"), [(True, (0.05, 0.0)), (False, (0.0, 0.04))])
def test_without_a_reason_to_exercise_there_is_no_premium(
    call: bool, rates: tuple[float, float]
) -> None:
    ahead = Horizon(1.0, *rates)
    early, late = (value(Option(100, call, kind), 95.0, 0.3, ahead) for kind in (True, False))
    assert early == late


def test_a_tiny_rate_loses_nothing() -> None:
    """The formula divides by the rate; at none at all it must come to the same."""
    found = [
        value(Option(100, call=True, american=True), 105.0, 0.4, Horizon(0.5, rate, 0.05))
        for rate in (0.0, 1e-9, 1e-6, 1e-4)
    ]
    assert found == pytest.approx([found[0]] * 4, abs=5e-3)


def test_a_boundary_does_not_depend_on_where_the_search_begins() -> None:
    ahead = Horizon(0.7, 0.04, 0.02)
    for call in (True, False):
        found = boundary(call, 0.3, ahead)
        again = boundary(call, 0.3, ahead, start=found.ratio * 1.07)
        assert log(again.ratio / found.ratio) == pytest.approx(0.0, abs=1e-7)
