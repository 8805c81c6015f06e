"""A live quote: the state of one line of level-1 data, kept up to date by its ticks."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ..wire.catalogue.market import (
    MarketDataType,
    TickGeneric,
    TickPrice,
    TickReqParams,
    TickSize,
    TickSnapshotEnd,
    TickString,
)
from .conversations import Conversation

PRICES = {1: "bid", 2: "ask", 4: "last", 6: "high", 7: "low", 9: "close", 14: "open"}
SIZES = {0: "bidSize", 3: "askSize", 5: "lastSize", 8: "volume"}
PRICE_SIZES = {1: "bidSize", 2: "askSize", 4: "lastSize"}
DELAYED = {66: 1, 67: 2, 68: 4, 72: 6, 73: 7, 75: 9, 76: 14, 69: 0, 70: 3, 71: 5, 74: 8}


class QuoteStream(Conversation):
    """Bid, ask, last and the day's figures of one contract; None until told."""

    def __init__(self, request_id: int) -> None:
        super().__init__("reqMktData", request_id)
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
        """Whether the end of a snapshot has come."""
        self.generic: dict[int, float | str] = {}
        """Ticks of other kinds by tick type."""
        self.updates = 0
        """How many ticks have come."""
        self._rules: dict[type[Any], Callable[[Any], None]] = {
            TickPrice: self.price,
            TickSize: self.size,
            TickString: self._text,
            TickGeneric: self._number,
            TickReqParams: self._params,
            MarketDataType: self._type,
            TickSnapshotEnd: self._end,
        }

    def feed(self, message: Any) -> None:
        """One tick."""
        self._rules[type(message)](message)
        self.updates += 1
        if self.waker is not None:
            self.waker()

    def price(self, tick: TickPrice) -> None:
        """A price, with its size where it has one; -1 means that there is none."""
        kind = tick.tickType
        name = PRICES.get(kind) or PRICES.get(DELAYED.get(kind, -1))
        if name is None:
            self.generic[kind] = tick.price
            return
        price = tick.price
        setattr(self, name, None if price == -1 else price)
        size = PRICE_SIZES.get(DELAYED.get(kind, kind))
        if size is not None:
            setattr(self, size, tick.size)

    def size(self, tick: TickSize) -> None:
        """A size that changed alone."""
        name = SIZES.get(DELAYED.get(tick.tickType, tick.tickType))
        if name is not None:
            setattr(self, name, tick.size)

    def _text(self, tick: TickString) -> None:
        if tick.tickType in (45, 88):
            self.lastTimestamp = tick.value
        else:
            self.generic[tick.tickType] = tick.value

    def _number(self, tick: TickGeneric) -> None:
        self.generic[tick.tickType] = tick.value

    def _params(self, message: TickReqParams) -> None:
        self.minTick, self.bboExchange = message.minTick, message.bboExchange

    def _type(self, message: MarketDataType) -> None:
        self.marketDataType = message.marketDataType

    def _end(self, message: TickSnapshotEnd) -> None:
        self.complete = self.done = True
