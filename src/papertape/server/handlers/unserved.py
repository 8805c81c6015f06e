"""What a request gets that the station does not serve yet.

A request with an id is refused under it, by name, with a code that every client library takes as
the end of the request. 321 is none: ib_async counts it a warning and waits for ever.
"""

import logging
from typing import Final

from ...wire.message import Message
from ..sessions.session import Session

log = logging.getLogger("papertape.station")

FINAL: Final = 322


def answer(session: Session, message: Message) -> None:
    """Refuse a request without a handler."""
    kind = type(message)
    name = kind.spec.callback or kind.spec.name
    about = getattr(message, kind.spec.id_field) if kind.spec.id_field else -1
    log.info("%s asked for %s, which is not served", session.name, name)
    session.error(about, FINAL, variant="not_served", what=name)
