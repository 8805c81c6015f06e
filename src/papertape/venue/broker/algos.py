"""How much of an algorithmic order may have traded by now: the model.

An algorithm here is a schedule. At each of its instants, and with each quote, it lets so much of
its order trade at the touch as its rule says; nothing is random, so the same orders and the same
market give the same fills. ``docs/guides/orders.md`` has a row for each.
"""

from typing import Final, Protocol

import msgspec

from ..exchange.top_of_book import TopOfBook
from ..facts import AlgoBegan, Terms
from ..reference.sessions import REGULAR, TradingHours
from ..special import CLOSING, Algo
from ..units import MINUTE, RATE_SCALE, SECOND, SIZE_SCALE, Nanos, Rate, SizeUnits, scaled
from .algo_terms import (
    ACCUMULATE,
    ADAPTIVE,
    ARRIVAL,
    BEGINS,
    BY_PRICE,
    BY_SIZE,
    BY_TIME,
    CLOSE,
    DARK_ICE,
    ENDS,
    PACED,
)
from .orders import LiveOrder

PATIENCE: Final[tuple[Nanos, ...]] = (0, 5 * SECOND, 30 * SECOND)
"""How long an adaptive order waits, by its priority."""
ARRIVALS: Final[tuple[Nanos, ...]] = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE)
CLOSES: Final[tuple[Nanos, ...]] = (10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 60 * MINUTE)
"""How long the orders take that aim at a price, by their aversion of risk."""
REST: Final = 10 * SECOND
"""Between two parts of an iceberg in the dark."""


class DayState(Protocol):
    """The part of the state that says when the day ends."""

    day_end: Nanos


