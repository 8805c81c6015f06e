"""ClientConnection and ServerConnection: bytes in, messages out; messages in, bytes out.

Sans-IO: neither reads a socket or a clock. A body that cannot be decoded becomes an
``Undecodable`` event and the stream goes on; bytes that are not a frame end it (``Broken``).
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from ..errors import (
    BadFrame,
    FrameTooLong,
    LimitExceeded,
    LocalProtocolError,
    RemoteProtocolError,
)
from ..versions import MAX_SERVER, MIN_SERVER, RAW_IDS
from . import catalogue, oracle, proto, reply_limits, text
from .catalogue.session import StartApi
from .events import (
    Broken,
    Event,
    Greeting,
    Negotiated,
    OutOfTurn,
    Undecodable,
    UnknownMessage,
)
from .framing import MAX_PAYLOAD, FrameReader, frame
from .handshake import (
    LONGEST_GREETING,
    LONGEST_HASTE,
    LONGEST_START,
    PREFIX,
    ConnectionEvent,
    ConnectionState,
    advance,
    greeting,
    negotiate,
    parse_greeting,
    parse_old_greeting,
    parse_version_reply,
    version_reply,
)
from .limits import LONGEST_TEXT, MOST_EXPLAINED, MOST_FIELDS, check_texts, longest
from .message import Message
from .refusals import refuse

PROTOBUF_OFFSET = 200
"""Added to the message id when the body is protobuf (server 201 on)."""
LONGEST_EXPLAINED = 64 * 1024
"""Longest protobuf body that is searched for its error."""
HEAD = 64
"""Bytes of any other message that are searched for the id."""


class Codecs:
    """Encoders and decoders of one direction at one version, found by message id."""

    def __init__(
        self,
        version: int,
        table: dict[int, type[Message]],
        most_fields: int = reply_limits.MOST_FIELDS,
        *,
        sentinels: bool = False,
    ) -> None:
        """``sentinels``: return protobuf numbers that mean "not set" unchanged."""
        self.version = version
        self._sentinels = sentinels
        self._most_fields = most_fields
        self.raw = version >= RAW_IDS
        self._table = table
        self._text: dict[str, Callable[[list[str]], Any]] = {}
        self._proto: dict[int, Callable[[bytes], Any]] = {}

    def decode(self, payload: bytes) -> Event:
        """Decode the message in a frame, or return the event that says why not."""
        if not self.raw:
            if len(payload) > self._most_fields and payload.count(0) > self._most_fields:
                return self._too_many(payload)
            return self._decode_text(str(payload, "utf-8", "backslashreplace").split("\0"), payload)
        if len(payload) < 4:
            return _no_id(payload)
        number = int.from_bytes(payload[:4])
        if number > PROTOBUF_OFFSET:
            if len(payload) > reply_limits.SCANNED and (excess := self.excess(payload)) is not None:
                return excess
            return self._decode_proto(number - PROTOBUF_OFFSET, payload)
        if len(payload) > self._most_fields and payload.count(0) > self._most_fields:
            return self._too_many(payload)
        tokens = str(payload[4:], "utf-8", "backslashreplace").split("\0")
        return self._decode_text([str(number), *tokens], payload)

    def _decode_text(self, tokens: list[str], payload: bytes) -> Event:
        try:
            decoder = self._text.get(tokens[0]) or self._find_text(tokens[0])
            del tokens[0]
            return decoder(tokens)  # type: ignore[no-any-return]
        except (ValueError, IndexError, OverflowError, LimitExceeded):
            return self._blame(tokens, payload)
        except _Unknown as unknown:
            return unknown.event(payload)

    def excess(self, payload: bytes) -> Event | None:
        """The event for a frame that exceeds a message's limits; None when it does not."""
        number = int.from_bytes(payload[:4]) if self.raw else 0
        if number <= PROTOBUF_OFFSET:
            return self._too_many(payload) if payload.count(0) > self._most_fields else None
        cls = self._table.get(number - PROTOBUF_OFFSET)
        if cls is None or not cls.spec.proto_name:
            return None
        if not reply_limits.is_excessive(cls, payload[4:]):
            return None
        reason = f"more than {reply_limits.MOST_ELEMENTS} elements"
        error = RemoteProtocolError(message=cls.__name__, reason=reason)
        return Undecodable(error, cls.spec.id, cls.__name__, payload, self._about(payload))

    def _too_many(self, payload: bytes) -> Event:
        head = payload[:10].partition(b"\0")[0]
        text_id = int(head) if head.isdigit() else -1
        number = int.from_bytes(payload[:4]) if self.raw else text_id
        cls = self._table.get(number)
        name = cls.__name__ if cls else ""
        reason = f"more than {self._most_fields} fields"
        error = RemoteProtocolError(message=name or None, offset=self._most_fields, reason=reason)
        return Undecodable(error, number, name, payload, self._about(payload))

    def _about(self, payload: bytes) -> int:
        """The id in an unread message, if it is at the beginning."""
        event = Codecs(self.version, self._table).decode(payload[:HEAD])
        if isinstance(event, Message):
            return getattr(event, event.spec.id_field) if event.spec.id_field else -1
        return event.request_id if isinstance(event, Undecodable) else -1

    def _find_text(self, token: str) -> Callable[[list[str]], Any]:
        # Plain digits only: other spellings of a number would fill the cache.
        number = int(token) if token.isascii() and token.isdecimal() and len(token) < 10 else -1
        if str(number) != token:
            raise _Unknown(-1)
        cls = self._table.get(number)
        if cls is None or cls.spec.layout is None:
            raise _Unknown(number)
        decoder = text.decoder(cls, self.version)
        if cls.spec.spare:
            decoder = _sparing(decoder, cls.spec.spare)
        self._text[token] = decoder
        return decoder

    def _blame(self, tokens: list[str], payload: bytes) -> Undecodable:
        head = payload[:4] if self.raw else payload.partition(b"\0")[0]
        number = int.from_bytes(head) if self.raw else int(head)
        cls = self._table[number]
        seen: list[oracle.Token] = []
        error = oracle.explain_remote(cls, self.version, tokens, seen)
        about = oracle.request_id(cls, seen)
        return Undecodable(error, number, cls.__name__, payload, about)

    def _decode_proto(self, number: int, payload: bytes) -> Event:
        decoder = self._proto.get(number)
        if decoder is None:
            cls = self._table.get(number)
            if cls is None or cls.spec.proto_name == "" or cls.spec.protobuf > MAX_SERVER:
                return UnknownMessage(number, payload)
            decoder = self._proto[number] = proto.decoder(cls, raw=self._sentinels)
        try:
            return decoder(payload[4:])  # type: ignore[no-any-return]
        except (proto.load(), ValueError, OverflowError, LimitExceeded) as error:
            return _proto_blame(self._table[number], payload, error)


