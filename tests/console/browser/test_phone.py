"""The console on a telephone: narrow, and left open while the station ends and another comes."""

import re
from pathlib import Path

import pytest

from cli.process import closed_port
from console.browser.harness import PHONE, Browser, expect
from console.people import limit, program, stock, told
from console.started import Started, eventually, started

TARGET_PX = 24
"""The least size of what is pressed: WCAG 2.2, 2.5.8."""


@pytest.fixture
def at(stations: dict[str, Started], browser: Browser) -> Started:
    browser.enter(stations["desk"])
    return stations["desk"]


@pytest.mark.parametrize("phone", [True, False])
def test_the_button_of_a_row_leaves_room_for_the_row(
    phone: bool, at: Started, browser: Browser
) -> None:
    with program(at.port, 3 + phone) as app, browser.tab("trading", phone=phone) as tab:
        app.placeOrder(1, stock("SPY"), limit("BUY", 70, 1.25))
        told(app, "orderStatus")
        one = tab.get_by_role("button", name="Cancel order BUY 70 SPY").first
        column, button = one.locator("xpath=..").bounding_box(), one.bounding_box()
        assert column and button and min(button["width"], button["height"]) >= TARGET_PX
        assert (column["width"] <= 48) == phone
        sign = one.evaluate("one => getComputedStyle(one, '::before').content")
        assert (sign == '"×"') == phone


def test_the_navigation_says_where_one_is_and_leads_elsewhere(
    at: Started, browser: Browser
) -> None:
    with browser.tab("trading", phone=True) as tab:
        here = tab.locator(".pt-navmenu summary")
        expect(here).to_have_text("Trading")
        expect(tab.get_by_role("link", name="Log")).to_have_count(0)
        here.click()
        current = tab.get_by_role("navigation", name="All pages").locator("[aria-current=page]")
        expect(current).to_have_text("Trading")
        tab.get_by_role("link", name="Log").click()
        browser.lives(tab, "log")
        expect(here).to_have_text("Log")
        box = here.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


def test_the_clock_is_paused_and_moved_from_the_header(at: Started, browser: Browser) -> None:
    with browser.tab("log", phone=True) as tab:
        tab.get_by_role("button", name="Market clock").click()
        asking = tab.get_by_role("dialog")
        asking.get_by_role("button", name="Pause").click()
        expect(asking).to_contain_text("paused")
        before = at.get("/clock")["time"]
        asking.get_by_role("button", name="+1 min", exact=True).click()
        eventually(lambda: at.get("/clock")["time"] > before, "the clock has not moved")
        asking.get_by_role("button", name="×1", exact=True).click()
        expect(asking).not_to_contain_text("paused")
        asking.get_by_role("button", name="Done").click()


def test_a_tab_that_is_left_open_says_that_the_station_is_gone_and_comes_back(
    tmp_path: Path, browser: Browser
) -> None:
    where = ("--console-port", closed_port())
    with started(tmp_path, *where) as first:
        browser.enter(first)
        tab = browser.context.new_page()
        browser.go(tab, "connections")
    lost = tab.locator(".pt-lost")
    expect(lost).to_contain_text("The station does not answer")
    expect(tab.get_by_role("alert").filter(has_text="What you see is old")).to_be_visible()
    with started(tmp_path, *where) as second:
        expect(tab.locator(".pt-where")).to_contain_text(f":{second.port}")
        expect(lost).to_be_hidden()
    with started(tmp_path, *where, PAPERTAPE_CONTROL_TOKEN="another-token-of-the-tests") as third:
        expect(lost).to_contain_text("Open the address that papertape serve printed")
        browser.enter(third)  # in another tab; this one has the same cookies
        expect(tab.locator(".pt-where")).to_contain_text(f":{third.port}")
        expect(lost).to_be_hidden()
    tab.close()


def test_the_address_of_the_station_is_not_cut(at: Started, browser: Browser) -> None:
    with browser.tab("log", phone=True) as tab:
        where = tab.locator(".pt-where")
        expect(where).to_contain_text(f"{at.host}:{at.port}")
        assert where.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_search_without_a_match_says_so(at: Started, browser: Browser) -> None:
    with program(at.port, 6), browser.tab("log") as tab:
        expect(tab.get_by_role("log")).to_contain_text("client 6")
        tab.get_by_label("Search the log").fill("zzz")
        expect(tab.get_by_role("log")).to_have_text(re.compile("No line matches"))


def test_no_page_shows_the_marks_of_a_text(at: Started, browser: Browser) -> None:
    for page, known in (("drills", "kind is the official name"), ("settings", "Read-Only API")):
        with browser.tab(page) as tab:
            expect(tab.locator("main")).to_contain_text(known)
            words = tab.locator("main").inner_text()
            assert "\\n" not in words and "`" not in words, page


def test_the_arrow_of_a_choice_stands_in_its_middle(at: Started, browser: Browser) -> None:
    middle = "one => { const box = one.getBoundingClientRect(); return box.y + box.height / 2; }"
    with browser.tab("settings") as tab:
        field = tab.locator(".pt-setting-value .q-select").first
        field.wait_for()
        arrow = field.locator(".q-select__dropdown-icon")
        assert abs(field.evaluate(middle) - arrow.evaluate(middle)) <= 1


def test_what_a_message_says_begins_in_view(at: Started, browser: Browser) -> None:
    with program(at.port, 8) as app, browser.tab("messages", phone=True) as tab:
        app.reqContractDetails(1, stock("SPY"))
        row = tab.get_by_role("row").filter(has_text="ReqContractDetails").first
        what = row.locator(".fr-what").bounding_box()
        assert what and what["x"] <= PHONE["width"] - 60
        for cell in row.locator("td:visible").all()[:2]:
            assert cell.evaluate("one => one.scrollWidth <= one.clientWidth"), cell.inner_text()


@pytest.mark.parametrize("phone", [True, False])
def test_no_field_of_the_ticket_is_cut_off_by_a_long_word(
    phone: bool, at: Started, browser: Browser
) -> None:
    with browser.tab("trading", phone=phone) as tab:
        ticket = tab.locator('section[aria-label="Enter order"]')
        for field, word in (("Type", "Trailing stop limit"), ("TIF", "Good till date")):
            ticket.get_by_label(field, exact=True).first.click()
            tab.get_by_role("option", name=word, exact=True).click()
            expect(ticket).to_contain_text(word)
        ticket.get_by_label("Until", exact=True).fill("20261224 09:30:00 US/Eastern")
        cut = ticket.locator(".q-field__native").evaluate_all(
            "all => all.filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1)"
            ".map(one => one.textContent || one.value)"
        )
        quantity = ticket.get_by_label("Quantity", exact=True).bounding_box()
        assert cut == [] and quantity and quantity["width"] > 70
