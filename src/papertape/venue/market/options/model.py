"""What an option is worth, how that changes, and which volatility a price means.

European options are priced by Black, Scholes and Merton in the form of Black (1976), so one formula
serves stocks (a dividend yield), currencies (the foreign rate), futures (a yield equal to the rate)
and indices. American ones add the premium for early exercise (``american``). A program gives spot,
strike and price in one unit, whichever; years are those of 365 days. Nothing is remembered and no
date is known here: what passes between now and the expiry comes as a ``Horizon``.

Results are floats, the same bits on every machine (``elementary``); who stores or compares them
rounds to the price grid first.
"""

from collections.abc import Callable
from math import isfinite

import msgspec

from ...units import DAY, Nanos
from .american import Boundary, boundary, premium, premium_slopes
from .elementary import ROOT_2PI, below, exp, log
from .horizon import Horizon

YEAR: Nanos = 365 * DAY
_BUMP = 1.0 / 1024.0
"""Half the step in volatility of the premium's vega; a power of two, so that sums are exact."""


class Option(msgspec.Struct, frozen=True):
    """A call, or else a put, and whether it may be exercised before its end."""

    strike: float
    call: bool
    american: bool = False

    def __post_init__(self) -> None:
        if not (isfinite(self.strike) and self.strike > 0.0):
            raise ValueError(f"a strike of {self.strike}")


class Greeks(msgspec.Struct, frozen=True):
    """A value and its derivatives: theta for a calendar day, vega for a point of volatility."""

    value: float
    delta: float
    gamma: float
    vega: float
    theta: float


def horizon(now: Nanos, expiry: Nanos, *, rate: float = 0.0, dividend: float = 0.0) -> Horizon:
    """What lies between an instant and an expiry; nothing when that has passed."""
    return Horizon(max(expiry - now, 0) / YEAR, rate, dividend)


def value(option: Option, spot: float, volatility: float, ahead: Horizon) -> float:
    """What an option is worth.

    Raises ``ValueError`` unless spot and volatility are finite, the spot positive and the
    volatility not negative.
    """
    _check(spot, volatility)
    plain = _european(option, spot, volatility, ahead)
    if not option.american:
        return plain
    if not ahead.early(option.call) or not volatility * ahead.root:
        return max(plain, _intrinsic(option, spot))
    edge = boundary(option.call, volatility, ahead)
    return _american(option, spot, plain, edge)


def pricer(option: Option, volatility: float, ahead: Horizon) -> Callable[[float], float]:
    """``value`` for many spots: what does not depend on the spot is worked out once."""
    early = option.american and ahead.early(option.call) and volatility * ahead.root
    if not early:
        return lambda spot: value(option, spot, volatility, ahead)
    edge = boundary(option.call, volatility, ahead)
    return lambda spot: _american(option, spot, _european(option, spot, volatility, ahead), edge)


def greeks(option: Option, spot: float, volatility: float, ahead: Horizon) -> Greeks:
    """The value of an option and its derivatives. Raises as ``value`` does."""
    _check(spot, volatility)
    strike, root = option.strike, ahead.root
    deviation = volatility * root
    if not deviation:
        return _certain(option, spot, ahead)
    carried, paid = spot * ahead.growth, strike * ahead.discount
    d1 = log(carried / paid) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    bell = exp(-0.5 * d1 * d1)
    # The bell at d2 follows: forward times the one is strike times the other.
    near, far = below(d1, bell), below(d2, bell * carried / paid)
    if not option.call:
        near, far = near - 1.0, far - 1.0
    plain = carried * near - paid * far
    delta = ahead.growth * near
    density = carried * bell / ROOT_2PI
    gamma = density / (spot * spot * deviation)
    vega = density * root
    if option.american and ahead.early(option.call):
        edge = boundary(option.call, volatility, ahead)
        found = _american_slopes(option, spot, edge, (plain, delta, gamma, vega, volatility), ahead)
        if found is None:
            side = 1.0 if option.call else -1.0
            return Greeks(side * (spot - strike), side, 0.0, 0.0, 0.0)
        plain, delta, gamma, vega = found
    # The equation of Black and Scholes gives what the passing of time is worth.
    drift = (ahead.rate - ahead.dividend) * spot * delta
    wiggle = 0.5 * volatility * volatility * spot * spot * gamma
    theta = ahead.rate * plain - drift - wiggle
    return Greeks(plain, delta, gamma, vega / 100.0, theta / 365.0)


