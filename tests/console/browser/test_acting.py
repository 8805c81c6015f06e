"""What people do in the console, and what real API programs are told of it.

The station is a Gateway, whose farms sleep until somebody needs them; the tests come in order.
"""

import re
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from console.browser.harness import Browser, expect
from console.people import limit, market, program, stock, stranger, told
from console.started import Started, eventually
from ibapi.apps import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@pytest.fixture
def at(stations: dict[str, Started], browser: Browser) -> Started:
    browser.enter(stations["remote"])
    return stations["remote"]


def indicator(tab: "Page", name: str) -> "Locator":
    return tab.get_by_label("Indicators").and_(tab.get_by_role("status")).get_by_text(name)


def part(tab: "Page", name: str) -> "Locator":
    """A titled part of a page."""
    return tab.locator(f'section[aria-label="{name}"]')


# ---------------------------------------------------------------- indicators


def test_a_farm_is_yellow_until_a_program_needs_it(at: Started, browser: Browser) -> None:
    with browser.tab("connections") as tab:
        for name in ("usfarm", "ushmds"):
            expect(indicator(tab, name)).to_have_class(re.compile(r"\bwarn\b"))
        with program(at.port, 1) as app:
            expect(indicator(tab, "API 1")).to_have_class(re.compile(r"\bgood\b"))
            expect(indicator(tab, "usfarm")).to_have_class(re.compile(r"\bwarn\b"))
            app.reqMktData(1, stock("SPY"), "", False, False, [])
            expect(indicator(tab, "usfarm")).to_have_class(re.compile(r"\bgood\b"))
            expect(part(tab, "Indicators")).to_contain_text("Market data farm connection is OK")
            expect(indicator(tab, "ushmds")).to_have_class(re.compile(r"\bwarn\b"))
            told(app, "tickPrice")
        expect(indicator(tab, "API 0")).to_have_class(re.compile(r"\bwarn\b"))


# ---------------------------------------------------------------- who may come in


def dialog(tab: "Page") -> "Locator":
    return tab.get_by_role("alertdialog")


def test_a_connection_from_elsewhere_is_accepted(at: Started, browser: Browser) -> None:
    with browser.tab("trading") as tab, stranger(at.port, 21) as other:
        expect(dialog(tab)).to_contain_text("127.0.0.2")
        expect(dialog(tab)).to_contain_text("client id 21")
        expect(dialog(tab)).to_contain_text(re.compile(r"server version \d{3}"))
        expect(dialog(tab)).to_contain_text(re.compile(r"in \d+ s"))
        dialog(tab).get_by_role("button", name="Accept", exact=True).click()
        assert other.let_in()
        expect(dialog(tab)).to_be_hidden()
        browser.go(tab, "connections")
        row = part(tab, "Sessions").get_by_role("row").filter(has_text="127.0.0.2")
        expect(row).to_contain_text("21")
        row.get_by_role("button", name="Disconnect client 21").click()
        tab.get_by_role("alertdialog").get_by_role("button", name="Disconnect").click()
        expect(part(tab, "Sessions")).not_to_contain_text("127.0.0.2")


def test_a_connection_from_elsewhere_is_rejected(at: Started, browser: Browser) -> None:
    with browser.tab("connections") as tab, stranger(at.port, 22) as other:
        dialog(tab).get_by_role("button", name="Reject").click()
        assert not other.let_in()
        expect(dialog(tab)).to_be_hidden()
        assert at.get("/sessions") == []


def test_a_connection_that_nobody_answers_is_rejected_by_itself(
    stations: dict[str, Started], browser: Browser
) -> None:
    at = stations["hasty"]
    browser.enter(at)
    with browser.tab("log") as tab, stranger(at.port, 23) as other:
        expect(dialog(tab)).to_contain_text(re.compile(r"Rejected automatically in \d+ s"))
        assert not other.let_in()
        expect(dialog(tab)).to_be_hidden()


