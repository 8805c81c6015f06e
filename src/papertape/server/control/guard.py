"""Who may use the control API: whoever has the token, on this computer, and no web page of others.

The token is asked for everywhere but at the description of the API.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ...loopback import Doors, Refused, bounded, same

OPEN_PATHS = ("/openapi.json",)


class Guard:
    """ASGI middleware that lets the rightful through."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str]) -> None:
        self._app = app
        self._token = token
        self._doors = Doors(hosts, "the control API")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on; a refused WebSocket is closed before it opens."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
            await self._app(scope, bounded(receive), send)
        except Refused as refused:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": refused.detail})
                return
            headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
            answer = JSONResponse({"detail": refused.detail}, refused.status, headers)
            await answer(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._doors.check(headers)
        if scope["path"] in OPEN_PATHS:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not same(given, self._token):
            raise Refused(401, "send the token that was printed at the start as a bearer token")
