"""A table that sends the browser only the rows that have changed.

Of 500 orders of which three change, three rows are sent. The browser has elements only for rows
near the visible ones, so the number of rows does not slow it. Its headings sort; a row may have one
button. Cells are text, and the browser escapes them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nicegui.element import Element
from nicegui.events import GenericEventArguments


class Col(NamedTuple):
    """A column."""

    label: str
    right: bool = False
    """A number: right-aligned and sorted numerically."""
    badge: bool = False
    """A state: shown as a coloured badge."""
    opens: bool = False
    """Whether its text is a button in rows that open."""
    lead: bool = False
    """Whether it stays in view on a telephone when the others are scrolled."""


class Cell(NamedTuple):
    """A text with a tone: a class of ``components.css`` (``pt-up``, ``pt-down``, ``good``, …)."""

    text: str
    tone: str


class Row(NamedTuple):
    """One row of a table."""

    key: str
    cells: tuple[str | Cell, ...]
    act: str = ""
    """What its button does, for screen readers; "" for a row without a button."""
    opens: str = ""
    """What opens when the text of an opening column is pressed, for screen readers; "" for
    nothing."""


class Patch(NamedTuple):
    """The difference between the old rows and the new ones."""

    changed: list[Row]
    order: list[str] | None
    """All keys in order, if the order has changed."""


def difference(old: Mapping[str, Row], rows: Sequence[Row]) -> Patch | None:
    """The patch to send; None when nothing has changed."""
    changed = [row for row in rows if old.get(row.key) != row]
    order = [row.key for row in rows]
    if not changed and order == list(old):
        return None
    return Patch(changed, None if order == list(old) else order)


class Grid(Element, component="grid.js"):
    """Shows rows; calls ``on_act`` with the key of the row whose button was pressed."""

    def __init__(
        self,
        cols: Sequence[Col],
        *,
        label: str,
        act: str = "",
        on_act: Callable[[str], Any] | None = None,
        on_open: Callable[[str], Any] | None = None,
    ) -> None:
        super().__init__()
        # It must report that it is ready even while it is hidden because it has no rows.
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
        if on_open is not None:
            self.on("open", lambda event: on_open(_key(event)))

    def hide(self, *labels: str) -> None:
        """Hide these columns, and show all others."""
        if self._props["hidden"] != list(labels):
            self._props["hidden"] = list(labels)
            self.update()

    def show(self, rows: Sequence[Row]) -> None:
        """Show exactly these rows; keys are unique."""
        patch = difference(self._rows, rows)
        self._rows = {row.key: row for row in rows}
        if patch is not None and self._ready:
            self._send(patch)

    def _send_all(self) -> None:
        """Fill the table once the browser has created it."""
        self._ready = True
        self._send(Patch(list(self._rows.values()), list(self._rows)))

    def _send(self, patch: Patch) -> None:
        self.run_method("patch", [_plain(row) for row in patch.changed], patch.order)


def _plain(row: Row) -> list[Any]:
    """A row as a JSON object; JSON has no named tuples."""
    cells = [list(cell) if isinstance(cell, Cell) else cell for cell in row.cells]
    return [row.key, cells, row.act, row.opens]


def _key(event: GenericEventArguments) -> str:
    return str(event.args)
