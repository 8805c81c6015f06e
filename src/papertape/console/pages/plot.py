"""The drawing of a chart: candles, volume and marks, by ECharts in the browser."""

from collections.abc import Callable, Sequence
from typing import Any

import nicegui.elements.echart  # noqa: F401 (it brings the library that candles.js imports)
from nicegui.element import Element

from .candles import MOST, Candle, ExecutionMark


class Plot(Element, component="candles.js"):
    """Sends each bar to the browser once, and again when it changes.

    ``on_ready`` is called when the browser can draw.
    """

    def __init__(self, on_ready: Callable[[], object]) -> None:
        super().__init__()
        self._props["text"] = "Chart"
        self._ready = False
        self._on_ready = on_ready
        self.on("ready", self._mounted)

    def load(
        self,
        bars: Sequence[Candle],
        marks: Sequence[ExecutionMark],
        *,
        digits: int,
        seconds: int,
        zone: tuple[str, str] = ("UTC", "UTC"),
    ) -> None:
        """Clear the chart; ``digits`` of a price, ``seconds`` of a bar, the ``zone`` of the time
        axis by its IANA name and as it is called there."""
        drawn = [_numbers(bar) for bar in bars]
        self._run("load", drawn, [list(mark) for mark in marks], digits, seconds, *zone)

    def patch(self, bars: Sequence[Candle]) -> None:
        """Send bars that are new or changed."""
        self._run("patch", [_numbers(bar) for bar in bars], MOST)

    def show_marks(self, marks: Sequence[ExecutionMark]) -> None:
        """Send all executions."""
        self._run("mark", [list(mark) for mark in marks])

    def go(self, way: str) -> None:
        """Zoom ``in`` or ``out``, or show ``earlier``, ``later`` or ``latest`` bars."""
        self._run("move", way)

    def say(self, text: str) -> None:
        """Set the description for screen readers."""
        if self._props["text"] != text:
            self._props["text"] = text
            self.update()

    def _mounted(self) -> None:
        self._ready = True
        self._on_ready()

    def _run(self, name: str, *args: Any) -> None:
        """Call the browser's part. Does nothing before ``on_ready``."""
        if self._ready:
            self.run_method(name, *args)


def _numbers(bar: Candle) -> list[Any]:
    return list(bar[:6])
