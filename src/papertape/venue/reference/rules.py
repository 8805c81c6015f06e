"""Market rules: the price steps that go with an id.

The tables of ids below a million are Interactive Brokers', as captured or reported; the ids of
steps whose rule is not public are ours, ``OURS_FROM`` and up. Rules 25 (indices), 342 (bonds)
and 3541 (options on ES) are public as ids alone: their steps are the smallest of the instruments
that have them.
"""

from decimal import Decimal
from typing import Final

from papertape.model import PriceIncrement

from .securities import Instrument

OURS_FROM: Final = 1_000_000

# id: edge→increment …
_PUBLIC: Final = """
25   0:0.01
26   0:0.01
32   0:0.01
67   0:0.25
109  0:0.01 3:0.05
110  0:0.05 3:0.1
239  0:0.00005
342  0:0.001
635  0:0.0001
983  0:0.0005 0.1:0.001 5:0.0025 10:0.005 25:0.01
1386 0:0.0001
1874 0:0.0001 0.1:0.0001 0.2:0.0001 0.5:0.0001 1:0.0002 2:0.0005 5:0.001 10:0.002 20:0.005 50:0.01 \
100:0.02 200:0.05 500:0.1 1000:0.2 2000:0.5 5000:1 10000:2 20000:5 50000:10
2806 0:0.25
3051 0:0.0005 0.1:0.001 5:0.0025 10:0.005 25:0.01
3188 0:0.00005
3541 0:0.05
4563 0:0.01
"""
_OURS: Final = (
    "0.00000001", "0.0000001", "0.0000005", "0.000001", "0.00001", "0.00005", "0.0001", "0.0005",
    "0.001", "0.0025", "0.005", "0.01", "0.02", "0.025", "0.03125", "0.015625", "0.0078125",
    "0.00390625", "0.05", "0.1", "0.125", "0.25", "0.5", "1", "2.5", "5", "10", "0.0002", "20",
    "0.00025", "0.00125",
)  # fmt: skip
"""One step at any price; its place is part of the id and never changes."""


def _rows(text: str) -> tuple[tuple[float, float], ...]:
    pairs = (word.split(":") for word in text.split())
    return tuple((float(edge), float(step)) for edge, step in pairs)


MARKET_RULES: Final[dict[int, tuple[tuple[float, float], ...]]] = {
    int(line.split(None, 1)[0]): _rows(line.split(None, 1)[1])
    for line in _PUBLIC.strip().splitlines()
} | {OURS_FROM + place: ((0.0, float(step)),) for place, step in enumerate(_OURS)}
"""Rule id -> (low edge, increment); the highest edge not above the price applies."""

_BY_STEP: Final = {Decimal(step): OURS_FROM + place for place, step in enumerate(_OURS)}
SMART_VENUES: Final = frozenset(("SMART", "NASDAQOM", "NASDAQBX", "IBUSOPT"))
"""Venues of options without the wider steps of the others."""


def rules_of(entry: Instrument) -> tuple[int, ...]:
    """The rule of each of an instrument's exchanges."""
    plain = entry.market_rule or _BY_STEP[Decimal(entry.tick) / entry.scale / entry.magnifier]
    if not entry.smart_rule:
        return (plain,) * len(entry.exchanges)
    return tuple(entry.smart_rule if name in SMART_VENUES else plain for name in entry.exchanges)


def steps(tick: Decimal) -> int | None:
    """The rule of ours with that step at any price; None when there is none."""
    return _BY_STEP.get(tick)


def increments(rule: int) -> list[PriceIncrement] | None:
    """The price steps of a rule as reqMarketRule answers them; None for an id that is none."""
    rows = MARKET_RULES.get(rule)
    return None if rows is None else [PriceIncrement(edge, step) for edge, step in rows]
