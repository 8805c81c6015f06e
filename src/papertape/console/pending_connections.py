"""Connections that wait for a decision: the dialog on every page, and the same list as a card.

Every connection has its own buttons: what is decided is decided about the one that was read. The
dialog takes the focus, but none of its buttons has it, so that no key meant for something else
accepts anybody.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from nicegui import ui

from .parts.components import button, card, heading, named, tried

if TYPE_CHECKING:
    from .view import View

Row = dict[str, Any]
TICK_S = 1.0
MOST_OVER = 5
"""Rows that stay for connections that wait no more, while the dialog is open."""


class Countdown:
    """How long something still has, by market time, between two looks at the station."""

    def __init__(self) -> None:
        self._time: datetime | None = None
        self._at = 0.0
        self._speed = 1.0

    def told(self, station: Row, at: float) -> None:
        """What the station said of its time; ``at`` is the monotonic clock then, in seconds."""
        self._time = datetime.fromisoformat(station["time"])
        self._at, self._speed = at, float(station["speed"])

    def left(self, until: str, at: float) -> float | None:
        """Real seconds until a market time, not below 0; None while that cannot be said."""
        if self._time is None or self._speed <= 0:
            return None
        market = (datetime.fromisoformat(until) - self._time).total_seconds()
        return max(0.0, market / self._speed - (at - self._at))


def who(row: Row) -> str:
    """A waiting connection in words."""
    return f"client id {row['client_id']} · server version {row['version']}"


def remaining(seconds: float | None) -> str:
    """A countdown in words."""
    return "" if seconds is None else f"Rejected by itself in {round(seconds)} s"


class PendingConnection:
    """One waiting connection: who it is, how long it has, and the three answers."""

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
        """Show how long it still has."""
        if not self.over:
            self._left.set_text(remaining(seconds))

    def end(self, word: str) -> None:
        """It waits no more; the row stays where it is, so that none moves under the pointer."""
        if not self.over:
            self.over = True
            self._left.set_text(word)
            self._answers.set_visibility(False)


class PendingList:
    """The list of those who wait, in the container that is open."""

    def __init__(self, view: "PageView") -> None:
        self.waiting: list[Row] = []
        self._view = view
        self._changed: Callable[[], object] = list
        self._clock = Countdown()
        self._rows: dict[int, PendingConnection] = {}
        self._box = ui.element("div").classes("pt-asks")
        self._timer = ui.timer(TICK_S, self._tick, active=False)

    def start(self, changed: Callable[[], object]) -> None:
        """Look on; ``changed`` is called whenever the list may be another."""
        self._changed = changed
        self._view.watch("waiting", self._told)
        self._view.watch("station", self._time)

    @property
    def open(self) -> bool:
        """Whether one of those shown still waits."""
        return any(not row.over for row in self._rows.values())

    def clear(self) -> None:
        """Forget those who wait no more."""
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
    """Ask as soon as somebody waits. Escape and Later put it off until somebody else comes."""
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
    """The same list as a part of a page, there while somebody waits."""
    with card("Waiting for a decision") as part:
        requests = PendingList(view)

    def changed() -> None:
        requests.clear()
        part.set_visibility(requests.open)

    changed()
    requests.start(changed)
