"""The market's clock in the header of every page: its time and speed, and how to change them."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from nicegui import ui

from .parts.components import button, heading, tried
from .view import PageView

MAX: Final = "max"
Speed = float | str
"""A multiple of real time, or as fast as clients follow."""
SPEEDS: Final[tuple[Speed, ...]] = (0.1, 1, 2, 5, 10, 60, 600, 3600, MAX)
"""Speeds that are offered; the control API takes others too."""
STEPS: Final = {1: "1 s", 60: "1 min", 300: "5 min", 3600: "1 hour", 86_400: "1 day"}
"""Seconds to jump ahead -> what it is called."""


def clock_text(told: dict[str, Any]) -> str:
    """The market's time, UTC."""
    return f"{datetime.fromisoformat(told['time']).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def speed_text(speed: Speed) -> str:
    """The speed of the clock."""
    if isinstance(speed, str):
        return speed
    return "paused" if not speed else f"×{speed:g}"


def pace_text(told: dict[str, Any]) -> str:
    """How fast the clock runs; at the highest speed, how fast that has been."""
    if told["max"]:
        return f"{MAX} ×{told['speed']:,.0f}"
    return speed_text(told["speed"])


class ClockControl:
    """Shows the clock; pressing it opens its controls."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._speed: Speed = 1.0
        """The latest speed that was not a pause."""
        self._paused = False
        self._button = ui.button("", color=None, on_click=self._open)
        self._button.props("unelevated no-caps").classes("pt-plain pt-clock pt-num")
        self._button.props('aria-label="Market clock"')
        with ui.dialog() as self._box, ui.card().props('aria-label="Market clock"'):
            heading("Market clock", 2)
            self._time = ui.label().classes("pt-num pt-strong")
            ui.label("Speed, as a multiple of real time").classes("pt-soft pt-small")
            with ui.element("div").classes("pt-row"):
                for speed in SPEEDS:
                    self._key(speed_text(speed), partial(self._run, speed))
            with ui.element("div").classes("pt-row"):
                self._pause = button("Pause", self._turn)
            ui.label("Jump ahead; what falls due on the way happens at its time").classes(
                "pt-soft pt-small"
            )
            with ui.element("div").classes("pt-row"):
                for seconds, title in STEPS.items():
                    self._key(f"+{title}", partial(self._step, seconds))
            with ui.element("div").classes("pt-row pt-end"):
                button("Done", self._box.close, kind="plain")
        view.watch("clock", self._show)

    def _key(self, text: str, press: Any) -> None:
        button(text, press, kind="plain").classes("pt-tick")

    def _open(self) -> None:
        self._box.open()

    def _show(self, told: dict[str, Any]) -> None:
        self._paused = not told["speed"] and not told["max"]
        if not self._paused:
            self._speed = MAX if told["max"] else told["speed"]
        words = f"{clock_text(told)} {pace_text(told)}"
        self._button.set_text(words)
        self._time.set_text(words)
        again = f"Run at {speed_text(self._speed)}"
        self._pause.set_text(again if self._paused else "Pause")

    async def _turn(self) -> None:
        await self._run(self._speed if self._paused else 0)

    async def _run(self, speed: Speed) -> None:
        await tried(self._view.desk.patch("/clock", {"speed": speed}))

    async def _step(self, seconds: int) -> None:
        await tried(self._view.desk.post("/clock/step", {"seconds": seconds}))
