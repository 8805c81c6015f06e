"""What elects a stop: the price that each trigger method compares.

As TWS simulates stops: the last price, for a buy order at or above the stop; or the touch, the bid
for a buy and the ask for a sell order, so that a wide spread elects no stop; or the midpoint. The
double methods want two ticks in a row that reach the stop.
"""

from typing import Final

from ..market.source import Quote
from ..units import PriceUnits

DOUBLE_SIDES: Final = 1
LAST: Final = 2
DOUBLE_LAST: Final = 3
SIDES: Final = 4
LAST_OR_SIDES: Final = 7
MIDDLE: Final = 8
METHODS: Final = (DOUBLE_SIDES, LAST, DOUBLE_LAST, SIDES, LAST_OR_SIDES, MIDDLE)
"""The values of ``triggerMethod``."""
DOUBLE: Final = (DOUBLE_SIDES, DOUBLE_LAST)
"""Those that want two ticks in a row."""
BY_PRINT: Final = (LAST, DOUBLE_LAST, LAST_OR_SIDES)
BY_SIDES: Final = (DOUBLE_SIDES, SIDES, LAST_OR_SIDES)

UpDown = tuple[PriceUnits, PriceUnits]
"""The price that elects buy stops at or below it, and the price that elects sell stops at or above
it; 0 is none."""


def of_quote(method: int, quote: Quote) -> UpDown:
    """Return the electing prices of a quote for a method that uses quotes."""
    if method in BY_SIDES:
        return quote.bid, quote.ask
    if method == MIDDLE and quote.bid and quote.ask:
        middle, odd = divmod(quote.bid + quote.ask, 2)
        return middle, middle + odd  # half a unit must not elect either side too early
    return 0, 0


def elects(method: int, side: int, stop: PriceUnits, *, last: PriceUnits, quote: Quote) -> int:
    """Return the price that elects a stop now; 0 when none does. ``last`` 0 is unknown."""
    up, down = of_quote(method, quote)
    if side > 0:
        if method in BY_PRINT and last >= stop:
            return last
        return up if up >= stop else 0
    if method in BY_PRINT and 0 < last <= stop:
        return last
    return down if 0 < down <= stop else 0
