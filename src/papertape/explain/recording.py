"""Explains lines of a recording (``papertape serve --wire-log``).

A recording has values, not bytes: each message is encoded again for its version, and those bytes
are explained. A line of JSON has at least ``dir`` ("in" from the client, "out" from the server),
``name``, ``version`` and ``fields``.
"""

from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from ..errors import LocalProtocolError
from ..versions import MAX_SERVER, MIN_SERVER
from ..wire import catalogue
from ..wire.connection import encode
from ..wire.message import Message
from .frames import USUAL, Explained, Finding, Limits, Sender, explain

NOTE = "encoded again from the recorded values: offsets count within this message"


class RecordedLine(msgspec.Struct):
    """One line of a recording."""

    dir: Literal["in", "out"]
    name: str
    version: int
    fields: dict[str, Any]


_DECODE = msgspec.json.Decoder(RecordedLine).decode


def recorded(
    line: bytes, at: int, version: int | None = None, *, limits: Limits = USUAL
) -> Explained:
    """Explain one line's message; ``at`` is its offset in the file. Never raises on bytes."""
    try:
        found = _DECODE(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _wrong(
            "server", "", version or MAX_SERVER, Finding(f"is not a recording: {error}", at)
        )
    sender: Sender = "client" if found.dir == "in" else "server"
    used = version or found.version
    if not MIN_SERVER <= used <= MAX_SERVER:
        return _wrong(sender, found.name, MAX_SERVER, Finding(f"no server version {used}", at))
    try:
        message = _message(found, sender)
        payload = encode(message, used)[4:]
    except msgspec.ValidationError as error:
        return _wrong(sender, found.name, used, Finding(str(error), at, found.name))
    except LocalProtocolError as error:
        problem = Finding(error.reason, at, found.name, error.field or "")
        return _wrong(sender, found.name, used, problem)
    told = explain(payload, sender, used, limits=limits)
    origin = "given" if version else "recorded"
    return replace(told, notes=(*told.notes, NOTE), version_from=origin, sender_from="recorded")


def _message(found: RecordedLine, sender: Sender) -> Message:
    """Raises ``LocalProtocolError`` for an unknown name, ``ValidationError`` for bad values."""
    table = catalogue.REQUESTS if sender == "client" else catalogue.RESPONSES
    for cls in table.values():
        # Two messages share a name in protobuf, and their fields.
        if found.name in (cls.spec.proto_name, cls.__name__):
            return msgspec.convert(found.fields, cls)
    raise LocalProtocolError(f"no message from the {sender} is called {found.name!r}")


def _wrong(sender: Sender, name: str, version: int, problem: Finding) -> Explained:
    return Explained(
        problem.offset, 0, sender, name, None, "", version, [], problem, (), "recorded", "recorded"
    )
