"""Daily returns, and the historical volatility that they make."""

from collections.abc import Sequence
from itertools import pairwise
from math import log, sqrt
from typing import Final

from ..units import PriceUnits

RETURNS: Final = 30
"""Daily returns of which a historical volatility is made."""
TRADING_DAYS: Final = 252


def yearly_volatility(closes: Sequence[PriceUnits]) -> float | None:
    """The standard deviation of daily returns, brought to a year; closes newest first."""
    if len(closes) <= RETURNS or min(closes) <= 0:
        return None
    returns = [log(new / old) for new, old in pairwise(closes)]
    mean = sum(returns) / len(returns)
    variance = sum((one - mean) ** 2 for one in returns) / (len(returns) - 1)
    return sqrt(variance * TRADING_DAYS)