def test_by_keyboard_alone(at: Started, browser: Browser) -> None:
    """From the skip link to a page, and from the dialog back; no key that was meant for something
    else accepts anybody."""
    with browser.tab("connections") as tab:
        tab.keyboard.press("Tab")
        expect(tab.get_by_role("link", name="Skip to the page")).to_be_focused()
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.closest('#main') !== null")
        log = tab.get_by_role("link", name="Log")
        _tab_to(tab, log)
        tab.keyboard.press("Enter")
        browser.lives(tab, "log")
        with stranger(at.port, 24) as other:
            expect(dialog(tab)).to_be_visible()
            tab.wait_for_function("document.activeElement.closest('.q-dialog') !== null")
            tab.keyboard.press("Enter")
            assert [one["client_id"] for one in at.get("/waiting")] == [24]
            _tab_to(tab, dialog(tab).get_by_role("button", name="Accept", exact=True))
            tab.keyboard.press("Enter")
            assert other.let_in()
            expect(dialog(tab)).to_be_hidden()
        with stranger(at.port, 25):
            expect(dialog(tab)).to_be_visible()
            tab.keyboard.press("Escape")
            expect(dialog(tab)).to_be_hidden()
            assert [one["client_id"] for one in at.get("/waiting")] == [25]


def _tab_to(tab: "Page", wanted: "Locator") -> None:
    """Press Tab until something has the focus."""
    for _ in range(60):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


# ---------------------------------------------------------------- orders


def test_an_order_of_a_program_is_seen_and_cancelled(at: Started, browser: Browser) -> None:
    with browser.tab("trading") as tab, program(at.port, 3) as app:
        app.placeOrder(31, stock("SPY"), limit("BUY", 70, 1.25))
        row = part(tab, "Orders").get_by_role("row").filter(has_text="1.25")
        expect(row).to_contain_text("Submitted")
        for text in ("SPY", "BUY", "70", "LMT", "31"):
            expect(row).to_contain_text(text)
        row.get_by_role("button", name=re.compile("^Cancel order BUY 70 SPY")).click()
        asking = tab.get_by_role("dialog")
        asking.get_by_role("button", name="Keep it").click()
        assert app.errors().count((31, 202)) == 0
        row.get_by_role("button", name=re.compile("^Cancel order")).click()
        asking.get_by_role("button", name="Cancel order").click()
        wait_until(lambda: (31, 202) in app.errors())
        expect(row).to_contain_text("Cancelled")
        assert row.get_by_role("button").count() == 0


def test_an_order_is_entered_by_the_user(at: Started, browser: Browser) -> None:
    with browser.tab("trading") as tab, program(at.port, 0) as master:
        master.reqAutoOpenOrders(True)
        ticket = part(tab, "Enter order")
        _choose(ticket, tab, "IBM")
        ticket.get_by_label("Quantity").fill("30")
        ticket.get_by_role("button", name="Review order").click()
        asking = tab.get_by_role("dialog")
        expect(asking).to_contain_text("30")
        expect(asking).to_contain_text("IBM")
        assert at.get("/orders") == [one for one in at.get("/orders") if one["symbol"] != "IBM"]
        asking.get_by_role("button", name="Transmit").click()
        row = part(tab, "Orders").get_by_role("row").filter(has_text="IBM")
        expect(row).to_contain_text("Filled")
        expect(part(tab, "Positions").get_by_role("row").filter(has_text="IBM")).to_contain_text(
            "30"
        )
        expect(part(tab, "Executions").get_by_role("row").filter(has_text="IBM")).to_be_visible()
        wait_until(lambda: any(one[1].symbol == "IBM" for one in master.of("openOrder")))


def test_what_is_wrong_with_an_order_is_said_in_the_form(at: Started, browser: Browser) -> None:
    with browser.tab("trading") as tab:
        ticket = part(tab, "Enter order")
        ticket.get_by_role("button", name="Review order").click()
        expect(ticket.get_by_role("alert")).to_contain_text("Choose a symbol")
        _choose(ticket, tab, "SPY")
        ticket.get_by_label("Quantity").fill("900000")
        ticket.get_by_role("button", name="Review order").click()
        tab.get_by_role("dialog").get_by_role("button", name="Transmit").click()
        expect(ticket.get_by_role("alert")).to_contain_text("201: Order rejected")
        row = part(tab, "Orders").get_by_role("row").filter(has_text="900,000")
        expect(row).to_contain_text("Inactive")


def test_an_order_gets_new_terms_in_the_page(at: Started, browser: Browser) -> None:
    with browser.tab("trading") as tab, program(at.port, 3) as app:
        app.placeOrder(33, stock("SPY"), limit("BUY", 71, 1.25))
        row = part(tab, "Orders").get_by_role("row").filter(has_text="71")
        row.get_by_title(re.compile("^Change order BUY 71 SPY")).click()
        asking = tab.get_by_role("dialog")
        asking.get_by_label("Limit price").fill("1.5")
        asking.get_by_role("button", name="Send changes").click()
        expect(row).to_contain_text("1.50")
        wait_until(lambda: any(one[2].lmtPrice == 1.5 for one in app.of("openOrder")))


