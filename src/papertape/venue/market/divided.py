"""A recorded instrument past its recording: what happens to its shares while a station runs.

The days after the recorded one repeat it. A split, a dividend or a new symbol of a later date comes
as many calendar days after that day as it did, and takes effect with the first trading day that is
not before it: from there on prices are in new shares. Bars of the days before keep the prices that
were paid; the close of the day before is brought to the new shares.
"""

from array import array
from collections.abc import Hashable, Iterator
from datetime import date
from functools import cached_property
from math import prod

from ..reference.zones import Zone
from ..units import CASH_SCALE, MINUTE, Nanos, PriceUnits
from .actions import (
    FACTOR_SCALE,
    ORDER,
    ActionsAhead,
    Coming,
    Dividend,
    InNewShares,
    KnownDividend,
    Split,
    TickerChange,
    new_symbols,
)
from .days import Cache, Caches, Day
from .layout import Layout
from .recorded import RecordedDays
from .ticks import NO_LOW, Block, Column, Piece, Rows
from .timeline import DaySource

Ratio = tuple[int, int]
"""New shares for old ones."""


class DividedDays(DaySource):
    """The days of a recorded instrument with the splits that are yet to come."""

    def __init__(
        self, con_id: int, recorded: RecordedDays, layout: Layout, zone: Zone, caches: Caches
    ) -> None:
        self.length, self.tick, self.unit = recorded.length, recorded.tick, recorded.unit
        self._con_id = con_id
        self._recorded = recorded
        self._layout = layout
        self._zone = zone
        self._caches = caches

    def head(self) -> int:
        """Number of the earliest day on offer."""
        return self._recorded.head()

    def day(self, number: int) -> Day:
        """The trading day of that number, in its own shares."""
        day = self._recorded.day(number)
        if number < 0 or not self._actions or (ratio := self._ratio(number)) == (1, 1):
            return day
        which = number % 2 if self._recorded.repeats else number  # laps are two, there and back
        name = ("divided", self._con_id, which, ratio)
        found: Day = self._caches.days.get(
            name, lambda: DividedDay(day, ratio, self.tick, self._caches.blocks, name)
        )
        return found

    def close_before(self, number: int, close: PriceUnits) -> PriceUnits:
        """See ``DaySource``."""
        if number < 0 or not self._actions:
            return close
        (new, old), (new_before, old_before) = self._ratio(number), self._ratio(number - 1)
        return brought(close, (new * old_before, old * new_before), self.tick)

    def ahead(self, after: Nanos) -> ActionsAhead | None:
        """What comes next to holdings after an instant; None when no more is known."""
        found = [(at, action) for at, action in self._actions if at > after]
        if not found:
            return None
        time = found[0][0]
        together = [action for at, action in found if at == time]
        together.sort(key=lambda action: ORDER.index(type(action)))
        return ActionsAhead(time, tuple(together))

    @cached_property
    def dividends(self) -> tuple[KnownDividend, ...]:
        """Every recorded dividend, past ones too, in order."""
        last = self._recorded.last_date()
        paid = [one for one in self._recorded.actions() if isinstance(one, Dividend)]
        if not last or not paid:
            return ()
        first = self._zone.day(self._layout.dated(self._recorded.latest)) - _ordinal(last)
        days = sorted((first + _ordinal(one.date), one.amount) for one in paid)
        return tuple(KnownDividend(day, self._zone.instant(day, 0), amount) for day, amount in days)

    def adjustments(self, until: Nanos) -> list[InNewShares]:
        """What bars of before are brought with at an instant, in order; see ``InNewShares``."""
        new = old = 1
        factor, found = FACTOR_SCALE, {}
        for at, action in reversed(self._actions):
            if at >= until or not isinstance(action, Split | Dividend):
                continue
            if isinstance(action, Split):
                new, old = new * action.new, old * action.old
            else:
                factor = self._without(action, self._layout.number(at), factor)
            found[at + 1] = InNewShares(at + 1, new, old, factor, self.tick)
        for number, paid in reversed(self._paid):
            begins = self._layout.start(number)
            paid = paid * factor // FACTOR_SCALE
            found[begins] = InNewShares(begins, new, old, paid, self.tick)
        return [found[begins] for begins in sorted(found)]

    @cached_property
    def _paid(self) -> list[tuple[int, int]]:
        """The dividends of the recorded days."""
        return self._recorded.dividend_factors()

    def _without(self, paid: Dividend, last: int, factor: int) -> int:
        """A factor with that of a dividend in it, which is paid after the day ``last``."""
        whole = self.day(last).last() * CASH_SCALE
        part = paid.amount * self._recorded.scale
        return factor * (whole - part) // whole if 0 < part < whole else factor

    @cached_property
    def _actions(self) -> list[tuple[Nanos, Coming]]:
        """What is to come, and the last instant before it; in order."""
        last = self._recorded.last_date()
        if not last:
            return []
        latest, base = self._recorded.latest, _ordinal(last)
        first = self._zone.day(self._layout.dated(latest))
        later = [action for action in self._recorded.actions() if action.date > last]
        changes = [action for action in later if isinstance(action, TickerChange)]
        coming = [action for action in later if not isinstance(action, TickerChange)]
        found = []
        for action in (*coming, *new_symbols(changes)):
            at = self._zone.instant(first + _ordinal(action.date) - base, 0)
            number = max(self._layout.number(at - 1), latest) + 1
            found.append((self._layout.start(number) - 1, action))
        return sorted(found, key=lambda one: one[0])

    def _ratio(self, number: int) -> Ratio:
        """How many shares of a day a recorded one has become."""
        begins = self._layout.start(number)
        splits = [
            action for at, action in self._actions if at < begins and isinstance(action, Split)
        ]
        return prod(split.new for split in splits), prod(split.old for split in splits)


