"""Ticks of the past, and how much was traded at each price: walked a stretch of the tape at a time.

A request for ticks is answered out of one trading day: the one that plays at its start or, where
it names an end, the latest that has begun before that. The last second is told whole, or the first
one where the ticks before an end are asked for, so there may be more than asked for, and who goes
on at the next second misses nothing.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

import msgspec

from ...model import HistogramEntry
from ...venue.market.port import MarketSource
from ...venue.market.source import Print, Quote
from ...venue.reference.instruments import Instrument
from ...venue.units import DAY, MINUTE, SECOND, Nanos, PriceUnits, SizeUnits, price_float
from .net_quotes import QuoteSource
from .regular_bars import Regular
from .ticks_told import (
    NOTHING,
    Changes,
    Item,
    Kind,
    Marks,
    Tick,
    told_middle,
    told_quote,
    told_trade,
    told_volume,
)

MOST_TICKS: Final = 1000
"""What one request is given, apart from the rest of a second."""
STRETCH: Final = MINUTE
"""What is walked before a look at the clock."""
LINE_PIECE: Final = 256
"""Ticks that a line is told at a time: milliseconds of work."""
ROWS_PIECE: Final = 512
"""The same where they are written without messages."""
PIECE: Final = 1000
"""Ticks that are looked at in one go."""
_LOOK_BACK: Final[Nanos] = 15 * DAY
"""No market pauses for longer."""


class TickQuery(msgspec.Struct, frozen=True):
    """Which ticks are asked for."""

    entry: Instrument
    kind: Kind
    count: int
    regular: Regular | None = None
    """Only ticks of that session."""
    ignore_size: bool = False


Found = list[tuple[Tick, Item]]
"""Ticks with what is told of them."""


def session_at(market: QuoteSource, con_id: int, now: Nanos) -> tuple[Nanos, Nanos] | None:
    """The trading day that plays at an instant; None in a pause."""
    return next(iter(market.sessions(con_id, now, now)), None)


def ticks_from(
    market: MarketSource, wanted: TickQuery, start: Nanos, now: Nanos, version: int
) -> Iterator[Found | None]:
    """The first ticks from ``start`` on, up to and including ``now``; None while it is walked."""
    con_id = wanted.entry.conId
    first = market.next_tick(con_id, start - 1)
    if first is None or first > now:
        yield []
        return
    span = session_at(market, con_id, first) or (first, now)
    at, end = max(start, first), min(span[1], now + 1)
    before = market.quote(con_id, at - 1) if span[0] < at else NOTHING
    maker = _Maker(market, wanted, at - 1, before, version)
    found: Found = []
    while at < end:
        upto = min(at - at % STRETCH + STRETCH, end)
        for piece in _pieces(market.ticks(con_id, at - 1, upto - 1)):
            for one in maker.told(piece):
                if len(found) >= wanted.count and _second(one[0]) != _second(found[-1][0]):
                    yield found
                    return
                found.append(one)
            yield None
        at = upto
    yield found


def ticks_before(
    market: MarketSource, wanted: TickQuery, end: Nanos, version: int
) -> Iterator[Found | None]:
    """The last ticks before ``end``, oldest first; None while they are walked."""
    con_id = wanted.entry.conId
    spans = market.sessions(con_id, max(end - _LOOK_BACK, market.head(con_id)), end - 1)
    if not spans:
        yield []
        return
    begin, close = spans[-1]
    upto = min(close, end)
    found: Found = []
    while upto > begin and len(found) < wanted.count:
        start = max((upto - 1) - (upto - 1) % STRETCH, begin)
        before = market.quote(con_id, start - 1) if start > begin else NOTHING
        maker = _Maker(market, wanted, start - 1, before, version)
        part: Found = []
        for piece in _pieces(market.ticks(con_id, start - 1, upto - 1)):
            part += maker.told(piece)
            yield None
        found = part + found
        upto = start
    if len(found) > wanted.count:
        place = len(found) - wanted.count
        second = _second(found[place][0])
        while place and _second(found[place - 1][0]) == second:
            place -= 1
        found = found[place:]
    yield found


class _Maker:
    """Makes what is told of ticks that follow an instant."""

    def __init__(
        self, market: MarketSource, wanted: TickQuery, after: Nanos, before: Quote, version: int
    ) -> None:
        self._wanted = wanted
        self._version = version
        self._changes = Changes(wanted.kind, before, ignore_size=wanted.ignore_size)
        self._marks = Marks(market, wanted.entry, after) if wanted.kind == "BID_ASK" else None

    def told(self, ticks: list[Tick]) -> Iterator[tuple[Tick, Item]]:
        marks, entry, regular = self._marks, self._wanted.entry, self._wanted.regular
        if marks is None:
            for tick in self._changes.of(ticks):
                if regular is None or regular(entry.conId, tick.time):
                    yield tick, told(tick, entry, self._version)
            return
        for tick in ticks:
            marks.see(tick)
            for quote in self._changes.of((tick,)):
                if regular is None or regular(entry.conId, quote.time):
                    assert isinstance(quote, Quote)
                    yield quote, told_quote(quote, marks.of(quote), entry, self._version)


def told(tick: Tick, entry: Instrument, version: int) -> Item:
    """A trade, or the middle of a quote."""
    if isinstance(tick, Print):
        return told_trade(tick, entry, version)
    return told_middle(tick, entry)


def _pieces(ticks: Iterator[Tick]) -> Iterator[list[Tick]]:
    while piece := list(islice(ticks, PIECE)):
        yield piece


def _second(tick: Tick) -> int:
    return tick.time // SECOND


# -- histograms -----------------------------------------------------------------------------------


Traded = dict[PriceUnits, SizeUnits]


def traded_at(
    market: MarketSource,
    entry: Instrument,
    span: tuple[Nanos, Nanos],
    *,
    regular: Callable[[int, Nanos], bool] | None,
    into: Traded,
) -> Iterator[None]:
    """Add up what was traded at each price of a span (end included), a piece at each step."""
    con_id, tick = entry.conId, entry.tick
    for begin, close in market.sessions(con_id, *span):
        at, end = max(begin, span[0]), min(close - 1, span[1])
        while at <= end:
            upto = min(at - at % STRETCH + STRETCH - 1, end)
            for piece in _pieces(market.ticks(con_id, at - 1, upto)):
                for trade in piece:
                    if isinstance(trade, Print) and (
                        regular is None or regular(con_id, trade.time)
                    ):
                        price = trade.price - trade.price % tick
                        into[price] = into.get(price, 0) + trade.size
                yield
            at = upto + 1


def histogram(traded: Traded, entry: Instrument, version: int) -> list[HistogramEntry]:
    """What was traded, the lowest price first."""
    return [
        HistogramEntry(price_float(price, entry.scale), told_volume(size, version))
        for price, size in sorted(traded.items())
    ]
