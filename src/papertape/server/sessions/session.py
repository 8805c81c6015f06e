"""One client's session: its connection, what it subscribed to, and what waits to be sent.

Messages are encoded at once and wait in ``outbox`` until the station has committed its journal:
nothing is told that is not kept. Closing waits for the same moment.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from ...codes import lookup, text
from ...errors import LocalProtocolError
from ...venue.reference.instruments import Refusal
from ...venue.units import Nanos
from ...wire.batch import SharedFrames
from ...wire.catalogue.session import ErrorMessage, StartApi
from ...wire.connection import ServerConnection, encode
from ...wire.message import Farm, Message, id_of
from ..timing import Timing
from .pacing import Pacer
from .subscriptions import HISTORY_GONE, End, Subscriptions

log = logging.getLogger("papertape.station")

TAG = "bN"
"""Texts of 321 and 322 quote the obfuscated name of a class of TWS; any short word will do."""


ERRORS, WARNINGS, INFORMATION, DETAIL = 2, 3, 4, 5
"""Levels of setServerLogLevel; 1 is for the station's own lines, which are always told."""
LEVEL_OF = {"error": ERRORS, "warning": WARNINGS, "info": INFORMATION}
READ_AHEAD = 64 * 1024
"""Bytes that are kept of a client that somebody must decide about."""


class Transport(Protocol):
    """What a session needs of the socket behind it."""

    def write(self, data: bytes) -> None:
        """Take bytes to send; never blocks."""

    def close(self) -> None:
        """Send what was taken, then close with FIN."""

    def reset(self) -> None:
        """Close at once with RST; what was taken and not sent is lost."""


class Looker(Protocol):
    """What a session shows its messages to, while somebody looks."""

    def sent(self, session: "Session", message: Message, encoded: bytes) -> None:
        """A message was queued."""

    def sent_quotes(self, session: "Session", encoded: bytes, count: int) -> None:
        """So many quotes were queued, their frames in one piece."""


class Reply(msgspec.Struct):
    """A long answer, which is worked out and sent a few rows at a time."""

    rows: Iterator[None]
    """Each step sends a row or passes one over."""
    request_id: int
    what: str
    """How the log calls it."""
    size: int = 0
    """Bytes that have been queued of it."""


class WaitingRequest(msgspec.Struct):
    """A request that waits for a data farm."""

    message: Message
    farm: Farm
    until: Nanos | None = None
    """When its client receives that it cannot be served; None: not while the farm may come."""


