"""Builds and splits fields and frames, for programs that implement the protocol themselves."""

from typing import Any

from .const import DOUBLE_INFINITY, INFINITY_STR, UNSET_DOUBLE, UNSET_INTEGER
from .errors import INVALID_SYMBOL
from .utils import ClientException, isAsciiPrintable

__all__ = [
    "DOUBLE_INFINITY",
    "INFINITY_STR",
    "INVALID_SYMBOL",
    "UNSET_DOUBLE",
    "UNSET_INTEGER",
    "ClientException",
    "isAsciiPrintable",
    "make_field",
    "make_field_handle_empty",
    "make_initial_msg",
    "make_msg",
    "make_msg_proto",
    "read_fields",
    "read_msg",
]


def make_msg_proto(msgId: int, protobufData: bytes) -> bytes:
    """Build a frame with a protobuf message; the id is used unchanged."""
    return _framed(msgId.to_bytes(4) + protobufData)


def make_msg(msgId: int, useRawIntMsgId: bool, text: str) -> bytes:
    """Build a frame with fields and an id: four bytes from server version 201 on, text below."""
    head = msgId.to_bytes(4) if useRawIntMsgId else make_field(msgId).encode()
    return _framed(head + text.encode())


def make_initial_msg(text: str) -> bytes:
    """Build a frame with text and no id, as in the greeting."""
    return _framed(text.encode())


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4) + payload


def make_field(val: Any) -> str:
    """Encode a value as a field, with its terminating NUL.

    Raises ``ValueError`` for None, ``ClientException`` (579) for text that may not be sent.
    """
    if val is None:
        raise ValueError("None has no spelling on the wire")
    if isinstance(val, str) and not isAsciiPrintable(val):
        raise ClientException(INVALID_SYMBOL.code(), INVALID_SYMBOL.msg(), val)
    return f"{int(val) if isinstance(val, bool) else val}\0"


def make_field_handle_empty(val: Any) -> str:
    """Like ``make_field``, but a number that is not set becomes an empty field."""
    if val is None:
        raise ValueError("None has no spelling on the wire")
    if val in (UNSET_INTEGER, UNSET_DOUBLE):
        return make_field("")
    return make_field(INFINITY_STR if val == DOUBLE_INFINITY else val)


def read_msg(buf: bytes) -> tuple[int, Any, bytes]:
    """Return the length of the first frame, its payload, and the bytes that follow.

    The length is 0 while the buffer is shorter than a length; the payload is "" while it is
    incomplete.
    """
    if len(buf) < 4:
        return 0, "", buf
    size = int.from_bytes(buf[:4])
    end = 4 + size
    return (size, bytes(buf[4:end]), buf[end:]) if len(buf) >= end else (size, "", buf)


def read_fields(buf: bytes) -> tuple[bytes, ...]:
    """Split a payload into its fields; bytes after the last NUL are ignored."""
    return tuple(buf.split(b"\0")[:-1])
