"""What elects a stop: which prices a trigger method looks at, and which way they must go.

As TWS simulates stops: the last price, for a buyer at or above the stop; or the touch, for a
buyer the bid and for a seller the ask, so that a wide spread elects nobody; or the middle.
"""

from typing import Final

from ..market.source import Quote
from ..units import PriceUnits

LAST: Final = 2
SIDES: Final = 4
LAST_OR_SIDES: Final = 7
MIDDLE: Final = 8
METHODS: Final = (LAST, SIDES, LAST_OR_SIDES, MIDDLE)
"""Values of ``triggerMethod`` that the exchange knows; those that need two ticks are not among
them."""
BY_PRINT: Final = (LAST, LAST_OR_SIDES)
BY_SIDES: Final = (SIDES, LAST_OR_SIDES)

UpDown = tuple[PriceUnits, PriceUnits]
"""The price that elects buyers at or below it, and the one that elects sellers at or above it;
0 stands for none."""


def of_quote(method: int, quote: Quote) -> UpDown:
    """What a quote says to a method that looks at quotes."""
    if method in BY_SIDES:
        return quote.bid, quote.ask
    if method == MIDDLE and quote.bid and quote.ask:
        middle, odd = divmod(quote.bid + quote.ask, 2)
        return middle, middle + odd  # half a unit elects neither side too early
    return 0, 0


def elects(method: int, side: int, stop: PriceUnits, *, last: PriceUnits, quote: Quote) -> int:
    """The price that elects a stop right now; 0 when none does. ``last`` 0 is unknown."""
    up, down = of_quote(method, quote)
    if side > 0:
        if method in BY_PRINT and last >= stop:
            return last
        return up if up >= stop else 0
    if method in BY_PRINT and 0 < last <= stop:
        return last
    return down if 0 < down <= stop else 0
