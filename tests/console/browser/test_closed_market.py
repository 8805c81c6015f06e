"""What a trader sees on a Saturday: the last session, drawn as it was, and that it is over."""

from typing import TYPE_CHECKING, Any

import pytest

from console.browser.harness import Browser, expect
from console.started import Started, eventually
from lanes import many

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

AAPL, SPX, EUR_USD = 265598, 416904, 12087792


@pytest.fixture
def at(stations: dict[str, Started], browser: Browser) -> Started:
    browser.enter(stations["shut"])
    return stations["shut"]


def part(tab: "Page", name: str) -> "Locator":
    """A titled part of a page."""
    return tab.locator(f'section[aria-label="{name}"]')


def _chart(con_id: int, seconds: int) -> tuple[str, str]:
    """The page with the chart of an instrument."""
    return "chart", f"con_id={con_id}&seconds={seconds}"


def _drawn(tab: "Page") -> "Locator":
    """The chart, when it is drawn."""
    picture = tab.get_by_role("img").and_(tab.locator(".pt-plot"))
    eventually(lambda: bool(picture.count() and _painted(picture)["tag"]), "nothing is drawn")
    return picture


def _painted(picture: "Locator") -> dict[str, Any]:
    """What stands right of the candles."""
    found: dict[str, Any] = picture.evaluate(PAINTED)
    return found


PAINTED = """async (picture) => {
  const { echarts } = await import("nicegui-echart");
  const chart = echarts.getInstanceByDom(picture);
  const option = chart?.getOption();
  if (!option?.series?.[0]?.data?.length) return { tag: null };
  const last = option.series[0].data.at(-1)[1];
  const line = chart.convertToPixel({ yAxisIndex: 0 }, last);
  const right = chart.getWidth() - 68;
  const texts = chart.getZr().storage.getDisplayList(true)
    .filter((one) => one.type === "tspan" && one.style.text && !one.invisible)
    .map((one) => {
      const box = one.getBoundingRect().clone();
      const moved = one.getComputedTransform();
      if (moved) box.applyTransform(moved);
      return { text: one.style.text, top: box.y, foot: box.y + box.height, left: box.x };
    })
    .filter((one) => one.left >= right - 4).sort((a, b) => a.top - b.top);
  const tag = texts.find((one) => Math.abs((one.top + one.foot) / 2 - line) < 2
    && Number(one.text.replaceAll(",", "")) === last) ?? null;
  const over = texts.filter((one) => tag && one !== tag
    && one.top < tag.foot + 4 && one.foot > tag.top - 4); // the tag is as much larger than its text
  return { tag, over: over.map((one) => one.text), texts: texts.map((one) => one.text) };
}"""
"""The tag of the last price, where it belongs and with all its decimals, and what is written over
something else."""


AGAIN = many(test=2, proof=3)
WALK = (*("Zoom in", "Earlier") * AGAIN, "Latest", *("Zoom out",) * 2 * AGAIN)


@pytest.mark.usefixtures("at")
@pytest.mark.sample(1, test=9)
@pytest.mark.parametrize(("con_id", "seconds"), [(AAPL, 60), (SPX, 60), (AAPL, 3600), (SPX, 300)])
def test_no_label_of_the_price_axis_stands_under_the_last_price(
    con_id: int, seconds: int, browser: Browser
) -> None:
    with browser.tab(*_chart(con_id, seconds)) as tab:
        picture = _drawn(tab)
        for way in WALK:
            found = _painted(picture)
            assert found["over"] == [] and len(found["texts"]) > 2, found
            tab.get_by_role("button", name=way, exact=True).click()
            tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def test_the_last_price_of_a_pair_has_all_its_decimals(at: Started, browser: Browser) -> None:
    told = at.get(f"/bars/{EUR_USD}?seconds=60&last=1")[-1]["close"]
    with browser.tab(*_chart(EUR_USD, 60)) as tab:
        tag = _painted(_drawn(tab))["tag"]
        assert tag["text"] == f"{told:.5f}"


