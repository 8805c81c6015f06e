"""Chart: live candles and volume of an instrument, its quote, its book, and your executions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ..parts.choice import OptionButtons
from ..parts.components import button, heading
from ..parts.day_change import day_change, middle
from ..parts.grid import Grid
from ..parts.market_hours import closed_note, hours_note
from ..parts.number_format import decimals, price, signed, size, tone
from ..parts.quote import Following, Quote
from ..parts.symbols import SymbolSearch, about
from ..remote import RemoteError
from ..view import PageView
from .candles import COLUMNS, MOST_MARKS, Candles, ExecutionMark, in_words, marks, table_rows
from .ladder import GREEKS, LADDER, ROWS, greek_text, ladder_rows
from .plot import Plot

EVERY_S = 1.0
TURNS = 30
"""Seconds between two requests for executions without an event."""
FIRST = 300
"""Bars requested at first."""
DAY_S = 86_400
FEWER = {604_800: 104, 2_592_000: 60}
"""Of weeks and months."""
LONG_TURNS = 60
"""Seconds between two requests for bars of weeks and months: a bar stands at its latest trading
day, and all are requested again."""
SIZES = {
    "1": "1 s", "5": "5 s", "30": "30 s", "60": "1 min", "300": "5 min", "900": "15 min",
    "3600": "1 hour", "14400": "4 hours", "86400": "1 day", "604800": "1 week",
    "2592000": "1 month",
}  # fmt: skip
"""Bar size in seconds -> its name."""
WAYS = {
    "in": ("Zoom in", "+"), "out": ("Zoom out", "−"), "earlier": ("Earlier", "‹"),
    "later": ("Later", "›"), "latest": ("Latest", "»"),
}  # fmt: skip
DAY = ("open", "high", "low", "close")
VALUES = ("IND", "FUND")
"""Kinds that have a value, and no book."""


class Chart:
    """The page: one instrument and one size of bars at a time."""

    def __init__(self, view: PageView, seconds: str) -> None:
        self._view = view
        self._found: dict[str, Any] | None = None
        self._quote: Quote | None = None
        self._candles = Candles()
        self._marks: list[ExecutionMark] = []
        self._executions: list[dict[str, Any]] = []
        self._long_in = 0
        """Turns until long bars are requested again."""
        self._look_in = 0
        """Turns until the executions are requested again."""
        with ui.element("section").classes("pt-card").props('aria-label="Chart"'):
            with ui.element("div").classes("pt-chartbar"):
                self._search = SymbolSearch(view, self.choose)
                self._size = OptionButtons(SIZES, seconds, self._sized, label="Size of a bar")
                keys = ui.element("div").classes("pt-row")
                keys.props('role="group" aria-label="Part shown"')
            self._strip = Strip()
            self._plot = Plot(self._load)
            with keys:
                _ways(self._plot.go)
            self._nothing = ui.label().classes("pt-empty")
            self._nothing.set_visibility(False)
            with ui.element("details").classes("pt-more"):
                TextElement(tag="summary", text="The latest bars as a table")
                self._table = Grid(COLUMNS, label="Latest bars")
        with ui.element("section").classes("pt-card").props('aria-label="Book"') as self._book:
            heading("Book", 2)
            self._no_book = ui.label().classes("pt-empty")
            self._ladder = Grid(LADDER, label="Levels of the book")
        self._book.set_visibility(False)
        self._following = Following(view, self._quoted)
        view.listen(self._heard)
        ui.timer(EVERY_S, self._turn, immediate=False)

    @property
    def empty(self) -> bool:
        """Whether nothing has been chosen yet."""
        return self._found is None

    @property
    def _seconds(self) -> int:
        return int(self._size.value)

    async def choose(self, found: dict[str, Any]) -> None:
        """Show another instrument."""
        self._found, self._executions = found, []
        self._search.show(found["symbol"])
        self._strip.name(found)
        await self._begin()
        await self._following.follow(found["con_id"])
        await self._look_at_book()
        await self._look_for_executions()

    async def _sized(self, _: str) -> None:
        await self._begin()

    async def _begin(self) -> None:
        """Load all bars again."""
        if self._found is None:
            return
        self._candles, self._long_in = Candles(), 0
        self._remember()
        await self._grow()

    def _remember(self) -> None:
        """Put the selection into the page's address, so that a reload shows it again."""
        assert self._found is not None
        ui.navigate.history.replace(f"?con_id={self._found['con_id']}&seconds={self._seconds}")

    async def _turn(self) -> None:
        await self._grow()
        await self._look_at_book()
        self._look_in -= 1
        if self._look_in <= 0:
            await self._look_for_executions()

    async def _grow(self) -> None:
        """Request the bars after the last complete one."""
        candles, found = self._candles, self._found
        if found is None:
            return
        seconds = self._seconds
        long = seconds > DAY_S
        self._long_in -= 1
        if long and candles.bars and self._long_in > 0:
            return
        self._long_in = LONG_TURNS
        query = {"after": candles.after} if candles.after and not long else {}
        path, last = f"/bars/{found['con_id']}", FEWER.get(seconds, FIRST)
        try:
            told = await self._view.desk.get(path, seconds=seconds, last=last, **query)
        except RemoteError as problem:
            self._missing(str(problem), bool(candles.bars))
            return
        if candles is not self._candles:
            return  # another instrument or size has been chosen meanwhile
        if long and {one["time"] for one in told} != {bar.time for bar in candles.bars}:
            candles = self._candles = Candles()  # the last one has moved to another day
        fresh = not candles.bars
        changed = candles.take(told)
        self._missing("This instrument has not traded yet.", bool(candles.bars))
        if changed:
            self._draw(changed, fresh)

    def _quoted(self, quote: Quote | None) -> None:
        self._quote = quote
        self._strip.show(quote)

    async def _look_at_book(self) -> None:
        """Request the book, and say why there is none; what has only a value never has one."""
        found = self._found
        if found is None:
            return
        try:
            book = await self._view.desk.get(f"/books/{found['con_id']}", rows=ROWS)
        except RemoteError:
            book = {}
        if found is self._found:
            rows = ladder_rows(book, decimals(found["tick"])) if book else []
            closed = closed_note(self._quote)
            self._book.set_visibility(bool(rows or closed) and found["security_type"] not in VALUES)
            self._no_book.set_text("" if rows else closed)
            self._no_book.set_visibility(not rows)
            self._ladder.set_visibility(bool(rows))
            self._ladder.show(rows)

    def _missing(self, why: str, shown: bool) -> None:
        self._plot.set_visibility(shown)
        self._nothing.set_visibility(not shown)
        self._nothing.set_text("" if shown else why)

    def _draw(self, changed: Any, fresh: bool) -> None:
        assert self._found is not None
        if fresh:
            self._load()
        else:
            self._plot.patch(changed)
            self._mark()
        title = SIZES[self._size.value]
        self._plot.say(in_words(self._found["symbol"], title, self._candles.bars))
        self._table.show(table_rows(self._candles.bars))

    def _load(self) -> None:
        if self._found is not None and self._candles.bars:
            self._marks = self._marked()
            found = self._found
            self._plot.load(
                self._candles.bars,
                self._marks,
                digits=decimals(found["tick"]),
                seconds=self._seconds,
                zone=(found["zone"], zone_title(found)),
            )

    def _marked(self) -> list[ExecutionMark]:
        con_id = self._found["con_id"] if self._found and self._seconds <= DAY_S else 0
        return marks(self._executions, con_id, self._candles.bars, self._seconds)

    def _heard(self, news: dict[str, Any]) -> None:
        con_id = self._found["con_id"] if self._found else 0
        if news["kind"] == "execution" and news["facts"].get("con_id") == con_id:
            self._look_in = 0

    async def _look_for_executions(self) -> None:
        """Mark executions. Also runs from time to time, in case an event was missed."""
        found, self._look_in = self._found, TURNS
        if found is None:
            return
        try:
            told = await self._view.desk.get("/executions", con_id=found["con_id"], last=MOST_MARKS)
        except RemoteError:
            return
        if found is not self._found:
            return
        self._executions = told
        self._mark()

    def _mark(self) -> None:
        """Add marks for executions that arrived before their bar."""
        marked = self._marked()
        if marked != self._marks:
            self._marks = marked
            self._plot.show_marks(marked)


