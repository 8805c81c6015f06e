"""The chart page: what it asks for, what it sends the browser, and the quote above."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from nicegui import ui

from console.views import PaperView, tab, texts
from papertape.console.pages.chart import Chart, _first, zone_title
from papertape.console.pages.plot import Plot
from papertape.console.remote import RemoteError
from walks import walk

SPY = {
    "con_id": 756733, "symbol": "SPY", "security_type": "STK", "exchange": "SMART",
    "primary_exchange": "ARCA", "currency": "USD", "description": "SPDR", "tick": 0.01,
    "multiplier": 1, "zone": "America/New_York", "zone_id": "US/Eastern",
}  # fmt: skip
IBM = SPY | {"con_id": 8314, "symbol": "IBM"}
QUOTE = {
    "con_id": 756733, "time": "2026-11-22T21:01:30Z", "live": True, "bid": 168.2, "bid_size": "300",
    "ask": 168.21, "ask_size": "1400", "last": 168.2, "last_size": "100", "last_time": None,
    "open": 167.42, "high": 168.38, "low": 167.25, "close": 168.89, "volume": "24090848",
    "opens": None, "regular_opens": None,
}  # fmt: skip


def bar(minute: int, close: float, *, complete: bool = True) -> dict[str, Any]:
    prices = {"open": 168.0, "high": 169.0, "low": 167.0, "close": close}
    time = f"2026-11-22T21:{minute:02}:00Z"
    return {"time": time, **prices, "volume": "500", "complete": complete}


class Page:
    """A chart in a tab, and what its picture was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paper = PaperView()
        self.sent: list[tuple[Any, ...]] = []
        self.addresses: list[str] = []
        """What the address of the page became."""
        monkeypatch.setattr(Plot, "_run", lambda _, *told: self.sent.append(told))
        monkeypatch.setattr(ui.navigate.history, "replace", self.addresses.append)
        self.answers = self.paper.desk.answers
        self.answers |= {
            "/bars/756733": [bar(0, 168.1), bar(1, 168.2, complete=False)],
            "/quotes/756733": QUOTE,
            "/books/756733": {"bids": [], "asks": []},
            "/executions": [],
        }

    def run(self, use: Callable[[Chart], Awaitable[None]]) -> list[str]:
        """Let a test use the chart; the texts of the page at its end."""

        async def main() -> list[str]:
            with tab() as client:
                await use(Chart(self.paper.view, "60"))
                return texts(client.content)

        return asyncio.run(main())

    def asked(self, path: str) -> list[Any]:
        return [body for _, asked, body in self.paper.desk.done if asked == path]

    def told(self) -> list[tuple[Any, ...]]:
        told, self.sent[:] = list(self.sent), []
        return told


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def test_all_bars_go_once_and_then_only_what_changes(page: Page) -> None:
    async def use(chart: Chart) -> None:
        await chart.choose(SPY)
        ((name, bars, marks, digits, seconds, *zone),) = page.told()
        assert zone[0] == "America/New_York" and "US/Eastern" in zone[1]
        assert (name, len(bars), marks, digits, seconds) == ("load", 2, [], 2, 60)
        assert bars[0] == ["2026-11-22T21:00:00Z", 168.0, 169.0, 167.0, 168.1, 500.0]
        page.answers["/bars/756733"] = [bar(1, 168.2, complete=False)]
        await chart._turn()
        assert page.told() == []
        page.answers["/bars/756733"] = [bar(1, 168.3), bar(2, 168.4, complete=False)]
        await chart._turn()
        ((name, bars, _),) = page.told()
        assert (name, [one[4] for one in bars]) == ("patch", [168.3, 168.4])

    page.run(use)
    first, second, third = page.asked("/bars/756733")
    assert first == {"seconds": 60, "last": 300}
    assert second["after"] == third["after"] == "2026-11-22T21:00:00Z"


