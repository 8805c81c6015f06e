"""Options: the chain of an underlying with quotes and greeks, by strike."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from nicegui import ui

from ..parts.choice import OptionButtons
from ..parts.components import button, card, empty, heading
from ..parts.grid import Cell, Col, Grid, Row
from ..parts.market_hours import closed_note
from ..parts.number_format import price
from ..parts.order_fields import choice
from ..parts.symbols import SymbolSearch, about
from ..remote import RemoteError
from ..view import PageView
from .ladder import greek_text

EVERY_S: Final = 2.0
STRIKES: Final = {10: "10", 20: "20", 40: "40"}
FIGURES: Final = {
    "implied_volatility": "IV", "delta": "delta", "gamma": "gamma", "theta": "theta",
    "vega": "vega",
}  # fmt: skip
QUOTES: Final = ("last", "bid", "ask")
SIDES: Final = {"both": "Both", "call": "Calls", "put": "Puts"}
CALLS: Final = (*(f"Call {title}" for title in FIGURES.values()), *(f"Call {q}" for q in QUOTES))
PUTS: Final = tuple(label.replace("Call", "Put") for label in CALLS[::-1])
STRIKE: Final = "Strike"
AT: Final = "At"
"""The column between calls and puts, and that in front: of one side alone, and on a telephone."""
COLUMNS: Final = (
    Col(AT, right=True, opens=True, lead=True),
    *(Col(label, right=True) for label in CALLS),
    Col(STRIKE, right=True, opens=True),
    *(Col(label, right=True) for label in PUTS),
)
Told = Mapping[str, Any]


def side_cells(option: Told | None) -> list[str]:
    """The greeks and the quote of an option, in the order of a call's columns."""
    quote = (option or {}).get("quote") or {}
    greeks = [greek_text(name, quote.get("greeks")) for name in FIGURES]
    return [*greeks, *(price(quote.get(name)) for name in QUOTES)]


def chain_rows(chain: Told) -> list[Row]:
    """A row for each strike; what is in the money is marked."""
    spot = chain["underlying"]
    found = []
    for row in chain["rows"]:
        strike = row["strike"]
        calls = [Cell(text, "pt-in" if strike < spot else "") for text in side_cells(row["call"])]
        puts = [Cell(text, "pt-in" if strike > spot else "") for text in side_cells(row["put"])]
        cells: tuple[str | Cell, ...] = (price(strike), *calls, price(strike), *puts[::-1])
        found.append(Row(f"{strike:g}", cells, opens=f"Trade the options at {price(strike)}"))
    return found


def chain_note(chain: Told) -> str:
    """Why a chain has no greeks: its options cannot be traded now; "" while they can."""
    sides = (row[side] for row in chain["rows"] for side in ("call", "put"))
    quotes = [option["quote"] for option in sides if option and option["quote"]]
    notes = {closed_note(quote) for quote in quotes}
    if len(notes) != 1 or not (note := notes.pop()):
        return ""
    return f"{note}: the prices are those of the last session, and there are no greeks of now."


def day_text(expiry: str) -> str:
    """``2026-12-18`` for ``20261218``."""
    return f"{expiry[:4]}-{expiry[4:6]}-{expiry[6:]}"


