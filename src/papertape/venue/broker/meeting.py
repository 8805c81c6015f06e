"""Orders of several clients that meet: one that comes trades with those that rest against it.

Under every fill rule, an order that comes to the market trades with resting orders of other clients
first where they are better than the quote, at their limits and in the order of their prices; then
with the quote; then with those at the quote's price, who came later than what it shows. Orders of
one client pass each other: a broker prevents trades of an account with itself. So do those of one
group, of which the fill of each is the end of the other.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from ..exchange.exchange import Exchange
from ..exchange.matching import touch
from ..facts import Terms
from ..market.source import Quote
from ..units import PriceUnits, SizeUnits
from .orders import LiveOrder

MOST_MET: Final = 64
"""Resting orders that one order is compared with at a time: the work of a command is bounded."""


class MetState(Protocol):
    """The part of the state that has the orders."""

    orders: dict[int, LiveOrder]


class Meetings:
    """Finds the orders that an order meets; changes nothing."""

    def __init__(self, state: MetState, exchange: Exchange) -> None:
        self._state = state
        self._exchange = exchange

    def possible(self, order: LiveOrder) -> bool:
        """Return whether any order rests within the limit of an order."""
        terms = order.terms
        return self._exchange.crosses(terms.conId, terms.side, order.worst())

    def before(self, order: LiveOrder, quote: Quote) -> Iterator[tuple[LiveOrder, PriceUnits]]:
        """Yield the resting orders that are better for an order than the quote, with the price."""
        best = touch(order.terms.side, quote)
        for other, price in self._crossed(order.clientId, order.terms, order.worst(), quote):
            if best and (price - best) * order.terms.side >= 0:
                return
            yield other, price

    def after(self, order: LiveOrder, quote: Quote) -> Iterator[tuple[LiveOrder, PriceUnits]]:
        """Yield the resting orders at the price of the quote."""
        best = touch(order.terms.side, quote)
        for other, price in self._crossed(order.clientId, order.terms, order.worst(), quote):
            if price == best:
                yield other, price

    def size(self, client_id: int, terms: Terms, quote: Quote) -> SizeUnits:
        """Return how much of an order that comes would meet resting orders."""
        best = touch(terms.side, quote)
        limit = terms.worst(terms.limit)
        return sum(
            other.remaining
            for other, price in self._crossed(client_id, terms, limit, quote)
            if not best or (price - best) * terms.side <= 0
        )

    def _crossed(
        self, client_id: int, terms: Terms, limit: PriceUnits | None, quote: Quote
    ) -> Iterator[tuple[LiveOrder, PriceUnits]]:
        """Yield resting orders of others within a limit, the best price first. A resting market
        order asks for the price that it would get from the quote; where nobody quotes, it trades at
        the limit of the one that comes."""
        special = terms.special
        if special is not None and special.combo is not None:
            return
        against = self._exchange.against(terms.conId, terms.side, limit, MOST_MET)
        for perm_id in against:
            other = self._state.orders.get(perm_id)
            if other is None or other.clientId == client_id or not _rests_against(other, terms):
                continue
            if special is not None and special.oca and _of_one_group(other.terms, terms):
                continue
            price = other.limit
            if price is None and limit is not None:
                price = touch(other.terms.side, quote) or limit
            if price is not None and (limit is None or (price - limit) * terms.side <= 0):
                yield other, price


def _of_one_group(one: Terms, other: Terms) -> bool:
    """Return whether the fill of one order ends or reduces the other."""
    return (one.account, one.extras.oca) == (other.account, other.extras.oca)


def _rests_against(other: LiveOrder, terms: Terms) -> bool:
    """Return whether an order stands in the market on the other side: the books follow a decision
    only when it is complete."""
    idle = other.opens or other.held or other.waits or not other.priced
    return other.working and not idle and other.terms.side != terms.side
