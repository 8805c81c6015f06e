"""The trading page: what it shows of which account, and what it sends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from console.pages.test_trades import execution, order
from console.views import PaperView, tab, texts
from papertape.console.pages.trading import Trading
from papertape.console.parts.grid import Grid
from papertape.console.remote import RemoteError

SPY = {
    "con_id": 756733, "symbol": "SPY", "security_type": "STK", "exchange": "SMART",
    "primary_exchange": "ARCA", "currency": "USD", "description": "SPDR", "tick": 0.01,
    "multiplier": 1,
}  # fmt: skip
QUOTE = {"bid": 168.2, "bid_size": "300", "ask": 168.21, "ask_size": "1400"}
ACCOUNT = {
    "account": "DU1", "currency": "USD", "net_liquidation": 999997.01, "cash": 973664.61,
    "buying_power": 6621562.55, "daily_pnl": -2.99, "unrealized_pnl": 2.24, "realized_pnl": 0.0,
    "margin_model": "portfolio", "fee_plan": "fixed",
}  # fmt: skip


class Page:
    """The page in a tab."""

    def __init__(self) -> None:
        self.paper = PaperView()
        self.paper.desk.answers |= {"/quotes/756733": QUOTE}
        self.content: Any = None

    def run(self, use: Callable[[Trading], Awaitable[None]], *accounts: str) -> None:
        """Let a test use the page."""

        async def main() -> None:
            with tab() as client:
                self.content = client.content
                page = Trading(self.paper.view)
                page.watch()
                self.paper.tell("station", {"accounts": list(accounts or ("DU1",))})
                await use(page)

        asyncio.run(main())

    def words(self) -> list[str]:
        return texts(self.content)

    def sent(self) -> list[tuple[str, Any]]:
        done, self.paper.desk.done[:] = list(self.paper.desk.done), []
        return [(path, body) for verb, path, body in done if verb == "post"]


def keys(grid: Grid) -> list[str]:
    return list(grid._rows)


def test_of_one_account_its_figures_of_several_a_table() -> None:
    page = Page()

    async def one(_: Trading) -> None:
        page.paper.tell("accounts", [ACCOUNT])
        words = page.words()
        assert words[words.index("Daily P&L") + 1] == "-2.99"
        assert words[words.index("Net liquidation") + 1] == "999,997.01"
        assert "in USD, margin portfolio, fees fixed" in words

    async def several(shown: Trading) -> None:
        other = {"account": "DU2", "cash": 5.0, "currency": "EUR", "margin_model": "reg_t"}
        page.paper.tell("accounts", [ACCOUNT, ACCOUNT | other])
        assert "Net liquidation" not in page.words()
        assert [row.cells[-3:] for row in shown._figures._several._rows.values()] == [
            ("USD", "portfolio", "fixed"),
            ("EUR", "reg_t", "fixed"),
        ]
        assert keys(shown._figures._several) == ["DU1", "DU2"]
        shown._choice.set_value("DU2")
        words = page.words()
        assert words[words.index("Cash") + 1] == "5.00"

    page.run(one)
    page.run(several, "DU1", "DU2")


def test_the_account_and_the_filter_choose_orders() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        assert "No orders" in page.words()
        told = [order(1), order(2, account="DU2"), order(3, status="Filled")]
        page.paper.tell("orders", told)
        page.paper.tell("executions", [execution(1), execution(2, account="DU2")])
        assert keys(shown._order_grid) == ["2", "1", "3"]
        assert "2 working, 1 over" in page.words()
        shown._filter.press("working")
        assert keys(shown._order_grid) == ["2", "1"]
        shown._choice.set_value("DU2")
        assert keys(shown._order_grid) == ["2"]
        assert keys(shown._executions.grid) == ["x2"]
        page.paper.tell("orders", [])
        assert keys(shown._order_grid) == [] and "No orders" in page.words()

    page.run(use, "DU1", "DU2")


def test_columns_that_say_nothing_are_left_out() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        page.paper.tell("orders", [order(1)])
        assert shown._order_grid._props["hidden"] == ["Account", "Why held"]
        page.paper.tell("orders", [order(1, why_held="locate")])
        assert shown._order_grid._props["hidden"] == ["Account"]

    page.run(use)


def test_a_cancel_is_asked_about_and_then_sent_once() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        page.paper.tell("orders", [order(7)])
        shown._ask_cancel("8")
        assert shown._cancel._order is None
        shown._ask_cancel("7")
        assert shown._cancel._what.text == "BUY 100 SPY LMT 169.50 DAY" and page.sent() == []
        page.paper.desk.answers["/orders/7/cancel"] = order(7)
        await shown._cancel._yes()
        await shown._cancel._yes()
        assert page.sent() == [("/orders/7/cancel", None)]

    page.run(use)


def test_the_limit_comes_from_the_quote_until_the_user_writes_one() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket._choose(SPY)
        assert ticket._limit.value == 168.21
        ticket._action.press("SELL")
        assert ticket._limit.value == 168.2
        ticket._own()
        ticket._limit.set_value(170.0)
        ticket._action.press("BUY")
        assert ticket._limit.value == 170.0
        ticket._take("SELL")  # the bid is pressed
        assert (ticket._type.value, ticket._limit.value) == ("LMT", 168.2)

    page.run(use)


def test_an_order_is_looked_at_once_more_and_then_sent_once() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket._choose(SPY)
        ticket._type.set_value("LMT")
        ticket._submit()
        assert ticket._confirm._what.text == "BUY 100 SPY LMT 168.21 DAY" and page.sent() == []
        page.paper.desk.answers["/orders"] = order(9)
        await ticket._confirm._yes()
        await ticket._confirm._yes()
        ((path, body),) = page.sent()
        assert (path, body["con_id"], body["quantity"]) == ("/orders", 756733, 100)
        assert (body["limit_price"], body["account"]) == (168.21, "DU2")
        assert ticket._done.text == "BUY 100 SPY LMT 168.21 DAY: Submitted"

    page.run(use, "DU2")


@pytest.mark.parametrize(
    ("quantity", "limit", "words"),
    [
        (None, 1.0, "Quantity is a whole number"), (0, 1.0, "Quantity is a whole number"),
        (1.5, 1.0, "Quantity is a whole number"), (2e9, 1.0, "Quantity is a whole number"),
        (1, None, "needs a limit price"), (1, 0, "needs a limit price"),
    ],
)  # fmt: skip
def test_what_lacks_is_said_and_nothing_is_asked(quantity: Any, limit: Any, words: str) -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        ticket._submit()
        assert ticket._error.text.startswith("Choose a symbol first")
        await ticket._choose(SPY)
        ticket._own()
        ticket._type.set_value("LMT")
        ticket._quantity.set_value(quantity)
        ticket._limit.set_value(limit)
        ticket._submit()
        assert words in ticket._error.text and ticket._confirm._then is None

    page.run(use)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RemoteError("201: Order rejected - reason:x"), "201: Order rejected - reason:x"),
        (order(9, status="Inactive"), "BUY 100 SPY MKT DAY: Inactive"),
    ],
)
def test_a_refusal_is_told_beside_the_form(answer: Any, words: str) -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket._choose(SPY)
        page.paper.desk.answers["/orders"] = answer
        ticket._submit()
        await ticket._confirm._yes()
        assert (ticket._error.text, ticket._done.text) == (words, "")

    page.run(use)
