"""The wire log: every message of every session as a line of JSON, for programs and tests.

``message_log`` writes the raw messages in files like those of TWS.
"""

import logging
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec

from ...quoting import visible_json
from ...wire.message import Message
from ..sessions.session import Session

log = logging.getLogger("papertape.station")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"the wire log cannot encode {type(value).__name__}")


_ENCODE = msgspec.json.Encoder(enc_hook=_plain, decimal_format="string").encode


class Written(Protocol):
    """The output of a wire log."""

    def write(self, text: str, /) -> object:
        """Write a text."""

    def flush(self) -> object:
        """Flush, so that readers see the text."""


class BoundedFile:
    """A text file that is renamed to ``NAME.1`` and started again when it is full.

    Both together have at most ``max_total`` bytes, unless one line is longer. Raises ``OSError``
    as files do.
    """

    def __init__(self, path: Path, max_total: int) -> None:
        self._path = path
        self._most = max_total // 2
        self._out = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def write(self, text: str) -> None:
        """Write a text without splitting it between files."""
        data = text.encode()
        if self._out.tell() and self._out.tell() + len(data) > self._most:
            self._out.close()
            self._path.replace(self._path.with_name(self._path.name + ".1"))
            self._out = self._path.open("wb")
        self._out.write(data)

    def flush(self) -> None:
        """Let readers see everything written so far."""
        self._out.flush()


class WireLog:
    """Writes one line per message: client, session, direction, name, version, format, fields.

    It stops, with an error in the station's log, when writing fails: a full disk must not stop the
    station.
    """

    def __init__(self, out: Written) -> None:
        self._out = out
        self._broken = False

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """Log a message for a client."""
        self._write("out", session, message)

    def received(self, session: Session, message: Message) -> None:
        """Log a message from a client."""
        self._write("in", session, message)

    def _write(self, direction: str, session: Session, message: Message) -> None:
        spec = type(message).spec
        line = {
            "client": getattr(message, "clientId", None)
            if session.client_id is None
            else session.client_id,
            "session": session.number,
            "dir": direction,
            "name": spec.proto_name,
            "version": session.version,
            "format": "protobuf" if session.version >= spec.protobuf else "text",
            "fields": None if type(message).spec.secret else message,
        }
        text = visible_json(_ENCODE(line).decode()) + "\n"
        self._guarded(lambda: self._out.write(text))

    def flush(self) -> None:
        """Let readers see everything written so far."""
        self._guarded(self._out.flush)

    def _guarded(self, work: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            work()
        except OSError as error:
            self._broken = True
            log.error("the wire log stops: %s", error.strerror or error)
