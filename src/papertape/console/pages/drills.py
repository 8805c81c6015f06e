"""Drills: faults that the station simulates, each with its options, and past runs."""

import shlex
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ..parts.components import badge, button, card, clock, empty, named, tried
from ..parts.fields import FormField, NumberField, SwitchField, TextField
from ..parts.grid import Cell, Col, Grid, Row
from ..remote import RemoteError
from ..view import PageView

Facts = dict[str, Any]
COLUMNS = (
    Col("No.", right=True), Col("Drill"), Col("Options"), Col("Began"), Col("Acts at"),
    Col("Ended"), Col("State", badge=True),
)  # fmt: skip
SHOWN = 200
"""Latest runs shown in the table."""
BLANK = ("", "none", '""')
"""Defaults that leave a field empty: required, or optional."""


async def build(view: PageView) -> None:
    """Build the page."""
    _runs(view)
    with ui.element("div").classes("pt-grid pt-drills") as box:
        nothing = empty("No drills yet", "They appear when the station answers.")
    cards: dict[str, DrillCard] = {}

    def catalogue(rows: list[Facts]) -> None:
        nothing.set_visibility(not rows)
        for row in rows:
            if row["name"] not in cards:
                with box:
                    cards[row["name"]] = DrillCard(view, row)

    def runs(rows: list[Facts]) -> None:
        for name, shown in cards.items():
            shown.running([row["number"] for row in rows if row["name"] == name and open_(row)])

    def farms(rows: list[Facts]) -> None:
        for shown in cards.values():
            shown.farms([row["name"] for row in rows])

    view.watch("drills", catalogue)
    view.watch("runs", runs)
    view.watch("farms", farms)


def open_(run: Facts) -> bool:
    """Whether a run is active."""
    return run["ended"] is None


def options(given: Facts) -> str:
    """The options of a run in command line form."""
    return " ".join(f"{name}={word(value)}" for name, value in given.items() if value is not None)


def word(value: Any) -> str:
    """A value in command line form."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else shlex.quote(str(value))


def run_row(run: Facts) -> Row:
    """A run as the table shows it."""
    running = open_(run)
    cells = (
        str(run["number"]),
        run["name"],
        options(run["options"]),
        clock(run["began"]),
        clock(run["acts_at"]),
        clock(run["ended"]),
        Cell(run["state"], "warn" if running else ""),
    )
    act = f"Stop {run['name']}, run {run['number']}" if running else ""
    return Row(str(run["number"]), cells, act)


def issue(text: str) -> str:
    """The address of a public issue: ``owner/repository#number``; "" for anything else."""
    place, _, number = text.partition("#")
    owner, _, repository = place.partition("/")
    plain = all(part and part.replace("-", "").replace("_", "").replace(".", "").isalnum()
                for part in (owner, repository))  # fmt: skip
    fits = plain and text.isascii() and number.isdecimal()
    return f"https://github.com/{owner}/{repository}/issues/{number}" if fits else ""


def _runs(view: PageView) -> None:
    async def stop(number: str) -> None:
        await tried(view.desk.post(f"/drills/runs/{number}/stop"), f"Run {number} is stopped")

    with card("Runs") as part:
        part.classes("pt-runs")
        nothing = empty("No drill has run yet", "Start one of those below.")
        shown = Grid(COLUMNS, label="Runs", act="Stop", on_act=stop)

    def told(runs: list[Facts]) -> None:
        nothing.set_visibility(not runs)
        shown.set_visibility(bool(runs))
        shown.show([run_row(run) for run in reversed(runs[-SHOWN:])])

    view.watch("runs", told)


