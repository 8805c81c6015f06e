"""One small function per request: the only place, with ``publish``, that knows wire and venue.

``HANDLERS`` maps a message class to its function ``(station, session, message)``. An answer of many
rows is an iterator that the function returns: each step sends one row or passes one over, and
others have their turn in between. What must happen at once, the function does itself.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..sessions.session import Session
    from ..station import Station

Handler = Callable[["Station", "Session", Any], Iterator[None] | None]
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
