"""Who may use the control API: whoever has the token, on this computer, and no web page of others.

The token is asked for everywhere but at the description of the API. It is looked at twice: by
``http_admission`` before anything else is done for a new connection, and by ``guard`` for every
request.
"""

import json
from collections.abc import Iterable, Mapping

from ...http_admission import Head, HttpAnswer
from ...http_guard import Doors, HttpRefused, same

OPEN_PATHS = ("/openapi.json",)


class Access:
    """The token, and the names by which the control API may be called."""

    def __init__(self, token: str, hosts: Iterable[str]) -> None:
        self._token = token
        self._doors = Doors(hosts, "the control API")

    def check(self, head: Head) -> bool:
        """Whether a request has shown the token; False for what is open. Raises ``HttpRefused``."""
        return self.allow(head.path, head.headers)

    def allow(self, path: str, headers: Mapping[str, str]) -> bool:
        """The same for a path and headers whose names are found in lower case."""
        self._doors.check(headers)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(given, self._token):
            return True
        if path in OPEN_PATHS:
            return False
        raise HttpRefused(401, "send the token that was printed at the start as a bearer token")


def refusal(refused: HttpRefused) -> HttpAnswer:
    """What a refused request is told."""
    headers = {"Content-Type": "application/json"}
    if refused.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return HttpAnswer(headers, json.dumps({"detail": refused.detail}).encode())
