"""One client's session: its connection, its subscriptions, and its outbox.

Messages are encoded immediately and wait in ``outbox`` until the station has committed its
journal: clients receive only stored facts. Closing waits for the commit too.
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
from ...versions import RAW_IDS
from ...wire.batch import SharedFrames
from ...wire.catalogue.session import ErrorMessage, StartApi
from ...wire.connection import ServerConnection, encode, recoded
from ...wire.message import Farm, Message, id_of
from ..timing import Timing
from .pacing import Pacer
from .subscriptions import HISTORY_GONE, End, Subscriptions

log = logging.getLogger("papertape.station")

TAG = "bN"
"""Texts of 321 and 322 contain the obfuscated name of a class of TWS; this stands for it."""


ERRORS, WARNINGS, INFORMATION, DETAIL = 2, 3, 4, 5
"""Levels of setServerLogLevel; 1 is for the station's own lines, which are always logged."""
LEVEL_OF = {"error": ERRORS, "warning": WARNINGS, "info": INFORMATION}
LARGE = 64 * 1024
"""Bytes from which on a piece of the outbox is written alone."""
READ_AHEAD = 64 * 1024
"""Maximum bytes buffered for a client that waits for the user's decision."""


def blocks(pieces: list[bytes]) -> Iterator[bytes]:
    """Small pieces joined, so that one call of the system sends them; large ones as they are, as a
    copy of megabytes would keep other clients waiting."""
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) >= LARGE:
            if small:
                yield b"".join(small)
                small = []
            yield piece
        else:
            small.append(piece)
    if small:
        yield b"".join(small)


class Transport(Protocol):
    """The socket interface of a session."""

    def write(self, data: bytes) -> None:
        """Buffer bytes to send; never blocks."""

    def close(self) -> None:
        """Send the buffer, then close with FIN."""

    def reset(self) -> None:
        """Close immediately with RST and drop the buffer."""


class Looker(Protocol):
    """A tap on the messages of a session."""

    def sent(self, session: "Session", message: Message, encoded: bytes) -> None:
        """Called when a message was queued."""

    def sent_quotes(self, session: "Session", encoded: bytes, count: int) -> None:
        """Called when ``count`` quotes were queued, their frames in one piece."""


class Reply(msgspec.Struct):
    """A long answer, which is computed and sent a few rows at a time."""

    rows: Iterator[None]
    """Each step sends or skips a row."""
    request_id: int
    what: str
    """Its name in the log."""
    size: int = 0
    """Bytes of it that have been queued."""


class WaitingRequest(msgspec.Struct):
    """A request that waits for a data farm."""

    message: Message
    farm: Farm
    until: Nanos | None = None
    """When it ends with an error; None: it waits as long as the farm may connect."""


