"""One request and its answer on one of our HTTP ports; limits the body in length and time."""

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .http_admission import HttpAnswer
from .http_guard import LONGEST_BODY, HttpRefused

BODY_S: Final = 10.0
"""How long a piece of a body may let wait for itself."""


class HttpExchange:
    """Reads a request for the application and passes on its answer.

    Once a body was refused nothing of the application's goes out any more: frameworks make an
    answer of their own out of what goes wrong while they read.
    """

    def __init__(self, receive: Receive, send: Send, headers: Mapping[str, str]) -> None:
        """``headers`` are set in every answer."""
        self._receive, self._send = receive, send
        self._headers = headers
        self._total, self._more = 0, True
        self._begun = False
        self._refused: HttpRefused | None = None

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Let the application answer. Raises ``HttpRefused`` when the body was, whatever it did."""
        await app(scope, self.receive, self.send)
        if self._refused is not None:
            raise self._refused

    async def receive(self) -> Message:
        """The next piece. Raises ``HttpRefused`` with 408 or 413."""
        try:
            # After the body an application waits for the end of the connection: that takes time.
            async with asyncio.timeout(BODY_S if self._more else None):
                message = await self._receive()
        except TimeoutError as error:
            self._refused = HttpRefused(408, f"the body has not come within {BODY_S:g} seconds")
            raise self._refused from error
        self._more = bool(message.get("more_body"))
        self._total += len(message.get("body", b""))
        if self._total > LONGEST_BODY:
            self._refused = HttpRefused(413, f"the body is longer than {LONGEST_BODY} bytes")
            raise self._refused
        return message

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer."""
        if self._refused is not None and not self._begun:
            return
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers[name] = value
        await self._send(message)

    async def refuse(self, scope: Scope, status: int, answer: HttpAnswer) -> None:
        """Answer instead of the application, and read nothing more of this connection.

        Does nothing when half an answer is out: the server ends the connection.
        """
        if self._begun:
            return
        self._refused = None
        headers = {**answer.headers, "Connection": "close"}
        await Response(answer.body, status, headers)(scope, self._receive, self.send)