def test_a_bracket_and_a_condition_are_entered_with_their_margin(
    at: Started, browser: Browser
) -> None:
    with browser.tab("trading") as tab:
        ticket = part(tab, "Enter order")
        _choose(ticket, tab, "BAC")
        ticket.get_by_label("Quantity").fill("7")
        ticket.locator("summary", has_text="Bracket").click()
        ticket.get_by_label("Take profit").fill("900")
        ticket.get_by_label("Stop loss").fill("0.5")
        ticket.locator("summary", has_text="Conditions").click()
        ticket.get_by_label("Level").fill("0.25")
        ticket.get_by_role("button", name="Add condition").click()
        expect(ticket).to_contain_text("Price of BAC ≥ 0.25")
        ticket.get_by_role("button", name="Review order").click()
        asking = tab.get_by_role("dialog")
        expect(asking).to_contain_text("Initial margin")
        expect(asking).to_contain_text("Take profit 900.00")
        asking.get_by_role("button", name="Transmit").click()
        rows = part(tab, "Orders").get_by_role("row").filter(has_text="BAC")
        expect(rows).to_have_count(3)
        mine = [one for one in at.get("/orders") if one["symbol"] == "BAC"]
        assert [one["order_type"] for one in mine] == ["MKT", "LMT", "STP"]
        assert {one["parent_perm_id"] for one in mine[1:]} == {mine[0]["perm_id"]}


def test_a_trailing_order_takes_any_percent(at: Started, browser: Browser) -> None:
    """Also one that is in no step of a price, and with a price that the field of another type,
    which is hidden now, would not take."""
    with browser.tab("trading") as tab:
        ticket = part(tab, "Enter order")
        _choose(ticket, tab, "QQQ")
        ticket.get_by_role("button", name="Sell", exact=True).click()
        _type(ticket, tab, "Stop limit")
        ticket.get_by_label("Limit price").fill("1.2345")
        ticket.get_by_label("Stop price").fill("1.25")
        _type(ticket, tab, "Trailing stop")
        expect(ticket.get_by_label("Trail amount")).to_have_value("")
        ticket.get_by_role("button", name="Review order").click()
        expect(ticket.get_by_role("alert")).to_contain_text("a trail amount or a trail percent")
        ticket.get_by_label("Trail percent").fill("1.255")
        ticket.get_by_role("button", name="Review order").click()
        asking = tab.get_by_role("dialog")
        expect(asking).to_contain_text("SELL 100 QQQ TRAIL 1.255% DAY")
        expect(asking).to_contain_text("Initial margin")
        asking.get_by_role("button", name="Transmit").click()
        row = part(tab, "Orders").get_by_role("row").filter(has_text="QQQ")
        expect(row).to_contain_text("TRAIL")
        expect(row).to_contain_text("PreSubmitted")
    (sent,) = (one for one in at.get("/orders") if one["symbol"] == "QQQ")
    assert (sent["order_type"], sent["trailing_percent"]) == ("TRAIL", 1.255)
    assert sent["trail_stop_price"] and not sent["limit_price"]


def test_a_position_is_reversed_and_closed_at_the_size_of_now(
    at: Started, browser: Browser
) -> None:
    with browser.tab("trading") as tab, program(at.port, 4) as app:
        app.placeOrder(61, stock("TSLA"), market("BUY", 30))
        told(app, "execDetails")
        row = part(tab, "Positions").get_by_role("row").filter(has_text="TSLA")
        row.get_by_role("button", name="TSLA").click()
        asking = tab.get_by_role("dialog")
        expect(asking).to_contain_text("30 TSLA")
        asking.get_by_role("button", name="Back").click()
        expect(asking).to_be_hidden()
        assert _held(at, "TSLA") == 30, "nothing was sent"
        row.get_by_role("button", name="TSLA").click()
        app.placeOrder(62, stock("TSLA"), market("BUY", 5))  # while the question is asked
        told(app, "execDetails", 2)
        asking.get_by_role("button", name="Reverse").click()
        sending = tab.get_by_role("dialog").filter(has_text="Send this order?")
        expect(sending).to_contain_text("SELL 70 TSLA MKT DAY")
        expect(sending).to_contain_text("Initial margin")
        assert _held(at, "TSLA") == 35, "a preview is no order"
        sending.get_by_role("button", name="Transmit").click()
        expect(row).to_contain_text("-35")
        row.get_by_role("button", name="TSLA").click()
        asking.get_by_role("button", name="Close", exact=True).click()
        expect(sending).to_contain_text("BUY 35 TSLA MKT DAY")
        sending.get_by_role("button", name="Transmit").click()
        eventually(lambda: _held(at, "TSLA") == 0, "it is not closed")
        expect(row.get_by_role("cell").nth(1)).to_have_text("0")
        assert row.get_by_role("button").count() == 0, "there is nothing left to close"


