"""A small client of the control API, for the commands that control a running station."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from ..errors import SettingsError
from .rendezvous import meet

TIMEOUT_S = 30.0
"""The first request makes the station load its control API, which takes a busy computer a while."""
OPENER = build_opener(ProxyHandler({}))
"""Ignores proxies of the environment: the station is on this computer."""


class ControlClient:
    """The control API of one station."""

    def __init__(self, port: int | None) -> None:
        """Raises ``SettingsError`` when no station is found."""
        self._meeting = meet(port)
        self.station = self._meeting.station or self._only_station()

    def _only_station(self) -> str:
        return str(self._call("GET", "/v1/stations")[0]["name"])

    def get(self, path: str) -> Any:
        """GET a path below the station. Raises ``SettingsError``."""
        return self._call("GET", self._below(path))

    def post(self, path: str, body: Any = None) -> Any:
        """POST to a path below the station. Raises ``SettingsError``."""
        return self._call("POST", self._below(path), body)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH a path below the station. Raises ``SettingsError``."""
        return self._call("PATCH", self._below(path), body)

    def put(self, path: str, body: Any) -> Any:
        """PUT a path below the station. Raises ``SettingsError``."""
        return self._call("PUT", self._below(path), body)

    def _below(self, path: str) -> str:
        return f"/v1/stations/{quote(self.station, safe='')}{path}"

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        """Raises ``SettingsError`` with the station's text."""
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self._meeting.token}",
            "Content-Type": "application/json",
        }
        request = Request(self._meeting.url + path, data, headers, method=method)
        try:
            with OPENER.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise SettingsError(_detail(error), setting="control", found=path) from error
        except (URLError, TimeoutError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise SettingsError(
                f"the control API does not answer: {reason}",
                setting="control",
                found=self._meeting.url,
                advice="Is the station still running?",
            ) from error


def _detail(error: HTTPError) -> str:
    try:
        told = json.load(error)["detail"]
    except (ValueError, KeyError, TypeError):
        return f"the control API answers {error.code}"
    return told if isinstance(told, str) else json.dumps(told)
