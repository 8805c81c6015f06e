"""Quote lines: what a subscriber of level-1 data has been told, and what is new for it.

TWS samples: a line reports the state at its moment, not every tick between. Bid, ask and last
travel as tickPrice with their size; a size that changes alone travels as tickSize.
"""

from collections.abc import Iterator
from decimal import Decimal

from ..model import Contract
from ..venue.instruments import Instrument
from ..venue.market import DayStats, Quote
from ..venue.units import SECOND, PriceUnits, SizeUnits, price_float, size_decimal
from ..versions import (
    FRACTIONAL_SIZE_RULES,
    QUOTES_IN_SHARES,
    VOLUME_TICKS_IN_SHARES,
)
from ..wire.catalogue.market import TickPrice, TickSize, TickString
from ..wire.message import Message

BID_SIZE, BID, ASK, ASK_SIZE, LAST, LAST_SIZE, HIGH, LOW, VOLUME, CLOSE = range(10)
OPEN, LAST_TIMESTAMP = 14, 45
LOT = 100
CAN_AUTO_EXECUTE = 1


def shown_size(units: SizeUnits, version: int, instrument: Instrument, gate: int) -> Decimal:
    """A size as a client of this version expects it: round lots before ``gate`` for stocks."""
    size = size_decimal(units)
    if version < gate and instrument.secType == "STK":
        return size // LOT
    return size if version >= FRACTIONAL_SIZE_RULES else size.to_integral_value()


class QuoteLine:
    """One reqMktData of one session."""

    def __init__(self, request_id: int, contract: Contract, instrument: Instrument) -> None:
        self.request_id = request_id
        self.contract = contract
        self.instrument = instrument
        self._prices: dict[int, tuple[PriceUnits, SizeUnits]] = {}
        self._numbers: dict[int, int] = {}

    def changes(self, quote: Quote, day: DayStats, version: int) -> Iterator[Message]:
        """The ticks that bring the subscriber up to this state."""
        yield from self._priced(BID, BID_SIZE, quote.bid, quote.bidSize, version)
        yield from self._priced(ASK, ASK_SIZE, quote.ask, quote.askSize, version)
        yield from self._priced(LAST, LAST_SIZE, day.last, day.lastSize, version)
        if self._moved(VOLUME, day.volume):
            gate = VOLUME_TICKS_IN_SHARES
            size = shown_size(day.volume, version, self.instrument, gate)
            yield TickSize(self.request_id, VOLUME, size)
        for kind, price in ((HIGH, day.high), (LOW, day.low), (CLOSE, day.close), (OPEN, day.open)):
            if price and self._moved(kind, price):
                yield self._price(kind, price, Decimal(0))
        seconds = day.lastTime // SECOND
        if seconds and self._moved(LAST_TIMESTAMP, seconds):
            yield TickString(self.request_id, LAST_TIMESTAMP, str(seconds))

    def _priced(
        self, kind: int, size_kind: int, price: PriceUnits, size: SizeUnits, version: int
    ) -> Iterator[Message]:
        before = self._prices.get(kind)
        if before == (price, size):
            return
        self._prices[kind] = (price, size)
        shown = shown_size(size, version, self.instrument, QUOTES_IN_SHARES)
        if before is None or before[0] != price:
            yield self._price(kind, price, shown)
        yield TickSize(self.request_id, size_kind, shown)

    def _price(self, kind: int, price: PriceUnits, size: Decimal) -> Message:
        mask = CAN_AUTO_EXECUTE if kind in (BID, ASK) else 0
        shown = price_float(price, self.instrument.scale) if price else -1.0
        return TickPrice(self.request_id, kind, shown, size, mask)

    def _moved(self, kind: int, number: int) -> bool:
        if self._numbers.get(kind) == number:
            return False
        self._numbers[kind] = number
        return True
