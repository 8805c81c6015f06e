"""The yields of a bond, told with its default ticks: 50, 51, 52, delayed 103 and 104.

They are those of the bars of ``YIELD_BID``, ``YIELD_ASK`` and ``YIELD_LAST`` at the same prices:
yearly, 0.0425 for 4.25 %. There is no delayed yield of the last price.
"""

from collections.abc import Callable
from typing import Final

from .measures import Found, InstrumentMoment, Measure

LIVE_YIELDS, DELAYED_YIELDS = -50, -103
"""Stand for them where others have the ids of generic ticks."""
_TYPES: Final = {LIVE_YIELDS: (50, 51, 52), DELAYED_YIELDS: (103, 104)}


def _yields(types: tuple[int, ...]) -> Callable[[InstrumentMoment], Found]:
    def told(at: InstrumentMoment) -> Found:
        for tick, price in zip(types, (at.quote.bid, at.quote.ask, at.day.last)):
            found = at.facts.market.bond_yield(at.entry.conId, at.now, price) if price else None
            if found is not None:
                yield Measure(tick, "figure", round(found, 9))

    return told


YIELD_MEASURES: Final = {number: _yields(types) for number, types in _TYPES.items()}
