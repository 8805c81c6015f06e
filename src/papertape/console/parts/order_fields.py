"""Inputs of the order forms, in one style."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

Told = Callable[[], object]


def order_form() -> ui.element:
    """A form whose fields are checked by its page: a browser would refuse a value that is not in
    steps, also of a field that is hidden, and then say nothing."""
    return ui.element("form").classes("pt-ticket").props("novalidate")


def number(
    label: str, value: float | None, step: float = 0.01, *, least: float | None = 0
) -> ui.number:
    """A number; empty for None."""
    made = ui.number(label, value=value, min=least, step=step).props("outlined dense")
    return made.props('inputmode="decimal"')


def text(label: str, *, placeholder: str = "", longest: int = 40) -> ui.input:
    """A short text."""
    made = ui.input(label, placeholder=placeholder).props("outlined dense")
    made.props["maxlength"] = longest
    return made


def choice(label: str, options: Mapping[Any, str], told: Told | None = None) -> ui.select:
    """One of several; the first at first. ``told`` is called after a change."""
    made = ui.select(dict(options), label=label, value=next(iter(options), None))
    if told is not None:
        made.on_value_change(lambda _: told())
    return made.props("outlined dense options-dense")


def relabel(field: ui.element, label: str) -> bool:
    """Give an input this label; whether it had another one."""
    if field.props.get("label") == label:
        return False
    field.props["label"] = label
    field.update()
    return True


class FoldedFields(ui.element):
    """A part of a form that opens; its heading says what it holds."""

    def __init__(self, title: str) -> None:
        super().__init__("details")
        self.classes("pt-more pt-fold")
        self._title = title
        with self:
            self._summary = TextElement(tag="summary", text=title)

    def say(self, what: str) -> None:
        """Add to the heading what the part holds; "" for nothing."""
        self._summary.set_text(f"{self._title}: {what}" if what else self._title)


@contextmanager
def fold(title: str) -> Iterator[FoldedFields]:
    """A part of a form that opens when its heading is pressed."""
    part = FoldedFields(title)
    with part, ui.element("div").classes("pt-ticket"):
        yield part
