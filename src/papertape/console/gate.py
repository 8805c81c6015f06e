"""Who may look at the console: whoever has the token, once; afterwards a cookie.

The address that the station prints carries the token. It is taken out of the address at once, so
that it is not left in the history or shown over a shoulder, and a cookie made from it, which the
control API does not take, stands for it. ``Host`` and ``Origin`` are checked as the control API
does it. Nothing on the pages comes from, or goes to, another host: the headers say so.
"""

import hashlib
import hmac
from collections.abc import Iterable
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..loopback import Doors, Refused, bounded, same

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


class Gate:
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
        sending = _Answer(send)
        try:
            self._doors.check(headers)
            if self._entering(scope):
                await self._enter(scope)(scope, receive, sending)
                return
            if not self._known(headers):
                raise Refused(401, "This page asks for the token of the station.")
            await self.app(scope, sending.shut_by(bounded(receive)), sending)
        except Refused as refused:
            if sending.begun:
                return  # half an answer is out: the server ends the connection
            sending.shut = False
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": refused.detail})
                return
            await _refusal(refused)(scope, receive, sending)

    def _entering(self, scope: Scope) -> bool:
        """Whether a page is asked for with the right token in its address."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        query = dict(_parameters(scope))
        return PARAMETER in query and same(query[PARAMETER], self._token)

    def _enter(self, scope: Scope) -> RedirectResponse:
        rest = urlencode([(key, value) for key, value in _parameters(scope) if key != PARAMETER])
        path = "/" + scope["path"].lstrip("/")  # two slashes would name another host
        answer = RedirectResponse(path + ("?" + rest if rest else ""), 303)
        answer.set_cookie(self._name, self._cookie, httponly=True, samesite="lax", path="/")
        return answer

    def _known(self, headers: Headers) -> bool:
        text = headers.get("cookie", "")
        if len(text) > LONGEST_COOKIE:
            return False
        try:
            found = SimpleCookie(text).get(self._name)
        except CookieError:
            return False
        return found is not None and same(found.value, self._cookie)


def _parameters(scope: Scope) -> list[tuple[str, str]]:
    """The query of an address. Raises ``Refused`` for one longer than any of ours."""
    try:
        return parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise Refused(400, f"an address has at most {MOST_PARAMETERS} parameters") from error


def _refusal(refused: Refused) -> HTMLResponse:
    page = REFUSAL.format(
        title="Not let in" if refused.status == 401 else "Refused",
        detail=escape(refused.detail),
        advice=ADVICE,
    )
    return HTMLResponse(page, refused.status)


class _Answer:
    """What goes back, with our headers; nothing of the page's once its request was refused."""

    def __init__(self, send: Send) -> None:
        self.begun = False
        self.shut = False
        self._send = send

    async def __call__(self, message: Message) -> None:
        if self.shut:
            return
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await self._send(message)

    def shut_by(self, receive: Receive) -> Receive:
        """A body that is refused while the page reads it is for the gate to answer."""

        async def receiving() -> Message:
            try:
                return await receive()
            except Refused:
                self.shut = not self.begun
                raise

        return receiving
