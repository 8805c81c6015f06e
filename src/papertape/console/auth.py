"""Who may look at the console: whoever has the token, once; afterwards a cookie.

The address that the station prints carries the token. It is taken out of the address at once, so
that it is not left in the history or shown over a shoulder, and a cookie made from it, which the
control API does not take, stands for it. ``Host`` and ``Origin`` are checked as the control API
does it. Nothing on the pages comes from, or goes to, another host: the headers say so.
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
        """Cookies know no ports; two stations' consoles must not take each other's."""
        self._cookie = hmac.new(token.encode(), b"console", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on; a refused WebSocket is closed before it opens."""
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
        """The same before the request has come further (``http_admission``)."""
        self._allow(head.method, head.query, head.headers)
        return True

    def _allow(self, method: str, query: str, headers: Mapping[str, str]) -> bool:
        """Whether somebody shows the token in the address of a page: False for who is known
        already. Raises ``HttpRefused``.
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
    """Whether a request is a page's of ours or the user's own.

    A browser sends the cookie to us with requests of pages on other ports of this computer, which
    are of the same site for it; it says so, and a page cannot say otherwise. Such a page may lead
    its user here, and no more.
    """
    site = headers.get("sec-fetch-site", "none")
    if site not in ("same-origin", "none"):
        leads = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
        return method == "GET" and leads == ("navigate", "document")
    return True


def _parameters(query: str) -> list[tuple[str, str]]:
    """The query of an address. Raises ``HttpRefused`` for one longer than any of ours."""
    try:
        return parse_qsl(query, max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise HttpRefused(400, f"an address has at most {MOST_PARAMETERS} parameters") from error


def refusal(refused: HttpRefused) -> HttpAnswer:
    """What somebody is shown who is refused."""
    page = REFUSAL.format(
        title="Not let in" if refused.status == 401 else "HttpRefused",
        detail=escape(refused.detail),
        advice=ADVICE,
    )
    return HttpAnswer({"Content-Type": "text/html; charset=utf-8", **HEADERS}, page.encode())
