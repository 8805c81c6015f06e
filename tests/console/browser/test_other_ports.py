"""What a page on another port of this computer can do with the console's cookie: nothing.

Cookies know no ports, so the browser has it and sends it; this is what the console makes of it.
"""

import http.server
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from console.browser.harness import Browser
from console.started import Started

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Pictures and scripts: the browser keeps their answers from the page; see test_gate.py.
TRIES = {
    "a question": "fetch(at, {credentials: 'include', mode: 'no-cors'})",
    "an order to do something": (
        "fetch(at, {method: 'POST', body: 'x', credentials: 'include', mode: 'no-cors'})"
    ),
    "a frame": ("document.body.append(Object.assign(document.createElement('iframe'), {src: at}))"),
}


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A page of somebody else, and the cookies that it was sent."""

    cookies: list[str] = []

    def do_GET(self) -> None:
        self.cookies.append(self.headers.get("Cookie") or "")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere(stations: dict[str, Started], browser: Browser) -> Iterator["Page"]:
    """A tab that is at a page on another port, in the browser that has the cookie."""
    browser.enter(stations["desk"])
    server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        tab = browser.context.new_page()
        tab.goto(f"http://127.0.0.1:{server.server_port}/")
        assert "papertape-" in Elsewhere.cookies[-1], "this is what makes it necessary"
        yield tab
        tab.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("case", TRIES)
def test_a_page_on_another_port_gets_nothing(
    case: str, elsewhere: "Page", stations: dict[str, Started]
) -> None:
    url = f"{stations['desk'].url}/desk/trading"
    with elsewhere.expect_response(lambda answer: answer.url == url) as found:
        elsewhere.evaluate(f"at => {{ {TRIES[case]} }}", url)
    assert found.value.status == 403


def test_a_page_on_another_port_opens_no_websocket(
    elsewhere: "Page", stations: dict[str, Started]
) -> None:
    url = stations["desk"].url.replace("http", "ws", 1) + "/_nicegui_ws/socket.io/?EIO=4"
    opened = elsewhere.evaluate(
        """at => new Promise(done => {
            const socket = new WebSocket(at + '&transport=websocket');
            socket.onopen = () => done(true);
            socket.onerror = () => done(false);
        })""",
        url,
    )
    assert opened is False