class OptionsPage:
    """The page: one underlying, one class and one expiry at a time."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._found: dict[str, Any] | None = None
        self._classes: dict[str, list[str]] = {}
        self._chain: dict[str, Any] = {}
        with card("Option chain"):
            with ui.element("div").classes("pt-chartbar"):
                self._search = SymbolSearch(view, self.choose, label="Underlying")
                self._class = choice("Class", {}, self._classed)
                self._expiry = choice("Expiry", {}, self._expired)
                self._strikes = choice("Strikes", STRIKES, self._expired)
                self._side = OptionButtons(SIDES, "both", self._sided, label="Sides shown")
            self._about = ui.label().classes("pt-soft pt-small")
            self._spot = ui.label().classes("pt-num pt-strong")
            self._closed = ui.label().classes("pt-soft pt-small").props('role="status"')
            self._nothing = empty("No options are shown", "Choose an underlying above.")
            self._grid = Grid(COLUMNS, label="Option chain", on_open=self._open)
            self._grid.set_visibility(False)
            self._sided("both")
        self._trade = TradeOption()
        for field in (self._class, self._expiry):
            field.set_visibility(False)
        ui.timer(EVERY_S, self.look, immediate=False)

    async def begin(self, con_id: str) -> None:
        """Show the options on what has that number, "" for the first stock of the station."""
        try:
            if con_id.isdecimal():
                found = await self._view.desk.get(f"/symbols/{con_id}")
            else:
                some = await self._view.desk.get("/symbols")
                found = next((one for one in some if one["security_type"] == "STK"), None)
        except RemoteError:
            return  # the layout reports that the station does not answer
        if found is not None and self._found is None:  # the user has chosen one meanwhile
            await self.choose(found)

    async def choose(self, found: dict[str, Any]) -> None:
        """Show the options on another underlying."""
        self._found, self._chain = found, {}
        self._search.show(found["symbol"])
        self._about.set_text(about(found))
        try:
            told = await self._view.desk.get(f"/chains/{found['con_id']}")
        except RemoteError as problem:
            self._none(str(problem))
            return
        if found is not self._found:
            return
        self._classes = {one["trading_class"]: one["expirations"] for one in told}
        for field in (self._class, self._expiry):
            field.set_visibility(bool(told))
        if not told:
            self._none(f"{found['symbol']} has no options here")
            return
        names = {name: name for name in self._classes}
        self._class.set_options(names, value=next(iter(names)))
        self._classed()
        await self.look()

    async def look(self) -> None:
        """Fetch the chain."""
        found, expiry, name = self._found, self._expiry.value, self._class.value
        if found is None or not expiry or not self._classes:
            return
        many = self._strikes.value
        path = f"/chains/{found['con_id']}/{expiry}"
        try:
            told = await self._view.desk.get(path, trading_class=name, strikes=many)
        except RemoteError as problem:
            self._none(str(problem))
            return
        same = (found, expiry, name, many)
        if same == (self._found, self._expiry.value, self._class.value, self._strikes.value):
            self._show(told)

    def _show(self, told: dict[str, Any]) -> None:
        assert self._found is not None
        self._chain = told
        self._spot.set_text(f"{self._found['symbol']} {price(told['underlying'])}")
        self._closed.set_text(chain_note(told))
        self._grid.show(chain_rows(told))
        self._grid.set_visibility(True)
        self._nothing.set_visibility(False)

    def _none(self, why: str) -> None:
        self._spot.set_text(why)
        self._closed.set_text("")
        self._grid.show([])
        self._grid.set_visibility(False)
        self._nothing.set_visibility(True)

    def _classed(self) -> None:
        days = self._classes.get(str(self._class.value), [])
        self._expiry.set_options(
            {day: day_text(day) for day in days}, value=days[0] if days else None
        )

    async def _expired(self) -> None:
        await self.look()

    def _sided(self, side: str) -> None:
        hidden: Sequence[str] = {"call": (STRIKE, *PUTS), "put": (STRIKE, *CALLS)}.get(side, ())
        self._grid.hide(*hidden)
        if hidden:
            self._grid.classes(remove="pt-both")
        else:
            self._grid.classes("pt-both")

    def _open(self, key: str) -> None:
        rows = self._chain.get("rows", ())
        row = next((one for one in rows if f"{one['strike']:g}" == key), None)
        if row is not None:
            self._trade.ask(row)


class TradeOption:
    """Asks whether the call or the put of a strike is meant, and for what."""

    def __init__(self) -> None:
        self._row: Told = {}
        with ui.dialog() as self._box, ui.card().props('aria-label="This strike"'):
            self._title = heading("", 2)
            for side in ("call", "put"):
                with ui.element("div").classes("pt-row"):
                    trade, chart = (partial(self._go, side, page) for page in ("trading", "chart"))
                    button(f"Trade the {side}", trade, kind="plain")
                    button(f"Chart of the {side}", chart, kind="plain")
            with ui.element("div").classes("pt-row pt-end"):
                button("Back", self._box.close, kind="plain")

    def ask(self, row: Told) -> None:
        """Show a strike."""
        self._row = row
        self._title.set_text(f"Strike {price(row['strike'])}")
        self._box.open()

    def _go(self, side: str, page: str) -> None:
        option = self._row.get(side)
        if option is not None:
            ui.navigate.to(f"{page}?con_id={option['con_id']}")


async def build(view: PageView) -> None:
    """Build the page; the underlying is that of the address, else the first stock."""
    request = ui.context.client.request
    query = request.query_params if request is not None else {}
    page = OptionsPage(view)
    wanted = query.get("con_id", "")

    ui.timer(0, partial(page.begin, wanted), once=True)
