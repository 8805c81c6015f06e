"""A browser that looks at the console, and tells of what it should not have seen."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from console.started import Started
from lanes import HANGS_S

if TYPE_CHECKING:  # loaded by who drives a browser, not by every worker
    from playwright.sync_api import (
        BrowserContext,
        ConsoleMessage,
        Locator,
        LocatorAssertions,
        Page,
        Request,
    )  # fmt: skip

SKIPPED = "console: "  # the mark of our skips among all of them
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
PATIENCE_MS = HANGS_S * 1000
TIMEOUT_S, HASTY_S = 5 * HANGS_S, 8
"""How long a connection waits to be accepted: long enough for a test, short enough to wait for."""
HOSTILE_ACCOUNT = "\"><img src=x onerror=document.title='hit'>{{7*7}}'&amp;</td>"
ACCOUNTS = (HOSTILE_ACCOUNT, "DU7654321", "W" * 100)
"""Of the user with several; the last is as long as a code may be."""
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PAGES = {
    "connections": "Connections",
    "trading": "Trading",
    "account": "Account",
    "watchlist": "Watchlist",
    "chart": "Chart",
    "options": "Options",
    "scanner": "Scanner",
    "news": "News",
    "messages": "Messages",
    "drills": "Drills",
    "settings": "API settings",
    "log": "Log",
}
"""Path -> title."""


def chromium() -> str:
    """Where the system's Chromium is; skips the test when there is none."""
    found = os.environ.get("PAPERTAPE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    if not found:
        pytest.skip(f"{SKIPPED}no Chromium; apt-get install chromium, or set PAPERTAPE_CHROMIUM")
    return found


def expect(found: "Locator") -> "LocatorAssertions":
    """Playwright's assertion, which waits; its library is loaded when it is first needed."""
    from playwright.sync_api import expect as expecting

    return expecting(found)


class Browser:
    """One browser with one profile; its tabs are watched.

    A tab that is left is used again: a new one costs as much as the page in it.
    """

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self.complaints: list[str] = []
        self._at: Started | None = None
        self._known: set[str] = set()
        self._spare: Page | None = None
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda one: self.complaints.append(str(one.error)))

    def enter(self, at: Started) -> None:
        """Look at a station; from now on the address of its console is the only one allowed.

        A console that has not been looked at before is shown the token.
        """
        self._at = at
        if at.address in self._known:
            return
        self._known.add(at.address)
        page = self.context.new_page()
        page.goto(at.address)
        assert urlsplit(page.url).query == "", "the token is not left in the address"
        page.close()

    @contextmanager
    def tab(
        self, page: str, query: str = "", *, dark: bool = False, phone: bool = False
    ) -> Iterator["Page"]:
        """A page in a tab; fails when it complained, or asked another host."""
        self.complaints.clear()
        tab, self._spare = self._spare or self.context.new_page(), None
        try:
            tab.set_viewport_size(PHONE if phone else DESK)  # type: ignore[arg-type]
            tab.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
            self.go(tab, page, query)
            yield tab
            tab.goto("about:blank")  # the page is left, and the console knows
        except BaseException:
            tab.close()
            raise
        self._spare = tab
        if self.complaints:
            pytest.fail("the page complained:\n" + "\n".join(self.complaints))

    def tidy(self) -> None:
        """Close the tabs that a test has left open: what they go on to complain of would be
        another test's."""
        for tab in self.context.pages:
            if tab is not self._spare:
                tab.close()

    def go(self, tab: "Page", page: str, query: str = "") -> None:
        """Open a page and wait until it lives."""
        assert self._at is not None
        tab.goto(f"{self._at.url}/{self._at.name}/{page}{query and '?'}{query}")
        self.lives(tab, page)

    def lives(self, tab: "Page", page: str) -> None:
        """Wait until a page is there and has heard from the station."""
        assert self._at is not None
        expect(tab.get_by_role("heading", level=1, name=PAGES[page])).to_be_visible()
        expect(tab.locator(".pt-where")).to_contain_text(f"{self._at.host}:")

    def _asked(self, request: "Request") -> None:
        found = urlsplit(request.url)
        if found.scheme in ("data", "blob", "about"):
            return
        if self._at is None or found.netloc != urlsplit(self._at.url).netloc:
            self.complaints.append(f"asked {request.url}")

    def _said(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} at {message.location}")


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser until the block ends. No event loop can be started on this thread meanwhile."""
    path = chromium()
    from playwright.sync_api import expect as expecting
    from playwright.sync_api import sync_playwright

    expecting.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield Browser(started.new_context())
        finally:
            started.close()


def tell_skips(reporter: Any) -> None:
    """Say once, at the end of a run, that no browser looked at the console, and why."""
    if hasattr(reporter, "console_told"):
        return
    reporter.console_told = True
    reasons = [
        report.longrepr[2].removeprefix("Skipped: ")
        for report in reporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    ours = [reason.removeprefix(SKIPPED) for reason in reasons if reason.startswith(SKIPPED)]
    if ours:
        told = "; ".join(dict.fromkeys(ours))
        reporter.write_line(f"console: {len(ours)} tests SKIPPED: {told}", yellow=True)
