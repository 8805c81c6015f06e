"""Recordings that a test writes as messages."""

from collections.abc import Sequence
from typing import Any

from papertape.recording.format import RecordedEvent, RecordingHeader, WireRecording
from papertape.wire.catalogue.session import ManagedAccounts, NextValidId, StartApi
from papertape.wire.connection import encode
from papertape.wire.handshake import greeting, version_reply

TIME = "20260410 12:00:00 EST"
MS = 1000


class Script:
    """A connection in the making: messages with the millisecond at which they are said."""

    def __init__(self, version: int = 226, client_id: int = 7, connection: int = 1) -> None:
        self.version, self.connection = version, connection
        self.events: list[RecordedEvent] = [RecordedEvent(0, connection, "opened")]
        self.raw("client", greeting(100, version))
        self.raw("server", version_reply(version, TIME))
        self.say(StartApi(client_id))
        self.say(ManagedAccounts("DU1234567"), NextValidId(1))

    def raw(self, sender: Any, data: bytes, at: float = 0) -> "Script":
        self.events.append(RecordedEvent(int(at * MS), self.connection, "bytes", sender, data))
        return self

    def say(self, *messages: Any, at: float = 0) -> "Script":
        for message in messages:
            sender = "client" if message.spec.request else "server"
            self.raw(sender, encode(message, self.version), at)
        return self

    def mark(self, event: Any, sender: Any = "", at: float = 0, **facts: Any) -> "Script":
        self.events.append(RecordedEvent(int(at * MS), self.connection, event, sender, **facts))
        return self


def recording(*scripts: Script) -> WireRecording:
    events = sorted((e for s in scripts for e in s.events), key=lambda event: event.at)
    return WireRecording(RecordingHeader(1, "2026-04-10T12:00:00+00:00", "h:1"), events)


def payloads(found: WireRecording, sender: str | None = None) -> bytes:
    return b"".join(e.data for e in found.events if sender in (None, e.sender))


def heard(conversation: Any, sender: str) -> Sequence[Any]:
    return [item.message for item in conversation.said if item.sender == sender]
