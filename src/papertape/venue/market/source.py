"""What a market is to the engine and to the server: quotes, trades, sessions, bars.

A recorded market, a synthetic market and a test's scripted market are three sources of one
tape; each implements ``MarketSource``. A source is deterministic: what it says about an
instant depends on its construction and on that instant alone, never on who asked before.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple, Protocol

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


def no_auction(con_id: int, now: Nanos) -> AuctionFigures | None:
    """What a market knows of auctions that does not tell of any."""
    return None


class MarketSource(Protocol):
    """One tape over all instruments of a station."""

    def con_ids(self) -> Iterable[int]:
        """The instruments that this source can quote, as far as it lists them."""

    def __contains__(self, con_id: int) -> bool:
        """Whether this source can quote an instrument, listed or not."""

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """Top of book at ``now`` (the latest quote not after it)."""

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """The trading day that ``now`` belongs to, up to and including ``now``."""

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """Every quote and trade with ``after < time <= until``, in time order."""

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """Time of the first tick after ``after``; None when the tape has no more."""

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        """Bars of ``step`` nanoseconds that begin in ``start <= t < end``, empty ones left out.

        ``WEEK`` and ``MONTH`` are those of the calendar.

        ``what`` is TRADES, BID, ASK, MIDPOINT or BID_ASK with the meaning of reqHistoricalData.
        """

    def regular_days(
        self, con_id: int, *, start: Nanos, end: Nanos, what: str
    ) -> list[PriceBar] | None:
        """A bar of the regular session of every trading day that touches a span, the last up to and
        including its end; None where this costs as much as the minutes of the days do, of which
        the caller makes them."""

    def worked_out(
        self, con_id: int, start: Nanos, end: Nanos, what: str, *, minutes: bool, gaps: bool = False
    ) -> Iterator[None]:
        """Work out what the bars of the trading days of a span take, of days or else of
        ``minutes``, and keep it for a while; a few milliseconds at each step. ``gaps``: the quotes
        too of a day that has minutes without a trade."""

    def minuted(self, con_id: int) -> bool:
        """Whether the bar of a day takes its minutes to be worked out first, which are then kept
        for a while: of what derives from another's price, of recordings."""

    def volatility(self, con_id: int, now: Nanos) -> float | None:
        """The yearly volatility that options are priced at: of an option its own, of anything else
        that of an option at the money in 30 days. None after an option's expiry, and where the tape
        knows none."""

    def bond_yield(self, con_id: int, now: Nanos, price: PriceUnits) -> float | None:
        """The yearly yield of a bond at a price, compounded with its coupons; None of anything
        else, and at its end."""

    def glimpse(self, con_id: int, now: Nanos) -> Glimpse | None:
        """The half an hour around ``now`` at a glance; None of what has no trades."""

    def past_closes(self, con_id: int, now: Nanos, days: int) -> tuple[Nanos, list[PriceUnits]]:
        """When the trading day that plays began, and the last prices of so many days before it,
        newest first; fewer where no more are on offer. As cheap as ``glimpse``."""

    def trading_start(self, con_id: int, now: Nanos, days: int, *, regular: bool = False) -> Nanos:
        """Start of the span of ``days`` trading days that ends at ``now``: of so many sessions, the
        latest of which has begun before ``now``, its regular part where ``regular``. Where days
        follow each other without a pause, so much time before."""

    def depth(self, con_id: int, now: Nanos, levels: int) -> Depth:
        """The book at ``now``, its best level the quote. Raises ``ValueError`` unless there are 1
        to 60 ``levels``."""

    def head(self, con_id: int) -> Nanos:
        """First instant of the earliest trading day on offer."""

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[tuple[Nanos, Nanos]]:
        """First instant and end of every trading day that touches ``start .. end``."""
