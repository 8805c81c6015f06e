"""Sockets and processes, seen by the interpreter itself: who uses them says so with a mark.

An audit hook refuses a test without the mark ``network`` every address that it binds, connects to
or looks up, and one without ``process`` every process. It is refused on the spot, and the test
fails by its name, also where the code under test has swallowed the refusal or a thread met it.
"""

import sys
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

KINDS = {
    "socket.bind": "network",
    "socket.connect": "network",
    "socket.getaddrinfo": "network",
    "socket.sendmsg": "network",
    "socket.sendto": "network",
    "os.exec": "process",
    "os.fork": "process",
    "os.forkpty": "process",
    "os.posix_spawn": "process",
    "os.system": "process",
    "subprocess.Popen": "process",
}
"""What the interpreter tells -> the mark that allows it."""
BEHIND = {
    "create_connection": "socket.connect",
    "create_datagram_endpoint": "socket.bind",
    "create_server": "socket.bind",
    "create_unix_connection": "socket.connect",
    "create_unix_server": "socket.bind",
    "getaddrinfo": "socket.getaddrinfo",
    "sock_connect": "socket.connect",
    "subprocess_exec": "subprocess.Popen",
    "subprocess_shell": "subprocess.Popen",
}
"""What uvloop does without telling the interpreter."""


class Refused(BaseException):
    """A test did what its marks do not allow. No ``except Exception`` takes it for a failure of
    the network."""


class Guard:
    """Knows which test runs, and what it did that it may not."""

    def __init__(self) -> None:
        self._forbidden: frozenset[str] = frozenset()
        self._done: list[str] = []

    def begin(self, item: pytest.Item) -> None:
        """From now on it is this test's doing."""
        kinds = set(KINDS.values())
        self._forbidden = frozenset(k for k in kinds if item.get_closest_marker(k) is None)
        self._done.clear()

    def end(self) -> None:
        """What comes now is no test's doing."""
        self._forbidden = frozenset()

    def take(self) -> str:
        """What was refused since the last call."""
        told = "; ".join(dict.fromkeys(self._done))
        self._done.clear()
        return told

    def see(self, event: str, arguments: Any = ()) -> None:
        """Refuse what this test may not do."""
        kind = KINDS.get(event)
        if kind is not None and kind in self._forbidden:
            told = f"{event}{_about(arguments)} in a test without the mark {kind!r}"
            self._done.append(told)
            raise Refused(told)


def _about(arguments: Any) -> str:
    return f" {arguments[1]!r}" if len(arguments) > 1 else ""


GUARD = Guard()


def _told(event: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*positional: Any, **named: Any) -> Any:
        GUARD.see(event)
        return method(*positional, **named)

    return checked


def stand() -> None:
    """Look from now on; once for a process, because the interpreter forgets no hook."""
    for name, event in BEHIND.items():
        setattr(uvloop.Loop, name, _told(event, getattr(uvloop.Loop, name)))
    sys.addaudithook(GUARD.see)
