"""Access rules that the control API and the console share.

Both listen on loopback. A web page can make a browser send requests to any address, so the
``Host`` must be one of ours (a foreign name that resolves to us is refused) and an ``Origin``,
which browsers send, must be ours too. Each of the two servers adds its own credentials.
"""

import hmac
from collections.abc import Iterable, Mapping

LONGEST_BODY = 256 * 1024
"""Bytes of a request's body."""


class HttpRefused(Exception):
    """A request is refused."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class HttpAnswered(HttpRefused):
    """A request is answered at the door; ``detail`` is the answer."""


def bracketed(host: str) -> str:
    """A host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def hosts(host: str, port: int) -> frozenset[str]:
    """The values of ``Host`` that name a server of ours."""
    return frozenset(f"{name}:{port}" for name in (bracketed(host), "localhost"))


class Doors:
    """Admits requests that use one of our names, and none from other origins."""

    def __init__(self, hosts: Iterable[str], what: str) -> None:
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._what = what

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises ``HttpRefused`` with 421, 403 or 413."""
        host = headers.get("host", "")
        if host not in self._hosts:
            raise HttpRefused(421, f"this is not an address of {self._what}: {host[:200]!r}")
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise HttpRefused(403, f"pages of {origin[:200]!r} may not use {self._what}")
        if _int_or_zero(headers.get("content-length", "")) > LONGEST_BODY:
            raise HttpRefused(413, f"the body is longer than {LONGEST_BODY} bytes")


def same(given: str, secret: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), secret.encode())


def _int_or_zero(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
