"""Recordings of rust-ibapi: a folder of messages, or ``tws_interactions.yaml``.

In a folder (``IBAPI_RECORDING_DIR``) each message is a file, ``NNNN-request.msg`` or
``NNNN-response.msg``: a request as it was sent, without its length; a response as text fields
joined by ``|``. Of a protobuf response only the number was kept, so it is left out by name. The
YAML file has the text of both. Neither has times or the handshake; a folder does not tell the
server version, so the one is taken at which most of the messages can be read.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ...errors import RecordingError
from ...versions import MAX_SERVER, MIN_SERVER, PROTOBUF, RAW_IDS
from ...wire import catalogue
from ...wire.catalogue.session import StartApi
from ...wire.connection import PROTOBUF_OFFSET, Codecs
from ...wire.framing import frame
from ...wire.message import Message
from ..format import Sender, WireRecording
from .building import Builder

_FILE: Final = re.compile(r"(\d{4,9})-(request|response)\.msg\Z")
_VERSION: Final = re.compile(r"^\s*server_version:\s*(\d{1,5})\s*$", re.MULTILINE)
_RECORDED: Final = re.compile(r"^\s*recorded_at:\s*\"?([^\"\n]+?)\"?\s*$", re.MULTILINE)
_ENTRY: Final = re.compile(r"^\s*-?\s*(request|responses|raw|name):\s*(.*)$")
_ESCAPE: Final = re.compile(r"\\(0|n|t|r|\"|\\|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})")
TIME: Final = "20260101 00:00:00 EST"
"""Neither source tells the connection time."""
MOST_FILES: Final = 1_000_000
MOST_BYTES: Final = 16 << 20
"""A file has one message."""
Line = tuple[Sender, bytes]


def fits(text: str) -> bool:
    """Whether a text is ``tws_interactions.yaml``."""
    return _VERSION.search(text) is not None and "interactions:" in text


def convert(text: str) -> WireRecording:
    """The recording of a YAML file. Raises ``RecordingError`` naming the line."""
    found = _VERSION.search(text)
    assert found is not None, "it fits"
    version = int(found[1])
    if not MIN_SERVER <= version < RAW_IDS:
        raise RecordingError(f"has server version {version}: the text of {MIN_SERVER} to 200")
    lines: list[Line] = []
    sender: Sender = "client"
    for number, line in enumerate(text.splitlines(), 1):
        entry = _ENTRY.match(line)
        if entry is None or entry[1] == "name":
            continue
        if entry[1] in ("request", "responses"):
            sender = "client" if entry[1] == "request" else "server"
            continue
        value = entry[2].strip()
        if len(value) < 2 or value[0] != '"' or value[-1] != '"':
            raise RecordingError(f"line {number}: raw is no text in double quotes")
        lines.append((sender, _unescaped(value[1:-1]).encode()))
    told = _RECORDED.search(text)
    return _built(lines, version, "rust-ibapi interactions", told[1] if told else "")


def _unescaped(text: str) -> str:
    plain = {"0": "\0", "n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
    return _ESCAPE.sub(lambda f: plain.get(f[1]) or chr(int(f[1][1:], 16)), text)


def folder(path: Path, version: int | None = None) -> WireRecording:
    """The recording of a folder of messages.

    ``version``: the server version; None finds it out. Raises ``RecordingError``."""
    try:
        names = sorted(
            (int(match[1]), match[2], file)
            for file in path.iterdir()
            if (match := _FILE.match(file.name))
        )
        if not names or len(names) > MOST_FILES:
            reason = "has no messages (0000-request.msg …)" if not names else "has too many files"
            raise RecordingError(reason, path=path)
        found = [
            ("client" if kind == "request" else "server", _read(file)) for _, kind, file in names
        ]
    except OSError as error:
        raise RecordingError(f"cannot be read: {error.strerror}", path=path) from error
    lines: list[Line] = [("client" if side == "client" else "server", data) for side, data in found]
    used = version or _version(lines)
    if not MIN_SERVER <= used <= MAX_SERVER:
        raise RecordingError(f"server version {used} is unknown", path=path)
    return _built([(s, _payload(s, d, used)) for s, d in lines], used, "rust-ibapi folder", "")


def _read(file: Path) -> bytes:
    data = file.read_bytes()
    if len(data) > MOST_BYTES:
        raise RecordingError("is too long for a message", path=file)
    return data


def _payload(sender: Sender, data: bytes, version: int) -> bytes:
    """A file as the payload of a frame of this version; b"" for an answer without its body."""
    if sender == "client" and data[:1] == b"\0":
        return data
    fields = data.rstrip(b"\n").replace(b"|", b"\0")
    number, _, rest = fields.partition(b"\0")
    if not number.isdigit() or len(number) > 9:
        return data
    if sender == "server" and not rest and _loses(int(number), version):
        return b""
    if version < RAW_IDS:
        return fields
    return int(number).to_bytes(4) + rest


def _loses(number: int, version: int) -> bool:
    """Whether an answer of this number has a body that the file does not."""
    if number > PROTOBUF_OFFSET:
        return True
    cls = catalogue.RESPONSES.get(number)
    return cls is not None and version >= max(cls.spec.protobuf, PROTOBUF)


def _version(lines: Sequence[Line]) -> int:
    """The newest version at which most messages can be read."""
    raw = any(sender == "client" and data[:1] == b"\0" for sender, data in lines)
    lowest, highest = (RAW_IDS, MAX_SERVER) if raw else (MIN_SERVER, RAW_IDS - 1)
    some = lines[:500]
    best, most = highest, -1
    for version in range(highest, lowest - 1, -1):
        count = sum(
            _readable(sender, _payload(sender, data, version), version) for sender, data in some
        )
        if count > most:
            best, most = version, count
    return best


def _readable(sender: Sender, payload: bytes, version: int) -> bool:
    table = catalogue.REQUESTS if sender == "client" else catalogue.RESPONSES
    return not payload or isinstance(Codecs(version, table).decode(payload), Message)


def _built(lines: Sequence[Line], version: int, source: str, began: str) -> WireRecording:
    builder = Builder(source, began=began)
    builder.open(version, TIME)
    starts = any(sender == "client" and _is_start(data, version) for sender, data in lines)
    if not starts:
        builder.start(0)
    for sender, payload in lines:
        if payload:
            builder.raw(sender, frame(payload))
        else:
            builder.leave_out(sender, "an answer in protobuf, of which only the number was kept")
    return builder.recording


def _is_start(payload: bytes, version: int) -> bool:
    event: Any = Codecs(version, catalogue.REQUESTS).decode(payload)
    return isinstance(event, StartApi)
