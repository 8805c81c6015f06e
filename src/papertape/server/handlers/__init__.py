"""One small function per request: the only place, with ``publish``, that knows wire and venue.

``HANDLERS`` maps a message class to its function ``(station, session, message) -> None``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..session import Session
    from ..station import Station

Handler = Callable[["Station", "Session", Any], None]
HANDLERS: dict[type[Any], Handler] = {}
TRADING: set[type[Any]] = set()
"""Requests that a Read-Only API refuses with 321."""


def handles(message: type[Any], *, trading: bool = False) -> Callable[[Handler], Handler]:
    """Register the function for a request; ``trading``: not for a Read-Only API."""

    def register(function: Handler) -> Handler:
        HANDLERS[message] = function
        if trading:
            TRADING.add(message)
        return function

    return register
