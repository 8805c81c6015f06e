"""Connections that wait to be accepted: a dialog on every page, and a list as a card.

Every connection has its own buttons, so that a decision applies to the connection shown beside it.
The dialog takes the focus but gives it to no button, so that a key pressed for something else
accepts no connection.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from nicegui import ui

from .parts.components import button, card, heading, named, tried

if TYPE_CHECKING:
    from .view import PageView

Row = dict[str, Any]
TICK_S = 1.0
MOST_OVER = 5
"""Rows of decided connections that stay while the dialog is open."""


class Countdown:
    """Counts down to a market time between two requests to the station."""

    def __init__(self) -> None:
        self._time: datetime | None = None
        self._at = 0.0
        self._speed = 1.0

    def told(self, station: Row, at: float) -> None:
        """Take the station's time; ``at`` is the monotonic clock at that moment, in seconds."""
        self._time = datetime.fromisoformat(station["time"])
        self._at, self._speed = at, float(station["speed"])

    def left(self, until: str, at: float) -> float | None:
        """Real seconds until a market time, at least 0; None while unknown."""
        if self._time is None or self._speed <= 0:
            return None
        market = (datetime.fromisoformat(until) - self._time).total_seconds()
        return max(0.0, market / self._speed - (at - self._at))


def who(row: Row) -> str:
    """A waiting connection in words."""
    return f"client id {row['client_id']} · server version {row['version']}"


def remaining(seconds: float | None) -> str:
    """A countdown in words."""
    return "" if seconds is None else f"Rejected automatically in {round(seconds)} s"


class PendingConnection:
    """One waiting connection: its description, its countdown, and three buttons."""

    def __init__(self, desk: Any, row: Row, done: Callable[[], object]) -> None:
        self.over = False
        self.until: str = row["until"]
        self._path = f"/waiting/{row['number']}"
        self._desk, self._done = desk, done
        with ui.element("div").classes("pt-ask") as self.box:
            named(self.box, role="group")
            named(self.box, aria_label=f"Connection from {row['address']}, {who(row)}")
            ui.label(row["address"]).classes("pt-address pt-num")
            ui.label(who(row)).classes("pt-soft pt-num")
            self._left = ui.label().classes("pt-soft pt-small pt-num")
            with ui.element("div").classes("pt-row") as self._answers:
                self._answer("Accept", "accept", "Accepted", "button")
                self._answer("Always from this address", "accept", "Accepted", "plain", always=True)
                self._answer("Reject", "reject", "Rejected", "danger")

    def _answer(self, text: str, verb: str, done: str, kind: str, **body: bool) -> None:
        async def decide() -> None:
            await self._decide(self._desk.post(f"{self._path}/{verb}", body or None), done)

        button(text, decide, kind=kind)

    async def _decide(self, doing: Awaitable[Any], done: str) -> None:
        self._enable(False)
        if await tried(doing) is None:
            self._enable(True)
        else:
            self.end(done)
            self._done()

    def _enable(self, enabled: bool) -> None:
        for one in self._answers.default_slot.children:
            if isinstance(one, ui.button):
                one.set_enabled(enabled)

    def tick(self, seconds: float | None) -> None:
        """Show the remaining time."""
        if not self.over:
            self._left.set_text(remaining(seconds))

    def end(self, word: str) -> None:
        """Mark it as decided. The row stays, so that no other one moves under the pointer."""
        if not self.over:
            self.over = True
            self._left.set_text(word)
            self._answers.set_visibility(False)


class PendingList:
    """The list of waiting connections, in the current container."""

    def __init__(self, view: "PageView") -> None:
        self.waiting: list[Row] = []
        self._view = view
        self._changed: Callable[[], object] = list
        self._clock = Countdown()
        self._rows: dict[int, PendingConnection] = {}
        self._box = ui.element("div").classes("pt-asks")
        self._timer = ui.timer(TICK_S, self._tick, active=False)

    def start(self, changed: Callable[[], object]) -> None:
        """Start watching; ``changed`` is called when the list may have changed."""
        self._changed = changed
        self._view.watch("waiting", self._told)
        self._view.watch("station", self._time)

    @property
    def open(self) -> bool:
        """Whether any connection shown is still waiting."""
        return any(not row.over for row in self._rows.values())

    def clear(self) -> None:
        """Remove the connections that are decided."""
        for number, row in list(self._rows.items()):
            if row.over:
                self._rows.pop(number).box.delete()

    def _told(self, rows: list[Row]) -> None:
        self.waiting = rows
        numbers = {row["number"] for row in rows}
        for number, shown in self._rows.items():
            if number not in numbers:
                shown.end("No longer waiting")
        over = [number for number, shown in self._rows.items() if shown.over]
        for number in over[:-MOST_OVER]:
            self._rows.pop(number).box.delete()
        for row in rows:
            if row["number"] not in self._rows:
                with self._box:
                    self._rows[row["number"]] = PendingConnection(
                        self._view.desk, row, self._changed
                    )
        self._timer.active = bool(rows)
        self._tick()
        self._changed()

    def _time(self, station: Row) -> None:
        self._clock.told(station, monotonic())
        self._tick()

    def _tick(self) -> None:
        for row in self._rows.values():
            row.tick(self._clock.left(row.until, monotonic()))


def dialog(view: "PageView") -> None:
    """Open as soon as a connection waits. Escape and Later close it until another one arrives."""
    asked: set[int] = set()
    with ui.dialog().props("no-backdrop-dismiss") as box, ui.card().classes("pt-asking"):
        named(box, role="alertdialog", aria_label="Accept incoming connection?")
        heading("Accept incoming connection?", 2)
        ui.label(
            "An API program wants to connect from an address that is not trusted. "
            "Always trusts the address from now on."
        ).classes("pt-soft")
        requests = PendingList(view)
        with ui.element("div").classes("pt-row pt-end"):
            button("Later", box.close, kind="plain")
    again = button("", box.open)
    again.classes("pt-again").set_visibility(False)

    def changed() -> None:
        asked.intersection_update(row["number"] for row in requests.waiting)
        fresh = {row["number"] for row in requests.waiting} - asked
        asked.update(fresh)
        if not requests.open:
            box.close()
        elif fresh:
            box.open()
        put_off()

    def put_off() -> None:
        if not box.value:
            requests.clear()
        some = len(requests.waiting)
        again.set_text(f"{some} connection{'s' if some > 1 else ''} waiting")
        again.set_visibility(requests.open and not box.value)

    box.on_value_change(put_off)
    requests.start(changed)


def waiting(view: "PageView") -> None:
    """The same list as a section of a page, visible while a connection waits."""
    with card("Waiting for a decision") as part:
        requests = PendingList(view)

    def changed() -> None:
        requests.clear()
        part.set_visibility(requests.open)

    changed()
    requests.start(changed)
