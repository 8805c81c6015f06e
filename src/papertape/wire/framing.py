"""Byte stream <-> frames: a four-byte big-endian length, then the payload.

Incremental, and bounded: a length above 16 MiB - 1 (what the clients accept) ends the stream
before a byte of it is kept.
"""

from struct import Struct

from ..errors import FrameTooLong

MAX_PAYLOAD = 0xFFFFFF
_LENGTH = Struct(">I").unpack_from


class FrameReader:
    """Collects bytes and returns complete payloads."""

    def __init__(self, limit: int = MAX_PAYLOAD) -> None:
        self.limit = limit
        """The longest payload that is accepted."""
        self._pending = b""
        self._parts: list[bytes] = []
        self._missing = 0
        self.error: FrameTooLong | None = None
        """Why the stream ended; nothing after that is read."""

    @property
    def pending(self) -> int:
        """How many bytes of an incomplete frame are held."""
        return len(self._pending) + sum(map(len, self._parts))

    @property
    def rest(self) -> bytes:
        """The bytes of the incomplete frame, its length first."""
        return b"".join((self._pending, *self._parts))

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads that these bytes complete, in order. Check ``error`` afterwards."""
        if self.error:
            return []
        if self._missing > len(data):  # a long frame arrives in pieces: do not join each time
            self._parts.append(data)
            self._missing -= len(data)
            return []
        if self._parts:
            data = b"".join((self._pending, *self._parts, data))
            self._parts.clear()
        elif self._pending:
            data = self._pending + data
        self._pending, self._missing = b"", 0
        return self._split(data)

    def hold(self, data: bytes) -> None:
        """Keep bytes unread until the next call."""
        self._pending += data

    def one(self, data: bytes) -> bytes | None:
        """Return only the first payload, so that ``limit`` may change before the next.

        ``one(b"")`` continues with the bytes that are left."""
        if self.error:
            return None
        data, self._pending = self._pending + data, b""
        if len(data) >= 4 and (length := _LENGTH(data)[0]) > self.limit:
            self.error = FrameTooLong(length=length, limit=self.limit)
            return None
        if len(data) < 4 or len(data) < 4 + length:
            self._pending = data
            return None
        self._pending = data[4 + length :]
        return data[4 : 4 + length]

    def _split(self, data: bytes) -> list[bytes]:
        frames: list[bytes] = []
        start, size = 0, len(data)
        while start + 4 <= size:
            length = _LENGTH(data, start)[0]
            if length > self.limit:
                self.error = FrameTooLong(length=length, limit=self.limit)
                return frames
            end = start + 4 + length
            if end > size:
                self._missing = end - size
                break
            frames.append(data[start + 4 : end])
            start = end
        self._pending = data[start:]
        return frames


def frame(payload: bytes) -> bytes:
    """A payload with its length."""
    return len(payload).to_bytes(4) + payload
