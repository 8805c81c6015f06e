"""Figures of an account side by side, each with its title."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ..parts.grid import Cell
from ..parts.number_format import money, signed, tone


class FigureList:
    """Shows the figures of one account; ``titles`` are theirs by field of the control API."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        with ui.element("dl").classes("pt-figures pt-num") as self.element:
            self._values = {name: _figure(title) for name, title in titles.items()}

    def show(self, row: Mapping[str, Any]) -> None:
        """Show these figures."""
        for name, label in self._values.items():
            cell = figure_cell(name, row)
            label.set_text(cell.text)
            label.classes(replace=cell.tone)


def _figure(title: str) -> TextElement:
    with ui.element("div"):
        TextElement(tag="dt", text=title)
        return TextElement(tag="dd", text="")


def figure_cell(name: str, row: Mapping[str, Any]) -> Cell:
    """A figure as text; gains and losses with a sign and a colour."""
    value = row[name]
    if name.endswith("pnl"):
        return Cell(signed(value), tone(value))
    return Cell(money(value), "")
