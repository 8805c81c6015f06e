"""Contains failures: an error in the work for one session affects that session only."""

import logging
from collections.abc import Callable

from ...errors import JournalError, PapertapeError
from .session import Session

log = logging.getLogger("papertape.station")

LONGEST_CAUSE = 300
"""Maximum characters of an exception's text for a client; the log has the whole text."""


def attempt(
    session: Session | None,
    request_id: int,
    what: str,
    work: Callable[..., object],
    *arguments: object,
) -> bool:
    """Run ``work`` for a session, or for none: of a client that has ended, or of the station
    itself; return whether it succeeded.

    On a failure the log gets the traceback, the client 323, and the station continues. Raises
    only ``JournalError``, which ends the station.
    """
    try:
        work(*arguments)
    except JournalError:
        raise
    except Exception as error:
        name = "no client" if session is None else session.name
        log.error("%s: %s failed", name, what, exc_info=error)
        told = str(error) if isinstance(error, PapertapeError) else repr(error)
        if session is not None:
            session.error(request_id, 323, cause=told[:LONGEST_CAUSE])
        return False
    return True
