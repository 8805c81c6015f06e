"""Trading: orders, the order ticket, executions, positions and account values."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from nicegui import ui

from ..parts.choice import OptionButtons
from ..parts.components import button, card, empty, heading, tried
from ..parts.grid import Col, Grid, Row
from ..remote import RemoteError
from ..topics import works
from ..view import PageView
from . import trades
from .figure_list import FigureList, figure_cell
from .order_change import ChangeOrder
from .position_orders import PositionOrders
from .ticket import Ticket

FIGURES = {
    "net_liquidation": "Net liquidation", "cash": "Cash", "buying_power": "Buying power",
    "daily_pnl": "Daily P&L", "unrealized_pnl": "Unrealized P&L", "realized_pnl": "Realized P&L",
}  # fmt: skip
ALL = ""
"""The option for all accounts."""


class Trading:
    """The page: the latest data, and which account's part is shown."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._account = ALL
        self._unneeded: tuple[str, ...] = ()
        """Hide columns that are the same in every row."""
        self._orders: list[dict[str, Any]] = []
        self._told: dict[str, list[dict[str, Any]]] = {}
        self._choice = ui.select({ALL: "All accounts"}, value=ALL, label="Account")
        self._choice.props("outlined dense options-dense").classes("pt-accounts")
        self._choice.on_value_change(lambda event: self._choose(event.value))
        self._figures = Figures()
        with ui.element("div").classes("pt-desk"):
            self._order_card()
            self._ticket = Ticket(view)
            with card("Positions"):
                self._positions = TablePanel(
                    "Positions", trades.POSITIONS, "No positions", NO_POSITIONS, self._ask_close
                )
            self._executions = _part(
                "Executions", trades.EXECUTIONS, "No executions", NO_EXECUTIONS
            )
        self._cancel = CancelQuestion(self._send_cancel)
        self._change = ChangeOrder(view)
        self._close = PositionOrders(view)

    async def offer(self, con_id: str) -> None:
        """Choose the instrument with this number in the ticket."""
        with suppress(RemoteError):
            await self._ticket.choose(await self._view.desk.get(f"/symbols/{con_id}"))

    def watch(self) -> None:
        """Watch the topics and show changes."""
        self._view.watch("station", lambda station: self._accounts(station["accounts"]))
        for topic in ("orders", "executions", "positions", "accounts"):
            self._view.watch(topic, partial(self._tell, topic))

    def _order_card(self) -> None:
        with card("Orders"):
            options = {"all": "All of today", "working": "Working"}
            with ui.element("div").classes("pt-row"):
                self._filter = OptionButtons(
                    options, "all", lambda _: self._show("orders"), label="Orders shown"
                )
                self._count = ui.label().classes("pt-soft pt-small pt-num")
            self._no_orders = empty(
                "No orders", "Place one from an API program, or here with Enter order."
            )
            self._order_grid = Grid(
                trades.ORDERS,
                label="Orders",
                act="Cancel",
                on_act=self._ask_cancel,
                on_open=self._ask_change,
            )
            self._order_grid.set_visibility(False)

    def _choose(self, account: str) -> None:
        self._account = account
        for topic in self._told:
            self._show(topic)

    def _tell(self, topic: str, rows: list[dict[str, Any]]) -> None:
        self._told[topic] = rows
        self._show(topic)

    def _show(self, topic: str) -> None:
        rows = trades.of_account(self._told.get(topic, ()), self._account)
        if topic == "orders":
            found = trades.order_rows(rows, working=self._filter.value == "working")
            held = any(map(trades.why_held, rows))
            stops = any(map(trades.stop, rows))
            unneeded = [name for name, has in (("Why held", held), ("Stop", stops)) if not has]
            self._order_grid.hide(*self._unneeded, *unneeded)
            self._order_grid.show(found)
            self._order_grid.set_visibility(bool(found))
            self._no_orders.set_visibility(not found)
            working = sum(map(works, rows))
            self._count.set_text(f"{working} working, {len(rows) - working} over")
        elif topic == "executions":
            self._executions.show(trades.execution_rows(rows))
        elif topic == "positions":
            self._positions.show(trades.position_rows(rows))
        else:
            self._figures.show(rows)

    def _accounts(self, codes: list[str]) -> None:
        self._ticket.accounts(codes)
        options = {ALL: "All accounts"} | {code: code for code in codes}
        if self._choice.options != options:
            self._choice.set_options(options)
        self._choice.set_visibility(len(codes) > 1)
        self._unneeded = () if len(codes) > 1 else ("Account",)
        for grid in (self._positions.grid, self._executions.grid):
            grid.hide(*self._unneeded)

    def _ask_cancel(self, key: str) -> None:
        found = self._order(key)
        if found is not None:
            self._cancel.ask(found)

    def _ask_change(self, key: str) -> None:
        found = self._order(key)
        if found is not None:
            self._change.ask(found)

    def _ask_close(self, key: str) -> None:
        held = self._told.get("positions", ())
        found = next((one for one in held if trades.position_key(one) == key), None)
        if found is not None:
            self._close.ask(found)

    def _order(self, key: str) -> dict[str, Any] | None:
        orders = self._told.get("orders", ())
        return next((order for order in orders if str(order["perm_id"]) == key), None)

    async def _send_cancel(self, order: dict[str, Any]) -> None:
        await tried(
            self._view.desk.post(f"/orders/{order['perm_id']}/cancel"),
            f"Cancel sent: {trades.in_words(order)}",
        )


