"""Counts the messages in the bytes of one direction, without keeping or decoding them.

It finds where each message ends and its number, which is all that the proxy's progress line and
its drills need. Bytes that are not frames end the counting and nothing else.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

import msgspec

from ..wire.connection import PROTOBUF_OFFSET
from ..wire.framing import MAX_PAYLOAD
from ..wire.handshake import PREFIX
from .format import Sender

_LENGTH: Final = Struct(">I").unpack_from
HEAD: Final = 10
"""Bytes of a message that are looked at: its number."""


class Counted(msgspec.Struct, frozen=True):
    """A message whose last byte is in the data."""

    number: int
    """Its number; -1 for the opening and for what has none."""
    start: int
    """Where its length begins in the data; negative when that came earlier."""
    end: int
    """The byte after it in the data."""


class MessageMeter:
    """Counts the messages of one direction."""

    def __init__(self, sender: Sender) -> None:
        self.messages = 0
        """Messages that passed whole, the opening included."""
        self.readable = True
        """False once the bytes are no frames."""
        self._prefix = len(PREFIX) if sender == "client" else 0
        self._length = bytearray()
        self._missing = 0
        self._head = bytearray()

    def count(self, data: bytes) -> None:
        """Count the messages that these bytes complete, and nothing else: fast."""
        at, size = 0, len(data)
        if self._prefix or self._length or not self.messages:
            for found in self.feed(data):
                at = found.end
                if self.messages > 1:
                    break
            else:
                return
        while at + 4 <= size and self.readable:
            end = at + 4 + _LENGTH(data, at)[0]
            if end > size:
                break
            at = end
            self.messages += 1
        for _ in self.feed(data[at:]):
            pass

    def feed(self, data: bytes) -> Iterator[Counted]:
        """The messages that these bytes complete; all of the data is counted when it is over."""
        at = 0
        while at < len(data) and self.readable:
            if self._prefix:
                at = self._skip_prefix(data, at)
            elif len(self._length) < 4:
                at = self._take_length(data, at)
            else:
                at = self._take_body(data, at)
            if len(self._length) == 4 and not self._missing and self.readable:
                size = 4 + int.from_bytes(self._length)
                yield self._count(at - size, at)

    def _skip_prefix(self, data: bytes, at: int) -> int:
        taken = data[at : at + self._prefix]
        begin = len(PREFIX) - self._prefix
        self._prefix -= len(taken)
        self.readable = PREFIX[begin : begin + len(taken)] == taken
        return at + len(taken)

    def _take_length(self, data: bytes, at: int) -> int:
        taken = data[at : at + 4 - len(self._length)]
        self._length += taken
        if len(self._length) == 4:
            self._missing = int.from_bytes(self._length)
            self.readable = self._missing <= MAX_PAYLOAD
        return at + len(taken)

    def _take_body(self, data: bytes, at: int) -> int:
        size = min(self._missing, len(data) - at)
        self._missing -= size
        if len(self._head) < HEAD:
            self._head += data[at : at + min(size, HEAD - len(self._head))]
        return at + size

    def _count(self, start: int, end: int) -> Counted:
        head = bytes(self._head)
        self._length.clear()
        self._head.clear()
        self.messages += 1
        # The first frame of each direction belongs to the opening.
        return Counted(-1 if self.messages == 1 else _number(head), start, end)


def _number(head: bytes) -> int:
    if head[:1].isdigit():
        number, nul, _ = head.partition(b"\0")
        return int(number) if nul and number.isdigit() else -1
    if len(head) < 4:
        return -1
    number_ = int.from_bytes(head[:4])
    return number_ - PROTOBUF_OFFSET if number_ > PROTOBUF_OFFSET else number_
