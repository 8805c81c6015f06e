"""Instruments without a recording: a seeded market that is there at any instant.

A day's prices are a way that can be entered anywhere (``walks``); the day's bar is its open,
highest, lowest and last step, and a minute its two steps with a shadow above and below. A minute
becomes ticks in ``interpolate``. Every level keeps what the one above says, to the last unit. An
instrument with a ``beta`` follows the walk of the market that it shares with the others.
"""

from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

import msgspec

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .days import Cache, Caches, Day, PlannedDay, whole_day
from .interpolate import (
    LEAST_TRADES,
    MOST_TRADES,
    SHARES_A_TRADE,
    DayBar,
    Plan,
    Style,
    check_length,
    expand,
    shared_upto,
    steps_of,
)
from .liveliness import busy, profile
from .memo import kept
from .noise import REACH, drawn, mix
from .ticks import Block, Column, Piece, Rows
from .timeline import DaySource
from .walks import STEPS, Extreme, Shared, Walk, Way

STOCK_DAY: Nanos = 390 * MINUTE
HISTORY_DAYS = 2520  # ten years of trading days are on offer where nothing is recorded
MARKET_VOLATILITY = 0.009
_OWN = 0.3
"""The least share of an instrument's volatility that is its own."""
_SHADOW = 1.2
_LIVELY = tuple(0.4 + byte / 256.0 for byte in range(256))
"""How busy a minute is, for bytes."""
# Currencies trade in half pips. Recordings of them state no sizes, so they show a constant one:
# a million is a usual size between banks.
CURRENCY = Style(tick=5, spread=1, size=1_000_000 * SIZE_SCALE, quotes=24, trades=False)


class SyntheticSpec(msgspec.Struct, frozen=True, gc=False):
    """What the tape of an instrument without recording starts from."""

    price: PriceUnits
    """First trade of day 0; the bid where none trade."""
    style: Style = Style()
    length: Nanos = STOCK_DAY
    volatility: float = 0.015
    """Standard deviation of a day's change, as a fraction of the price."""
    volume: int = 5_000_000
    """Shares on an average day."""
    beta: float = 0.0
    """By how much it moves when the market moves by one."""

    def __post_init__(self) -> None:
        check_length(self.length)


def own_volatility(spec: SyntheticSpec) -> float:
    """What is left of an instrument's volatility without that of the market that it follows."""
    whole, along = spec.volatility, spec.beta * MARKET_VOLATILITY
    return sqrt(max(whole * whole - along * along, (_OWN * whole) ** 2))


class Factors:
    """The walks that instruments share: the market's, one for each kind of trading day."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.market = lru_cache(None)(self._market)

    def _market(self, length: Nanos, nightly: bool) -> Walk:
        """The market's walk for days of that length, with nights after the anchor or without."""
        seed = mix(self._seed, 17)
        nights = _nights(nightly, 0)
        return Walk(seed, MARKET_VOLATILITY, profile=profile(length), nights=nights, kept=4096)


def _nights(nightly: bool, origin: int) -> Callable[[int], bool]:
    return lambda number: nightly or number <= min(origin, 0)


