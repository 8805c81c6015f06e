"""Bytes -> callbacks: splits received bytes into frames and calls the wrapper for each.

There is one per connection, used only by the thread that processes the queue. After an exception in
a callback it continues with the next message, if the caller goes on.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any

from ..versions import RAW_IDS
from ..wire import catalogue, proto
from ..wire.connection import (
    PROTOBUF_OFFSET,
    Codecs,
    Undecodable,
    UnknownMessage,
)
from ..wire.framing import MAX_PAYLOAD
from . import errors
from .callbacks import protobuf_callback
from .emit import from_message, from_protobuf, from_tokens
from .emit_objects import from_text
from .wrapper import EWrapper

Tell = Callable[[int, errors.CodeMsgPair, str], None]
Handle = Callable[[Any], None]
_LENGTH = Struct(">I").unpack_from
_LONG = 1 << 20
"""Frames above this many bytes are checked before they are parsed. They arrive in several parts."""
_LARGE = 256
"""Text messages above this many bytes go to their handler unsplit: most have a special decoder."""


class Dispatcher:
    """Dispatches the frames of one connection, in order."""

    def __init__(self, version: int, wrapper: Any, tell: Tell) -> None:
        self.version = version
        self.raw = version >= RAW_IDS
        self.wrapper = wrapper
        self.tell = tell
        self.codecs = Codecs(version, catalogue.RESPONSES, sentinels=True)
        self.broken = False
        """Whether the bytes stopped being frames: nothing more can be read."""
        self.interrupted = False
        """A callback raised; ``feed(b"")`` goes on with the next message."""
        self._handlers = _Handlers(self.handler)
        self._large = _Handlers(self.large_handler)
        self._rest = b""
        self._parts: list[bytes] = []
        self._missing = 0
        self._is_long = False
        """Whether the incomplete frame is a long one."""
        self._stop: list[bool] = []

    def stop(self) -> None:
        """Make no more callbacks, not even for messages already received."""
        self._stop.append(True)

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return bool(self._stop)

    def feed(self, chunk: bytes) -> None:
        """Call the wrapper for every message that these bytes complete."""
        if self._missing > len(chunk):  # a long frame comes in pieces: do not join each time
            self._parts.append(chunk)
            self._missing -= len(chunk)
            return
        data = b"".join((self._rest, *self._parts, chunk)) if self._parts else self._rest + chunk
        self._parts.clear()
        self._missing = 0
        self._rest = b""
        if self._is_long:
            data = self._without_excess(data)
        self.interrupted = True
        (self._feed_raw if self.raw else self._feed_text)(data)
        self.interrupted = False

    def _feed_text(self, data: bytes) -> None:
        """Frames that begin with the message id as text."""
        handlers, large, stop = self._handlers, self._large, self._stop
        start, size = 0, len(data)
        try:
            while start + 4 <= size and not stop:
                body = start + 4
                end = body + _LENGTH(data, start)[0]
                if end > size:
                    self._wait(end - size, end - body)
                    break
                start = end
                if end - body > _LARGE:
                    large[data[body : data.find(b"\0", body, end)]](data[body:end])
                else:
                    fields = data[body:end].split(b"\0")
                    handlers[fields[0]](fields)
        finally:
            self._rest = data[start:]

    def _feed_raw(self, data: bytes) -> None:
        """Frames that begin with the message id as four bytes."""
        handlers, stop = self._handlers, self._stop
        start, size = 0, len(data)
        try:
            while start + 4 <= size and not stop:
                body = start + 4
                end = body + _LENGTH(data, start)[0]
                if end > size:
                    self._wait(end - size, end - body)
                    break
                start = end
                handlers[data[body : body + 4]](data[body + 4 : end])
        finally:
            self._rest = data[start:]

    def _without_excess(self, data: bytes) -> bytes:
        """Drop the first frame if it exceeds the limits of its message; return the rest."""
        self._is_long = False
        end = 4 + _LENGTH(data, 0)[0]
        excess = self.codecs.excess(data[4:end]) if end <= len(data) else None
        if not isinstance(excess, Undecodable):
            return data
        self.tell(-1, errors.BAD_MESSAGE, f": {excess.error}")
        return data[end:]

    def _wait(self, missing: int, length: int) -> None:
        self._is_long = length > _LONG
        if length > MAX_PAYLOAD:
            self.broken = True
            self.stop()
            told = f": {length} bytes announced, the limit is {MAX_PAYLOAD}"
            self.tell(-1, errors.BAD_LENGTH, told)
        self._missing = missing

    # ------------------------------------------------------------ what a message id does

    def handler(self, token: bytes) -> Handle:
        """The handler for a message id as it is in the frame; for text it takes the fields."""
        if self.raw:
            number = int.from_bytes(token)
            if number > PROTOBUF_OFFSET:
                return self.protobuf_handler(number - PROTOBUF_OFFSET, token)
            return self._for_text(number, token)
        fields = self._from_fields(token)
        if fields is not None:
            return fields
        whole = self._for_text(_number(token), b"")
        return lambda fields: whole(b"\0".join(fields))

    def large_handler(self, token: bytes) -> Handle:
        """Like ``handler`` for text, but the handler takes the payload."""
        fields = self._from_fields(token)
        if fields is None:
            return self._for_text(_number(token), b"")
        known = fields
        return lambda payload: known(payload.split(b"\0"))

    def _from_fields(self, token: bytes) -> Handle | None:
        cls = catalogue.RESPONSES.get(_number(token))
        make = from_tokens(cls, self.version, False) if cls is not None else None
        return make(self.wrapper, self._for_any(b"")) if make is not None else None

    def _for_text(self, number: int, head: bytes) -> Handle:
        """The handler for the payload of a text message, without ``head``."""
        cls, slow = catalogue.RESPONSES.get(number), self._for_any(head)
        if cls is None:
            return slow
        make = from_tokens(cls, self.version, True) if self.raw else None
        make = make or from_text(cls, self.version, self.raw)
        handle: Handle = make(self.wrapper, slow) if make is not None else slow
        return handle

    def protobuf_handler(self, number: int, token: bytes) -> Handle:
        """The handler for the body of a protobuf message; ``token`` is its id in the frame."""
        plain = self._for_any(token)
        cls = catalogue.RESPONSES.get(number)
        if cls is None:
            return plain
        name = protobuf_callback(cls)
        if not self._overridden(name):
            make = from_protobuf(cls, self.version)
            return make(self.wrapper, plain) if make else plain
        parse, wrapper = proto.message_class(cls).FromString, self.wrapper
        decode = self.codecs.decode

        def handle(body: bytes) -> None:
            if not isinstance(decode(token + body), Undecodable):
                getattr(wrapper, name)(parse(body))
            return plain(body)

        return handle

    def _overridden(self, name: str) -> bool:
        """Whether the program overrides the callback that takes the protobuf message."""
        own = getattr(self.wrapper, name, None) if name else None
        return own is not None and getattr(own, "__func__", own) is not vars(EWrapper)[name]

    def _for_any(self, head: bytes) -> Callable[[bytes], None]:
        """The general handler, through the catalogue's decoder."""
        decode, version, wrapper = self.codecs.decode, self.version, self.wrapper
        in_text = int.from_bytes(head) <= PROTOBUF_OFFSET

        def handle(body: bytes) -> None:
            message = decode(head + body)
            if isinstance(message, Undecodable):
                self.tell(-1, errors.BAD_MESSAGE, f": {message.error}")
            elif isinstance(message, UnknownMessage):
                self.tell(-1, errors.UNKNOWN_ID, f" {message.message_id}")
            else:
                from_message(type(message), version, in_text)(message, wrapper)

        return handle


def _number(token: bytes) -> int:
    """The message id that a token spells, -1 for none."""
    return int(token) if token.isdigit() and len(token) < 10 else -1


class _Handlers(dict[bytes, Handle]):
    """Built on first use; bounded, so that a peer that sends ids of its own cannot fill it."""

    def __init__(self, make: Callable[[bytes], Handle]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, token: bytes) -> Handle:
        handle = self.make(token)
        if len(token) < 10 and len(self) < 2 * len(catalogue.RESPONSES):
            self[token] = handle
        return handle
