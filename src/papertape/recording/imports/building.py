"""A recording built out of messages, for sources that have no bytes."""

from typing import Any

from ...errors import LocalProtocolError, RecordingError
from ...versions import MAX_SERVER, MIN_SERVER
from ...wire.catalogue.session import StartApi
from ...wire.connection import encode
from ...wire.handshake import greeting, version_reply
from ..format import SCHEMA, Happened, RecordedEvent, RecordingHeader, Sender, WireRecording

STEP: int = 1000
"""Microseconds between two messages of a source without times."""


class Builder:
    """A recording in the making; the time goes on by itself, a step each message."""

    def __init__(self, source: str, *, began: str = "", partial: bool = False) -> None:
        header = RecordingHeader(SCHEMA, began, "", source, timed=False, partial=partial)
        self.recording = WireRecording(header, [])
        self.at = 0
        self.connection = 0
        self.version = 0

    def open(self, version: int, connection_time: str, connection: int | None = None) -> None:
        """A program connects and a version is negotiated. Raises ``RecordingError``."""
        if not MIN_SERVER <= version <= MAX_SERVER:
            raise RecordingError(f"server version {version} is unknown")
        self.connection = self.connection + 1 if connection is None else connection
        self.version = version
        self.event("opened")
        self.raw("client", greeting(MIN_SERVER, version))
        self.raw("server", version_reply(version, connection_time))

    def event(self, event: Happened, sender: Sender | None = None, **facts: Any) -> None:
        """Something happens on the connection."""
        self.at += STEP
        self.recording.events.append(
            RecordedEvent(self.at, self.connection, event, sender or "", **facts)
        )

    def raw(self, sender: Sender, data: bytes) -> None:
        """One end sends bytes."""
        self.event("bytes", sender, data=data)

    def say(self, message: Any) -> None:
        """One end sends a message. One that cannot be encoded is left out by name."""
        sender: Sender = "client" if message.spec.request else "server"
        try:
            self.raw(sender, encode(message, self.version))
        except LocalProtocolError as error:
            self.leave_out(sender, f"{message.spec.name}: {error}")

    def leave_out(self, sender: Sender, what: str) -> None:
        """A message of the source is left out, by name."""
        self.event("dropped", sender, note=what)

    def start(self, client_id: int) -> None:
        """The program sends START_API."""
        self.say(StartApi(client_id))

    def wait(self, microseconds: int) -> None:
        """Time passes."""
        self.at += microseconds
