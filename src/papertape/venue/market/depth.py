"""A book whose best level is the quote: made of it and of the instant, so that it can be asked for
anywhere.

Below the touch there is a level at every step of the grid, some left out; its size stands for a few
seconds and is drawn anew at a time of its own. Sizes grow away from the touch, as in books of
listed stocks.
"""

from collections.abc import Sequence

from ..units import SECOND, SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .interpolate import LOTS
from .noise import mix
from .source import Depth, DepthLevel, Quote

MOST_LEVELS = 60
_STANDS: Nanos = 4 * SECOND
_LOTS: tuple[SizeUnits, ...] = (100 * SIZE_SCALE, SIZE_SCALE, 1)
"""What venues share a level by: the largest that it is a multiple of."""
_GAPS = 40
"""Of 256 steps so many have no level."""


def depth(
    quote: Quote, now: Nanos, *, step: tuple[PriceUnits, SizeUnits], levels: int, seed: int
) -> Depth:
    """The book around a quote, in steps of a price and of a usual size.

    Raises ``ValueError`` unless there are 1 to 60 levels.
    """
    if not 1 <= levels <= MOST_LEVELS:
        raise ValueError(f"a book of {levels} levels: 1 to {MOST_LEVELS}")
    tick, unit = step
    bids, one = _side((quote.bid, quote.bidSize), now, (-tick, unit), (levels, mix(seed, 1)))
    asks, other = _side((quote.ask, quote.askSize), now, (tick, unit), (levels, mix(seed, 2)))
    return Depth(quote.conId, now, bids, asks, min(one, other))


def by_venue(level: DepthLevel, venues: Sequence[str], *, seed: int) -> list[tuple[str, SizeUnits]]:
    """Which venues show a level, and how much of it each: one to three, by the price."""
    chance = mix(seed, level.price)
    lot = next(size for size in _LOTS if level.size % size == 0)
    lots = level.size // lot
    count = max(min(1 + chance % 3, len(venues), lots), 1)
    shares = [1 + (chance >> 8 * place) % (lots // count) for place in range(1, count)]
    sizes = [(lots - sum(shares)) * lot, *(share * lot for share in shares)]
    first = chance >> 40
    return [(venues[(first + place) % len(venues)], size) for place, size in enumerate(sizes)]


def _side(
    touch: tuple[PriceUnits, SizeUnits],
    now: Nanos,
    by: tuple[int, SizeUnits],
    made: tuple[int, int],
) -> tuple[tuple[DepthLevel, ...], Nanos]:
    """One side, and when a size of it is drawn anew."""
    price, size = touch
    until = now + _STANDS
    if not price:
        return (), until
    (step, unit), (levels, seed) = by, made
    found = [DepthLevel(price, size)]
    while len(found) < levels:
        price += step
        if price <= 0:
            break
        chance = mix(seed, price)
        if chance & 255 < _GAPS:
            continue
        phase = (chance >> 8) % _STANDS
        age = (now + phase) // _STANDS
        until = min(until, (age + 1) * _STANDS - phase)
        lots = LOTS[mix(seed, price, age) & 31]
        found.append(DepthLevel(price, unit * (lots + min(abs(price - touch[0]) // abs(step), 10))))
    return tuple(found), until
