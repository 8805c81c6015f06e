"""Ticks of the tape as TWS tells them one by one: trades, quotes, mid prices.

One module serves ticks of the past and live ones, so both tell the same. A quote that repeats the
one before is none: the tape writes one at the beginning of every stretch.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, Literal

from ...model import (
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    TickAttribBidAsk,
)
from ...venue.market.port import MarketSource
from ...venue.market.source import DayStats, Print, Quote
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import UNTRADED
from ...venue.units import SECOND, Nanos, PriceUnits, SizeUnits, price_float, size_decimal
from ...versions import HISTORY_IN_SHARES
from ..sessions.sizes import trimmed
from .quotes import shown_size

Kind = Literal["TRADES", "BID_ASK", "MIDPOINT"]
Item = HistoricalTickLast | HistoricalTickBidAsk | HistoricalTick
Tick = Quote | Print
NOTHING: Final = Quote(0, 0, 0, 0, 0, 0)
"""What stands before the first quote."""


def middle(quote: Quote) -> PriceUnits:
    """The middle of a quote as bars of MIDPOINT have it; 0 where a side is not quoted."""
    return (quote.bid + quote.ask) // 2 if quote.bid and quote.ask else 0


class Changes:
    """Picks the ticks of one kind out of a tape: those that tell something new."""

    def __init__(self, kind: Kind, before: Quote = NOTHING, *, ignore_size: bool = False) -> None:
        """``before`` is the quote that stands; ``ignore_size``: a size alone is nothing new."""
        self._kind = kind
        self._before = before
        self._prices_only = ignore_size

    def of(self, ticks: Iterable[Tick]) -> Iterator[Tick]:
        """The ticks that count, in their order."""
        if self._kind == "TRADES":
            yield from (tick for tick in ticks if isinstance(tick, Print))
            return
        for tick in ticks:
            if isinstance(tick, Quote):
                before, self._before = self._before, tick
                if self._new(before, tick):
                    yield tick

    def _new(self, before: Quote, now: Quote) -> bool:
        if self._kind == "MIDPOINT":
            found = middle(now)
            return bool(found) and found != middle(before)
        if (before.bid, before.ask) != (now.bid, now.ask):
            return True
        sizes = (before.bidSize, before.askSize) != (now.bidSize, now.askSize)
        return sizes and not self._prices_only


class Marks:
    """Whether a bid is below the day's low so far, or an ask above its high."""

    def __init__(self, market: MarketSource, entry: Instrument, now: Nanos) -> None:
        """``now``: the ticks that are marked come after it."""
        self._market = market
        self._entry = entry
        self._marks = entry.secType not in UNTRADED
        """Currencies and their like have no trades to compare with."""
        self._low = self._high = 0
        self._until: Nanos = 0
        if self._marks:
            self._enter(now)

    def _enter(self, now: Nanos) -> None:
        con_id = self._entry.conId
        spans = self._market.sessions(con_id, now, now)
        day: DayStats = self._market.day(con_id, now)
        self._low, self._high = day.low, day.high
        self._until = spans[0][1] if spans else now + 1

    def see(self, tick: Tick) -> None:
        """A tick has passed."""
        if not self._marks:
            return
        if tick.time >= self._until:
            self._enter(tick.time)
        if isinstance(tick, Print):
            self._low = min(self._low or tick.price, tick.price)
            self._high = max(self._high, tick.price)

    def of(self, quote: Quote) -> TickAttribBidAsk:
        """The marks of a quote."""
        return TickAttribBidAsk(
            bool(self._low) and 0 < quote.bid < self._low,
            bool(self._high) and quote.ask > self._high,
        )


def told_trade(trade: Print, entry: Instrument, version: int) -> HistoricalTickLast:
    """A trade in the units that a client expects."""
    return HistoricalTickLast(
        time=trade.time // SECOND,
        price=price_float(trade.price, entry.scale),
        size=_size(trade.size, entry, version),
        exchange=trade.exchange,
    )


def told_quote(
    quote: Quote, marks: TickAttribBidAsk, entry: Instrument, version: int
) -> HistoricalTickBidAsk:
    """A quote in the units that a client expects; -1 with size 0 for a side that there is not."""
    return HistoricalTickBidAsk(
        time=quote.time // SECOND,
        tickAttribBidAsk=marks,
        priceBid=price_float(quote.bid, entry.scale) if quote.bid else -1.0,
        priceAsk=price_float(quote.ask, entry.scale) if quote.ask else -1.0,
        sizeBid=_size(quote.bidSize, entry, version),
        sizeAsk=_size(quote.askSize, entry, version),
    )


def told_middle(quote: Quote, entry: Instrument) -> HistoricalTick:
    """The middle of a quote; it has no size."""
    return HistoricalTick(quote.time // SECOND, price_float(middle(quote), entry.scale), Decimal(0))


def _size(units: SizeUnits, entry: Instrument, version: int) -> Decimal:
    # Fractions are told from the version on that takes them, round lots before shares.
    return shown_size(units, version, entry, HISTORY_IN_SHARES)


def told_volume(units: SizeUnits, version: int) -> Decimal:
    """A sum of sizes in shares or contracts."""
    return trimmed(size_decimal(units), version)
