"""Account: equity over the session, margin, the ledger of each currency, positions, all values."""

from typing import Any
from urllib.parse import quote

from nicegui import ui

from ..parts.components import card
from ..parts.grid import Grid
from ..parts.line import ValueLine
from ..remote import RemoteError
from ..view import PageView
from . import trades
from .account_tables import (
    LEDGER_COLUMNS,
    MARGIN_COLUMNS,
    VALUE_COLUMNS,
    by_key,
    ledger_rows,
    margin_rows,
    value_rows,
)
from .figure_list import FigureList
from .position_orders import PositionOrders
from .trading import NO_POSITIONS, TablePanel

EVERY_S = 2.0
"""Seconds between two requests for the values."""
FIGURES = {
    "net_liquidation": "Net liquidation", "cash": "Cash", "buying_power": "Buying power",
    "available_funds": "Available funds", "excess_liquidity": "Excess liquidity",
    "gross_position_value": "Gross positions", "initial_margin": "Initial margin",
    "maintenance_margin": "Maintenance margin", "daily_pnl": "Daily P&L",
    "unrealized_pnl": "Unrealized P&L", "realized_pnl": "Realized P&L",
}  # fmt: skip
LONGEST_SEARCH = 40


class AccountPage:
    """The page: one account at a time."""

    def __init__(self, view: PageView, wanted: str = "") -> None:
        self._view, self._wanted = view, wanted
        self._values: dict[tuple[str, str], str] = {}
        self._rows: dict[str, dict[str, Any]] = {}
        self._held: list[dict[str, Any]] = []
        self._choice = ui.select({}, label="Account")
        self._choice.props("outlined dense options-dense").classes("pt-accounts")
        self._choice.on_value_change(lambda _: self._chosen())
        with card("Figures"):
            self._figures = FigureList(FIGURES)
        with card("Equity of this session"):
            self._line = ValueLine("Net liquidation of this session")
        with card("Positions"):
            self._positions = TablePanel(
                "Positions", trades.POSITIONS, "No positions", NO_POSITIONS, self._open
            )
        with card("Margin"):
            self._margin = Grid(MARGIN_COLUMNS, label="Margin")
        with card("Ledger"):
            self._ledger = Grid(LEDGER_COLUMNS, label="Ledger of each currency")
        with card("All values"):
            self._search = ui.input("Search").props("outlined dense clearable")
            self._search.props["maxlength"] = LONGEST_SEARCH
            self._search.classes("pt-accounts").on_value_change(lambda _: self._list())
            self._all = Grid(VALUE_COLUMNS, label="All values")
        self._orders = PositionOrders(view)
        ui.timer(EVERY_S, self.look, immediate=False)

    @property
    def account(self) -> str:
        """The account that is shown; "" before any is known."""
        return str(self._choice.value or "")

    def watch(self) -> None:
        """Watch the topics and show changes."""
        self._view.watch("accounts", self._accounts)
        self._view.watch("positions", self._told)

    async def look(self) -> None:
        """Request the values of the account."""
        asked = self.account
        if not asked:
            return
        try:
            rows = await self._view.desk.get(f"/accounts/{quote(asked, safe='')}/values")
        except RemoteError:
            return  # the layout reports that the station does not answer
        if asked == self.account:
            self._values = by_key(rows)
            self._show_values()

    def _accounts(self, rows: list[dict[str, Any]]) -> None:
        self._rows = {row["account"]: row for row in rows}
        codes = list(self._rows)
        if list(self._choice.options) != codes:
            first = self._wanted if self._wanted in self._rows else next(iter(codes), None)
            kept = self.account if self.account in self._rows else first
            self._choice.set_options({code: code for code in codes}, value=kept)
        self._choice.set_visibility(len(codes) > 1)
        self._show()

    def _told(self, rows: list[dict[str, Any]]) -> None:
        self._held = rows
        self._show()

    def _chosen(self) -> None:
        self._values = {}
        self._show_values()
        self._show()

    def _show(self) -> None:
        row = self._rows.get(self.account)
        if row is None:
            return
        self._figures.show(row)
        line = self._view.desk.equity.lines.get(self.account)
        self._line.show(line.points if line is not None else (), row["currency"])
        self._positions.show(trades.position_rows(trades.of_account(self._held, self.account)))
        self._positions.grid.hide("Account")

    def _show_values(self) -> None:
        currency = self._rows.get(self.account, {}).get("currency", "")
        self._margin.show(margin_rows(self._values, currency))
        self._ledger.show(ledger_rows(self._values))
        self._list()

    def _list(self) -> None:
        text = str(self._search.value or "")[:LONGEST_SEARCH]
        self._all.show(value_rows(self._values, text))

    def _open(self, key: str) -> None:
        found = next((one for one in self._held if trades.position_key(one) == key), None)
        if found is not None:
            self._orders.ask(found)


async def build(view: PageView) -> None:
    """Build the page."""
    request = ui.context.client.request
    query = request.query_params if request is not None else {}
    page = AccountPage(view, query.get("account", ""))
    page.watch()
    view.desk.equity.start()
    ui.timer(0.2, page.look, once=True)