class RequestCodecs(Codecs):
    """Like ``Codecs``, for requests: ``take`` refuses what exceeds ``limits.py``."""

    def __init__(self, version: int) -> None:
        super().__init__(version, catalogue.REQUESTS, MOST_FIELDS)

    def take(self, payload: bytes) -> Event:
        """Decode the message in a frame, or return the event that says why not."""
        return self.decode(payload) if len(payload) <= LONGEST_TEXT else self._long(payload)

    def _long(self, payload: bytes) -> Event:
        cls = self._class_of(payload)
        if cls is not None and len(payload) > longest(cls):
            error = LimitExceeded(
                message=cls.__name__, size=len(payload), most=longest(cls), unit="bytes"
            )
            return Undecodable(error, cls.spec.id, cls.__name__, payload, self._about(payload))
        event = self.decode(payload)
        if isinstance(event, Message):
            try:
                check_texts(event)
            except LimitExceeded as error:
                spec = event.spec
                about = getattr(event, spec.id_field) if spec.id_field else -1
                return Undecodable(error, spec.id, spec.name, payload, about)
        return event

    def _class_of(self, payload: bytes) -> type[Message] | None:
        number = int.from_bytes(payload[:4])
        if not self.raw:
            head = payload[:10].partition(b"\0")[0]
            number = int(head) if head.isdigit() else -1
        elif number > PROTOBUF_OFFSET:
            number -= PROTOBUF_OFFSET
        return self._table.get(number)


