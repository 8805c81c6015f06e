"""A live book: both sides of one market depth subscription, and when it was reset."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from ..errors import ApiError
from ..wire.catalogue.depth import MarketDepth, MarketDepthL2
from .streams import Stream, StreamSource

RESET: Final = 317
INSERT, UPDATE, DELETE = range(3)
MOST_ROWS: Final = 1000
"""Rows of a side that are kept, whatever the server sends."""


class DepthRow(msgspec.Struct, frozen=True):
    """A row of a book; ``maker`` is the venue or the market maker, "" where it is not told."""

    price: float
    size: Decimal | None
    maker: str = ""


class BookStream(Stream):
    """Both sides of a book, the best row first.

    When the server resets the book (317), or it has to be requested again, it is empty, ``resets``
    counts that, and the rows follow anew.
    """

    def __init__(self, request_id: int, source: StreamSource | None = None) -> None:
        super().__init__("reqMktDepth", request_id, source)
        self.asks: list[DepthRow] = []
        self.bids: list[DepthRow] = []
        self.resets = 0
        self.ignored = 0
        """Changes of rows that there are not; a sound server sends none."""

    def began(self) -> None:
        """Empty the book; the server sends it again."""
        self._empty()

    def notice(self, notice: ApiError) -> None:
        """Take a notice; 317 empties the book."""
        if notice.code == RESET:
            self._empty()
        super().notice(notice)

    def _empty(self) -> None:
        self.asks.clear()
        self.bids.clear()
        self.resets += 1

    def feed(self, message: Any) -> None:
        """Take one change."""
        if self.done or not isinstance(message, MarketDepth | MarketDepthL2):
            return
        data = message.marketDepthData
        side, at = self.bids if data.side == 1 else self.asks, data.position
        row = DepthRow(data.price, data.size, data.marketMaker)
        if data.operation == INSERT and 0 <= at <= len(side) < MOST_ROWS:
            side.insert(at, row)
        elif data.operation == UPDATE and 0 <= at < len(side):
            side[at] = row
        elif data.operation == DELETE and 0 <= at < len(side):
            del side[at]
        else:
            self.ignored += 1
        self._came()
        self._wake()
