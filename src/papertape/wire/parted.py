"""A frame with a long list, encoded a part of the list at a time.

Whoever encodes a hundred thousand bars in one go holds up everybody else for a second. The parts
are encoded as messages of their own, and what they have in front of the list is taken away: in
protobuf rows of a list follow each other under their tags, in text after the number of rows.
"""

from ..errors import LocalProtocolError
from .connection import encode
from .framing import MAX_PAYLOAD
from .message import Message

WIDTH = 4
PIECE = 64 * 1024
"""Bytes from which on encoded rows are a piece of their own."""


class PartedFrame:
    """The frame of a message whose list is its last field."""

    def __init__(self, empty: Message, version: int) -> None:
        """``empty`` is the message without rows. Raises ``LocalProtocolError`` when it cannot be
        encoded."""
        self._version = version
        self._text = version < type(empty).spec.protobuf
        start = encode(empty, version)[WIDTH:]
        self._start = start.removesuffix(b"0\0") if self._text else start
        self._parts: list[bytes] = []
        self._latest: list[bytes] = []
        """Rows that are less than a piece."""
        self._length = 0
        """Their bytes."""
        self.rows = 0
        self.size = len(start)
        """Bytes so far."""

    def add(self, part: Message, rows: int) -> None:
        """Encode ``rows`` more rows: a message like the empty one that has them. Raises
        ``LocalProtocolError`` when they cannot be encoded."""
        skipped = WIDTH + len(self._start) + (len(b"%d\0" % rows) if self._text else 0)
        found = encode(part, self._version)[skipped:]
        self._latest.append(found)
        self.rows += rows
        self.size += len(found)
        self._length += len(found)
        if self._length >= PIECE:
            self._parts.append(b"".join(self._latest))
            self._latest, self._length = [], 0

    def pieces(self) -> list[bytes]:
        """The frame with all rows, in pieces: to join megabytes would take as long as to encode a
        part of them. Raises ``LocalProtocolError`` when it is too long."""
        count = b"%d\0" % self.rows if self._text else b""
        found = [self._start + count, *self._parts, b"".join(self._latest)]
        size = sum(map(len, found))
        if size > MAX_PAYLOAD:
            raise LocalProtocolError(f"{size} bytes are too long for a frame")
        return [size.to_bytes(WIDTH), *found]