NO_POSITIONS = "They appear here with the first execution."
NO_EXECUTIONS = "They appear here when an order trades."


class TablePanel:
    """A table, or a text when it is empty."""

    def __init__(
        self,
        title: str,
        cols: tuple[Col, ...],
        what: str,
        advice: str,
        on_open: Callable[[str], Any] | None = None,
    ) -> None:
        self._nothing = empty(what, advice)
        self.grid = Grid(cols, label=title, on_open=on_open)
        self.grid.set_visibility(False)

    def show(self, rows: list[Row]) -> None:
        """Show these rows."""
        self.grid.show(rows)
        self.grid.set_visibility(bool(rows))
        self._nothing.set_visibility(not rows)


def _part(title: str, cols: tuple[Col, ...], what: str, advice: str) -> TablePanel:
    with card(title):
        return TablePanel(title, cols, what, advice)


class Figures:
    """The values of the accounts: large for one, a table for several."""

    def __init__(self) -> None:
        with card("Account") as self._card:
            self._list = FigureList(FIGURES)
            self._one = self._list.element
            self._rules = ui.label().classes("pt-soft pt-small")
            cols = [Col("Account"), *(Col(title, right=True) for title in FIGURES.values())]
            more = (Col("Currency"), Col("Margin"), Col("Fees"))
            self._several = Grid([*cols, *more], label="Accounts")
        self.show([])

    def show(self, rows: Sequence[trades.Told]) -> None:
        """Show one account or several."""
        self._card.set_visibility(bool(rows))
        self._one.set_visibility(len(rows) == 1)
        self._rules.set_visibility(len(rows) == 1)
        self._several.set_visibility(len(rows) > 1)
        self._several.show([_account_row(row) for row in rows] if len(rows) > 1 else [])
        if len(rows) == 1:
            self._rules.set_text(_rules(rows[0]))
            self._list.show(rows[0])


def _rules(row: trades.Told) -> str:
    """An account's currency, margin model and fee plan."""
    return f"in {row['currency']}, margin {row['margin_model']}, fees {row['fee_plan']}"


def _account_row(row: trades.Told) -> Row:
    figures = (figure_cell(name, row) for name in FIGURES)
    rules = (row["currency"], row["margin_model"], row["fee_plan"])
    return Row(row["account"], (row["account"], *figures, *rules))


class CancelQuestion:
    """Asks before an order is cancelled."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._order: dict[str, Any] | None = None
        with ui.dialog() as self._box, ui.card().props('aria-label="Cancel this order?"'):
            heading("Cancel this order?", 2)
            self._what = ui.label().classes("pt-num pt-strong")
            with ui.element("div").classes("pt-row"):
                button("Cancel order", self._yes, kind="danger").props("autofocus")
                button("Keep it", self._box.close, kind="plain")

    def ask(self, order: dict[str, Any]) -> None:
        """Show the order."""
        self._order = order
        self._what.set_text(trades.in_words(order))
        self._box.open()

    async def _yes(self) -> None:
        order, self._order = self._order, None
        self._box.close()
        if order is not None:
            await self._send(order)


async def build(view: PageView) -> None:
    """Build the page."""
    view.desk.equity.start()
    page = Trading(view)
    page.watch()
    request = ui.context.client.request
    wanted = request.query_params.get("con_id", "") if request is not None else ""
    if wanted.isdecimal():
        ui.timer(0, partial(page.offer, wanted), once=True)
