"""The scanner page: what it asks for and what it shows."""

import asyncio
from collections.abc import Awaitable, Callable

from console.pages.test_chart import IBM, QUOTE, SPY
from console.views import PaperView, tab
from papertape.console.pages.scanner import COLUMNS, ScannerPage, rows_of
from papertape.console.remote import RemoteError

CHOICES = {
    "codes": [
        {"code": "TOP_PERC_GAIN", "title": "Top % Gainers"},
        {"code": "MOST_ACTIVE", "title": "Most Active"},
    ],
    "locations": [{"code": "STK.US.MAJOR", "title": "Listed/NASDAQ", "instrument": "STK"}],
}


def at(paper: PaperView, use: Callable[[ScannerPage], Awaitable[None]]) -> None:
    async def main() -> None:
        with tab():
            await use(ScannerPage(paper.view))

    asyncio.run(main())


def test_the_best_comes_first_with_its_quote() -> None:
    first, second = rows_of([SPY, IBM], [QUOTE])
    shown = [getattr(cell, "text", cell) for cell in first.cells]
    assert len(shown) == len(COLUMNS) and shown[:3] == ["1", "SPY", "168.20"]
    assert shown[-1] == "SPDR" and not first.act
    assert getattr(second.cells[2], "text", "") == "–"


def test_a_scan_is_sent_with_its_filters() -> None:
    paper = PaperView()
    paper.desk.answers |= {"/scanners": CHOICES, "/scans": [SPY, IBM], "/quotes": [QUOTE]}

    async def use(page: ScannerPage) -> None:
        await page.begin()
        assert list(page._code.options) == ["TOP_PERC_GAIN", "MOST_ACTIVE"]
        assert list(page._grid._rows) == ["756733", "8314"]
        page._code.set_value("MOST_ACTIVE")
        page._above.set_value(5.0)
        await page.look()
        asked = [body for _, path, body in paper.desk.done if path == "/scans"]
        place = {"location": "STK.US.MAJOR", "rows": 50}
        assert asked == [
            {"code": "TOP_PERC_GAIN", **place},
            {"code": "MOST_ACTIVE", **place, "price_above": 5.0},
        ]
        paper.desk.answers["/scans"] = []
        await page.look()
        assert page._nothing.visible and not page._grid.visible
        paper.desk.answers["/scans"] = RemoteError("490: not subscribed")
        await page.look()
        assert page._note.text == "490: not subscribed"

    at(paper, use)
