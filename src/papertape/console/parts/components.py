"""Small components of one visual language; colours and type are in ``components.css``.

Whatever a client or a file has named (symbols, addresses, reasons) is shown as text, never as
HTML: ``ui.label`` and the cells of a ``Grid`` escape it.
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
"""The tokens and components first, then what one page alone has."""
Of = TypeVar("Of", bound=ui.element)
TONES = {
    "ok": "good", "up": "good", "active": "good", "Filled": "good", "Submitted": "good",
    "inactive": "warn", "connecting": "warn", "PreSubmitted": "warn", "PendingSubmit": "warn",
    "broken": "bad", "down": "bad", "Inactive": "bad", "error": "bad", "warning": "warn",
}  # fmt: skip
"""State word -> tone of its badge; anything else is idle."""


@contextmanager
def card(title: str, *, level: int = 2) -> Iterator[ui.element]:
    """A titled part of a page, a region of its own for screen readers."""
    with ui.element("section").classes("pt-card").props(f'aria-label="{_quoted(title)}"') as part:
        heading(title, level)
        yield part


def heading(text: str, level: int) -> TextElement:
    """A heading of the page's outline."""
    return TextElement(tag=f"h{level}", text=text)


def badge(word: str, tone: str | None = None) -> ui.label:
    """A state, in its colour and in words."""
    return ui.label(word).classes(f"pt-badge {TONES.get(word, '') if tone is None else tone}")


def set_badge(label: ui.label, word: str, tone: str | None = None) -> None:
    """Show another state."""
    label.set_text(word)
    label.classes(replace=f"pt-badge {TONES.get(word, '') if tone is None else tone}")


def empty(what: str, advice: str) -> ui.element:
    """Instead of an empty table: what is not there and how to get it."""
    with ui.element("div").classes("pt-empty") as element:
        ui.label(what).style("font-weight: 600; color: var(--ink)")
        ui.label(advice)
    return element


Click = Callable[[], Any]


def button(text: str, click: Click, *, kind: str = "button", label: str = "") -> ui.button:
    """A button; ``kind`` is ``button`` (the main one), ``plain`` or ``danger``.

    ``label`` names it for screen readers where the text alone does not say what it acts on.
    """
    made = ui.button(text, on_click=click, color=None).props("unelevated no-caps")
    made.classes(f"pt-{kind}")
    if label:
        made.props(f'aria-label="{_quoted(label)}"')
    return made


def named(element: Of, **props: Any) -> Of:
    """Give an element properties whose values are data, whatever they contain; ``_`` is ``-``."""
    for name, value in props.items():
        element.props[name.replace("_", "-")] = value
    return element


async def confirmed(title: str, text: str, verb: str, *, kind: str = "danger") -> bool:
    """Ask before something that cannot be taken back; Escape and Cancel say no.

    Call it where the page's slot is known (in a handler of one of its elements).
    """
    with ui.dialog() as box, ui.card():
        named(box, role="alertdialog", aria_label=title)
        heading(title, 2)
        ui.label(text)
        with ui.element("div").classes("pt-row pt-end"):
            button("Cancel", lambda: box.submit(False), kind="plain")
            button(verb, lambda: box.submit(True), kind=kind)
    box.on("hide", box.delete)  # not sooner: it gives the focus back when it has faded
    return bool(await box)


async def tried(doing: Awaitable[Any], done: str = "") -> Any:
    """Do something at the station and tell how it went; None when it was refused."""
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
    """A number with thousands parted; nothing for None."""
    return "" if value is None else f"{float(value):,.{digits}f}"


def _quoted(text: str) -> str:
    """A text inside the double quotes of ``props``."""
    return text.replace("\\", "").replace('"', "'")
