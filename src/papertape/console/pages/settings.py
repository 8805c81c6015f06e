"""API settings: all settings and precautions, saved together, validated by the station."""

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from ..parts.components import badge, button, confirmed, empty, heading, named, tried
from ..parts.fields import FormField, made
from ..parts.labels import label
from ..remote import RemoteError
from ..view import PageView
from .news import shown

Row = dict[str, Any]
SHOWS: dict[str, Callable[[Row], bool]] = {
    "All": lambda row: True,
    "Differ from the default": lambda row: bool(row["value"] != row["default"]),
    "Act": lambda row: bool(row["acts"]),
    "Cannot act": lambda row: not row["acts"],
}
"""The filters of the settings, by their labels."""
SOURCES = {
    "default": "",
    "given": "given at the start",
    "changed": "changed while running",
}


IDLE = "Without effect at a station"
"""The section of what cannot act."""


async def build(view: PageView) -> None:
    """Build the page."""
    SettingsPage(view)


def found(row: Row, wanted: str) -> bool:
    """Whether a setting contains every search word."""
    text = " ".join((label(row["name"]), row["name"], row["meaning"], row["note"])).lower()
    return all(word in text for word in wanted.lower().split())


def reason(text: str) -> str:
    """The station's advice about an invalid value, or else its whole message."""
    found = text.partition("). ")[2] or text
    return found[:1].upper() + found[1:]


def origin(row: Row) -> str:
    """The default, and the source of another value."""
    source = SOURCES.get(row["source"], row["source"])
    return f"Default: {shown(row['default'])}" + (f" · {source}" if source else "")


class SettingRow:
    """One setting on the page."""

    def __init__(self, row: Row, changed: Callable[[], object]) -> None:
        self.row = row
        with ui.element("div").classes("pt-setting") as self.box:
            named(self.box, role="group", aria_label=label(row["name"]))
            with ui.element("div").classes("pt-setting-words"):
                self._head(row)
                ui.label(row["meaning"].replace("`", "")).classes("pt-soft")
                if row["note"]:
                    ui.label(f"Without effect: {row['note']}.").classes("pt-soft pt-small")
            with ui.element("div").classes("pt-setting-value"):
                self.field: FormField = made(row, changed)
                self._error = ui.label().classes("pt-error pt-small").props('role="alert"')
                self._elsewhere = ui.label().classes("pt-small pt-warned")
                self._origin = ui.label(origin(row)).classes("pt-soft pt-small pt-num")
        self.fail("")
        self._elsewhere.set_visibility(False)

    @staticmethod
    def _head(row: Row) -> None:
        with ui.element("div").classes("pt-row"):
            ui.label(label(row["name"])).classes("pt-setting-name")
            if not row["acts"]:
                badge("without effect", "")
        ui.label(row["name"]).classes("pt-mono pt-soft")

    @property
    def changed(self) -> bool:
        """Whether the field differs from the station's value."""
        return bool(self.field.get() != self.row["value"])

    def told(self, row: Row) -> None:
        """Update the station's value; keep unsaved input."""
        touched, before = self.changed, self.row["value"]
        self.row = row
        self._origin.set_text(origin(row))
        if not touched:
            self.field.set(row["value"])
        elif row["value"] != before:
            self._elsewhere.set_text(f"Meanwhile changed elsewhere to: {shown(row['value'])}")
            self._elsewhere.set_visibility(self.changed)

    def discard(self) -> None:
        """Return to the station's value."""
        self.field.set(self.row["value"])
        self.fail("")

    def fail(self, reason: str) -> None:
        """Show why the station refuses the value; "" clears it."""
        self._error.set_text(reason)
        self._error.set_visibility(bool(reason))
        self.field.fail(bool(reason))
        self._elsewhere.set_visibility(False)


def section_of(row: Row) -> str:
    """The section of a setting: its page in TWS, or that of what cannot act."""
    return str(row["place"]) if row["acts"] else IDLE


class SettingsSection:
    """A part of the page that folds, with its link in the index."""

    def __init__(self, title: str, *, opened: bool) -> None:
        self.title = title
        with (
            ui.element("section").classes("pt-card pt-section") as self._section,
            ui.element("details") as self._part,
        ):
            named(self._section, aria_label=title)
            with ui.element("summary"):
                heading(title, 2)
                self._count = ui.label().classes("pt-soft pt-small pt-num")
            self.box = ui.element("div")
        self.opened = False
        if opened:
            self.open()
        self._part.on(
            "toggle",
            lambda event: self._folded(opened=bool(event.args)),
            js_handler="(event) => emit(event.target.open)",
        )
        self._link: ui.button | None = None

    def link(self) -> None:
        """Make the link of the index in the current container."""
        made = button(self.title, self._go, kind="plain")
        self._link = made.classes("pt-index-link")

    def count(self, many: int, *, sought: bool) -> None:
        """Say how many of its settings are shown; a search opens it."""
        self._section.set_visibility(bool(many))
        self._count.set_text(f"{many} setting{'s' if many != 1 else ''}")
        if self._link is not None:
            self._link.set_text(f"{self.title} ({many})")
            self._link.set_visibility(bool(many))
        if sought and many:
            self.open()

    def open(self) -> None:
        """Unfold it."""
        if not self.opened:
            self._folded(opened=True)

    def _folded(self, *, opened: bool) -> None:
        """The browser, or a search, has opened or closed it."""
        self.opened = opened
        if opened:
            self._part.props["open"] = True
        else:
            self._part.props.pop("open", None)
        self._part.update()

    def _go(self) -> None:
        self.open()
        ui.run_javascript(
            f"const part = getHtmlElement({self._section.id});"
            "part.scrollIntoView({block: 'start'}); part.querySelector('summary').focus();"
        )


