"""The account page: figures, margin by part, ledger by currency, and orders that end a position."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from console.pages.test_trading import ACCOUNT, PREVIEW, SPY
from console.views import PaperView, tab, texts
from papertape.console.equity import EquityPoint
from papertape.console.pages.account import AccountPage
from papertape.console.pages.account_tables import by_key, ledger_rows, margin_rows, value_rows
from papertape.console.pages.position_orders import closing
from papertape.console.remote import RemoteError
from walks import walk

FULL = ACCOUNT | {
    "available_funds": 1.0, "excess_liquidity": 2.0, "gross_position_value": 3.0,
    "initial_margin": 4.0, "maintenance_margin": 5.0,
}  # fmt: skip
VALUES = [
    {"key": "InitMarginReq", "value": "14915.18", "currency": "USD"},
    {"key": "InitMarginReq-S", "value": "14915.18", "currency": "USD"},
    {"key": "InitMarginReq-C", "value": "0.00", "currency": "USD"},
    {"key": "AccountType", "value": "INDIVIDUAL", "currency": ""},
    *({"key": "Currency", "value": name, "currency": name} for name in ("BASE", "USD", "EUR")),
    {"key": "TotalCashBalance", "value": "5.5", "currency": "EUR"},
    {"key": "UnrealizedPnL", "value": "-7", "currency": "EUR"},
    {"key": "ExchangeRate", "value": "1.08", "currency": "EUR"},
]
HELD = {
    "account": "DU1", "con_id": 756733, "symbol": "SPY", "currency": "USD", "position": "100",
    "average_cost": 168.0, "market_price": 169.0, "market_value": 16900.0, "unrealized_pnl": 100.0,
    "realized_pnl": 0.0,
}  # fmt: skip


def test_margin_stands_beside_the_parts_of_the_account() -> None:
    (row,) = margin_rows(by_key(VALUES), "USD")
    assert row.cells == ("Initial margin", "14,915.18", "14,915.18", "0.00", "")
    assert margin_rows(by_key(VALUES), "EUR") == []


def test_the_ledger_has_a_row_for_each_currency_and_the_total_last() -> None:
    rows = ledger_rows(by_key(VALUES))
    assert [row.cells[0] for row in rows] == ["EUR", "USD", "Total"]
    euros = rows[0].cells
    assert (euros[1], euros[9], euros[11]) == ("5.50", ("-7.00", "pt-down"), "1.08")
    hostile = [{"key": "TotalCashBalance", "value": "x" * 99, "currency": "EUR"}]
    assert ledger_rows(by_key(VALUES + hostile))[0].cells[1] == ""


def test_what_is_in_a_currency_adds_up_to_its_net_liquidation() -> None:
    amounts = {
        "TotalCashBalance": "100.10", "StockMarketValue": "20.00", "OptionMarketValue": "3.00",
        "FutureOptionValue": "0.40", "AccruedCash": "0.05", "NetLiquidationByCurrency": "173.55",
        "FuturesPNL": "9.00",
    }  # fmt: skip
    rows = [{"key": key, "value": text, "currency": "EUR"} for key, text in amounts.items()]
    (row,) = ledger_rows(by_key([*rows, {"key": "Currency", "value": "EUR", "currency": "EUR"}]))
    assert row.cells[1:8] == ("100.10", "20.00", "3.00", "0.40", "50.00", "0.05", "173.55")
    (none,) = ledger_rows(by_key([{"key": "Currency", "value": "EUR", "currency": "EUR"}]))
    assert set(none.cells[1:8]) == {""}


def test_values_are_found_by_key_and_currency() -> None:
    values = by_key(VALUES)
    assert len(value_rows(values, "")) == len(VALUES)
    assert [row.cells[0] for row in value_rows(values, " initmargin")] == [
        "InitMarginReq", "InitMarginReq-C", "InitMarginReq-S",
    ]  # fmt: skip
    assert {row.cells[2] for row in value_rows(values, "eur")} == {"EUR"}


@walk(
    ("held", "times", "action", "quantity"),
    [
        ("100", 1, "SELL", 100),
        ("-50", 1, "BUY", 50),
        ("-50", 2, "BUY", 100),
        ("1.5", 1, "SELL", 1.5),
    ],
)
def test_an_order_that_ends_or_turns_a_position(
    held: str, times: int, action: str, quantity: float
) -> None:
    body = closing(HELD | {"position": held}, SPY, times=times)
    assert (body["action"], body["quantity"], body["order_type"]) == (action, quantity, "MKT")
    assert (body["account"], body["con_id"]) == ("DU1", 756733)


class Page:
    """The page in a tab."""

    def __init__(self) -> None:
        self.paper = PaperView()
        answers = {"/accounts/DU1/values": VALUES, "/previews": PREVIEW, "/symbols/756733": SPY}
        self.paper.desk.answers |= answers | {"/orders": {"status": "Filled"}}
        self.content: Any = None

    def run(self, use: Callable[[AccountPage], Awaitable[None]], wanted: str = "") -> None:
        async def main() -> None:
            with tab() as client:
                self.content = client.content
                page = AccountPage(self.paper.view, wanted)
                page.watch()
                await use(page)

        asyncio.run(main())


def test_the_page_shows_one_account_and_its_equity() -> None:
    page = Page()

    async def use(shown: AccountPage) -> None:
        await shown.look()
        assert page.paper.desk.done == []
        page.paper.desk.equity.take("2026-04-13T15:27:00Z", [FULL])
        page.paper.desk.equity.take("2026-04-13T15:27:05Z", [FULL | {"net_liquidation": 5.0}])
        page.paper.tell("accounts", [FULL])
        page.paper.tell("positions", [HELD, HELD | {"account": "DU2"}])
        await shown.look()
        words = texts(page.content)
        assert words[words.index("Available funds") + 1] == "1.00"
        assert list(shown._positions.grid._rows) == ["DU1 756733"]
        assert len(shown._all._rows) == len(VALUES) and len(shown._margin._rows) == 1
        line = shown._line._props
        assert line["values"] == [999997.01, 5.0] and line["from"] == "15:27:00"
        assert line["text"].startswith("Net liquidation of this session: 5.00 USD, -999,992.01")
        shown._search.set_value("cash")
        assert [row.cells[0] for row in shown._all._rows.values()] == ["TotalCashBalance"]

    page.run(use)


def test_another_account_is_chosen_and_the_address_may_name_one() -> None:
    page = Page()
    page.paper.desk.answers["/accounts/DU2/values"] = RemoteError("no")

    async def use(shown: AccountPage) -> None:
        page.paper.tell("accounts", [FULL, FULL | {"account": "DU2", "cash": 7.0}])
        assert shown.account == "DU2" and shown._choice.visible
        await shown.look()
        assert "7.00" in texts(page.content)
        shown._choice.set_value("DU1")
        await shown.look()
        assert len(shown._all._rows) == len(VALUES)

    page.run(use, "DU2")


def test_a_code_of_any_signs_is_asked_for_as_it_is() -> None:
    page = Page()

    async def use(shown: AccountPage) -> None:
        page.paper.tell("accounts", [FULL | {"account": "a/b?c#<d>"}])
        await shown.look()
        assert page.paper.desk.done[-1][1] == "/accounts/a%2Fb%3Fc%23%3Cd%3E/values"

    page.run(use)


def test_a_position_is_reversed_after_its_margin_was_shown() -> None:
    page = Page()

    async def use(shown: AccountPage) -> None:
        page.paper.tell("accounts", [FULL])
        page.paper.tell("positions", [HELD])
        shown._open("other")
        shown._open("DU1 756733")
        orders = shown._orders
        assert orders._what.text == "100 SPY"
        page.paper.desk.answers["/positions"] = [HELD | {"account": "DU2"}]
        await orders._ask(2)
        assert orders._confirm._what.text == "", "it has been closed meanwhile"
        page.paper.desk.answers["/positions"] = [HELD | {"position": "80"}]
        await orders._ask(2)
        assert orders._confirm._what.text == "SELL 160 SPY MKT DAY"
        assert "Initial margin" in texts(orders._confirm._margin)
        assert [verb for verb, path, _ in page.paper.desk.done if path == "/orders"] == []
        await orders._confirm._yes()
        await orders._confirm._yes()
        sent = [body for verb, path, body in page.paper.desk.done if path == "/orders"]
        assert [body["quantity"] for body in sent] == [160]

    page.run(use)


def test_the_points_of_a_line_are_sent_once() -> None:
    page = Page()

    async def use(shown: AccountPage) -> None:
        line = shown._line
        line.show([EquityPoint("2026-04-13T15:27:00Z", 5.0)], "USD")
        before = line._props["values"]
        line.show([EquityPoint("2026-04-13T15:27:00Z", 5.0)], "USD")
        assert line._props["values"] is before
        line.show((), "USD")
        assert line._props["values"] == [] and line._props["last"] == ""

    page.run(use)