class _Unknown(Exception):
    def __init__(self, number: int) -> None:
        self.number = number

    def event(self, payload: bytes) -> Event:
        return _no_id(payload) if self.number < 0 else UnknownMessage(self.number, payload)


def _sparing(decoder: Callable[[list[str]], Any], spare: int) -> Callable[[list[str]], Any]:
    """The same for a message whose end may be missing: its last texts are empty then. What stops in
    the middle of a field, without a NUL, lacks more than that."""
    missing = [""] * spare
    return lambda tokens: decoder(tokens if tokens[-1:] != [""] else tokens + missing)


def _no_id(payload: bytes) -> Undecodable:
    error = RemoteProtocolError(offset=0, found=payload[:16], reason="no message id")
    return Undecodable(error, -1, "", payload)


def _proto_blame(cls: type[Message], payload: bytes, error: Exception) -> Undecodable:
    seen: list[oracle.Token] = []
    most = MOST_EXPLAINED if cls.spec.request else reply_limits.MOST_EXPLAINED
    looked = payload if len(payload) <= LONGEST_EXPLAINED else payload[:HEAD]
    try:
        oracle.read_proto(cls, looked[4:], seen, most=most)
        blame = RemoteProtocolError(message=cls.__name__, reason=str(error))
    except RemoteProtocolError as known:
        blame = known
    except (ValueError, OverflowError) as other:
        blame = RemoteProtocolError(message=cls.__name__, reason=str(other))
    if isinstance(error, LimitExceeded) and not isinstance(blame, LimitExceeded):
        error.message = cls.__name__
        blame = error
    elif len(looked) < len(payload):
        where = f"{error}; not looked into, as it has {len(payload)} bytes"
        blame = RemoteProtocolError(message=cls.__name__, reason=where)
    about = oracle.request_id(cls, seen)
    return Undecodable(blame, cls.spec.id, cls.__name__, payload, about)


@cache
def encoder(cls: type[Message], version: int) -> Callable[[Any], bytes]:
    """The function message -> frame, in the format that this version uses for it."""
    first = head(cls, version)
    size = len(first)
    if version >= cls.spec.protobuf:
        body = proto.encoder(cls, version)
    else:
        fields = text.encoder(cls, version)
        body = lambda m: fields(m).encode()  # noqa: E731

    def encode(message: Any) -> bytes:
        content = body(message)
        return (len(content) + size).to_bytes(4) + first + content

    return encode


def head(cls: type[Message], version: int) -> bytes:
    """The message id as it stands in front of the body at this version."""
    number = cls.spec.id
    if version >= cls.spec.protobuf:
        return (number + PROTOBUF_OFFSET).to_bytes(4)
    return number.to_bytes(4) if version >= RAW_IDS else b"%d\0" % number


def encode(message: Message, version: int) -> bytes:
    """Encode a message as a frame. Raises ``LocalProtocolError`` naming the invalid field."""
    try:
        encoded = encoder(type(message), version)(message)
    except oracle.UNWRITABLE as error:
        raise oracle.explain_local(message, version) from error
    except LocalProtocolError as error:
        raise error if error.message else oracle.explain_local(message, version) from error
    if len(encoded) > MAX_PAYLOAD + 4:
        name = type(message).__name__
        raise LocalProtocolError(f"{len(encoded)} bytes are too long for a frame", message=name)
    return encoded


