"""Messages that the client could not decode; it keeps and logs a bounded number of them."""

import logging
from collections.abc import Iterator
from typing import Final

import msgspec

from ..wire.connection import Undecodable, UnknownMessage

KEPT: Final = 1000
"""Messages that are kept for inspection; a peer may send millions."""
LOGGED: Final = 100
"""Messages that are logged one by one."""
LONGEST: Final = 1024
"""Bytes kept of each message."""

logger = logging.getLogger(__name__)


class Unread:
    """The first messages that could not be decoded, and their number."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Undecodable | UnknownMessage] = []

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Undecodable | UnknownMessage]:
        return iter(self._kept)

    def __getitem__(self, place: int) -> Undecodable | UnknownMessage:
        return self._kept[place]

    def add(self, event: Undecodable | UnknownMessage) -> None:
        """Add a message."""
        self.count += 1
        if self.count <= LOGGED:
            logger.warning("%s", told(event))
        if self.count == LOGGED:
            logger.warning("more messages that cannot be read are counted and not logged")
        if len(self._kept) < KEPT:
            self._kept.append(msgspec.structs.replace(event, body=event.body[:LONGEST]))


def told(event: Undecodable | UnknownMessage) -> str:
    """A readable description of what is wrong with it."""
    if isinstance(event, UnknownMessage):
        return f"a message with the unknown id {event.message_id}, {len(event.body)} bytes"
    about = f" (about {event.request_id})" if event.request_id >= 0 else ""
    return f"a message that cannot be read{about}: {event.error}"