@pytest.mark.usefixtures("at")
@pytest.mark.sample(1, test=2)
@pytest.mark.parametrize(("con_id", "traded"), [(AAPL, True), (SPX, False), (EUR_USD, False)])
def test_volume_is_drawn_where_there_is_some(con_id: int, traded: bool, browser: Browser) -> None:
    with browser.tab(*_chart(con_id, 60)) as tab:
        picture = _drawn(tab)
        expect(tab.locator(".pt-legend")).to_contain_text("C ")
        assert ("Vol" in tab.locator(".pt-legend").inner_text()) is traded
        numbers = [text for text in _painted(picture)["texts"] if "." not in text]
        assert bool(numbers) is traded, "the axis of a volume that does not exist"


UNTIL = "Closed until 2026-11-30 04:00:00 US/Eastern"


def test_every_page_says_that_the_market_is_closed(at: Started, browser: Browser) -> None:
    with browser.tab("watchlist") as tab:
        row = part(tab, "Watchlist").get_by_role("row").filter(has_text="AAPL")
        expect(row).to_contain_text("Closed · STK")
        tab.goto(f"{at.url}/{at.name}/chart?con_id={AAPL}")
        for name in ("Chart", "Book"):
            expect(part(tab, name)).to_contain_text(UNTIL)
        tab.goto(f"{at.url}/{at.name}/options?con_id={AAPL}")
        chain = part(tab, "Option chain")
        expect(chain).to_contain_text("Closed until 2026-11-30 09:30:00 US/Eastern: ")
        tab.goto(f"{at.url}/{at.name}/trading?con_id={AAPL}")
        expect(part(tab, "Enter order")).to_contain_text(UNTIL)


def test_a_strike_stays_in_view_on_a_telephone(at: Started, browser: Browser) -> None:
    with browser.tab("options", phone=True) as tab:
        table = tab.get_by_role("group", name="Option chain")
        strikes = table.locator("tbody td.lead button")
        expect(strikes.first).to_be_visible()
        table.evaluate("found => { found.scrollLeft = found.scrollWidth; }")
        assert table.evaluate("found => found.scrollLeft") > 300
        for one in (strikes.first, strikes.last):
            one.evaluate("found => found.scrollIntoView({ block: 'center', inline: 'nearest' })")
            assert one.evaluate(SHOWN), "which row is which strike?"
        assert table.evaluate("found => found.scrollLeft") > 300


SHOWN = """(found) => {
  const { left, top, width, height } = found.getBoundingClientRect();
  return found.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""
"""Whether nothing stands over an element."""


@pytest.mark.parametrize("phone", [False, True])
def test_no_label_of_the_ticket_is_cut_off(phone: bool, at: Started, browser: Browser) -> None:
    with browser.tab("trading", phone=phone) as tab:
        ticket = part(tab, "Enter order")
        for summary in ticket.locator("summary").all():
            summary.click()
        labels = ticket.locator(".q-field__label")
        expect(labels.filter(has_text="Display size")).to_be_visible()
        cut = labels.evaluate_all(
            "all => all.filter((one) => one.scrollWidth > one.clientWidth)"
            ".map((one) => one.textContent)"
        )
        assert cut == []


def test_the_tables_stand_beside_the_ticket(at: Started, browser: Browser) -> None:
    with browser.tab("trading") as tab:
        names = ("Orders", "Positions", "Executions", "Enter order")
        boxes = [part(tab, name).bounding_box() for name in names]
        orders, positions, executions, ticket = (box for box in boxes if box is not None)
        for above, below in ((orders, positions), (positions, executions)):
            assert 0 <= below["y"] - above["y"] - above["height"] <= 40
        assert ticket["y"] == orders["y"] and ticket["x"] > orders["x"] + orders["width"]
