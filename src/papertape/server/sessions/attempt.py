"""Containing a failure: what fails for one session concerns that session alone."""

import logging
from collections.abc import Callable

from ...errors import JournalError, PapertapeError
from .session import Session

log = logging.getLogger("papertape.station")

LONGEST_CAUSE = 300
"""Characters of an exception's text that a client receives; the log has all of it."""


def attempt(
    session: Session | None,
    request_id: int,
    what: str,
    work: Callable[..., object],
    *arguments: object,
) -> bool:
    """Run ``work`` for a session, or for one that has gone; whether it succeeded.

    On a failure the log gets the traceback, the client 323, and the station goes on. Raises
    ``JournalError`` alone: what cannot be kept ends the station.
    """
    try:
        work(*arguments)
    except JournalError:
        raise
    except Exception as error:
        name = "a client that has gone" if session is None else session.name
        log.error("%s: %s failed", name, what, exc_info=error)
        told = str(error) if isinstance(error, PapertapeError) else repr(error)
        if session is not None:
            session.error(request_id, 323, cause=told[:LONGEST_CAUSE])
        return False
    return True
