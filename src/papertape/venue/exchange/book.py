"""The books of one instrument: what rests by its limit, and what waits for its stop, by price.

A quote or a print touches only the prices that it reaches; looking whether it reaches any costs
one comparison. The books know numbers (an order is its ``permId``), no account and no client,
and decide nothing about sizes: they say who is reached, in order of acceptance.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, merge
from itertools import islice
from typing import Final

from ..market.source import Quote
from ..units import PriceUnits

ANY_PRICE: Final[PriceUnits] = 1 << 62
"""The limit of a buyer at any price; a seller at any price has the limit 0."""

CHUNK: Final = 64
"""Orders of a level that are looked at together."""
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
        """Let an order stand here."""
        if self._sorted and self._ids and perm_id < next(reversed(self._ids)):
            self._sorted = False
        self._ids[perm_id] = None

    def remove(self, perm_id: int) -> None:
        """Take an order away."""
        del self._ids[perm_id]
        self._gone += 1

    def __iter__(self) -> Iterator[int]:
        """The orders in order of acceptance; those that were given may leave meanwhile."""
        self._settle()
        at = 0
        while chunk := tuple(islice(self._ids, at, at + CHUNK)):
            yield from chunk
            at += sum(one in self._ids for one in chunk)

    def _settle(self) -> None:
        # A dict walks over the places of what has left it: build it again before they outnumber
        # what is there, so each is walked over at most once for each order that left.
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
        """Prices times direction; one that has no level any more is passed over."""

    def __bool__(self) -> bool:
        return bool(self._levels)

    def add(self, price: PriceUnits, perm_id: int) -> None:
        """Let an order stand at a price."""
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = Level()
            heappush(self._heap, price * self._direction)
        level.add(perm_id)

    def remove(self, price: PriceUnits, perm_id: int) -> None:
        """Take an order from its price."""
        level = self._levels[price]
        level.remove(perm_id)
        if not level:
            del self._levels[price]
            if len(self._heap) > 2 * len(self._levels) + SPARE:
                self._heap = [known * self._direction for known in self._levels]
                heapify(self._heap)

    def first(self) -> PriceUnits | None:
        """The price that is reached first; None when the side is empty."""
        heap, levels, direction = self._heap, self._levels, self._direction
        while heap and heap[0] * direction not in levels:
            heappop(heap)
        return heap[0] * direction if heap else None

    def reached(self, price: PriceUnits) -> Iterator[int]:
        """The orders at prices up to ``price``, in order of acceptance.

        The ladder must not change before the iterator has been used up, except that orders that
        it has given may leave.
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


class LimitBook:
    """Orders that trade when the opposite side of a quote reaches their limit."""

    __slots__ = ("_asks", "_bids", "_places", "highest_bid", "lowest_ask")

    def __init__(self) -> None:
        self._bids = Ladder(-1)
        self._asks = Ladder(+1)
        self._places: dict[int, Placed] = {}
        self.highest_bid: PriceUnits = 0
        """The most that a buyer here would pay; 0 for none."""
        self.lowest_ask: PriceUnits = ANY_PRICE + 1
        """The least that a seller here would take."""

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def rest(self, perm_id: int, side: int, limit: PriceUnits | None) -> None:
        """Let an order stand in the book, or move to another limit; None is at any price."""
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
        """Take an order from the book; one that is not there is passed over."""
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

    def concerned(self, quote: Quote) -> bool:
        """Whether a quote reaches anybody: the cheap test per tick."""
        return 0 < quote.ask <= self.highest_bid or (quote.bid > 0 and quote.bid >= self.lowest_ask)

    def reached(self, quote: Quote) -> Iterator[int]:
        """Whom a quote reaches, in order of acceptance; whoever was given may leave meanwhile."""
        buyers = self._bids.reached(quote.ask) if 0 < quote.ask <= self.highest_bid else None
        sells = quote.bid > 0 and quote.bid >= self.lowest_ask
        sellers = self._asks.reached(quote.bid) if sells else None
        if buyers is not None and sellers is not None:
            return merge(buyers, sellers)
        return buyers if buyers is not None else sellers if sellers is not None else iter(())


class TriggerBook:
    """Orders that wait for a price: buyers for one at or above their stop, sellers below it."""

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
        """Let an order wait for its stop, or for another one."""
        placed = self._places.get(perm_id)
        if placed is not None:
            if placed == (side, stop):
                return
            self.remove(perm_id)
        self._places[perm_id] = (side, stop)
        (self._above if side > 0 else self._below).add(stop, perm_id)

    def remove(self, perm_id: int) -> None:
        """Take an order from the book; one that is not there is passed over."""
        placed = self._places.pop(perm_id, None)
        if placed is not None:
            side, stop = placed
            (self._above if side > 0 else self._below).remove(stop, perm_id)

    def concerned(self, up: PriceUnits, down: PriceUnits) -> bool:
        """Whether a buyer waits for ``up`` or less, or a seller for ``down`` or more."""
        above, below = self._above.first(), self._below.first()
        return (above is not None and 0 < above <= up) or (below is not None and 0 < down <= below)

    def reached(self, up: PriceUnits, down: PriceUnits) -> list[int]:
        """The buyers whose stop is at or below ``up`` and the sellers whose stop is at or above
        ``down``, in order of acceptance; 0 stands for no price."""
        found = [*self._above.reached(up)] if up else []
        if down:
            found += self._below.reached(down)
        found.sort()
        return found