class DividedDay(Day):
    """A day at the prices of other shares; sizes stay what they were."""

    def __init__(
        self, day: Day, ratio: Ratio, tick: PriceUnits, blocks: Cache, name: Hashable
    ) -> None:
        self._day = day
        self._ratio = ratio
        self._tick = tick
        self._blocks = blocks
        self._name = name
        self._rows: dict[str, Rows] = {}
        self.length = day.length

    def block(self, offset: Nanos) -> Block:
        """The block that holds ``offset``."""
        original = self._day.block(offset)
        block: Block = self._blocks.get(
            (self._name, original.start), lambda: self._divided(original)
        )
        return block

    def rows(self, what: str) -> Rows:
        """Minute bars of the day."""
        found = self._rows.get(what)
        if found is None:
            rows, (new, old) = self._day.rows(what), self._ratio
            notional = array("q", [one * old // new for one in rows.notional])
            found = self._rows[what] = Rows(
                self._prices(rows.open), self._prices(rows.high), self._prices(rows.low),
                self._prices(rows.close), rows.volume, notional, rows.count,
            )  # fmt: skip
        return found

    def worked_out(self, what: str, *, minutes: bool) -> Iterator[None]:
        """Work out the day in old shares, then this one."""
        if what not in self._rows:
            yield from self._day.worked_out(what, minutes=True)
            self.rows(what)
            yield

    def whole(self, what: str) -> Piece | None:
        """The day as one bar; None when it holds nothing of that kind."""
        return self.rows(what).piece(what, 0, self.length // MINUTE)

    def last(self) -> PriceUnits:
        """Last price: of a trade, or the middle where there are none."""
        return brought(self._day.last(), self._ratio, self._tick)

    def _prices(self, column: Column) -> Column:
        ratio, tick = self._ratio, self._tick
        return array(
            "q", [brought(one, ratio, tick) if 0 < one < NO_LOW else one for one in column]
        )

    def _divided(self, block: Block) -> Block:
        return Block(
            block.start, block.end, block.quote_time, self._prices(block.bid), block.bid_size,
            self._prices(block.ask), block.ask_size, block.trade_time, self._prices(block.price),
            block.size, block.venue, block.exchanges,
        )  # fmt: skip


def brought(price: PriceUnits, ratio: Ratio, tick: PriceUnits) -> PriceUnits:
    """A price in new shares, to the nearest step and at least one."""
    new, old = ratio
    return (
        price if new == old else max((2 * price * old + new * tick) // (2 * new * tick), 1) * tick
    )


def _ordinal(day: int) -> int:
    """The day number of a date ``yyyymmdd``."""
    return date(day // 10_000, day // 100 % 100, day % 100).toordinal()
