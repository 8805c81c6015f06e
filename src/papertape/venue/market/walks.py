"""A price's way as a random walk that can be entered anywhere: across years, a day, half an hour.

Across days it is Paul Lévy's construction of Brownian motion: between two points 512 days apart,
the point in the middle is displaced, then those in the middle of the halves, and so on, each by its
own hashed number. Returns of different days are uncorrelated, their size comes in clusters
(``wild``), and the way to any day is nine steps. The points 512 days apart are drawn around the
origin, so over years the price neither drifts away nor ends. A day is a bridge from its open to its
close over cells of thirty steps, a cell one of 256 ready-made bridges (``noise``).

Where several instruments share a walk (the market's), they move together: by days, half hours and
minutes.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from math import sqrt
from operator import mul
from typing import NamedTuple, Protocol

from .memo import Memo
from .noise import ODDS, added, bridges, corners, drawn, mix, odd, reaches, unit
from .options.elementary import exp

STEPS = 30
"""Steps of a cell."""
_PLACES = tuple(float(step) for step in range(STEPS + 1))
NIGHT = 0.2
"""A night's share of the variance from close to close."""
_SURPRISE = sqrt(NIGHT * (1.0 - NIGHT))
_LEVELS = 9
_HALVINGS = tuple((halving, 1 << halving) for halving in range(_LEVELS, 0, -1))
_ROOTS = tuple(sqrt(1 << halving) for halving in range(_LEVELS + 1))
_OCTAVES = ((2, 4, 0.45), (4, 16, 0.72), (6, 64, 0.63))
"""How many days, as a power of two and as a number, are in the cells of a mood, and its weight."""
_CLUSTERED = 6
"""Up to cells of so many halvings the displacement is as wild as its day."""
_FAR = 0.7

Nights = Callable[[int], bool]
"""Whether there is a night before the day of that number."""


class Course(NamedTuple):
    """A day's way: logarithms at the borders of its cells, and what happens between."""

    knots: Sequence[float]
    swings: Sequence[float]
    """Standard deviation of each cell's change."""
    picks: bytes
    """Which bridge each cell is."""
    wild: float


@lru_cache(64)
def _parts(profile: Sequence[float]) -> list[float]:
    """What a day's standard deviation is multiplied by in each of its cells."""
    whole = added(profile)
    return [sqrt(share / whole) for share in profile]


class Walk:
    """One walk of logarithms with a standard deviation of ``volatility`` a day."""

    def __init__(
        self,
        seed: int,
        volatility: float,
        *,
        profile: Sequence[float],
        nights: Nights,
        kept: int = 256,
    ) -> None:
        self.seed = seed
        self.volatility = volatility
        self._roots = _parts(tuple(profile))
        self._nights = nights
        self._seeded = mix(seed)
        self.level = Memo(kept, self._level).__getitem__
        self.wild = Memo(kept, self._wild).__getitem__
        self.course = Memo(kept, self._course).__getitem__
        self.opened = Memo(kept, self._opened).__getitem__
        """Where a day opens: where the one before closed, save for what the night brought."""
        self._moods = Memo(kept, self._mood)
        self._displaced = Memo(kept, self._displacement)

    def _opened(self, number: int) -> float:
        at = self.level(number)
        if not self._nights(number):
            return at
        # A bridge's point, so that the night and the day after it are independent.
        moved = NIGHT * (self.level(number + 1) - at)
        surprise = _SURPRISE * self.volatility * self.wild(number)
        return at + moved + surprise * odd(number, 99, after=self._seeded)

    def ended(self, number: int) -> float:
        """Where a day ends."""
        return self.level(number + 1)

    def _level(self, number: int) -> float:
        cell, inside = number >> _LEVELS, number & ((1 << _LEVELS) - 1)
        displaced = self._displaced
        total = displaced[0, cell]
        if inside:
            total += (displaced[0, cell + 1] - total) * (inside / (1 << _LEVELS))
        for halving, length in _HALVINGS:
            inside = number & (length - 1)
            if not inside:
                break
            hat = 1.0 - abs(2.0 * inside / length - 1.0)
            total += displaced[halving, number >> halving] * hat
        return total

    def _displacement(self, place: tuple[int, int]) -> float:
        """How far the middle of a cell of a halving is off; of halving 0, where its left end is."""
        halving, cell = place
        if not halving:
            return _FAR * self.volatility * _ROOTS[_LEVELS] * unit(cell, 0, after=self._seeded)
        size = self.volatility * _ROOTS[halving] / 2.0
        if halving <= _CLUSTERED:
            size *= self.wild((cell << halving) + (1 << halving >> 1))
        return size * odd(cell, halving, after=self._seeded)

    def _wild(self, number: int) -> float:
        """How lively a day is; 1 in the mean of squares. Lively days come together."""
        total, moods = 0.0, self._moods
        for octave, length, weight in _OCTAVES:
            cell = number >> octave
            mood = moods[cell << 3 | octave]
            place = number & (length - 1)
            if place:
                mood += (moods[cell + 1 << 3 | octave] - mood) * place / length
            total += weight * mood
        return exp(total - 0.25)

    def _mood(self, place: int) -> float:
        """What is drawn for a cell (times eight) of an octave (in the three bits below)."""
        return mix(place >> 3, place & 7, 7, after=self._seeded) / (1 << 63) - 1.0

    def _course(self, number: int) -> Course:
        cells = len(self._roots)
        chance = drawn(3 * cells + 1, number, 11, after=self._seeded)
        wild = self.wild(number)
        day = self.volatility * wild
        if self._nights(number):
            day *= sqrt(1.0 - NIGHT)
        # Half an hour is as lively as it and the one before drew.
        lively = [
            0.5 + (chance[cells + cell] + chance[cells + cell + 1]) / 512.0 for cell in range(cells)
        ]
        swings = [day * root * much for root, much in zip(self._roots, lively)]
        moved = [0.0, *accumulate([swing * ODDS[byte] for swing, byte in zip(swings, chance)])]
        spent = [0.0, *accumulate(map(mul, swings, swings))]
        start, end = self.opened(number), self.ended(number)
        tied = end - start - moved[-1]
        knots = [start + one + tied * (part / spent[-1]) for one, part in zip(moved, spent)]
        knots[-1] = end
        return Course(knots, swings, chance[2 * cells + 1 :], wild)


