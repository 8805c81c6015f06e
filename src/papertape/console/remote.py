"""The control API, called with asyncio: what the console knows and does goes through here."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ..quoting import visible, visible_all

TIMEOUT_S = 10.0
LONGEST_NEWS = 16 * 1024 * 1024
"""Bytes of one message of a WebSocket."""


class RemoteError(Exception):
    """The station refused, or did not answer; the text is for the reader of the page."""

    def __init__(self, text: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.errors = dict(errors or {})
        """What is wrong with each of several things, by their names."""


class Remote:
    """The control API at one address."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        # trust_env: whatever proxy the environment names, the station is on this computer.
        self._http = httpx.AsyncClient(
            base_url=url, headers=self._headers, timeout=TIMEOUT_S, trust_env=False
        )

    async def stations(self) -> list[dict[str, Any]]:
        """Every station of the process."""
        found: list[dict[str, Any]] = await self._call("GET", "/v1/stations")
        return found

    async def get(self, station: str, path: str, **query: Any) -> Any:
        """What a path below a station answers. Raises ``RemoteError``."""
        return await self._call("GET", below(station, path), query=query)

    async def post(self, station: str, path: str, body: Any = None) -> Any:
        """Carry out what a path below a station stands for. Raises ``RemoteError``."""
        return await self._call("POST", below(station, path), body)

    async def patch(self, station: str, path: str, body: Any) -> Any:
        """Change what a path below a station stands for. Raises ``RemoteError``."""
        return await self._call("PATCH", below(station, path), body)

    async def follow(
        self, station: str, path: str, opened: Callable[[], object] = lambda: None, **query: Any
    ) -> AsyncIterator[Any]:
        """What a WebSocket of a station sends, until it ends; ``opened`` is called when it is
        there. Raises ``RemoteError``.
        """
        url = "ws" + self._url.removeprefix("http") + below(station, path)
        if query:
            url += "?" + urlencode(query, doseq=True)
        try:
            async with connect(
                url, additional_headers=self._headers, proxy=None, max_size=LONGEST_NEWS
            ) as socket:
                opened()
                async for text in socket:
                    yield visible_all(json.loads(text))
        except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
            raise RemoteError(f"the station's news have ended: {error}") from error

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def _call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            answer = await self._http.request(method, path, json=body, params=query or None)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise RemoteError(f"the station does not answer: {reason}") from error
        if answer.is_success:
            return visible_all(answer.json())
        raise RemoteError(_detail(answer), _errors(answer))


def below(station: str, path: str) -> str:
    """A path below a station."""
    return f"/v1/stations/{quote(station, safe='')}{path}"


def _errors(answer: httpx.Response) -> dict[str, str]:
    """What the station says of each thing that is wrong, where it tells them apart."""
    try:
        return {visible(name): visible(why) for name, why in answer.json()["errors"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _detail(answer: httpx.Response) -> str:
    """What the station says of a request that it does not carry out."""
    try:
        told = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"the station answers {answer.status_code}"
    if isinstance(told, str):
        return visible(told)
    try:  # what a body lacks: a list of places and reasons
        return visible("; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in told))
    except (KeyError, TypeError, IndexError):
        return json.dumps(told)
