"""Trading days of an exchange with its hours before the open and after the close.

The regular session is the day that there would be without them, so nothing that follows it changes.
Around it there is little trading: few prints, wide spreads, small sizes, and many minutes without
a print. Its volume is most just before the open and just after the close.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import ceil
from typing import Final

from msgspec.structs import replace

from ..units import MINUTE, SIZE_SCALE, Nanos, PriceUnits, SizeUnits
from .days import Caches, Day
from .interpolate import LEAST_QUOTES, LEAST_TRADES, MOST_TRADES, SHARES_A_TRADE, shared_upto
from .memo import kept
from .nights import Nights, NightWalk, evening, morning
from .noise import added, drawn, mix
from .parted import DayPart, PartedDay
from .synthetic import SyntheticDay, SyntheticDays, SyntheticSpec, own_volatility
from .timeline import DaySource
from .walks import STEPS, Way

MORNING_VOLUME: Final = 0.015
EVENING_VOLUME: Final = 0.02
"""What is traded before the open and after the close, as parts of an average day's volume."""
MORNING_SPREAD: Final = 4
EVENING_SPREAD: Final = 3
"""How many times as wide as by day the spread is."""
THIN: Final = 4
"""How many times more is displayed by day."""
_BUSY: Final = 8
"""Prints a minute from which on every minute has some."""


class Busy:
    """How busy the half hours before an open or after a close are, by what is traded in all."""

    def __init__(self, shares: Sequence[float], volume: int) -> None:
        whole = added(shares)
        self.parts = [share / whole for share in shares]
        """The part of the volume that each has."""
        usual = volume / SHARES_A_TRADE / STEPS / _BUSY
        limits = [ceil(256.0 * usual * share) for share in self.parts]
        self.printed = [
            (cell * STEPS, _below(limit if limit < 256 else 256))
            for cell, limit in enumerate(limits)
        ]
        """The first minute of each, and a table that turns what is drawn for a minute into 1 where
        it has prints, else into 0."""


@lru_cache(257)
def _below(limit: int) -> bytes:
    return bytes(byte < limit for byte in range(256))


