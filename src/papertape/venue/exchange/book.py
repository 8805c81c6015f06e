"""The books of one instrument: resting orders by limit, and waiting stops by trigger price.

A quote or a print visits only the prices that it reaches; testing whether it reaches any is one
comparison. The books contain numbers only (an order is its ``permId``) and decide nothing about
sizes: they return the orders reached, in order of acceptance.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, merge
from itertools import islice
from typing import Final

from ..market.source import Quote
from ..units import PriceUnits

ANY_PRICE: Final[PriceUnits] = 1 << 62
"""The limit of a buy order at any price; that of a sell order is 0."""

CHUNK: Final = 64
"""Orders of a level that are read together."""
SPARE: Final = 8

Placed = tuple[int, PriceUnits]
"""Side (+1 buys, -1 sells) and price."""


class Level:
    """The orders at one price. Permanent ids ascend with acceptance, so they are its order."""

    __slots__ = ("_gone", "_ids", "_sorted")

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}
        self._sorted = True
        self._gone = 0

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, perm_id: int) -> None:
        """Add an order."""
        if self._sorted and self._ids and perm_id < next(reversed(self._ids)):
            self._sorted = False
        self._ids[perm_id] = None

    def remove(self, perm_id: int) -> None:
        """Remove an order."""
        del self._ids[perm_id]
        self._gone += 1

    def __iter__(self) -> Iterator[int]:
        """Iterate in order of acceptance; orders already yielded may be removed meanwhile."""
        self._settle()
        at = 0
        while chunk := tuple(islice(self._ids, at, at + CHUNK)):
            yield from chunk
            at += sum(one in self._ids for one in chunk)

    def _settle(self) -> None:
        # Iteration over a dict visits deleted entries: rebuild it before they outnumber the
        # others, so that each is visited at most once per removed order.
        if not self._sorted or self._gone > len(self._ids):
            self._ids = dict.fromkeys(sorted(self._ids))
            self._sorted, self._gone = True, 0


class Ladder:
    """The levels of one side. ``direction`` +1: the lowest price is reached first."""

    __slots__ = ("_direction", "_heap", "_levels")

    def __init__(self, direction: int) -> None:
        self._direction = direction
        self._levels: dict[PriceUnits, Level] = {}
        self._heap: list[PriceUnits] = []
        """Prices times direction; a price without a level is skipped."""

    def __bool__(self) -> bool:
        return bool(self._levels)

    def add(self, price: PriceUnits, perm_id: int) -> None:
        """Add an order at a price."""
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = Level()
            heappush(self._heap, price * self._direction)
        level.add(perm_id)

    def remove(self, price: PriceUnits, perm_id: int) -> None:
        """Remove an order from its price."""
        level = self._levels[price]
        level.remove(perm_id)
        if not level:
            del self._levels[price]
            if len(self._heap) > 2 * len(self._levels) + SPARE:
                self._heap = [known * self._direction for known in self._levels]
                heapify(self._heap)

    def first(self) -> PriceUnits | None:
        """Return the price that is reached first; None when the side is empty."""
        heap, levels, direction = self._heap, self._levels, self._direction
        while heap and heap[0] * direction not in levels:
            heappop(heap)
        return heap[0] * direction if heap else None

    def reached(self, price: PriceUnits) -> Iterator[int]:
        """Iterate over the orders at prices up to ``price``, in order of acceptance.

        Until the iterator is exhausted the ladder must not change, except that orders already
        yielded may be removed.
        """
        bound = price * self._direction
        heap = self._heap
        found: list[PriceUnits] = []
        while heap and heap[0] <= bound:
            top = heappop(heap)
            if top * self._direction in self._levels and (not found or found[-1] != top):
                found.append(top)
        for top in found:
            heappush(heap, top)
        levels = [self._levels[top * self._direction] for top in found]
        if not levels:
            return iter(())
        return iter(levels[0]) if len(levels) == 1 else merge(*levels)

    def best(self, price: PriceUnits, most: int) -> list[int]:
        """Return at most ``most`` orders at prices up to ``price``, those that are reached first
        in front, of one price in order of acceptance."""
        bound = price * self._direction
        found: list[int] = []
        popped: list[PriceUnits] = []
        heap = self._heap
        while heap and heap[0] <= bound and len(found) < most:
            top = heappop(heap)
            level = self._levels.get(top * self._direction)
            if level is not None and (not popped or popped[-1] != top):
                popped.append(top)
                found += islice(level, most - len(found))
        for top in popped:
            heappush(heap, top)
        return found


class LimitBook:
    """Orders that trade when the opposite side of a quote reaches their limit."""

    __slots__ = ("_asks", "_bids", "_places", "highest_bid", "lowest_ask")

    def __init__(self) -> None:
        self._bids = Ladder(-1)
        self._asks = Ladder(+1)
        self._places: dict[int, Placed] = {}
        self.highest_bid: PriceUnits = 0
        """The highest buy limit; 0 without buy orders."""
        self.lowest_ask: PriceUnits = ANY_PRICE + 1
        """The lowest sell limit."""

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def rest(self, perm_id: int, side: int, limit: PriceUnits | None) -> None:
        """Add an order, or move it to another limit; None is any price."""
        if limit is None:
            limit = ANY_PRICE if side > 0 else 0
        placed = self._places.get(perm_id)
        if placed is not None:
            if placed == (side, limit):
                return
            self.remove(perm_id)
        self._places[perm_id] = (side, limit)
        if side > 0:
            self._bids.add(limit, perm_id)
            self.highest_bid = max(self.highest_bid, limit)
        else:
            self._asks.add(limit, perm_id)
            self.lowest_ask = min(self.lowest_ask, limit)

    def remove(self, perm_id: int) -> None:
        """Remove an order; do nothing when it is not in the book."""
        placed = self._places.pop(perm_id, None)
        if placed is None:
            return
        side, limit = placed
        if side > 0:
            self._bids.remove(limit, perm_id)
            if limit == self.highest_bid:
                self.highest_bid = self._bids.first() or 0
        else:
            self._asks.remove(limit, perm_id)
            if limit == self.lowest_ask:
                first = self._asks.first()
                self.lowest_ask = ANY_PRICE + 1 if first is None else first

    def crossed(self, bid: PriceUnits, ask: PriceUnits) -> bool:
        """Return whether a quote of these prices reaches any order, the cheap test per tick; 0 is
        no price."""
        return 0 < ask <= self.highest_bid or 0 < bid >= self.lowest_ask

    def reached(self, quote: Quote) -> Iterator[int]:
        """Iterate over the orders that a quote reaches, in order of acceptance; orders already
        yielded may be removed meanwhile."""
        buyers = self._bids.reached(quote.ask) if 0 < quote.ask <= self.highest_bid else None
        sells = quote.bid > 0 and quote.bid >= self.lowest_ask
        sellers = self._asks.reached(quote.bid) if sells else None
        if buyers is not None and sellers is not None:
            return merge(buyers, sellers)
        return buyers if buyers is not None else sellers if sellers is not None else iter(())

    def stands(self, bid: PriceUnits, ask: PriceUnits) -> bool:
        """Return whether an order buys at ``bid`` or above, or sells at ``ask`` or below; 0 is no
        price."""
        return 0 < bid <= self.highest_bid or self.lowest_ask <= ask

    def standing(self, bid: PriceUnits, ask: PriceUnits) -> Iterator[int]:
        """Iterate over those orders, in order of acceptance; orders already yielded may be
        removed."""
        buyers = self._bids.reached(bid) if 0 < bid <= self.highest_bid else iter(())
        sellers = self._asks.reached(ask) if self.lowest_ask <= ask else iter(())
        return merge(buyers, sellers)

    def against(self, side: int, limit: PriceUnits | None, most: int) -> list[int]:
        """Return at most so many orders that rest against an order of that side and limit, None for
        any price, the best first, those of one price in order of acceptance."""
        if side > 0:
            limit = ANY_PRICE if limit is None else limit
            return self._asks.best(limit, most) if self.lowest_ask <= limit else []
        limit = limit or 0
        return self._bids.best(limit, most) if 0 < self.highest_bid >= limit else []


class TriggerBook:
    """Orders that wait for a price: buy orders at or above their stop, sell orders at or below."""

    __slots__ = ("_above", "_below", "_places")

    def __init__(self) -> None:
        self._above = Ladder(+1)
        self._below = Ladder(-1)
        self._places: dict[int, Placed] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def wait(self, perm_id: int, side: int, stop: PriceUnits) -> None:
        """Add an order that waits for its stop, or move it to another stop."""
        placed = self._places.get(perm_id)
        if placed is not None:
            if placed == (side, stop):
                return
            self.remove(perm_id)
        self._places[perm_id] = (side, stop)
        (self._above if side > 0 else self._below).add(stop, perm_id)

    def remove(self, perm_id: int) -> None:
        """Remove an order; do nothing when it is not in the book."""
        placed = self._places.pop(perm_id, None)
        if placed is not None:
            side, stop = placed
            (self._above if side > 0 else self._below).remove(stop, perm_id)

    def concerned(self, up: PriceUnits, down: PriceUnits) -> bool:
        """Return whether a buy stop is at most ``up``, or a sell stop at least ``down``."""
        above, below = self._above.first(), self._below.first()
        return (above is not None and 0 < above <= up) or (below is not None and 0 < down <= below)

    def reached(self, up: PriceUnits, down: PriceUnits) -> list[int]:
        """Return the buy orders with a stop at or below ``up`` and the sell orders with a stop at
        or above ``down``, in order of acceptance; 0 is no price."""
        found = [*self._above.reached(up)] if up else []
        if down:
            found += self._below.reached(down)
        found.sort()
        return found
