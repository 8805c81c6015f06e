"""All books of the venue, which are derived from the working orders."""

from collections.abc import Iterator, KeysView

from ..market.source import Print, Quote
from ..units import PriceUnits
from .book import ANY_PRICE, LimitBook, TriggerBook
from .thresholds import PRICE, ConditionBook, Measure, Measured, Measuring, prices_of
from .triggers import BY_PRINT, BY_SIDES, METHODS, SIDES, of_quote


class InstrumentBooks:
    """The books of one instrument."""

    __slots__ = ("conditions", "limits", "ratchets", "triggers", "watchers")

    def __init__(self) -> None:
        self.limits = LimitBook()
        self.triggers: dict[int, TriggerBook] = {}
        """Trigger books by trigger method."""
        self.ratchets: dict[int, TriggerBook] = {}
        """The prices at which stops follow the market, by trigger method."""
        self.watchers: dict[int, None] = {}
        """Orders that are looked at with every tick of the instrument."""
        self.conditions = ConditionBook()
        """Orders that are looked at when a condition on the instrument comes to hold."""

    def __bool__(self) -> bool:
        return (
            bool(len(self.limits))
            or any(map(len, self.triggers.values()))
            or bool(self.watchers)
            or bool(self.conditions)
        )

    def remove(self, perm_id: int) -> None:
        """Remove an order from whichever book it is in."""
        self.limits.remove(perm_id)
        for books in (self.triggers, self.ratchets):
            for book in books.values():
                book.remove(perm_id)


