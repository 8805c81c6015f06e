"""A trading day out of a shorter recording, which is played there and back until it is full.

Each turn begins at the very quote where the last one ended, as the laps of a recorded day do, so
no price jumps and none drifts away.
"""

from array import array
from collections.abc import Hashable

from ..units import MINUTE, Nanos, PriceUnits
from .days import Cache, Day
from .ticks import Block, Column, Piece, Rows, joined, rows_of


class RepeatedDay(Day):
    """A day of ``length`` from ``stretch``, whose length divides it.

    Raises ``ValueError`` when it does not, or is not of whole minutes.
    """

    def __init__(self, stretch: Day, length: Nanos, blocks: Cache, name: Hashable) -> None:
        if stretch.length % MINUTE or length % stretch.length:
            raise ValueError(f"{length} ns is no multiple of a stretch of {stretch.length} ns")
        self.length = length
        self._stretch = stretch
        self._blocks = blocks
        self._name = name
        self._rows: dict[str, Rows] = {}

    def block(self, offset: Nanos) -> Block:
        """The block that holds ``offset``."""
        turn, within = divmod(offset, self._stretch.length)
        if turn % 2:
            within = self._stretch.length - 1 - within
        original = self._stretch.block(within)
        block: Block = self._blocks.get(
            (self._name, turn, original.start), lambda: self._turned(original, turn)
        )
        return block

    def rows(self, what: str) -> Rows:
        """Minute bars of the day."""
        found = self._rows.get(what)
        if found is None:
            span = self._stretch.length
            there = [
                self._stretch.piece(what, start, start + MINUTE) for start in range(0, span, MINUTE)
            ]
            back = [
                self._piece(what, span + start, span + start + MINUTE)
                for start in range(0, span if self.length > span else 0, MINUTE)
            ]
            turns = self.length // span
            pieces = [piece for turn in range(turns) for piece in (back if turn % 2 else there)]
            found = self._rows[what] = rows_of(pieces)
        return found

    def whole(self, what: str) -> Piece | None:
        """The day as one bar; None when it holds nothing of that kind."""
        return self.rows(what).piece(what, 0, self.length // MINUTE)

    def last(self) -> PriceUnits:
        """Last price: of a trade, or the middle where there are none."""
        piece = self.whole("TRADES") or self.whole("MIDPOINT")
        assert piece is not None, "a stretch opens with a quote"
        return piece.close

    def _piece(self, what: str, start: Nanos, end: Nanos) -> Piece | None:
        piece: Piece | None = None
        while start < end:
            block = self.block(start)
            upto = min(block.end, end)
            piece = joined(piece, block.piece(what, start, upto))
            start = upto
        return piece

    def _turned(self, original: Block, turn: int) -> Block:
        span = self._stretch.length
        return shifted(original.mirrored(span) if turn % 2 else original, turn * span)


def shifted(block: Block, by: Nanos) -> Block:
    """The same ticks so much later."""

    def later(times: Column) -> Column:
        return array("q", [time + by for time in times])

    return Block(
        block.start + by, block.end + by,
        later(block.quote_time), block.bid, block.bid_size, block.ask, block.ask_size,
        later(block.trade_time), block.price, block.size, block.venue, block.exchanges,
    )  # fmt: skip