def zone_title(found: dict[str, Any]) -> str:
    """What the axis says of its times: the zone's name, and that in contract details."""
    zone, told = found["zone"], found["zone_id"]
    return f"Exchange time, {zone}" + (f" ({told})" if told != zone else "")


def _ways(go: Callable[[str], None]) -> None:
    for way, (title, sign) in WAYS.items():
        made = button(sign, partial(go, way), kind="plain", label=title)
        made.props(f'title="{title}"').classes("pt-key")


class Strip:
    """The quote and the figures of the day, above the chart."""

    def __init__(self) -> None:
        with ui.element("div").classes("pt-strip pt-num"):
            with ui.element("div").classes("pt-lastprice"):
                self._about = ui.label().classes("pt-soft pt-small")
                with ui.element("div").classes("pt-row"):
                    self._last = ui.label().classes("pt-big")
                    self._middle = ui.label("middle of bid and ask").classes("pt-soft pt-small")
                    self._change = ui.label()
            with ui.element("dl").classes("pt-day"):
                titles = ("bid", "ask", *DAY, "volume")
                self._cells = {name: _term(name.title()) for name in titles}
            with ui.element("dl").classes("pt-day") as self._of_option:
                self._greeks = {name: _term(title) for name, title in GREEKS.items()}
            self._old = ui.label("Market data farm is broken: figures are old").classes("pt-error")
            self._hours = ui.label().classes("pt-soft pt-small").props('role="status"')
        self._digits = 2
        self._old.set_visibility(False)
        self._of_option.set_visibility(False)

    def name(self, found: dict[str, Any]) -> None:
        """Show the instrument's name; its prices are written as its steps are."""
        self._about.set_text(about(found))
        self._digits = decimals(found["tick"])

    def show(self, quote: Quote | None) -> None:
        """Show these figures; dashes for None."""
        told = quote or {}
        digits, between = self._digits, middle(told)
        worth = told.get("last") if between is None else between
        self._last.set_text(price(worth, digits) or "–")
        self._middle.set_visibility(between is not None)
        change, percent = day_change(told)
        self._change.set_text(
            signed(change, digits) + (f" ({signed(percent)}%)" if percent is not None else "")
        )
        self._change.classes(replace=tone(change))
        for side in ("bid", "ask"):
            many = size(told.get(f"{side}_size"))
            at = price(told.get(side), digits) or "–"
            self._cells[side].set_text(f"{at} × {many}" if many else at)
        for name in DAY:
            self._cells[name].set_text(price(told.get(name), digits) or "–")
        volume = size(told.get("volume"))
        self._cells["volume"].set_text(volume if volume != "0" else "–")
        self._hours.set_text(hours_note(quote))
        greeks = told.get("greeks")
        for name, cell in self._greeks.items():
            cell.set_text(greek_text(name, greeks) or "–")
        self._of_option.set_visibility(bool(greeks))
        self._old.set_visibility(quote is not None and not quote["live"])


def _term(title: str) -> TextElement:
    with ui.element("div"):
        TextElement(tag="dt", text=title)
        return TextElement(tag="dd", text="–")


async def _first(view: PageView, con_id: str) -> dict[str, Any] | None:
    """The first instrument: from the address, else the last one traded, else any."""
    if con_id.isdecimal():
        wanted = con_id
    else:
        traded = await view.desk.get("/executions", last=1)
        wanted = str(traded[-1]["con_id"]) if traded else ""
    if wanted:
        try:
            found: dict[str, Any] = await view.desk.get(f"/symbols/{wanted}")
            return found
        except RemoteError:
            pass
    some = await view.desk.get("/symbols")
    return some[0] if some else None


async def build(view: PageView) -> None:
    """Build the page at once; its data follow."""
    request = ui.context.client.request
    query = request.query_params if request is not None else {}
    seconds = query.get("seconds", "60")
    chart = Chart(view, seconds if seconds in SIZES else "60")

    async def begin() -> None:
        try:
            found = await _first(view, query.get("con_id", ""))
        except RemoteError:
            return  # the layout reports that the station does not answer
        if found is not None and chart.empty:  # the user has chosen one meanwhile
            await chart.choose(found)

    ui.timer(0, begin, once=True)
