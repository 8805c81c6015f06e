"""Quote lines: what a subscriber of level-1 data has been told, and what is new for it.

TWS samples: a line reports the state at its moment, not every tick between. Bid, ask and last
travel as tickPrice with their size; a size that changes alone travels as tickSize.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from ...venue.market.source import DayStats, Quote
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import UNQUOTED, UNTRADED
from ...venue.units import (
    SECOND,
    SIZE_SCALE,
    Nanos,
    PriceUnits,
    SizeUnits,
    price_float,
    size_decimal,
)
from ...versions import QUOTES_IN_SHARES, VOLUME_TICKS_IN_SHARES
from ...wire.catalogue.market import MarketDataType, TickGeneric, TickPrice, TickSize, TickString
from ...wire.message import Farm, Message
from ..sessions.session import Session
from ..sessions.sizes import trimmed
from ..sessions.subscriptions import End, Told
from .channels import Form, Listener
from .quote_venues import QuoteVenues, directed

BID_SIZE, BID, ASK, ASK_SIZE, LAST, LAST_SIZE, HIGH, LOW, VOLUME, CLOSE = range(10)
OPEN, LAST_TIMESTAMP, HALTED = 14, 45, 49
BID_EXCH, ASK_EXCH, LAST_EXCH = 32, 33, 84
LOT = 100
CAN_AUTO_EXECUTE = 1
LIVE, FROZEN = 1, 2
DELAYED = 2
"""From the type of live or frozen data to that of delayed or delayed frozen ones."""
FIGURES: Final = 14
"""The numbers at the beginning of what a subscriber is told."""
LATE: Final = {
    BID: 66, ASK: 67, LAST: 68, BID_SIZE: 69, ASK_SIZE: 70, LAST_SIZE: 71, HIGH: 72, LOW: 73,
    VOLUME: 74, CLOSE: 75, OPEN: 76, LAST_TIMESTAMP: 88, HALTED: 90,
}  # fmt: skip
"""From the type of a tick to that of the delayed one."""


def shown_size(units: SizeUnits, version: int, instrument: Instrument, gate: int) -> Decimal:
    """A size as a client of this version expects it: round lots before ``gate`` for stocks."""
    return _shown_size(units, version < gate and instrument.secType == "STK", version)


@lru_cache(4096)
def _shown_size(units: SizeUnits, in_lots: bool, version: int) -> Decimal:
    size = size_decimal(units)
    if in_lots:
        return size // LOT
    return trimmed(size, version)


class Delivery(NamedTuple):
    """How the quotes of a request are delivered."""

    frozen: bool = False
    """The last ones stay while the market is closed."""
    delay: Nanos = 0
    """How old they are; 0 is live."""

    def kind(self, *, is_open: bool) -> int:
        """The type of the data as 58 tells it."""
        found = FROZEN if self.frozen and not is_open else LIVE
        return found + (DELAYED if self.delay else 0)


NOW: Final = Delivery()


class Shown(NamedTuple):
    """What a subscriber can be told of an instrument at a moment; 0 is not known."""

    bid: PriceUnits
    bid_size: SizeUnits
    ask: PriceUnits
    ask_size: SizeUnits
    last: PriceUnits
    last_size: SizeUnits
    volume: SizeUnits
    high: PriceUnits
    low: PriceUnits
    close: PriceUnits
    open: PriceUnits
    last_seconds: int
    kind: int = LIVE
    """The type of the data: live, or frozen while the market is closed."""
    halted: int = 0
    """Whether trading is halted: 0 not, 1 it is, 2 by a pause for volatility."""
    last_venue: str = ""
    """Where the last trade was."""


def shown(quote: Quote, day: DayStats, kind: int = LIVE) -> Shown:
    """The market's state as far as quote lines tell of it."""
    return Shown(
        quote.bid, quote.bidSize, quote.ask, quote.askSize, day.last, day.lastSize,
        day.volume, day.high, day.low, day.close, day.open, day.lastTime // SECOND, kind,
        day.halted, day.lastExchange,
    )  # fmt: skip


def closed(state: Shown, *, frozen: bool) -> Shown:
    """The same while the market is closed: nobody quotes, or, frozen, as it was at the close."""
    return state._replace(kind=state.kind + FROZEN - LIVE) if frozen else _valued(state)


