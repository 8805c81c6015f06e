"""Chance that can be asked for anywhere: hashed numbers, their tables, and ready-made bridges.

Everything is a function of integers, made with exactly rounded arithmetic and with SHAKE, so it is
the same on every machine. A ``Bridge`` is a path of unit variance from 0 to 0; there are 256 of
each number of steps, made when first asked for, and a byte picks one.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import shake_128
from itertools import accumulate
from math import sqrt
from typing import Final, NamedTuple

from .options.elementary import exp, log

_MASK = (1 << 64) - 1
_SHAPES = 64
_CLUSTER, _SURPRISE = 0.85, 0.3
"""How long a lively minute lasts within a bridge, and how lively it is."""
_NEAR: Final = 1e-9


_BEGUN: Final = 0x9E3779B97F4A7C15


def mix(*parts: int, after: int = _BEGUN) -> int:
    """A 64-bit hash of integers that is the same on every machine and in every process.

    ``after`` is the hash of others that came first: ``mix(b, after=mix(a)) == mix(a, b)``.
    """
    state = after
    for part in parts:
        state = (state ^ (part & _MASK)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def unit(*parts: int, after: int = _BEGUN) -> float:
    """A hashed number in -1 .. 1; ``after`` as with ``mix``."""
    return mix(*parts, after=after) / (1 << 63) - 1.0


def odd(*parts: int, after: int = _BEGUN) -> float:
    """A hashed number of variance 1 with fat tails: the logistic distribution at 2**16 places."""
    place = 2 * (mix(*parts, after=after) >> 48) + 1
    return 0.5513288954217920 * log(place / (131072 - place))


def drawn(count: int, *parts: int, after: int = _BEGUN) -> bytes:
    """Hashed bytes."""
    return shake_128(mix(*parts, after=after).to_bytes(8, "little")).digest(count)


def added(values: Iterable[float]) -> float:
    """The sum from left to right; ``sum`` rounds in another way from Python 3.12 on."""
    total = 0.0
    for value in values:
        total += value
    return total


def _odds() -> tuple[float, ...]:
    values = [log((2 * place + 1) / (511 - 2 * place)) for place in range(256)]
    scale = sqrt(added(value * value for value in values) / 256)
    return tuple(value / scale for value in values)


ODDS = _odds()
"""The same distribution for bytes, of variance 1."""
REACH = tuple((1 - sqrt(1 - (place + 0.5) / 256)) for place in range(256))
"""How far a bar's shadow reaches, for bytes: mostly little; 1 at most."""


class Bridge(NamedTuple):
    """A path from 0 to 0 over a number of equal steps, as if its ends had not been tied."""

    points: Sequence[float]
    most: float
    least: float


@lru_cache
def bridges(steps: int) -> tuple[Bridge, ...]:
    """The 256 bridges of so many steps: shapes, their mirror images in time and in height."""
    found: list[Bridge] = []
    for shape in range(_SHAPES):
        points = _bridge(steps, drawn(2 * steps, steps, shape))
        for way in (points, points[::-1]):
            turned = [-point for point in way]
            found += [Bridge(path, max(path), min(path)) for path in (way, turned)]
    return tuple(found)


@lru_cache
def reaches(steps: int) -> tuple[Sequence[float], Sequence[float]]:
    """The highest and the lowest point of each bridge of so many steps."""
    found = bridges(steps)
    return [bridge.most for bridge in found], [bridge.least for bridge in found]


Corners = Sequence[tuple[int, float]]
"""Steps of a bridge with its points there, both ends among them."""


@lru_cache(512)
def corners(steps: int, pick: int) -> tuple[Corners, Corners]:
    """Where a bridge can be highest, and where lowest, once it is stretched and tilted, however
    much: the corners of its upper and of its lower hull."""
    points = bridges(steps)[pick].points
    lower = _upper([-point for point in points])
    return _upper(points), [(step, -point) for step, point in lower]


def _upper(points: Sequence[float]) -> Corners:
    """The upper hull of a path; what is as good as on it counts as on it."""
    hull: list[tuple[int, float]] = []
    for step, point in enumerate(points):
        while len(hull) > 1:
            (first, start), (middle, between) = hull[-2:]
            line = start + (point - start) * (middle - first) / (step - first)
            if between > line - _NEAR:
                break
            hull.pop()
        hull.append((step, point))
    return hull


def _bridge(steps: int, chance: bytes) -> list[float]:
    liveliness, walked = 0.0, [0.0]
    for step in range(steps):
        liveliness = _CLUSTER * liveliness + _SURPRISE * ODDS[chance[step]]
        walked.append(exp(liveliness) * ODDS[chance[steps + step]])
    path = list(accumulate(walked))
    end = path[-1]
    tied = [point - end * place / steps for place, point in enumerate(path)]
    scale = sqrt(added(step * step for step in walked))
    return [point / scale for point in tied[:-1]] + [0.0]
