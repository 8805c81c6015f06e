"""Who looks at the messages of a station: the wire log, the API message log if it is on, and
whoever follows the feed."""

from typing import Any

from ...wire.message import Message
from ..config import Config
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..timing import Timing
from .live_feed import Feed
from .message_log import MessageLog
from .wire_log import WireLog


class Taps:
    """The logs of messages; a session that nobody looks at pays nothing for them."""

    def __init__(
        self, sessions: Sessions, config: Config, timing: Timing, wire: WireLog | None
    ) -> None:
        self._sessions = sessions
        self._config = config
        self.wire = wire
        self.on = wire is not None
        """Whether anybody looks at what clients send."""
        self.messages: MessageLog | None = None
        self.feed = Feed(timing, self._watch_all)
        """For those who follow the messages over the control API."""

    def keep(self, messages: MessageLog) -> None:
        """Write the API message log whenever the settings of the API say so."""
        self.messages = messages
        self._config.watch("createApiMessageLogFile", self._switch)
        self._config.watch("includeMarketDataInLogFile", self._switch)
        self._switch()

    def _switch(self, _: object = None) -> None:
        settings = self._config.settings
        assert self.messages is not None
        self.messages.market_data = bool(settings.includeMarketDataInLogFile)
        if self.messages.on != bool(settings.createApiMessageLogFile):
            self.messages.switch(not self.messages.on)
        self._watch_all()

    def _watch_all(self) -> None:
        """Somebody has begun or ceased to look."""
        messages = self.messages is not None and self.messages.on
        self.on = self.wire is not None or self.feed.on or messages
        for session in self._sessions.connections():
            self.watch(session)

    def watch(self, session: Session) -> None:
        """Look at what a session is sent, if anybody does."""
        session.feed = self.feed if self.feed.on else None
        sees: list[Any] = [] if self.wire is None else [self.wire.sent]
        if self.messages is not None and self.messages.on:
            sees.append(self.messages.sent)
        if len(sees) == 2:
            session.on_send = lambda *told: [see(*told) for see in sees]
        else:
            session.on_send = sees[0] if sees else None

    def taken(self, session: Session, data: bytes) -> None:
        """Bytes that a client sent."""
        if self.messages is not None and self.messages.on:
            self.messages.taken(session, data)
        if self.feed.on:
            self.feed.taken(session, data)

    def received(self, session: Session, message: Message) -> None:
        """A message that a client sent."""
        if self.wire is not None:
            self.wire.received(session, message)

    def left(self, session: Session) -> None:
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
