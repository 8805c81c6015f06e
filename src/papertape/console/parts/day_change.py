"""How far an instrument has moved since the close before."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class DayChange(NamedTuple):
    """The move of a day; None where it is not known."""

    amount: float | None
    percent: float | None


def day_change(told: Mapping[str, Any]) -> DayChange:
    """The move of the last price of a quote; where nothing trades, as with currencies, of the
    middle of bid and ask."""
    last, close = told.get("last"), told.get("close")
    bid, ask = told.get("bid"), told.get("ask")
    if last is None and bid is not None and ask is not None:
        last = (bid + ask) / 2
    if last is None or not close:
        return DayChange(None, None)
    return DayChange(last - close, 100 * (last - close) / close)
