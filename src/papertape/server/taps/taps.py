"""The taps on a station's messages: the wire log, the API message log if it is on, the onlookers of
the feed, and the counters of the metrics."""

from collections.abc import Sequence
from typing import Any, Protocol

from ...wire.message import Message
from ..config import Config
from ..sessions.registry import Sessions
from ..sessions.session import Looker, Session
from ..timing import Timing
from .counters import Counters
from .live_feed import Feed
from .message_log import MessageLog
from .wire_log import WireLog


class RequestTap(Looker, Protocol):
    """Keeps requests, and what clients are sent."""

    def received(self, session: Session, message: Message) -> None:
        """Called with every request."""


class SeveralLookers:
    """Several lookers in the place of one."""

    def __init__(self, lookers: Sequence[Looker]) -> None:
        self._lookers = tuple(lookers)

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """See ``Looker``."""
        for looker in self._lookers:
            looker.sent(session, message, encoded)

    def sent_quotes(self, session: Session, encoded: bytes, count: int) -> None:
        """See ``Looker``."""
        for looker in self._lookers:
            looker.sent_quotes(session, encoded, count)


class Taps:
    """The taps of a station; a session without taps has no cost for them."""

    def __init__(
        self, sessions: Sessions, config: Config, timing: Timing, wire: WireLog | None
    ) -> None:
        self._sessions = sessions
        self._config = config
        self.wire = wire
        self.on = wire is not None
        """Whether a tap takes what clients send."""
        self.messages: MessageLog | None = None
        self.recorder: RequestTap | None = None
        """Keeps what clients send, and what they are sent, for a test."""
        self.feed = Feed(timing, self._watch_all)
        """The feed of the control API's onlookers."""
        self.counters = Counters(self._watch_all)
        """The counts of the metrics."""

    def record(self, recorder: RequestTap | None) -> None:
        """Keep what clients send and are sent from now on; None: keep nothing any more."""
        self.recorder = recorder
        self._watch_all()

    def keep(self, messages: MessageLog) -> None:
        """Write the API message log while the settings of the API say so."""
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
        """Attach or detach the taps of every session after a change."""
        messages = self.messages is not None and self.messages.on
        logs = self.wire is not None or messages
        self.on = logs or self.feed.on or self.counters.on or self.recorder is not None
        for session in self._sessions.connections():
            self.watch(session)

    def watch(self, session: Session) -> None:
        """Attach the taps to a session, if there are any."""
        lookers: list[Looker] = [one for one in (self.feed, self.counters) if one.on]
        if self.recorder is not None:
            lookers.append(self.recorder)
        several = len(lookers) > 1
        session.feed = SeveralLookers(lookers) if several else next(iter(lookers), None)
        sees: list[Any] = [] if self.wire is None else [self.wire.sent]
        if self.messages is not None and self.messages.on:
            sees.append(self.messages.sent)
        if len(sees) == 2:
            session.on_send = lambda *told: [see(*told) for see in sees]
        else:
            session.on_send = sees[0] if sees else None

    def taken(self, session: Session, data: bytes) -> None:
        """Pass bytes from a client to the taps."""
        if self.messages is not None and self.messages.on:
            self.messages.taken(session, data)
        if self.feed.on:
            self.feed.taken(session, data)

    def received(self, session: Session, message: Message) -> None:
        """Pass a message from a client to the taps."""
        if self.wire is not None:
            self.wire.received(session, message)
        if self.counters.on:
            self.counters.took(message)
        if self.recorder is not None:
            self.recorder.received(session, message)

    def left(self, session: Session) -> None:
        """Report an ended session to the taps."""
        if self.messages is not None:
            self.messages.left(session)
        self.feed.left(session)

    def flush(self) -> None:
        """Flush the logs, so that readers see what has been written."""
        if self.wire is not None:
            self.wire.flush()
        if self.messages is not None:
            self.messages.flush()
