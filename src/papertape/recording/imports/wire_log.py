"""A station's wire log (``papertape serve --wire-log``) as a recording.

A line has the values of a message, not its bytes, and no time; the handshake and what was secret
are not in it.
"""

from typing import Any, Literal

import msgspec

from ...errors import RecordingError
from ...wire import catalogue
from ...wire.catalogue.session import StartApi
from ..format import Sender, WireRecording
from .building import Builder

TIME = "20260101 00:00:00 EST"
"""A wire log does not tell the connection time."""


class _Line(msgspec.Struct):
    """One message of a wire log."""

    session: int
    dir: Literal["in", "out"]
    name: str
    version: int
    fields: dict[str, Any] | None = None
    client: int | None = None


_DECODE = msgspec.json.Decoder(_Line).decode


def fits(text: str) -> bool:
    """Whether a text is a wire log."""
    first = text.lstrip()[:2000].partition("\n")[0]
    return first.startswith("{") and '"dir":' in first and '"session":' in first


def convert(text: str) -> WireRecording:
    """The recording of a wire log, read up to the first damaged line.

    Raises ``RecordingError`` when nothing of it can be read."""
    builder = Builder("wire log")
    started: dict[int, bool] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = _DECODE(line)
            message = _message(found)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError) as error:
            builder.recording.problem = f"line {number}: {error}; what follows is not read"
            break
        if found.session not in started:
            builder.open(found.version, TIME, found.session)
            started[found.session] = False
        builder.connection, builder.version = found.session, found.version
        sender: Sender = "client" if found.dir == "in" else "server"
        if message is None:
            builder.leave_out(sender, found.name)
            continue
        if not started[found.session] and not isinstance(message, StartApi):
            builder.start(found.client or 0)
        started[found.session] = True
        builder.say(message)
    if not builder.recording.events:
        raise RecordingError(builder.recording.problem or "is empty")
    return builder.recording


def _message(found: _Line) -> Any:
    table = catalogue.REQUESTS if found.dir == "in" else catalogue.RESPONSES
    for cls in table.values():
        # Two messages share a name in protobuf, and their fields.
        if found.name in (cls.spec.proto_name, cls.__name__):
            return None if found.fields is None else msgspec.convert(found.fields, cls)
    raise LookupError(f"no message is called {found.name!r}")
