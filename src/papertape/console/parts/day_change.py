"""What an instrument is worth, and how far it has moved since the close before."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Told = Mapping[str, Any]


class DayChange(NamedTuple):
    """The move of a day; None where it is not known."""

    amount: float | None
    percent: float | None


def middle(told: Told) -> float | None:
    """The middle of bid and ask where nothing trades, as with currencies; None where something
    does."""
    bid, ask = told.get("bid"), told.get("ask")
    if told.get("last") is not None or bid is None or ask is None:
        return None
    return float(bid + ask) / 2


def day_change(told: Told) -> DayChange:
    """The move of the last price of a quote, or of its middle."""
    last, close = told.get("last"), told.get("close")
    if last is None:
        last = middle(told)
    if last is None or not close:
        return DayChange(None, None)
    return DayChange(last - close, 100 * (last - close) / close)
