"""The format of a recording: lines of JSON, a header and then what happened on its connections.

``docs/reference/recording.md`` describes it. A line keeps the bytes as they were read from the
socket, so a recording has everything that either end sent, readable as messages or not. A file
that ends within a line, or has a damaged one, is read up to there and says so (``problem``).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from ..errors import RecordingError

SCHEMA = 1
LONGEST_LINE = 48 << 20
"""A frame has at most 16 MB, in base64 22 MB."""
MOST_BYTES = 1 << 30
"""A recording is read into memory; this is the largest that is."""
Sender = Literal["client", "server"]
SENDERS: tuple[Sender, ...] = ("client", "server")
Happened = Literal["opened", "refused", "bytes", "lost", "dropped", "end", "reset", "drill"]
"""What a line tells. ``lost``: bytes that the recorder missed. ``dropped``: a whole message that
was left out on purpose, named in ``note``."""


class RecordingHeader(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first line of a recording."""

    recording: int
    """The number of the format."""
    began: str = ""
    """UTC, as ISO 8601; "" when it is not known."""
    to: str = ""
    """The server that was recorded, HOST:PORT."""
    source: str = ""
    """What it was imported from."""
    timed: bool = True
    """False when the source had no times: the instants only keep the order."""
    partial: bool = False
    """True when the source has only some fields of a message: what a request leaves out is open."""


class RecordedEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line after the header."""

    at: int
    """Microseconds since the recording began."""
    connection: int
    event: Happened = "bytes"
    sender: Sender | Literal[""] = ""
    """Who sent the bytes, ended its direction, or reset the connection."""
    data: bytes = b""
    """The bytes, in base64."""
    count: int = 0
    """Of ``lost``: how many bytes are missing here."""
    note: str = ""


class WireRecording(msgspec.Struct):
    """A recording in memory."""

    header: RecordingHeader
    events: list[RecordedEvent]
    problem: str = ""
    """Why it was read only up to a place; "" when it was read whole."""


_DAMAGED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_ENCODE = msgspec.json.Encoder().encode
_HEADER = msgspec.json.Decoder(RecordingHeader).decode
_EVENT = msgspec.json.Decoder(RecordedEvent).decode


def line_of(entry: RecordingHeader | RecordedEvent) -> bytes:
    """An entry as it stands in the file, with its line end."""
    return _ENCODE(entry) + b"\n"


def is_recording(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a recording of this format."""
    return start.lstrip().startswith(b'{"recording":')


def read(source: Path | str) -> WireRecording:
    """Read a recording from a file.

    A damaged or cut one is read up to there, see ``problem``. Raises ``RecordingError``
    when the file cannot be read, is no recording, is of a newer format, or is too large.
    """
    path = Path(source)
    try:
        with path.open("rb") as file:
            return parse(lines(file), str(path))
    except OSError as error:
        raise RecordingError(f"cannot be read: {error.strerror}", path=path) from error


def parse(found: Iterable[bytes], path: str = "") -> WireRecording:
    """Read a recording from its lines. Raises ``RecordingError`` as ``read`` does."""
    each = iter(found)
    header = _header(next(each, b""), path)
    recording = WireRecording(header, [])
    size = 0
    for number, line in enumerate(each, 2):
        size += len(line)
        if size > MOST_BYTES:
            raise RecordingError(f"has more than {MOST_BYTES >> 20} MB", path=path)
        try:
            event = _EVENT(line)
        except _DAMAGED as error:
            recording.problem = f"line {number}: {_why(line, error)}; what follows is not read"
            break
        if wrong := _contradicts(event, recording.events):
            recording.problem = f"line {number}: {wrong}; what follows is not read"
            break
        recording.events.append(event)
    return recording


def event_of(line: bytes) -> RecordedEvent:
    """One line after the header. Raises ``RecordingError`` when it is damaged."""
    try:
        return _EVENT(line)
    except _DAMAGED as error:
        raise RecordingError(f"is no line of a recording: {error}") from error


def _header(line: bytes, path: str) -> RecordingHeader:
    try:
        header = _HEADER(line)
    except _DAMAGED as error:
        advice = "Record one with papertape proxy --record, or convert it: papertape record import"
        reason = "is not a recording: " + ("it is empty" if not line else f"{error}")
        raise RecordingError(reason, path=path, advice=advice) from error
    if header.recording != SCHEMA:
        raise RecordingError(f"is of format {header.recording}, {SCHEMA} is known", path=path)
    return header


def _why(line: bytes, error: Exception) -> str:
    if not line.endswith(b"\n"):
        return "the file ends within it" if len(line) <= LONGEST_LINE else "it is too long"
    return f"is damaged: {error}"


def _contradicts(event: RecordedEvent, before: list[RecordedEvent]) -> str:
    """What of a line cannot be; "" when all can."""
    if event.at < (before[-1].at if before else 0):
        return "is earlier than the one before"
    if event.event in ("bytes", "lost", "end", "reset") and not event.sender:
        return f"{event.event!r} names no sender"
    return ""


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, each at most ``LONGEST_LINE`` and a byte long."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line


def write(recording: WireRecording, target: Path | str) -> None:
    """Write a recording to a file. Raises ``RecordingError``; an existing file is replaced."""
    path = Path(target)
    try:
        with path.open("wb") as file:
            file.write(line_of(recording.header))
            file.writelines(map(line_of, recording.events))
    except OSError as error:
        raise RecordingError(f"cannot be written: {error.strerror}", path=path) from error