class Exchange:
    """Finds the orders that a tick reaches. Changed only by what is told of an order: it rests,
    waits, follows, watches, awaits or leaves."""

    def __init__(self) -> None:
        self._books: dict[int, InstrumentBooks] = {}
        self.touched: set[int] = set()
        """Instruments of which more ticks may concern an order than before. Whoever reads ahead for
        the orders empties it."""
        self._queues = False

    def queue(self, queues: bool) -> None:
        """Let the ticks that change places in queues concern orders, or no longer."""
        if queues != self._queues:
            self._queues = queues
            self.touched.update(self._books)

    @property
    def instruments(self) -> KeysView[int]:
        """The instruments with working orders, whose market data the venue needs."""
        return self._books.keys()

    def rest(self, con_id: int, perm_id: int, side: int, limit: PriceUnits | None) -> None:
        """Add an order to the limit book, or move it to another limit; None is any price."""
        self.touched.add(con_id)
        books = self._books.get(con_id)
        if books is None:
            books = self._open(con_id)
        if books.triggers:
            for book in (*books.triggers.values(), *books.ratchets.values()):
                book.remove(perm_id)
        books.limits.rest(perm_id, side, limit)

    def wait(
        self, con_id: int, perm_id: int, direction: int, stop: PriceUnits, method: int
    ) -> None:
        """Add an order that waits for a price at or above (direction +1) or at or below its
        stop."""
        assert method in METHODS, f"no trigger method {method}"
        self.touched.add(con_id)
        books = self._books.get(con_id)
        if books is None:
            books = self._open(con_id)
        books.limits.remove(perm_id)
        for known, book in books.triggers.items():
            if known != method:
                book.remove(perm_id)
        books.triggers.setdefault(method, TriggerBook()).wait(perm_id, direction, stop)

    def follow(self, con_id: int, perm_id: int, side: int, price: PriceUnits, method: int) -> None:
        """Let the stop of a waiting order of that side move when the market comes to ``price``:
        from below for a sell order, from above for a buy order."""
        self.touched.add(con_id)
        ratchets = self._books[con_id].ratchets
        for known, book in ratchets.items():
            if known != method:
                book.remove(perm_id)
        ratchets.setdefault(method, TriggerBook()).wait(perm_id, -side, price)

    def watch(self, con_id: int, perm_id: int) -> None:
        """Look at an order with every tick of an instrument, which may be another than its own."""
        self.touched.add(con_id)
        books = self._books.get(con_id)
        if books is None:
            books = self._open(con_id)
        books.watchers[perm_id] = None

    def unwatch(self, con_id: int, perm_id: int) -> None:
        """Look at an order no longer; do nothing when it is not watching."""
        books = self._books.get(con_id)
        if books is not None:
            books.watchers.pop(perm_id, None)
            if not books:
                del self._books[con_id]

    def expect(
        self, con_id: int, perm_id: int, measure: Measure, direction: int, value: int
    ) -> None:
        """Look at an order when what is measured of an instrument is at or above (direction +1) or
        at or below a value; it may expect several."""
        self.touched.add(con_id)
        books = self._books.get(con_id)
        if books is None:
            books = self._open(con_id)
        books.conditions.add(perm_id, measure, direction, value)

    def unexpect(self, con_id: int, perm_id: int) -> None:
        """Let an order expect nothing of an instrument any longer."""
        books = self._books.get(con_id)
        if books is not None:
            books.conditions.remove(perm_id)
            if not books:
                del self._books[con_id]

    def _open(self, con_id: int) -> InstrumentBooks:
        books = self._books[con_id] = InstrumentBooks()
        return books

    def orders(self) -> Iterator[tuple[int, int, bool]]:
        """Iterate over all orders: instrument, permId, whether the order waits for a stop."""
        for con_id, books in self._books.items():
            yield from ((con_id, perm_id, False) for perm_id in books.limits)
            for book in books.triggers.values():
                yield from ((con_id, perm_id, True) for perm_id in book)

    def leave(self, con_id: int, perm_id: int) -> None:
        """Remove an order from the books; do nothing when it is in none."""
        books = self._books.get(con_id)
        if books is not None:
            books.remove(perm_id)
            if not books:
                del self._books[con_id]

    def concerned(self, tick: Quote | Print) -> bool:
        """Return whether a tick reaches any order: the cheap test per tick."""
        books = self._books.get(tick.conId)
        if books is None:
            return False
        if books.watchers:
            return True
        if books.conditions.kept and _may_meet(books.conditions, tick):
            return True
        if self._queues and books.limits.stands(*_own_sides(tick)):
            return True
        if isinstance(tick, Quote):
            if books.limits.crossed(tick.bid, tick.ask):
                return True
            if not books.triggers:
                return False
            return any(
                book.concerned(*of_quote(method, tick)) for method, book in books.triggers.items()
            ) or any(
                book.concerned(*reversed(of_quote(method, tick)))
                for method, book in books.ratchets.items()
            )
        return any(
            book.concerned(tick.price, tick.price)
            for stops in (books.triggers, books.ratchets)
            for method, book in stops.items()
            if method in BY_PRINT
        )

    def is_out_of_reach(self, con_id: int, bid: PriceUnits, ask: PriceUnits) -> bool:
        """Return whether no tick concerns an order of an instrument while no bid is above ``bid``
        and no ask below ``ask``; 0 is no price. Told of limits alone: False where more waits."""
        books = self._books.get(con_id)
        if books is None:
            return True
        if self._queues or books.watchers or books.triggers or books.ratchets or books.conditions:
            return False
        return not books.limits.crossed(bid, ask)

    def reached(self, quote: Quote) -> Iterator[int]:
        """Iterate over the orders whose limit a quote reaches, in order of acceptance; orders
        already yielded may be removed."""
        books = self._books.get(quote.conId)
        return iter(()) if books is None else books.limits.reached(quote)

    def standing(self, con_id: int, bid: PriceUnits, ask: PriceUnits) -> Iterator[int]:
        """Iterate over the buy orders at ``bid`` or above and the sell orders at ``ask`` or below,
        in order of acceptance; 0 is no price. Orders already yielded may be removed."""
        books = self._books.get(con_id)
        return iter(()) if books is None else books.limits.standing(bid, ask)

    def crosses(self, con_id: int, side: int, limit: PriceUnits | None) -> bool:
        """Return whether any order rests against an order of that side and limit."""
        books = self._books.get(con_id)
        if books is None:
            return False
        if side > 0:
            return books.limits.lowest_ask <= (ANY_PRICE if limit is None else limit)
        return 0 < books.limits.highest_bid >= (limit or 0)

    def against(self, con_id: int, side: int, limit: PriceUnits | None, most: int) -> list[int]:
        """Return at most so many orders that rest against an order of that side and limit, None for
        any price, the best first, those of one price in order of acceptance."""
        books = self._books.get(con_id)
        return [] if books is None else books.limits.against(side, limit, most)

    def elected(self, tick: Quote | Print) -> list[int]:
        """Return the orders whose stop a tick reaches, in order of acceptance."""
        books = self._books.get(tick.conId)
        if books is None or not books.triggers:
            return []
        found: list[int] = []
        for method, book in books.triggers.items():
            if isinstance(tick, Quote):
                if method in BY_SIDES or method not in BY_PRINT:
                    found += book.reached(*of_quote(method, tick))
            elif method in BY_PRINT:
                found += book.reached(tick.price, tick.price)
        return sorted(found)

    def following(self, tick: Quote | Print) -> list[int]:
        """Return the orders whose stop moves with a tick, in order of acceptance."""
        books = self._books.get(tick.conId)
        if books is None or not books.ratchets:
            return []
        found: list[int] = []
        for method, book in books.ratchets.items():
            if isinstance(tick, Quote):
                up, down = of_quote(method, tick)
                found += book.reached(down, up)
            elif method in BY_PRINT:
                found += book.reached(tick.price, tick.price)
        return sorted(found)

    def watching(self, con_id: int, measuring: Measuring) -> list[int]:
        """Return the orders that are looked at with a tick of an instrument, in order of
        acceptance: those that are with every tick, and those that expect what is measured now."""
        books = self._books.get(con_id)
        if books is None:
            return []
        if not books.conditions.kept:
            return sorted(books.watchers)
        return sorted(books.conditions.met(con_id, measuring).union(books.watchers))


def _may_meet(book: ConditionBook, tick: Quote | Print) -> bool:
    """Return whether a condition may hold with a tick. Told of the tick alone: what else a
    condition compares is looked at when the tick is there."""
    is_quote = isinstance(tick, Quote)
    for measure in book.measures:
        kind, method = measure
        if kind != PRICE:
            if not is_quote:  # quotes change neither the volume nor the last price
                return True
            continue
        found: Measured = (0, 0)
        if isinstance(tick, Quote):  # it counts for the last price as well where there is none
            found = of_quote(SIDES if method in BY_PRINT else method, tick)
        elif method in BY_PRINT:
            found = tick.price, tick.price
        if book.meets(measure, prices_of(*found)):
            return True
    return False


def _own_sides(tick: Quote | Print) -> tuple[PriceUnits, PriceUnits]:
    """Return the prices on whose side a tick changes queues: those of the bids and of the asks."""
    return (tick.bid, tick.ask) if isinstance(tick, Quote) else (tick.price, tick.price)
