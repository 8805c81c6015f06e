"""The market between two instants: the ticks of instruments with working orders, in order of time.

It looks at the books of the exchange and at the market, and changes neither.
"""

from collections.abc import Iterator
from heapq import heappop, heappush, heapreplace
from itertools import islice
from typing import Final

from .exchange.exchange import Exchange
from .market.source import MarketSource, Print, Quote
from .units import SECOND, Nanos

LOOKED_AHEAD: Final[Nanos] = 60 * SECOND
MOST_LOOKED_AT: Final = 16
"""How far, and at how many ticks, the venue looks for the next that concerns an order."""


class MarketWalk:
    """Reads ahead in a market for the orders that stand in the books."""

    def __init__(self, market: MarketSource | None, exchange: Exchange) -> None:
        self._market = market
        self._exchange = exchange
        self._instruments = exchange.instruments
        self._quiet: tuple[int, Nanos] = 0, 0
        """A version of the books, and the first tick after the clock that concerns them."""

    def forget(self) -> None:
        """Forget what is known of the market ahead: it has changed."""
        self._quiet = -1, 0

    def is_quiet(self, until: Nanos) -> bool:
        """Return whether no tick up to ``until`` is known to concern an order."""
        if not self._instruments:
            return True
        version, due = self._quiet
        return until < due and version == self._exchange.changes

    def next_due(self, clock: Nanos) -> Nanos | None:
        """Return when a tick after ``clock`` could first concern an order; None when none could."""
        if self._market is None:
            return None
        known, quiet = self._quiet
        if known != self._exchange.changes or quiet <= clock:
            taped = (one for one in sorted(self._exchange.instruments) if one in self._market)
            ticks = [self._next_concern(con_id, clock) for con_id in taped]
            found = [tick for tick in ticks if tick is not None]
            quiet = min(found, default=clock)
            self._quiet = self._exchange.changes, quiet
        return quiet if quiet > clock else None

    def _next_concern(self, con_id: int, clock: Nanos) -> Nanos | None:
        """A time before which no tick of an instrument concerns an order: that of the first that
        does, or of the last that was looked at."""
        market, concerned = self._market, self._exchange.concerned
        assert market is not None
        first = market.next_tick(con_id, clock)
        if first is None:
            return None
        found = first
        for tick in islice(market.ticks(con_id, first - 1, first + LOOKED_AHEAD), MOST_LOOKED_AT):
            found = tick.time
            if concerned(tick):
                break
        return found

    def ticks(self, clock: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """Iterate over the ticks after ``clock`` of instruments with working orders, merged in time
        order.

        An instrument that comes to have working orders on the way joins at that instant.
        """
        market, exchange = self._market, self._exchange
        if market is None or until <= clock:
            return
        watched: set[int] = set()
        heap: list[tuple[Nanos, int, Quote | Print, Iterator[Quote | Print]]] = []
        since, version = clock, -1
        while True:
            if version != exchange.version:
                version = exchange.version
                for con_id in sorted(exchange.instruments - watched):
                    watched.add(con_id)
                    if con_id not in market:  # what has no tape never ticks
                        continue
                    tape = market.ticks(con_id, since, until)
                    first = next(tape, None)
                    if first is not None:
                        heappush(heap, (first.time, con_id, first, tape))
            if not heap:
                return
            since, con_id, tick, tape = heap[0]
            following = next(tape, None)
            if following is None:
                heappop(heap)
            else:
                heapreplace(heap, (following.time, con_id, following, tape))
            yield tick