class SettingsPage:
    """All settings, their filter, and the unsaved changes."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._lines: dict[str, SettingRow] = {}
        self._sections: dict[str, SettingsSection] = {}
        self._filter()
        with ui.element("div").classes("pt-indexed"):
            self._index = ui.element("nav").classes("pt-index")
            self._index.props('aria-label="Sections"')
            self._box = ui.element("div").classes("pt-settings")
        self._none = empty("No setting matches", "Search for another word, or show all settings.")
        self._none.set_visibility(False)
        self._bar()
        view.watch("settings", self._told)

    def _filter(self) -> None:
        with ui.element("div").classes("pt-row pt-filter").props('role="search"'):
            self._search = ui.input(placeholder="Search settings", on_change=self._sift)
            self._search.props("outlined dense clearable debounce=200 type=search")
            named(self._search, aria_label="Search settings")
            self._show = ui.select(list(SHOWS), value="All", on_change=self._sift)
            self._show.props("outlined dense options-dense")
            named(self._show, aria_label="Which settings to show")
            self._count = ui.label().classes("pt-soft pt-small pt-num").props('role="status"')

    def _bar(self) -> None:
        with ui.element("div").classes("pt-save") as self._save:
            named(self._save, role="region", aria_label="Changes")
            self._changes = ui.label().classes("pt-grow pt-num").props('role="status"')
            button("Discard", self._discard, kind="plain")
            button("Save", self._send)
        self._save.set_visibility(False)

    # -- updates from the station ---------------------------------------------------------------

    def _told(self, rows: list[Row]) -> None:
        for row in sorted(rows, key=lambda row: not row["acts"]):  # what cannot act comes last
            line = self._lines.get(row["name"])
            if line is None:
                with self._section(section_of(row)).box:
                    self._lines[row["name"]] = SettingRow(row, self._changed)
            elif line.row != row:
                line.told(row)
        self._sift()
        self._changed()

    def _section(self, title: str) -> "SettingsSection":
        if title not in self._sections:
            with self._box:
                section = self._sections[title] = SettingsSection(title, opened=title != IDLE)
            with self._index:
                section.link()
        return self._sections[title]

    # -- the filter -----------------------------------------------------------------------------

    def _sift(self) -> None:
        wanted, fits = self._search.value or "", SHOWS[self._show.value]
        seen: dict[str, int] = {}
        for line in self._lines.values():
            title = section_of(line.row)
            visible = found(line.row, wanted) and fits(line.row)
            if line.box.visible != visible:
                line.box.set_visibility(visible)
            seen[title] = seen.get(title, 0) + visible
        sought = bool(wanted) or self._show.value != "All"
        for title, section in self._sections.items():
            section.count(seen.get(title, 0), sought=sought)
        self._none.set_visibility(bool(self._lines) and not any(seen.values()))
        self._count.set_text(f"{sum(seen.values())} of {len(self._lines)} settings")

    def _changed(self) -> None:
        names = [label(line.row["name"]) for line in self._lines.values() if line.changed]
        some = f"{len(names)} changes: " if len(names) > 1 else "1 change: "
        self._changes.set_text(some + ", ".join(names) if names else "")
        self._save.set_visibility(bool(names))

    # -- saving ---------------------------------------------------------------------------------

    def _discard(self) -> None:
        for line in self._lines.values():
            line.discard()
        self._changed()

    async def _send(self) -> None:
        changes = {name: line.field.get() for name, line in self._lines.items() if line.changed}
        if not changes or ("socketPort" in changes and not await self._may_move()):
            return
        for line in self._lines.values():
            line.fail("")
        try:
            answer = await self._view.desk.patch("/settings", changes)
        except RemoteError as problem:
            self._refused(problem)
            return
        await self._saved(answer["changed"], changes)

    async def _may_move(self) -> bool:
        """Ask before a new port disconnects every program; an invalid port needs no question."""
        line = self._lines["socketPort"]
        port = line.field.get()
        if not isinstance(port, int) or not line.row["lowest"] <= port <= line.row["highest"]:
            return True
        text = (
            "Every API program gets 1300 and is disconnected. "
            f"It must reconnect on port {port}. Orders keep working."
        )
        return await confirmed("Change the socket port?", text, "Change the port")

    def _refused(self, problem: RemoteError) -> None:
        """Show each error beside its field, and all others as a notification."""
        known = {name: why for name, why in problem.errors.items() if name in self._lines}
        for name, why in known.items():
            self._lines[name].fail(reason(why))
        if known:
            self._reveal(next(line for name, line in self._lines.items() if name in known))
        if not known or len(known) < len(problem.errors):
            ui.notify(
                str(problem), type="negative", multi_line=True, close_button="Close", timeout=0
            )

    def _reveal(self, line: SettingRow) -> None:
        """Scroll to the first field with an error, even if the filter hides it."""
        if not line.box.visible:
            self._search.value, self._show.value = "", "All"
        self._sections[section_of(line.row)].open()
        line.field.focus()

    async def _saved(self, names: list[str], changes: Mapping[str, Any]) -> None:
        """Take the value as the station normalised it, such as ``11:05`` for ``11:5``."""
        rows = await tried(self._view.desk.get("/settings"))
        for row in rows or ():
            line = self._lines.get(row["name"])
            if line is not None:
                line.told(row)
                if row["name"] in changes:
                    line.discard()
        self._changed()
        if "socketPort" in names:
            station = await tried(self._view.desk.get(""))
            if station:
                where = f"{station['host']}:{station['port']}"
                ui.notify(f"Saved. API programs connect to {where} now.", type="positive")
            return
        some = f"{len(names)} settings" if len(names) != 1 else label(names[0])
        ui.notify(f"Saved: {some}", type="positive")
