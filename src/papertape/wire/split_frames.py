"""A frame in three parts: what stands before the request id, the id, and what stands after it."""

from msgspec.structs import replace

from ..errors import LocalProtocolError
from .connection import encode
from .message import Message

WIDTH = 4
"""Bytes of a frame's length."""
_HEADS: dict[tuple[type[Message], int], bytes] = {}
"""What stands before the id of a kind of message, by version."""


def split_frame(message: Message, version: int) -> tuple[bool, bytes, bytes]:
    """Whether it is protobuf, and the bytes before and after the id.

    Raises ``LocalProtocolError`` when it cannot be encoded or has no single id.
    """
    spec = type(message).spec
    if not spec.id_field:
        raise LocalProtocolError("has no id", message=type(message).__name__)
    key = type(message), version
    known = _HEADS.get(key)
    if known is not None:
        frame = encode(with_id(message, 1), version)[WIDTH:]
        protobuf = version >= spec.protobuf
        if frame.startswith(known + (b"\x01" if protobuf else b"1\0")):
            return protobuf, known, frame[len(known) + 1 :]
    zero, one = (encode(with_id(message, number), version)[WIDTH:] for number in (0, 1))
    differing = [place for place, (a, b) in enumerate(zip(zero, one)) if a != b]
    if len(zero) != len(one) or len(differing) != 1:
        raise LocalProtocolError("has no single place for an id", message=type(message).__name__)
    place = differing[0]
    _HEADS[key] = zero[:place]
    return version >= spec.protobuf, zero[:place], zero[place + 1 :]


def with_id(message: Message, request_id: int) -> Message:
    """The message under another request id."""
    return replace(message, **{type(message).spec.id_field: request_id})


def varint(number: int) -> bytes:
    """A protobuf int32: seven bits a byte, the lowest first; negative ones take ten bytes."""
    rest, found = number & 0xFFFF_FFFF_FFFF_FFFF, bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)
