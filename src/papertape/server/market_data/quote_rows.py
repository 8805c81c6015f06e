"""What ticks change of a line, written without a message for each: of a day there are millions.

``Ticks`` is the slow twin that says what is told and how; this tells the same of the ticks of a
session, for instruments that have quotes and trades. What looks at single messages gets those of
the twin.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from ...venue.market.source import Print, Quote
from ...venue.reference.instruments import Instrument
from ...venue.units import SECOND, PriceUnits, SizeUnits, price_float
from ...versions import HISTORY_IN_SHARES, QUOTES_IN_SHARES, VOLUME_TICKS_IN_SHARES
from ...wire.batch import FramePart, FrameRun
from ...wire.rows import RowTemplate, row_writer
from .quote_venues import QuoteVenues
from .quotes import (
    ASK,
    ASK_EXCH,
    ASK_SIZE,
    BID,
    BID_EXCH,
    BID_SIZE,
    HIGH,
    LAST,
    LAST_EXCH,
    LAST_SIZE,
    LAST_TIMESTAMP,
    LATE,
    LOW,
    OPEN,
    VOLUME,
    Shown,
    Ticks,
    shown_size,
)

MOST_KEPT: Final = 20_000
"""Prices and sizes whose bytes are remembered."""


class TickRun(NamedTuple):
    """Ticks of one session that lead from one state to another."""

    before: Shown
    ticks: Sequence[Quote | Print]
    after: Shown
    """Has all that ticks do not tell."""


class _Known(dict[int, bytes]):
    """Units as they are written, each worked out once."""

    def __init__(self, write: Callable[[int], bytes]) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, units: int) -> bytes:
        if len(self) >= MOST_KEPT:
            self.clear()
        found = self[units] = self._write(units)
        return found


class LineWriter:
    """Writes the changes of one instrument's lines at a version; see the module."""

    def __init__(self, ticks: Ticks, entry: Instrument, version: int, *, late: bool) -> None:
        self._ticks = ticks
        self._late = late
        self._scale = entry.scale
        self._version = version
        writer = row_writer(version)
        side = ticks.side_mask
        self._split = writer.split
        self._rows: dict[int, RowTemplate] = {}
        """The templates of the types of ticks, by that of live ones."""
        for kind, mask in ((BID, side), (ASK, side), (LAST, 0), (HIGH, 0), (LOW, 0), (OPEN, 0)):
            self._rows[kind] = writer.price(self._type(kind), mask)
        for kind in (BID_SIZE, ASK_SIZE, LAST_SIZE, VOLUME):
            self._rows[kind] = writer.size(self._type(kind))
        self._rows[LAST_TIMESTAMP] = writer.text(self._type(LAST_TIMESTAMP))
        self.protobuf = self._rows[BID].protobuf
        alike = all(one.protobuf == self.protobuf for one in self._rows.values())
        self.serves = ticks.plain and alike
        """Whether it can; else the twin does."""
        self._prices = _Known(self._price)
        self._sizes = _Known(lambda units: self._size(units, QUOTES_IN_SHARES))
        self._volumes = _Known(lambda units: self._size(units, VOLUME_TICKS_IN_SHARES))
        self._venues: dict[tuple[int, str], FramePart] = {}

    def _type(self, kind: int) -> int:
        return LATE[kind] if self._late else kind

    def _price(self, units: PriceUnits) -> bytes:
        return self._rows[BID].kept[0][price_float(units, self._scale)]

    def _size(self, units: SizeUnits, gate: int) -> bytes:
        return self._rows[BID_SIZE].kept[0][str(self._ticks.size(units, gate))]

    def runs(self, run: TickRun) -> list[FrameRun]:
        """What stands before and after the request id of each message."""
        found: list[FramePart] = []
        (bid, bid_size, ask, ask_size, last, last_size, volume, high, low, close, opened, seconds,
         kind, halted, venue) = run.before  # fmt: skip
        rows, venues = self._rows, self._ticks.venues
        for tick in run.ticks:
            if type(tick) is Quote:
                if tick.bid != bid or tick.bidSize != bid_size:
                    self._side(found, (BID, BID_SIZE), (bid, tick.bid, tick.bidSize))
                    shown, bid, bid_size = (bid, bid_size), tick.bid, tick.bidSize
                    if venues is not None:
                        self._quoted(found, BID_EXCH, venues, shown, (bid, bid_size))
                if tick.ask != ask or tick.askSize != ask_size:
                    self._side(found, (ASK, ASK_SIZE), (ask, tick.ask, tick.askSize))
                    shown, ask, ask_size = (ask, ask_size), tick.ask, tick.askSize
                    if venues is not None:
                        self._quoted(found, ASK_EXCH, venues, shown, (ask, ask_size))
                continue
            assert type(tick) is Print
            price, size = tick.price, tick.size
            if price != last or size != last_size:
                self._side(found, (LAST, LAST_SIZE), (last, price, size))
                last, last_size = price, size
            if venues is not None and tick.exchange != venue:
                now, old = venues.traded(tick.exchange), venues.traded(venue)
                if now != old:
                    found.append(self._exchange(LAST_EXCH, now))
            venue = tick.exchange
            if size:
                volume += size
                row = rows[VOLUME]
                found.append((row.head, row.joined(self._volume(volume))))
            if price > high:
                high = price
                self._day(found, HIGH, price)
            if price < low or not low:
                low = price
                self._day(found, LOW, price)
            if not opened:
                opened = price
                self._day(found, OPEN, price)
            if tick.time // SECOND != seconds:
                seconds = tick.time // SECOND
                row = rows[LAST_TIMESTAMP]
                if seconds:
                    found.append((row.head, row.joined(row.kept[0][str(seconds)])))
        reached = Shown(bid, bid_size, ask, ask_size, last, last_size, volume, high, low, close,
                        opened, seconds, kind, halted, venue)  # fmt: skip
        if reached == run.after:
            return [(self.protobuf, found)]
        rest = map(self._split, self._ticks.between(reached, run.after))
        return [(self.protobuf, found), *((flag, [(head, tail)]) for flag, head, tail in rest)]

    def _side(
        self, found: list[FramePart], kinds: tuple[int, int], change: tuple[int, int, int]
    ) -> None:
        """The price, if it is another one, and the size."""
        before, price, size = change
        written = self._sizes[size]
        if price != before:
            if price > 0:
                row = self._rows[kinds[0]]
                found.append((row.head, row.joined(self._prices[price], written)))
            else:
                found.append(self._split(self._ticks.price(kinds[0], price, size))[1:])
        row = self._rows[kinds[1]]
        found.append((row.head, row.joined(written)))

    def _quoted(
        self,
        found: list[FramePart],
        kind: int,
        venues: QuoteVenues,
        before: tuple[PriceUnits, SizeUnits],
        now: tuple[PriceUnits, SizeUnits],
    ) -> None:
        """The venues of a side, if others show it than before."""
        letters = venues.quoted(*now)
        if letters != venues.quoted(*before):
            found.append(self._exchange(kind, letters))

    def _volume(self, units: SizeUnits) -> bytes:
        whole, rest = divmod(units, self._ticks.volume_unit)
        if rest:
            return self._volumes[units]
        digits = b"%d" % whole
        return bytes((len(digits),)) + digits if self.protobuf else digits + b"\0"

    def _day(self, found: list[FramePart], kind: int, price: PriceUnits) -> None:
        if price > 0:
            row = self._rows[kind]
            found.append((row.head, row.joined(self._prices[price], self._sizes[0])))
        elif price:
            found.append(self._split(self._ticks.price(kind, price, 0))[1:])

    def _exchange(self, kind: int, letters: str) -> FramePart:
        part = self._venues.get((kind, letters))
        if part is None:
            if len(self._venues) >= MOST_KEPT:
                self._venues.clear()
            message = self._ticks.exchange(kind, letters)
            part = self._venues[kind, letters] = self._split(message)[1:]
        return part


