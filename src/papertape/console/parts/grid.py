"""A table that sends the browser only the rows that have changed.

500 orders of which three move cost three rows. In the browser there are elements only for the rows
near those in view, so that many cost it no more than few. Headings sort there; a row may have one
button. Cells are text: whatever a client has named is escaped there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nicegui.element import Element
from nicegui.events import GenericEventArguments


class Col(NamedTuple):
    """A column."""

    label: str
    right: bool = False
    """A number: aligned right and sorted as one."""
    badge: bool = False
    """A state: shown in its colour."""


class Cell(NamedTuple):
    """A text with a tone: a class of ``components.css`` (``pt-up``, ``pt-down``, ``good``, …)."""

    text: str
    tone: str


class Row(NamedTuple):
    """One line of a table."""

    key: str
    cells: tuple[str | Cell, ...]
    act: str = ""
    """What its button does, for screen readers; without it the row has none."""


class Patch(NamedTuple):
    """What makes the old rows the new ones."""

    changed: list[Row]
    order: list[str] | None
    """Every key in its order, if that has changed."""


def difference(old: Mapping[str, Row], rows: Sequence[Row]) -> Patch | None:
    """What has to be sent; None for nothing."""
    changed = [row for row in rows if old.get(row.key) != row]
    order = [row.key for row in rows]
    if not changed and order == list(old):
        return None
    return Patch(changed, None if order == list(old) else order)


class Grid(Element, component="grid.js"):
    """Shows rows; ``on_act`` gets the key of the row whose button was pressed."""

    def __init__(
        self,
        cols: Sequence[Col],
        *,
        label: str,
        act: str = "",
        on_act: Callable[[str], Any] | None = None,
    ) -> None:
        super().__init__()
        # It says that it is ready while it is hidden for want of rows.
        self.ignores_events_when_hidden = False
        self._props["columns"] = [col._asdict() for col in cols]
        self._props["label"] = label
        self._props["act"] = act
        self._props["hidden"] = []
        self._rows: dict[str, Row] = {}
        self._ready = False
        self.on("ready", self._send_all)
        if on_act is not None:
            self.on("act", lambda event: on_act(_key(event)))

    def hide(self, *labels: str) -> None:
        """Leave out these columns, and show every other."""
        if self._props["hidden"] != list(labels):
            self._props["hidden"] = list(labels)
            self.update()

    def show(self, rows: Sequence[Row]) -> None:
        """Show these and no others; keys are unique."""
        patch = difference(self._rows, rows)
        self._rows = {row.key: row for row in rows}
        if patch is not None and self._ready:
            self._send(patch)

    def _send_all(self) -> None:
        """The browser has the table, empty as yet."""
        self._ready = True
        self._send(Patch(list(self._rows.values()), list(self._rows)))

    def _send(self, patch: Patch) -> None:
        self.run_method("patch", [_plain(row) for row in patch.changed], patch.order)


def _plain(row: Row) -> list[Any]:
    """A row as JSON has it; a named tuple is none of its types."""
    cells = [list(cell) if isinstance(cell, Cell) else cell for cell in row.cells]
    return [row.key, cells, row.act]


def _key(event: GenericEventArguments) -> str:
    return str(event.args)
