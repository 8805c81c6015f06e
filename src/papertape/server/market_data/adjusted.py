"""Bars of before a split or a dividend, as histories of later tell them.

All of a history is in the shares of the moment at which it is asked for, as in TWS: what was
before a split has the prices and volumes that it would have had with the new shares. ADJUSTED_LAST
is without dividends too. Bars of weeks and months are made of such days.
"""

from bisect import bisect_right
from collections.abc import Sequence

from ...venue.market.actions import FACTOR_SCALE, InNewShares
from ...venue.market.port import MarketSource
from ...venue.market.source import PriceBar
from ...venue.units import Nanos, PriceUnits


def adjusting(
    market: MarketSource, con_id: int, now: Nanos, *, dividends: bool = False
) -> "Adjusting | None":
    """What brings bars of before into the shares of now; None where they stay what they are."""
    known = market.adjustments(con_id, now)
    if not dividends:
        known = [one for one in known if one.new != one.old]
    return Adjusting(known, dividends) if known else None


class Adjusting:
    """Brings bars that are no longer than a day into the shares of now."""

    def __init__(self, known: Sequence[InNewShares], dividends: bool) -> None:
        self._known = known
        self._begins = [one.begins for one in known]
        self._dividends = dividends

    def bar(self, bar: PriceBar) -> PriceBar:
        """A bar as it is told now."""
        place = bisect_right(self._begins, bar.start)
        if place == len(self._known):
            return bar
        return _adjusted(bar, self._known[place], dividends=self._dividends)

    def within(self, start: Nanos, end: Nanos) -> bool:
        """Whether something came in the middle of a span. Days begin on whole minutes."""
        return any(start < one < end for one in self._begins)


def steady(bars: Sequence[PriceBar], last: PriceUnits) -> list[PriceBar]:
    """Bars without a trade at the close before, which may have been told in other shares; ``last``
    is that before the first one, 0 where there is none."""
    found: list[PriceBar] = []
    for bar in bars:
        if bar.count == 0 and last:
            bar = PriceBar(bar.start, last, last, last, last, 0, last, 0)
        last = bar.close
        found.append(bar)
    return found


def _adjusted(bar: PriceBar, by: InNewShares, *, dividends: bool) -> PriceBar:
    part, whole = by.old, by.new
    if dividends:
        part, whole = part * by.factor, whole * FACTOR_SCALE

    def price(paid: PriceUnits, step: PriceUnits) -> PriceUnits:
        return max((2 * paid * part + whole * step) // (2 * whole * step), 1) * step

    opened, high, low, close = (
        price(one, by.step) for one in (bar.open, bar.high, bar.low, bar.close)
    )
    if bar.count < 0:
        return PriceBar(bar.start, opened, high, low, close, bar.volume, bar.wap, bar.count)
    volume = bar.volume * by.new // by.old
    return PriceBar(bar.start, opened, high, low, close, volume, price(bar.wap, 1), bar.count)