class ThinDay(SyntheticDay):
    """The hours before an open or after a close. Most minutes have no print; the first and the
    last one have, and those of the highest and the lowest price."""

    def __init__(
        self,
        spec: SyntheticSpec,
        way: Way,
        number: int,
        seed: int,
        caches: Caches,
        busy: "Busy",
    ) -> None:
        self._busy = busy
        super().__init__(spec, way, number, seed, caches)

    @kept
    def _printed(self) -> bytes:
        """For each minute whether it has prints: 1, or 0."""
        chance = drawn(self._minutes, 8, after=self._seeded)
        found = bytearray().join(
            [chance[begin : begin + STEPS].translate(some) for begin, some in self._busy.printed]
        )
        found[0] = found[-1] = 1
        return bytes(found)

    @kept
    def _least(self) -> list[int]:
        """The prints that a minute has at the least: none, or what it takes to show a bar. Those of
        the highest and the lowest price have some."""
        found = [LEAST_TRADES * some for some in self._printed]
        found[self._peak] = found[self._trough] = LEAST_TRADES
        return found

    @kept
    def _sums(self) -> tuple[SizeUnits, int]:
        fewest = (self._printed.count(1) + 2) * LEAST_TRADES
        chance = drawn(1, 9, after=self._seeded)[0]
        lively = self._way.wild(self._number) * (0.75 + chance / 512.0)
        volume = max(int(self._spec.volume * lively), fewest)
        count = min(volume // SHARES_A_TRADE, MOST_TRADES * self._minutes)
        return volume * SIZE_SCALE, max(count, fewest)

    def _shares(self, cell: int, path: list[int], chance: bytes) -> tuple[list[int], list[int]]:
        least = self._least[cell * STEPS : cell * STEPS + len(path) - 1]
        if not any(least):
            return ([0] * len(least),) * 2
        weights = [(0.4 + byte / 256.0) * few for few, byte in zip(least, chance)]
        return shared_upto(*self._of_cell(cell), weights, least)

    def _parted(self) -> tuple[list[SizeUnits], list[int]]:
        least = [
            sum(self._least[first : first + STEPS]) for first in range(0, self._minutes, STEPS)
        ]
        chance = drawn(len(least), 6, after=self._seeded)
        weights = [
            share * (0.7 + byte / 426.0) if few else 0.0
            for share, byte, few in zip(self._busy.parts, chance, least)
        ]
        return shared_upto(*self._sums, weights, least)

    def _stood(self, cell: int, prices: list[PriceUnits]) -> list[PriceUnits]:
        first = cell * STEPS
        minute = first - 1
        while minute >= 0 and not self._least[minute]:
            minute -= 1
        last = self._grid(self._way.at(self._number, minute + 1)) * self._tick
        found = [last]
        for few, price in zip(self._least[first : first + STEPS], prices[1:]):
            if few:
                last = price
            found.append(last)
        return found


class ExtendedDays(DaySource):
    """The days of an instrument with the hours around their regular sessions.

    ``spec`` tells how it trades by day; ``closes`` how many minutes the regular session of a day
    has; ``before`` and ``after`` are the minutes of trading around it, whole half hours.
    """

    def __init__(
        self,
        regular: DaySource,
        spec: SyntheticSpec,
        seed: int,
        *,
        closes: Callable[[int], int],
        before: int,
        after: int,
        market: NightWalk | None,
        caches: Caches,
    ) -> None:
        self.regular = regular
        self.length = regular.length + (before + after) * MINUTE
        self.tick, self.unit = regular.tick, regular.unit
        self._closes = closes
        self._before, self._after = before, after
        self._caches = caches
        self._seed = mix(seed, 61)
        self._seeded = mix(self._seed)
        volatility = spec.volatility if market is None else own_volatility(spec)
        wild = regular.way.wild if isinstance(regular, SyntheticDays) else _even
        cells = {"after": after // STEPS, "before": before // STEPS}
        own = NightWalk(self._seed, volatility, wild, **cells)
        nights = Nights(own, self._ends, market, spec.beta)
        self._ways = (Way(1.0, 0, nights.morning), Way(1.0, 0, nights.evening))
        self._spec = spec

    @kept
    def _by_day(self) -> SyntheticSpec:
        """How it trades in its regular session."""
        spec = self._spec
        if not isinstance(self.regular, SyntheticDays):  # it trades as much as its days tell
            piece = self.regular.day(0).whole("TRADES")
            if piece is not None:
                spec = replace(spec, volume=piece.volume // SIZE_SCALE)
        return spec

    @kept
    def _morning(self) -> tuple[SyntheticSpec, Busy]:
        """How it trades before an open."""
        spec = _thin(self._by_day, self._before, MORNING_VOLUME, MORNING_SPREAD)
        return spec, Busy(morning(self._before // STEPS), spec.volume)

    @kept
    def _evening(self) -> tuple[SyntheticSpec, Busy]:
        """How it trades after a close."""
        spec = _thin(self._by_day, self._after, EVENING_VOLUME, EVENING_SPREAD)
        return spec, Busy(evening(self._after // STEPS), spec.volume)

    def head(self) -> int:
        """Number of the earliest day on offer."""
        return self.regular.head()

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        key = (self._seed, number)
        day: Day = self._caches.days.get(key, lambda: self._make(number, self.regular.day))
        return day

    def fresh(self, number: int) -> PartedDay:
        """The trading day of that number, which is not kept."""
        regular = self.regular
        return self._make(
            number, regular.fresh if isinstance(regular, SyntheticDays) else regular.day
        )

    def close_before(self, number: int, close: PriceUnits) -> PriceUnits:
        """See ``DaySource``."""
        return self.regular.close_before(number, close)

    def close(self, number: int, span: Nanos = 0) -> PriceUnits:
        """The last price of a day's regular session, however long the day plays."""
        return self.regular.close(number, self._closes(number) * MINUTE)

    def _ends(self, number: int) -> tuple[float, float]:
        """What the night before a day leads from and to."""
        close = self.close_before(number, self.close(number - 1))
        if isinstance(self.regular, SyntheticDays):
            return float(close), self.regular.way.at(number, 0)
        piece = self.regular.day(number).whole("TRADES")
        return float(close), float(close if piece is None else piece.open)

    def _make(self, number: int, regular: Callable[[int], Day]) -> PartedDay:
        before, open_for, after = self._before, self._closes(number), self._after
        whole = open_for * MINUTE == self.regular.length
        parts = [DayPart(before, open_for, partial(regular, number), whole=whole)]
        if before:
            parts.insert(0, DayPart(0, before, partial(self._thin_day, number, 0)))
        if after:
            parts.append(DayPart(before + open_for, after, partial(self._thin_day, number, 1)))
        return PartedDay(parts, (self._seed, number), self._caches.blocks)

    def _thin_day(self, number: int, which: int) -> ThinDay:
        seed = mix(number, 2 + which, after=self._seeded)
        spec, busy = self._evening if which else self._morning
        return ThinDay(spec, self._ways[which], number, seed, self._caches, busy)


def _even(number: int) -> float:
    """How lively the days are of what does not tell."""
    return 1.0


def _thin(spec: SyntheticSpec, minutes: int, part: float, wider: int) -> SyntheticSpec:
    """How an instrument trades around its regular session."""
    style = spec.style
    thin = replace(
        style, spread=style.spread * wider, depth=max(style.depth // THIN, 1), quotes=LEAST_QUOTES
    )
    volume = max(int(spec.volume * part), 1)
    return replace(spec, style=thin, length=max(minutes, STEPS) * MINUTE, volume=volume)
