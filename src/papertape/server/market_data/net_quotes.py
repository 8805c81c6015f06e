"""The quote of a combination, made of the quotes of its legs.

TWS shows a combination with the prices that its legs together have; nothing of it is printed, so
there is no last price, and no day.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from ...venue.exchange.matching import touch
from ...venue.market.port import MarketSource
from ...venue.market.source import DayStats, Quote
from ...venue.reference.securities import Combination, Instrument
from ...venue.units import SIZE_SCALE, Nanos, PriceUnits, SizeUnits

_NO_TRADES: Final = DayStats(0, 0, 0, 0, 0, 0, 0, 0)


class QuoteSource(Protocol):
    """What quote lines ask of a market."""

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """Top of book at ``now``."""

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """The trading day that ``now`` belongs to."""

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """Time of the first tick after ``after``; None when there is no more."""

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[tuple[Nanos, Nanos]]:
        """First instant and end of every trading day that touches ``start .. end``."""


class NetQuotes:
    """A market in which one combination is quoted, whatever number is asked for.

    A side has a size of 0 where a leg is not quoted; its price says nothing then, as a net price
    may be 0.
    """

    def __init__(self, market: MarketSource, entry: Combination) -> None:
        self._market = market
        self._entry = entry
        self._legs = entry.composition.legs

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """The net prices at which all legs trade at once, and for how many combinations."""
        quotes = [self._market.quote(leg.conId, now) for leg in self._legs]
        bid, ask = self._side(-1, quotes), self._side(1, quotes)
        return Quote(con_id, max(quote.time for quote in quotes), *bid, *ask)

    def _side(self, side: int, quotes: list[Quote]) -> tuple[PriceUnits, SizeUnits]:
        """Price and size at which a combination is bought (+1) or sold (-1)."""
        price, size = 0, None
        for leg, weight, quote in zip(self._legs, self._entry.weights, quotes, strict=True):
            direction = side * leg.side
            at = touch(direction, quote)
            if not at:
                return 0, 0
            price += weight * at
            shown = (quote.askSize if direction > 0 else quote.bidSize) // leg.ratio
            size = shown if size is None else min(size, shown)
        assert size is not None
        size -= size % SIZE_SCALE
        return (price, size) if size else (0, 0)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        """A day without a trade."""
        return _NO_TRADES

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """Time of the first tick of a leg."""
        ticks = [self._market.next_tick(leg.conId, after) for leg in self._legs]
        return min((tick for tick in ticks if tick is not None), default=None)

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[tuple[Nanos, Nanos]]:
        """The times in which every leg trades."""
        found = self._market.sessions(self._legs[0].conId, start, end)
        for leg in self._legs[1:]:
            others = self._market.sessions(leg.conId, start, end)
            found = list(_common(found, others))
        return [span for span in found if span[0] <= end and span[1] > start]


def _common(
    ones: list[tuple[Nanos, Nanos]], others: list[tuple[Nanos, Nanos]]
) -> Iterator[tuple[Nanos, Nanos]]:
    for one in ones:
        for other in others:
            begins, ends = max(one[0], other[0]), min(one[1], other[1])
            if begins < ends:
                yield begins, ends


def quoted_in(market: MarketSource, entry: Instrument) -> QuoteSource:
    """Return the market in which an instrument is quoted: of a combination, that of its legs."""
    return NetQuotes(market, entry) if isinstance(entry, Combination) else market
