"""The days of an instrument brought into the hours of another: a future trades while its index
sleeps.

While the underlying plays, its ticks are those of the day. While it sleeps there is a bridge from
its last price to the one that it wakes up with, as lively as a night is; all that is on it crosses
the same bridge. What happens outside of one's own hours is not seen.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from math import sqrt
from typing import NamedTuple

from ..units import MINUTE, Nanos, PriceUnits
from .days import Cache, Caches, Day
from .indices import ValueDay
from .layout import Layout, PlayedPart, part_at
from .noise import ODDS, bridges, drawn, mix
from .ticks import Block, Column, Piece, Rows, minute_of
from .timeline import DaySource
from .walks import NIGHT, STEPS

_NIGHT_CELLS = 35
"""Half hours from a close of New York's exchanges to the next opening: what a night moves is spread
over so many, and what a weekend moves over all of its own."""


class Stretch(NamedTuple):
    """Some minutes of a day."""

    first: int
    end: int
    number: int
    """The day of the underlying that plays then, or that it sleeps after."""
    shift: int
    """The minute of that day, less that of this one; of a sleep, the minutes that are over then."""
    wakes: Nanos
    """When the underlying wakes up; 0 while it plays."""
    slept: Nanos
    """When it fell asleep."""


class OwnHours(DaySource):
    """The days of another instrument in hours of one's own."""

    def __init__(
        self,
        under: DaySource,
        of: Layout,
        layout: Layout,
        length: Nanos,
        *,
        seed: int,
        volatility: float,
        caches: Caches,
    ) -> None:
        """``of`` has the days of ``under``, ``layout`` those to be made, of that ``length``;
        ``seed`` is one for all on the same underlying."""
        self.length = length
        self.tick, self.unit = under.tick, under.unit
        self._under = under
        self._of = of
        self._layout = layout
        self._seed = seed
        self._days = mix(seed, length // MINUTE, layout.start(0) // MINUTE)
        self._volatility = volatility
        self._caches = caches
        self._knots = lru_cache(64)(self._slept)

    def head(self) -> int:
        """Number of the earliest day on offer: the first that begins after the underlying's."""
        return self._layout.number(self._of.start(self._under.head())) + 1

    def day(self, number: int) -> Day:
        """The trading day of that number."""
        day: Day = self._caches.days.get((self._days, number), lambda: self._make(number))
        return day

    def _make(self, number: int) -> "OwnDay":
        stretches = list(self._stretches(number))
        values: list[float] = []
        for one in stretches:
            if one.wakes:
                values += self._asleep(one)
            else:  # nobody sees these: the underlying's stand there
                ends = [self._price(one.number, at + one.shift) for at in (one.first, one.end)]
                rise = (ends[1] - ends[0]) / (one.end - one.first)
                values += [ends[0] + rise * step for step in range(one.end - one.first)]
        last = stretches[-1]
        if last.wakes:
            values.append(self._bridged(last, last.end - last.first))
        else:
            values.append(self._price(last.number, last.end + last.shift))
        values += [values[-1]] * (self.length // MINUTE - last.end)
        seed, blocks = mix(self._days, number), self._caches.blocks
        played = [one for one in stretches if not one.wakes]
        night = _NightDay(values, self.tick, mix(seed, 1), blocks, played)
        return OwnDay(night, played, self._under.day, seed, blocks)

    def _stretches(self, number: int) -> Iterator[Stretch]:
        for part in self._layout.parts(number):
            now = part.begins
            while now < part.ends:
                found = self._stretch(part, now)
                yield found
                now = part.base + found.end * MINUTE

    def _stretch(self, own: PlayedPart, now: Nanos) -> Stretch:
        """What begins at an instant of a part of a day."""
        number = self._of.number(now)
        part = part_at(self._of, number, now)
        first = (now - own.base) // MINUTE
        if part.begins <= now < part.ends:
            end = (min(part.ends, own.ends) - own.base) // MINUTE
            return Stretch(first, end, number, (now - part.base) // MINUTE - first, 0, 0)
        later = (one.begins for one in self._of.parts(number) if one.begins > now)
        wakes = next(later, None) or self._of.start(number + 1)
        end = (min(wakes, own.ends) - own.base) // MINUTE
        return Stretch(first, end, number, (now - part.ends) // MINUTE, wakes, part.ends)

    # -- while the underlying sleeps ---------------------------------------------------------------

    def _asleep(self, stretch: Stretch) -> Iterator[float]:
        return (self._bridged(stretch, step) for step in range(stretch.end - stretch.first))

    def _bridged(self, stretch: Stretch, step: int) -> float:
        """The value at a minute of a sleep."""
        knots, swing, picks = self._knots(stretch.number, stretch.slept, stretch.wakes)
        cell, place = divmod(stretch.shift + step, STEPS)
        if cell >= len(picks):
            return knots[-1]
        rise = (knots[cell + 1] - knots[cell]) / STEPS
        return knots[cell] + rise * place + swing * bridges(STEPS)[picks[cell]].points[place]

    def _slept(self, number: int, slept: Nanos, wakes: Nanos) -> tuple[list[float], float, bytes]:
        """A sleep after a day of the underlying: the values at each half an hour, how much they
        swing, and which bridge each is."""
        part = part_at(self._of, number, slept - 1)
        start = self._price(number, part.until // MINUTE)
        later = self._of.number(wakes)
        end = self._price(later, (wakes - part_at(self._of, later, wakes).base) // MINUTE)
        cells = -(-(wakes - slept) // (STEPS * MINUTE))
        chance = drawn(2 * cells, self._seed, number, slept // MINUTE)
        usual = self._volatility * sqrt(NIGHT / max(cells, _NIGHT_CELLS))
        swing = usual * (start + end) / 2.0
        moved = [0.0, *accumulate(swing * ODDS[byte] for byte in chance[:cells])]
        tied = (end - start - moved[-1]) / cells
        knots = [start + one + tied * place for place, one in enumerate(moved)]
        return knots, swing, chance[cells:]

    def _price(self, number: int, minute: int) -> float:
        """The middle of the underlying's quote as a minute begins, or as its day ends."""
        day = self._under.day(number)
        offset = min(minute * MINUTE, day.length - 1)
        if minute * MINUTE >= self._of.span(number):
            offset = self._of.span(number) - 1
        quote = day.block(offset).quote(0, 0, offset)
        return (quote.bid + quote.ask) / 2.0


class _NightDay(ValueDay):
    """A day by its values at whole minutes."""

    def __init__(
        self,
        values: Sequence[float],
        tick: PriceUnits,
        seed: int,
        blocks: Cache,
        played: Sequence[Stretch],
    ) -> None:
        """``played``: when the underlying is seen, and not this."""
        super().__init__((len(values) - 1) * MINUTE, tick, seed, blocks)
        self._values = values
        whole = (range(-(-one.first // STEPS), one.end // STEPS) for one in played)
        self._unseen = frozenset(chain.from_iterable(whole))

    def borders(self, cell: int) -> Sequence[float]:
        return self._values[cell * STEPS : (cell + 1) * STEPS + 1]


class OwnDay(Day):
    """A day that is the underlying's in some stretches, and a bridge between them."""

    def __init__(
        self,
        night: ValueDay,
        played: Sequence[Stretch],
        under: Callable[[int], Day],
        seed: int,
        blocks: Cache,
    ) -> None:
        self.length = night.length
        self._night = night
        self._played = played
        self._under = under
        self._seed = seed
        self._blocks = blocks
        self._rows: dict[str, Rows] = {}

    def block(self, offset: Nanos) -> Block:
        minute = offset // MINUTE
        for one in self._played:
            if one.first <= minute < one.end:
                break
        else:
            return self._night.block(offset)
        block: Block = self._blocks.get((self._seed, minute), lambda: self._shifted(one, minute))
        return block

    def rows(self, what: str) -> Rows:
        found = self._rows.get(what)
        if found is None:
            found = self._rows[what] = self._spliced(what)
        return found

    def worked_out(self, what: str, *, minutes: bool) -> Iterator[None]:
        """Work out the night, the underlying's days, and then this one."""
        if what not in self._rows:
            yield from self._night.worked_out(what, minutes=True)
            for one in self._played:
                yield from self._under(one.number).worked_out(what, minutes=True)
            self.rows(what)
            yield

    def whole(self, what: str) -> Piece | None:
        return self.rows(what).piece(what, 0, self.length // MINUTE)

    def _shifted(self, stretch: Stretch, minute: int) -> Block:
        """A minute of the underlying, in this day's time."""
        at = minute + stretch.shift
        block = minute_of(self._under(stretch.number).block(at * MINUTE), at)
        return block.moved(-stretch.shift * MINUTE)

    def _spliced(self, what: str) -> Rows:
        rows = self._night.rows(what)
        columns = [array("q", column) for column in _columns(rows)]
        for one in self._played:
            theirs = _columns(self._under(one.number).rows(what))
            for column, other in zip(columns, theirs):
                if column and other:
                    first = one.first + one.shift
                    column[one.first : one.end] = other[first : one.end + one.shift]
        return Rows(*columns)


def _columns(rows: Rows) -> tuple[Column, ...]:
    return (rows.open, rows.high, rows.low, rows.close, rows.volume, rows.notional, rows.count)