class Session:
    """State of one connection, from accept to close."""

    def __init__(
        self,
        number: int,
        peer: str,
        transport: Transport,
        highest: int,
        timing: Timing,
    ) -> None:
        self.number = number
        self.peer = peer
        self.since = timing.now
        """When it was accepted."""
        self.transport = transport
        self.connection = ServerConnection(highest=highest)
        self.deadline: Nanos = 0
        """When it must have started."""
        self.talking = False
        """START_API has come: messages may be sent. Not asked of the connection, which is closed
        as soon as it reads garbage: what came before that is still answered."""
        self.asked: StartApi | None = None
        """Its START_API while somebody must decide whether it may connect."""
        self.stranger = False
        """Its address is not accepted by itself, and nobody has let it in yet."""
        self.client_id: int | None = None
        self.unread: deque[bytes] = deque()
        """Bytes that came in and have not been taken apart yet."""
        self.waiting: deque[Any] = deque()
        """Events that came in and have not had their turn yet."""
        self.outbox: list[bytes] = []
        self.queued = 0
        """Bytes in the outbox."""
        self._paused = False
        self.closing = False
        self.auto_bind = False
        """Orders that the user of TWS enters become this client's."""
        self.subscriptions = Subscriptions()
        """What it follows."""
        self.replies: deque[Reply] = deque()
        """Long answers under way, one after the other; its next request waits for their end."""
        self.for_farms: list[WaitingRequest] = []
        """Requests that wait for a data farm."""
        self.told_time: Nanos = 0
        """When it was last told the current time."""
        self.log_level = ERRORS
        self.pacer = Pacer(0)
        self.received = 0
        self.unreadable = 0
        self.sent = 0
        self.bytes_out = 0
        """Handed to the transport so far."""
        self._encoded: dict[type[Message], tuple[Message, bytes]] = {}
        """The latest message of each kind: one that is told again is not encoded again."""
        self.on_send: Callable[[Session, Message, bytes], object] | None = None
        self.feed: Looker | None = None
        """Sees every message, quotes many at a time; nobody looks most of the time."""
        self.lets: Callable[[Session, Message], bool] | None = None
        """Asked before a message is queued, while a drill runs: it may swallow it."""
        self.writes: Callable[[Session, Message | None, bytes], bytes] | None = None
        """Gives the bytes of what is sent, while a drill runs; None: of the version answer."""
        self.valve: Callable[[list[bytes]], bytes] | None = None
        """What of the outbox goes out, while a drill plays with the line."""
        self._timing = timing

    @property
    def paused(self) -> bool:
        """The client does not read as fast as we send: quotes wait, orders do not."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused
        self._timing.wake()

    @property
    def version(self) -> int:
        """The negotiated server version."""
        return self.connection.version

    @property
    def address(self) -> str:
        """The peer's without its port."""
        return self.peer.rpartition(":")[0]

    @property
    def answering(self) -> bool:
        """The version answer has not gone out yet: it must arrive alone, as some clients lose what
        comes with it."""
        return bool(self.outbox) and not self.talking

    @property
    def crowded(self) -> bool:
        """Whether nothing more should be read for now. While somebody decides about it a little
        is read, so that it is noticed when the client gives up."""
        if self.asked is None:
            return self.behind
        return sum(map(len, self.unread)) > READ_AHEAD

    @property
    def started(self) -> bool:
        """Whether START_API has been accepted."""
        return self.client_id is not None and not self.closing

    @property
    def behind(self) -> bool:
        """Whether something that came in has not had its turn yet."""
        return bool(self.waiting or self.unread)

    @property
    def name(self) -> str:
        """How logs call it."""
        client = "not started" if self.client_id is None else f"client {self.client_id}"
        return f"{client} at {self.peer}"

    def send(self, message: Message) -> None:
        """Queue a message; one that this version does not know is left out.

        One that cannot be encoded is left out too, and 323 says so: what is wrong with it, for
        instance an odd text of another client's order, must not take the rest along.
        """
        if self.closing or not self.talking or self.version < type(message).spec.since:
            return
        if self.lets is not None and not self.lets(self, message):
            return
        try:
            self._queue(message)
        except LocalProtocolError as error:
            log.error("%s cannot be sent %s: %s", self.name, type(message).__name__, error)
            if not isinstance(message, ErrorMessage):
                self.error(-1, 323, cause=f"{type(message).__name__} cannot be sent: {error}")

    def _queue(self, message: Message) -> None:
        kind = type(message)
        latest = self._encoded.get(kind)
        if latest is not None and latest[0] is message:
            encoded = latest[1]
        else:
            encoded = encode(message, self.connection.version)
            self._encoded[kind] = message, encoded
        if self.writes is not None:
            encoded = self.writes(self, message, encoded)
        self.outbox.append(encoded)
        self.queued += len(encoded)
        self.sent += 1
        if self.on_send is not None:
            self.on_send(self, message, encoded)
        if self.feed is not None:
            self.feed.sent(self, message, encoded)

    def send_batch(self, batch: SharedFrames, request_id: int) -> None:
        """Queue messages that were encoded for many, under this client's request id."""
        if self.on_send is not None or self.lets is not None:  # they see every single message
            for message in batch.messages(request_id):
                self.send(message)
        elif self.talking and not self.closing:
            encoded = batch.frames(request_id)
            self.outbox.append(encoded)
            self.queued += len(encoded)
            self.sent += len(batch)
            if self.feed is not None:
                self.feed.sent_quotes(self, encoded, len(batch))

    def answer(self, data: bytes) -> None:
        """Queue the server's part of the handshake."""
        if self.writes is not None:
            data = self.writes(self, None, data)
        self.outbox.append(data)
        self.queued += len(data)

    def error(
        self, request_id: int, code: int, *, variant: str | None = None, **facts: Any
    ) -> None:
        """Queue an error, warning or notice from the code table."""
        told = text(code, variant, **{"tag": TAG, **facts})
        if self.log_level >= LEVEL_OF[lookup(code).severity]:
            log.info("%s is told %d about %d: %s", self.name, code, request_id, told)
        time = self._timing.now // 1_000_000
        self.send(ErrorMessage(id=request_id, errorTime=time, errorCode=code, errorMsg=told))

    def refuse(self, request_id: int, refusal: Refusal) -> None:
        """Queue a refusal of the venue under a request's id."""
        self.error(request_id, refusal.code, variant=refusal.variant, **refusal.facts)

    def lose_data(self) -> None:
        """The broker's link is back without the data: subscriptions end, requests that wait for
        history with 162."""
        self.happen(End.DATA_LOST)
        for waiting in self.for_farms:
            if waiting.farm is Farm.HISTORY:
                self.error(id_of(waiting.message), 162, cause=HISTORY_GONE)
        self.for_farms.clear()

    def happen(self, end: End, farm: Farm | None = None) -> None:
        """An event behind TWS concerns its subscriptions: tell the client, end what ends."""
        for request_id, told in self.subscriptions.happen(end, farm):
            facts = {"reqId": request_id, **told.facts}
            self.error(request_id, told.code, variant=told.variant, **facts)

    def flush(self) -> None:
        """Hand everything that waits to the transport; then close it, if that is what follows."""
        if self.outbox:
            data = b"".join(self.outbox) if self.valve is None else self.valve(self.outbox)
            self.discard()
            if data:
                self.bytes_out += len(data)
                self.transport.write(data)
        if self.closing:
            self.connection.close()
            self.transport.close()

    def discard(self) -> None:
        """Forget what waits to be sent."""
        self.outbox.clear()
        self.queued = 0

    def close(self) -> None:
        """Take nothing more, in or out; the next ``flush`` sends what waits, then closes."""
        self.closing = True
        self.unread.clear()
        self.waiting.clear()
        self.replies.clear()
        self.subscriptions.clear()
        self.for_farms.clear()