class TradeWriter:
    """Writes single trades of one instrument, ``told_trade`` being the twin of this."""

    def __init__(self, number: int, entry: Instrument, version: int) -> None:
        """``number`` is that of the type of ticks."""
        self._number = number
        self._writer = row_writer(version)
        self._templates: dict[str, RowTemplate] = {}
        self._plain = self._template("")
        self._prices = _Known(lambda units: self._plain.kept[1][price_float(units, entry.scale)])
        size = partial(shown_size, version=version, instrument=entry, gate=HISTORY_IN_SHARES)
        self._sizes = _Known(lambda units: self._plain.kept[2][str(size(units))])

    def _template(self, exchange: str) -> RowTemplate:
        found = self._templates[exchange] = self._writer.last(self._number, exchange)
        return found

    def run(self, items: Sequence[object]) -> FrameRun | None:
        """What stands before and after the request id of each; None where it is not trades alone,
        at prices above 0."""
        found: list[FramePart] = []
        templates, prices, sizes = self._templates, self._prices, self._sizes
        times = self._plain.kept[0]
        for one in items:
            if type(one) is not Print or one.price <= 0 or one.time < SECOND:
                return None
            row = templates.get(one.exchange) or self._template(one.exchange)
            tail = row.joined(times[one.time // SECOND], prices[one.price], sizes[one.size])
            found.append((row.head, tail))
        return self._plain.protobuf, found
