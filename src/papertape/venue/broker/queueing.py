"""Places in the queue of a price, under the fill rule ``queue`` (``exchange.matching``).

An order that rests at a limit has a place: what the market shows before it, and since when. The
venue's own orders at one price stand in the order in which they came there. What the market shows
does not have them in it.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from ..exchange.exchange import Exchange
from ..exchange.top_of_book import TopOfBook
from ..facts import OrderQueued
from ..market.source import Print, Quote
from ..units import SizeUnits
from .orders import LiveOrder


class QueuedState(Protocol):
    """The part of the state that has the orders."""

    orders: dict[int, LiveOrder]


class Queues:
    """Computes places; changes nothing."""

    def __init__(self, state: QueuedState, exchange: Exchange, top: TopOfBook) -> None:
        self._state = state
        self._exchange = exchange
        self._top = top

    def joins(self, touched: Iterable[LiveOrder]) -> Iterator[OrderQueued]:
        """Give those of the orders a place that have come to rest and have none."""
        for order in touched:
            now = self._state.orders.get(order.permId)
            if now is not None and now.ahead is None and _rests(now):
                yield OrderQueued(now.permId, self._shown(now), self._top.now)

    def _shown(self, order: LiveOrder) -> SizeUnits:
        """Return what the market shows at the limit of an order, on its own side."""
        terms, limit = order.terms, order.limit
        quote = self._top.look(terms.conId)
        best, size = (quote.bid, quote.bidSize) if terms.side > 0 else (quote.ask, quote.askSize)
        assert limit is not None
        if limit == best:
            return size
        if not best or (limit - best) * terms.side > 0:
            return 0
        return self._top.shown(terms.conId, terms.side, limit)

    def shortened(self, quote: Quote) -> Iterator[OrderQueued]:
        """Shorten queues to what a quote shows: at its price, and before prices that it left."""
        for order in self._standing(quote.conId, quote.bid, quote.ask):
            best, size = (
                (quote.bid, quote.bidSize) if order.terms.side > 0 else (quote.ask, quote.askSize)
            )
            assert order.limit is not None and order.ahead is not None
            beyond = (order.limit - best) * order.terms.side
            left = size if not beyond else 0
            if best and beyond >= 0 and left < order.ahead:
                yield OrderQueued(order.permId, left, order.joined)

    def reached(self, tick: Print) -> Iterator[tuple[LiveOrder, SizeUnits, SizeUnits]]:
        """Yield the orders whose place a print changes or that it fills, in the order of their
        queue, each with what is then before it and what it trades."""
        flow, taken = tick.size, 0
        for order in self._standing(tick.conId, tick.price, tick.price):
            assert order.limit is not None and order.ahead is not None
            beyond = (order.limit - tick.price) * order.terms.side
            if beyond > 0:
                yield order, 0, order.remaining
            elif not beyond:
                part = min(flow, max(order.ahead - taken, 0))
                flow, taken = flow - part, taken + part
                traded = min(flow, order.remaining)
                flow -= traded
                ahead = max(order.ahead - taken, 0)
                if traded or ahead < order.ahead:
                    yield order, ahead, traded

    def _standing(self, con_id: int, bid: int, ask: int) -> list[LiveOrder]:
        """Return the orders with a place at these prices or better ones, in the order of their
        coming."""
        known = self._state.orders.get
        found = [known(perm_id) for perm_id in self._exchange.standing(con_id, bid, ask)]
        placed = [order for order in found if order is not None and order.ahead is not None]
        return sorted(placed, key=lambda order: (order.joined, order.permId))


def _rests(order: LiveOrder) -> bool:
    """Return whether an order rests at a limit."""
    terms = order.terms
    combined = terms.special is not None and terms.special.combo is not None
    idle = order.opens or order.held or order.waits or terms.exercise or combined
    return order.working and not idle and order.priced and order.limit is not None