def recoded(encoded: bytes, codec: str, *, raw: bool) -> bytes:
    """Return a frame with its texts in a code page; ``raw``: it starts with a 4-byte message id."""
    head = encoded[4:8] if raw else b""
    if int.from_bytes(head) > PROTOBUF_OFFSET:
        return encoded
    return frame(head + encoded[4 + len(head) :].decode().encode(codec, "replace"))


class _End:
    """Base of both ends."""

    def __init__(self) -> None:
        self.state = ConnectionState.OPENED
        self.version = 0
        self.ended = False
        """Whether the peer broke the protocol: nothing more is read. Earlier messages may still be
        answered, so the state stays until ``close``."""
        self._frames = FrameReader()

    @property
    def unfinished(self) -> bytes:
        """The bytes of an incomplete frame, its length first."""
        return self._frames.rest

    @property
    def _deaf(self) -> bool:
        return self.ended or self.state is ConnectionState.CLOSED

    def _end(self, event: Broken | OutOfTurn | Greeting) -> Event:
        self.ended = True
        return event

    def close(self) -> None:
        """Close this end: nothing more is sent or read."""
        self.state = ConnectionState.CLOSED


class ClientConnection(_End):
    """The client's end."""

    def __init__(
        self, *, lowest: int = MIN_SERVER, highest: int = MAX_SERVER, options: str = ""
    ) -> None:
        super().__init__()
        self.lowest, self.highest, self.options = lowest, highest, options
        self.connection_time = ""
        self._codecs: Codecs | None = None

    def initiate(self) -> bytes:
        """The greeting: the first bytes to send."""
        self.state = advance(self.state, ConnectionEvent.GREETING)
        return greeting(self.lowest, self.highest, self.options)

    def receive_data(self, data: bytes) -> list[Any]:
        """The events that these bytes complete: ``Negotiated`` first, then messages."""
        if self._deaf:
            return []
        frames = self._frames.feed(data)
        events: list[Event] = []
        if self._codecs is None and frames:
            try:
                events.append(self._negotiated(frames.pop(0)))
            except BadFrame as error:
                return [self._end(Broken(error))]
        if frames:
            decode = self._codecs.decode  # type: ignore[union-attr]
            events += [decode(payload) for payload in frames]
        if self._frames.error:
            events.append(self._end(Broken(self._frames.error)))
        return events

    def _negotiated(self, payload: bytes) -> Negotiated:
        self.version, self.connection_time = parse_version_reply(payload)
        self.state = advance(self.state, ConnectionEvent.VERSION)
        self._codecs = Codecs(self.version, catalogue.RESPONSES)
        return Negotiated(self.version, self.connection_time)

    def send(self, message: Message) -> bytes:
        """A request as bytes.

        Raises ``FeatureNotSupported`` (503) when the server is too old for it or for one of its
        fields, and ``LocalProtocolError`` when the connection is not ready for it.
        """
        move = ConnectionEvent.START if type(message) is StartApi else ConnectionEvent.MESSAGE
        if self.state is ConnectionState.NEGOTIATED and move is ConnectionEvent.MESSAGE:
            # The official client lets requests pass before START_API's answer; only the
            # handshake itself is a hard border.
            raise LocalProtocolError("START_API has not been sent", message=type(message).__name__)
        after = advance(self.state, move)
        refuse(message, self.version)
        encoded = encode(message, self.version)
        self.state = after
        return encoded


