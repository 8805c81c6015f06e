"""Common parts of all pages: navigation, indicators, the connection dialog, both themes."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import Request
from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from starlette.responses import RedirectResponse

from . import pending_connections
from .market_clock import ClockControl
from .parts.components import CSS, badge, empty, heading, set_badge
from .remote import TIMEOUT_S, NoAnswer, RemoteError
from .topics import Live
from .view import PageView

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="7" fill="#0b5f6b"/><path d="M7 21l6-7 5 4 7-9" fill="none" stroke="#fff" '
    'stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
LOST = (Path(__file__).parent / "parts" / "reconnect.js").read_text(encoding="utf-8")
THEME = "papertape-theme"
THEMES = {"dark": True, "light": False}
"""Value of the cookie -> dark; anything else follows the system."""
PATIENCE_S = 2 * TIMEOUT_S
"""How long a page may take to load; a silent station is reported earlier."""
AGAIN_S = 3.0
"""Between two tries of a page that has nothing to show."""
ASLEEP_S = 60.0
"""How long a page with unsent input is kept for a sleeping tab, as on a telephone. A tab that
wakes later reloads the page."""


class Page(NamedTuple):
    """An entry of the navigation."""

    name: str
    title: str
    build: Callable[[PageView], Awaitable[None]]
    written: bool = False
    """Whether the page has input that is not sent at once."""


def install(live: Live, pages: Sequence[Page]) -> None:
    """Register every page with the web server."""
    ui.add_css(CSS, shared=True)
    ui.add_body_html(f"<script>{LOST}</script>", shared=True)

    @ui.page("/", title="Papertape", response_timeout=PATIENCE_S)
    async def first(request: Request) -> RedirectResponse | None:
        try:
            names = await live.names()
        except RemoteError as problem:
            _nothing(live, request, problem)
            return None
        return RedirectResponse(address(names[0], pages[0].name), 303)

    for page in pages:
        _route(live, pages, page)


def address(station: str, page: str) -> str:
    """The path of a page."""
    return f"/{quote(station, safe='')}/{page}"


def _route(live: Live, pages: Sequence[Page], page: Page) -> None:
    title = f"{page.title} · Papertape"

    @ui.page(
        f"/{{station}}/{page.name}",
        title=title,
        response_timeout=PATIENCE_S,
        reconnect_timeout=ASLEEP_S if page.written else None,
    )
    async def show(station: str, request: Request) -> None:
        try:
            names = await live.names()
            desk = await live.desk(station)
        except RemoteError as problem:
            _nothing(live, request, problem, station)
            return
        _dark(request)
        view = PageView(desk)
        _top(view, names, pages, page)
        with ui.element("div").classes("pt-main").props('id="main" tabindex="-1"'):
            heading(page.title, 1)
            try:
                await page.build(view)
            except NoAnswer as problem:
                empty(str(problem), "It is busy or gone. This page tries again by itself.")
                again(partial(live.remote.get, station, ""))
            except RemoteError as problem:
                empty(str(problem), "Load this page again in a moment.")
        pending_connections.dialog(view)


def _dark(request: Request) -> None:
    ui.dark_mode(THEMES.get(request.cookies.get(THEME, "")))


def _nothing(live: Live, request: Request, problem: RemoteError, station: str = "") -> None:
    """What replaces a page when the station does not exist or does not answer."""
    _dark(request)
    with ui.element("div").classes("pt-main"):
        heading("Nothing to show", 1)
        advice = "Is the station running? Start it with: papertape serve"
        empty(str(problem), f"{advice}. This page tries again by itself.")
    again(partial(live.remote.get, station, "") if station else live.names)


def again(answers: Callable[[], Awaitable[object]]) -> ui.timer:
    """Load the page of the running request again once ``answers`` raises nothing, which is tried
    every few seconds while somebody looks at the page."""

    async def look() -> None:
        try:
            await answers()
        except RemoteError:
            return
        trying.deactivate()
        ui.navigate.reload()

    trying = ui.timer(AGAIN_S, look, immediate=False)
    return trying


def _top(view: PageView, names: Sequence[str], pages: Sequence[Page], page: Page) -> None:
    TextElement(tag="a", text="Skip to the page").classes("skip").props('href="#main"')
    with ui.element("header").classes("pt-top"):
        with ui.element("div").classes("pt-bar"):
            TextElement(tag="a", text="Papertape").classes("pt-brand").props('href="/"')
            _stations(view, names, page)
            ui.element("div").classes("pt-grow")
            ClockControl(view)
            _indicators(view)
            _theme()
        with ui.element("nav").classes("pt-nav").props('aria-label="Pages"'):
            _links(view, pages, page)
        with ui.element("details").classes("pt-navmenu"):
            summary = TextElement(tag="summary", text=page.title)
            summary.props(f'aria-label="Pages; this one is {page.title}"')
            with ui.element("nav").props('aria-label="All pages"'):
                _links(view, pages, page)
        _trouble(view)


def _links(view: PageView, pages: Sequence[Page], page: Page) -> None:
    for one in pages:
        link = TextElement(tag="a", text=one.title)
        link.props(f'href="{address(view.desk.station, one.name)}"')
        if one is page:
            link.props('aria-current="page"')


def _stations(view: PageView, names: Sequence[str], page: Page) -> None:
    """The name of the station; a menu where there are several."""
    if len(names) > 1:
        ui.select(
            list(names),
            value=view.desk.station,
            on_change=lambda event: ui.navigate.to(address(event.value, page.name)),
        ).props('dense options-dense borderless aria-label="Station"')
    where = ui.label().classes("pt-where pt-num")

    def told(station: dict[str, Any]) -> None:
        kind = "IB Gateway" if station["gateway"] else "TWS"
        where.set_text(f"{kind} on {station['host']}:{station['port']}")

    view.watch("station", told)


def _indicators(view: PageView) -> None:
    """Indicators of the API and every farm, as at the edge of TWS's window."""
    with ui.element("div").classes("pt-row").props('role="status" aria-label="Indicators"') as bar:
        api = badge("API", "")
    farms: dict[str, ui.label] = {}

    def sessions(station: dict[str, Any]) -> None:
        set_badge(api, f"API {station['sessions']}", "good" if station["sessions"] else "warn")

    def show(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if row["name"] not in farms:
                with bar:
                    farms[row["name"]] = badge("", "")
            label = farms[row["name"]]
            set_badge(label, row["name"])
            label.classes(replace=f"pt-badge {_tone(row['status'])}")
            label.props(f'title="{row["name"]}: {row["status"]}" data-status="{row["status"]}"')

    view.watch("station", sessions)
    view.watch("farms", show)


def _tone(status: str) -> str:
    return {"ok": "good", "inactive": "warn", "connecting": "warn", "broken": "bad"}.get(status, "")


def _theme() -> None:
    """The light or dark theme for this browser; the system's until the user chooses."""
    script = (
        "const dark = !document.body.classList.contains('body--dark');"
        f"document.cookie = '{THEME}=' + (dark ? 'dark' : 'light') + "
        "'; path=/; max-age=31536000; samesite=lax'; location.reload()"
    )
    button = ui.button("Theme", color=None).classes("pt-plain").props("unelevated no-caps")
    button.props('aria-label="Switch between light and dark"')
    button.on("click", js_handler=f"() => {{ {script} }}")


def _trouble(view: PageView) -> None:
    """The banner that appears when the station does not answer."""
    banner = ui.label().classes("pt-banner").props('role="alert"')
    banner.set_visibility(False)

    def look() -> None:
        problem = view.desk.news.problem
        banner.set_text(f"{problem}. What you see may be old; trying again.")
        banner.set_visibility(bool(problem))

    ui.timer(1.0, look)
