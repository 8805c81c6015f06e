"""A station with its control API, asked in the same event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from papertape.server.control.access import Access
from papertape.server.control.app import create
from papertape.server.control.logring import LogRing
from server.pair import Hall
from server.sockets import Served, serving

HOST = "127.0.0.1:5"
TOKEN = "right"


class Api:
    """The control API of one served hall."""

    def __init__(self, served: Served, client: httpx.AsyncClient) -> None:
        self.served = served
        self.hall = served.hall
        self._client = client

    async def get(self, path: str, status: int = 200) -> Any:
        """What a path below the station answers."""
        return await self.ask("GET", path, status)

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """What a path below the station answers to an order to do something."""
        return await self.ask("POST", path, status, body)

    async def patch(self, path: str, body: Any, status: int = 200) -> Any:
        """What a path below the station answers to a change."""
        return await self.ask("PATCH", path, status, body)

    async def ask(self, method: str, path: str, status: int, body: Any = None) -> Any:
        answer = await self._client.request(method, f"/v1/stations/tws{path}", json=body)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()


@asynccontextmanager
async def controlled(hall: Hall | None = None, speed: float = 1.0) -> AsyncIterator[Api]:
    """A station on a port and its control API; at speed 0 its market stands still."""
    async with serving(hall, speed=speed) as served:
        log = LogRing()
        log.attach({"tws": served.server})
        app = create({"tws": served.server}, Access(TOKEN, [HOST]), log)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://{HOST}", headers=headers
        ) as client:
            try:
                yield Api(served, client)
            finally:
                log.detach()
