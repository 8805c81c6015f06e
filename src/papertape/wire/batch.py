"""Encodes messages once for many receivers that differ only in the request id.

A quote of one stock goes to all its subscribers, each under a request id of its own. The first
frame of a kind is encoded twice, with the ids 0 and 1; it differs where the id is. A later one that
has the same bytes up to there has its id there too.
"""

from collections.abc import Sequence
from itertools import groupby

from msgspec.structs import replace

from ..errors import LocalProtocolError
from .connection import encode
from .message import Message

_WIDTH = 4
"""Bytes of a frame's length."""
_HEADS: dict[tuple[type[Message], int], bytes] = {}
"""What stands before the id of a kind of message, by version."""


class SharedFrames:
    """Frames of one version, without their request id."""

    def __init__(self, messages: Sequence[Message], version: int) -> None:
        """Encode the messages that this version knows.

        Raises ``LocalProtocolError`` when one cannot be encoded or has no single id.
        """
        self._messages = [one for one in messages if version >= type(one).spec.since]
        split = [_split(message, version) for message in self._messages]
        self._runs = [
            (protobuf, [(head, tail) for _, head, tail in run])
            for protobuf, run in groupby(split, key=lambda parts: parts[0])
        ]
        self._joints: dict[tuple[int, int], list[bytes]] = {}

    @property
    def quotes(self) -> bool:
        """Whether they are market data."""
        return all(type(message).spec.market_data for message in self._messages)

    def __len__(self) -> int:
        return len(self._messages)

    def messages(self, request_id: int) -> list[Message]:
        """The messages with this id."""
        return [_with_id(message, request_id) for message in self._messages]

    def frames(self, request_id: int) -> bytes:
        """The frames with this id."""
        pieces = []
        for number, (protobuf, parts) in enumerate(self._runs):
            shown = _varint(request_id) if protobuf else b"%d" % request_id
            joint = self._joints.get((number, len(shown)))
            if joint is None:
                joint = self._joints[number, len(shown)] = _join(parts, len(shown))
            pieces.append(shown.join(joint))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class SameFrames(SharedFrames):
    """Frames of one version that are the same for all: their messages have no id."""

    def __init__(self, messages: Sequence[Message], version: int) -> None:
        """Encode the messages that this version knows.

        Raises ``LocalProtocolError`` when one cannot be encoded.
        """
        self._messages = [one for one in messages if version >= type(one).spec.since]
        self._data = b"".join(encode(one, version) for one in self._messages)

    def messages(self, request_id: int) -> list[Message]:
        """The messages."""
        return self._messages

    def frames(self, request_id: int) -> bytes:
        """The frames."""
        return self._data


def _split(message: Message, version: int) -> tuple[bool, bytes, bytes]:
    """Whether it is protobuf, and the bytes before and after the id."""
    spec = type(message).spec
    if not spec.id_field:
        raise LocalProtocolError("has no id", message=type(message).__name__)
    key = type(message), version
    known = _HEADS.get(key)
    if known is not None:
        frame = encode(_with_id(message, 1), version)[_WIDTH:]
        protobuf = version >= spec.protobuf
        if frame.startswith(known + (b"\x01" if protobuf else b"1\0")):
            return protobuf, known, frame[len(known) + 1 :]
    zero, one = (encode(_with_id(message, number), version)[_WIDTH:] for number in (0, 1))
    differing = [place for place, (a, b) in enumerate(zip(zero, one)) if a != b]
    if len(zero) != len(one) or len(differing) != 1:
        raise LocalProtocolError("has no single place for an id", message=type(message).__name__)
    place = differing[0]
    _HEADS[key] = zero[:place]
    return version >= spec.protobuf, zero[:place], zero[place + 1 :]


def _with_id(message: Message, request_id: int) -> Message:
    return replace(message, **{type(message).spec.id_field: request_id})


def _join(parts: list[tuple[bytes, bytes]], width: int) -> list[bytes]:
    """The bytes between the ids: the rest of a frame, the length and start of the next."""
    joint, before = [], b""
    for head, tail in parts:
        joint.append(before + (len(head) + width + len(tail)).to_bytes(_WIDTH) + head)
        before = tail
    return [*joint, before]


def _varint(number: int) -> bytes:
    """A protobuf int32: seven bits a byte, the lowest first; negative ones take ten bytes."""
    rest, found = number & 0xFFFF_FFFF_FFFF_FFFF, bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)
