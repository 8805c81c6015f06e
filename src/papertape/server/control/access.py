"""Access to the control API: requests with the token, from this computer, not from web pages of
other origins.

Every path but the API's description requires the token. It is checked twice: by
``http_admission`` for the first request of a connection, and by ``guard`` for every request.
"""

import json
from collections.abc import Iterable, Mapping

from ...http_admission import Head, HttpAnswer
from ...http_guard import Doors, HttpRefused, same

OPEN_PATHS = ("/openapi.json",)


class Access:
    """The token, and the host names under which the control API may be requested."""

    def __init__(self, token: str, hosts: Iterable[str]) -> None:
        self._token = token
        self._doors = Doors(hosts, "the control API")

    def check(self, head: Head) -> bool:
        """Return whether a request carries the token; False for an open path.

        Raises ``HttpRefused``.
        """
        return self.allow(head.path, head.headers)

    def allow(self, path: str, headers: Mapping[str, str]) -> bool:
        """``check`` for a path and headers with lower-case names."""
        self._doors.check(headers)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(given, self._token):
            return True
        if path in OPEN_PATHS:
            return False
        raise HttpRefused(401, "send the token that was printed at the start as a bearer token")


def refusal(refused: HttpRefused) -> HttpAnswer:
    """Return the answer to a refused request."""
    headers = {"Content-Type": "application/json"}
    if refused.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return HttpAnswer(headers, json.dumps({"detail": refused.detail}).encode())
