"""A live quote: the state of one level 1 subscription, updated by its ticks."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ..wire.catalogue.market import (
    MarketDataType,
    RerouteMarketDataRequest,
    TickGeneric,
    TickPrice,
    TickReqParams,
    TickSize,
    TickSnapshotEnd,
    TickString,
)
from ..wire.catalogue.options import TickOptionComputation
from .streams import Stream, StreamSource

PRICE_TICKS = {
    1: ("bid", "bidSize"), 2: ("ask", "askSize"), 4: ("last", "lastSize"), 6: ("high", ""),
    7: ("low", ""), 9: ("close", ""), 14: ("open", ""), 66: ("bid", "bidSize"),
    67: ("ask", "askSize"), 68: ("last", "lastSize"), 72: ("high", ""), 73: ("low", ""),
    75: ("close", ""), 76: ("open", ""),
}  # fmt: skip
"""Tick type -> the price and size that it sets; 66 and above are delayed data."""
SIZE_TICKS = {
    0: "bidSize", 3: "askSize", 5: "lastSize", 8: "volume", 69: "bidSize", 70: "askSize",
    71: "lastSize", 74: "volume",
}  # fmt: skip


MODEL, DELAYED_COMPUTATIONS = 13, 80
"""The computation of the model, and the first of the delayed ones, which stand 70 higher."""
HALTED, DELAYED_HALTED = 49, 90
GENERIC = 500
"""Other tick types that a quote keeps; TWS has about a hundred."""


class QuoteStream(Stream):
    """Bid, ask, last and the day's figures of one contract; None until received.

    A price of -1 means "no price" and becomes None. ``stale`` says why the figures may be old; when
    the subscription had to be requested again, they start as None again.
    """

    def __init__(self, request_id: int, source: StreamSource | None = None) -> None:
        super().__init__("reqMktData", request_id, source)
        self._rules: dict[type[Any], Callable[[Any], None]] = {
            TickString: self._text,
            TickGeneric: self._number,
            TickReqParams: self._params,
            MarketDataType: self._type,
            TickSnapshotEnd: self._end,
            TickOptionComputation: self._computation,
            RerouteMarketDataRequest: self._reroute,
        }
        self._blank()

    def began(self) -> None:
        """Reset the figures; the server sends all of them again."""
        self._blank()

    def _blank(self) -> None:
        self.bid: float | None = None
        self.bidSize: Decimal | None = None
        self.ask: float | None = None
        self.askSize: Decimal | None = None
        self.last: float | None = None
        self.lastSize: Decimal | None = None
        self.high: float | None = None
        self.low: float | None = None
        self.close: float | None = None
        self.open: float | None = None
        self.volume: Decimal | None = None
        self.lastTimestamp: str = ""
        self.marketDataType = 0
        self.minTick: float | None = None
        self.bboExchange = ""
        self.complete = False
        """Whether tickSnapshotEnd has arrived."""
        self.generic: dict[int, float | str | Decimal] = {}
        """Ticks of other types, by tick type: prices, sizes, numbers, texts."""
        self.computations: dict[int, TickOptionComputation] = {}
        """Of an option: 10 by the bid, 11 by the ask, 12 by the last price, 13 by the model."""
        self.rerouted: RerouteMarketDataRequest | None = None
        """The contract whose data are to be asked for instead, of a CFD on a share."""

    @property
    def greeks(self) -> TickOptionComputation | None:
        """The model's volatility, price and greeks of an option."""
        return self.computations.get(MODEL)

    @property
    def halted(self) -> int | None:
        """1 while trading is halted, 2 in a pause for volatility, 0 again after it; None while
        nothing was said of it, which TWS does of what trades."""
        found = self.generic.get(HALTED, self.generic.get(DELAYED_HALTED))
        return None if found is None else int(found)

    def feed(self, message: Any) -> None:
        """Take one tick."""
        kind = type(message)
        if kind is TickPrice:
            names = PRICE_TICKS.get(message.tickType)
            if names is None:
                self._keep(message.tickType, message.price)
            else:
                price_name, size_name = names
                price = message.price
                setattr(self, price_name, None if price == -1 else price)
                if size_name:
                    setattr(self, size_name, message.size)
        elif kind is TickSize:
            name = SIZE_TICKS.get(message.tickType)
            if name is not None:
                setattr(self, name, message.size)
            else:
                self._keep(message.tickType, message.size)
        else:
            self._rules[kind](message)
        self.updates += 1
        if self.trouble is not None and self.on_data is not None:
            self.on_data(self)
        if self.waker is not None:
            self.waker()

    def _text(self, tick: TickString) -> None:
        if tick.tickType in (45, 88):
            self.lastTimestamp = tick.value
        else:
            self._keep(tick.tickType, tick.value)

    def _number(self, tick: TickGeneric) -> None:
        self._keep(tick.tickType, tick.value)

    def _keep(self, kind: int, value: float | str | Decimal) -> None:
        if kind in self.generic or len(self.generic) < GENERIC:
            self.generic[kind] = value

    def _computation(self, tick: TickOptionComputation) -> None:
        kind = tick.tickType
        self.computations[kind - 70 if kind >= DELAYED_COMPUTATIONS else kind] = tick

    def _reroute(self, message: RerouteMarketDataRequest) -> None:
        self.rerouted = message

    def _params(self, message: TickReqParams) -> None:
        self.minTick, self.bboExchange = message.minTick, message.bboExchange

    def _type(self, message: MarketDataType) -> None:
        self.marketDataType = message.marketDataType

    def _end(self, message: TickSnapshotEnd) -> None:
        self.complete = self.done = True