def _held(at: Started, symbol: str) -> Decimal:
    (row,) = (one for one in at.get("/positions") if one["symbol"] == symbol)
    return Decimal(row["position"])


def _type(ticket: "Locator", tab: "Page", title: str) -> None:
    """Choose an order type."""
    ticket.get_by_role("combobox", name="Type").click()
    tab.get_by_role("option", name=title, exact=True).click()
    expect(tab.get_by_role("listbox")).to_be_hidden()


OFFERED_MS = 10_000


def _choose(ticket: "Locator", tab: "Page", symbol: str) -> None:
    box = ticket.get_by_role("combobox", name="Symbol")
    offer = tab.get_by_role("option").filter(has_text=re.compile(rf"^{symbol}\b")).first

    def offered() -> bool:
        """On a busy machine the page may load itself again, and forget what was typed."""
        from playwright.sync_api import TimeoutError as NothingCame

        box.fill(symbol)
        with suppress(NothingCame):
            offer.wait_for(timeout=OFFERED_MS)
        return offer.is_visible()

    eventually(offered, f"{symbol} is not offered")
    offer.click()


# ---------------------------------------------------------------- chart, messages, drills, log


def test_the_chart_moves(at: Started, browser: Browser) -> None:
    with browser.tab("chart") as tab:
        shown = part(tab, "Chart")
        expect(shown.get_by_role("img", name=re.compile("bars of 1 min"))).to_be_visible()
        box = shown.get_by_role("combobox", name="Symbol")
        box.fill("SPY")
        tab.get_by_role("option").filter(has_text=re.compile(r"^SPY\b")).first.click()
        picture = shown.get_by_role("img", name=re.compile(r"^SPY, \d+ bars of 1 min"))
        expect(picture).to_be_visible()
        shown.get_by_role("button", name="5 s").click()
        picture = shown.get_by_role("img", name=re.compile(r"^SPY, \d+ bars of 5 s"))
        was = picture.get_attribute("aria-label")
        bars = picture.locator("canvas")
        before = bars.first.evaluate("one => one.toDataURL()")
        eventually(lambda: picture.get_attribute("aria-label") != was, "the chart stands still")
        eventually(
            lambda: bars.first.evaluate("one => one.toDataURL()") != before, "nothing is drawn"
        )


def test_own_executions_are_marked_in_the_chart(at: Started, browser: Browser) -> None:
    """Triangles as they are painted: up and below what was bought, down and above what was sold."""
    with program(at.port, 10) as app, browser.tab("chart") as tab:
        _choose(part(tab, "Chart"), tab, "AAPL")
        picture = tab.get_by_role("img", name=re.compile(r"^AAPL, \d+ bars of 1 min"))
        expect(picture).to_be_visible()
        assert picture.evaluate(MARKS) == []
        app.placeOrder(101, stock("AAPL"), market("BUY", 3))
        app.placeOrder(102, stock("BAC"), market("BUY", 4))
        app.placeOrder(103, stock("AAPL"), market("SELL", 2))
        told(app, "execDetails", 3)
        told(app, "commissionAndFeesReport", 3)
        eventually(lambda: len(picture.evaluate(MARKS)) >= 2, "nothing is marked")
        drawn = picture.evaluate(MARKS)
        own = [one for _, contract, one in app.of("execDetails") if contract.symbol == "AAPL"]
        assert [(one["price"], one["up"]) for one in drawn] == [
            (one.price, one.side == "BOT") for one in own
        ]
        assert [one["fill"] == one["gain"] for one in drawn] == [True, False]
        assert all(abs(one["off"]) < 1 and one["late"] for one in drawn)
        tab.reload()
        picture = tab.get_by_role("img", name=re.compile(r"^AAPL, \d+ bars of 1 min"))
        eventually(lambda: len(picture.evaluate(MARKS)) == 2, "a new page has no marks")


