"""The volatilities of a synthetic underlying's options, by strike and time to the expiry.

At the money the volatility goes from today's to the usual one as the expiry moves away. Across
strikes it is a parabola in the distance in deviations, bounded at both ends: puts far down cost
more than calls far up, and the smile flattens with the root of time, as surfaces of listed options
do. The numbers are ours.
"""

import msgspec

from .elementary import log
from .horizon import Horizon

YEARLY = 15.874507866387544
"""The root of 252: a day's volatility to a year's."""
_REMEMBERED = 0.25
"""Years after which a lively day counts for half."""
_FAR = 3.0
_LEAST = 0.02


class Surface(msgspec.Struct, frozen=True):
    """Volatilities a year."""

    usual: float
    skew: float = 0.06
    """How much a put one deviation down costs more, as a share of the volatility."""
    smile: float = 0.015
    premium: float = 1.1
    """Implied volatility over what the price really does."""

    def volatility(self, strike: float, spot: float, ahead: Horizon, *, wild: float = 1.0) -> float:
        """The volatility of one option; ``wild`` is how lively today is beside the usual."""
        near = _REMEMBERED / (_REMEMBERED + ahead.years)
        level = self.usual * self.premium * (1.0 + (wild - 1.0) * 0.5 * near)
        level = max(level, _LEAST)
        if not ahead.root:
            return level
        forward = spot * ahead.growth / ahead.discount
        # Hours from the end a strike is not hundreds of deviations away.
        far = log(strike / forward) / (level * max(ahead.root, 0.1))
        far = min(max(far, -_FAR), _FAR)
        return level * (1.0 - self.skew * far + self.smile * far * far)
