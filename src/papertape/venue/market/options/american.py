"""The premium for early exercise: the quadratic approximation with the correction of Ju and Zhong.

G. Barone-Adesi and R. Whaley, "Efficient Analytic Approximation of American Option Values"
(Journal of Finance 42, 1987); N. Ju and R. Zhong, "An Approximate Formula for Pricing American
Options" (Journal of Derivatives 7, 1999). Everything is in units of the strike.

A rate under zero is priced as if it were zero where it would make two boundaries.
"""

from math import sqrt
from typing import NamedTuple

from .elementary import ROOT_2PI, below, exp, log
from .horizon import Horizon

_STEPS = 100
_CLOSE = 1e-9
_LEAST_RATE = 1e-7
"""A rate (or a yield) this small is priced as this small: the formula divides by it."""

_LEAST_SHRUNK = 0.5
"""The correction may double the premium, not more: near expiry its formula has poles, where the
premium is next to nothing."""


class Boundary(NamedTuple):
    """Where exercise begins, and what the premium is made of."""

    ratio: float
    """Spot over strike: a call is exercised above, a put below."""
    gain: float
    """What exercise there is worth beyond the European value."""
    power: float
    bend: float
    tilt: float


def boundary(
    call: bool, volatility: float, ahead: Horizon, *, start: float | None = None
) -> Boundary:
    """The critical price of a strike of 1; ``start`` is a guess from near by."""
    side = 1.0 if call else -1.0
    variance = volatility * volatility * ahead.years
    rate = max(ahead.rate, _LEAST_RATE)
    discount, growth = ahead.discount, ahead.growth
    if rate != ahead.rate:
        discount = exp(-rate * ahead.years)
    alpha = 2.0 * rate * ahead.years / variance
    beta = 2.0 * (rate - ahead.dividend) * ahead.years / variance
    held = _held(rate * ahead.years)
    spread = sqrt((beta - 1.0) * (beta - 1.0) + 4.0 * alpha / held)
    power = (side * spread - (beta - 1.0)) / 2.0
    deviation = sqrt(variance)
    at = start or _guess(side, alpha, beta, deviation, (rate - ahead.dividend) * ahead.years)
    low, high = (1.0, 1e12) if call else (0.0, 1.0)
    for _ in range(_STEPS):
        carried = at * growth
        d1 = log(carried / discount) / deviation + 0.5 * deviation
        bell = exp(-0.5 * d1 * d1)
        near = below(side * d1, bell)
        far = below(side * (d1 - deviation), bell * carried / discount)
        plain = side * (carried * near - discount * far)
        gain = side * (at - 1.0) - plain
        # Value matching and smooth pasting: gain = at / power * side * (1 - growth * near).
        pasted = side * (1.0 - growth * near)
        miss = gain - at * pasted / power
        if abs(miss) < _CLOSE * at:
            break
        if (miss > 0.0) == call:
            high = at
        else:
            low = at
        bent = growth * bell / (ROOT_2PI * deviation)
        slope = pasted * (1.0 - 1.0 / power) + bent / power
        step = at - miss / slope if slope else low
        at = step if low < step < high else 0.5 * (low + min(high, 4.0 * at))
    wide = 2.0 * power + beta - 1.0
    steeper = -side * alpha / (held * held * spread)
    kept = alpha * discount
    bend = kept * steeper / (2.0 * wide)
    time_value = (
        carried * bell / (ROOT_2PI * alpha * deviation)
        - side * carried * near * (ahead.dividend / rate)
        + side * discount * far
    ) / discount
    tilt = -kept / wide * (time_value / gain + 1.0 / held + steeper / wide) if gain > 0.0 else 0.0
    return Boundary(at, gain, power, bend, tilt)


def premium(edge: Boundary, ratio: float) -> float:
    """What early exercise adds at a spot of ``ratio`` strikes, on the side where one waits."""
    if edge.gain <= 0.0:
        return 0.0
    far = log(ratio / edge.ratio)
    shrunk = max(1.0 - far * (edge.bend * far + edge.tilt), _LEAST_SHRUNK)
    return edge.gain * exp(edge.power * far) / shrunk


def premium_slopes(edge: Boundary, ratio: float) -> tuple[float, float, float]:
    """The premium and its first and second derivative by the ratio."""
    worth = premium(edge, ratio)
    if not worth:
        return 0.0, 0.0, 0.0
    far = log(ratio / edge.ratio)
    slope, first, second = worth / ratio, edge.power, 0.0
    shrunk = 1.0 - far * (edge.bend * far + edge.tilt)
    if shrunk > _LEAST_SHRUNK:
        lean = (2.0 * edge.bend * far + edge.tilt) / shrunk
        first += lean
        second = 2.0 * edge.bend / shrunk + lean * lean
    return worth, slope * first, slope / ratio * (first * first - first + second)


def _held(x: float) -> float:
    """1 - e**-x without loss where x is small: differences of its inverses follow."""
    if x > 1e-2:
        return 1.0 - exp(-x)
    return x * (
        1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0))))
    )


def _guess(side: float, alpha: float, beta: float, deviation: float, carry: float) -> float:
    """Barone-Adesi and Whaley's first guess: on the way from the strike to the perpetual one."""
    for_ever = (side * sqrt((beta - 1.0) * (beta - 1.0) + 4.0 * alpha) - (beta - 1.0)) / 2.0
    if side > 0.0:
        if for_ever <= 1.0:
            return 2.0
        end = 1.0 / (1.0 - 1.0 / for_ever)
        speed = -(carry + 2.0 * deviation) / (end - 1.0)
        return 1.0 + (end - 1.0) * (1.0 - exp(max(min(speed, 0.0), -700.0)))
    end = 1.0 / (1.0 - 1.0 / for_ever)
    speed = (carry - 2.0 * deviation) / (1.0 - end)
    return end + (1.0 - end) * exp(max(min(speed, 0.0), -700.0))
