"""Access to the control API: requests with the token, from this computer, not from web pages of
other origins.

Every path requires the token but the API's description and ``/health``. It is checked twice: by
``http_admission`` for the first request of a connection, and by ``guard`` for every request.

``/health`` is answered here, so that who asks it costs nothing and loads nothing: 200 when programs
can connect to every station, else 503, and nothing more.
"""

import json
from collections.abc import Callable, Iterable, Mapping

from ...http_admission import Head, HttpAnswer
from ...http_guard import Doors, HttpAnswered, HttpRefused, same

OPEN_PATHS = ("/openapi.json",)
HEALTH = "/health"


class Access:
    """The token, and the host names under which the control API may be requested."""

    def __init__(
        self, token: str, hosts: Iterable[str], ready: Callable[[], bool] = lambda: True
    ) -> None:
        """``ready`` tells whether programs can connect to every station."""
        self._token = token
        self._ready = ready
        self._doors = Doors(hosts, "the control API")

    def check(self, head: Head) -> bool:
        """Return whether a request carries the token; False for an open path.

        Raises ``HttpRefused``, and ``HttpAnswered`` for ``/health``.
        """
        return self.allow(head.path, head.headers)

    def allow(self, path: str, headers: Mapping[str, str]) -> bool:
        """``check`` for a path and headers with lower-case names."""
        self._doors.check(headers)
        if path == HEALTH:
            ready = self._ready()
            raise HttpAnswered(200 if ready else 503, "ready" if ready else "not ready")
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
    if isinstance(refused, HttpAnswered):
        headers["Cache-Control"] = "no-store"
        return HttpAnswer(headers, json.dumps({"status": refused.detail}).encode())
    return HttpAnswer(headers, json.dumps({"detail": refused.detail}).encode())
