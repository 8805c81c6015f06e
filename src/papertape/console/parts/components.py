"""Small components in one style; colours and fonts are in ``components.css``.

Text from clients and files (symbols, addresses, reasons) is shown as text, never as HTML:
``ui.label`` and the cells of a ``Grid`` escape it.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ..remote import RemoteError

SHEETS = sorted(
    Path(__file__).parents[1].rglob("*.css"), key=lambda path: path.name != "components.css"
)
CSS = "\n".join(path.read_text(encoding="utf-8") for path in SHEETS)
"""Design tokens and components first, then the styles of single pages."""
Of = TypeVar("Of", bound=ui.element)
TONES = {
    "ok": "good", "up": "good", "active": "good", "Filled": "good", "Submitted": "good",
    "inactive": "warn", "connecting": "warn", "PreSubmitted": "warn", "PendingSubmit": "warn",
    "broken": "bad", "down": "bad", "Inactive": "bad", "error": "bad", "warning": "warn",
}  # fmt: skip
"""State -> tone of its badge; any other state is idle."""


@contextmanager
def card(title: str, *, level: int = 2) -> Iterator[ui.element]:
    """A titled section of a page, a landmark for screen readers."""
    with ui.element("section").classes("pt-card").props(f'aria-label="{_quoted(title)}"') as part:
        heading(title, level)
        yield part


def heading(text: str, level: int) -> TextElement:
    """A heading in the outline of the page."""
    return TextElement(tag=f"h{level}", text=text)


def badge(word: str, tone: str | None = None) -> ui.label:
    """A state, by colour and text."""
    return ui.label(word).classes(f"pt-badge {TONES.get(word, '') if tone is None else tone}")


def set_badge(label: ui.label, word: str, tone: str | None = None) -> None:
    """Show another state."""
    label.set_text(word)
    label.classes(replace=f"pt-badge {TONES.get(word, '') if tone is None else tone}")


def empty(what: str, advice: str) -> ui.element:
    """A text in place of an empty table: what is missing and how to get it."""
    with ui.element("div").classes("pt-empty") as element:
        ui.label(what).style("font-weight: 600; color: var(--ink)")
        ui.label(advice)
    return element


Click = Callable[[], Any]


def button(text: str, click: Click, *, kind: str = "button", label: str = "") -> ui.button:
    """A button; ``kind`` is ``button`` (primary), ``plain`` or ``danger``.

    ``label`` names it for screen readers where the text does not say what it acts on.
    """
    made = ui.button(text, on_click=click, color=None).props("unelevated no-caps")
    made.classes(f"pt-{kind}")
    if label:
        made.props(f'aria-label="{_quoted(label)}"')
    return made


def named(element: Of, **props: Any) -> Of:
    """Set properties of an element to arbitrary data, escaped; ``_`` in a name stands for ``-``."""
    for name, value in props.items():
        element.props[name.replace("_", "-")] = value
    return element


async def confirmed(title: str, text: str, verb: str, *, kind: str = "danger") -> bool:
    """Ask for confirmation of something irreversible; Escape and Cancel decline.

    Call it in a handler of one of the page's elements, where the page's slot is known.
    """
    with ui.dialog() as box, ui.card():
        named(box, role="alertdialog", aria_label=title)
        heading(title, 2)
        ui.label(text)
        with ui.element("div").classes("pt-row pt-end"):
            button("Cancel", lambda: box.submit(False), kind="plain")
            button(verb, lambda: box.submit(True), kind=kind)
    box.on("hide", box.delete)  # not sooner: it returns the focus when it has faded
    return bool(await box)


async def tried(doing: Awaitable[Any], done: str = "") -> Any:
    """Await a command and notify the user of its outcome; None when it was refused."""
    try:
        result = await doing
    except RemoteError as problem:
        ui.notify(str(problem), type="negative", multi_line=True, close_button="Close", timeout=0)
        return None
    if done:
        ui.notify(done, type="positive")
    return result


def clock(text: str | None) -> str:
    """The time of day, UTC, of an ISO time."""
    return "" if not text else datetime.fromisoformat(text).strftime("%H:%M:%S")


def amount(value: float | str | None, digits: int = 2) -> str:
    """A number with thousands separators; "" for None."""
    return "" if value is None else f"{float(value):,.{digits}f}"


def _quoted(text: str) -> str:
    """A text inside the double quotes of ``props``."""
    return text.replace("\\", "").replace('"', "'")
