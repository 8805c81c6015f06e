"""Which volatility a price of an option means."""

from math import isfinite, sqrt

from .elementary import ROOT_2PI, exp, log
from .horizon import Horizon
from .model import Option, value

LOWEST, HIGHEST = 1e-4, 10.0
_STEPS = 200
_HALVED = 12
"""Every so many steps one halves the bounds, so that a slope that misleads does no harm."""
_CLOSE = 1e-11
_DOUBTFUL = 0.99 * HIGHEST
"""Above, a price may be higher than any volatility explains."""
_LEAST_TIME_VALUE = 1e-10
"""Of the strike: a price with less above what the option is worth at the lowest volatility says
nothing about it."""


def implied_volatility(
    option: Option, price: float, spot: float, ahead: Horizon, *, near: float | None = None
) -> float | None:
    """The volatility at which an option is worth ``price``; None where there is none.

    There is none for a price outside of what volatilities from 0.01 % to 1000 % give, for one
    without time value and after the expiry. ``near``, a volatility that is not far away, makes it
    three times as fast; the last digits may differ. Raises ``ValueError`` for a spot that is no
    price.
    """
    if not (isfinite(price) and price > 0.0) or not ahead.years:
        return None
    least = value(option, spot, LOWEST, ahead)
    if price - least < _LEAST_TIME_VALUE * option.strike:
        return None
    if near is None and price > value(option, spot, HIGHEST, ahead):
        return None
    found = _search(option, price, (spot, ahead), least, near)
    if found is not None and near is not None and found > _DOUBTFUL:
        return implied_volatility(option, price, spot, ahead)
    return found


def _search(
    option: Option, price: float, at: tuple[float, Horizon], least: float, near: float | None
) -> float | None:
    """Newton's steps on the logarithm of the time value, kept between two bounds.

    The logarithm is close to straight in the wings, where the value itself is flat. The slope is
    that of the European value, which is near enough for both kinds.
    """
    spot, ahead = at
    carried, paid = spot * ahead.growth, option.strike * ahead.discount
    distance = log(carried / paid)
    low, high = LOWEST, HIGHEST
    guess = sqrt(2.0 * abs(distance)) / ahead.root  # the value's point of inflection
    guess = min(max(guess, 0.1), 2.0) if near is None else min(max(near, low), high)
    floor = least if least < price else 0.0
    goal = log(price - floor)
    for count in range(1, _STEPS):
        excess = value(option, spot, guess, ahead) - floor
        if excess <= 0.0:
            low, guess = guess, _between(guess, high)
            continue
        miss = log(excess) - goal
        if miss > 0.0:
            high = guess
        else:
            low = guess
        if abs(miss) <= _CLOSE or high - low <= _CLOSE * high:
            return guess
        deviation = guess * ahead.root
        d1 = distance / deviation + 0.5 * deviation
        vega = carried * ahead.root * exp(-0.5 * d1 * d1) / ROOT_2PI
        step = guess - miss * excess / vega if vega > 0.0 else low
        straight = low < step < high and count % _HALVED
        guess = step if straight else _between(low, high)
    return guess


def _between(low: float, high: float) -> float:
    return sqrt(low * high)