def _check(spot: float, volatility: float) -> None:
    if not (isfinite(spot) and spot > 0.0):
        raise ValueError(f"a spot of {spot}")
    if not (isfinite(volatility) and volatility >= 0.0):
        raise ValueError(f"a volatility of {volatility}")


def _intrinsic(option: Option, spot: float) -> float:
    return max(spot - option.strike if option.call else option.strike - spot, 0.0)


def _european(option: Option, spot: float, volatility: float, ahead: Horizon) -> float:
    carried, paid = spot * ahead.growth, option.strike * ahead.discount
    deviation = volatility * ahead.root
    if not deviation:
        return max(carried - paid if option.call else paid - carried, 0.0)
    d1 = log(carried / paid) / deviation + 0.5 * deviation
    bell = exp(-0.5 * d1 * d1)
    bell_2 = bell * carried / paid
    if option.call:
        worth = carried * below(d1, bell) - paid * below(d1 - deviation, bell_2)
    else:
        worth = paid * below(deviation - d1, bell_2) - carried * below(-d1, bell)
    return worth if worth > 0.0 else 0.0


def _american(option: Option, spot: float, plain: float, edge: Boundary) -> float:
    side = 1.0 if option.call else -1.0
    if side * (edge.ratio * option.strike - spot) <= 0.0:
        return max(plain, side * (spot - option.strike))
    early = premium(edge, spot / option.strike) * option.strike
    return max(plain + early, side * (spot - option.strike))


def _american_slopes(
    option: Option,
    spot: float,
    edge: Boundary,
    plain: tuple[float, float, float, float, float],
    ahead: Horizon,
) -> tuple[float, float, float, float] | None:
    """Value, delta, gamma, vega; None where the option is worth exercising."""
    strike, side = option.strike, 1.0 if option.call else -1.0
    value, delta, gamma, vega, volatility = plain
    if side * (edge.ratio * strike - spot) <= 0.0:
        return None if side * (spot - strike) >= value else plain[:4]
    ratio = spot / strike
    more, more_delta, more_gamma = premium_slopes(edge, ratio)
    step = min(_BUMP, 0.5 * volatility)
    up = boundary(option.call, volatility + step, ahead, start=edge.ratio)
    down = boundary(option.call, volatility - step, ahead, start=edge.ratio)
    more_vega = (premium(up, ratio) - premium(down, ratio)) / (2.0 * step)
    # The approximation may step a little over what is possible near the boundary.
    return (
        max(value + more * strike, side * (spot - strike)),
        min(max(delta + more_delta, -1.0), 1.0),
        max(gamma + more_gamma / strike, 0.0),
        max(vega + more_vega * strike, 0.0),
    )


def _certain(option: Option, spot: float, ahead: Horizon) -> Greeks:
    """The greeks where nothing can change any more: the option is what it ends as."""
    worth = _european(option, spot, 0.0, ahead)
    side = 1.0 if option.call else -1.0
    exercised = side * (spot - option.strike)
    if option.american and exercised > worth:
        return Greeks(exercised, side, 0.0, 0.0, 0.0)
    delta = side * ahead.growth if worth > 0.0 else 0.0
    theta = ahead.rate * worth - (ahead.rate - ahead.dividend) * spot * delta
    return Greeks(worth, delta, 0.0, 0.0, theta / 365.0)