class Algos:
    """Computes what algorithmic orders release; changes nothing."""

    def __init__(self, state: DayState, top: TopOfBook, hours: TradingHours) -> None:
        self._state = state
        self._top = top
        self._hours = hours

    def began(self, order: LiveOrder, now: Nanos) -> AlgoBegan | None:
        """Return the beginning of an algorithm: when it begins and ends, and the market of now;
        None for an order without one, or that has begun."""
        algo = order.terms.extras.algo
        if algo is None or order.run is not None:
            return None
        con_id = order.terms.conId
        close = self._close(order.terms, now)
        ends = algo.ends or close
        begins = max(algo.begins, now)
        if algo.name == ADAPTIVE:
            begins = ends = now + PATIENCE[algo.urgency]
        elif algo.name == ARRIVAL and not algo.ends:
            ends = begins + ARRIVALS[algo.urgency]
        elif algo.name == CLOSE:
            ends = self._hours.auction(con_id, CLOSING, now)
            begins = max(begins, algo.begins or ends - CLOSES[algo.urgency])
        middle = self._top.price(con_id)
        return AlgoBegan(order.permId, begins, max(ends, begins), self._volume(con_id), middle)

    def starts(self, order: LiveOrder, now: Nanos) -> AlgoBegan | None:
        """Return the beginning of an algorithm again, with the market of its first instant, where
        the order came before it; None at any other instant."""
        run = order.run
        if run is None or now != run.begins or order.accepted >= now:
            return None
        con_id = order.terms.conId
        volume, middle = self._volume(con_id), self._top.price(con_id)
        return AlgoBegan(order.permId, run.begins, run.ends, volume, middle)

    def _close(self, terms: Terms, now: Nanos) -> Nanos:
        if self._hours.exchange:
            return self._hours.day_end(terms.conId, REGULAR, now)
        return self._state.day_end

    def _volume(self, con_id: int) -> SizeUnits:
        day = self._top.day(con_id)
        return 0 if day is None else day.volume

    def released(self, order: LiveOrder) -> SizeUnits:
        """Return how much of an order may have traded by now."""
        algo, run, now = order.terms.extras.algo, order.run, self._top.now
        whole = order.terms.quantity
        if algo is None:
            return whole
        if run is None or now < run.begins:
            return 0
        if now >= run.ends and (algo.beyond or algo.name == ADAPTIVE):
            return whole
        return min(self._by_rule(order, algo, now), self._by_volume(order, algo, now), whole)

    def _by_rule(self, order: LiveOrder, algo: Algo, now: Nanos) -> SizeUnits:
        """Return what the schedule releases: parts of a size, or equal ones to the end."""
        run, whole = order.run, order.terms.quantity
        assert run is not None
        if algo.name in PACED:
            return whole
        every = self._every(algo)
        number = (now - run.begins) // every + 1
        if algo.size:
            part = number * algo.size
            return min(part, order.filled + algo.size) if algo.waits else part
        parts = max((run.ends - run.begins) // every, 1)
        share = whole * min(number, parts) // parts
        return share if whole % SIZE_SCALE else share - share % SIZE_SCALE

    @staticmethod
    def _every(algo: Algo) -> Nanos:
        return REST if algo.name == DARK_ICE else algo.every

    def _by_volume(self, order: LiveOrder, algo: Algo, now: Nanos) -> SizeUnits:
        """Return the part of the market's volume since the beginning that the order may be."""
        run = order.run
        assert run is not None
        if not algo.share or algo.name == ADAPTIVE:
            return order.terms.quantity
        volume = max(self._volume(order.terms.conId) - run.volume, 0)
        size = scaled(volume, self._share(order, algo, now))
        return size - size % SIZE_SCALE

    def _share(self, order: LiveOrder, algo: Algo, now: Nanos) -> Rate:
        run, terms = order.run, order.terms
        assert run is not None
        if algo.name == BY_TIME:
            span = max(run.ends - run.begins, 1)
            return algo.share + (algo.until - algo.share) * (now - run.begins) // span
        if algo.name == BY_SIZE:
            return algo.share + (algo.until - algo.share) * order.filled // terms.quantity
        if algo.name == BY_PRICE and run.price:
            quote = self._top.look(terms.conId)
            touch = quote.ask if terms.side > 0 else quote.bid
            if touch:  # a price that is better by 1 % adds the change once
                better = (run.price - touch) * terms.side
                share = algo.share + better * 100 * algo.change // run.price
                return min(max(share, algo.least or 1), algo.most or RATE_SCALE // 2)
        return algo.share

    def next_slice(self, order: LiveOrder, now: Nanos) -> Nanos:
        """Return when an order must be looked at again; 0 for never."""
        algo, run = order.terms.extras.algo, order.run
        if algo is None or run is None or not order.working:
            return 0
        if now < run.begins:
            return run.begins
        if now >= run.ends:
            return 0
        every = self._every(algo)
        return min(run.begins + ((now - run.begins) // every + 1) * every, run.ends)

    def is_slice(self, order: LiveOrder, now: Nanos) -> bool:
        """Return whether a part of an order is due at this instant, so that a look at another one,
        such as after a restart, changes nothing."""
        algo, run = order.terms.extras.algo, order.run
        if algo is None or run is None or now < run.begins:
            return False
        return now == run.ends or not (now - run.begins) % self._every(algo)

    def over(self, order: LiveOrder, now: Nanos) -> bool:
        """Return whether the time of an order is over, and with it the order."""
        algo, run = order.terms.extras.algo, order.run
        if algo is None or run is None or algo.beyond or algo.name in (ADAPTIVE, ACCUMULATE):
            return False
        return bool(algo.ends) and now >= run.ends


def same_algo(old: Terms, new: Terms) -> bool:
    """Return whether two terms name the same algorithm with the same parameters."""
    before, after = old.extras.algo, new.extras.algo
    if before is None or after is None:
        return before is after
    if (before.name, sorted(before.given)) == (after.name, sorted(after.given)):
        return True
    # What openOrder shows of its times is written otherwise than its client wrote them.
    old_times, new_times = (before.begins, before.ends), (after.begins, after.ends)
    return (before.name, old_times, _timeless(before)) == (after.name, new_times, _timeless(after))


def _timeless(algo: Algo) -> list[tuple[str, str]]:
    return sorted(one for one in algo.given if one[0] not in (*BEGINS, *ENDS))


replace = msgspec.structs.replace


def with_algo_of(order: LiveOrder, terms: Terms) -> Terms:
    """Return new terms with the algorithm as the order has it: its times stay what they were."""
    algo = order.terms.extras.algo
    if algo is None:
        return terms
    return replace(terms, special=replace(terms.extras, algo=algo))
