"""A user with several accounts, and what others have named: it is shown, and stays text."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from console.browser.harness import ACCOUNTS, HOSTILE_ACCOUNT, PAGES, PHONE, Browser, expect
from console.people import limit, market, program, stock, told
from console.started import Started, eventually
from ibapi.apps import App

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from papertape.ibapi.order import Order

SECOND = ACCOUNTS[1]


@pytest.fixture(scope="module")
def at(stations: dict[str, Started], browser: Browser) -> Started:
    browser.enter(stations["family"])
    return stations["family"]


@pytest.fixture(scope="module")
def app(at: Started) -> Iterator[App]:
    """A program that has traded for two of the accounts."""
    with program(at.port, 1) as found:
        found.placeOrder(1, stock("SPY"), of(HOSTILE_ACCOUNT, market("BUY", 10)))
        found.placeOrder(2, stock("IBM"), of(SECOND, market("BUY", 20)))
        found.placeOrder(3, stock("BAC"), of(SECOND, limit("BUY", 5, 1.25)))
        told(found, "commissionAndFeesReport", 2)
        yield found


def of(account: str, order: "Order") -> "Order":
    order.account = account
    return order


def part(tab: "Page", name: str) -> "Locator":
    """A titled part of a page."""
    return tab.locator(f'section[aria-label="{name}"]')


def rows(tab: "Page", name: str) -> "Locator":
    """The rows of a table, without that of its titles."""
    return part(tab, name).locator("tbody tr[aria-rowindex]")


def choose(tab: "Page", box: "Locator", option: str) -> None:
    """Choose of a select."""
    box.click()
    tab.get_by_role("option", name=option, exact=True).click()
    expect(tab.get_by_role("listbox")).to_be_hidden()


@pytest.mark.usefixtures("app")
def test_one_account_of_several_is_chosen(at: Started, browser: Browser) -> None:
    shown = {"Orders": 3, "Executions": 2, "Positions": 2, "Account": 3}
    of_each = {
        HOSTILE_ACCOUNT: {"Orders": ["SPY"], "Executions": ["SPY"], "Positions": ["SPY"]},
        SECOND: {"Orders": ["BAC", "IBM"], "Executions": ["IBM"], "Positions": ["IBM"]},
        ACCOUNTS[2]: {"Orders": [], "Executions": [], "Positions": []},
    }
    with browser.tab("trading") as tab:
        box = tab.locator(".pt-accounts")
        for name, count in shown.items():
            expect(rows(tab, name)).to_have_count(count)
        for at_, code in enumerate(ACCOUNTS):
            row = rows(tab, "Account").nth(at_)
            expect(row.get_by_role("cell").first).to_have_text(code)
            expect(row.get_by_role("cell").nth(1)).to_have_text(re.compile(r"^(1,000|999),\d{3}"))
        for code, wanted in of_each.items():
            choose(tab, box, code)
            for name, symbols in wanted.items():
                expect(rows(tab, name)).to_have_count(len(symbols))
                for place, symbol in enumerate(symbols):
                    row = rows(tab, name).nth(place)
                    expect(row.get_by_role("cell", name=symbol, exact=True)).to_be_visible()
                    expect(row.get_by_role("cell").filter(has_text=code).first).to_have_text(code)
            expect(part(tab, "Account").get_by_role("table")).to_be_hidden()
            expect(part(tab, "Account").locator("dd").first).to_have_text(
                re.compile(r"^(1,000|999),\d{3}")
            )
        choose(tab, box, "All accounts")
        for name, count in shown.items():
            expect(rows(tab, name)).to_have_count(count)


@pytest.mark.usefixtures("app")
def test_an_order_is_entered_for_the_account_that_is_chosen(at: Started, browser: Browser) -> None:
    with browser.tab("trading") as tab:
        ticket = part(tab, "Enter order")
        box = ticket.get_by_role("combobox", name="Account")
        expect(box).to_be_visible()
        ticket.get_by_role("combobox", name="Symbol").fill("MSFT")
        tab.get_by_role("option").filter(has_text=re.compile(r"^MSFT\b")).first.click()
        ticket.get_by_label("Quantity").fill("7")
        asking = tab.get_by_role("dialog")
        ticket.get_by_role("button", name="Review order").click()
        expect(asking).to_contain_text(f"Account {HOSTILE_ACCOUNT}")
        asking.get_by_role("button", name="Back").click()
        choose(tab, box, SECOND)
        ticket.get_by_role("button", name="Review order").click()
        expect(asking).to_contain_text(f"Account {SECOND}")
        asking.get_by_role("button", name="Transmit").click()
        row = rows(tab, "Orders").filter(has_text="MSFT")
        expect(row.get_by_role("cell").nth(-2)).to_have_text(SECOND)
        expect(rows(tab, "Positions").filter(has_text="MSFT")).to_contain_text(SECOND)
    (sent,) = (one for one in at.get("/orders") if one["symbol"] == "MSFT")
    assert (sent["account"], Decimal(sent["quantity"])) == (SECOND, 7)


# ---------------------------------------------------------------- hostile texts

HOSTILE = (
    "<img src=x onerror=document.title='hit'>",
    "{{7*7}}<script>document.title='hit'</script>",
    "\u202egnp.exe\u2066</td></tr>\"'><svg onload=document.title='hit'>",
    "`${document.title='hit'}`" + "A" * 4000,
)
STRANGE = "img[src=x], svg[onload], body script:has-text('hit')"


@pytest.fixture(scope="module")
def hostile(app: App) -> App:
    """A program whose every text is one."""
    for number, text in enumerate(HOSTILE):
        app.reqContractDetails(900 + number, stock(text))
        app.placeOrder(910 + number, stock(text), of(HOSTILE_ACCOUNT, market("BUY", 1)))
        app.placeOrder(930 + number, stock("SPY"), of(text, limit("BUY", 1, 1.5)))
        order = of(HOSTILE_ACCOUNT, limit("BUY", 1, 1.5))
        order.orderRef = text
        app.placeOrder(920 + number, stock("SPY"), order)
    return app


SHOWING = ("connections", "trading", "account", "messages", "log")
"""Pages that show texts of others."""


@pytest.mark.parametrize("page", SHOWING)
def test_texts_of_others_stay_texts(page: str, hostile: App, browser: Browser) -> None:
    """The account's code is one of them."""
    with browser.tab(page) as tab:
        if page == "messages":
            _look_at_messages(tab, hostile)
        if page == "trading":
            _look_at_trading(tab)
        if page == "account":
            _look_at_accounts(tab)
        _is_as_it_was(tab, page)


