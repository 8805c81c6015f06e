"""Daily bars of the past year, looked up a few at a time, newest first.

A year of an instrument's days may have to be worked out, a millisecond for each: nobody else waits
for that. Days are those of the tape; the one that plays is not among them.
"""

from collections.abc import Callable
from typing import Final

from ...venue.market.port import MarketSource
from ...venue.market.returns import RETURNS, yearly_volatility
from ...venue.market.source import PriceBar
from ...venue.reference.securities import UNTRADED, Instrument
from ...venue.units import DAY, Nanos
from .regular_bars import day_bars

YEAR: Final[Nanos] = 52 * 7 * DAY
_LOOK_BACK: Final[Nanos] = YEAR + 15 * DAY
SLICE: Final[Nanos] = 3_000_000
"""How long days are looked up before others have their turn."""
MOST_A_TURN: Final = 8
"""Days of a turn while nobody measures time."""


class PastDays:
    """What is known of the days of one instrument."""

    def __init__(
        self, market: MarketSource, entry: Instrument, stopwatch: Callable[[], Nanos]
    ) -> None:
        self._market = market
        self._con_id = entry.conId
        self._what = "MIDPOINT" if entry.secType in UNTRADED else "TRADES"
        self._stopwatch = stopwatch
        self.begins: Nanos = 0
        """The beginning of the day that plays, or of the last one before a pause."""
        self._until: Nanos = -1
        """When the next one begins, so far as that is known."""
        self.bars: list[PriceBar] = []
        """Those that are known, newest first."""
        self._looked = 0
        self._spans: list[tuple[Nanos, Nanos]] = []
        """Those that are not, the newest at the end."""

    def lacks(self, days: int) -> bool:
        """Whether fewer days before the present one are known, or not all of so many days' time,
        and there are more of the year."""
        if not self._spans:
            return False
        return self._looked < days or self._spans[-1][0] >= self.begins - days * DAY

    def look(self, now: Nanos, days: int = 365) -> None:
        """See which day plays, and look up more of those before it, for a slice."""
        if not self.begins <= now < self._until:
            self._enter(now)
        end, left = self._stopwatch() + SLICE, MOST_A_TURN
        while left and self.lacks(days) and self._stopwatch() <= end:
            left -= 1
            self._looked += 1
            begins, ends = self._spans.pop()
            self.bars += day_bars(self._market, self._con_id, (begins, ends), self._what)

    def within(self, span: Nanos) -> list[PriceBar] | None:
        """The days that began within a span before the present one; None while not all are
        known."""
        first = self.begins - span
        if self._spans and self._spans[-1][0] >= first:
            return None
        return [bar for bar in self.bars if bar.start >= first]

    def volatility(self, price: int = 0) -> float | None:
        """The yearly volatility of the last 30 daily returns, ``price`` the last close if it is
        given; None while fewer are known."""
        closes = [price] if price else []
        closes += [bar.close for bar in self.bars[: RETURNS + 1 - len(closes)]]
        return yearly_volatility(closes)

    def _enter(self, now: Nanos) -> None:
        """Another day plays: the one before it is past."""
        spans = self._market.sessions(self._con_id, now - _LOOK_BACK, now)
        begun = [span for span in spans if span[0] <= now]
        known, self.begins = self.begins, begun[-1][0] if begun else now
        plays = bool(begun) and now < begun[-1][1]
        # In a pause it is looked again every minute when the next day has begun.
        self._until = begun[-1][1] if plays else now + 60_000_000_000
        if self.begins == known:
            return
        self._looked = 0
        self.bars, self._spans = [], [span for span in begun[:-1] if span[0] >= self.begins - YEAR]
