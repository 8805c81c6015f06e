"""Connections: sessions, pending connections, indicators, and recent events."""

from collections import deque
from contextlib import suppress
from typing import Any

from nicegui import ui

from .. import pending_connections
from ..parts.components import badge, card, clock, confirmed, empty, named, set_badge, tried
from ..parts.grid import Cell, Col, Grid, Row
from ..remote import RemoteError
from ..view import PageView
from .news import SENTENCES, sentence, tone

Facts = dict[str, Any]
COLUMNS = (
    Col("Client"), Col("Address"), Col("Version", right=True), Col("Format"), Col("Since"),
    Col("Messages in", right=True), Col("Out", right=True), Col("In/s", right=True),
    Col("Out/s", right=True), Col("Lag, s", right=True), Col("Unsent, bytes", right=True),
    Col("Subscriptions", right=True),
)  # fmt: skip
LATE_S = 1.0
"""The lag from which it is highlighted."""
SHOWN = 50
"""Events on the page."""
BEAT_S = 0.5
"""Seconds between two updates."""


async def build(view: PageView) -> None:
    """Build the page."""
    pending_connections.waiting(view)
    _sessions(view)
    with ui.element("div").classes("pt-grid"):
        _indicators(view)
        await _news(view)


# -- sessions -----------------------------------------------------------------------------------


def session_name(session: Facts) -> str:
    """A session's name: its client id once it has one."""
    client = session["client_id"]
    return f"connection {session['number']}" if client is None else f"client {client}"


def session_row(session: Facts) -> Row:
    """A session as the table shows it."""
    client, lag = session["client_id"], session["lag_s"]
    late = "pt-down" if session["paused"] or lag >= LATE_S else ""
    cells = (
        "not started" if client is None else str(client),
        session["address"],
        str(session["version"] or ""),
        session["format"] if session["version"] else "",
        clock(session["since"]),
        f"{session['received']:,}",
        f"{session['sent']:,}",
        _rate(session["in_per_s"]),
        _rate(session["out_per_s"]),
        Cell(f"{lag:.1f}", late),
        Cell(f"{session['unsent_bytes']:,}", late),
        f"{session['subscriptions']:,}",
    )
    return Row(str(session["number"]), cells, f"Disconnect {session_name(session)}")


def _rate(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _sessions(view: PageView) -> None:
    names: dict[str, str] = {}

    async def disconnect(number: str) -> None:
        name = names.get(number, f"connection {number}")
        text = "Its socket is closed. Its working orders stay."
        if await confirmed(f"Disconnect {name}?", text, "Disconnect"):
            post = view.desk.post(f"/sessions/{number}/disconnect")
            await tried(post, f"{name[:1].upper()}{name[1:]} is disconnected")

    with card("Sessions"):
        nobody = empty(
            "No program is connected",
            "Connect a TWS API program to the address at the top of this page.",
        )
        shown = Grid(COLUMNS, label="Sessions", act="Disconnect", on_act=disconnect)

    def told(sessions: list[Facts]) -> None:
        nobody.set_visibility(not sessions)
        shown.set_visibility(bool(sessions))
        names.clear()
        names.update({str(one["number"]): session_name(one) for one in sessions})
        shown.show([session_row(one) for one in sessions])

    view.watch("sessions", told)


# -- indicators ---------------------------------------------------------------------------------


class Indicator:
    """The state of the API, the broker link or a farm, and its latest notice."""

    def __init__(self, name: str, kind: str) -> None:
        with ui.element("li").classes("pt-indicator") as row:
            named(row, data_indicator=name)
            with ui.element("div").classes("pt-indicator-name"):
                ui.label(name)
                ui.label(kind).classes("pt-soft pt-small")
            self._status = badge("")
            with ui.element("div").classes("pt-indicator-notice pt-small"):
                self._code = ui.label().classes("pt-num")
                self._text = ui.label().classes("pt-soft")

    def show(self, status: str, tone: str, notice: Facts | None, none: str = "") -> None:
        """Show its state; ``none`` is shown before the first notice."""
        set_badge(self._status, status, tone)
        self._code.set_text(f"{notice['code']} · {clock(notice['time'])}" if notice else "")
        self._code.set_visibility(notice is not None)
        self._text.set_text(notice["text"] if notice else none)


def _indicators(view: PageView) -> None:
    with card("Indicators"), ui.element("ul").classes("pt-list") as box:
        api = Indicator("API", "sessions of API programs")
        link = Indicator("Broker link", "between this station and the broker")
    farms: dict[str, Indicator] = {}

    def station(row: Facts) -> None:
        count = row["sessions"]
        word = f"{count} connected" if count else "listening"
        waiting = f", {row['waiting']} waiting" if row["waiting"] else ""
        address = f"Programs connect to {row['host']}:{row['port']}"
        api.show(word + waiting, "good" if count else "warn", row["notice"], address)

    def linked(row: Facts) -> None:
        word, colour = ("up", "good") if row["up"] else ("down", "bad")
        if row["up"] and row["competing"]:
            word, colour = "competing session", "warn"
        held = row["held_orders"]
        orders = f", {held} order{'s' if held > 1 else ''} held" if held else ""
        link.show(word + orders, colour, row["notice"], "No notice yet")

    def told(rows: list[Facts]) -> None:
        for row in rows:
            if row["name"] not in farms:
                with box:
                    farms[row["name"]] = Indicator(row["name"], f"{row['kind']} farm")
            none = "Turns green on the first request" if row["status"] == "inactive" else ""
            farms[row["name"]].show(
                row["status"], farm_tone(row["status"]), row["notice"], none or "No notice yet"
            )

    view.watch("station", station)
    view.watch("link", linked)
    view.watch("farms", told)


def farm_tone(status: str) -> str:
    """The colours of TWS: yellow while inactive or connecting, green, red."""
    return {"ok": "good", "inactive": "warn", "connecting": "warn", "broken": "bad"}.get(status, "")


# -- events -------------------------------------------------------------------------------------


async def _news(view: PageView) -> None:
    """Recent events, newest first."""
    with card("Recent news"):
        nothing = empty("Nothing has happened yet", "Connections, farms and drills appear here.")
        box = ui.element("ol").classes("pt-list pt-news")
        named(box, tabindex="0", aria_label="News, the newest first")
    fresh: deque[Facts] = deque(maxlen=SHOWN)
    with suppress(RemoteError):  # the banner of the layout says that the station does not answer
        fresh.extend(await view.desk.get("/events", kind=list(SENTENCES)))
    seen = fresh[-1]["number"] if fresh else 0

    def hear(news: Facts) -> None:
        if news["number"] > seen and news["kind"] in SENTENCES:
            fresh.append(news)

    def flush() -> None:
        while fresh:
            _line(box, fresh.popleft())
        rows = box.default_slot.children
        for old in rows[SHOWN:]:
            old.delete()
        nothing.set_visibility(not rows)

    view.listen(hear)
    ui.timer(BEAT_S, flush)
    flush()


def _line(box: ui.element, news: Facts) -> None:
    text = sentence(news)
    if not text:
        return
    with box, ui.element("li") as line:
        ui.label(clock(news["time"])).classes("pt-soft pt-small pt-num")
        ui.label(text).classes(f"pt-mark {tone(news)}")
    line.move(target_index=0)
