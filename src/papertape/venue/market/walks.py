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
from typing import NamedTuple, Protocol

from .noise import ODDS, added, bridges, drawn, odd, unit
from .options.elementary import exp

STEPS = 30
"""Steps of a cell."""
NIGHT = 0.2
"""A night's share of the variance from close to close."""
_LEVELS = 9
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
        whole = added(profile)
        self._shares = [share / whole for share in profile]
        self._nights = nights
        self.level = lru_cache(kept)(self._level)
        self.wild = lru_cache(kept)(self._wild)
        self.course = lru_cache(kept)(self._course)
        self._mood = lru_cache(kept)(self._drawn_mood)
        self._displaced = lru_cache(kept)(self._displacement)

    def opened(self, number: int) -> float:
        """Where a day opens: where the one before closed, save for what the night brought."""
        at = self.level(number)
        if not self._nights(number):
            return at
        # A bridge's point, so that the night and the day after it are independent.
        moved = NIGHT * (self.level(number + 1) - at)
        surprise = sqrt(NIGHT * (1.0 - NIGHT)) * self.volatility * self.wild(number)
        return at + moved + surprise * odd(self.seed, number, 99)

    def _level(self, number: int) -> float:
        cell = number >> _LEVELS
        place = (number & ((1 << _LEVELS) - 1)) / (1 << _LEVELS)
        left, right = self._displaced(0, cell), self._displaced(0, cell + 1)
        total = left + (right - left) * place
        for halving in range(_LEVELS, 0, -1):
            length = 1 << halving
            inside = number & (length - 1)
            if inside:
                hat = 1.0 - abs(2.0 * inside / length - 1.0)
                total += self._displaced(halving, number >> halving) * hat
        return total

    def _displacement(self, halving: int, cell: int) -> float:
        """How far the middle of a cell is off; of halving 0, where its left end is."""
        if not halving:
            return _FAR * self.volatility * sqrt(1 << _LEVELS) * unit(self.seed, cell, 0)
        size = self.volatility * sqrt(1 << halving) / 2.0
        if halving <= _CLUSTERED:
            size *= self.wild((cell << halving) + (1 << halving >> 1))
        return size * odd(self.seed, cell, halving)

    def _wild(self, number: int) -> float:
        """How lively a day is; 1 in the mean of squares. Lively days come together."""
        total = 0.0
        for octave, weight in ((2, 0.45), (4, 0.72), (6, 0.63)):
            cell, place = number >> octave, number & ((1 << octave) - 1)
            left, right = self._mood(octave, cell), self._mood(octave, cell + 1)
            total += weight * (left + (right - left) * place / (1 << octave))
        return exp(total - 0.25)

    def _drawn_mood(self, octave: int, cell: int) -> float:
        return unit(self.seed, cell, octave, 7)

    def _course(self, number: int) -> Course:
        cells = len(self._shares)
        chance = drawn(3 * cells + 1, self.seed, number, 11)
        wild = self.wild(number)
        day = self.volatility * wild
        if self._nights(number):
            day *= sqrt(1.0 - NIGHT)
        # Half an hour is as lively as it and the one before drew.
        lively = [
            0.5 + (chance[cells + cell] + chance[cells + cell + 1]) / 512.0 for cell in range(cells)
        ]
        swings = [day * sqrt(share) * much for share, much in zip(self._shares, lively)]
        moved = [0.0, *accumulate(swing * ODDS[byte] for swing, byte in zip(swings, chance))]
        spent = [0.0, *accumulate(swing * swing for swing in swings)]
        start, end = self.opened(number), self.level(number + 1)
        tied = end - start - moved[-1]
        knots = [start + one + tied * (part / spent[-1]) for one, part in zip(moved, spent)]
        knots[-1] = end
        return Course(knots, swings, chance[2 * cells + 1 :], wild)


Extreme = tuple[float, int]


class AnyWalk(Protocol):
    """What a way is made of: a walk, or the part of its nights in which there is trading."""

    def opened(self, number: int) -> float:
        """Where a day opens."""

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
        self.knots = lru_cache(64)(self._knots)
        self.swings = lru_cache(64)(self._swings)
        self.cell = lru_cache(64)(self._cell)

    def _knots(self, number: int) -> list[float]:
        """Prices at the borders of a day's cells."""
        logs = self._own.course(number).knots
        for walk, beta in self._shared:
            logs = [one + beta * two for one, two in zip(logs, walk.course(number).knots)]
        return [self._price * exp(one - self._base) for one in logs]

    def _cell(self, number: int, cell: int) -> list[float]:
        """Prices at the steps of a cell, both ends included."""
        knots = self.knots(number)
        start, end = knots[cell], knots[cell + 1]
        rise = (end - start) / STEPS
        middle = 0.5 * (start + end)
        course = self._own.course(number)
        size, points = middle * course.swings[cell], bridges(STEPS)[course.picks[cell]].points
        if not self._shared:
            found = [start + rise * k + size * one for k, one in enumerate(points)]
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
            for k, (one, two) in enumerate(zip(points, others))
        ]
        found[-1] = end
        return found

    def swing(self, number: int, cell: int) -> float:
        """Standard deviation of the price's change over a cell."""
        return self.swings(number)[cell]

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
        bounds = self.bounds(number)[: -(-steps // STEPS)]
        highest = [(high, -cell) for cell, (_, high) in enumerate(bounds)]
        lowest = [(-low, -cell) for cell, (low, _) in enumerate(bounds)]
        top, at = self._most(number, steps, highest, 1)
        bottom, place = self._most(number, steps, lowest, -1)
        return (top, at), (-bottom, place)

    def _most(self, number: int, steps: int, bounds: list[Extreme], side: int) -> Extreme:
        """The largest of ``side`` times the price, given what each cell has at most."""
        bounds.sort(reverse=True)
        best, at = -1e300, 0
        for bound, place in bounds:
            if bound < best:
                break
            points = self.cell(number, -place)[: steps + 1 + place * STEPS]
            value = max(points) if side > 0 else -min(points)
            step = points.index(side * value) - place * STEPS
            if value > best or (value == best and step < at):
                best, at = value, step
        return best, at

    def bounds(self, number: int) -> list[tuple[float, float]]:
        """What the prices of each cell lie between, without working them out."""
        knots = self.knots(number)
        ups, downs = self._bulges(self._own, 1.0, number)
        for walk, beta in self._shared:
            more, less = self._bulges(walk, beta, number)
            ups = [one + two for one, two in zip(ups, more)]
            downs = [one + two for one, two in zip(downs, less)]
        return [
            (
                (start if start < end else end) + 0.5 * (start + end) * down,
                (end if start < end else start) + 0.5 * (start + end) * up,
            )
            for start, end, up, down in zip(knots, knots[1:], ups, downs)
        ]

    def _bulges(self, walk: AnyWalk, beta: float, number: int) -> tuple[list[float], list[float]]:
        """How far a walk goes above and below the straight line within each cell of a day."""
        shapes, course = bridges(STEPS), walk.course(number)
        ups: list[float] = []
        downs: list[float] = []
        for swing, pick in zip(course.swings, course.picks):
            bridge, size = shapes[pick], beta * swing
            ups.append(size * (bridge.most if beta > 0.0 else bridge.least))
            downs.append(size * (bridge.least if beta > 0.0 else bridge.most))
        return ups, downs

    def at(self, number: int, step: int) -> float:
        """The price at one step of a day."""
        cell, place = divmod(step, STEPS)
        return self.cell(number, cell)[place] if place else self.knots(number)[cell]
