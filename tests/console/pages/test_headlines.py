"""The news page: headlines, their articles as text, whatever is in them."""

import asyncio
from collections.abc import Awaitable, Callable

from console.pages.test_chart import IBM, SPY
from console.views import PaperView, tab
from papertape.console.pages.headlines import LONGEST, NewsPage, headline_rows, plain
from papertape.console.remote import RemoteError
from walks import walk

ROW = {
    "time": "2026-11-22T21:01:30Z", "provider": "BRFG", "article_id": "BRFG$04fb",
    "headline": "{K:1.00}Sample: SPY",
}  # fmt: skip


def at(paper: PaperView, use: Callable[[NewsPage], Awaitable[None]]) -> None:
    async def main() -> None:
        with tab():
            await use(NewsPage(paper.view))

    asyncio.run(main())


@walk(
    ("text", "shown"),
    [
        ("<p>One &amp; two</p><br/>three", "One & two\n\nthree"),
        ("a < b and b > c", "a < b and b > c"),
        ('<script>alert(1)</script><img src=x onerror="x">', "alert(1)"),
        ("x" * (5 * LONGEST), "x" * LONGEST),
        ("<" * 5000, "<" * 5000),
    ],
)
def test_an_article_is_shown_as_text(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_headline_is_shown_without_the_tags_of_tws() -> None:
    (row,) = headline_rows([ROW])
    assert row.cells == ("2026-11-22 21:01:30", "Sample: SPY", "BRFG")
    assert row.key == "BRFG/BRFG$04fb"


def test_headlines_of_an_instrument_and_a_source() -> None:
    paper = PaperView()
    paper.desk.answers |= {
        "/news-providers": [{"code": "BRFG", "name": "Briefing"}],
        "/symbols": [SPY], "/symbols/8314": IBM, "/news": [ROW],
        "/news/BRFG/BRFG%2404fb": ROW | {"text": "<p>text</p>"},
    }  # fmt: skip

    async def use(page: NewsPage) -> None:
        await page.begin("")
        assert list(page._source.options) == ["", "BRFG"]
        page._source.set_value("BRFG")
        await page.look()
        await page.begin("8314")
        asked = [body for _, path, body in paper.desk.done if path == "/news"]
        assert asked[0] == {"con_id": 756733, "last": 200}
        assert {"con_id": 756733, "last": 200, "provider": "BRFG"} in asked
        assert asked[-1]["con_id"] == 8314
        await page._read("other")
        await page._read("BRFG/BRFG$04fb")
        assert page._text.text == "text" and page._title.text == "Sample: SPY"
        paper.desk.answers["/news"] = []
        await page.look()
        assert page._nothing.visible
        paper.desk.answers["/news"] = RemoteError("gone")
        await page.look()

    at(paper, use)
