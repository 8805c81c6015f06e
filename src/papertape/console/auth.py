"""Access to the console: by token at first, by cookie afterwards.

The address that the station prints contains the token. The console removes it from the address at
once, so that it stays neither in the history nor on the screen, and sets a cookie derived from it,
which the control API does not accept. ``Host`` and ``Origin`` are checked as in the control API.
The headers forbid pages to load from, or send to, another host.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..http_admission import Head, HttpAnswer
from ..http_exchange import HttpExchange
from ..http_guard import Doors, HttpRefused, same

PARAMETER = "token"
LONGEST_COOKIE = 4096
MOST_PARAMETERS = 20
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
REFUSAL = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Papertape console</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem;
color-scheme:light dark}}code{{font-size:.95em}}</style>
<main><h1>{title}</h1><p>{detail}</p><p>{advice}</p></main></html>"""
ADVICE = (
    "Open the address that <code>papertape serve</code> printed: it carries the token of this run."
)


class AuthMiddleware:
    """ASGI middleware in front of the pages."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str], port: int) -> None:
        self.app = app
        self._token = token
        self._doors = Doors(hosts, "the console")
        self._name = f"papertape-{port}"
        """Cookies ignore ports; the consoles of two stations must not share one."""
        self._cookie = hmac.new(token.encode(), b"console", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then pass it on. A refused WebSocket is closed before it opens."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        exchange = HttpExchange(receive, send, HEADERS)
        try:
            method = scope["method"] if scope["type"] == "http" else ""
            query = scope["query_string"].decode("latin-1")
            if self._allow(method, query, headers):
                await self._enter(scope)(scope, receive, exchange.send)
                return
            await exchange.run(self.app, scope)
        except HttpRefused as refused:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": refused.detail})
                return
            await exchange.refuse(scope, refused.status, refusal(refused))

    def check(self, head: Head) -> bool:
        """Check a request head before it is parsed (``http_admission``)."""
        self._allow(head.method, head.query, head.headers)
        return True

    def _allow(self, method: str, query: str, headers: Mapping[str, str]) -> bool:
        """Whether a page's address contains the token; False for a browser with the cookie.

        Raises ``HttpRefused``.
        """
        self._doors.check(headers)
        given = dict(_parameters(query)) if method == "GET" else {}
        if PARAMETER in given and same(given[PARAMETER], self._token):
            return True
        if not self._known(headers):
            raise HttpRefused(401, "This page asks for the token of the station.")
        if not _from_here(method, headers):
            raise HttpRefused(403, "Only pages of this console may use its cookie.")
        return False

    def _enter(self, scope: Scope) -> RedirectResponse:
        query = scope["query_string"].decode("latin-1")
        rest = urlencode([(key, value) for key, value in _parameters(query) if key != PARAMETER])
        path = "/" + scope["path"].lstrip("/")  # two slashes would name another host
        answer = RedirectResponse(path + ("?" + rest if rest else ""), 303)
        answer.set_cookie(self._name, self._cookie, httponly=True, samesite="lax", path="/")
        return answer

    def _known(self, headers: Mapping[str, str]) -> bool:
        text = headers.get("cookie", "")
        if len(text) > LONGEST_COOKIE:
            return False
        try:
            found = SimpleCookie(text).get(self._name)
        except CookieError:
            return False
        return found is not None and same(found.value, self._cookie)


def _from_here(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from one of our pages or from the user.

    For a browser, pages on other ports of this computer belong to the same site, so it sends the
    cookie with their requests too. It also sends their origin, which a page cannot forge. Such a
    page may link to the console, and nothing more.
    """
    site = headers.get("sec-fetch-site", "none")
    if site not in ("same-origin", "none"):
        leads = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
        return method == "GET" and leads == ("navigate", "document")
    return True


def _parameters(query: str) -> list[tuple[str, str]]:
    """Parse the query of an address. Raises ``HttpRefused`` when it has too many parameters."""
    try:
        return parse_qsl(query, max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise HttpRefused(400, f"an address has at most {MOST_PARAMETERS} parameters") from error


def refusal(refused: HttpRefused) -> HttpAnswer:
    """The page shown for a refused request."""
    page = REFUSAL.format(
        title="Not let in" if refused.status == 401 else "HttpRefused",
        detail=escape(refused.detail),
        advice=ADVICE,
    )
    return HttpAnswer({"Content-Type": "text/html; charset=utf-8", **HEADERS}, page.encode())
