"""The limit of a pegged order, computed from the market."""

from typing import Final

from ..exchange.top_of_book import TopOfBook
from ..facts import Terms
from ..reference.instruments import Instruments
from ..special import Peg
from ..units import RATE_SCALE, PriceUnits, scaled
from .orders import LiveOrder

TO_PRIMARY: Final = "PRIMARY"
TO_MARKET: Final = "MARKET"
TO_MIDPOINT: Final = "MIDPOINT"
TO_BENCHMARK: Final = "BENCHMARK"


class Pegs:
    """Computes the limits of pegged orders; changes nothing."""

    def __init__(self, instruments: Instruments, top: TopOfBook) -> None:
        self._instruments = instruments
        self._top = top

    def limit(self, order: LiveOrder) -> PriceUnits | None:
        """Return the limit of an order in the market of this instant, on its increment and not
        beyond its cap; None where the market has no price for it, or for an order without a peg.

        An order whose price is computed once keeps the first one.
        """
        terms, peg = order.terms, order.terms.extras.peg
        if peg is None or (peg.once and order.movedLimit is not None):
            return None
        return self.price(terms, peg)

    def price(self, terms: Terms, peg: Peg) -> PriceUnits | None:
        """Return the limit of an order of these terms in the market of this instant."""
        price = self._reference(terms, peg)
        if price <= 0:
            return None
        tick, side = self._instruments[terms.conId].tick, terms.side
        price = price // tick * tick if side > 0 else -(-price // tick) * tick
        if terms.limit is not None:
            price = min(price, terms.limit) if side > 0 else max(price, terms.limit)
        return max(price, tick)

    def watched(self, order: LiveOrder) -> tuple[int, ...]:
        """Return the instruments whose quotes move the limit of an order."""
        peg = order.terms.extras.peg
        if peg is None or (peg.once and order.movedLimit is not None):
            return ()
        return (peg.conId or order.terms.conId,)

    def _reference(self, terms: Terms, peg: Peg) -> PriceUnits:
        """Return the price before its rounding; 0 for none."""
        quote = self._top.look(peg.conId or terms.conId)
        side = terms.side
        own, other = (quote.bid, quote.ask) if side > 0 else (quote.ask, quote.bid)
        if peg.to == TO_BENCHMARK:
            return self._benchmark(peg)
        if peg.to == TO_MIDPOINT:
            if not quote.bid or not quote.ask:
                return 0
            # a half unit goes to the passive side, as the rounding to increments does
            base = (quote.bid + quote.ask + (side < 0)) // 2
        else:
            base = own if peg.to == TO_PRIMARY else other
        if not base:
            return 0
        return base + side * (peg.offset + scaled(base, peg.percent))

    def _benchmark(self, peg: Peg) -> PriceUnits:
        quote = self._top.look(peg.conId)
        price = self._top.last(peg.conId) or (quote.bid + quote.ask) // 2
        if not price or (peg.low and price < peg.low) or (peg.high and price > peg.high):
            return 0
        return peg.start + (price - peg.reference) * peg.ratio // RATE_SCALE
