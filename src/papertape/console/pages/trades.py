"""The tables of the trading page: rows of the control API as texts. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..parts.components import TONES, clock
from ..parts.grid import Cell, Col, Row
from ..parts.number_format import money, price, signed, size, tone
from ..topics import works

ORDERS = (
    Col("Status", badge=True), Col("Symbol", opens=True), Col("Action"),
    Col("Quantity", right=True), Col("Filled", right=True), Col("Remaining", right=True),
    Col("Type"), Col("Limit", right=True), Col("Stop", right=True), Col("TIF"),
    Col("Average", right=True), Col("Why held"),
    Col("Client", right=True), Col("Order id", right=True), Col("Account"),
)  # fmt: skip
EXECUTIONS = (
    Col("Time"), Col("Symbol"), Col("Side"), Col("Shares", right=True), Col("Price", right=True),
    Col("Commission", right=True), Col("Realized P&L", right=True), Col("Currency"),
    Col("Client", right=True), Col("Order id", right=True), Col("Account"),
)  # fmt: skip
POSITIONS = (
    Col("Symbol", opens=True), Col("Position", right=True), Col("Average cost", right=True),
    Col("Market price", right=True), Col("Market value", right=True),
    Col("Unrealized P&L", right=True), Col("Realized P&L", right=True), Col("Currency"),
    Col("Account"),
)  # fmt: skip
SIDES = {"BOT": "Bought", "SLD": "Sold"}
Told = Mapping[str, Any]


def in_words(order: Told) -> str:
    """An order in one line: ``BUY 100 SPY LMT 169.50 DAY``."""
    parts = (order["action"], size(order["quantity"]), order["symbol"], order["order_type"])
    prices = (stop(order), price(order["limit_price"]))
    return " ".join(filter(None, (*parts, *prices, order["tif"])))


def stop(order: Told) -> str:
    """The stop of an order, where that of a trailing one stands, or the offset of a peg."""
    percent = order["trailing_percent"]
    stands = order["trail_stop_price"] or (None if percent else order["aux_price"])
    return " ".join(filter(None, (f"{percent:g}%" if percent else "", price(stands))))


def belongings(order: Told) -> list[str]:
    """What an order belongs to and waits for, and who placed it."""
    found = []
    if order["parent_perm_id"]:
        found.append(f"child of order {order['parent_perm_id']}")
    elif order["oca_group"]:
        found.append(f"OCA group {order['oca_group']}")
    if order["conditions"]:
        many = order["conditions"]
        found.append(f"{many} condition{'s' if many > 1 else ''}")
    for name, title in (("good_after", "not before"), ("good_till", "until")):
        if order[name]:
            found.append(f"{title} {order[name]}")
    client, number = _whose(order)
    found.append(f"client {client}, order {number}" if number else "entered here")
    if order["account"]:
        found.append(order["account"])
    return found


def of_account(rows: Iterable[Told], account: str) -> list[Told]:
    """The rows of one account; all rows for ""."""
    return [row for row in rows if not account or row["account"] == account]


def order_rows(orders: Sequence[Told], *, working: bool) -> list[Row]:
    """Rows of orders, working ones first, newest first; ``working`` leaves out the others."""
    newest = orders[::-1]
    first = [order for order in newest if works(order)]
    rest = [] if working else [order for order in newest if not works(order)]
    return [_order_row(order) for order in (*first, *rest)]


def _order_row(order: Told) -> Row:
    cells = (
        Cell(order["status"], TONES.get(order["status"], "")),
        order["symbol"],
        _side(order["action"]),
        size(order["quantity"]),
        size(order["filled"]),
        size(order["remaining"]),
        order["order_type"],
        price(order["limit_price"]),
        stop(order),
        order["tif"],
        price(order["average_price"] or None),
        why_held(order),
        *_whose(order),
        order["account"],
    )
    sent = order["perm_id"] != 0
    act = f"Cancel order {in_words(order)}" if sent and works(order) else ""
    key = str(order["perm_id"]) if sent else f"{order['client_id']}/{order['order_id']}"
    opens = f"Change order {in_words(order)}" if act else ""
    return Row(key, cells, act, opens)


def why_held(order: Told) -> str:
    """Why an order is not working yet; the broker assigns the ``perm_id``."""
    return str(order["why_held"]) if order["perm_id"] else "waits for the broker link"


def _side(word: str) -> Cell:
    return Cell(SIDES.get(word, word), "pt-up" if word in ("BUY", "BOT") else "pt-down")


def _whose(row: Told) -> tuple[str, str]:
    """Client id and order id; a manual order has neither."""
    mine = row["client_id"] == 0 and row["order_id"] == 0
    return ("TWS", "") if mine else (str(row["client_id"]), str(row["order_id"]))


def execution_rows(executions: Sequence[Told]) -> list[Row]:
    """Rows of executions, newest first."""
    return [_execution_row(execution) for execution in executions[::-1]]


def _execution_row(row: Told) -> Row:
    cells = (
        clock(row["time"]),
        row["symbol"],
        _side(row["side"]),
        size(row["shares"]),
        price(row["price"]),
        money(row["commission"]),
        Cell(signed(row["realized_pnl"]), tone(row["realized_pnl"])),
        row["currency"],
        *_whose(row),
        row["account"],
    )
    return Row(row["exec_id"], cells)


def position_rows(positions: Iterable[Told]) -> list[Row]:
    """Rows of positions; those closed today stay for their P&L."""
    return [_position_row(row) for row in positions]


def _position_row(row: Told) -> Row:
    cells = (
        row["symbol"],
        size(row["position"]),
        price(round(row["average_cost"], 4)),
        price(row["market_price"]),
        money(row["market_value"]),
        Cell(signed(row["unrealized_pnl"]), tone(row["unrealized_pnl"])),
        Cell(signed(row["realized_pnl"]), tone(row["realized_pnl"])),
        row["currency"],
        row["account"],
    )
    held = float(row["position"]) != 0
    opens = f"Close or reverse {size(row['position'])} {row['symbol']}" if held else ""
    return Row(position_key(row), cells, opens=opens)


def position_key(row: Told) -> str:
    """The key of a position's row."""
    return f"{row['account']} {row['con_id']}"