Extreme = tuple[float, int]


class AnyWalk(Protocol):
    """What a way is made of: a walk, or the part of its nights in which there is trading."""

    def opened(self, number: int) -> float:
        """Where a day opens."""

    def ended(self, number: int) -> float:
        """Where a day ends."""

    def wild(self, number: int) -> float:
        """How lively a day is."""

    def course(self, number: int) -> Course:
        """The way of a day by its cells."""


class Shared(NamedTuple):
    """A walk that others follow, each to its own degree."""

    walk: AnyWalk
    beta: float


class Way:
    """The prices of one instrument: its own walk and what it follows, from a price at an origin."""

    def __init__(
        self, price: float, origin: int, own: AnyWalk, shared: Sequence[Shared] = ()
    ) -> None:
        self._price = price
        self._own = own
        self._shared = shared
        self._base = own.opened(origin)
        self._base += added(beta * walk.opened(origin) for walk, beta in shared)
        self._known_knots = Memo(64, self._knots)
        self.knots = self._known_knots.__getitem__
        """Prices at the borders of a day's cells."""
        self.swings = Memo(64, self._swings).__getitem__
        self._cells = Memo(64, self._cell)

    def _knot(self, number: int, cell: int) -> float:
        """The price at one border of a day's cells."""
        knots = self._known_knots.get(number)
        if knots is not None:
            return knots[cell]
        at = self._own.course(number).knots[cell]
        for walk, beta in self._shared:
            at += beta * walk.course(number).knots[cell]
        return self._price * exp(at - self._base)

    def ended(self, number: int) -> float:
        """The price at which a day ends, without making its way."""
        at = self._own.ended(number)
        for walk, beta in self._shared:
            at += beta * walk.ended(number)
        return self._price * exp(at - self._base)

    def _knots(self, number: int) -> list[float]:
        logs = self._own.course(number).knots
        for walk, beta in self._shared:
            logs = [one + beta * two for one, two in zip(logs, walk.course(number).knots)]
        return [self._price * exp(one - self._base) for one in logs]

    def cell(self, number: int, cell: int) -> list[float]:
        """Prices at the steps of a cell, both ends included."""
        return self._cells[number, cell]

    def _cell(self, place: tuple[int, int]) -> list[float]:
        number, cell = place
        start, end = self._knot(number, cell), self._knot(number, cell + 1)
        rise = (end - start) / STEPS
        middle = 0.5 * (start + end)
        course = self._own.course(number)
        size, points = middle * course.swings[cell], bridges(STEPS)[course.picks[cell]].points
        if not self._shared:
            found = [start + rise * k + size * one for k, one in zip(_PLACES, points)]
            found[-1] = end
            return found
        walk, beta = self._shared[0]
        course = walk.course(number)
        more, others = (
            beta * middle * course.swings[cell],
            bridges(STEPS)[course.picks[cell]].points,
        )
        found = [
            start + rise * k + size * one + more * two
            for k, one, two in zip(_PLACES, points, others)
        ]
        found[-1] = end
        return found

    def swing(self, number: int, cell: int) -> float:
        """Standard deviation of the price's change over a cell."""
        own = self._own.course(number).swings[cell]
        variance = own * own
        for walk, beta in self._shared:
            variance += (beta * walk.course(number).swings[cell]) ** 2
        return sqrt(variance) * self._knot(number, cell)

    def _swings(self, number: int) -> list[float]:
        variances = [swing * swing for swing in self._own.course(number).swings]
        for walk, beta in self._shared:
            more = walk.course(number).swings
            variances = [one + (beta * two) ** 2 for one, two in zip(variances, more)]
        return [sqrt(one) * price for one, price in zip(variances, self.knots(number))]

    def wild(self, number: int) -> float:
        """How lively a day is beside the usual."""
        return self._own.wild(number)

    def extremes(self, number: int, steps: int) -> tuple[Extreme, Extreme]:
        """The highest and the lowest price of a day's first ``steps``, each with the first step
        that has it. Only the cells are worked out that may hold one."""
        knots, lows, highs = self.bounds(number)
        reached = knots[: steps // STEPS + 1]
        top, bottom, cells = max(reached), min(reached), -(-steps // STEPS)
        highest = [(high, -cell) for cell, high in enumerate(highs[:cells]) if high >= top]
        lowest = [(-low, -cell) for cell, low in enumerate(lows[:cells]) if low <= bottom]
        top, at = self._most(number, steps, highest, 1)
        bottom, place = self._most(number, steps, lowest, -1)
        return (top, at), (-bottom, place)

    def _most(self, number: int, steps: int, bounds: list[Extreme], side: int) -> Extreme:
        """The largest of ``side`` times the price, given what the cells have at most that may
        hold it."""
        bounds.sort(reverse=True)
        best, at = -1e300, 0
        for bound, place in bounds:
            if bound < best:
                break
            value, step = self._most_of(number, -place, steps + place * STEPS, side)
            step -= place * STEPS
            if value > best or (value == best and step < at):
                best, at = value, step
        return best, at

    def _most_of(self, number: int, cell: int, steps: int, side: int) -> Extreme:
        """The largest of ``side`` times the price in the first ``steps`` of a cell, and where."""
        if self._shared or steps < STEPS:
            points = self.cell(number, cell)[: steps + 1]
            price = max(points) if side > 0 else min(points)
            return side * price, points.index(price)
        start, end = self.knots(number)[cell : cell + 2]
        rise, course = (end - start) / STEPS, self._own.course(number)
        size, (above, below) = (
            0.5 * (start + end) * course.swings[cell],
            corners(STEPS, course.picks[cell]),
        )
        best, at = side * start, 0
        for step, point in above if side > 0 else below:
            value = side * (start + rise * step + size * point if step < STEPS else end)
            if value > best:
                best, at = value, step
        return best, at

    def bounds(self, number: int) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
        """The prices at the borders of a day's cells, and what those of each cell are never below
        and never above, without working them out."""
        knots, course, (most, least) = self.knots(number), self._own.course(number), reaches(STEPS)
        ups = [swing * most[pick] for swing, pick in zip(course.swings, course.picks)]
        downs = [swing * least[pick] for swing, pick in zip(course.swings, course.picks)]
        for walk, beta in self._shared:
            course = walk.course(number)
            up, down = (most, least) if beta > 0.0 else (least, most)
            sizes = [beta * swing for swing in course.swings]
            ups = [one + size * up[pick] for one, size, pick in zip(ups, sizes, course.picks)]
            downs = [one + size * down[pick] for one, size, pick in zip(downs, sizes, course.picks)]
        lows, highs = [], []
        for start, end, below, above in zip(knots, knots[1:], downs, ups):
            low, high = (start, end) if start < end else (end, start)
            middle = 0.5 * (start + end)
            lows.append(low + middle * below)
            highs.append(high + middle * above)
        return knots, lows, highs

    def at(self, number: int, step: int) -> float:
        """The price at one step of a day."""
        cell, place = divmod(step, STEPS)
        return self.cell(number, cell)[place] if place else self._knot(number, cell)
