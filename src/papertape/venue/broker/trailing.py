"""How the stop of a trailing order follows the market: the arithmetic.

A sell stop rises with the market and never falls, a buy stop falls and never rises. Stops stay on
the instrument's increment, rounded away from the market, so that they never come closer than the
distance says.
"""

import msgspec

from ..exchange.top_of_book import TopOfBook
from ..exchange.triggers import BY_PRINT, SIDES, of_quote
from ..facts import Terms
from ..reference.instruments import Instruments
from ..special import Trail
from ..units import RATE_SCALE, PriceUnits, scaled
from .orders import LiveOrder

replace = msgspec.structs.replace


def stop_at(trail: Trail, side: int, price: PriceUnits, tick: PriceUnits) -> PriceUnits:
    """Return the stop of an order at a market price; at least one increment."""
    distance = trail.amount or scaled(price, trail.percent)
    stop = price + side * distance
    whole, rest = divmod(stop, tick)
    if rest and side > 0:
        whole += 1
    return max(whole * tick, tick)


def moves_at(trail: Trail, side: int, stop: PriceUnits, tick: PriceUnits) -> PriceUnits:
    """Return the market price from which on a stop moves to the better side: at or above it for a
    sell order, at or below it for a buy order; 0 where none would."""
    better = stop - side * tick
    if better <= 0:
        return 0
    if trail.amount:
        return max(better - side * trail.amount, 0)
    # price * (1 + side * percent) = stop
    rate = RATE_SCALE + side * trail.percent
    if rate <= 0:
        return 0
    whole, rest = divmod(better * RATE_SCALE, rate)
    price = whole + 1 if rest and side < 0 else whole
    while price > 0 and (stop_at(trail, side, price, tick) - stop) * side >= 0:
        price -= side
    return max(price, 0)


def limit_at(trail: Trail, side: int, stop: PriceUnits) -> PriceUnits | None:
    """Return the limit that goes with a stop; None for an order without a limit."""
    return None if trail.offset is None else max(stop + side * trail.offset, 1)


class Trails:
    """Computes the stops of trailing orders from the market; changes nothing."""

    def __init__(self, instruments: Instruments, top: TopOfBook) -> None:
        self._instruments = instruments
        self._top = top

    def with_stop(self, terms: Terms) -> Terms:
        """Give a trailing order the stop at which it begins, where its client named none."""
        special = terms.special
        if special is None or special.trail is None or terms.stop:
            return terms
        price = self.market(terms)
        if not price:
            return terms
        stop, limit = self.at(terms, price)
        return replace(terms, stop=stop, limit=limit)

    def market(self, terms: Terms) -> PriceUnits:
        """Return the price that a trailing order follows, now; 0 when there is none."""
        last = self._top.last(terms.conId) if terms.trigger in BY_PRINT else 0
        if last:
            return last
        up, down = of_quote(terms.trigger or SIDES, self._top.look(terms.conId))
        return up if terms.side > 0 else down

    def at(self, terms: Terms, price: PriceUnits) -> tuple[PriceUnits, PriceUnits | None]:
        """Return the stop of a trailing order at a market price, and its limit."""
        trail = terms.extras.trail
        assert trail is not None
        stop = stop_at(trail, terms.side, price, self._instruments[terms.conId].tick)
        return stop, limit_at(trail, terms.side, stop)

    def follows(self, order: LiveOrder) -> PriceUnits:
        """Return the market price at which the stop of a waiting order moves; 0 for never."""
        trail, terms = order.terms.extras.trail, order.terms
        if trail is None or not order.stop:
            return 0
        return moves_at(trail, terms.side, order.stop, self._instruments[terms.conId].tick)
