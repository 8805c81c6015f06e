"""Implied volatilities: there and back, the wings, and prices that mean nothing."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from papertape.venue.market.options.horizon import Horizon
from papertape.venue.market.options.implied import implied_volatility
from papertape.venue.market.options.model import Option, greeks, value
from walks import walk

strikes = st.floats(30.0, 300.0)
volatilities = st.floats(0.03, 3.0)
horizons = st.builds(Horizon, st.floats(0.003, 3.0), st.floats(0.0, 0.1), st.floats(0.0, 0.1))


@given(strike=strikes, volatility=volatilities, ahead=horizons, call=st.booleans())
def test_there_and_back(strike: float, volatility: float, ahead: Horizon, call: bool) -> None:
    option = Option(strike, call)
    found = greeks(option, 100.0, volatility, ahead)
    assume(found.vega > 1e-6)
    assert implied_volatility(option, found.value, 100.0, ahead) == pytest.approx(
        volatility, abs=1e-8
    )


@given(strike=strikes, volatility=volatilities, ahead=horizons, call=st.booleans())
def test_there_and_back_with_early_exercise(
    strike: float, volatility: float, ahead: Horizon, call: bool
) -> None:
    option = Option(strike, call, american=True)
    worth = value(option, 100.0, volatility, ahead)
    found = implied_volatility(option, worth, 100.0, ahead)
    if found is None:
        assert worth - value(option, 100.0, 1e-4, ahead) < 1e-6
    else:
        assert value(option, 100.0, found, ahead) == pytest.approx(worth, abs=1e-6)


def test_the_textbook() -> None:
    """Hull, chapter 14: a call of 1.875 on 21 with a strike of 20 means 23.5 %."""
    found = implied_volatility(Option(20, call=True), 1.875, 21.0, Horizon(0.25, 0.1))
    assert found == pytest.approx(0.235, abs=5e-4)


def test_the_wings() -> None:
    ahead = Horizon(7 / 365)
    for strike, call in ((150.0, True), (60.0, False)):
        option = Option(strike, call)
        worth = value(option, 100.0, 0.4, ahead)
        assert worth < 1e-9
        assert implied_volatility(option, worth, 100.0, ahead) in (None, pytest.approx(0.4))


@walk(
    ("price", "years"),
    [
        (0.0, 1.0),
        (-1.0, 1.0),
        (float("nan"), 1.0),
        (100.1, 1.0),
        (9.9, 1.0),  # less than what the option is worth for sure
        (12.0, 0.0),
    ],
)
def test_prices_that_no_volatility_gives(price: float, years: float) -> None:
    assert implied_volatility(Option(90, call=True), price, 100.0, Horizon(years)) is None


@walk("near", [1e-4, 0.05, 0.2, 0.21, 3.0, 10.0])
@walk("call", [True, False])
@walk("american", [True, False])
def test_a_guess_changes_the_way_and_not_the_answer(
    near: float, call: bool, american: bool
) -> None:
    option, ahead = Option(100.0, call, american), Horizon(0.2, 0.04, 0.01)
    for volatility in (0.05, 0.2, 0.9, 4.0):
        price = value(option, 104.0, volatility, ahead)
        plain = implied_volatility(option, price, 104.0, ahead)
        guessed = implied_volatility(option, price, 104.0, ahead, near=near)
        if plain is None:
            assert guessed is None
        else:
            assert guessed == pytest.approx(plain, rel=1e-8)
    assert implied_volatility(option, 104.5, 104.0, ahead, near=near) is None
    assert implied_volatility(option, 0.5 if call else 1e-12, 104.0, ahead, near=near) is None