def test_an_execution_is_marked_when_there_is_news_of_it(page: Page) -> None:
    fill = {"time": "2026-11-22T21:02:05Z", "con_id": 756733, "side": "SLD", "shares": "40",
            "price": 168.3}  # fmt: skip

    async def use(chart: Chart) -> None:
        await chart.choose(SPY)
        await chart._turn()
        page.told()
        page.answers["/executions"] = [fill]
        (hear,) = page.paper.hearing
        hear({"kind": "execution", "facts": {"con_id": 8314}})
        await chart._turn()
        assert len(page.asked("/executions")) == 1
        hear({"kind": "execution", "facts": {"con_id": 756733}})
        await chart._turn()
        assert len(page.asked("/executions")) == 2 and page.told() == []  # its bar is to come
        page.answers["/bars/756733"] = [bar(1, 168.3), bar(2, 168.4, complete=False)]
        await chart._turn()
        text = "Sold 40 at 168.30, 21:02:05 UTC"
        assert page.told()[1] == ("mark", [["2026-11-22T21:02:00Z", 168.3, False, text]])

    page.run(use)


def test_another_instrument_or_size_begins_anew(page: Page) -> None:
    page.answers |= {"/bars/8314": [bar(0, 183.0)], "/quotes/8314": QUOTE}

    async def use(chart: Chart) -> None:
        await chart.choose(SPY)
        await chart.choose(IBM)
        pressed = chart._size.press("300")
        assert isinstance(pressed, Awaitable)
        await pressed

    page.run(use)
    assert [told[0] for told in page.sent] == ["load"] * 3
    assert [told[4] for told in page.sent] == [60, 60, 300]
    assert "after" not in page.asked("/bars/8314")[1]
    assert page.addresses[1:] == ["?con_id=8314&seconds=60", "?con_id=8314&seconds=300"]


def test_the_quote_and_the_day_stand_above(page: Page) -> None:
    words = page.run(lambda chart: chart.choose(SPY))
    assert words[words.index("Bid") + 1] == "168.20 × 300"
    assert words[words.index("Ask") + 1] == "168.21 × 1,400"
    assert words[words.index("Close") + 1] == "168.89"
    assert {"168.20", "-0.69 (-0.41%)", "24,090,848"} <= set(words)
    assert not any("farm is broken" in word for word in words)


def test_what_a_broken_farm_has_told_is_marked_as_old(page: Page) -> None:
    page.answers["/quotes/756733"] = QUOTE | {"live": False, "bid": None, "bid_size": None}
    words = page.run(lambda chart: chart.choose(SPY))
    assert words[words.index("Bid") + 1] == "–"
    assert any("farm is broken" in word for word in words)


@pytest.mark.parametrize("answer", [[], RemoteError("there is no market data for contract 756733")])
def test_without_bars_the_page_says_why(page: Page, answer: Any) -> None:
    page.answers["/bars/756733"] = answer
    words = page.run(lambda chart: chart.choose(SPY))
    why = str(answer) if isinstance(answer, RemoteError) else "This instrument has not traded yet."
    assert why in words and page.sent == []


def test_bars_stay_when_the_station_does_not_answer(page: Page) -> None:
    async def use(chart: Chart) -> None:
        await chart.choose(SPY)
        page.answers["/bars/756733"] = RemoteError("the station does not answer")
        await chart._turn()

    assert "the station does not answer" not in page.run(use)


@walk(
    ("wanted", "answers", "found"),
    [
        ("8314", {"/symbols/8314": IBM}, IBM),
        ("", {"/executions": [{"con_id": 8314}], "/symbols/8314": IBM}, IBM),
        ("", {"/executions": [], "/symbols": [SPY, IBM]}, SPY),
        ("'x", {"/executions": [], "/symbols": [SPY]}, SPY),
        ("9", {"/symbols/9": RemoteError("none"), "/symbols": [SPY]}, SPY),
        ("", {"/executions": [], "/symbols": []}, None),
    ],
)
def test_what_is_shown_first(wanted: str, answers: dict[str, Any], found: Any) -> None:
    paper = PaperView()
    paper.desk.answers |= answers
    assert asyncio.run(_first(paper.view, wanted)) == found