class ServerConnection(_End):
    """The server's end."""

    def __init__(self, *, highest: int = MAX_SERVER) -> None:
        super().__init__()
        self.highest = highest
        self._codecs: RequestCodecs | None = None
        self._opening: bytes | None = b""
        self._frames.limit = LONGEST_GREETING

    def receive_data(self, data: bytes) -> list[Any]:
        """The events that these bytes complete: ``Greeting`` first, then messages.

        Bytes after the greeting wait for ``accept``; the next call reads them, even a call with
        b"".
        """
        if self._deaf:
            return []
        events: list[Event] = []
        try:
            data = self._strip_prefix(data, events)
            while self.state is not ConnectionState.STARTED and not self.ended:
                payload = self._opening_frame(data)
                if payload is None:
                    break
                events.append(self._event(payload))
                data = b""
            for payload in self._frames.feed(data) if self.state is ConnectionState.STARTED else ():
                events.append(self._event(payload))
                if isinstance(events[-1], OutOfTurn):
                    return events
            if self._frames.error:
                raise self._too_long(self._frames.error)
        except BadFrame as error:
            events.append(self._end(Broken(error)))
        return events

    def _too_long(self, error: FrameTooLong) -> BadFrame:
        """What is wrong with a frame: before the start, limits are lower than for messages."""
        if error.length > MAX_PAYLOAD:
            return error
        if self.state is ConnectionState.NEGOTIATED:
            reason = (
                f"{error.length} bytes are too many for START_API, which has at most {error.limit}"
            )
            return BadFrame(message="START_API", reason=reason)
        return BadFrame(
            message="greeting", reason=f"{error.length} bytes are too many for a greeting"
        )

    def _opening_frame(self, data: bytes) -> bytes | None:
        """The next frame before START_API; none while the greeting is unanswered."""
        if self.state is not ConnectionState.GREETED:
            return self._frames.one(data)
        self._frames.hold(data)
        if self._frames.pending > LONGEST_HASTE:
            raise BadFrame(message="greeting", reason=f"{self._frames.pending} bytes behind it")
        return None

    def _strip_prefix(self, data: bytes, events: list[Event]) -> bytes:
        """Everything after ``API\\0``, once that has arrived."""
        if self._opening is None:
            return data
        self._opening += data
        if self._opening[:1].isdigit():
            old = parse_old_greeting(self._opening)
            if old is not None:
                events.append(self._end(Greeting(old, old, "", None, framed=False)))
            return b""
        if self._opening[:4] != PREFIX[: len(self._opening)]:
            raise BadFrame(message="greeting", found=self._opening[:16], reason="no API prefix")
        if len(self._opening) < len(PREFIX):
            return b""
        rest, self._opening = self._opening[len(PREFIX) :], None
        return rest

    def _event(self, payload: bytes) -> Event:
        if self.state is ConnectionState.OPENED:
            return self._greeted(payload)
        assert self._codecs is not None, "only a greeting comes before the version answer"
        event = self._codecs.take(payload)
        starting = type(event) is StartApi
        if self.state is ConnectionState.NEGOTIATED and starting:
            self.state = advance(self.state, ConnectionEvent.START)
            self._frames.limit = MAX_PAYLOAD
        elif self.state is not ConnectionState.STARTED or starting:
            name = getattr(event, "name", "") or type(event).__name__
            return self._end(OutOfTurn(name, self.state, getattr(event, "error", None)))
        return event

    def _greeted(self, payload: bytes) -> Greeting:
        lowest, highest, options = parse_greeting(payload)
        self.state = advance(self.state, ConnectionEvent.GREETING)
        version = negotiate(lowest, highest, self.highest)
        self.version = version or 0
        return Greeting(lowest, highest, options, version)

    def accept(self, connection_time: str) -> bytes:
        """Return the version reply. Send it alone and in one piece."""
        self.state = advance(self.state, ConnectionEvent.VERSION)
        self._frames.limit = LONGEST_START
        self._codecs = RequestCodecs(self.version)
        return version_reply(self.version, connection_time)

    def send(self, message: Message) -> bytes:
        """A message as bytes."""
        if self.state is not ConnectionState.STARTED:
            raise LocalProtocolError(f"no message while {self.state}")
        return encode(message, self.version)


__all__ = [
    "Broken",
    "ClientConnection",
    "Event",
    "Greeting",
    "Negotiated",
    "OutOfTurn",
    "ServerConnection",
    "Undecodable",
    "UnknownMessage",
    "encode",
    "encoder",
    "head",
]
