"""One small function per request.

``HANDLERS`` maps a message class to its function ``(tws, session, message)``. An answer of many
rows is an iterator that the function returns: each step sends one row or passes one over, and
other sessions have their turn in between. What must happen at once, the function does itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ..sessions.session import Session
from .services import Services

Handler = Callable[[Services, Session, Any], Iterator[None] | None]
HANDLERS: dict[type[Any], Handler] = {}
PARTLY: dict[type[Any], str] = {}
"""What is left out of an answer, for the reference page."""


def handles(message: type[Any], *, partly: str = "") -> Callable[[Handler], Handler]:
    """Register the function for a request; ``partly`` says what it does not serve yet."""

    def register(function: Handler) -> Handler:
        HANDLERS[message] = function
        if partly:
            PARTLY[message] = partly
        return function

    return register
