"""The asyncio client of the control API, through which the console does everything."""

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
"""Largest WebSocket message in bytes."""
LINED = frozenset(("error", "explanation", "text"))
"""What has lines by nature: a traceback of the log, what a drill does, an article."""


class RemoteError(Exception):
    """The station refused a request or did not answer; the text is shown to the user."""

    def __init__(self, text: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.errors = dict(errors or {})
        """Errors of single values, by their names."""


class NoAnswer(RemoteError):
    """The station did not answer, or not in time: another try may be answered."""


class Remote:
    """The control API at one address."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        # trust_env: the station is on this computer, so no proxy of the environment applies.
        self._http = httpx.AsyncClient(
            base_url=url, headers=self._headers, timeout=TIMEOUT_S, trust_env=False
        )

    async def stations(self) -> list[dict[str, Any]]:
        """The stations of the process. Raises ``RemoteError``."""
        found: list[dict[str, Any]] = await self._call("GET", "/v1/stations")
        return found

    async def get(self, station: str, path: str, *, wait_s: float = TIMEOUT_S, **query: Any) -> Any:
        """GET a path below a station; wait at most ``wait_s`` seconds. Raises ``RemoteError``."""
        return await self._call("GET", below(station, path), query=query, wait_s=wait_s)

    async def post(self, station: str, path: str, body: Any = None) -> Any:
        """POST to a path below a station. Raises ``RemoteError``."""
        return await self._call("POST", below(station, path), body)

    async def patch(self, station: str, path: str, body: Any) -> Any:
        """PATCH a path below a station. Raises ``RemoteError``."""
        return await self._call("PATCH", below(station, path), body)

    async def follow(
        self, station: str, path: str, opened: Callable[[], object] = lambda: None, **query: Any
    ) -> AsyncIterator[Any]:
        """Yield the messages of a station's WebSocket until it ends; ``opened`` is called once it
        is open. Raises ``RemoteError``.
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
                    yield visible_all(json.loads(text), LINED)
        except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
            raise RemoteError(f"the station's event stream has ended: {error}") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        wait_s: float = TIMEOUT_S,
    ) -> Any:
        try:
            answer = await self._http.request(
                method, path, json=body, params=query or None, timeout=wait_s
            )
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise NoAnswer(f"the station does not answer: {reason}") from error
        if answer.is_success:
            return visible_all(answer.json(), LINED)
        raise RemoteError(_detail(answer), _errors(answer))


def below(station: str, path: str) -> str:
    """A path below a station."""
    return f"/v1/stations/{quote(station, safe='')}{path}"


def _errors(answer: httpx.Response) -> dict[str, str]:
    """The errors of single values in a refusal, if it has any."""
    try:
        return {visible(name): visible(why) for name, why in answer.json()["errors"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _detail(answer: httpx.Response) -> str:
    """The text of a refusal."""
    try:
        told = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"the station answers {answer.status_code}"
    if isinstance(told, str):
        return visible(told)
    try:  # an invalid body: a list of places and reasons
        return visible("; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in told))
    except (KeyError, TypeError, IndexError):
        return json.dumps(told)
