"""The rows of the trading page."""

from typing import Any

from papertape.console.pages import trades
from papertape.console.parts.grid import Cell, Row
from walks import walk

HOSTILE = '<img src=x onerror="alert(1)">{{7*7}}\u202e'


def order(number: int = 1, **fields: Any) -> dict[str, Any]:
    plain = {
        "perm_id": number, "client_id": 5, "order_id": number, "account": "DU1", "con_id": 1,
        "symbol": "SPY", "action": "BUY", "quantity": "100", "order_type": "LMT",
        "limit_price": 169.5, "tif": "DAY", "status": "Submitted", "why_held": "",
        "filled": "0", "remaining": "100", "average_price": 0.0,
        "aux_price": None, "trailing_percent": None, "trail_stop_price": None, "limit_offset": None,
        "good_till": "",
        "good_after": "", "outside_rth": False, "oca_group": "", "parent_perm_id": 0,
        "conditions": 0, "exchange": "SMART", "security_type": "STK", "currency": "USD",
    }  # fmt: skip
    return plain | fields


def execution(number: int = 1, **fields: Any) -> dict[str, Any]:
    plain = {
        "exec_id": f"x{number}", "time": "2026-11-22T21:26:35.5Z", "account": "DU1", "con_id": 1,
        "symbol": "SPY", "side": "BOT", "shares": "100", "price": 168.27, "perm_id": 1,
        "client_id": 5, "order_id": 1, "commission": 1.0, "currency": "USD", "realized_pnl": None,
    }  # fmt: skip
    return plain | fields


def shown(cols: tuple[Any, ...], row: Row) -> dict[str, Any]:
    assert len(cols) == len(row.cells)
    return {col.label: cell for col, cell in zip(cols, row.cells, strict=True)}


def test_working_orders_come_first_and_the_newest_first_among_them() -> None:
    told = [
        order(1), order(2, status="Filled"), order(3, status="PreSubmitted"),
        order(4, status="Cancelled"), order(5, status="PendingCancel"),
    ]  # fmt: skip
    keys = [row.key for row in trades.order_rows(told, working=False)]
    assert keys == ["5", "3", "1", "4", "2"]
    assert [row.key for row in trades.order_rows(told, working=True)] == ["5", "3", "1"]


def test_orders_that_wait_for_the_link_have_no_button_and_say_why() -> None:
    told = [order(1, perm_id=0, status="PendingSubmit"), order(2, perm_id=0), order(3)]
    rows = trades.order_rows(told, working=True)
    assert [(row.key, bool(row.act)) for row in rows] == [
        ("3", True),
        ("5/2", False),
        ("5/1", False),
    ]
    held = [shown(trades.ORDERS, row)["Why held"] for row in rows]
    assert held == ["", "waits for the broker link", "waits for the broker link"]


@walk(
    "status, works",
    [
        ("PendingSubmit", True), ("ApiPending", True), ("PreSubmitted", True),
        ("Submitted", True), ("PendingCancel", True), ("Filled", False), ("Cancelled", False),
        ("ApiCancelled", False), ("Inactive", False),
    ],
)  # fmt: skip
def test_only_what_works_can_be_cancelled(status: str, works: bool) -> None:
    (row,) = trades.order_rows([order(status=status)], working=False)
    assert row.act == ("Cancel order BUY 100 SPY LMT 169.50 DAY" if works else "")


def test_an_order_says_what_it_is() -> None:
    told = order(filled="40.0000", remaining="60", average_price=169.4875, why_held="locate")
    (row,) = trades.order_rows([told], working=False)
    cells = shown(trades.ORDERS, row)
    assert cells["Status"] == Cell("Submitted", "good")
    assert (cells["Quantity"], cells["Filled"], cells["Remaining"]) == ("100", "40", "60")
    assert (cells["Limit"], cells["Average"], cells["TIF"]) == ("169.50", "169.4875", "DAY")
    assert (cells["Why held"], cells["Client"], cells["Order id"]) == ("locate", "5", "1")
    market = order(order_type="MKT", limit_price=None)
    assert trades.in_words(market) == "BUY 100 SPY MKT DAY"


def test_an_order_of_the_user_is_of_tws() -> None:
    (row,) = trades.order_rows([order(client_id=0, order_id=0)], working=False)
    cells = shown(trades.ORDERS, row)
    assert (cells["Client"], cells["Order id"]) == ("TWS", "")


def test_what_an_order_belongs_to_and_who_placed_it() -> None:
    told = order(conditions=1, oca_group="g", good_after="20261224 09:30:00 US/Eastern")
    assert trades.belongings(told) == [
        "OCA group g", "1 condition", "not before 20261224 09:30:00 US/Eastern",
        "client 5, order 1", "DU1",
    ]  # fmt: skip
    mine = order(client_id=0, order_id=0, conditions=2, account="", parent_perm_id=9)
    assert trades.belongings(mine) == ["child of order 9", "2 conditions", "entered here"]


def test_what_a_client_has_named_stays_as_it_is() -> None:
    """It is escaped in the browser; here nothing is made of it."""
    told = order(symbol=HOSTILE, why_held=HOSTILE, account=HOSTILE)
    cells = shown(trades.ORDERS, trades.order_rows([told], working=False)[0])
    assert cells["Symbol"] == cells["Why held"] == cells["Account"] == HOSTILE


def test_executions_come_newest_first_with_their_gain() -> None:
    told = [execution(1), execution(2, side="SLD", realized_pnl=-2.366, commission=1.5)]
    rows = trades.execution_rows(told)
    assert [row.key for row in rows] == ["x2", "x1"]
    cells = shown(trades.EXECUTIONS, rows[0])
    assert (cells["Time"], cells["Side"]) == ("21:26:35", Cell("Sold", "pt-down"))
    assert cells["Realized P&L"] == Cell("-2.37", "pt-down")
    assert shown(trades.EXECUTIONS, rows[1])["Realized P&L"] == Cell("", "")


def test_positions_of_two_accounts_in_one_contract_are_two_rows() -> None:
    told = {
        "account": "DU1", "con_id": 8314, "symbol": "IBM", "currency": "USD", "position": "-40",
        "average_cost": 183.1210291, "market_price": 183.165, "market_value": -7326.6,
        "unrealized_pnl": -1.759, "realized_pnl": 0.0,
    }  # fmt: skip
    one, two = trades.position_rows([told, told | {"account": "DU2", "unrealized_pnl": 3.0}])
    assert one.key != two.key
    cells = shown(trades.POSITIONS, one)
    assert (cells["Position"], cells["Average cost"]) == ("-40", "183.121")
    assert (cells["Market value"], cells["Realized P&L"]) == ("-7,326.60", Cell("0.00", ""))
    assert cells["Unrealized P&L"] == Cell("-1.76", "pt-down")
    assert shown(trades.POSITIONS, two)["Unrealized P&L"] == Cell("+3.00", "pt-up")


def test_one_account_or_all() -> None:
    told = [order(1), order(2, account="DU2")]
    assert trades.of_account(told, "") == told
    assert trades.of_account(told, "DU2") == [told[1]]
    assert trades.of_account(told, "DU3") == []
