"""The watchlist: its rows, how many it takes, and that it belongs to the station."""

import asyncio
from collections.abc import Awaitable, Callable

from console.pages.test_chart import IBM, QUOTE, SPY
from console.views import PaperView, tab
from papertape.console.pages.watchlist import MOST, Watchlist, quote_row
from papertape.console.remote import RemoteError


def at(paper: PaperView, use: Callable[[Watchlist], Awaitable[None]]) -> None:
    async def main() -> None:
        with tab():
            await use(Watchlist(paper.view))

    asyncio.run(main())


def cells(page: Watchlist) -> dict[str, list[str]]:
    return {
        key: [getattr(cell, "text", cell) for cell in row.cells]
        for key, row in page._grid._rows.items()
    }


def test_a_row_has_the_quote_and_what_changed_since_yesterday() -> None:
    row = quote_row(SPY, QUOTE)
    shown = [getattr(cell, "text", cell) for cell in row.cells]
    assert shown[:8] == ["SPY", "168.20", "-0.69", "-0.41", "300", "168.20", "168.21", "1,400"]
    for halted, said in ((1, "Halted"), (2, "Volatility pause")):
        told = quote_row(SPY, QUOTE | {"halted": halted}).cells[-1]
        assert getattr(told, "text", "").startswith(f"{said} · ") and row.cells[-1] in told[0]
    shut = quote_row(SPY, QUOTE | {"opens": "2026-11-30 04:00:00 US/Eastern"}).cells[-1]
    assert shut == f"Closed · {row.cells[-1]}"
    unknown = [getattr(cell, "text", cell) for cell in quote_row(SPY, None).cells]
    assert unknown[:3] == ["SPY", "–", ""]
    closed = quote_row(SPY, QUOTE | {"bid": None, "close": 0.0, "last": None})
    assert [getattr(cell, "text", cell) for cell in closed.cells[1:4]] == ["–", "", ""]


def test_a_pair_has_both_currencies_and_the_move_of_its_middle() -> None:
    pair = SPY | {"symbol": "EUR", "security_type": "CASH", "currency": "USD", "tick": 0.00005}
    quote = QUOTE | {"last": None, "bid": 1.39, "ask": 1.41, "close": 1.25, "volume": "0"}
    shown = [getattr(cell, "text", cell) for cell in quote_row(pair, quote).cells]
    assert shown[:4] == ["EUR.USD", "–", "+0.15000", "+12.00"] and shown[11] == ""
    assert shown[5:7] == ["1.39000", "1.41000"]
    alone = quote_row(pair, quote | {"ask": None})
    assert [getattr(cell, "text", cell) for cell in alone.cells[2:4]] == ["", ""]


def test_an_option_has_the_name_of_its_contract() -> None:
    option = SPY | {"security_type": "OPT", "local_symbol": "SPY   261218C00680000"}
    row = quote_row(option, QUOTE)
    assert row.cells[0] == "SPY 261218C00680000" and row.opens == "Chart of SPY 261218C00680000"


def test_a_list_begins_with_some_and_quotes_all_at_once() -> None:
    paper = PaperView()
    paper.desk.answers |= {"/symbols": [SPY, IBM], "/quotes": [QUOTE]}

    async def use(page: Watchlist) -> None:
        await page.begin()
        assert cells(page)["756733"][1] == "168.20" and cells(page)["8314"][1] == "–"
        (asked,) = [body for _, path, body in paper.desk.done if path == "/quotes"]
        assert asked == {"con_id": [756733, 8314]}
        page._remove("756733")
        assert list(cells(page)) == ["8314"]
        page._remove("8314")
        assert cells(page) == {} and page._nothing.visible

    at(paper, use)

    async def again(page: Watchlist) -> None:
        await page.begin()
        assert cells(page) == {}  # it was emptied, and is not filled again
        await page.add(IBM)
        paper.desk.answers["/quotes"] = RemoteError("gone")
        await page.look()
        assert list(cells(page)) == ["8314"]

    at(paper, again)

    async def another(page: Watchlist) -> None:
        assert list(cells(page)) == ["8314"]

    at(paper, another)


def test_a_list_takes_no_more_than_are_quoted_at_once() -> None:
    paper = PaperView()
    paper.desk.answers["/quotes"] = []

    async def use(page: Watchlist) -> None:
        for number in range(1, MOST + 3):
            await page.add(SPY | {"con_id": number})
        assert len(cells(page)) == MOST and str(MOST) in page._note.text
        await page.add(SPY | {"con_id": 1})
        assert page._note.text == ""

    at(paper, use)
