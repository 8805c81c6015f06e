"""Who looks at the messages of a station: the wire log, the API message log if it is on, and
whoever follows the feed."""

from typing import TYPE_CHECKING, Any

from ...wire.message import Message
from .live_feed import Feed
from .message_log import MessageLog
from .wire_log import WireLog

if TYPE_CHECKING:
    from ..sessions.session import Session
    from ..station import Station


class Traces:
    """The logs of messages; a session that nobody looks at pays nothing for them."""

    def __init__(self, station: "Station", wire: WireLog | None) -> None:
        self._station = station
        self.wire = wire
        self.messages: MessageLog | None = None
        self.feed = Feed(station)
        """For those who follow the messages over the control API."""

    def keep(self, messages: MessageLog) -> None:
        """Write the API message log whenever the settings of the API say so."""
        self.messages = messages
        self._station.config.watch("createApiMessageLogFile", self._switch)
        self._station.config.watch("includeMarketDataInLogFile", self._switch)
        self._switch()

    def _switch(self, _: object = None) -> None:
        settings = self._station.config.settings
        assert self.messages is not None
        self.messages.market_data = bool(settings.includeMarketDataInLogFile)
        if self.messages.on != bool(settings.createApiMessageLogFile):
            self.messages.switch(not self.messages.on)
        for session in self._station.connections():
            self.watch(session)

    def watch(self, session: "Session") -> None:
        """Look at what a session is sent, if anybody does."""
        session.feed = self.feed if self.feed.on else None
        sees: list[Any] = [] if self.wire is None else [self.wire.sent]
        if self.messages is not None and self.messages.on:
            sees.append(self.messages.sent)
        if len(sees) == 2:
            session.on_send = lambda *told: [see(*told) for see in sees]
        else:
            session.on_send = sees[0] if sees else None

    def taken(self, session: "Session", data: bytes) -> None:
        """Bytes that a client sent."""
        if self.messages is not None and self.messages.on:
            self.messages.taken(session, data)
        if self.feed.on:
            self.feed.taken(session, data)

    def received(self, session: "Session", message: Message) -> None:
        """A message that a client sent."""
        if self.wire is not None:
            self.wire.received(session, message)

    def left(self, session: "Session") -> None:
        """A session is over."""
        if self.messages is not None:
            self.messages.left(session)
        self.feed.left(session)

    def flush(self) -> None:
        """Let readers see everything written so far."""
        if self.wire is not None:
            self.wire.flush()
        if self.messages is not None:
            self.messages.flush()