class Session:
    """The state of one connection, from accept to close."""

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
        """When the connection was made."""
        self.transport = transport
        self.connection = ServerConnection(highest=highest)
        self.version = 0
        """The negotiated server version; 0 before that."""
        self.deadline: Nanos = 0
        """When it must have started."""
        self.talking = False
        """START_API has arrived: messages may be sent. The connection's own state does not serve,
        as it closes on garbage, and what arrived before that is still answered."""
        self.asked: StartApi | None = None
        """Its START_API while it waits for the user's decision."""
        self.stranger = False
        """No rule accepts its address, and the user has not accepted it yet."""
        self.client_id: int | None = None
        self.unread: deque[bytes] = deque()
        """Received bytes that have not been parsed yet."""
        self.waiting: deque[Any] = deque()
        """Parsed events that have not had their turn yet."""
        self.outbox: list[bytes] = []
        self.queued = 0
        """Bytes in the outbox."""
        self._paused = False
        self.closing = False
        self.others: dict[int, set[int]] = {}
        """Order id -> permanent ids of other clients' orders that reqAllOpenOrders has shown last:
        this client may cancel them."""
        self.auto_bind = False
        """Whether orders that the user of TWS enters are bound to this client."""
        self.wants_frozen = False
        """Its requests for quotes keep the last ones while a market is closed."""
        self.wants_delayed = False
        """Its requests get delayed data where there are no live ones."""
        self.regulatory_at: Nanos = 0
        """When it was last sent a regulatory snapshot."""
        self.asked_ticks: dict[int, Nanos] = {}
        """When it may ask again for an instrument's ticks one by one, where that is paced."""
        self.subscriptions = Subscriptions()
        """Its subscriptions."""
        self.replies: deque[Reply] = deque()
        """Pending long answers, one after the other; its next request waits for their end."""
        self.for_farms: list[WaitingRequest] = []
        """Requests that wait for a data farm."""
        self.told_time: Nanos = 0
        """When reqCurrentTime was last answered."""
        self.log_level = ERRORS
        self.pacer = Pacer(0)
        self.received = 0
        self.unreadable = 0
        self.sent = 0
        self.bytes_out = 0
        """Bytes written to the transport so far."""
        self._encoded: dict[type[Message], tuple[Message, bytes]] = {}
        """The latest message of each kind, so that a repeated one is not encoded again."""
        self.on_send: Callable[[Session, Message, bytes], object] | None = None
        self.feed: Looker | None = None
        """The tap that gets every message, quotes in batches; usually None."""
        self.lets: Callable[[Session, Message], bool] | None = None
        """Called before a message is queued, while a drill runs; False drops the message."""
        self.writes: Callable[[Session, Message | None, bytes], bytes] | None = None
        """Returns the bytes to send, while a drill runs; message None: the version answer."""
        self.renames: Callable[[Message], Message] | None = None
        """Returns a message with the names that older programs know, where a setting asks for it;
        None: messages are sent as they are."""
        self.codec = ""
        """The encoding of texts; "" is UTF-8, which needs no other."""
        self.valve: Callable[[list[bytes]], bytes] | None = None
        """Returns the bytes of the outbox to send, while a drill affects the connection."""
        self._timing = timing

    @property
    def paused(self) -> bool:
        """Whether the client reads too slowly: quotes wait, orders do not."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused
        self._timing.wake()

    @property
    def address(self) -> str:
        """The peer's address without its port."""
        return self.peer.rpartition(":")[0]

    @property
    def answering(self) -> bool:
        """Whether the version answer has not been sent yet: it must arrive alone, as some clients
        lose bytes that arrive with it."""
        return bool(self.outbox) and not self.talking

    @property
    def crowded(self) -> bool:
        """Whether reading should pause. While the user decides, a little is read, to detect a
        client that closes."""
        if self.asked is None:
            return self.behind
        return sum(map(len, self.unread)) > READ_AHEAD

    @property
    def started(self) -> bool:
        """Whether START_API has been accepted."""
        return self.client_id is not None and not self.closing

    @property
    def behind(self) -> bool:
        """Whether received events have not had their turn yet."""
        return bool(self.waiting or self.unread)

    @property
    def name(self) -> str:
        """Its name in logs."""
        client = "not started" if self.client_id is None else f"client {self.client_id}"
        return f"{client} at {self.peer}"

    def send(self, message: Message) -> None:
        """Queue a message; omit one that this version does not have.

        Omits one that cannot be encoded too, and queues 323: a fault in it, such as an odd text of
        another client's order, must not affect other messages.
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
        if self.renames is not None:
            message = self.renames(message)
        kind = type(message)
        latest = self._encoded.get(kind)
        if latest is not None and latest[0] is message:
            encoded = latest[1]
        else:
            encoded = encode(message, self.version)
            if self.codec:
                encoded = recoded(encoded, self.codec, raw=self.version >= RAW_IDS)
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
        follows = self.feed is not None and not batch.quotes
        single = self.renames is not None or bool(self.codec)
        if follows or single or self.on_send is not None or self.lets is not None:
            for message in batch.messages(request_id):
                self.send(message)
        elif self.talking and not self.closing:
            encoded = batch.frames(request_id)
            self.outbox.append(encoded)
            self.queued += len(encoded)
            self.sent += len(batch)
            if self.feed is not None:
                self.feed.sent_quotes(self, encoded, len(batch))

    @property
    def watched(self) -> bool:
        """Whether somebody looks at its messages one by one: a tap or a drill."""
        return not (
            self.feed is None and self.on_send is None and self.lets is None and self.writes is None
        )

    def send_encoded(self, frame: list[bytes]) -> None:
        """Queue a message that was encoded already, in ASCII, and that nobody looks at; its frame
        may be in pieces."""
        if self.talking and not self.closing:
            self.outbox += frame if self.valve is None else [b"".join(frame)]
            self.queued += sum(map(len, frame))
            self.sent += 1

    def show(self, renames: Callable[[Message], Message] | None, codec: str) -> None:
        """Send messages with these names and in this encoding from now on."""
        self.renames, self.codec = renames, codec
        self._encoded.clear()

    def accept(self, time: str) -> None:
        """Queue the version answer; the negotiated version counts from now on."""
        answer = self.connection.accept(time)
        self.version = self.connection.version
        self.answer(answer)

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
            log.info("%s receives %d about %d: %s", self.name, code, request_id, told)
        time = self._timing.now // 1_000_000
        self.send(ErrorMessage(id=request_id, errorTime=time, errorCode=code, errorMsg=told))

    def refuse(self, request_id: int, refusal: Refusal) -> None:
        """Queue the error of a venue's refusal under a request's id."""
        self.error(request_id, refusal.code, variant=refusal.variant, **refusal.facts)

    def lose_data(self) -> None:
        """End subscriptions after the broker link returned without the data; requests that wait
        for history end with 162."""
        self.happen(End.DATA_LOST)
        for waiting in self.for_farms:
            if waiting.farm is Farm.HISTORY:
                self.error(id_of(waiting.message), 162, cause=HISTORY_GONE)
        self.for_farms.clear()

    def happen(self, end: End, farm: Farm | None = None) -> None:
        """Apply an event behind TWS to the subscriptions: send their errors, end them."""
        for request_id, told in self.subscriptions.happen(end, farm):
            facts = {"reqId": request_id, **told.facts}
            self.error(request_id, told.code, variant=told.variant, **facts)

    def flush(self) -> None:
        """Write the outbox to the transport; then close it if the session is closing."""
        if self.outbox:
            pieces, self.outbox, self.queued = self.outbox, [], 0
            for data in [self.valve(pieces)] if self.valve else blocks(pieces):
                self.bytes_out += len(data)
                if data:
                    self.transport.write(data)
        if self.closing:
            self.connection.close()
            self.transport.close()

    def discard(self) -> None:
        """Drop the outbox."""
        self.outbox.clear()
        self.queued = 0

    def close(self) -> None:
        """Stop reading and queueing; the next ``flush`` sends the outbox, then closes."""
        self.closing = True
        self.unread.clear()
        self.waiting.clear()
        self.replies.clear()
        self.subscriptions.clear()
        self.for_farms.clear()
