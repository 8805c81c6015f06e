"""When a trade settles: the day on which the proceeds of a sale may be spent in a cash account."""

from functools import lru_cache
from typing import Final

from ..reference.calendars import calendar, hours_of
from ..reference.instruments import Instrument
from ..reference.times import EASTERN
from ..units import Nanos

NEXT_DAY: Final = frozenset(("USD", "CAD", "MXN"))
"""Currencies whose securities settle on the business day after the trade, as North America has done
since May 2024, corporate bonds and treasuries included; others take two."""
SECURITIES: Final = frozenset(("STK", "OPT", "BOND", "FUND", "WAR"))
"""Kinds that settle later than they trade; options settle on the next day everywhere."""


def settles(entry: Instrument, day_end: Nanos) -> int:
    """Return the day on which a trade settles that is made in the trading day with that end; 0 for
    at once."""
    if entry.secType not in SECURITIES:
        return 0
    days = 1 if entry.secType == "OPT" or entry.currency in NEXT_DAY else 2
    return _after(hours_of(entry), day_end, days)


@lru_cache(256)
def _after(group: str, day_end: Nanos, days: int) -> int:
    business, day = calendar(group), EASTERN.day(day_end - 1)
    return business.day(business.number(day + 1) + days - 1)