def _valued(state: Shown) -> Shown:
    """The same without the sides of a quote."""
    return state._replace(bid=0, bid_size=0, ask=0, ask_size=0)


class Reached(NamedTuple):
    """How far a line at every tick has come: the state there, and the instant."""

    state: Shown
    at: Nanos


class QuoteLine(Listener[Shown | Reached | None]):
    """One reqMktData of one session; knows the state that its client received last."""

    __slots__ = ("default", "delivery", "instrument", "venue")

    farm = Farm.MARKET
    events = {End.COMPETING: Told(10197), End.DATA_LOST: None}

    def __init__(
        self,
        request_id: int,
        session: Session,
        instrument: Instrument,
        *,
        default: bool = True,
        delivery: Delivery = NOW,
        exchange: str = "",
    ) -> None:
        super().__init__(request_id, session, Form(session.version), None)
        self.venue = directed(instrument, exchange)
        """The one exchange that it is directed at."""
        self.default = default
        """Whether it has the default ticks; without them it only holds its place."""
        self.delivery = delivery
        self.instrument = instrument


class Ticks:
    """The ticks that bring a subscriber from one state to another, for a server version."""

    def __init__(
        self,
        request_id: int,
        instrument: Instrument,
        version: int,
        *,
        lots: bool = False,
        late: bool = False,
        venues: QuoteVenues | None = None,
    ) -> None:
        """``late``: they are delayed data, which have types of their own. ``venues`` tells the
        exchanges of the quote and of the last trade, which delayed data are without."""
        self._id = request_id
        self._venues = venues if venues and not late else None
        self._late = late
        self._lots = lots and instrument.secType == "STK" and instrument.currency == "USD"
        """Sizes of US stocks count round lots at every version."""
        self._instrument = instrument
        self._pair = instrument.secType in UNTRADED
        """Currencies and their like have no trades, and nothing that executes by itself."""
        self._value = instrument.secType in UNQUOTED
        """Indices have a last price, and -1 for what others are bought and sold at."""
        self._net = instrument.secType == "BAG"
        """A combination has no trades, and any number for a price where it has a size."""
        self._version = version

    @property
    def plain(self) -> bool:
        """Whether it has a quote, trades and a price of its own."""
        return not (self._pair or self._value or self._net)

    @property
    def venues(self) -> QuoteVenues | None:
        """What tells the exchanges; None where they are not told."""
        return self._venues

    @property
    def side_mask(self) -> int:
        """The attributes of bids and asks."""
        return 0 if self._pair or self._value or self._late else CAN_AUTO_EXECUTE

    @property
    def volume_unit(self) -> SizeUnits:
        """The units of one in the day's volume."""
        old = self._version < VOLUME_TICKS_IN_SHARES and self._instrument.secType == "STK"
        return SIZE_SCALE * LOT if self._lots or old else SIZE_SCALE

    def size(self, units: SizeUnits, gate: int) -> Decimal:
        """A size as it is told; ``gate`` is the version that has shares instead of round lots."""
        if self._lots:
            return size_decimal(units) // LOT
        return shown_size(units, self._version, self._instrument, gate)

    def price(self, kind: int, price: PriceUnits, size: SizeUnits) -> Message:
        """The tick of a price with its size."""
        return self._typed(self._price(kind, price, self.size(size, QUOTES_IN_SHARES)))

    def exchange(self, kind: int, letters: str) -> Message:
        """The tick of some exchanges."""
        return TickString(self._id, kind, letters)

    def between(self, before: Shown | None, now: Shown) -> Iterator[Message]:
        """What changed; everything that is known when nothing has been told before."""
        found = self._between(before, now)
        return map(self._typed, found) if self._late else found

    def snapshot(self, now: Shown, quoted: int) -> Iterator[Message]:
        """The state once: sizes stand in the prices alone. ``quoted`` is when the latest quote
        came, in seconds."""
        return map(self._typed, self._snapshot(now, quoted))

    def _typed(self, tick: Message) -> Message:
        """The tick with the type of a delayed one, if it is one."""
        if self._late and isinstance(tick, TickPrice | TickSize | TickString | TickGeneric):
            tick.tickType = LATE[tick.tickType]
        return tick

    def _between(self, before: Shown | None, now: Shown) -> Iterator[Message]:
        if before is not None and before.kind != now.kind:
            yield MarketDataType(self._id, now.kind)
        if self._value:
            before, now = before and _valued(before), _valued(now)
        new: tuple[int, ...] = now[:FIGURES]
        old: tuple[int | None, ...] = (None,) * FIGURES if before is None else before[:FIGURES]
        sides = ((BID, BID_SIZE, 0), (ASK, ASK_SIZE, 2), (LAST, LAST_SIZE, 4))
        letters = self._venues
        for kind, size_kind, at in sides[: 2 if self._pair or self._net else 3]:
            if old[at : at + 2] != new[at : at + 2]:
                size = self.size(new[at + 1], QUOTES_IN_SHARES)
                if old[at] != new[at] or (self._net and not (old[at + 1] and new[at + 1])):
                    yield self._price(kind, new[at], size)
                yield TickSize(self._id, size_kind, size)
                if letters and at < 4:
                    yield from self._exchange(old[at : at + 2], new[at : at + 2], at)
        if letters:
            letter = letters.traded(now.last_venue)
            if letter != (letters.traded(before.last_venue) if before is not None else ""):
                yield self.exchange(LAST_EXCH, letter)
        if self._net:
            return
        if now.volume != old[6] and not self._pair:
            yield TickSize(self._id, VOLUME, self.size(now.volume, VOLUME_TICKS_IN_SHARES))
        days = ((HIGH, 7), (LOW, 8), (CLOSE, 9), (OPEN, 10))
        for kind, at in days[: 3 if self._pair else 4]:
            if new[at] and old[at] != new[at]:
                yield self._price(kind, new[at], Decimal(0))
        if now.halted != (before.halted if before is not None else 0):
            yield TickGeneric(self._id, HALTED, float(now.halted))
        if now.last_seconds and old[11] != now.last_seconds and not self._pair:
            yield TickString(self._id, LAST_TIMESTAMP, str(now.last_seconds))

    def _exchange(
        self, before: tuple[int | None, ...], now: tuple[int, ...], at: int
    ) -> Iterator[Message]:
        """The venues of a side, if others show it than before."""
        assert self._venues is not None
        found = self._venues.quoted(now[0], now[1])
        if found != self._venues.quoted(before[0] or 0, before[1] or 0):
            yield self.exchange(ASK_EXCH if at else BID_EXCH, found)

    def _snapshot(self, now: Shown, quoted: int) -> Iterator[Message]:
        now = _valued(now) if self._value else now
        quotes = [self._quote(BID, now, 0), self._quote(ASK, now, 2)]
        if self._pair:
            yield TickString(self._id, LAST_TIMESTAMP, str(quoted))
            yield TickGeneric(self._id, HALTED, 0.0)
            yield from self._day((HIGH, now.high), (LOW, now.low), (CLOSE, now.close))
            yield from quotes
            return
        yield from quotes
        if self._net:
            return
        yield self._quote(LAST, now, 4)
        if now.last_seconds:
            yield TickString(self._id, LAST_TIMESTAMP, str(now.last_seconds))
        yield from self._day((HIGH, now.high), (LOW, now.low))
        yield TickSize(self._id, VOLUME, self.size(now.volume, VOLUME_TICKS_IN_SHARES))
        yield from self._day((CLOSE, now.close), (OPEN, now.open))

    def _quote(self, kind: int, now: Shown, at: int) -> Message:
        price, size = now[:6][at : at + 2]
        return self._price(kind, price, self.size(size, QUOTES_IN_SHARES))

    def _day(self, *known: tuple[int, PriceUnits]) -> Iterator[Message]:
        for kind, price in known:
            if price:
                yield self._price(kind, price, Decimal(0))

    def _price(self, kind: int, price: PriceUnits, size: Decimal) -> Message:
        mask = self.side_mask if kind in (BID, ASK) else 0
        known = size if self._net else price
        amount = price_float(price, self._instrument.scale) if known else -1.0
        return TickPrice(self._id, kind, amount, size, mask)