class DrillCard:
    """One drill: what it does, its options, the buttons."""

    def __init__(self, view: PageView, row: Facts) -> None:
        self._view, self._name = view, row["name"]
        self._numbers: list[int] = []
        self._fields: list[tuple[Facts, FormField]] = []
        with card(row["name"]) as part:
            part.classes("pt-drill")
            ui.label(sentence(row["summary"])).classes("pt-drill-summary")
            for text in paragraphs(row["explanation"]):
                ui.label(text).classes("pt-soft")
            self._options(row["options"])
            self._error = ui.label().classes("pt-error pt-small").props('role="alert"')
            with ui.element("div").classes("pt-row"):
                button("Start", self._start, label=f"Start {self._name}")
                self._stop = button("Stop", self._end, kind="plain", label=f"Stop {self._name}")
                self._badge = badge("running", "warn")
            _issues(row["issues"])
        self._error.set_visibility(False)
        self.running([])

    def _options(self, rows: list[Facts]) -> None:
        with ui.element("div").classes("pt-options") as box:
            for row in rows:
                with ui.element("div").classes("pt-option"):
                    ui.label(row["name"]).classes("pt-mono")
                    field = option(row)
                field.element.on("keydown.enter", self._start)
                self._fields.append((row, field))
        box.set_visibility(bool(rows))

    def farms(self, names: list[str]) -> None:
        """Offer the names of the farms."""
        for row, field in self._fields:
            of_farm = self._name.startswith("farm") and row["name"] == "name"
            if of_farm and isinstance(field.element, ui.input):
                field.element.set_autocomplete(names)

    def running(self, numbers: list[int]) -> None:
        """Show which runs are active."""
        self._numbers = numbers
        self._stop.set_visibility(bool(numbers))
        self._badge.set_visibility(bool(numbers))
        self._badge.set_text(f"{len(numbers)} running" if len(numbers) > 1 else "running")

    async def _start(self) -> None:
        given = {row["name"]: written(field.get()) for row, field in self._fields}
        wanted = {name: value for name, value in given.items() if value is not None}
        self._fail("")
        try:
            run = await self._view.desk.post(f"/drills/{self._name}", wanted or None)
        except RemoteError as problem:
            self._fail(sentence(str(problem)))
            return
        over = "" if open_(run) else ", and is over"
        ui.notify(f"Run {run['number']} of {self._name} has started{over}", type="positive")

    async def _end(self) -> None:
        for number in list(self._numbers):
            await tried(self._view.desk.post(f"/drills/runs/{number}/stop"))

    def _fail(self, reason: str) -> None:
        self._error.set_text(reason)
        self._error.set_visibility(bool(reason))


def option(row: Facts) -> FormField:
    """The field of an option, with its default."""
    name, default = row["name"], row["default"]
    known = default not in BLANK
    if row["type"] == "true or false":
        return SwitchField(name, default == "true")
    made: FormField
    if row["type"] in ("number", "whole number"):
        made = NumberField(name, float(default) if known else None)
    else:
        made = TextField(name, default if known else "")
    named(made.element, placeholder=hint(row))
    return made


def hint(row: Facts) -> str:
    """The hint about valid values of an option."""
    default = row["default"]
    if default == "":
        return "must be given"
    return "may be blank" if default in BLANK else str(row["type"])


def written(value: Any) -> Any:
    """A field's value as an option; None leaves the option out."""
    text = value.strip() if isinstance(value, str) else value
    return None if text == "" else text


def sentence(text: str) -> str:
    """Capitalise a text and end it with a full stop."""
    stopped = text if text.endswith((".", "?", "!")) else text + "."
    return stopped[:1].upper() + stopped[1:]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of an explanation, without line breaks and code marks."""
    parts = text.replace("``", "").split("\n\n")
    return [" ".join(part.split()) for part in parts if part.strip()]


def _issues(texts: list[str]) -> None:
    """Links to the public issues that the drill reproduces; they open in a new tab."""
    if not texts:
        return
    with ui.element("details").classes("pt-small"):
        some = f"{len(texts)} public issues" if len(texts) > 1 else "1 public issue"
        TextElement(tag="summary", text=f"Reproduces {some}")
        with ui.element("ul").classes("pt-issues"):
            for text in texts:
                with ui.element("li"):
                    if address := issue(text):
                        link = TextElement(tag="a", text=text)
                        named(link, href=address, target="_blank", rel="noopener noreferrer")
                    else:
                        ui.label(text)
