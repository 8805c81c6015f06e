"""Explains a recording of the wire (``papertape proxy --record``): bytes of several connections.

Each direction of each connection is a stream of its own, so offsets count within it. What the
client sends is read with the version that the server has answered.
"""

import re

from msgspec.structs import replace

from ..errors import RecordingError
from ..recording.format import RecordedEvent, event_of
from .frames import USUAL, Explained, Finding, Limits, Sender
from .stream import Explainer

MOST_HELD = 1 << 20
"""Bytes of a client that wait for the server's answer; more are read as a guess."""
MOST_STREAMS = 2_000
_ANSWER = re.compile(rb"....(\d{3})\0", re.DOTALL)


class _Connection:
    """One connection: both directions."""

    def __init__(self, version: int | None, limits: Limits) -> None:
        self._given = version
        self._limits = limits
        self._streams: dict[Sender, Explainer] = {}
        self._head = b""
        self._held: list[RecordedEvent] = []
        self._size = 0
        self._version = version

    def feed(self, event: RecordedEvent) -> list[Explained]:
        """The messages that the bytes of an event complete."""
        sender: Sender = "client" if event.sender == "client" else "server"
        if sender == "client" and self._version is None:
            self._held.append(event)
            self._size += len(event.data)
            return self.release() if self._size > MOST_HELD else []
        told: list[Explained] = []
        if sender == "server" and self._version is None:
            self._head += event.data[:16]
            if len(self._head) >= 8:
                found = _ANSWER.match(self._head)
                self._version = int(found[1]) if found else 0
                told += self.release()
        return [*told, *self._read(sender, event)]

    def release(self) -> list[Explained]:
        """Read what the client sent before the server answered."""
        held, self._held, self._size = self._held, [], 0
        if self._version is None:
            self._version = 0
        return [one for event in held for one in self._read("client", event)]

    def finish(self) -> list[Explained]:
        """What is left: a frame that is not complete."""
        told = self.release()
        for stream in self._streams.values():
            told += stream.finish()
        return told

    def _read(self, sender: Sender, event: RecordedEvent) -> list[Explained]:
        stream = self._streams.get(sender)
        if stream is None:
            known = self._given or (self._version if sender == "client" else None)
            stream = self._streams[sender] = Explainer(sender, known or None, limits=self._limits)
        place = f"connection {event.connection} at {event.at / 1e6:.6f} s"
        return [replace(one, notes=(place, *one.notes)) for one in stream.feed(event.data)]


class RecordedBytes:
    """A recording of the wire, line by line."""

    def __init__(self, version: int | None = None, limits: Limits = USUAL) -> None:
        self._version = version
        self._limits = limits
        self._connections: dict[int, _Connection] = {}
        self._wrong = False

    def line(self, line: bytes, at: int) -> list[Explained]:
        """The messages that a line completes; ``at`` is its offset in the file."""
        if self._wrong or line.startswith(b'{"recording":'):
            return []
        try:
            event = event_of(line)
        except RecordingError as error:
            self._wrong = True
            return [_told(f"{error.reason}; nothing after it is read", at)]
        if event.event != "bytes":
            return []
        connection = self._connections.get(event.connection)
        if connection is None:
            if len(self._connections) >= MOST_STREAMS:
                self._wrong = True
                return [_told(f"more than {MOST_STREAMS} connections", at)]
            connection = _Connection(self._version, self._limits)
            self._connections[event.connection] = connection
        return connection.feed(event)

    def finish(self) -> list[Explained]:
        """What is left at the end of each stream."""
        return [one for found in self._connections.values() for one in found.finish()]


def _told(reason: str, at: int) -> Explained:
    return Explained(at, 0, "server", "", None, "", 0, [], Finding(reason, at))
