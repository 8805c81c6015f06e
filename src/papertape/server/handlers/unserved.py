"""What a request gets that the station does not serve yet.

A request with an id is refused under it, by name, with a code that every client library takes as
the end of the request. 321 is none: ib_async counts it a warning and waits for ever. Of a
cancellation, which finds nothing to cancel, TWS says nothing.
"""

import logging
from typing import Final

from ...wire.catalogue import wsh
from ...wire.message import Message
from ..sessions.session import Session

log = logging.getLogger("papertape.station")

FINAL: Final = 322
"""Refuses what ``CODES`` has no better code for."""
CODES: Final[dict[type[Message], int]] = {
    wsh.ReqWshMetaData: 10276,
    wsh.ReqWshEventData: 10276,
}
"""The code with which TWS refuses such a request when it cannot be had."""

SILENT: Final[frozenset[type[Message]]] = frozenset((
    wsh.CancelWshEventData, wsh.CancelWshMetaData,
))  # fmt: skip
"""Cancellations of which TWS says nothing."""


def answer(session: Session, message: Message) -> None:
    """Refuse a request without a handler, or tell that there is nothing."""
    kind = type(message)
    name = kind.spec.callback or kind.spec.name
    about = getattr(message, kind.spec.id_field) if kind.spec.id_field else -1
    if kind not in SILENT:
        log.info("%s asked for %s, which is not served", session.name, name)
        session.error(about, CODES.get(kind, FINAL), variant="not_served", what=name)
