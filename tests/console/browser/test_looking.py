"""Every page in both themes with a day's trading on it: readable, reachable, at home on a phone.

With ``PAPERTAPE_SCREENSHOTS=1`` the pictures of ``docs/console`` are taken anew.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from console.browser.harness import DESK, PAGES, PHONE, Browser
from console.people import limit, market, program, stock, told
from console.started import Started, started
from ibapi.apps import App
from lanes import LANE
from papertape.ibapi.order_cancel import OrderCancel

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[3]
PICTURED = os.environ.get("PAPERTAPE_SCREENSHOTS") == "1"
PICTURES = ROOT / "docs/console"
THEMES = ("light", "dark")
SERIOUS = ("serious", "critical")
LARGEST = 200_000
"""Bytes of a picture."""
EACH_PAGE = pytest.mark.parametrize("page", PAGES)
EACH_THEME = pytest.mark.parametrize("theme", THEMES)


def picture(page: str, theme: str) -> Path:
    return PICTURES / f"{page}-{theme}.png"


@pytest.fixture(scope="module")
def at(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Started]:
    if not PICTURED:
        browser.enter(request.getfixturevalue("stations")["desk"])
        yield request.getfixturevalue("stations")["desk"]
        return
    words = ("--market", ROOT / "market/sample", "--minutes-played", 120)
    with started(tmp_path_factory.mktemp("pictured"), *words) as found:  # alone, as most have one
        browser.enter(found)
        yield found


@pytest.fixture(scope="module", autouse=True)
def app(at: Started) -> Iterator[App]:
    """A program that has traded and goes on looking at quotes."""
    with program(at.port, 7) as found:
        _trade(found, at)
        yield found


def _trade(app: App, at: Started) -> None:
    for number, symbol in enumerate(("SPY", "IBM", "BAC", "AAPL")):
        app.reqMktData(100 + number, stock(symbol), "", False, False, [])
    app.placeOrder(1, stock("SPY"), market("BUY", 100))
    app.placeOrder(2, stock("IBM"), market("SELL", 50))
    app.placeOrder(3, stock("SPY"), limit("BUY", 200, 140.0))
    app.placeOrder(4, stock("AAPL"), limit("SELL", 10, 900.0))
    app.placeOrder(5, stock("BAC"), limit("BUY", 1000, 10.0))
    app.cancelOrder(5, OrderCancel())
    app.reqHistoricalData(6, stock("SPY"), "", "1 D", "1 hour", "TRADES", 1, 1, False, [])
    told(app, "commissionAndFeesReport", 2)
    told(app, "historicalDataEnd")
    at.post("/drills", {"text": "farm-blip name=ushmds ms=50"})


READY = {
    "connections": "table >> text=127.0.0.1",
    "trading": "section[aria-label=Positions] >> text=SPY",
    "chart": "canvas",
    "account": "section[aria-label=Ledger] >> text=USD",
    "watchlist": "section[aria-label=Watchlist] >> text=IBM",
    "news": "section[aria-label=Headlines] >> text=Sample",
}
"""What a page must show before anybody looks at it closely."""


@pytest.mark.further
@EACH_PAGE
def test_a_page_is_accessible_and_fits_a_phone(page: str, browser: Browser) -> None:
    with browser.tab(page) as tab:
        _settle(tab, page)
        assert _findings(tab) == []
        tab.set_viewport_size(PHONE)  # type: ignore[arg-type]
        tab.wait_for_function(f"innerWidth == {PHONE['width']}")
        width = tab.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], _widest(tab)


@pytest.mark.sample(1, test=12)
@EACH_PAGE
def test_a_page_can_be_read_in_the_dark_theme(page: str, browser: Browser) -> None:
    """Colours alone differ. ``make proof`` looks at every page, ``make test`` at two."""
    with browser.tab(page) as tab:
        _settle(tab, page)
        light = _background(tab)
        tab.emulate_media(color_scheme="dark")
        tab.wait_for_function("document.body.classList.contains('body--dark')")
        assert _background(tab) < light
        assert _findings(tab, "color-contrast") == []


@pytest.mark.parametrize(("page", "table"), [("watchlist", "Quotes"), ("options", "Option chain")])
def test_the_widest_tables_fit_a_desk(page: str, table: str, browser: Browser) -> None:
    with browser.tab(page) as tab:
        if page == "options":
            tab.get_by_role("combobox", name="Underlying").fill("META")
            tab.get_by_role("option").first.click()
        group = tab.get_by_role("group", name=table)
        group.locator("tbody td:visible >> nth=0").wait_for()
        wide, has = group.evaluate("found => [found.scrollWidth, found.clientWidth]")
        assert tab.evaluate("innerWidth") == DESK["width"] and wide <= has


@pytest.mark.skipif(not PICTURED, reason="takes pictures anew")
@EACH_THEME
@EACH_PAGE
def test_take_a_picture(page: str, theme: str, app: App, browser: Browser) -> None:
    with browser.tab(page, dark=theme == "dark") as tab:
        _settle(tab, page)
        if page == "messages":
            _show_messages(tab, app)
        if page == "options":
            tab.get_by_role("combobox", name="Underlying").fill("META")
            tab.get_by_role("option").first.click()
            tab.locator("section[aria-label='Option chain'] >> text=%").first.wait_for()
        if page == "scanner":
            tab.locator("section[aria-label=Scanner] >> text=stocks, repeated").wait_for()
        if page == "trading":
            tab.get_by_role("combobox", name="Symbol").fill("AAPL")
            tab.get_by_role("option").first.click()
        tab.wait_for_timeout(3000)
        PICTURES.mkdir(exist_ok=True)
        tab.screenshot(path=picture(page, theme))


def _show_messages(tab: "Page", app: App) -> None:
    """Requests and their answers among the quotes, one of them open."""
    tab.get_by_role("checkbox", name="Market data").click()
    number = app.of("nextValidId")[-1][0] + len(app.of("openOrder")) * 10
    app.placeOrder(number, stock("SPY"), limit("BUY", 100, 150.0))
    app.reqPositions()
    app.reqContractDetails(number, stock("IBM"))
    app.cancelOrder(number, OrderCancel())
    tab.get_by_role("row").filter(has_text="PlaceOrder").first.click()


def _settle(tab: "Page", page: str) -> None:
    if page in READY:
        tab.locator(READY[page]).first.wait_for()
    tab.wait_for_load_state("networkidle")


def _background(tab: "Page") -> int:
    """How bright the page is."""
    color = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    return int(color.removeprefix("rgb(").partition(",")[0])


ALIKE = """
(() => {
  const looks = ["color", "backgroundColor", "backgroundImage", "opacity", "filter", "fontSize",
    "fontWeight", "textShadow", "pointerEvents", "position"];
  const kinds = new Map(), kindOf = new Map(), seen = new Map();
  for (const one of document.querySelectorAll("body, body *")) {
    const style = getComputedStyle(one);
    const words = [...one.childNodes].filter((node) => node.nodeType === 3)
      .map((node) => node.data.trim()).join("");
    const described = [kindOf.get(one.parentElement), one.tagName, Math.min(words.length, 2),
      one.checkVisibility(), one.matches(":disabled, [aria-disabled=true]"),
      ...looks.map((name) => style[name])].join("|");
    if (!kinds.has(described)) kinds.set(described, kinds.size);
    const kind = kinds.get(described);
    kindOf.set(one, kind);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (seen.get(kind) > 2) one.setAttribute("data-alike", "");
  }
  axe.configure({ rules: [{ id: "color-contrast", selector: "*:not([data-alike])" }] });
})();
"""
"""Contrast takes two thirds of the time: of texts that have the same colours and sizes up to the
top of the page, as the rows of a table have, two are looked at. ``make proof`` looks at all."""


def _findings(tab: "Page", *rules: str) -> list[str]:
    """What axe finds, by every rule or by these, that keeps people from using the page."""
    from axe_playwright_python.base import AXE_SCRIPT
    from axe_playwright_python.sync_playwright import Axe

    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = (
        Axe(AXE_SCRIPT + (ALIKE if LANE == "test" else ""))
        .run(tab, options=options)
        .response["violations"]
    )
    return [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def _widest(tab: "Page") -> str:
    """The elements that stick out, for who has to mend it."""
    script = """() => [...document.querySelectorAll('body *')]
      .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
      .map(one => one.tagName + '.' + one.className).slice(0, 12).join('\\n')"""
    return str(tab.evaluate(script))


@EACH_THEME
@EACH_PAGE
def test_docs_show_every_page(page: str, theme: str) -> None:
    found = picture(page, theme)
    assert found.is_file(), "PAPERTAPE_SCREENSHOTS=1 pytest tests/console/browser/test_looking.py"
    head = found.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    size = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    assert size == (DESK["width"], DESK["height"])
    assert found.stat().st_size <= LARGEST


def test_the_check_would_find_what_is_wrong(browser: Browser) -> None:
    with browser.tab("log") as tab:
        words = "<p>These are easy to read</p>" * 9 + "<p style='color: #ddd'>these are not</p>"
        wrong = f"<button></button><img src=>{words}"
        tab.evaluate("more => { document.querySelector('#main').innerHTML += more }", wrong)
        found = {one.partition(" ")[0] for one in _findings(tab)}
        assert found == {"button-name", "image-alt", "color-contrast"}
        assert tab.locator("p[data-alike]").count() == (7 if LANE == "test" else 0)


def test_the_guide_has_a_picture_of_every_page() -> None:
    guide = (ROOT / "docs/guides/console.md").read_text("utf-8")
    assert [page for page in PAGES if f"../console/{page}-" not in guide] == []
