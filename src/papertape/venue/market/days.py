"""One trading day of one instrument, whatever it was made from.

``TickDay`` holds every tick, ``PlannedDay`` works them out from minute bars, ``BarDay`` works
the minute bars out from the day's bar first; ``MirroredDay`` plays any of them backwards.
Times are offsets from the day's beginning; which instant that is, the tape knows.
"""

from abc import ABC, abstractmethod
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from operator import ge
from typing import Any

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits
from .interpolate import DayBar, Plan, Style, expand, plan_of_day
from .ticks import NO_HIGH, NO_LOW, Block, Column, Piece, Rows, joined, rows_of

HOUR = 60 * MINUTE


class Cache:
    """The most recently used results, a bounded number of them. Never changes an answer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The result under ``key``, made when it is not kept."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found


class Caches:
    """What a market keeps of its days and minutes, all instruments together: some 40 MB
    where an option chain of hundreds is followed."""

    def __init__(self) -> None:
        self.days = Cache(640)
        self.blocks = Cache(1280)
        self.opens = Cache(4096)
        self.lines = Cache(8192)  # small, and many: an option each


class Day(ABC):
    """A trading day: blocks of ticks, minute bars, and one bar for all of it."""

    length: Nanos
    """Time from the day's first instant to the next day's."""

    @abstractmethod
    def block(self, offset: Nanos) -> Block:
        """The block that holds ``offset``."""

    @abstractmethod
    def rows(self, what: str) -> Rows:
        """Minute bars of the day."""

    @abstractmethod
    def whole(self, what: str) -> Piece | None:
        """The day as one bar; None when it holds nothing of that kind."""

    def last(self) -> PriceUnits:
        """Last price: of a trade, or the middle where there are none."""
        return _close(self.whole("TRADES") or self.whole("MIDPOINT"))

    def last_within(self, span: Nanos) -> PriceUnits:
        """The last price of the first ``span`` of the day, which may be all of it."""
        if span >= self.length:
            return self.last()
        return _close(self.piece("TRADES", 0, span) or self.piece("MIDPOINT", 0, span))

    def piece(self, what: str, start: Nanos, end: Nanos) -> Piece | None:
        """The bar over ``start <= offset < end``: whole minutes as such, the rest by ticks."""
        first, last = -(-start // MINUTE), end // MINUTE
        if first >= last:
            return _tick_piece(self, what, start, end)
        piece = _tick_piece(self, what, start, first * MINUTE)
        piece = joined(piece, self.rows(what).piece(what, first, last))
        return joined(piece, _tick_piece(self, what, last * MINUTE, end))

    def worked_out(self, what: str, *, minutes: bool) -> Iterator[None]:
        """Work out what a bar of the whole day takes, or all of its ``minutes``; a step at a time,
        of a few milliseconds, and none of what is known. They are kept with the day. By default the
        minutes are one step."""
        if minutes:
            self.rows(what)
            yield


def pieced(
    rows: dict[str, Rows],
    what: str,
    length: Nanos,
    turn: Nanos,
    piece: Callable[[Nanos, Nanos], Piece | None],
) -> Iterator[None]:
    """Put minutes into ``rows`` that are each worked out by itself, those of a ``turn`` a step."""
    pieces: list[Piece | None] = []
    while what not in rows:
        begin = len(pieces) * MINUTE
        starts = range(begin, min(begin + turn, length), MINUTE)
        pieces += [piece(start, start + MINUTE) for start in starts]
        if len(pieces) * MINUTE >= length:
            rows[what] = rows_of(pieces)
        yield


class TickDay(Day):
    """A day of which every tick is known."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._rows: dict[str, Rows] = {}
        self.length = block.end

    def block(self, offset: Nanos) -> Block:
        return self._block

    def rows(self, what: str) -> Rows:
        for _ in self.worked_out(what):
            pass
        return self._rows[what]

    def worked_out(self, what: str, *, minutes: bool = True) -> Iterator[None]:
        """Work out the minutes, an hour at a time."""
        piece = partial(self._block.piece, what)
        return pieced(self._rows, what, self.length, HOUR, piece)

    def whole(self, what: str) -> Piece | None:
        return self.rows(what).piece(what, 0, self.length // MINUTE)

    def last(self) -> PriceUnits:
        if self._block.price:
            return self._block.price[-1]
        return (self._block.bid[-1] + self._block.ask[-1]) // 2


class PlannedDay(Day):
    """A day known by its minutes; each minute's ticks are worked out when they are asked for."""

    def __init__(self, plan: Plan, blocks: Cache) -> None:
        self._plan = plan
        self._blocks = blocks
        self._rows: dict[str, Rows] = {}
        self.length = len(plan.open) * MINUTE

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        block: Block = self._blocks.get(
            (self._plan.seed, minute), lambda: expand(self._plan, minute)
        )
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            make = _trade_rows if what == "TRADES" else _quote_rows
            found = self._rows[what] = make(self._plan, what)
        return found

    def whole(self, what: str) -> Piece | None:
        return self.rows(what).piece(what, 0, len(self._plan.open))


class BarDay(Day):
    """A day known by one bar; a bar for the whole day never works the minutes out."""

    def __init__(self, bar: DayBar, style: Style, *, seed: int, minutes: int, blocks: Cache):
        self._bar = bar
        self._style = style
        self._seed = seed
        self._blocks = blocks
        self._planned: PlannedDay | None = None
        self.length = minutes * MINUTE

    def block(self, offset: Nanos) -> Block:
        return self._minutes().block(offset)

    def rows(self, what: str) -> Rows:
        return self._minutes().rows(what)

    def whole(self, what: str) -> Piece | None:
        return whole_day(self._bar, self._style, self.length, what)

    def _minutes(self) -> PlannedDay:
        if self._planned is None:
            plan = plan_of_day(self._bar, self._style, self._seed, self.length // MINUTE)
            self._planned = PlannedDay(plan, self._blocks)
        return self._planned


def whole_day(bar: DayBar, style: Style, length: Nanos, what: str) -> Piece | None:
    """A day's bar as a bar of trades or quotes, equal to what its minutes make up."""
    tick = style.tick
    if what == "TRADES":
        if not bar.count:
            return None
        prices = [price * tick for price in (bar.open, bar.high, bar.low, bar.close)]
        notional = sum(prices) * bar.volume // (4 * SIZE_SCALE)
        return _bar(prices, bar.volume, notional, bar.count)
    ceiling = bar.high - style.spread if style.trades else bar.high
    bids = (min(bar.open, ceiling), ceiling, bar.low, min(bar.close, ceiling))
    piece = _quote_piece(bids, style, what)
    if what == "BID_ASK":
        piece.weight = length
    return piece


class MirroredDay(Day):
    """A day played backwards: it begins where the original ends and ends where that began."""

    def __init__(self, day: Day, blocks: Cache, name: Hashable) -> None:
        self._day = day
        self._blocks = blocks
        self._name = name
        self._rows: dict[str, Rows] = {}
        self.length = day.length

    def block(self, offset: Nanos) -> Block:
        original = self._day.block(self.length - 1 - offset)
        block: Block = self._blocks.get(
            (self._name, original.start), lambda: original.mirrored(self.length)
        )
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            found = self._rows[what] = self._day.rows(what).mirrored(what)
        return found

    def worked_out(self, what: str, *, minutes: bool) -> Iterator[None]:
        """Work out the original, then turn it."""
        if what not in self._rows:
            yield from self._day.worked_out(what, minutes=True)
            self.rows(what)
            yield

    def whole(self, what: str) -> Piece | None:
        return self.rows(what).piece(what, 0, self.length // MINUTE)


def _close(piece: Piece | None) -> PriceUnits:
    assert piece is not None, "every day opens with a quote"
    return piece.close


def _tick_piece(day: Day, what: str, start: Nanos, end: Nanos) -> Piece | None:
    piece: Piece | None = None
    while start < end:
        block = day.block(start)
        upto = min(block.end, end)
        piece = joined(piece, block.piece(what, start, upto))
        start = upto
    return piece


def _trade_rows(plan: Plan, what: str) -> Rows:
    tick = plan.style.tick
    opened, high, low, close = (
        array("q", [price * tick for price in column])
        for column in (plan.open, plan.high, plan.low, plan.close)
    )
    # The average price is an estimate: the exact one would take the ticks of every minute.
    sums = [sum(prices) for prices in zip(opened, high, low, close)]
    notional = array("q", [total * v // (4 * SIZE_SCALE) for total, v in zip(sums, plan.volume)])
    for minute, count in enumerate(plan.count):
        if not count:
            high[minute], low[minute] = NO_HIGH, NO_LOW
    return Rows(opened, high, low, close, plan.volume, notional, plan.count)


def _quote_rows(plan: Plan, what: str) -> Rows:
    tick, spread = plan.style.tick, plan.style.spread * plan.style.tick
    factor, shift = {"BID": (1, 0), "ASK": (1, spread), "MIDPOINT": (2, spread)}.get(what, (0, 0))
    none = array("q")
    if not factor:
        pieces = [_quote_piece(bids, plan.style, what) for bids in zip(*plan.bids)]
        return rows_of(list(pieces))
    opened, high, low, close = (
        array("q", [(factor * price * tick + shift) // factor for price in column])
        for column in plan.bids
    )
    return Rows(opened, high, low, close, none, none, none)


def _quote_piece(bids: tuple[int, int, int, int], style: Style, what: str) -> Piece:
    """The bar of a quote side, given the bid's in ticks; the spread's floor is constant."""
    tick, spread = style.tick, style.spread * style.tick
    bid = [price * tick for price in bids]
    if what == "BID":
        return _bar(bid)
    if what == "ASK":
        return _bar([price + spread for price in bid])
    if what == "MIDPOINT":
        return _bar([(2 * price + spread) // 2 for price in bid])
    mean = sum(bid) // 4
    return Piece(mean, bid[1] + spread, bid[2], mean + spread, weight=MINUTE)


def _bar(prices: list[PriceUnits], *trades: int) -> Piece:
    opened, high, low, close = prices
    return Piece(opened, high, low, close, *trades)


def tick_day(
    quotes: tuple[Column, Column, Column, Column, Column],
    trades: tuple[Column, Column, Column, Column],
    exchanges: tuple[str, ...],
    length: Nanos,
) -> TickDay:
    """A day from columns of quotes (time, bid, size, ask, size) and trades (time … venue).

    Raises ``ValueError`` when the columns do not make a day: see ``Block``.
    """
    times = quotes[0]
    if not times or times[0] != 0 or times[-1] >= length:
        raise ValueError("quotes must begin at the day's first instant and end within the day")
    if any(map(ge, times, times[1:])):
        raise ValueError("quote times must rise strictly")
    when = trades[0]
    if when and (when[0] < 0 or when[-1] >= length):
        raise ValueError("trades must lie within the day")
    return TickDay(Block(0, length, *quotes, *trades, exchanges=exchanges))
