"""Messages: the traffic between clients and the station, decoded live.

When there are more messages than a reader can follow, the list is a sample and says so; orders
take precedence over quotes. A tab holds a bounded number, and the browser receives only new rows.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from ..parts.components import button, card
from ..topics import WatchedStation
from ..view import PageView
from .capture import Capture, Rate, Sampler
from .dissect import line, opened
from .frames import Frame, about, decode, name, pairs, tone
from .search import LONGEST, Filter, terms

ROWS: Final = 200
"""Rows in the list of a tab."""
A_SECOND: Final = 50
"""Rows added per second, on average."""
TICK_S: Final = 0.25
SLICE: Final = 100
"""Messages that are searched before other tasks get a turn."""
NONE_YET: Final = "Nothing has travelled since this page was opened. Connect a TWS API program."
NOT_YET: Final = "Not listening yet: what travels now is not shown."
NONE_FITS: Final = "Nothing that is kept fits. Change the search or the choices above."
EVERYBODY: Final = "everybody"
WAYS: Final = {"": "Both ways", "in": "In: from the client", "out": "Out: to the client"}
_CAPTURES: WeakKeyDictionary[WatchedStation, Capture] = WeakKeyDictionary()


class Frames(Element, component="inspector.js"):
    """The list and the open message in the browser."""

    def set_live(self, live: bool) -> None:
        """Whether the list follows its end."""
        self._props["live"] = live
        self.update()

    def set_nothing(self, text: str) -> None:
        """The text of an empty list."""
        self._props["nothing"] = text
        self.update()


async def build(view: PageView) -> None:
    """Build the page."""
    desk = view.desk
    if desk not in _CAPTURES:
        _CAPTURES[desk] = Capture(desk.remote, desk.station)
    Inspector(view, _CAPTURES[desk])


class Inspector:
    """One tab's view of the messages."""

    def __init__(self, view: PageView, capture: Capture) -> None:
        self._capture = capture
        self._filter = Filter()
        self._sample = Sampler(A_SECOND, ROWS)
        self._fitting, self._shown = Rate(), Rate()
        self._rows: deque[Frame] = deque(maxlen=ROWS)
        """The messages in the list."""
        self._held: list[Frame] | None = None
        """The messages captured until the pause; None while the list is live."""
        self._begin = 0
        """The tab shows messages after this serial; Clear moves it."""
        self._more = 0
        """Messages since the pause."""
        self._round = 0
        """Number of the latest rebuild; earlier ones are abandoned."""
        self._building = True
        """Whether the browser waits for a list; new messages wait too."""
        self._left_out = (0, 0)
        """Messages left out by the station and by this tab, as last shown."""
        self._known = (-1, -1)
        with card("Live messages"):
            self._build()
        capture.watch(self, self._take, market_data=True)
        view.at_end(lambda: capture.leave(self))
        ui.timer(TICK_S, self._tick)
        ui.timer(1.0, self._tell)

    # ---------------------------------------------------------------- the page's parts

    def _build(self) -> None:
        with ui.element("div").classes("fr-bar"):
            self._search = ui.input(
                "Search", placeholder="SPY   orderId=7   price>100   -TickSize",
                on_change=self._choose,
            ).classes("fr-search")  # fmt: skip
            self._search.props("outlined dense clearable stack-label debounce=300")
            self._search.props(f"maxlength={LONGEST}")
            self._pause = button("Pause", self._turn, kind="plain")
            button("Clear", self._clear, kind="plain", label="Clear the list")
            button("Save", self._save, kind="plain", label="Save as a recording")
        with ui.element("div").classes("fr-bar"):
            self._client = self._select({EVERYBODY: "Every client"}, "Client", EVERYBODY)
            self._way = self._select(WAYS, "Direction", "")
            self._names = ui.select(
                [], multiple=True, label="Message kinds", on_change=self._choose
            )
            self._names.props("outlined dense options-dense clearable").classes("fr-search")
            self._market = ui.checkbox("Market data", value=True, on_change=self._choose)
        with ui.element("div").classes("fr-bar"):
            self._told = ui.label().classes("fr-told pt-num")
            self._older = button("Older", lambda: self._page(-1), kind="plain")
            self._newer = button("Newer", lambda: self._page(1), kind="plain")
        self._list = Frames()
        self._list.on("ready", self._begin_list).on("open", self._open)
        self._list.on("hold", self._hold).on("only", self._only)
        self._list.set_nothing(NONE_YET)
        self._show_mode()

    def _select(self, options: dict[Any, str], label: str, value: Any) -> ui.select:
        made = ui.select(options, label=label, value=value, on_change=self._choose)
        return made.props("outlined dense options-dense")

    def _show_mode(self) -> None:
        live = self._held is None
        self._list.set_live(live)
        self._pause.set_text("Pause" if live else "Resume")
        self._older.set_visibility(not live)
        self._newer.set_visibility(not live)
        self._tell()

    # ---------------------------------------------------------------- what comes

    def _take(self, fresh: Sequence[Frame]) -> None:
        fits = [frame for frame in fresh if self._filter.fits(frame)]
        self._fitting.add(len(fits), _now())
        if self._held is not None:
            self._more += len(fits)
            return
        for frame in fits:
            self._sample.offer(frame)

    def _tick(self) -> None:
        """Send new rows to the browser; runs four times a second."""
        if self._building or self._held is not None:
            return
        shown = self._sample.take(TICK_S)
        self._shown.add(len(shown), _now())
        if shown:
            self._rows.extend(shown)
            self._list.run_method("add", [self._row(frame) for frame in shown])

    def _row(self, frame: Frame) -> list[Any]:
        message = decode(frame)
        told = pairs(frame, message)
        key = about(frame, message)
        if key and "contract" not in dict(told):
            subject = self._capture.subject(frame, *key)
            told = [("", subject), *told] if subject else told
        who = "" if frame.client_id is None else str(frame.client_id)
        return [
            frame.serial, moment(frame.time), who, frame.direction == "in", name(frame), told,
            tone(frame, message), f"{frame.length:,}",
        ]  # fmt: skip

    def _tell(self) -> None:
        """Show how much of the traffic the list contains."""
        now = _now()
        total, fitting = self._capture.rate.at(now), self._fitting.at(now)
        if self._held is not None:
            text = (
                f"Paused at {len(self._held):,} messages that are kept; {self._more:,} more since."
            )
        elif self._capture.problem:
            text = f"{self._capture.problem}; trying again"
        elif not self._capture.listening:
            text = NOT_YET
        else:
            left_out = (self._capture.dropped, self._sample.skipped)
            rates = Rates(
                total, fitting, self._shown.at(now), filtered=self._filter != Filter(),
                dropped=left_out[0] > self._left_out[0], skipped=left_out[1] > self._left_out[1],
            )  # fmt: skip
            self._left_out = left_out
            text = told(rates)
        self._told.set_text(text)
        self._offer_choices()

    def _offer_choices(self) -> None:
        known = (len(self._capture.names), len(self._capture.clients))
        if known == self._known:
            return
        self._known = known
        names = sorted(self._capture.names | set(self._names.value or ()))
        self._names.set_options(names)
        clients: dict[Any, str] = {EVERYBODY: "Every client"}
        clients |= {one: f"Client {one}" for one in sorted(self._capture.clients)}
        self._client.set_options(clients)

    # ---------------------------------------------------------------- what the reader does

    async def _begin_list(self) -> None:
        """Fill the list once the browser has created it."""
        await self._rebuild()

    async def _choose(self) -> None:
        """Apply a changed filter."""
        client, way = self._client.value, self._way.value
        self._filter = Filter(
            None if client == EVERYBODY else client, way or None,
            frozenset(self._names.value or ()), bool(self._market.value),
            terms(self._search.value or ""),
        )  # fmt: skip
        self._capture.watch(self, self._take, market_data=self._filter.market_data)
        self._list.set_nothing(NONE_YET if self._filter == Filter() else NONE_FITS)
        self._fitting, self._shown = Rate(), Rate()
        self._more = 0
        await self._rebuild()

    def _kept(self) -> Iterator[Frame]:
        """What this tab may show, oldest first."""
        source = self._capture.frames() if self._held is None else iter(self._held)
        return (frame for frame in source if frame.serial > self._begin)

    async def _fitting_frames(self) -> list[Frame]:
        """All captured messages that match; a long search yields to other tasks."""
        kept, found = list(self._kept()), []
        for start in range(0, len(kept), SLICE):
            found += [frame for frame in kept[start : start + SLICE] if self._filter.fits(frame)]
            await asyncio.sleep(0)
        return found

    async def _rebuild(self) -> None:
        """Rebuild the list with the latest messages that match."""
        self._round += 1
        turn = self._round
        self._building = True
        self._sample.clear()  # all of them are captured, so they can be found
        found = await self._fitting_frames()
        if turn == self._round:
            self._building = False
            self._replace(found[-ROWS:], end=True)

    def _replace(self, frames: Sequence[Frame], *, end: bool) -> None:
        self._rows = deque(frames, maxlen=ROWS)
        self._list.run_method("replace", [self._row(frame) for frame in frames], end)

    async def _page(self, way: int) -> None:
        """Show the messages left out between the rows or, if none, those before or after them."""
        found = await self._fitting_frames()
        serials = [frame.serial for frame in self._rows]
        chosen = turned(found, serials, way)
        if chosen:
            self._replace(chosen, end=way < 0)
        else:
            ui.notify("There is no older message." if way < 0 else "This is the newest message.")

    def _hold(self) -> None:
        """Pause the list, because the reader looks at a message."""
        if self._held is None:
            kept = {frame.serial: frame for frame in (*self._capture.frames(), *self._rows)}
            self._held = [kept[serial] for serial in sorted(kept)]
            self._more = 0
            self._show_mode()

    async def _turn(self) -> None:
        """Pause or resume."""
        if self._held is None:
            self._hold()
            return
        self._held = None
        self._show_mode()
        await self._rebuild()

    async def _clear(self) -> None:
        """Clear this tab's list; other tabs keep theirs."""
        self._begin = max((frame.serial for frame in self._capture.frames()), default=self._begin)
        self._held = None
        self._show_mode()
        await self._rebuild()

    def _open(self, event: GenericEventArguments) -> None:
        """Show every field of a message and pause the list."""
        self._hold()
        held = self._held or []
        for frame in held:
            if frame.serial == event.args:
                self._list.run_method("show", opened(frame, held))

    def _only(self, event: GenericEventArguments) -> None:
        """Show the messages of one request or order."""
        self._search.set_value(str(event.args)[:LONGEST])

    async def _save(self) -> None:
        """Download the matching messages as a recording for ``papertape explain``."""
        lines, left_out = [], 0
        frames = await self._fitting_frames()
        for start in range(0, len(frames), SLICE):
            made = [line(frame) for frame in frames[start : start + SLICE]]
            lines += [one for one in made if one is not None]
            left_out += made.count(None)
            await asyncio.sleep(0)
        if not lines:
            ui.notify("There is no message to save yet.")
            return
        ui.download.content(b"".join(lines), "messages.jsonl", "application/x-ndjson")
        rest = f"; {left_out} that are cut, hidden or wrong are left out" if left_out else ""
        ui.notify(f"{len(lines):,} messages saved{rest}.", type="positive")


