"""The market between two instants: the ticks of instruments with working orders, in order of time.

It looks at the books of the exchange and at the market, and changes neither. What it knows of the
market ahead it knows of each instrument by itself: an order makes it look at one, not at all.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, heapreplace
from itertools import islice
from typing import Final, NamedTuple

from .agenda import NEVER
from .exchange.exchange import Exchange
from .market.port import MarketSource
from .market.source import Print, Quote
from .units import SECOND, Nanos, PriceUnits

LOOKED_AHEAD: Final[Nanos] = 60 * SECOND
MOST_LOOKED_AT: Final = 16
MOST_AGAIN: Final = 128
"""How far, and at how many ticks, the venue looks for the next that concerns an order: for an order
that is new, and where none of those looked at before did."""
OUTDATED: Final = 64
"""So many entries more than there are instruments may stand in the heap."""


class Ahead(NamedTuple):
    """What is known of the ticks of an instrument that come next."""

    due: Nanos
    """No tick before it concerns an order: the first that does, or the last that was looked at."""
    bid: PriceUnits
    ask: PriceUnits
    """The highest bid and the lowest ask before ``due``; 0 where there is none."""


class MarketWalk:
    """Reads ahead in a market for the orders that stand in the books."""

    def __init__(self, market: MarketSource | None, exchange: Exchange) -> None:
        self._market = market
        self._exchange = exchange
        self._instruments = exchange.instruments
        self._ahead: dict[int, Ahead] = {}
        self._order: list[tuple[Nanos, int]] = []
        """A heap of what is due and for which instrument, some of it outdated."""
        self._unknown: set[int] = set()
        """Instruments to look at: their books have changed, their time has come, or they had no
        tick when they were looked at last."""
        self._next: dict[int, Nanos] = {}
        """When an instrument's next tick comes, whether or not it concerns an order; outdated once
        it has."""
        self._still: Nanos = NEVER
        """Before it no instrument that is to be looked at has a tick."""

    def forget(self) -> None:
        """Forget what is known of the market ahead: it has changed."""
        self._unknown.update(self._instruments)
        self._ahead.clear()
        self._order.clear()
        self._next.clear()
        self._still = 0

    def is_quiet(self, until: Nanos) -> bool:
        """Return whether no tick up to ``until`` is known to concern an order."""
        if not self._instruments:
            return True
        if self._exchange.touched:
            self._touch()
        return until < self._still and (not self._order or until < self._order[0][0])

    def next_due(self, clock: Nanos) -> Nanos | None:
        """Return when a tick after ``clock`` could first concern an order; None when none could."""
        if self._market is None:
            return None
        self._take(clock)
        if self._unknown:
            self._unknown = {one for one in self._unknown if not self._look(one, clock)}
            self._still = min((self._next.get(one, 0) for one in self._unknown), default=NEVER)
        order, ahead = self._order, self._ahead
        if len(order) > 2 * len(ahead) + OUTDATED:
            order[:] = [(known.due, con_id) for con_id, known in ahead.items()]
            heapify(order)
        while order:
            due, con_id = order[0]
            known = ahead.get(con_id)
            if known is not None and known.due == due:
                return due
            heappop(order)
        return None

    def _take(self, until: Nanos) -> None:
        """Count what has been touched, and what is due up to an instant, among the unknown."""
        if self._exchange.touched:
            self._touch()
        order, ahead = self._order, self._ahead
        while order and order[0][0] <= until:
            due, con_id = heappop(order)
            known = ahead.get(con_id)
            if known is not None and known.due == due:
                self._unknown.add(con_id)
                self._still = min(self._still, self._next.get(con_id, 0))

    def _touch(self) -> None:
        """Count what has been touched among the unknown."""
        touched, coming = self._exchange.touched, self._next
        self._unknown |= touched
        for con_id in touched:
            due = coming.get(con_id, 0)
            if due < self._still:
                self._still = due
        touched.clear()

    def _tick_after(self, con_id: int, clock: Nanos) -> Nanos:
        """When the next tick of an instrument comes; ``NEVER`` where none is known, which is asked
        again each time."""
        due = self._next.get(con_id, 0)
        if due <= clock:
            assert self._market is not None
            found = self._market.next_tick(con_id, clock) if con_id in self._market else None
            if found is None:
                return NEVER
            self._next[con_id] = due = found
        return due

    def _wait(self, clock: Nanos) -> None:
        """Find out before when no instrument that is to be looked at has a tick."""
        still = NEVER
        for con_id in self._unknown & self._instruments:
            due = self._tick_after(con_id, clock)
            still = min(still, 0 if due == NEVER else due)
        self._still = still

    def _look(self, con_id: int, clock: Nanos) -> bool:
        """Look at the ticks of an instrument after ``clock``; False when it has none."""
        market, exchange, known = self._market, self._exchange, self._ahead.get(con_id)
        assert market is not None
        if con_id in self._instruments:
            if (
                known is not None
                and known.due > clock
                and exchange.is_out_of_reach(con_id, known.bid, known.ask)
            ):
                return True
            first = self._tick_after(con_id, clock)
            if first < NEVER:
                due, bid, ask = first, 0, 0
                ticks = market.ticks(con_id, first - 1, first + LOOKED_AHEAD)
                passed = known is not None and known.due <= clock
                for tick in islice(ticks, MOST_AGAIN if passed else MOST_LOOKED_AT):
                    due = tick.time
                    if exchange.concerned(tick):
                        break
                    if isinstance(tick, Quote):
                        bid = max(bid, tick.bid)
                        if 0 < tick.ask < ask or not ask:
                            ask = tick.ask
                self._ahead[con_id] = Ahead(due, bid, ask)
                heappush(self._order, (due, con_id))
                return True
        if known is not None:
            del self._ahead[con_id]
        return con_id not in self._instruments

    def ticks(self, clock: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """Iterate over the ticks after ``clock`` that may concern an order, merged in time order:
        those of the instruments of which it is not known that none does.

        An instrument whose books change on the way joins at that instant.
        """
        market, exchange = self._market, self._exchange
        if market is None or until <= clock:
            return
        self._take(until)
        watched: set[int] = set()
        heap: list[tuple[Nanos, int, Quote | Print, Iterator[Quote | Print]]] = []
        since, fresh = clock, set(self._unknown)
        while True:
            for con_id in sorted(fresh & self._instruments):
                watched.add(con_id)
                if self._tick_after(con_id, since) > until:
                    continue
                tape = market.ticks(con_id, since, until)
                first = next(tape, None)
                if first is not None:
                    heappush(heap, (first.time, con_id, first, tape))
            if not heap:
                self._wait(until)
                return
            since, con_id, tick, tape = heap[0]
            following = next(tape, None)
            if following is None:
                heappop(heap)
            else:
                heapreplace(heap, (following.time, con_id, following, tape))
            yield tick
            fresh = exchange.touched - watched
            self._touch()
