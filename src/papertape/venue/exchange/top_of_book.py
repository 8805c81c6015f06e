"""The market as a decision sees it: the top of book at one instant, asked once per instrument."""

from ..market.source import MarketSource, Quote
from ..units import Nanos, PriceUnits


class TopOfBook:
    """Quotes of a market at the instant of the command that is being decided."""

    def __init__(self, source: MarketSource | None) -> None:
        self._source = source
        self._seen: dict[int, Quote] = {}
        self._now: Nanos = -1

    def begin(self, now: Nanos) -> None:
        """Look at ``now`` from here on."""
        if now != self._now:
            self._now = now
            self._seen.clear()

    def show(self, quote: Quote) -> None:
        """Take a quote that has just come."""
        self._seen[quote.conId] = quote

    def look(self, con_id: int) -> Quote:
        """The top of book of an instrument now; an empty one when the market has none."""
        quote = self._seen.get(con_id)
        if quote is None:
            quote = self._seen[con_id] = self.current(con_id, self._now)
        return quote

    def last(self, con_id: int) -> PriceUnits:
        """The last price of an instrument now; 0 when nothing traded."""
        if self._source is None or con_id not in self._source:
            return 0
        return self._source.day(con_id, self._now).last

    def current(self, con_id: int, now: Nanos) -> Quote:
        """The top of book at another instant: for queries."""
        if self._source is None or con_id not in self._source:
            return Quote(con_id, 0, 0, 0, 0, 0)
        return self._source.quote(con_id, now)
