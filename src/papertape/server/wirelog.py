"""The wire log: every message of every session as a line of JSON, for people and for tests."""

from decimal import Decimal
from typing import Any, TextIO

import msgspec

from ..wire.message import Message
from .session import Session


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in the wire log")


_ENCODE = msgspec.json.Encoder(enc_hook=_plain, decimal_format="string").encode


class WireLog:
    """Writes one line per message: time, client, direction, name, version, format, fields."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """A message for a client."""
        self._write("out", session, message)

    def received(self, session: Session, message: Message) -> None:
        """A message from a client."""
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
            "fields": message,
        }
        self._out.write(_ENCODE(line).decode() + "\n")

    def flush(self) -> None:
        """Let readers see everything written so far."""
        self._out.flush()
