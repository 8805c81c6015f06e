"""Watchlist: live quotes of instruments that the user chooses."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nicegui import ui

from ..parts.components import card, empty
from ..parts.day_change import day_change
from ..parts.grid import Cell, Col, Grid, Row
from ..parts.number_format import decimals, price, signed, size, tone
from ..parts.symbols import SymbolSearch, named
from ..remote import RemoteError
from ..view import PageView

EVERY_S: Final = 1.0
MOST: Final = 100
"""Instruments of a watchlist: as many as the control API quotes at once."""
AT_FIRST: Final = 8
"""Instruments of a watchlist that nobody has changed yet."""
COLUMNS: Final = (
    Col("Symbol", opens=True, lead=True), Col("Last", right=True), Col("Change", right=True),
    Col("Change, %", right=True), Col("Bid size", right=True), Col("Bid", right=True),
    Col("Ask", right=True), Col("Ask size", right=True), Col("Open", right=True),
    Col("High", right=True), Col("Low", right=True), Col("Volume", right=True), Col("Instrument"),
)  # fmt: skip
Told = Mapping[str, Any]


def quote_row(found: Told, quote: Told | None) -> Row:
    """An instrument and its quote; dashes for what is not known."""
    told = quote or {}
    change, percent = day_change(told)
    pair = found["security_type"] == "CASH"
    digits = decimals(found["tick"])
    cells = (
        f"{found['symbol']}.{found['currency']}" if pair else named(found),
        Cell(price(told.get("last"), digits) or "–", ""),
        Cell(signed(change, digits), tone(change)),
        Cell(signed(percent), tone(percent)),
        size(told.get("bid_size")),
        price(told.get("bid"), digits),
        price(told.get("ask"), digits),
        size(told.get("ask_size")),
        price(told.get("open"), digits),
        price(told.get("high"), digits),
        price(told.get("low"), digits),
        "" if told.get("last") is None else size(told.get("volume")),
        _kind(found, told),
    )
    key, name = str(found["con_id"]), named(found)
    return Row(key, cells, f"Remove {name}", f"Chart of {name}")


def _kind(found: Told, told: Told) -> str | Cell:
    """What an instrument is; in front of that, that its trading is halted or its market closed."""
    halt = {1: "Halted", 2: "Volatility pause"}.get(told.get("halted", 0), "")
    closed = "" if halt or not told.get("opens") else "Closed"
    parts = (halt or closed, found["security_type"], found["exchange"], found["currency"])
    text = " · ".join(filter(None, parts))
    return Cell(text, "pt-down") if halt else text


class Watchlist:
    """The page. The list belongs to the station and is kept while the console runs."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._list = view.desk.watchlist
        self._quotes: dict[int, Told] = {}
        with card("Watchlist"):
            self._search = SymbolSearch(view, self.add, label="Add a symbol")
            self._note = ui.label().classes("pt-error").props('role="alert"')
            self._nothing = empty("Nothing is watched", "Add a symbol above.")
            self._grid = Grid(
                COLUMNS,
                label="Quotes",
                act="Remove",
                on_act=self._remove,
                on_open=lambda key: ui.navigate.to(f"chart?con_id={key}"),
            )
        self._draw()
        ui.timer(EVERY_S, self.look, immediate=False)

    async def begin(self) -> None:
        """Fill a list that nobody has changed yet, and fetch the quotes."""
        if not self._list and not self._view.desk.watchlist_changed:
            try:
                for found in (await self._view.desk.get("/symbols"))[:AT_FIRST]:
                    self._list[found["con_id"]] = found
            except RemoteError:
                return  # the layout reports that the station does not answer
        await self.look()

    async def look(self) -> None:
        """Fetch all quotes at once."""
        if self._list:
            try:
                told = await self._view.desk.get("/quotes", con_id=list(self._list))
            except RemoteError:
                return
            self._quotes = {quote["con_id"]: quote for quote in told}
        self._draw()

    async def add(self, found: dict[str, Any]) -> None:
        """Watch an instrument."""
        self._search.show("")
        full = len(self._list) >= MOST and found["con_id"] not in self._list
        self._note.set_text(f"A watchlist has at most {MOST} instruments." if full else "")
        if not full:
            self._view.desk.watchlist_changed = True
            self._list[found["con_id"]] = found
            await self.look()

    def _remove(self, key: str) -> None:
        self._view.desk.watchlist_changed = True
        self._list.pop(int(key), None)
        self._draw()

    def _draw(self) -> None:
        rows: Sequence[Row] = [
            quote_row(found, self._quotes.get(con_id)) for con_id, found in self._list.items()
        ]
        self._grid.show(rows)
        self._grid.set_visibility(bool(rows))
        self._nothing.set_visibility(not rows)


async def build(view: PageView) -> None:
    """Build the page."""
    page = Watchlist(view)
    ui.timer(0, page.begin, once=True)