# ---------------------------------------------------------------- book and greeks

BOOK = {
    "bids": [{"price": 168.2, "size": "300"}, {"price": 168.19, "size": "1200"}],
    "asks": [{"price": 168.21, "size": "1400"}],
}
GREEKS = {
    "implied_volatility": 0.25, "value": 5.1, "delta": 0.5432, "gamma": 0.0123, "vega": 0.2,
    "theta": -0.0456, "underlying": 168.2,
}  # fmt: skip


def test_the_book_is_a_ladder_that_follows_the_market(page: Page) -> None:
    page.answers["/books/756733"] = BOOK

    async def use(chart: Chart) -> None:
        await chart.choose(SPY)
        assert chart._book.visible
        rows = [[str(getattr(c, "text", c)) for c in r.cells] for r in chart._ladder._rows.values()]
        assert rows == [["300", "168.20", "168.21", "1,400"], ["1,200", "168.19", "", ""]]
        page.answers["/books/756733"] = {"bids": [], "asks": []}
        await chart._turn()
        assert not chart._book.visible
        page.answers["/books/756733"] = RemoteError("gone")
        await chart._turn()
        assert not chart._book.visible

    page.run(use)
    assert page.asked("/books/756733") == [{"rows": 10}] * 3


def test_an_option_has_its_greeks_above(page: Page) -> None:
    page.answers["/quotes/756733"] = QUOTE | {"greeks": GREEKS}

    async def use(chart: Chart) -> None:
        await chart.choose(SPY)
        assert chart._strip._of_option.visible

    found = page.run(use)
    assert {"Implied volatility", "25.0%", "0.5432", "-0.0456"} <= set(found)


@pytest.mark.long
def test_what_is_no_option_has_none(page: Page) -> None:
    async def use(chart: Chart) -> None:
        await chart.choose(SPY)
        assert not chart._strip._of_option.visible

    page.run(use)


def test_the_axis_names_the_zone_once() -> None:
    assert zone_title(SPY) == "Exchange time, America/New_York (US/Eastern)"
    assert zone_title(SPY | {"zone": "UTC", "zone_id": "UTC"}) == "Exchange time, UTC"


OPENS = "2026-11-30 04:00:00 US/Eastern"


@pytest.mark.long
def test_a_closed_market_has_no_book_and_says_until_when(page: Page) -> None:
    page.answers["/quotes/756733"] = QUOTE | {"opens": OPENS, "regular_opens": OPENS}
    assert page.run(lambda chart: chart.choose(SPY)).count(f"Closed until {OPENS}") == 2
    index = page.run(lambda chart: chart.choose(SPY | {"security_type": "IND"}))
    assert "Book" not in index and f"Closed until {OPENS}" in index, "an index never has one"
    page.answers["/quotes/756733"] = QUOTE | {"regular_opens": OPENS}
    assert f"Outside regular hours until {OPENS}" in page.run(lambda chart: chart.choose(SPY))
    page.answers["/quotes/756733"] = QUOTE
    assert not any("until" in text for text in page.run(lambda chart: chart.choose(SPY)))


def test_a_pair_has_its_middle_and_all_decimals_above(page: Page) -> None:
    pair = SPY | {"security_type": "CASH", "tick": 0.00005}
    page.answers["/quotes/756733"] = QUOTE | {
        "last": None, "bid": 1.15995, "ask": 1.16005, "close": 1.15442, "volume": "0",
    }  # fmt: skip
    shown = page.run(lambda chart: chart.choose(pair))
    at = shown.index("middle of bid and ask")
    assert shown[at - 1 : at + 2] == ["1.16000", "middle of bid and ask", "+0.00558 (+0.48%)"]
    assert "1.16005 × 1,400" in shown and shown[shown.index("Volume") + 1] == "–"
    page.answers["/quotes/756733"] = QUOTE
    assert "middle of bid and ask" not in page.run(lambda chart: chart.choose(SPY))
