"""The guard of the control API's application: every request is checked before it is routed."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ...http_exchange import HttpExchange
from ...http_guard import HttpRefused
from .access import Access, refusal

TOLD_TO_STRANGERS = {"Connection": "close"}


class Guard:
    """ASGI middleware that passes requests with access and refuses the others."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then pass it on; a refused WebSocket is closed before it opens."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        exchange = HttpExchange(receive, send, {})
        try:
            if not self._access.allow(scope["path"], Headers(scope=scope)):
                exchange = HttpExchange(receive, send, TOLD_TO_STRANGERS)
            await exchange.run(self._app, scope)
        except HttpRefused as refused:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": refused.detail})
                return
            await exchange.refuse(scope, refused.status, refusal(refused))