class SyntheticDays(DaySource):
    """Trading days of an instrument, invented but for its daily ``history`` if there is any.

    ``origin`` is the day that opens at the specification's price; ``nightly`` says that there are
    nights between all days, not only between those before the anchor.
    """

    def __init__(
        self,
        spec: SyntheticSpec,
        seed: int,
        *,
        caches: Caches,
        origin: int = 0,
        nightly: bool = False,
        factors: Factors | None = None,
    ):
        self.spec = spec
        self.length = spec.length
        self.tick, self.unit = spec.style.tick, spec.style.unit
        self._seed = seed
        self._caches = caches
        self._origin = origin
        followed: tuple[Shared, ...] = ()
        own = spec.volatility
        if factors is not None and spec.beta:
            followed = (Shared(factors.market(spec.length, nightly), spec.beta),)
            own = own_volatility(spec)
        nights = _nights(nightly, origin)
        walk = Walk(seed, own, profile=profile(spec.length), nights=nights)
        self.way = Way(float(spec.price), origin, walk, followed)

    def head(self) -> int:
        """Number of the earliest day on offer."""
        return self._origin - HISTORY_DAYS

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        day: Day = self._caches.days.get((self._seed, number), lambda: self._make(number))
        return day

    def bar(self, number: int) -> DayBar:
        """The bar of that trading day. It opens where the day before closed, save for a gap."""
        return self._make(number).bar

    @property
    def usual_volume(self) -> SizeUnits:
        """Shares on an average day."""
        return self.spec.volume * SIZE_SCALE

    def close(self, number: int, span: Nanos) -> PriceUnits:
        """See ``DaySource``; the last trade is known without making the day."""
        if not self.spec.style.trades:
            return super().close(number, span)
        minutes, tick = span // MINUTE, self.spec.style.tick
        price = _reached(self.way, number, minutes, self.length // MINUTE)
        return max(int(price / tick + 0.5), 1) * tick

    def fresh(self, number: int) -> "SyntheticDay":
        """The trading day of that number, which is not kept."""
        return self._make(number)

    def _make(self, number: int) -> "SyntheticDay":
        return SyntheticDay(self.spec, self.way, number, mix(self._seed, number, 2), self._caches)


def _reached(way: Way, number: int, minutes: int, whole: int) -> float:
    """The price after so many minutes of a day that has ``whole``; of all of them, if they are
    whole cells, without making the way there."""
    ended = minutes == whole and not minutes % STEPS
    return way.ended(number) if ended else way.at(number, minutes)


class TradedCell(NamedTuple):
    """What is traded in a cell of a day, minute by minute, and what was before it."""

    prices: Sequence[PriceUnits]
    """Of the last trade before the first minute, and after each; where there is none before, what
    the cell begins with."""
    volumes: Sequence[SizeUnits]
    """What was traded before the first minute, and up to the end of each."""
    trades: Sequence[int]


class SyntheticDay(Day):
    """A day along a way; its minutes are worked out by cells when they are asked for."""

    def __init__(
        self, spec: SyntheticSpec, way: Way, number: int, seed: int, caches: Caches
    ) -> None:
        self.length = spec.length
        self._spec = spec
        self._way = way
        self._number = number
        self._seed = seed
        self._blocks: Cache = caches.blocks
        self._minutes = spec.length // MINUTE
        self._plans: dict[int, Plan] = {}
        self._planned: PlannedDay | None = None
        self._tick = spec.style.tick
        self._spread = spec.style.spread if spec.style.trades else 0
        self._seeded = mix(seed)
        self._parts: tuple[list[SizeUnits], list[int]] | None = None

    @kept
    def bar(self) -> DayBar:
        """The day as one bar."""
        return self._bar(self._grid(self._extremes[0][0]), self._grid(self._extremes[1][0]))

    @kept
    def _extremes(self) -> tuple[Extreme, Extreme]:
        return self._way.extremes(self._number, self._minutes)

    @property
    def _peak(self) -> int:
        """The minute that goes to the highest price."""
        return max(self._extremes[0][1] - 1, 0)

    @property
    def _trough(self) -> int:
        """The minute that goes to the lowest price."""
        return max(self._extremes[1][1] - 1, 0)

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        cell, row = divmod(minute, STEPS)
        block: Block = self._blocks.get((self._seed, minute), lambda: expand(self._plan(cell), row))
        return block

    def rows(self, what: str) -> Rows:
        return self._whole().rows(what)

    def whole(self, what: str) -> Piece | None:
        return whole_day(self.bar, self._spec.style, self.length, what)

    def last(self) -> PriceUnits:
        piece = self.whole("TRADES") or self.whole("MIDPOINT")
        assert piece is not None, "a day without prices"
        return piece.close

    def minutes(self, cell: int) -> TradedCell:
        """One cell's trades, and those of the day before it."""
        path, tick = self._path(cell), self._tick
        chance = self._chance(cell, len(path) - 1)[2 * len(path) - 2 :]
        volumes, counts = self._shares(cell, path, chance)
        before = [sums[cell - 1] if cell else 0 for sums in self._by_cells()]
        prices = [price * tick for price in path]
        return TradedCell(
            self._stood(cell, prices),
            [before[0], *map(before[0].__add__, volumes)],
            [before[1], *map(before[1].__add__, counts)],
        )

    def _stood(self, cell: int, prices: list[PriceUnits]) -> list[PriceUnits]:
        """The last trade's price before a cell and after each of its minutes, of what the minutes
        open at."""
        return prices

    def opened(self) -> PriceUnits | None:
        """What its trades open at; None of one without trades."""
        price = self._grid(self._way.at(self._number, 0)) * self._tick
        return price if self._spec.style.trades else None

    def all_traded(self) -> tuple[PriceUnits, SizeUnits, int]:
        """The last price, the shares and the trades of the whole day."""
        return self._grid(self._ended()) * self._tick, *self._sums

    def steps(self, cell: int) -> list[PriceUnits]:
        """What a cell's minutes open at, and the one after them."""
        return [price * self._tick for price in self._path(cell)]

    def _grid(self, price: float) -> int:
        return max(int(price / self._tick + 0.5), 1)

    def _ended(self) -> float:
        return _reached(self._way, self._number, self._minutes, self._minutes)

    def _path(self, cell: int) -> list[int]:
        """What the minutes of a cell open at in ticks, and the one after them."""
        tick, minutes = self._tick, min(STEPS, self._minutes - cell * STEPS)
        prices = self._way.cell(self._number, cell)[: minutes + 1]
        return [int(price / tick + 0.5) or 1 for price in prices]

    def _chance(self, cell: int, minutes: int) -> bytes:
        """What is drawn for the minutes of a cell: three bytes each."""
        return drawn(3 * minutes, cell, after=self._seeded)

    def _bar(self, top: int, bottom: int) -> DayBar:
        way, number, minutes = self._way, self._number, self._minutes
        shadow = self._shadow(self._peak // STEPS)
        chance = drawn(3, 1, after=self._seeded)
        high = top + self._spread + int(shadow * REACH[chance[0]])
        low = max(bottom - int(shadow * REACH[chance[1]]), 1)
        opened, close = self._grid(way.at(number, 0)), self._grid(way.at(number, minutes))
        if not self._spec.style.trades:
            return DayBar(opened, high, low, close, 0, 0)
        return DayBar(opened, high, low, close, *self._sums)

    @kept
    def _sums(self) -> tuple[SizeUnits, int]:
        """Shares and trades of the day."""
        minutes, chance = self._minutes, drawn(3, 1, after=self._seeded)
        lively = self._way.wild(self._number) * (0.75 + chance[2] / 512.0)
        volume = max(int(self._spec.volume * lively), LEAST_TRADES * minutes)
        count = max(volume // SHARES_A_TRADE, LEAST_TRADES * minutes)
        return volume * SIZE_SCALE, min(count, MOST_TRADES * minutes)

    def _shadow(self, cell: int) -> float:
        """How far a minute may reach beyond its two steps, in ticks."""
        return _SHADOW * self._way.swing(self._number, cell) / (sqrt(STEPS) * self._tick)

    def _plan(self, cell: int) -> Plan:
        found = self._plans.get(cell)
        if found is None:
            found = self._plans[cell] = self._cell(cell)
        return found

    def _cell(self, cell: int) -> Plan:
        """The minutes of one cell."""
        bar, first = self.bar, cell * STEPS
        path = self._path(cell)
        minutes = len(path) - 1
        chance = self._chance(cell, minutes)
        shadow, spread, highs, lows = self._shadow(cell), self._spread, [], []
        # The day's high and low belong to the minutes that the path takes there.
        most, least = bar.high - 1, bar.low + 1
        reaches = zip(chance, chance[minutes:])
        for opened, close, (above, below) in zip(path, path[1:], reaches):
            upper, lower = (opened, close) if opened > close else (close, opened)
            upper += spread
            high = upper + int(shadow * REACH[above])
            low = lower - int(shadow * REACH[below])
            highs.append(high if high <= most else most if most > upper else upper)
            lows.append(low if low >= least else least if least < lower else lower)
        if 0 <= self._peak - first < minutes:
            highs[self._peak - first] = bar.high
        if 0 <= self._trough - first < minutes:
            lows[self._trough - first] = bar.low
        sums = self._shares(cell, path, chance[2 * minutes :])
        volumes, counts = (steps_of(one) for one in sums)
        opens, closes, low_column = array("q", path[:-1]), array("q", path[1:]), array("q", lows)
        bids = (opens, array("q", [high - spread for high in highs]), low_column, closes)
        seed = mix(cell, 5, after=self._seeded)
        columns = (opens, array("q", highs), low_column, closes, volumes, counts)
        return Plan(seed, self._spec.style, *columns, bids, first)

    def _shares(self, cell: int, path: list[int], chance: bytes) -> tuple[list[int], list[int]]:
        """Volume and trades of a cell up to the end of each minute: more where the price moves."""
        minutes = len(path) - 1
        if not self._spec.style.trades:
            return ([0] * minutes,) * 2
        usual = self._shadow(cell) + 1.0
        weights = [
            _LIVELY[byte] * (1.0 + abs(two - one) / usual)
            for one, two, byte in zip(path, path[1:], chance)
        ]
        return shared_upto(*self._of_cell(cell), weights, [LEAST_TRADES] * minutes)

    def _of_cell(self, cell: int) -> tuple[SizeUnits, int]:
        """Shares and trades of one cell."""
        volumes, counts = self._by_cells()
        if not cell:
            return volumes[0], counts[0]
        return volumes[cell] - volumes[cell - 1], counts[cell] - counts[cell - 1]

    def _by_cells(self) -> tuple[list[SizeUnits], list[int]]:
        """Shares and trades up to the end of each cell."""
        if self._parts is None:
            self._parts = self._parted()
        return self._parts

    def _parted(self) -> tuple[list[SizeUnits], list[int]]:
        cells = -(-self._minutes // STEPS)
        chance = drawn(cells, 6, after=self._seeded)
        weights = [share * (0.7 + byte / 426.0) for share, byte in zip(busy(self.length), chance)]
        least = [LEAST_TRADES * STEPS] * cells
        least[-1] = LEAST_TRADES * (self._minutes - STEPS * (cells - 1))
        return shared_upto(*self._sums, weights, least)

    def _whole(self) -> PlannedDay:
        if self._planned is None:
            cells = range(-(-self._minutes // STEPS))
            plan = _joined([self._plan(cell) for cell in cells])
            self._planned = PlannedDay(plan, self._blocks)
        return self._planned


def _joined(plans: list[Plan]) -> Plan:
    """One plan out of those of a day's cells."""

    def column(columns: list[Column]) -> Column:
        whole = array("q")
        for one in columns:
            whole.extend(one)
        return whole

    names = ("open", "high", "low", "close", "volume", "count")
    opened, high, low, close, volume, count = (
        column([getattr(plan, name) for plan in plans]) for name in names
    )
    bids = [column([plan.bids[at] for plan in plans]) for at in range(4)]
    seed, style = plans[0].seed, plans[0].style
    return Plan(
        seed, style, opened, high, low, close, volume, count, (bids[0], bids[1], bids[2], bids[3])
    )
