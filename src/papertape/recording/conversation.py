"""A recording read as messages: what client and server said to each other on each connection.

Bytes that are no message are no failure: a frame that cannot be decoded stays in its place with the
reason, and a direction that is broken, or lacks bytes, is read up to there.
"""

from typing import Any, Literal

import msgspec

from ..errors import BadFrame
from ..versions import MAX_SERVER, MIN_SERVER
from ..wire import catalogue
from ..wire.catalogue.session import StartApi
from ..wire.connection import Codecs, Undecodable, UnknownMessage
from ..wire.framing import FrameReader
from ..wire.handshake import PREFIX, parse_greeting, parse_version_reply
from ..wire.message import Message, Spec
from .format import Happened, RecordedEvent, Sender, WireRecording


class Said(msgspec.Struct):
    """One message of a conversation, or a frame that is none."""

    at: int
    """Microseconds since the recording began."""
    sender: Sender
    message: Any
    """None where the frame could not be decoded."""
    payload: bytes = b""
    """The frame without its length, as recorded."""
    problem: str = ""
    """Why it could not be decoded."""

    @property
    def name(self) -> str:
        """The official name of the request or callback."""
        if self.message is None:
            return self.problem
        spec: Spec = self.message.spec
        return spec.callback or spec.name


class WireMark(msgspec.Struct, frozen=True):
    """Something that happened on the connection and is no message."""

    at: int
    event: Happened
    sender: Sender | Literal[""] = ""
    count: int = 0
    note: str = ""


class RecordedConversation(msgspec.Struct):
    """One connection."""

    connection: int
    opened: int = 0
    """Microseconds since the recording began."""
    lowest: int = 0
    highest: int = 0
    options: str = ""
    version: int = 0
    """0: none was negotiated."""
    connection_time: str = ""
    greeted: int = 0
    answered: int = 0
    items: list[Said | WireMark] = []
    unread: list[str] = []
    """What could not be read, in words."""

    @property
    def said(self) -> list[Said]:
        """The messages alone."""
        return [item for item in self.items if isinstance(item, Said)]

    @property
    def client_id(self) -> int | None:
        """The client id of START_API; None when there was none."""
        for item in self.said:
            if isinstance(item.message, StartApi):
                return item.message.clientId
        return None


def conversations(recording: WireRecording) -> list[RecordedConversation]:
    """The conversations of a recording, in the order in which they were opened."""
    found: dict[int, _Reading] = {}
    for event in recording.events:
        reading = found.get(event.connection)
        if reading is None:
            reading = found[event.connection] = _Reading(event)
        reading.take(event)
    return [reading.finished() for reading in found.values()]


class _Reading:
    """A conversation while its events come."""

    def __init__(self, first: RecordedEvent) -> None:
        self.found = RecordedConversation(first.connection, first.at)
        self._frames: dict[str, FrameReader] = {"client": FrameReader(), "server": FrameReader()}
        self._deaf: set[str] = set()
        self._prefix = b""
        self._greeted = False
        self._codecs: dict[str, Codecs] = {}
        self._held: list[tuple[RecordedEvent, list[bytes]]] = []
        """Frames of the client that came before the version was known."""

    def take(self, event: RecordedEvent) -> None:
        if event.event == "bytes":
            if event.sender not in self._deaf:
                self._bytes(event)
            return
        mark = WireMark(event.at, event.event, event.sender, event.count, event.note)
        self.found.items.append(mark)
        if event.event == "lost":
            missing = f"{event.count} bytes of the {event.sender} are missing"
            self._deafen(event, f"{missing}, so nothing after them is read")

    def finished(self) -> RecordedConversation:
        for sender, frames in self._frames.items():
            if frames.pending and sender not in self._deaf:
                self.found.unread.append(
                    f"connection {self.found.connection}: the {sender} ends within a message"
                )
        if not self.found.version and not self._deaf:
            self.found.unread.append(
                f"connection {self.found.connection}: no version was negotiated"
            )
        return self.found

    def _deafen(self, event: RecordedEvent, why: str) -> None:
        self._deaf.add(event.sender)
        self.found.unread.append(
            f"connection {self.found.connection} at {event.at / 1e6:.3f} s: {why}"
        )

    def _bytes(self, event: RecordedEvent) -> None:
        data = event.data
        if event.sender == "client" and len(self._prefix) < len(PREFIX):
            wanted = len(PREFIX) - len(self._prefix)
            self._prefix += data[:wanted]
            data = data[wanted:]
            if not PREFIX.startswith(self._prefix):
                self._deafen(event, "the client does not speak the TWS API")
                return
        frames = self._frames[event.sender]
        payloads = frames.feed(data)
        try:
            self._frames_of(event, payloads)
        except BadFrame as error:
            self._deafen(event, f"the {event.sender}'s opening: {error.reason}")
            return
        if frames.error:
            self._deafen(event, f"the {event.sender}'s bytes are no frames: {frames.error}")

    def _frames_of(self, event: RecordedEvent, payloads: list[bytes]) -> None:
        found = self.found
        if event.sender == "client" and not self._greeted and payloads:
            found.lowest, found.highest, found.options = parse_greeting(payloads.pop(0))
            found.greeted, self._greeted = event.at, True
        if event.sender == "server" and not found.version and payloads:
            version, found.connection_time = parse_version_reply(payloads.pop(0))
            if not MIN_SERVER <= version <= MAX_SERVER:
                raise BadFrame(reason=f"server version {version} is unknown")
            found.version, found.answered = version, event.at
            self._codecs = {
                "client": Codecs(version, catalogue.REQUESTS),
                "server": Codecs(version, catalogue.RESPONSES),
            }
            for earlier, held in self._held:
                self._say(earlier, held)
            self._held.clear()
        if not self._codecs:
            if payloads:
                self._held.append((event, payloads))
            return
        self._say(event, payloads)

    def _say(self, event: RecordedEvent, payloads: list[bytes]) -> None:
        assert event.sender
        decode = self._codecs[event.sender].decode
        for payload in payloads:
            heard = decode(payload)
            if isinstance(heard, Message):
                self.found.items.append(Said(event.at, event.sender, heard, payload))
            else:
                why = _why(heard)
                self.found.items.append(Said(event.at, event.sender, None, payload, why))
                self.found.unread.append(
                    f"connection {self.found.connection} at {event.at / 1e6:.3f} s: {why}"
                )


def _why(heard: Any) -> str:
    if isinstance(heard, Undecodable):
        return f"{heard.name or 'a message'} cannot be decoded: {heard.error}"
    assert isinstance(heard, UnknownMessage)
    return f"message {heard.message_id} is unknown"
