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


def handles(message: type[Any]) -> Callable[[Handler], Handler]:
    """Register the function for a request."""

    def register(function: Handler) -> Handler:
        HANDLERS[message] = function
        return function

    return register
