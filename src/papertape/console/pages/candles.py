"""The bars of a chart, its execution marks, and a description in text. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from ..parts.grid import Cell, Col, Row
from ..parts.number_format import price, signed, size

MOST: Final = 600
"""Bars that a chart keeps; the oldest are dropped."""
MOST_MARKS: Final = 200
COLUMNS = (
    Col("Time (UTC)"), Col("Open", right=True), Col("High", right=True), Col("Low", right=True),
    Col("Close", right=True), Col("Volume", right=True),
)  # fmt: skip
IN_TABLE: Final = 20
VERBS: Final = {"BOT": "Bought", "SLD": "Sold"}
Told = Mapping[str, Any]


class Candle(NamedTuple):
    """A bar; ``time`` is its beginning, ISO."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    complete: bool


def candle(told: Told) -> Candle:
    """A bar of the control API."""
    prices = (told["open"], told["high"], told["low"], told["close"])
    return Candle(told["time"], *prices, float(told["volume"] or 0), told["complete"])


class Candles:
    """The latest bars of one instrument, oldest first."""

    def __init__(self, most: int = MOST) -> None:
        self.bars: list[Candle] = []
        self._most = most

    @property
    def after(self) -> str | None:
        """Start of the last complete bar; later bars are fetched again."""
        return next((bar.time for bar in reversed(self.bars) if bar.complete), None)

    def take(self, told: Iterable[Told]) -> list[Candle]:
        """Replace and append bars in order of time; return those that are new or changed."""
        changed = []
        for one in map(candle, told):
            at = bisect_right(self.bars, one.time, key=lambda bar: bar.time)
            known = at > 0 and self.bars[at - 1].time == one.time
            if known and self.bars[at - 1] == one:
                continue
            self.bars[at - 1 if known else at : at] = [one]
            changed.append(one)
        del self.bars[: -self._most]
        return changed


class ExecutionMark(NamedTuple):
    """An execution in the chart."""

    time: str
    """Time of its bar."""
    price: float
    bought: bool
    text: str


def marks(
    executions: Iterable[Told], con_id: int, bars: Sequence[Candle], seconds: int
) -> list[ExecutionMark]:
    """The executions of an instrument at their bars, without those before the first bar."""
    starts = [datetime.fromisoformat(bar.time) for bar in bars]
    step = timedelta(seconds=seconds)
    found = []
    for one in executions:
        when = datetime.fromisoformat(one["time"])
        at = bisect_right(starts, when) - 1
        if one["con_id"] == con_id and at >= 0 and when < starts[at] + step:
            text = f"{VERBS.get(one['side'], one['side'])} {size(one['shares'])}"
            text += f" at {price(one['price'])}, {when:%H:%M:%S} UTC"
            found.append(ExecutionMark(bars[at].time, one["price"], one["side"] == "BOT", text))
    return found[-MOST_MARKS:]


def in_words(symbol: str, title: str, bars: Sequence[Candle]) -> str:
    """A description of the chart for screen readers."""
    if not bars:
        return f"{symbol}: no bars"
    first, last = bars[0], bars[-1]
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    return (
        f"{symbol}, {len(bars)} bars of {title}: last {price(last.close)}, "
        f"{signed(last.close - first.open)} since the first, "
        f"range {price(low)} to {price(high)}"
    )


def table_rows(bars: Sequence[Candle]) -> list[Row]:
    """The latest bars, newest first."""
    return [_row(bar) for bar in bars[: -IN_TABLE - 1 : -1]]


def _row(bar: Candle) -> Row:
    time = datetime.fromisoformat(bar.time).strftime("%Y-%m-%d %H:%M:%S")
    tone = "pt-up" if bar.close > bar.open else "pt-down" if bar.close < bar.open else ""
    close = Cell(price(bar.close), tone)
    cells = (price(bar.open), price(bar.high), price(bar.low), close, size(bar.volume))
    return Row(bar.time, (time, *cells))
