"""The limit of a pegged order, computed from the market."""

from typing import Final

import msgspec

from ..exchange.top_of_book import TopOfBook
from ..facts import Terms
from ..market.calculator import OptionCalculator
from ..market.source import Quote
from ..reference.instruments import Instruments
from ..reference.securities import OptionContract
from ..special import Peg
from ..units import RATE_SCALE, PriceUnits, scaled
from .orders import LiveOrder
from .scales import shift

replace = msgspec.structs.replace

TO_PRIMARY: Final = "PRIMARY"
TO_MARKET: Final = "MARKET"
TO_MIDPOINT: Final = "MIDPOINT"
TO_BENCHMARK: Final = "BENCHMARK"
TO_STOCK: Final = "STOCK"
TO_VOLATILITY: Final = "VOLATILITY"
TO_BEST: Final = "BEST"
OF_ANOTHER: Final = (TO_BENCHMARK, TO_STOCK)
"""What moves on a line with the price of another instrument."""


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
        price, scale = self.price(terms, peg), terms.extras.components
        if price is None or scale is None:
            return price
        price += shift(order, scale, self._top.now)
        if terms.limit is not None:
            price = min(price, terms.limit) if terms.side > 0 else max(price, terms.limit)
        return max(price, self._instruments[terms.conId].tick)

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
        if peg is None:
            return ()
        if peg.once and order.movedLimit is not None:
            return (peg.conId,) if peg.low or peg.high else ()
        if peg.to == TO_STOCK and not (peg.start and peg.reference):
            return (peg.conId, order.terms.conId)  # it stands at the middle of its own quote
        return (peg.conId or order.terms.conId,)

    def outside(self, order: LiveOrder) -> bool:
        """Return whether what an order follows has left the range in which the order works."""
        peg = order.terms.extras.peg
        if peg is None or not (peg.low or peg.high):
            return False
        price = self._spot(order.terms, peg)
        return bool(price) and (price < peg.low or (bool(peg.high) and price > peg.high))

    def with_start(self, terms: Terms) -> Terms:
        """Give an order that follows a stock the prices at which it begins, where its client named
        none: the middles of both quotes."""
        peg = terms.extras.peg
        if peg is None or peg.to != TO_STOCK or (peg.start and peg.reference):
            return terms
        start = peg.start or self._middle(terms.conId, terms.side)
        reference = peg.reference or self._middle(peg.conId, terms.side)
        if not start or not reference:
            return terms
        peg = replace(peg, start=start, reference=reference)
        return replace(terms, special=replace(terms.extras, peg=peg))

    def _middle(self, con_id: int, side: int) -> PriceUnits:
        """Return the middle of a quote; half a unit goes to the passive side, as the rounding to
        increments does."""
        quote = self._top.look(con_id)
        return (quote.bid + quote.ask + (side < 0)) // 2 if quote.bid and quote.ask else 0

    def _reference(self, terms: Terms, peg: Peg) -> PriceUnits:
        """Return the price before its rounding; 0 for none."""
        if peg.to in OF_ANOTHER:
            return self._on_line(terms, peg)
        if peg.to == TO_VOLATILITY:
            return self._at_volatility(terms, peg)
        quote = self._top.look(terms.conId)
        side, offset = terms.side, peg.offset
        own, other = (quote.bid, quote.ask) if side > 0 else (quote.ask, quote.bid)
        if peg.to == TO_MIDPOINT:
            base = self._middle(terms.conId, side)
            if peg.half is not None and base % self._instruments[terms.conId].tick:
                offset = peg.half
        elif peg.to == TO_BEST:
            return self._competing(terms, peg, own, quote)
        else:
            base = own if peg.to == TO_PRIMARY else other
        if not base:
            return 0
        return base + side * (offset + scaled(base, peg.percent))

    def _competing(self, terms: Terms, peg: Peg, own: PriceUnits, quote: Quote) -> PriceUnits:
        """Return a price better than the best one of its side, at most the middle; the best one
        itself where less than the size to compete with stands there."""
        middle, side = self._middle(terms.conId, terms.side), terms.side
        if not middle:
            return 0
        if (quote.bidSize if side > 0 else quote.askSize) < peg.least:
            return own
        if peg.half is not None:  # up to the middle, less what its client wants to keep
            uneven = bool(middle % self._instruments[terms.conId].tick)
            return middle - side * (peg.half if uneven else peg.offset)
        better = own + side * peg.offset
        return min(better, middle) if side > 0 else max(better, middle)

    def _on_line(self, terms: Terms, peg: Peg) -> PriceUnits:
        price = self._spot(terms, peg)
        if not price or (peg.low and price < peg.low) or (peg.high and price > peg.high):
            return 0
        if not peg.start or (not peg.reference and peg.to == TO_STOCK):
            return self._middle(terms.conId, terms.side)
        return peg.start + (price - peg.reference) * peg.ratio // RATE_SCALE

    def _spot(self, terms: Terms, peg: Peg) -> PriceUnits:
        """Return the price of the other instrument: its last one, or its quote's middle or side."""
        quote = self._top.look(peg.conId)
        if peg.natural:
            return quote.bid if self._rises(terms) else quote.ask
        if peg.to == TO_BENCHMARK:
            return self._top.last(peg.conId) or (quote.bid + quote.ask) // 2
        return self._middle(peg.conId, 1) or self._top.last(peg.conId)

    def _rises(self, terms: Terms) -> bool:
        """Return whether a buyer of a call or a seller of a put asks, for whom the bid counts."""
        entry = self._instruments[terms.conId]
        call = isinstance(entry, OptionContract) and entry.call
        return call == (terms.side > 0)

    def _at_volatility(self, terms: Terms, peg: Peg) -> PriceUnits:
        """Return what an option is worth at the volatility of an order."""
        entry, under = self._instruments[terms.conId], self._instruments.get(peg.conId)
        spot = self._spot(terms, peg)
        if under is None or not spot or not isinstance(entry, OptionContract):
            return 0
        try:
            model = OptionCalculator(entry, under, self._top.now)
            worth = model.at(peg.ratio / RATE_SCALE, spot / under.scale).value
        except ValueError:  # the option has ended
            return 0
        return round(worth * entry.scale)
