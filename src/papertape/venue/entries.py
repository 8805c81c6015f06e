"""A journal entry: the facts of one command, in bytes.

``SCHEMA`` is the number of the facts' form. An entry of an older schema is brought up to date by
the functions in ``UPGRADES``, each from its number to the next, on plain lists; so a release
reads what every earlier release has kept.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from .facts import AnyFact
from .units import Nanos

SCHEMA: Final = 2
"""1 was a journal of commands, which decided the past again; it cannot be read."""
OLDEST: Final = 2

UPGRADES: Final[dict[int, Callable[[list[Any]], list[Any]]]] = {}
"""Schema number -> how an entry of it becomes one of the next, as plain lists."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What one command, tick or alarm brought about, and when."""

    schema: int
    """The form of the facts: ``SCHEMA`` when it was written."""
    time: Nanos
    cause: str
    """The command's short name, for people: ``submit 1#7``."""
    facts: list[AnyFact]


encode: Final = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def decode(payload: bytes) -> Entry:
    """An entry out of its bytes, whatever its schema.

    Raises ``msgspec.DecodeError`` (``ValidationError`` among them), and ``ValueError`` for a
    schema that is not known.
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
