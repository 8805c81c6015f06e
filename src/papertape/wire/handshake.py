"""The opening of a connection, as one transition table for each end.

The client sends ``API\\0`` and a frame ``v<min>..<max>[ options]``; the server answers one frame
with its version and its time; the client sends START_API; then both send messages. The table is
the whole rule: any other event closes the connection.
"""

import re
from enum import StrEnum

from ..errors import BadFrame, LocalProtocolError
from ..versions import MAX_SERVER, MIN_SERVER
from .codecs import printable

PREFIX = b"API\0"
_RANGE = re.compile(r"v(\d{1,9})(?:\.\.(\d{1,9}))?(?: ([^\0]*))?\0?\Z", re.DOTALL)
LONGEST_GREETING = 4096
"""A greeting is some tens of bytes; options may add to it."""
LONGEST_START = 4096
"""START_API is some tens of bytes; capabilities may add to it. Any peer may send one."""
LONGEST_HASTE = 64 * 1024
"""Bytes kept after a greeting that has not been answered yet."""


class ConnectionState(StrEnum):
    """The states of one end of a connection."""

    OPENED = "opened"
    GREETED = "greeted"
    NEGOTIATED = "negotiated"
    STARTED = "started"
    CLOSED = "closed"


class ConnectionEvent(StrEnum):
    """The events of a connection."""

    GREETING = "greeting"
    VERSION = "version"
    START = "start"
    MESSAGE = "message"
    CLOSE = "close"


TRANSITIONS: dict[tuple[ConnectionState, ConnectionEvent], ConnectionState] = {
    (ConnectionState.OPENED, ConnectionEvent.GREETING): ConnectionState.GREETED,
    (ConnectionState.GREETED, ConnectionEvent.VERSION): ConnectionState.NEGOTIATED,
    (ConnectionState.NEGOTIATED, ConnectionEvent.START): ConnectionState.STARTED,
    (ConnectionState.STARTED, ConnectionEvent.MESSAGE): ConnectionState.STARTED,
    **{(state, ConnectionEvent.CLOSE): ConnectionState.CLOSED for state in ConnectionState},
}
"""The same table serves both ends: one end sends what the other receives."""


def advance(state: ConnectionState, move: ConnectionEvent) -> ConnectionState:
    """The next state. Raises ``LocalProtocolError`` for a move that is not in the table."""
    try:
        return TRANSITIONS[state, move]
    except KeyError:
        raise LocalProtocolError(f"no {move} while {state}") from None


def greeting(lowest: int, highest: int, options: str = "") -> bytes:
    """The client's greeting. Raises ``LocalProtocolError`` for invalid options."""
    text = f"v{lowest}..{highest}" + (f" {options}" if options else "")
    payload = printable(text).encode()
    return PREFIX + len(payload).to_bytes(4) + payload


def parse_greeting(payload: bytes) -> tuple[int, int, str]:
    """Lowest version, highest version and options of a greeting frame.

    Clients of Go and Ruby end it with a NUL, and gateways answer them."""
    match = _RANGE.match(payload.decode("ascii", "replace"))
    if not match:
        raise BadFrame(message="greeting", found=payload, reason="is not a version range")
    lowest = int(match[1])
    return lowest, int(match[2] or lowest), match[3] or ""


def parse_old_greeting(sent: bytes) -> int | None:
    """The version of a client older than v100, which sends digits and a NUL without a frame.

    None while the bytes may still become one. Raises ``BadFrame`` for anything else."""
    number, end, _ = sent.partition(b"\0")
    if not number.isdigit() or len(number) > 9:
        raise BadFrame(message="greeting", found=sent[:16], reason="no API prefix")
    return int(number) if end else None


def negotiate(lowest: int, highest: int, own_highest: int = MAX_SERVER) -> int | None:
    """The highest common version, or None when the client is too old or too new."""
    version = min(highest, own_highest)
    return version if version >= max(lowest, MIN_SERVER) else None


def version_reply(version: int, connection_time: str) -> bytes:
    """The server's reply: one frame, two fields, no message id."""
    payload = f"{version}\0{connection_time}\0".encode()
    return len(payload).to_bytes(4) + payload


def unframed(version: int, connection_time: str, message: bytes) -> bytes:
    """The reply to a client older than v100: version, time, then a message, without frames."""
    return f"{version}\0{connection_time}\0".encode() + message[4:]


def parse_version_reply(payload: bytes) -> tuple[int, str]:
    """Server version and connection time."""
    fields = payload.decode("utf-8", "backslashreplace").split("\0")
    if len(fields) != 3 or fields[2] or not re.fullmatch(r"-?[0-9]{1,9}", fields[0]):
        raise BadFrame(message="version answer", found=payload, reason="is not version and time")
    return int(fields[0]), fields[1]
