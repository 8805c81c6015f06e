"""The station's log: latest lines, level, search, pause, and export as text.

The newest line is at the bottom, as in a terminal. The browser keeps the lines and receives only
new ones. An event of the kind ``log`` says when to fetch; the lines are those of ``/log`` after the
last number seen, so that none is missed when the events were interrupted.
"""

import asyncio
import json
from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from ..parts.components import button, card, empty, named
from ..remote import RemoteError
from ..view import PageView

Row = dict[str, Any]
KEPT = 1000
"""Lines kept in the browser; the station keeps as many."""
LEVELS = {"All": 0, "Warnings and errors": 30, "Errors": 40}
WEIGHTS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
QUICKEST_S = 0.5
"""Seconds between two fetches."""
AT_LEAST_S = 5.0
"""Seconds between two fetches without an event."""
RETRY_S = 1.0
"""Seconds until the next attempt after the events have ended."""


class LogLines(ui.element, component="log.js"):
    """The lines in the browser."""

    def __init__(self) -> None:
        super().__init__()
        named(self, least=0, search="", most=KEPT, follow=True)

    def add(self, rows: list[Row]) -> None:
        """Append lines."""
        self.run_method("add", rows)


async def build(view: PageView) -> None:
    """Build the page."""
    with card("Station log"):
        bar = ui.element("div").classes("pt-row pt-filter")
        nothing = empty("The log is empty", "Messages from the station appear here.")
        lines = LogLines()
    feed = LogFeed(view, lines, nothing)
    with bar:
        _filter(lines)
        _buttons(view, feed, lines)
    feed.start()


def line(row: Row) -> Row:
    """A line in the form for the browser; times in UTC with milliseconds."""
    time = datetime.fromisoformat(row["time"])
    return {
        "number": row["number"],
        "time": time.strftime("%H:%M:%S.") + f"{time.microsecond // 1000:03}",
        "level": row["level"],
        "weight": WEIGHTS.get(row["level"], 20),
        "message": row["message"],
        "error": row.get("error") or "",
    }


def gap(after: int, rows: list[Row]) -> list[Row]:
    """Insert a line that says so where lines may be missing."""
    if not after or len(rows) < KEPT:
        return []
    words = "Some lines are missing here: more came than the station keeps."
    first = rows[0]
    return [first | {"number": -first["number"], "level": "warning", "message": words, "error": ""}]


class LogFeed:
    """Fetches new lines while the page is open and not paused."""

    def __init__(self, view: PageView, lines: LogLines, nothing: ui.element) -> None:
        self.paused = False
        self._view, self._lines, self._nothing = view, lines, nothing
        self._client = ui.context.client
        self._after = 0
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Start fetching; ends with the page."""
        for work in (self._listen(), self._keep()):
            task = asyncio.ensure_future(work)
            self._view.at_end(task.cancel)

    def pause(self, paused: bool) -> None:
        """Pause, or catch up."""
        self.paused = paused
        self._wake.set()

    async def _listen(self) -> None:
        desk = self._view.desk
        while True:
            with suppress(RemoteError):
                async for _ in desk.remote.follow(desk.station, "/events", kind="log"):
                    self._wake.set()
            await asyncio.sleep(RETRY_S)

    async def _keep(self) -> None:
        await self._client.connected()
        while True:
            self._wake.clear()
            if not self.paused:
                with suppress(RemoteError):  # the layout's banner reports a silent station
                    await self._fetch(self._view.desk.get("/log", after=self._after))
            await asyncio.sleep(QUICKEST_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), AT_LEAST_S)

    async def _fetch(self, asked: Awaitable[list[Row]]) -> None:
        rows = await asked
        if self.paused or not rows:
            return
        made = [line(row) for row in gap(self._after, rows) + rows]
        self._after = rows[-1]["number"]
        with self._client:
            self._nothing.set_visibility(False)
            self._lines.add(made)


def _filter(lines: LogLines) -> None:
    search = ui.input(placeholder="Search the log")
    search.props("outlined dense clearable debounce=200 type=search")
    named(search, aria_label="Search the log")
    search.on_value_change(lambda: named(lines, search=search.value or ""))
    level = ui.select(list(LEVELS), value="All").props("outlined dense options-dense")
    named(level, aria_label="Level")
    level.on_value_change(lambda: named(lines, least=LEVELS[level.value]))
    count = ui.label().classes("pt-soft pt-small pt-num pt-grow").props('role="status"')

    def counted(event: GenericEventArguments) -> None:
        shown, kept = event.args
        count.set_text(f"{shown:,} of {kept:,} lines" if shown != kept else f"{kept:,} lines")

    lines.on("counted", counted)


def _buttons(view: PageView, feed: LogFeed, lines: LogLines) -> None:
    def pause() -> None:
        feed.pause(not feed.paused)
        hold.set_text("Continue" if feed.paused else "Pause")

    hold = button("Pause", pause, kind="plain")
    newest = button("Newest", lambda: follow(True), kind="plain", label="Go to the newest line")
    newest.set_visibility(False)
    copy = button("Copy", lambda: ui.notify("Copied"), kind="plain")
    copy.on("click", js_handler=f"() => getElement({lines.id}).copy()")
    save = button("Save", lambda: None, kind="plain", label="Save as text")
    name = json.dumps(f"papertape-{view.desk.station}.log")
    save.on("click", js_handler=f"() => getElement({lines.id}).save({name})")

    def follow(on: bool) -> None:
        named(lines, follow=on)
        newest.set_visibility(not on)

    lines.on("followed", lambda event: follow(bool(event.args)))
