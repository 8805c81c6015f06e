"""Scanner: stocks of a place ranked by the market, with their quotes."""

from typing import Any, Final

from nicegui import ui

from ..parts.components import button, card, empty
from ..parts.grid import Col, Grid, Row
from ..parts.order_fields import choice, number
from ..remote import RemoteError
from ..view import PageView
from .watchlist import COLUMNS as QUOTES
from .watchlist import quote_row

REPEATED_S: Final = 30.0
"""Seconds between two scans, as TWS repeats them."""
PATIENCE_S: Final = 60.0
"""How long a scan may take: the first one looks at thousands of stocks."""
MOST: Final = 50
COLUMNS: Final = (Col("Rank", right=True), *QUOTES, Col("Name"))
FIRST: Final = {"TOP_PERC_GAIN": "Top % Gainers"}
PLACE: Final = {"STK.US.MAJOR": "Listed/NASDAQ"}


def rows_of(found: list[dict[str, Any]], quotes: list[dict[str, Any]]) -> list[Row]:
    """The stocks in order, each with its quote."""
    by_number = {quote["con_id"]: quote for quote in quotes}
    rows = []
    for rank, one in enumerate(found, 1):
        row = quote_row(one, by_number.get(one["con_id"]))
        cells = (str(rank), *row.cells, one["description"])
        rows.append(Row(row.key, cells, opens=row.opens))
    return rows


class ScannerPage:
    """The page: a scan that is repeated while the page is open."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        with card("Scanner"):
            with ui.element("div").classes("pt-chartbar"):
                self._code = choice("Rank by", FIRST)
                self._place = choice("Place", PLACE)
                self._above = number("Price above", None)
                self._below = number("Price below", None)
                self._volume = number("Volume above", None, 1)
                self._scan = button("Scan", self.look)
            self._note = ui.label().classes("pt-soft pt-small").props('role="status"')
            self._nothing = empty(
                "Nothing was found", "Choose another place, or widen the filters."
            )
            self._nothing.set_visibility(False)
            self._grid = Grid(
                COLUMNS,
                label="Stocks found",
                on_open=lambda key: ui.navigate.to(f"chart?con_id={key}"),
            )
            self._grid.set_visibility(False)
        ui.timer(REPEATED_S, self.look, immediate=False)

    async def begin(self) -> None:
        """Fetch which scans and places there are, and scan."""
        try:
            told = await self._view.desk.get("/scanners")
        except RemoteError:
            return  # the layout reports that the station does not answer
        codes = {one["code"]: one["title"] for one in told["codes"]}
        places = {one["code"]: f"{one['title']} ({one['code']})" for one in told["locations"]}
        self._code.set_options(codes, value=self._code.value)
        self._place.set_options(places, value=self._place.value)
        await self.look()

    async def look(self) -> None:
        """Scan once."""
        asked = self._asked()
        self._note.set_text("Scanning … the first scan of a station looks at thousands of stocks.")
        try:
            found = await self._view.desk.get("/scans", wait_s=PATIENCE_S, **asked)
            numbers = [one["con_id"] for one in found]
            quotes = await self._view.desk.get("/quotes", con_id=numbers) if numbers else []
        except RemoteError as problem:
            self._note.set_text(str(problem))
            return
        if asked != self._asked():
            return
        many = f"{len(found)} stocks" if len(found) != 1 else "1 stock"
        self._note.set_text(f"{many}, repeated every {REPEATED_S:.0f} s while the page is open")
        self._grid.show(rows_of(found, quotes))
        self._grid.set_visibility(bool(found))
        self._nothing.set_visibility(not found)

    def _asked(self) -> dict[str, Any]:
        fields = {
            "price_above": self._above.value, "price_below": self._below.value,
            "volume_above": self._volume.value,
        }  # fmt: skip
        given = {name: value for name, value in fields.items() if value is not None}
        return {"code": self._code.value, "location": self._place.value, "rows": MOST, **given}


async def build(view: PageView) -> None:
    """Build the page."""
    page = ScannerPage(view)
    ui.timer(0, page.begin, once=True)
