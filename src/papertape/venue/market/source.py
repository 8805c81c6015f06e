"""What a market says: quotes, trades, the figures of a day, bars, books, halts, auctions.

Prices and sizes are in units of the instrument, times in nanoseconds since 1970. The questions are
in ``port``.
"""

from array import array
from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple

import msgspec

from ..units import MINUTE, Nanos, PriceUnits, SizeUnits

Span = tuple[Nanos, Nanos]
"""First instant, and end."""


class Quote(msgspec.Struct, frozen=True):
    """Top of book of one instrument. A price of 0 means that side is not quoted."""

    conId: int
    time: Nanos
    bid: PriceUnits
    bidSize: SizeUnits
    ask: PriceUnits
    askSize: SizeUnits


class Print(msgspec.Struct, frozen=True):
    """One trade of the market, as the tape prints it."""

    conId: int
    time: Nanos
    price: PriceUnits
    size: SizeUnits
    exchange: str = ""


class DayStats(msgspec.Struct, frozen=True):
    """The trading day so far, as the default ticks of a quote line show it."""

    open: PriceUnits
    high: PriceUnits
    low: PriceUnits
    close: PriceUnits
    """Last price of the previous trading day."""
    volume: SizeUnits
    last: PriceUnits
    lastSize: SizeUnits
    lastTime: Nanos
    halted: int = 0
    """Whether trading is halted: 0 not, 1 it is, 2 by a pause for volatility."""
    lastExchange: str = ""
    """Where the last trade was; "" where the tape does not say."""


class PriceBar(msgspec.Struct, frozen=True):
    """A bar in venue units; ``start`` is inclusive. Volume, wap, count are -1 without trades.

    A bar of a week or a month has the beginning of its last trading day so far as its ``start``.
    """

    start: Nanos
    open: PriceUnits
    high: PriceUnits
    low: PriceUnits
    close: PriceUnits
    volume: SizeUnits
    wap: PriceUnits
    count: int


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
    until: Nanos = 0
    """When a size under the touch is drawn anew; a tick may change the book before."""


_POINT: Final = Struct("=qqq")


class GlimpsePoint(NamedTuple):
    """The last price, and the shares and trades of the day so far."""

    price: PriceUnits
    volume: SizeUnits
    trades: int


def packed(
    prices: Sequence[PriceUnits], volumes: Sequence[SizeUnits], trades: Sequence[int]
) -> bytes:
    """Points as a ``Glimpse`` has them."""
    points = array("q", bytes(_POINT.size * len(prices)))
    for place, column in enumerate((prices, volumes, trades)):
        points[place::3] = array("q", column)
    return points.tobytes()


class Glimpse(msgspec.Struct, frozen=True, gc=False):
    """Up to half an hour of a trading day, by minutes; sums count from the beginning of the day."""

    begins: Nanos
    """The first instant of its minutes."""
    until: Nanos
    """When the next glimpse begins."""
    points: bytes
    """Before the first minute and after each, for ``at``; packed, as thousands are kept."""
    open: PriceUnits
    """The first trade of the day."""
    close: PriceUnits
    """The last one of the day before."""
    usual_volume: SizeUnits
    usual_move: float
    """The standard deviation of a day's change, as a fraction of the price."""

    def minutes(self, now: Nanos) -> int:
        """How many of its minutes are over at an instant that it covers."""
        return min(max(now - self.begins, 0) // MINUTE, len(self.points) // _POINT.size - 1)

    def at(self, minutes: int) -> GlimpsePoint:
        """What has been traded after so many of its minutes."""
        return GlimpsePoint(*_POINT.unpack_from(self.points, minutes * _POINT.size))


ENDLESS: Final[Nanos] = (1 << 63) - 1
"""The end of a halt that nobody has ended yet."""


class Halt(NamedTuple):
    """A time without trading: ``begins <= time < ends``."""

    begins: Nanos
    ends: Nanos
    kind: int


class AuctionFigures(msgspec.Struct, frozen=True, gc=False):
    """How an auction would end if it were now."""

    price: PriceUnits
    """0 when none is ahead."""
    volume: SizeUnits
    """What would trade."""
    imbalance: SizeUnits
    """What would be left, negative of sellers."""
    regulatory: SizeUnits = 0
    """The imbalance that the exchange has published once, for orders that may only offset it."""
