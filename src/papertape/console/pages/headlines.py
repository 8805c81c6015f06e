"""News: headlines about an instrument, and their articles as text."""

import re
from functools import partial
from html import unescape
from typing import Any, Final
from urllib.parse import quote

from nicegui import ui

from ..parts.components import button, card, empty, heading
from ..parts.grid import Col, Grid, Row
from ..parts.order_fields import choice
from ..parts.symbols import SymbolSearch, about
from ..remote import RemoteError
from ..view import PageView

EVERY_S: Final = 15.0
MOST: Final = 200
COLUMNS: Final = (Col("Time (UTC)"), Col("Headline", opens=True), Col("Source"))
LONGEST: Final = 20_000
"""Characters of an article that are shown."""
ALL: Final = {"": "All sources"}
_BLOCK: Final = re.compile(r"</?(?:p|br|div|li|h\d|tr)\b[^>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z!][^<>]{0,1000}>")
_TAGS_OF_TWS: Final = re.compile(r"\{[^{}]{0,200}\}")


def plain(text: str) -> str:
    """An article as text: HTML without its tags."""
    shown = unescape(_TAG.sub("", _BLOCK.sub("\n", text[: 4 * LONGEST])))
    lines = (line.strip() for line in shown.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:LONGEST]


def headline_rows(rows: list[dict[str, Any]]) -> list[Row]:
    """A row for each headline, the latest first."""
    return [
        Row(
            f"{row['provider']}/{row['article_id']}",
            (row["time"][:19].replace("T", " "), _words(row["headline"]), row["provider"]),
            opens=f"Read {_words(row['headline'])}",
        )
        for row in rows
    ]


def _words(headline: str) -> str:
    """A headline without the tags of TWS in front of it."""
    return _TAGS_OF_TWS.sub("", headline, count=1) if headline.startswith("{") else headline


_part = partial(quote, safe="")
"""A part of a path."""


class NewsPage:
    """The page: the headlines about one instrument at a time."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._found: dict[str, Any] | None = None
        self._rows: dict[str, dict[str, Any]] = {}
        with card("Headlines"):
            with ui.element("div").classes("pt-chartbar"):
                self._search = SymbolSearch(view, self.choose)
                self._source = choice("Source", ALL, self._sifted)
            self._about = ui.label().classes("pt-soft pt-small")
            self._nothing = empty("No headlines", "Choose a symbol that a source writes about.")
            self._grid = Grid(COLUMNS, label="Headlines", on_open=self._read)
            self._grid.set_visibility(False)
        with ui.dialog() as self._box, ui.card().props('aria-label="Article"') as sheet:
            sheet.classes("pt-article")
            self._title = heading("", 2)
            self._when = ui.label().classes("pt-soft pt-small pt-num")
            self._text = ui.label().classes("pt-article-text")
            with ui.element("div").classes("pt-row pt-end"):
                button("Close", self._box.close, kind="plain")
        ui.timer(EVERY_S, self.look, immediate=False)

    async def begin(self, con_id: str) -> None:
        """Fetch the sources, and the first instrument: of the address, else the first listed."""
        desk = self._view.desk
        try:
            sources = await desk.get("/news-providers")
            names = {one["code"]: f"{one['name']} ({one['code']})" for one in sources}
            self._source.set_options(ALL | names, value="")
            if con_id.isdecimal():
                await self.choose(await desk.get(f"/symbols/{con_id}"))
            elif some := (list(desk.watchlist.values()) or await desk.get("/symbols")):
                await self.choose(some[0])
        except RemoteError:
            return  # the layout reports that the station does not answer

    async def choose(self, found: dict[str, Any]) -> None:
        """Show the headlines about another instrument."""
        self._found = found
        self._search.show(found["symbol"])
        self._about.set_text(about(found))
        await self.look()

    async def look(self) -> None:
        """Fetch the headlines."""
        found, source = self._found, self._source.value
        if found is None:
            return
        more = {"provider": source} if source else {}
        try:
            rows = await self._view.desk.get("/news", con_id=found["con_id"], last=MOST, **more)
        except RemoteError:
            return
        if (found, source) == (self._found, self._source.value):
            self._rows = {f"{row['provider']}/{row['article_id']}": row for row in rows}
            self._grid.show(headline_rows(list(self._rows.values())))
            self._grid.set_visibility(bool(rows))
            self._nothing.set_visibility(not rows)

    async def _sifted(self) -> None:
        await self.look()

    async def _read(self, key: str) -> None:
        row = self._rows.get(key)
        if row is None:
            return
        try:
            told = await self._view.desk.get(
                f"/news/{_part(row['provider'])}/{_part(row['article_id'])}"
            )
        except RemoteError as problem:
            ui.notify(str(problem), type="negative")
            return
        self._title.text = _words(told["headline"])
        self._when.set_text(f"{told['time'][:19].replace('T', ' ')} UTC · {row['provider']}")
        self._text.set_text(plain(told["text"]))
        self._box.open()


async def build(view: PageView) -> None:
    """Build the page."""
    request = ui.context.client.request
    query = request.query_params if request is not None else {}
    page = NewsPage(view)
    wanted = query.get("con_id", "")
    ui.timer(0, lambda: page.begin(wanted), once=True)
