"""Detects the kind of an input and makes its reader: bytes in, explained messages out.

There are five kinds: a recording and a station's wire log (both lines of JSON), an API message log
(lines with ``->`` and ``<-``), hexadecimal bytes, and raw bytes. The first bytes decide.
"""

import re
from typing import Literal, Protocol

from ..recording.format import is_recording
from ..wire.framing import MAX_PAYLOAD, frame
from .frames import USUAL, Explained, Finding, Limits, Sender
from .message_log import LINE, LogReader
from .recorded_bytes import RecordedBytes
from .recording import recorded
from .stream import Explainer

Kind = Literal["wire", "recording", "log", "hex", "bytes"]
LOOKED_AT = 1 << 16
"""Bytes of the start that decide the kind of an input."""
LONGEST_LINE = 2 * MAX_PAYLOAD
_HEX = re.compile(rb"(?:0[xX]|\\x|[\s:,;]|[0-9a-fA-F])+\Z")
_NOT_DIGITS = re.compile(rb"0[xX]|\\x|[\s:,;]")


class InputReader(Protocol):
    """Reads an input in pieces."""

    def feed(self, data: bytes) -> list[Explained]:
        """The messages that these bytes complete."""

    def finish(self) -> list[Explained]:
        """The messages left at the end."""


def kind_of(start: bytes) -> Kind:
    """The kind of an input that starts with these bytes."""
    start = start[:LOOKED_AT]
    if is_recording(start):
        return "wire"
    if start.lstrip().startswith(b"{"):
        return "recording"
    if LINE.search(start):
        return "log"
    return "hex" if start.strip() and _HEX.match(start) else "bytes"


def reader(
    start: bytes,
    *,
    sender: Sender | None = None,
    version: int | None = None,
    payload: bool = False,
    limits: Limits = USUAL,
) -> InputReader:
    """The reader for an input that starts with these bytes.

    ``payload``: the bytes are one message without its length.
    """
    kind = kind_of(start)
    if kind == "wire":
        return WireReader(version, limits)
    if kind == "recording":
        return RecordingReader(version, limits)
    if kind == "log":
        return LineReader(version, limits)
    stream = Explainer(sender, version, limits=limits, at=-4 if payload else 0)
    inner = Payload(stream) if payload else stream
    return HexReader(inner) if kind == "hex" else inner


class Payload:
    """One message without its length; offsets count from its first byte."""

    def __init__(self, inner: Explainer) -> None:
        self._inner = inner
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Explained]:
        """Nothing: the length is known only at the end."""
        self._data += data[: MAX_PAYLOAD + 1 - len(self._data)]
        return []

    def finish(self) -> list[Explained]:
        """The message."""
        return self._inner.feed(frame(bytes(self._data))) + self._inner.finish()


class HexReader:
    """Hexadecimal bytes; blanks, colons, commas, ``0x`` and ``\\x`` may separate them."""

    def __init__(self, inner: InputReader) -> None:
        self._inner = inner
        self._rest = b""
        self._at = 0
        self._half = b""
        self._wrong: Explained | None = None

    def feed(self, data: bytes) -> list[Explained]:
        """The messages that these digits complete."""
        if self._wrong:
            return []
        text = self._rest + data
        # A prefix may be cut between two pieces: keep a tail that may be half of one.
        keep = 1 if text.endswith((b"\\", b"0")) else 0
        text, self._rest = text[: len(text) - keep], text[len(text) - keep :]
        return self._digits(_NOT_DIGITS.sub(b"", text))

    def finish(self) -> list[Explained]:
        """The messages left at the end."""
        told = self._digits(self._rest) if not self._wrong else []
        if self._wrong:
            return told
        odd, self._half = self._half, b""
        told += self._inner.finish()
        if odd:
            told.append(_no_hex("half a byte at the end", self._at))
        return told

    def _digits(self, digits: bytes) -> list[Explained]:
        digits = self._half + digits
        even = len(digits) // 2 * 2
        self._half = digits[even:]
        try:
            data = bytes.fromhex(digits[:even].decode("ascii"))
        except ValueError as error:
            told = self._inner.finish()
            self._wrong = _no_hex(f"is not hexadecimal: {error}", self._at)
            return [*told, self._wrong]
        self._at += len(data)
        return self._inner.feed(data)


def _no_hex(reason: str, at: int) -> Explained:
    return Explained(at, 0, "server", "", None, "", 0, [], Finding(reason, at))


class _Lines:
    """Splits an input into lines."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._at = 0

    def feed(self, data: bytes) -> list[Explained]:
        """The messages of the lines that these bytes complete."""
        told: list[Explained] = []
        *whole, rest = data.split(b"\n")
        for end in whole:
            told += self._complete(end)
        self._keep(rest)
        return told

    def finish(self) -> list[Explained]:
        """The messages left at the end."""
        return self._complete(b"")

    def _keep(self, part: bytes) -> None:
        room = max(0, LONGEST_LINE - sum(map(len, self._parts)))
        self._parts.append(part[:room])
        self._size += len(part)

    def _complete(self, end: bytes) -> list[Explained]:
        self._keep(end)
        line, at, size = b"".join(self._parts), self._at, self._size
        self._parts, self._size, self._at = [], 0, at + size + 1
        if size > LONGEST_LINE:
            reason = f"a line of {size} bytes is longer than any message"
            return [Explained(at, size, "server", "", None, "", 0, [], Finding(reason, at))]
        return self.line(line, at)

    def line(self, line: bytes, at: int) -> list[Explained]:
        """The messages of the line at offset ``at``."""
        raise NotImplementedError


class RecordingReader(_Lines):
    """A recording, one message per line."""

    def __init__(self, version: int | None, limits: Limits) -> None:
        super().__init__()
        self._version = version
        self._limits = limits

    def line(self, line: bytes, at: int) -> list[Explained]:
        """The message of a line; empty lines are skipped."""
        return [recorded(line, at, self._version, limits=self._limits)] if line.strip() else []


class WireReader(_Lines):
    """A recording of the wire, one event per line."""

    def __init__(self, version: int | None, limits: Limits) -> None:
        super().__init__()
        self._bytes = RecordedBytes(version, limits)

    def line(self, line: bytes, at: int) -> list[Explained]:
        """The messages that a line completes."""
        return self._bytes.line(line, at) if line.strip() else []

    def finish(self) -> list[Explained]:
        """The messages left at the end."""
        return super().finish() + self._bytes.finish()


class LineReader(_Lines):
    """An API message log. A line without time and arrow continues the one before."""

    def __init__(self, version: int | None, limits: Limits) -> None:
        super().__init__()
        self._log = LogReader(version, limits=limits)
        self._arrow = b""
        self._content = b""
        self._start = 0

    def line(self, line: bytes, at: int) -> list[Explained]:
        """The message before this line, if the line starts another one."""
        found = LINE.match(line)
        if not found:
            if self._arrow and len(self._content) < LONGEST_LINE:
                self._content += b"\n" + line
            return []
        told = self._told()
        self._arrow, self._content = found[1], line[found.end() :]
        self._start = at + found.end()
        return told

    def finish(self) -> list[Explained]:
        """The messages left at the end."""
        return super().finish() + self._told()

    def _told(self) -> list[Explained]:
        if not self._arrow:
            return []
        arrow, self._arrow = self._arrow, b""
        content = self._content.rstrip(b"\r\n")
        return [self._log.line(content, arrow, self._start)]
