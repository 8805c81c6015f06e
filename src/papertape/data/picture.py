"""A recorded day as a picture: price, spread and volume by the minute, as SVG of our own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from ..errors import MarketDataError
from ..quoting import visible
from ..store.market_folder import known_instruments
from ..venue.reference.securities import Instrument
from ..venue.units import MINUTE, SIZE_SCALE
from .exporting import chosen, decimal_text
from .gathered import (
    BarRow,
    GatheredDays,
    Measures,
    minutes_of_quotes,
    minutes_of_trades,
    ordinal,
    sorted_by_time,
)
from .tables import read_days
from .text_files import Progress, no_progress

WIDTH: Final = 960
_LEFT, _RIGHT, _TOP = 84, 24, 48
_HEIGHTS: Final = {"price": 260, "spread": 110, "volume": 110}
_GAP: Final = 30
_MOST_POINTS: Final = 1_000
_STYLE: Final = (
    "text{font:12px sans-serif;fill:#333}.t{font-size:15px;font-weight:bold}"
    ".g{stroke:#ddd}.a{stroke:#888;fill:none}.r{stroke:#9db8d9;stroke-width:1.5}"
    ".p{stroke:#1f5fa8;fill:none;stroke-width:1.2}.s{stroke:#b5651d;fill:none}"
    ".v{stroke:#4a7a4a;stroke-width:1.5}"
)


class Drawn(msgspec.Struct, frozen=True):
    """A picture, and what it shows."""

    svg: str
    title: str


Point = tuple[int, int]
"""A place along the axis, and a value in units."""


def picture(
    folder: Path, symbol: str, when: int | None = None, progress: Progress = no_progress
) -> Drawn:
    """Draw a day of an instrument: the one that is played, or ``when`` (``yyyymmdd``) by its minute
    bars; daily bars where there is nothing finer.

    Raises ``MarketDataError`` for a symbol or a day that is not there.
    """
    entry = chosen(folder, (symbol,))[0]
    instrument = known_instruments(folder)[entry.conId]
    days = GatheredDays(Measures(instrument, entry.minutes))
    read_days(folder, entry, days, progress)
    alone = when is None and not days.quotes and not days.minutes
    if alone:
        order = dict(enumerate(sorted(days.daily)))
        bars = {place: days.daily[date] for place, date in order.items()}
        span = max(len(order), 1)
        labels = [(place, _iso(order[place])) for place in _fifths(span) if place in order]
        title = f"{entry.symbol}, daily bars"
        spreads: list[Point] = []
    else:
        date = entry.date if when is None else when
        span = entry.minutes
        bars, spreads = _minutes(days, date, span)
        if not bars:
            some = ", ".join(map(str, sorted({*days.minutes, *days.quotes})[-5:])) or "none"
            raise MarketDataError(
                f"{date} is not recorded by ticks or minutes", path=folder, symbol=entry.symbol,
                advice=f"The last days that are: {some}",
            )  # fmt: skip
        labels = _hours(days.measures, date, span)
        title = f"{entry.symbol}, {_iso(date)}"
    return Drawn(_svg(title, instrument, bars, spreads, span, labels), title)


def _minutes(days: GatheredDays, date: int, span: int) -> tuple[dict[int, BarRow], list[Point]]:
    """The minute bars of a day, and its time-weighted spread in each minute of quotes."""
    bars = dict(days.minutes.get(date, {}))
    quotes, trades = days.quotes.get(date), days.trades.get(date)
    if trades is not None:
        bars = minutes_of_trades(trades)
    elif quotes is not None and not bars:
        bars = minutes_of_quotes(quotes)
    if quotes is None:
        return bars, []
    sums = [0] * span
    rows = list(sorted_by_time((quotes.time, quotes.bid, quotes.ask)))
    until = min(days.measures.length, max(rows[-1][0] + 1, MINUTE))
    for (time, bid, ask), later in zip(rows, [*(row[0] for row in rows[1:]), until]):
        while time < later:
            minute = time // MINUTE
            end = min(later, (minute + 1) * MINUTE)
            sums[minute] += (ask - bid) * (end - time)
            time = end
    last = (until - 1) // MINUTE
    return bars, [(minute, sums[minute] // MINUTE) for minute in range(last)]


def _hours(measures: Measures, date: int, span: int) -> list[tuple[int, str]]:
    """Minutes of the day at whole hours of the exchange's clock (UTC, of a day of 1440)."""
    begin = measures.begin(ordinal(date))
    wall = 0
    if begin is not None and span < 1440:
        wall = (begin // MINUTE + measures.calendar.zone.offset(begin) // 60) % 1440
    step = 60 if span <= 600 else 240
    first = -wall % step
    return [
        (minute, f"{(wall + minute) // 60 % 24:02}:00") for minute in range(first, span + 1, step)
    ]


def _fifths(span: int) -> list[int]:
    return sorted({span * part // 5 for part in range(5)} | {span - 1})


def _iso(date: int) -> str:
    return f"{date // 10_000:04}-{date // 100 % 100:02}-{date % 100:02}"


def _svg(
    title: str,
    instrument: Instrument,
    bars: dict[int, BarRow],
    spreads: list[Point],
    span: int,
    labels: Sequence[tuple[int, str]],
) -> str:
    bars = _thinned(bars)
    scale = instrument.scale
    empty = {"spread": not spreads, "volume": not any(bar[4] for bar in bars.values())}
    shown = [name for name in _HEIGHTS if not empty.get(name)]
    height = _TOP + sum(_HEIGHTS[name] + _GAP for name in shown) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(visible(title))}</title><style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="t" x="{_LEFT}" y="22">{escape(visible(title))}</text>',
    ]
    top = _TOP
    for name in shown:
        panel = _Panel(top, _HEIGHTS[name], span)
        if name == "price":
            low, high = min(bar[2] for bar in bars.values()), max(bar[1] for bar in bars.values())
            parts += panel.axes(f"price, {instrument.currency}", low, high, scale)
            parts += [panel.stroke("r", at, bar[2], bar[1]) for at, bar in bars.items()]
            parts.append(panel.line("p", [(at, bar[3]) for at, bar in bars.items()]))
        elif name == "spread":
            parts += panel.axes("spread", 0, max(value for _, value in spreads), scale)
            parts.append(panel.line("s", spreads))
        else:
            parts += panel.axes("volume", 0, max(bar[4] for bar in bars.values()), SIZE_SCALE)
            parts += [panel.stroke("v", at, 0, bar[4]) for at, bar in bars.items() if bar[4]]
        parts += panel.grid(labels)
        top += _HEIGHTS[name] + _GAP
    bottom = top - _GAP + 18
    for at, text in labels:
        anchor = "end" if panel.x(at) > WIDTH - 2 * _RIGHT else "middle"
        place = f'x="{panel.x(at):.1f}" y="{bottom}" text-anchor="{anchor}"'
        parts.append(f"<text {place}>{escape(text)}</text>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _thinned(bars: dict[int, BarRow]) -> dict[int, BarRow]:
    """At most ``_MOST_POINTS`` bars, each of several neighbours."""
    together = -(-len(bars) // _MOST_POINTS)
    if together < 2:
        return dict(sorted(bars.items()))
    rows = sorted(bars.items())
    found = {}
    for begin in range(0, len(rows), together):
        some = rows[begin : begin + together]
        opened, close = some[0][1][0], some[-1][1][3]
        high, low = max(bar[1] for _, bar in some), min(bar[2] for _, bar in some)
        found[some[0][0]] = (opened, high, low, close, sum(bar[4] for _, bar in some))
    return found


def _step(span: int) -> int:
    """A round number that goes three to eight times into a range of values."""
    ten: int = 10 ** max(len(str(span)) - 2, 0)
    return next(ten * part for part in (1, 2, 5, 10, 20, 50) if span <= ten * part * 6)


class _Panel:
    """One chart of the picture, with the range of its values."""

    def __init__(self, top: int, height: int, span: int) -> None:
        self._top, self._height, self._span = top, height, max(span, 1)
        self._low, self._high = 0, 1

    def x(self, at: int) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * at / self._span

    def y(self, value: int) -> float:
        part = (value - self._low) / (self._high - self._low)
        return self._top + self._height * (1 - part)

    def axes(self, name: str, low: int, high: int, scale: int) -> list[str]:
        step = _step(max(high - low, 1))
        self._low, self._high = low // step * step, -(-max(high, low + 1) // step) * step
        right, bottom = WIDTH - _RIGHT, self._top + self._height
        parts = [
            f'<text x="{_LEFT}" y="{self._top - 6}">{escape(name)}</text>',
            f'<path class="a" d="M{_LEFT} {self._top}V{bottom}H{right}"/>',
        ]
        for value in range(self._low, self._high + 1, step):
            y = self.y(value)
            parts.append(f'<path class="g" d="M{_LEFT} {y:.1f}H{right}"/>')
            text = decimal_text(value, scale)
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
        return parts

    def grid(self, labels: Sequence[tuple[int, str]]) -> list[str]:
        bottom = self._top + self._height
        return [f'<path class="g" d="M{self.x(at):.1f} {self._top}V{bottom}"/>' for at, _ in labels]

    def stroke(self, style: str, at: int, low: int, high: int) -> str:
        return f'<path class="{style}" d="M{self.x(at):.1f} {self.y(low):.1f}V{self.y(high):.1f}"/>'

    def line(self, style: str, points: Sequence[Point]) -> str:
        told = " ".join(f"{self.x(at):.1f},{self.y(value):.1f}" for at, value in points)
        return f'<polyline class="{style}" points="{told}"/>'
