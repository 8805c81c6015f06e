"""A line of values over time."""

from collections.abc import Sequence
from datetime import datetime

from nicegui.element import Element

from ..equity import EquityPoint
from .number_format import money, signed


class ValueLine(Element, component="line.js"):
    """Draws up to some hundred points, with the lowest, the highest and the latest value."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label
        self._shown: tuple[EquityPoint, ...] = ()
        self.show(())

    def show(self, points: Sequence[EquityPoint], currency: str = "") -> None:
        """Draw these points."""
        if self._shown == tuple(points) and points:
            return
        self._shown = tuple(points)
        values = [point.value for point in points]
        first, last = (points[0], points[-1]) if points else (None, None)
        self._props["values"] = values
        self._props["high"] = money(max(values)) if values else ""
        self._props["low"] = money(min(values)) if values else ""
        self._props["last"] = f"{money(last.value)} {currency}" if last else ""
        self._props["from"] = _clock(first.time) if first else ""
        self._props["to"] = f"{_clock(last.time)} UTC" if last else ""
        self._props["text"] = self._words(points, currency)
        self.update()

    def _words(self, points: Sequence[EquityPoint], currency: str) -> str:
        """The line for screen readers."""
        if not points:
            return f"{self._label}: no values yet"
        change = signed(points[-1].value - points[0].value)
        return (
            f"{self._label}: {money(points[-1].value)} {currency}, {change} since "
            f"{_clock(points[0].time)}"
        )


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text):%H:%M:%S}"