def turned(found: Sequence[Frame], serials: Sequence[int], way: int) -> list[Frame]:
    """The messages of ``found`` before (-1) or after (1) the rows with these serials."""
    first, last = (serials[0], serials[-1]) if serials else (0, 0)
    between = sum(first <= frame.serial <= last for frame in found)
    if between > len(serials):  # rows of a sample: first show what is between them
        first, last = last + 1, first - 1
    if way < 0:
        return [frame for frame in found if frame.serial < first][-ROWS:]
    return [frame for frame in found if frame.serial > last][:ROWS]


class Rates(NamedTuple):
    """Messages per second, and whether some are left out."""

    total: float
    fitting: float
    shown: float
    filtered: bool = False
    dropped: bool = False
    """Whether the station leaves some out."""
    skipped: bool = False
    """Whether the list leaves some out."""


def told(rates: Rates) -> str:
    """How much of the traffic the list shows."""
    total, fitting, shown = (f"{round(rate):,}" for rate in rates[:3])
    if total == "0":
        return "Nothing travels at the moment."
    if rates.filtered:
        fit = f"{fitting} of {total} a second fit"
        if rates.skipped:
            fit += f", {shown} of them are shown"
        return f"{fit}. The station sends a sample of all." if rates.dropped else f"{fit}."
    if rates.dropped or rates.skipped:
        return f"Showing {shown} of {total} a second. Pause to see all that is kept."
    return f"{total} a second, all shown."


def moment(time: str) -> str:
    """The time of day, UTC, with milliseconds."""
    return datetime.fromisoformat(time).strftime("%H:%M:%S.%f")[:-3]


def _now() -> float:
    return asyncio.get_running_loop().time()
