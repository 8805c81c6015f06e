"""The option chain: a row for each strike, sides, and what becomes of an answer that is late."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from console.pages.test_chart import IBM, SPY
from console.views import PaperView, tab
from papertape.console.pages.ladder import greek_text
from papertape.console.pages.options import COLUMNS, OptionsPage, chain_note, chain_rows
from papertape.console.remote import RemoteError

GREEKS = {
    "implied_volatility": 0.153, "value": 1.0, "delta": 0.52, "gamma": 0.01, "vega": 0.2,
    "theta": -0.05, "underlying": 168.0,
}  # fmt: skip


def option(con_id: int, bid: float | None = 1.1) -> dict[str, Any]:
    quote = {"bid": bid, "ask": 1.2, "last": 1.15, "greeks": GREEKS}
    return {"con_id": con_id, "local_symbol": "SPY", "quote": quote}


CHAIN: dict[str, Any] = {
    "time": "2026-11-22T21:01:30Z", "underlying": 168.0,
    "rows": [
        {"strike": 165.0, "call": option(1), "put": option(2)},
        {"strike": 170.0, "call": option(3, None), "put": None},
    ],
}  # fmt: skip
CLASSES = [
    {"trading_class": "SPY", "multiplier": "100", "expirations": ["20261218", "20270115"]},
    {"trading_class": "SPYW", "multiplier": "100", "expirations": ["20261204"]},
]


def at(paper: PaperView, use: Callable[[OptionsPage], Awaitable[None]]) -> None:
    async def main() -> None:
        with tab():
            await use(OptionsPage(paper.view))

    asyncio.run(main())


def test_a_strike_stands_between_its_call_and_its_put() -> None:
    first, second = chain_rows(CHAIN)
    assert len(first.cells) == len(COLUMNS)
    titles = [column.label for column in COLUMNS]
    shown = {
        title: getattr(cell, "text", cell) for title, cell in zip(titles, first.cells, strict=True)
    }
    assert (shown["Strike"], shown["Call bid"], shown["Put ask"]) == ("165.00", "1.10", "1.20")
    assert (shown["Call IV"], shown["Put delta"]) == ("15.3%", "0.5200")
    assert first.cells[1].tone == "pt-in" and first.cells[-1].tone == ""  # type: ignore[union-attr]
    assert second.cells[-1].text == ""  # type: ignore[union-attr]


def test_the_chain_of_an_underlying_follows_class_and_expiry() -> None:
    paper = PaperView()
    paper.desk.answers |= {
        "/chains/756733": CLASSES, "/chains/756733/20261218": CHAIN,
        "/chains/756733/20261204": CHAIN | {"rows": CHAIN["rows"][:1]},
        "/chains/8314": [],
    }  # fmt: skip

    async def use(page: OptionsPage) -> None:
        await page.choose(SPY)
        assert list(page._grid._rows) == ["165", "170"] and page._spot.text == "SPY 168.00"
        assert page._expiry.options == {"20261218": "2026-12-18", "20270115": "2027-01-15"}
        page._class.set_value("SPYW")
        await page.look()
        assert list(page._grid._rows) == ["165"] and page._expiry.value == "20261204"
        page._side.press("call")
        hidden = page._grid._props["hidden"]
        assert len(hidden) == 9 and all(name.startswith("Put") for name in hidden[1:])
        page._open("165")
        assert page._trade._title.text == "Strike 165.00"
        await page.choose(IBM)
        assert page._spot.text == "IBM has no options here" and not page._grid.visible
        assert not page._expiry.visible

    at(paper, use)


def test_a_station_that_refuses_says_why() -> None:
    paper = PaperView()
    paper.desk.answers |= {"/chains/756733": CLASSES}
    paper.desk.answers["/chains/756733/20261218"] = RemoteError("there is none")

    async def use(page: OptionsPage) -> None:
        await page.choose(SPY)
        assert page._spot.text == "there is none" and page._grid._rows == {}
        paper.desk.answers["/chains/756733"] = RemoteError("no market data")
        await page.choose(SPY)
        assert page._spot.text == "no market data"

    at(paper, use)


def test_a_chain_that_is_closed_says_why_it_has_no_greeks() -> None:
    assert chain_note(CHAIN) == ""
    opens = "2026-11-30 09:30:00 US/Eastern"
    closed = {"bid": 1.1, "ask": 1.2, "last": 1.15, "greeks": None, "opens": opens}
    rows = [{"strike": 165.0, "call": option(1) | {"quote": closed}, "put": None}]
    assert chain_note(CHAIN | {"rows": rows}).startswith(f"Closed until {opens}: ")
    assert chain_note(CHAIN | {"rows": rows + CHAIN["rows"]}) == "", "one that trades has greeks"


def test_nothing_is_less_than_nothing() -> None:
    assert greek_text("theta", {"theta": -0.00004}) == "0.0000"
    assert greek_text("theta", {"theta": -0.00006}) == "-0.0001"


def test_the_page_begins_with_the_first_stock_or_with_what_the_address_names() -> None:
    paper = PaperView()
    coin = SPY | {"con_id": 9, "security_type": "CRYPTO"}
    paper.desk.answers |= {
        "/symbols": [coin, SPY, IBM], "/symbols/8314": IBM, "/chains/8314": [],
        "/chains/756733": CLASSES, "/chains/756733/20261218": CHAIN,
    }  # fmt: skip

    async def first(page: OptionsPage) -> None:
        await page.begin("")
        assert page._spot.text == "SPY 168.00"
        await page.begin("8314")
        assert page._spot.text == "SPY 168.00", "the user has chosen meanwhile"

    async def named(page: OptionsPage) -> None:
        await page.begin("8314")
        assert page._spot.text == "IBM has no options here"

    at(paper, first)
    at(paper, named)