MARKS = """async (picture) => {
  const { echarts } = await import("nicegui-echart");
  const chart = echarts.getInstanceByDom(picture);
  if (!chart.getOption()?.series) return [];
  const { xAxis: [{ data: times }], series } = chart.getOption();
  const held = series.find((one) => one.name === "executions").data;
  const painted = chart.getZr().storage.getDisplayList(true)
    .filter((one) => one.shape?.symbolType === "triangle" && !one.invisible);
  const gain = getComputedStyle(document.body).getPropertyValue("--up").trim();
  return painted.map((one, at) => {
    const [time, price] = held[at].value;
    const [x, y] = chart.convertToPixel({ seriesIndex: 2 }, [time, price]);
    const [a, b, c, d, left, top] = one.getComputedTransform();
    const up = d > 0;
    return { price, up, gain, fill: one.style.fill, late: times.indexOf(time) >= times.length - 2,
      off: Math.hypot(left - x, top - y - (up ? 9 : -9)) };
  });
}"""
"""What is painted for each execution, and how far it is from where it belongs, in pixels."""


def test_messages_are_explained_as_they_travel(at: Started, browser: Browser) -> None:
    with browser.tab("messages") as tab, program(at.port, 5) as app:
        app.placeOrder(51, stock("BAC"), limit("SELL", 40, 99.5))
        row = tab.get_by_role("row").filter(has_text="PlaceOrder").filter(has_text="BAC")
        expect(row.first).to_be_visible()
        row.first.click()
        expect(tab.get_by_text("lmtPrice").first).to_be_visible()
        expect(tab.get_by_text("99.5").first).to_be_visible()


def test_a_drill_is_run(at: Started, browser: Browser) -> None:
    with browser.tab("drills") as tab, program(at.port, 6) as app:
        card = part(tab, "link-lost")
        card.get_by_label("ms").fill("300")
        card.get_by_role("button", name="Start link-lost").click()
        wait_until(lambda: (-1, 1100) in app.errors())
        expect(part(tab, "Runs")).to_contain_text("link-lost")
        expect(part(tab, "Runs")).to_contain_text("300")
        wait_until(lambda: {(-1, 1101), (-1, 1102)} & set(app.errors()))
        expect(part(tab, "Runs").get_by_role("row").filter(has_text="link-lost")).to_contain_text(
            re.compile("ended|over")
        )


def test_the_log_tells_who_came(at: Started, browser: Browser) -> None:
    with browser.tab("log") as tab, program(at.port, 77):
        lines = tab.get_by_role("log")
        expect(lines).to_contain_text("client 77")
        tab.get_by_role("searchbox", name="Search the log").fill("no such words")
        expect(lines).not_to_contain_text("client 77")


# ---------------------------------------------------------------- settings


def test_another_socket_port_moves_the_programs(at: Started, browser: Browser) -> None:
    with browser.tab("settings") as tab:
        with program(at.port, 8) as app:
            wanted = at.port + 1 if at.port < 65000 else at.port - 1
            _save_port(tab, 70000)
            expect(part(tab, "API - Settings")).to_contain_text("65535")
            assert at.get("")["port"] == at.port
            _save_port(tab, wanted)
            asking = tab.get_by_role("alertdialog")
            expect(asking).to_contain_text("1300")
            asking.get_by_role("button", name="Change the port").click()
            wait_until(lambda: (-1, 1300) in app.errors())
            wait_until(lambda: app.of("connectionClosed"))
        expect(tab.locator(".pt-where")).to_contain_text(f":{wanted}")
        with program(wanted, 8) as again:
            assert again.of("nextValidId")
    at.port = wanted


def _save_port(tab: "Page", port: int) -> None:
    tab.get_by_role("spinbutton", name="Socket port").fill(str(port))
    tab.get_by_role("button", name=re.compile("^Save")).click()


def test_an_order_of_size_is_a_decimal_to_the_station(at: Started) -> None:
    """What the page sent was a number of shares, not a text that looks like one."""
    mine = next(one for one in at.get("/orders") if one["symbol"] == "IBM")
    assert Decimal(mine["quantity"]) == 30
