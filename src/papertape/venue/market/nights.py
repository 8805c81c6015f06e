"""Nights between trading days, with the trading after a close and before an open.

A night leads from the price at which a day closed to the one at which the next opens. Its hours are
cells as those of a day are, and what passes unseen between them is one cell more: so the evening
begins at the close, the morning ends at the open, and instruments that follow the market move
together by half hours at night too.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from math import sqrt
from operator import mul
from typing import NamedTuple

from .memo import Memo
from .noise import ODDS, added, drawn, mix
from .options.elementary import log
from .walks import NIGHT, Course, Walk

_EVENING = (3.0, 1.4, 0.9, 0.7, 0.6, 0.5, 0.45, 0.45)
"""How lively half an hour after the close is, the next one, and so on; then the last one again."""
_MORNING = (3.0, 2.2, 1.6, 1.3, 0.9, 0.6, 0.5, 0.4, 0.4, 0.5, 0.8)
"""The same before the open, backwards."""
_UNSEEN = 0.4
"""The part of a night's variance that nobody sees."""

Ends = Callable[[int], tuple[float, float]]
"""The prices between which the night before a day is."""


def evening(cells: int) -> list[float]:
    """How lively the half hours after a close are."""
    return [_EVENING[min(cell, len(_EVENING) - 1)] for cell in range(cells)]


def morning(cells: int) -> list[float]:
    """How lively the half hours before an open are."""
    return [_MORNING[min(cell, len(_MORNING) - 1)] for cell in reversed(range(cells))]


_LIVELY = tuple(0.5 + byte / 255.0 for byte in range(256))
"""How lively half an hour of a night is, for bytes."""


@lru_cache(64)
def _roots(after: int, before: int) -> Sequence[float]:
    """What a night's standard deviation is multiplied by in each of its cells."""
    seen = [*evening(after), *morning(before)]
    scale = (1.0 - _UNSEEN) / added(seen)
    shares = [share * scale for share in seen]
    return [sqrt(share) for share in (*shares[:after], _UNSEEN, *shares[after:])]


class Moves(NamedTuple):
    """What the cells of a night add to a logarithm: each, and its standard deviation."""

    each: Sequence[float]
    swings: Sequence[float]


class NightWalk:
    """The moves of nights, drawn for one walk; of the market's walk all that follow it have them.

    ``after`` and ``before`` are the half hours of trading after a close and before an open.
    """

    def __init__(
        self,
        seed: int,
        volatility: float,
        wild: Callable[[int], float],
        *,
        after: int,
        before: int,
        kept: int = 64,
    ) -> None:
        self.wild = wild
        self.after, self.cells = after, after + 1 + before
        self._seeded = mix(seed)
        self._volatility = volatility
        self._roots = _roots(after, before)
        self.moves = Memo(kept, self._moves).__getitem__
        """Those of the night before a day."""

    def _moves(self, number: int) -> Moves:
        chance = drawn(2 * self.cells, number, 13, after=self._seeded)
        night = self._volatility * self.wild(number) * sqrt(NIGHT)
        swings = [
            night * root * _LIVELY[byte] for root, byte in zip(self._roots, chance[self.cells :])
        ]
        return Moves([swing * ODDS[byte] for swing, byte in zip(swings, chance)], swings)

    def picks(self, number: int) -> bytes:
        """Which bridge each cell of a night is."""
        return drawn(self.cells, number, 14, after=self._seeded)


def night_walk(walk: Walk, *, after: int, before: int) -> NightWalk:
    """The nights of a walk that instruments share."""
    return NightWalk(walk.seed, walk.volatility, walk.wild, after=after, before=before, kept=4096)


class Nights:
    """The nights of one instrument: its own moves and ``beta`` times the market's, tied to the
    prices that they lead from and to."""

    def __init__(
        self, own: NightWalk, ends: Ends, market: NightWalk | None = None, beta: float = 0.0
    ) -> None:
        self.own = own
        self._ends = ends
        self._market = market
        self._beta = beta
        self.before = Memo(64, self._before).__getitem__
        """The night before a day, in logarithms of the price."""
        self.evening = NightPart(self, 1, slice(0, own.after))
        self.morning = NightPart(self, 0, slice(own.after + 1, own.cells))

    def _before(self, number: int) -> Course:
        own = self.own
        each, swings = own.moves(number)
        if self._market is not None:
            beta, theirs = self._beta, self._market.moves(number)
            each = [one + beta * two for one, two in zip(each, theirs.each)]
            swings = [
                sqrt(one * one + (more := beta * two) * more)
                for one, two in zip(swings, theirs.swings)
            ]
        moved = [0.0, *accumulate(each)]
        spent = [0.0, *accumulate(map(mul, swings, swings))]
        start, end = (log(price) for price in self._ends(number))
        tied = end - start - moved[-1]
        knots = [start + one + tied * (part / spent[-1]) for one, part in zip(moved, spent)]
        knots[-1] = end
        return Course(knots, swings, own.picks(number), own.wild(number))


class NightPart:
    """The evenings after days, or the mornings before them; an ``AnyWalk``."""

    def __init__(self, nights: Nights, later: int, cells: slice) -> None:
        self._nights = nights
        self._later = later
        self._cells = cells
        self.course = Memo(64, self._course).__getitem__
        """The way of a day's evening or morning."""

    def opened(self, number: int) -> float:
        """The logarithm that the others are above: those of prices are as they are."""
        return 0.0

    def ended(self, number: int) -> float:
        """The logarithm at which a day's evening or morning ends."""
        return self.course(number).knots[-1]

    def wild(self, number: int) -> float:
        """How lively a day is."""
        return self._nights.own.wild(number)

    def _course(self, number: int) -> Course:
        night, cells = self._nights.before(number + self._later), self._cells
        knots = night.knots[cells.start : cells.stop + 1]
        return Course(knots, night.swings[cells], night.picks[cells], night.wild)
