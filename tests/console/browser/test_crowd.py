"""A day with more orders than the page shows, while a program places and cancels without end."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from console.browser.harness import ACCOUNTS, Browser, expect
from console.people import limit, program, stock
from console.started import Started, eventually
from ibapi.apps import App, wait_until
from papertape.ibapi.order_cancel import OrderCancel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from papertape.ibapi.order import Order

MOST = 500
"""Orders that the page shows, the latest; more only when so many work."""
OVER = 200
FIRST, WANTED, CHURNED = 1001, 5001, 10_001
"""Order ids: of the crowd, of the one that is looked for, of those that come and go."""


@pytest.fixture(scope="module")
def at(stations: dict[str, Started], browser: Browser) -> Started:
    browser.enter(stations["family"])
    return stations["family"]


def resting(quantity: int, price: float) -> "Order":
    order = limit("BUY", quantity, price)
    order.account = ACCOUNTS[1]
    return order


class Churn(threading.Thread):
    """Places an order with every quote, and cancels it with the next."""

    def __init__(self, app: App) -> None:
        super().__init__(name="churn", daemon=True)
        self.placed = 0
        self._app = app
        self._over = False
        self._quoted = threading.Event()
        app.tickPrice = lambda *_: self._quoted.set()  # type: ignore[method-assign]

    def run(self) -> None:
        while self._quoted.wait() and not self._over:
            self._quoted.clear()
            number = CHURNED + self.placed
            self._app.placeOrder(number, stock("IBM"), resting(2, 1.0))
            if self.placed:
                self._app.cancelOrder(number - 1, OrderCancel())
            self.placed += 1

    def end(self) -> None:
        self._over = True
        self._quoted.set()
        self.join()


@contextmanager
def churning(port: int) -> Iterator[Churn]:
    """A program that places and cancels as long as the block lasts."""
    with program(port, 31) as app:
        churn = Churn(app)
        churn.start()
        for number, symbol in enumerate(("SPY", "IBM", "BAC", "AAPL")):
            app.reqMktData(number, stock(symbol), "", False, False, [])
        try:
            yield churn
        finally:
            churn.end()


def shown(orders: "Locator") -> int:
    """How many orders the page says it shows."""
    working, over = map(int, re.findall(r"(\d+) (?:working|over)", orders.inner_text()))
    return working + over


def goes_on(churn: Churn, orders: int = 5) -> None:
    """Wait until some more have come and gone."""
    wanted = churn.placed + orders
    wait_until(lambda: churn.placed >= wanted, 20)


def test_a_crowd_of_orders_that_changes_all_the_time(at: Started, browser: Browser) -> None:
    with program(at.port, 30) as app, browser.tab("trading") as tab:
        orders = tab.locator('section[aria-label="Orders"]')
        for number in range(FIRST, FIRST + MOST):
            app.placeOrder(number, stock("SPY"), resting(1, 1.0))
        for number in range(FIRST, FIRST + OVER):
            app.cancelOrder(number, OrderCancel())
        eventually(lambda: shown(orders) == MOST, "not every order is counted")
        with churning(at.port) as churn:
            goes_on(churn)
            app.placeOrder(WANTED, stock("BAC"), resting(77, 1.25))
            row = orders.get_by_role("row").filter(has_text=str(WANTED))
            expect(row).to_contain_text("Submitted")
            goes_on(churn)
            assert shown(orders) == MOST
            _find(orders, row)
            _cancel(tab, row)
            wait_until(lambda: (WANTED, 202) in app.errors())
            expect(row).to_contain_text("Cancelled")
            expect(row.get_by_role("button")).to_have_count(0)
            goes_on(churn)
            _to_the_end(tab, orders)
            orders.get_by_role("button", name="Working").click()
            expect(row).to_have_count(0)
            expect(orders.get_by_text("Cancelled")).to_have_count(0)
            goes_on(churn)
        last = CHURNED + churn.placed - 1
        newest = orders.locator("tr[aria-rowindex]").nth(1)
        _sort(orders, "Limit", times=1)  # the third: as given
        expect(newest).to_contain_text(str(last))
        assert shown(orders) == MOST


def _sort(orders: "Locator", column: str, times: int) -> None:
    for _ in range(times):
        orders.get_by_role("columnheader", name=column).get_by_role("button").click()


def _find(orders: "Locator", row: "Locator") -> None:
    """Bring the dearest order to the top, where it stays."""
    _sort(orders, "Limit", times=2)
    expect(orders.get_by_role("columnheader", name="Limit")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(row).to_be_visible()


def _cancel(tab: "Page", row: "Locator") -> None:
    row.get_by_role("button", name=re.compile("^Cancel order BUY 77 BAC")).click()
    tab.get_by_role("dialog").get_by_role("button", name="Cancel order").click()


def _to_the_end(tab: "Page", orders: "Locator") -> None:
    """Every row can be scrolled to."""
    table = orders.locator(".pt-scroll")
    tab.wait_for_function(
        """(scroll) => {
          scroll.scrollTop = scroll.scrollHeight;
          const rows = [...scroll.querySelectorAll("tbody tr[aria-rowindex]")];
          const bottom = scroll.getBoundingClientRect().bottom;
          const seen = rows.filter((row) => row.getBoundingClientRect().top < bottom).at(-1);
          return seen?.ariaRowIndex === scroll.querySelector("table").ariaRowCount;
        }""",
        arg=table.element_handle(),
    )
    count = int(table.get_by_role("table").get_attribute("aria-rowcount") or 0)
    assert count == MOST + 1, "and the row of the titles"
    table.evaluate("one => { one.scrollTop = 0 }")
