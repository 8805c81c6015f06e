"""Who may use the control API: whoever has the token, on this computer, and no web page.

A browser can be led to send requests to any address, so the ``Host`` must be one of ours (a
foreign name that resolves to us is refused) and an ``Origin``, which browsers send, must be
ours too. The token is asked for everywhere but at the description of the API.
"""

import hmac
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/openapi.json",)
LONGEST_BODY = 256 * 1024
"""Bytes of a request's body."""


class Refused(Exception):
    """A request that goes no further."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Guard:
    """ASGI middleware that lets the rightful through."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str]) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on; a refused WebSocket is closed before it opens."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
            await self._app(scope, _bounded(receive), send)
        except Refused as refused:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": refused.detail})
                return
            headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
            answer = JSONResponse({"detail": refused.detail}, refused.status, headers)
            await answer(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            raise Refused(421, f"this is no address of the control API: {host[:200]!r}")
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise Refused(403, f"pages of {origin[:200]!r} may not use the control API")
        if scope["path"] in OPEN_PATHS:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._token):
            raise Refused(401, "send the token that was printed at the start as a bearer token")
        if int_or_zero(headers.get("content-length", "")) > LONGEST_BODY:
            raise Refused(413, f"the body is longer than {LONGEST_BODY} bytes")


def int_or_zero(text: str) -> int:
    """A header's number; 0 when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _bounded(receive: Receive) -> Receive:
    """Refuse a body that is longer than it said, or that did not say."""
    total = 0

    async def bounded() -> Message:
        nonlocal total
        message = await receive()
        if message["type"] == "http.request":
            total += len(message.get("body", b""))
            if total > LONGEST_BODY:
                raise Refused(413, f"the body is longer than {LONGEST_BODY} bytes")
        return message

    return bounded
