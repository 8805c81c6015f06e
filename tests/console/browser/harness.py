"""A browser that looks at the console, and tells of what it should not have seen."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from console.started import NAME, Started

if TYPE_CHECKING:  # loaded by who drives a browser, not by every worker
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

SKIPPED = "console: "  # the mark of our skips among all of them
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
PATIENCE_MS = 15_000
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PAGES = {
    "connections": "Connections",
    "trading": "Trading",
    "chart": "Chart",
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


class Browser:
    """One browser with one profile; its tabs are watched."""

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self.complaints: list[str] = []
        self._at: Started | None = None
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda one: self.complaints.append(str(one.error)))

    def enter(self, at: Started) -> None:
        """Show the token to a console; from now on its address is the only one allowed."""
        self._at = at
        page = self.context.new_page()
        page.goto(at.address)
        assert urlsplit(page.url).query == "", "the token is not left in the address"
        page.close()

    @contextmanager
    def tab(self, page: str, *, dark: bool = False, phone: bool = False) -> Iterator["Page"]:
        """A page in a tab of its own; fails when it complained, or asked another host."""
        assert self._at is not None
        self.complaints.clear()
        tab = self.context.new_page()
        try:
            tab.set_viewport_size(PHONE if phone else DESK)  # type: ignore[arg-type]
            tab.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
            self.go(tab, page)
            yield tab
        finally:
            tab.close()
        assert self.complaints == []

    def go(self, tab: "Page", page: str) -> None:
        """Open a page and wait until it lives."""
        assert self._at is not None
        tab.goto(f"{self._at.url}/{NAME}/{page}")
        self.lives(tab, page)

    def lives(self, tab: "Page", page: str) -> None:
        """Wait until a page is there and has heard from the station."""
        from playwright.sync_api import expect

        assert self._at is not None
        expect(tab.get_by_role("heading", level=1, name=PAGES[page])).to_be_visible()
        expect(tab.locator(".pt-where")).to_contain_text(f"{self._at.station.host}:")

    def _asked(self, request: "Request") -> None:
        found = urlsplit(request.url)
        if found.scheme in ("data", "blob"):
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
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
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
