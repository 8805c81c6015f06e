"""A journal entry: the facts of one command, in bytes.

``SCHEMA`` is the number of the facts' format. The functions in ``UPGRADES`` convert an entry of an
older schema, each from its number to the next, on plain lists; so a release reads the journals of
all earlier releases.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from .facts import AnyFact
from .units import Nanos

SCHEMA: Final = 2
"""Schema 1 was a journal of commands; it cannot be read."""
OLDEST: Final = 2

UPGRADES: Final[dict[int, Callable[[list[Any]], list[Any]]]] = {}
"""Schema number -> function that converts its entry to the next schema, as plain lists."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """The facts of one command, tick or alarm, and their instant."""

    schema: int
    """The format of the facts: ``SCHEMA`` when it was written."""
    time: Nanos
    cause: str
    """The command's short name, for readers: ``submit 1#7``."""
    facts: list[AnyFact]


encode: Final = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def decode(payload: bytes) -> Entry:
    """Decode an entry of any schema.

    Raises ``msgspec.DecodeError`` (including ``ValidationError``), and ``ValueError`` for an
    unknown schema.
    """
    schema = payload[1] if len(payload) > 1 else 0  # an array's head is one byte, then its first
    if schema == SCHEMA:
        return _decode(payload)
    plain = msgspec.msgpack.decode(payload)
    for number in range(schema, SCHEMA):
        if number not in UPGRADES:
            raise ValueError(f"facts of schema {number} cannot be read")
        plain = UPGRADES[number](plain)
    return msgspec.convert(plain, Entry)
