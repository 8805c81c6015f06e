"""Instruments with a recording: its days as they were, laps of the anchored day after them.

The recorded day is day 0. Odd laps play it mirrored in time, even laps forwards: each lap begins
at the very quote where the last one ended, so the price neither jumps nor drifts away however
long the station runs, and spreads, sizes and volatility stay those of the recording. Days before
are minute bars, then daily bars, then a synthetic past. A recording without a day 0 (daily bars
only) continues with synthetic days from its last close.
"""

from array import array
from collections.abc import Callable, Sequence

import msgspec

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits
from .actions import Action, dividend_factors
from .days import BarDay, Caches, Day, MirroredDay, PlannedDay, TickDay
from .interpolate import SHARES_A_TRADE, Style, check_length, day_bar, fewest_trades, plan_of
from .noise import mix
from .repeated import RepeatedDay
from .synthetic import STOCK_DAY, Factors, SyntheticDays, SyntheticSpec
from .ticks import Column
from .timeline import DaySource

MOST_TRADES_A_MINUTE = 300  # five a second is lively; more only costs time


class Bars(msgspec.Struct, frozen=True):
    """Bars in columns, oldest first; prices in units, volumes in size units.

    Minute bars have a row for every minute of the day: volume 0 and the last price where nothing
    traded. Of a market without trades the prices are bids and the volumes 0.
    """

    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column


class Recorded(msgspec.Struct, frozen=True):
    """What is recorded of one instrument. Days before day 0 are in order, the latest last."""

    ticks: TickDay | None = None
    """Day 0, tick by tick; what is shorter than a day is played there and back."""
    minutes: Bars | None = None
    """Day 0 by minutes, where ticks are not recorded."""
    earlier: tuple[Bars, ...] = ()
    """Days before day 0, by minutes."""
    daily: Bars | None = None
    """Daily bars of the days before those."""
    dates: tuple[int, ...] = ()
    """The dates (yyyymmdd) of all of them in order, day 0 last; () where nobody tells them."""
    actions: tuple[Action, ...] = ()
    """Splits, which the prices here have in them already, dividends, and changes of the symbol."""


class Recording(msgspec.Struct, frozen=True):
    """An instrument's recording, and how to load it when it is first asked about."""

    conId: int
    load: Callable[[], Recorded]
    length: Nanos = STOCK_DAY
    style: Style = Style()
    """How ticks look where only bars are recorded."""
    scale: int = 10_000
    """Price units of one unit of currency."""
    brought: bool = False
    """Whether its prices are old and only their moves count: the last close is brought to the price
    of the instrument's synthetic specification, and all before it with it."""

    def __post_init__(self) -> None:
        check_length(self.length)