@pytest.mark.repeats
@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("page", [page for page in PAGES if page not in SHOWING])
def test_texts_of_others_are_not_shown_elsewhere(page: str, browser: Browser) -> None:
    with browser.tab(page) as tab:
        _is_as_it_was(tab, page)


def _is_as_it_was(tab: "Page", page: str) -> None:
    assert tab.locator(STRANGE).count() == 0
    assert tab.title() == f"{PAGES[page]} · Papertape"


LISTENS = re.compile(r"Nothing travels at the moment|a second, all shown")
"""What the page says once it shows what travels."""


def _look_at_messages(tab: "Page", app: App) -> None:
    expect(tab.get_by_text(LISTENS).first).to_be_visible()
    app.placeOrder(999, stock("GOOG"), of(HOSTILE_ACCOUNT, limit("BUY", 1, 1.5)))
    for number, text in enumerate(HOSTILE):
        app.reqContractDetails(950 + number, stock(text))
    row = tab.get_by_role("row")
    expect(tab.get_by_text(HOSTILE[0]).first).to_be_visible()
    row.filter(has_text="{{7*7}}<script>").first.click()
    expect(tab.get_by_text("{{7*7}}").nth(1)).to_be_visible()
    row.filter(has_text="PlaceOrder").filter(has_text="GOOG").first.click()
    expect(tab.get_by_text(HOSTILE_ACCOUNT).first).to_be_visible()


def _look_at_accounts(tab: "Page") -> None:
    values = part(tab, "All values")
    expect(values).to_contain_text(HOSTILE_ACCOUNT)
    for code in reversed(ACCOUNTS):
        choose(tab, tab.locator(".pt-accounts").first, code)
        expect(values).to_contain_text(code)


def _look_at_trading(tab: "Page") -> None:
    box = part(tab, "Enter order").get_by_role("combobox", name="Symbol")
    box.fill(HOSTILE[0])
    box.press("Enter")
    choose(tab, tab.locator(".pt-accounts"), HOSTILE_ACCOUNT)
    expect(tab.locator(".pt-accounts")).to_contain_text(HOSTILE_ACCOUNT)
    expect(rows(tab, "Orders").get_by_text(HOSTILE_ACCOUNT, exact=True).first).to_be_visible()
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for code in ACCOUNTS:  # each is in the bar and in the form, however long
        choose(tab, tab.locator(".pt-accounts"), code)
        eventually(lambda: _width(tab) <= PHONE["width"], "it is wider than a phone")


def _width(tab: "Page") -> int:
    return int(tab.evaluate("document.documentElement.scrollWidth"))
