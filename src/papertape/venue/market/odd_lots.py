"""Odd lots inside the quote: orders of less than a round lot that are better than it.

The quote and the book of a US stock count round lots; what is smaller shows beside them, when it is
better. Drawn of each quote by its time, so that it stands as long as the quote does. It is shown
alone: orders fill against the quote.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..units import SIZE_SCALE, PriceUnits, SizeUnits
from .noise import mix
from .source import Quote

ROUND_LOT: Final = 100
OFTEN: Final = 160
"""Of 256 quotes with room inside so many have an odd lot on a side."""


class OddLot(NamedTuple):
    """The best odd lot of a side; a price of 0 is none."""

    price: PriceUnits
    size: SizeUnits
    venues: tuple[str, ...]


NO_LOT: Final = OddLot(0, 0, ())


def odd_lots(
    quote: Quote, tick: PriceUnits, venues: Sequence[str], *, seed: int
) -> tuple[OddLot, OddLot]:
    """The best odd lots of buyers and sellers inside a quote: none unless there are at least two
    ticks between its sides, and one side alone where there are two."""
    room = (quote.ask - quote.bid) // tick - 1 if quote.bid and quote.ask else 0
    if room < 1 or not venues:
        return NO_LOT, NO_LOT
    chance = mix(seed, quote.conId, quote.time, quote.bid, quote.ask)
    bids, asks = chance & 255 < OFTEN, chance >> 8 & 255 < OFTEN
    if room == 1 and bids and asks:
        bids = bool(chance >> 16 & 1)
        asks = not bids
    inside = max(room // 2, 1)
    lots = []
    for there, at, side in ((bids, quote.bid, 1), (asks, quote.ask, -1)):
        draw = mix(chance, side)
        price = at + side * tick * (1 + draw % inside)
        size = (1 + (draw >> 16) % (ROUND_LOT - 1)) * SIZE_SCALE
        venue = venues[(draw >> 32) % len(venues)]
        lots.append(OddLot(price, size, (venue,)) if there else NO_LOT)
    return lots[0], lots[1]