class RecordedDays(DaySource):
    """Trading days of a recorded instrument."""

    def __init__(
        self,
        recording: Recording,
        seed: int,
        *,
        caches: Caches,
        like: Callable[[], SyntheticSpec | None] = lambda: None,
        factors: Factors | None = None,
        nightly: bool = False,
    ) -> None:
        self.length = recording.length
        self.tick, self.unit = recording.style.tick, recording.style.unit
        self._recording = recording
        self._seed = seed
        self._caches = caches
        self._like = like
        self._factors = factors
        self._nightly = nightly
        self._loaded: Recorded | None = None
        self._day: Day | None = None
        self._mirrored: Day | None = None
        self._before: SyntheticDays | None = None
        self._after: SyntheticDays | None = None

    @property
    def brought(self) -> bool:
        """Whether only the moves of its prices count."""
        return self._recording.brought

    @property
    def scale(self) -> int:
        """Price units of one unit of currency."""
        return self._recording.scale

    @property
    def style(self) -> Style:
        """How its ticks look where only bars are known."""
        return self._recording.style

    @property
    def loaded(self) -> bool:
        """Whether the recording has been read."""
        return self._loaded is not None

    def read(self) -> Recorded:
        """The recording, read from its files. The tape is not touched, so this may be done
        beside it; :meth:`keep` what comes. Raises ``MarketDataError``."""
        return self._recording.load()

    def keep(self, recorded: Recorded) -> None:
        """Play from what :meth:`read` gave, unless something was loaded meanwhile."""
        if self._loaded is None:
            self._loaded = self._brought(recorded)

    def head(self) -> int:
        """Number of the earliest day on offer: the first recorded one, or an invented one before
        a day 0 that has none before it."""
        return self._first() or self._past().head()

    def _first(self) -> int:
        """Number of the earliest recorded day."""
        recorded = self._recorded()
        return -len(recorded.earlier) - (len(recorded.daily.open) if recorded.daily else 0)

    @property
    def repeats(self) -> bool:
        """Whether its later days are laps of the recorded one, there and back."""
        recorded = self._recorded()
        return recorded.ticks is not None or recorded.minutes is not None

    @property
    def latest(self) -> int:
        """Number of the last recorded day: the anchored one, or the one before it."""
        return 0 if self.repeats else -1

    def last_date(self) -> int:
        """Date (yyyymmdd) of the last recorded day; 0 where nobody tells it, and where only its
        moves count, so that its shares are not those of that time."""
        dates = self._recorded().dates
        return 0 if self._recording.brought or not dates else dates[-1]

    def actions(self) -> tuple[Action, ...]:
        """The splits, dividends and changes of the symbol that are recorded."""
        return self._recorded().actions

    def dividend_factors(self) -> list[tuple[int, int]]:
        """For each ex-day its number and what prices before it are multiplied with, in
        billionths (see ``actions``)."""
        recorded, head = self._recorded(), self._first()
        if not recorded.dates or self._recording.brought:
            return []  # what was paid is no part of prices that only move like those of that time

        def close(place: int) -> PriceUnits:
            return self.day(head + place).last()

        found = dividend_factors(recorded.dates, recorded.actions, close, self._recording.scale)
        return [(head + place, factor) for place, factor in found]

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        if number >= 0:
            return self._lap(number)
        if number < self._first():
            return self._past().day(number)
        day: Day = self._caches.days.get((self._seed, number), lambda: self._earlier(number))
        return day

    def _recorded(self) -> Recorded:
        if self._loaded is None:
            self._loaded = self._brought(self.read())
        return self._loaded

    def _brought(self, recorded: Recorded) -> Recorded:
        """The recording at today's prices, where it is an old one that shall be."""
        spec, daily = self._like(), recorded.daily
        if not self._recording.brought or spec is None or daily is None:
            return recorded
        price, last, tick = spec.price, daily.close[-1], self.tick

        def column(prices: Column) -> Column:
            return array("q", [max(one * price // (last * tick), 1) * tick for one in prices])

        bars = (daily.open, daily.high, daily.low, daily.close)
        opened, high, low, close = (column(prices) for prices in bars)
        return msgspec.structs.replace(recorded, daily=Bars(opened, high, low, close, daily.volume))

    def _lap(self, number: int) -> Day:
        recorded = self._recorded()
        if self._day is None:
            if recorded.ticks is not None:
                self._day = self._ticked(recorded.ticks)
            elif recorded.minutes is not None:
                self._day = self._planned(recorded.minutes, 0)
            else:
                return self._future().day(number)
        if number % 2 == 0:
            return self._day
        if self._mirrored is None:
            self._mirrored = MirroredDay(self._day, self._caches.blocks, (self._seed, "mirror"))
        return self._mirrored

    def _ticked(self, ticks: TickDay) -> Day:
        if ticks.length == self.length:
            return ticks
        return RepeatedDay(ticks, self.length, self._caches.blocks, (self._seed, "turns"))

    def _earlier(self, number: int) -> Day:
        recorded = self._recorded()
        if -number <= len(recorded.earlier):
            return self._planned(recorded.earlier[number], number)
        bars, row = recorded.daily, number + len(recorded.earlier)
        assert bars is not None, "the head is beyond the daily bars"
        prices = (bars.open[row], bars.high[row], bars.low[row], bars.close[row])
        minutes, style = self.length // MINUTE, self._recording.style
        bar = day_bar(prices, bars.volume[row], style, minutes)
        seed, blocks = mix(self._seed, number), self._caches.blocks
        return BarDay(bar, style, seed=seed, minutes=minutes, blocks=blocks)

    def _planned(self, bars: Bars, number: int) -> PlannedDay:
        style = self._recording.style
        columns = [_ticks(column, style.tick) for column in (bars.open, bars.high, bars.low)]
        columns.append(_ticks(bars.close, style.tick))
        counts = array("q")
        for row, volume in enumerate(bars.volume):
            opened, high, low, close = (column[row] for column in columns)
            least = fewest_trades(opened, high, low, close)
            most = min(volume // (SHARES_A_TRADE * SIZE_SCALE), MOST_TRADES_A_MINUTE)
            counts.append(max(least, most) if volume and style.trades else 0)
        plan = plan_of(columns, (bars.volume, counts), style, mix(self._seed, number))
        return PlannedDay(plan, self._caches.blocks)

    def _past(self) -> SyntheticDays:
        """Invented days that lead up to the first recorded one."""
        if self._before is None:
            self._before = self._synthetic(self._first(), self.day(self._first()), 0)
        return self._before

    def _future(self) -> SyntheticDays:
        """Invented days that go on from the last recorded one."""
        if self._after is None:
            self._after = self._synthetic(0, self.day(-1), -1)
        return self._after

    def _synthetic(self, origin: int, day: Day, side: int) -> SyntheticDays:
        """Synthetic days whose ``origin`` opens at the given day's open (0) or close (-1)."""
        style = self._recording.style
        # Of an option that nobody traded all day there are quotes alone.
        piece = (day.whole("TRADES") if style.trades else None) or day.whole("BID")
        assert piece is not None, "a recorded day has prices"
        price: PriceUnits = piece.close if side else piece.open
        shares = max(piece.volume // SIZE_SCALE, 1)
        spec, like = SyntheticSpec(price, style, self.length, volume=shares), self._like()
        if like is not None:
            spec = msgspec.structs.replace(spec, volatility=like.volatility, beta=like.beta)
        return SyntheticDays(
            spec,
            mix(self._seed, origin, 3),
            caches=self._caches,
            origin=origin,
            nightly=self._nightly,
            factors=self._factors,
        )


def _ticks(prices: Sequence[PriceUnits], tick: PriceUnits) -> Column:
    """Prices on the tick grid, in ticks; prints between ticks go to the nearest one."""
    return array("q", [(price + tick // 2) // tick for price in prices])
