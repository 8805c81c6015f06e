"""The top of book at the instant of a decision, read once per instrument."""

from typing import Final

from ..market.port import MarketSource
from ..market.source import DayStats, Quote
from ..units import Nanos, PriceUnits, SizeUnits

SHOWN_LEVELS: Final = 10


class TopOfBook:
    """Quotes of a market at the instant of the command being decided."""

    def __init__(self, source: MarketSource | None) -> None:
        self._source = source
        self._seen: dict[int, Quote] = {}
        self.now: Nanos = -1
        """The instant of the command being decided; set by ``begin``."""

    def begin(self, now: Nanos) -> None:
        """Set the instant to ``now``."""
        if now != self.now:
            self.now = now
            self._seen.clear()

    def show(self, quote: Quote) -> None:
        """Take a new quote."""
        self._seen[quote.conId] = quote

    def look(self, con_id: int) -> Quote:
        """Return the top of book of an instrument; an empty one when the market has none."""
        quote = self._seen.get(con_id)
        if quote is None:
            quote = self._seen[con_id] = self.current(con_id, self.now)
        return quote

    def last(self, con_id: int) -> PriceUnits:
        """Return the last price of an instrument; 0 when nothing has traded."""
        if self._source is None or con_id not in self._source:
            return 0
        return self._source.day(con_id, self.now).last

    def price(self, con_id: int) -> PriceUnits:
        """Return the middle of a quote, or the last price where a side is missing; 0 for none."""
        quote = self.look(con_id)
        both = quote.bid and quote.ask
        return (quote.bid + quote.ask) // 2 if both else self.last(con_id)

    def day(self, con_id: int) -> DayStats | None:
        """Return the trading day of an instrument so far; None when the market has it not."""
        if self._source is None or con_id not in self._source:
            return None
        return self._source.day(con_id, self.now)

    def shown(self, con_id: int, side: int, price: PriceUnits) -> SizeUnits:
        """Return the size that the book shows at a price of a side, +1 the bids, within its best
        ``SHOWN_LEVELS``; 0 where it shows none."""
        if self._source is None or con_id not in self._source:
            return 0
        book = self._source.depth(con_id, self.now, SHOWN_LEVELS)
        levels = book.bids if side > 0 else book.asks
        return next((level.size for level in levels if level.price == price), 0)

    def current(self, con_id: int, now: Nanos) -> Quote:
        """Return the top of book at another instant, for queries."""
        if self._source is None or con_id not in self._source:
            return Quote(con_id, 0, 0, 0, 0, 0)
        return self._source.quote(con_id, now)
