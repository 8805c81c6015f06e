"""The trading page: what it shows of which account, and what it sends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from console.pages.test_trades import execution, order
from console.views import PaperView, tab, texts
from papertape.console.pages.ticket import margin_lines
from papertape.console.pages.trading import Trading
from papertape.console.parts.grid import Grid
from papertape.console.remote import RemoteError
from walks import walk

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
PREVIEW = {
    "currency": "USD", "commission": 1.0, "commission_currency": "USD", "warning": "careful",
    "least_commission": None, "most_commission": None,
    **{
        name: {"before": "0", "change": "16.8", "after": "1000016.8"}
        for name in ("initial_margin", "maintenance_margin", "equity_with_loan")
    },
}  # fmt: skip


class Page:
    """The page in a tab."""

    def __init__(self) -> None:
        self.paper = PaperView()
        self.paper.desk.answers |= {"/quotes/756733": QUOTE, "/previews": PREVIEW}
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

    def asked(self, verb: str) -> list[tuple[str, Any]]:
        return [(path, body) for done, path, body in self.paper.desk.done if done == verb]


def keys(grid: Grid) -> list[str]:
    return list(grid._rows)


@pytest.mark.long
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
        assert shown._order_grid._props["hidden"] == ["Account", "Why held", "Stop"]
        page.paper.tell("orders", [order(1, why_held="locate", aux_price=160.0)])
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
        await ticket.choose(SPY)
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
        await ticket.choose(SPY)
        ticket._type.set_value("LMT")
        await ticket._submit()
        assert ticket._confirm._what.text == "BUY 100 SPY LMT 168.21 DAY" and page.sent() == []
        page.paper.desk.answers["/orders"] = order(9)
        await ticket._confirm._yes()
        await ticket._confirm._yes()
        ((path, body),) = page.sent()
        assert (path, body["con_id"], body["quantity"]) == ("/orders", 756733, 100)
        assert (body["limit_price"], body["account"]) == (168.21, "DU2")
        assert ticket._done.text == "BUY 100 SPY LMT 168.21 DAY: Submitted"

    page.run(use, "DU2")


@pytest.mark.long
@walk(
    ("quantity", "limit", "words"),
    [
        (None, 1.0, "Quantity is a whole number"), (0, 1.0, "Quantity is a whole number"),
        (1.5, 1.0, "Quantity is a whole number"), (2e9, 1.0, "Quantity is a whole number"),
        (1, None, "needs a limit price"), (1, 0, "needs a limit price"),
    ],
    check=5,
)  # fmt: skip
def test_what_lacks_is_said_and_nothing_is_asked(quantity: Any, limit: Any, words: str) -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket._submit()
        assert ticket._error.text.startswith("Choose a symbol first")
        await ticket.choose(SPY)
        ticket._own()
        ticket._type.set_value("LMT")
        ticket._quantity.set_value(quantity)
        ticket._limit.set_value(limit)
        await ticket._submit()
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
        await ticket.choose(SPY)
        page.paper.desk.answers["/orders"] = answer
        await ticket._submit()
        await ticket._confirm._yes()
        assert (ticket._error.text, ticket._done.text) == (words, "")

    page.run(use)


def test_the_margin_is_shown_before_an_order_is_sent() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket.choose(SPY)
        await ticket._submit()
        words = texts(ticket._confirm._margin)
        assert words[words.index("Initial margin") + 1 :][:2] == ["1,000,016.80 USD", "+16.80"]
        assert words[words.index("Commission") + 1] == "1.00 USD"
        assert ticket._confirm._warning.text == "careful"
        page.paper.desk.answers["/previews"] = RemoteError("201: no")
        await ticket._submit()
        assert ticket._confirm._warning.text == "201: no" and not texts(ticket._confirm._margin)
        assert [body["order_type"] for _, body in page.asked("ask")] == ["MKT", "MKT"]
        assert page.sent() == []

    page.run(use)


def test_the_fields_of_a_type_are_shown_and_others_are_not_sent() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket.choose(SPY)
        ticket._type.set_value("LMT")
        ticket._type.set_value("TRAIL")
        visible = [name for name, field in ticket._prices.items() if field.visible]
        assert visible == ["aux_price", "trailing_percent", "trail_stop_price"]
        assert ticket._prices["aux_price"].props["label"] == "Trail amount"
        assert list(ticket._tif.options) == ["DAY", "GTC", "GTD", "Minutes"]
        ticket._prices["trailing_percent"].set_value(1.5)
        ticket._tif.set_value("GTD")
        assert ticket._good_till.visible and not ticket._minutes.visible
        ticket._good_till.set_value("20261224 09:30:00 US/Eastern")
        await ticket._submit()
        ((_, body),) = page.asked("ask")
        assert "limit_price" not in body and body["trailing_percent"] == 1.5
        assert body["good_till"] == "20261224 09:30:00 US/Eastern"
        ticket._type.set_value("MOC")
        assert ticket._tif.value == "DAY" and not ticket._good_till.visible
        ticket._type.set_value("MIDPRICE")
        assert ticket._limit.value is None and ticket._limit.props["label"] == "Price cap"

    page.run(use)


@pytest.mark.long
@pytest.mark.parametrize(("between", "kept"), [(("LMT",), None), (("STP LMT", "STP"), 161.5)])
def test_a_price_does_not_stay_as_another_thing(between: tuple[str, ...], kept: float) -> None:
    """A stop price is no trailing amount, also when a type without either came between."""
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket.choose(SPY)
        ticket._type.set_value("STP")
        stop = ticket._prices["aux_price"]
        stop.set_value(161.5)
        for kind in (*between, "TRAIL") if kept is None else between:
            ticket._type.set_value(kind)
        assert stop.value == kept
        ticket._type.set_value("TRAIL")
        assert stop.value is None
        stop.set_value(2.5)
        ticket._type.set_value("TRAIL LIMIT")
        assert stop.value == 2.5
        ticket._type.set_value("LIT")
        assert stop.value is None

    page.run(use)


@pytest.mark.long
def test_a_bracket_conditions_and_a_group_go_with_the_order() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        ticket = shown._ticket
        await ticket.choose(SPY)
        ticket._take_profit.set_value(170.0)
        ticket._stop_loss.set_value(160.0)
        assert "Bracket: 170.00 / 160.00" in page.words()
        editor = ticket._conditions
        editor._add()
        assert editor._error.text == "Enter a level."
        editor._level.set_value(165.0)
        editor._add()
        editor._kind.set_value("time")
        editor._time.set_value("20261224 09:30:00 US/Eastern")
        editor._join.set_value("or")
        editor._add()
        assert "Price of SPY ≥ 165.00" in page.words()
        assert "or Time after 20261224 09:30:00 US/Eastern" in page.words()
        assert "Conditions: 2" in page.words()
        ticket._algorithm.set_value("Adaptive")
        assert ticket._parameters.value == "adaptivePriority=Normal"
        ticket._group.set_value("g")
        ticket._group_type.set_value(2)
        await ticket._submit()
        ((_, body),) = page.asked("ask")
        price, time = body["conditions"]
        assert (price["con_id"], price["level"], price["joined"]) == (756733, 165.0, "or")
        assert (time["kind"], time["more"], time["joined"]) == ("time", True, "and")
        assert (body["take_profit"], body["stop_loss"]) == (170.0, 160.0)
        assert body["algorithm_parameters"] == {"adaptivePriority": "Normal"}
        assert (body["oca_group"], body["oca_type"]) == ("g", 2)
        editor._remove(0)
        assert [one["kind"] for one in editor.conditions] == ["time"]
        for _ in range(12):
            editor._add()
        assert len(editor.conditions) == 10 and "at most 10" in editor._error.text

    page.run(use)


def test_an_order_gets_new_terms() -> None:
    page = Page()

    async def use(shown: Trading) -> None:
        told = order(7, parent_perm_id=3, conditions=2)
        page.paper.tell("orders", [told])
        shown._ask_change("8")
        shown._ask_change("7")
        change = shown._change
        assert change._what.text == "BUY 100 SPY LMT 169.50 DAY"
        assert change._more.text == "child of order 3 · 2 conditions · client 5, order 7 · DU1"
        await change._send()
        assert change._error.text == "Nothing has been changed."
        change._prices["limit_price"].set_value(170.0)
        change._quantity.set_value(50.0)
        change._tif.set_value("GTC")
        page.paper.desk.answers["/orders/7"] = RemoteError("105: no")
        await change._send()
        assert change._error.text == "105: no"
        assert page.asked("patch")[-1] == (
            "/orders/7", {"limit_price": 170.0, "quantity": 50, "tif": "GTC"},
        )  # fmt: skip

    page.run(use)


def test_a_commission_that_depends_on_the_market_is_a_range() -> None:
    assert margin_lines(PREVIEW)[-1] == ("Commission", "", "1.00 USD")
    told = PREVIEW | {"commission": None, "least_commission": 0.37, "most_commission": 0.67}
    assert margin_lines(told)[-1] == ("Commission", "", "0.37 – 0.67 USD")
    assert margin_lines(PREVIEW | {"commission": None})[-1] == ("Commission", "", "–")
