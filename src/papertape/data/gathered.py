"""What is known of one instrument, day by day, until it is put into a market folder.

Times are nanoseconds since the day's first instant, prices in ``1 / scale`` of the contract, sizes
in ``1 / SIZE_SCALE``.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Final

import msgspec

from ..errors import MarketDataError
from ..venue.market.actions import Action
from ..venue.reference.calendars import Calendar, calendar_of
from ..venue.reference.securities import Instrument
from ..venue.reference.zones import EPOCH
from ..venue.units import DAY, MINUTE, Nanos

MOST_TICKS: Final = 10_000_000
"""Quotes and trades of one instrument that are held; an import takes some 160 bytes for each."""
MOST_BARS: Final = 5_000_000
MOST_EXCHANGES: Final = 256
QUOTES_ONLY: Final = frozenset({"CASH", "CFD", "CMDTY"})
"""Kinds whose markets show no trades: their bars are those of the bid."""
_ROUND_THE_CLOCK: Final = frozenset({"CASH", "CFD", "CRYPTO", "CMDTY"})

BarRow = tuple[int, int, int, int, int]
"""Open, high, low, close, volume."""


class Measures(msgspec.Struct, frozen=True):
    """How the days of an instrument are laid out: their length, and where they begin."""

    instrument: Instrument
    minutes: int

    @property
    def calendar(self) -> Calendar:
        """The calendar that it trades by."""
        return calendar_of(self.instrument)

    @property
    def length(self) -> Nanos:
        """The length of a day."""
        return self.minutes * MINUTE

    def begin(self, day: int) -> Nanos | None:
        """When a day, as ``date.toordinal`` counts, begins; None when it is no trading day.

        A day of 1440 minutes is one of UTC, another the regular session.
        """
        trading_day = self.calendar.on(day)
        if trading_day is None:
            return None
        return (day - EPOCH) * DAY if self.minutes == 1440 else trading_day.begins


def usual_measures(instrument: Instrument) -> Measures:
    """The usual layout: currencies, coins, metals and CFDs trade around the clock, everything else
    in the regular session of its exchange."""
    if instrument.secType in _ROUND_THE_CLOCK:
        return Measures(instrument, 1440)
    return Measures(instrument, min(calendar_of(instrument).regular // MINUTE, 1440))


def yyyymmdd(day: int) -> int:
    """The date of an ordinal as one number."""
    found = date.fromordinal(day)
    return found.year * 10_000 + found.month * 100 + found.day


def ordinal(when: int) -> int:
    """The ordinal of a date ``yyyymmdd``. Raises ``ValueError``."""
    return date(when // 10_000, when // 100 % 100, when % 100).toordinal()


class QuoteRows:
    """The quotes of a day in columns."""

    def __init__(self) -> None:
        self.time, self.bid, self.bid_size = array("q"), array("q"), array("q")
        self.ask, self.ask_size = array("q"), array("q")

    def columns(self) -> tuple["array[int]", ...]:
        """All columns, the time first."""
        return self.time, self.bid, self.bid_size, self.ask, self.ask_size


class TradeRows:
    """The trades of a day in columns; the exchange is a place in ``GatheredDays.exchanges``."""

    def __init__(self) -> None:
        self.time, self.price, self.size = array("q"), array("q"), array("q")
        self.exchange = array("q")

    def columns(self) -> tuple["array[int]", ...]:
        """All columns, the time first."""
        return self.time, self.price, self.size, self.exchange


class GatheredDays:
    """The days of an instrument, by date ``yyyymmdd``.

    After ``replacing`` the first tick of a day takes the place of all that there were, and so does
    the first minute bar; the first trade takes that of the minute bars. Daily bars replace one
    another.
    """

    def __init__(self, measures: Measures) -> None:
        self.measures = measures
        self.quotes: dict[int, QuoteRows] = {}
        self.trades: dict[int, TradeRows] = {}
        self.minutes: dict[int, dict[int, BarRow]] = {}
        self.daily: dict[int, BarRow] = {}
        self.actions: tuple[Action, ...] = ()
        self.exchanges: dict[str, int] = {}
        self.left_out: Counter[str] = Counter()
        """What was not taken, and why."""
        self.notes: dict[str, None] = {}
        """What was done with the rows otherwise than to copy them."""
        self._old: set[tuple[str, int]] = set()
        self._ticks = 0
        self._bars = 0

    def drop_quotes_beside_bars(self, why: str) -> None:
        """Leave out the quotes of days that minute bars of trades tell, and no single trades."""
        for when in self.quotes.keys() & self.minutes.keys() - self.trades.keys():
            self.left_out[why] += len(self.quotes.pop(when).time)

    def replacing(self) -> None:
        """From now on a day that there is already begins again."""
        self._old = {("quotes", day) for day in self.quotes}
        self._old |= {("trades", day) for day in self.trades}
        self._old |= {("minutes", day) for day in self.minutes}

    def quote(self, when: int, row: tuple[Nanos, int, int, int, int]) -> None:
        """Add a quote: time, bid, its size, ask, its size."""
        rows = self.quotes.get(when)
        if rows is None or ("quotes", when) in self._old:
            self._old.discard(("quotes", when))
            rows = self.quotes[when] = QuoteRows()
        self._count_tick()
        time, bid, bid_size, ask, ask_size = row
        rows.time.append(time)
        rows.bid.append(bid)
        rows.bid_size.append(bid_size)
        rows.ask.append(ask)
        rows.ask_size.append(ask_size)

    def trade(self, when: int, time: Nanos, price: int, size: int, exchange: str) -> None:
        """Add a trade."""
        rows = self.trades.get(when)
        if rows is None or ("trades", when) in self._old:
            self._old.discard(("trades", when))
            rows = self.trades[when] = TradeRows()
            if ("minutes", when) in self._old:  # they tell the same day, and less of it
                self._old.discard(("minutes", when))
                del self.minutes[when]
        self._count_tick()
        rows.time.append(time)
        rows.price.append(price)
        rows.size.append(size)
        rows.exchange.append(self.exchange(exchange))

    def exchange(self, name: str) -> int:
        """The place of an exchange. Raises ``ValueError`` for a name that is none."""
        place = self.exchanges.get(name)
        if place is None:
            if not name.isascii() or not name.isprintable() or len(name) > 16:
                raise ValueError(f"{name[:40]!r} is no name of an exchange")
            if len(self.exchanges) >= MOST_EXCHANGES:
                raise ValueError(f"{name!r} is one exchange more than {MOST_EXCHANGES}")
            place = self.exchanges[name] = len(self.exchanges)
        return place

    def minute(self, when: int, minute: int, row: BarRow, *, joined: bool = False) -> None:
        """Add a minute bar; ``joined`` to the part of that minute that there is."""
        rows = self.minutes.get(when)
        if rows is None or ("minutes", when) in self._old:
            self._old.discard(("minutes", when))
            rows = self.minutes[when] = {}
        before = rows.get(minute)
        if before is None:
            self._count_bar()
        elif joined:
            row = _joined(before, row)
        rows[minute] = row

    def day(self, when: int, row: BarRow) -> None:
        """Add a daily bar."""
        if when not in self.daily:
            self._count_bar()
        self.daily[when] = row

    @property
    def empty(self) -> bool:
        """Whether there is nothing that could be played."""
        return not (self.quotes or self.trades or self.minutes or self.daily)

    def _count_tick(self) -> None:
        self._ticks += 1
        if self._ticks > MOST_TICKS:
            raise _too_many(self.measures, f"{MOST_TICKS:,} ticks")

    def _count_bar(self) -> None:
        self._bars += 1
        if self._bars > MOST_BARS:
            raise _too_many(self.measures, f"{MOST_BARS:,} bars")


def minutes_of_trades(rows: TradeRows) -> dict[int, BarRow]:
    """The minute bars of trades, whose order may be any."""
    found: dict[int, BarRow] = {}
    for time, price, size in sorted_by_time((rows.time, rows.price, rows.size)):
        minute = time // MINUTE
        bar = (price, price, price, price, size)
        before = found.get(minute)
        found[minute] = bar if before is None else _joined(before, bar)
    return found


def minutes_of_quotes(rows: QuoteRows) -> dict[int, BarRow]:
    """The minute bars of the bid, whose order may be any."""
    found: dict[int, BarRow] = {}
    for time, bid in sorted_by_time((rows.time, rows.bid)):
        minute, bar = max(time, 0) // MINUTE, (bid, bid, bid, bid, 0)
        before = found.get(minute)
        found[minute] = bar if before is None else _joined(before, bar)
    return found


def sorted_by_time(columns: tuple["array[int]", ...]) -> Iterator[tuple[int, ...]]:
    """The rows of columns in the order of the first, equal ones as they came."""
    times = columns[0]
    if all(one <= later for one, later in pairwise(times)):
        return zip(*columns)
    order = sorted(range(len(times)), key=times.__getitem__)
    return (tuple(column[place] for column in columns) for place in order)


def _joined(before: BarRow, row: BarRow) -> BarRow:
    return (
        before[0],
        max(before[1], row[1]),
        min(before[2], row[2]),
        row[3],
        before[4] + row[4],
    )


def _too_many(measures: Measures, most: str) -> MarketDataError:
    return MarketDataError(
        f"more than {most}",
        symbol=measures.instrument.symbol,
        advice="Import fewer days at once; nothing was imported",
    )
