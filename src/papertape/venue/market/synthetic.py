"""Instruments without a recording: a seeded market that is there at any instant.

A day's prices come from a bounded walk that needs no walking: the logarithm of the price is a
sum of octaves of noise with periods of 1, 2, 4 … 128 trading days, each a straight line between
hashed points. Over days to months it spreads like a random walk; over years it neither drifts
nor ends. A day's bar becomes minutes and a minute ticks in ``tape_expand``.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

import msgspec

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits, price_units
from .days import BarDay, Caches, Day
from .interpolate import DayBar, Style, check_length, day_bar, mix

STOCK_DAY: Nanos = 390 * MINUTE
CURRENCY_DAY: Nanos = 1440 * MINUTE
HISTORY_DAYS = 2520  # ten years of trading days are on offer where nothing is recorded
_OCTAVES = 8
# Currencies trade in half pips. Recordings of them state no sizes, so they show a constant one:
# a million is a usual size between banks.
CURRENCY = Style(tick=5, spread=1, size=1_000_000 * SIZE_SCALE, quotes=24, trades=False)


class SyntheticSpec(msgspec.Struct, frozen=True):
    """What the tape of an instrument without recording starts from."""

    price: PriceUnits
    """First trade of day 0; the bid where none trade."""
    style: Style = Style()
    length: Nanos = STOCK_DAY
    volatility: float = 0.015
    """Standard deviation of a day's change, as a fraction of the price."""
    volume: int = 5_000_000
    """Shares on an average day."""

    def __post_init__(self) -> None:
        check_length(self.length)


class SyntheticDays:
    """Trading days of an instrument, invented but for its daily ``history`` if there is any.

    ``origin`` is the day that opens at the specification's price.
    """

    def __init__(self, spec: SyntheticSpec, seed: int, *, caches: Caches, origin: int = 0):
        self.spec = spec
        self.length = spec.length
        self._seed = seed
        self._caches = caches
        self._origin = origin
        self._base = self._walk(origin) + self._gap(origin)

    def head(self) -> int:
        """Number of the earliest day on offer."""
        return self._origin - HISTORY_DAYS

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        day: Day = self._caches.days.get((self._seed, number), lambda: self._make(number))
        return day

    def bar(self, number: int) -> DayBar:
        """The bar of that trading day. It opens where the day before closed, save for a gap."""
        opened = self._price(number, self._gap(number))
        close = self._price(number + 1, 0.0)
        draw = Random(mix(self._seed, number, 1)).random
        swing = self.spec.price * self.spec.volatility
        high = max(opened, close) + int(swing * draw() * draw())
        low = min(opened, close) - int(swing * draw() * draw())
        volume = int(self.spec.volume * (0.6 + 0.8 * draw())) * SIZE_SCALE
        minutes = self.length // MINUTE
        return day_bar((opened, high, low, close), volume, self.spec.style, minutes)

    def _make(self, number: int) -> Day:
        seed, minutes = mix(self._seed, number, 2), self.length // MINUTE
        style, blocks = self.spec.style, self._caches.blocks
        return BarDay(self.bar(number), style, seed=seed, minutes=minutes, blocks=blocks)

    def _price(self, number: int, gap: float) -> PriceUnits:
        """Price at the border before a day; e**x by its rational neighbour, exact anywhere."""
        half = (self._walk(number) + gap - self._base) / 2
        tick = self.spec.style.tick
        price = self.spec.price * (1.0 + half) / (1.0 - half)
        return max(int(price / tick + 0.5), 1) * tick

    def _gap(self, number: int) -> float:
        """What happened in the night before a day; the days from the anchor on have no nights."""
        if number > min(self._origin, 0):
            return 0.0
        return (
            self.spec.volatility
            * (_unit(self._seed, number, 99) + _unit(self._seed, number, 98))
            / 4
        )

    def _walk(self, number: int) -> float:
        total = 0.0
        amplitude = self.spec.volatility * 0.6
        for octave in range(_OCTAVES):
            cell, place = number >> octave, number & ((1 << octave) - 1)
            left, right = _unit(self._seed, cell, octave), _unit(self._seed, cell + 1, octave)
            total += amplitude * (left + (right - left) * place / (1 << octave))
            amplitude *= 1.4142135623730951
        return total


def _unit(seed: int, cell: int, octave: int) -> float:
    """A hashed number in -1 .. 1."""
    return mix(seed, cell, octave) / (1 << 63) - 1.0


def _stock(price: float, **changes: Any) -> SyntheticSpec:
    return SyntheticSpec(price_units(price, 10_000), **changes)


# Invented prices of no particular day; they only have to look like the instrument.
DEFAULTS: Mapping[int, SyntheticSpec] = {
    265598: _stock(190.0, volatility=0.014, volume=60_000_000),  # AAPL
    756733: _stock(450.0, volatility=0.008, volume=80_000_000, style=Style(depth=8)),  # SPY
    8314: _stock(160.0, volatility=0.011, volume=4_000_000, style=Style(spread=2)),  # IBM
    10098: _stock(34.0, volatility=0.015, volume=40_000_000, style=Style(depth=20)),  # BAC
    76792991: _stock(240.0, volatility=0.03, volume=110_000_000),  # TSLA
    272093: _stock(375.0, volatility=0.013, volume=25_000_000, style=Style(spread=2)),  # MSFT
    3691937: _stock(150.0, volatility=0.017, volume=45_000_000),  # AMZN
    4391: _stock(140.0, volatility=0.028, volume=50_000_000),  # AMD
    4815747: _stock(125.0, volatility=0.028, volume=220_000_000, style=Style(depth=6)),  # NVDA
    208813720: _stock(140.0, volatility=0.016, volume=20_000_000),  # GOOG
    208813719: _stock(139.0, volatility=0.016, volume=28_000_000),  # GOOGL
    320227571: _stock(385.0, volatility=0.011, volume=50_000_000, style=Style(depth=4)),  # QQQ
    107113386: _stock(330.0, volatility=0.02, volume=17_000_000, style=Style(spread=3)),  # META
    12087792: SyntheticSpec(  # EUR.USD
        108_500,
        CURRENCY,
        length=CURRENCY_DAY,
        volatility=0.0045,
    ),
}
