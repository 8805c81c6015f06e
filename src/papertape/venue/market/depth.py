"""A book whose best level is the quote: made of it and of the instant, so that it can be asked for
anywhere.

Below the touch there is a level at every step of the grid, some left out; its size stands for a few
seconds and is drawn anew at a time of its own. Sizes grow away from the touch, as in books of
listed stocks.
"""

import msgspec

from ..units import SECOND, Nanos, PriceUnits, SizeUnits
from .interpolate import LOTS
from .noise import mix
from .source import Quote

MOST_LEVELS = 60
_STANDS: Nanos = 4 * SECOND
_GAPS = 40
"""Of 256 steps so many have no level."""


class DepthLevel(msgspec.Struct, frozen=True):
    """Price and size of one level."""

    price: PriceUnits
    size: SizeUnits


class Depth(msgspec.Struct, frozen=True):
    """Both sides of a book at an instant, the best level first; an empty side is not quoted."""

    conId: int
    time: Nanos
    bids: tuple[DepthLevel, ...]
    asks: tuple[DepthLevel, ...]


def depth(
    quote: Quote, now: Nanos, *, step: tuple[PriceUnits, SizeUnits], levels: int, seed: int
) -> Depth:
    """The book around a quote, in steps of a price and of a usual size.

    Raises ``ValueError`` unless there are 1 to 60 levels.
    """
    if not 1 <= levels <= MOST_LEVELS:
        raise ValueError(f"a book of {levels} levels: 1 to {MOST_LEVELS}")
    tick, unit = step
    bids = _side((quote.bid, quote.bidSize), now, (-tick, unit), (levels, mix(seed, 1)))
    asks = _side((quote.ask, quote.askSize), now, (tick, unit), (levels, mix(seed, 2)))
    return Depth(quote.conId, now, bids, asks)


def _side(
    touch: tuple[PriceUnits, SizeUnits],
    now: Nanos,
    by: tuple[int, SizeUnits],
    made: tuple[int, int],
) -> tuple[DepthLevel, ...]:
    price, size = touch
    if not price:
        return ()
    (step, unit), (levels, seed) = by, made
    found = [DepthLevel(price, size)]
    while len(found) < levels:
        price += step
        if price <= 0:
            break
        chance = mix(seed, price)
        if chance & 255 < _GAPS:
            continue
        age = (now + (chance >> 8) % _STANDS) // _STANDS
        lots = LOTS[mix(seed, price, age) & 31]
        found.append(DepthLevel(price, unit * (lots + min(abs(price - touch[0]) // abs(step), 10))))
    return tuple(found)
