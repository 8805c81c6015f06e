"""What the fuzzer calls: bytes in, nothing out, an exception when something is wrong.

Only what a peer may cause is allowed: a message, or an event that says what is wrong and where.
The first bytes of an input choose the version, the message or the way of delivery, so that a
mutation reaches everything. Nothing here needs the fuzzer: the tests replay the corpora.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from papertape.errors import LimitExceeded, LocalProtocolError, RemoteProtocolError
from papertape.versions import MIN_SERVER, RAW_IDS
from papertape.wire import catalogue, connection, oracle
from papertape.wire.catalogue.session import NextValidId, ReqCurrentTime, StartApi
from papertape.wire.connection import (
    PROTOBUF_OFFSET,
    Broken,
    ClientConnection,
    Codecs,
    Greeting,
    Negotiated,
    OutOfTurn,
    ServerConnection,
    Undecodable,
    UnknownMessage,
)
from papertape.wire.framing import MAX_PAYLOAD, FrameReader, frame
from papertape.wire.handshake import ConnectionState, parse_version_reply, version_reply
from papertape.wire.layout import ALWAYS
from papertape.wire.message import Message

Target = Callable[[bytes], None]

VERSIONS = (100, 120, 151, 163, 176, 187, 200, 201, 207, 213, 226)
"""Versions at which much changes; the first byte of an input chooses one."""
TIME = "20260102 10:00:00 UTC"
KINDS = ("text_requests", "text_responses", "proto_requests", "proto_responses")
"""Ways of a message; in the input of ``differential`` the two highest bits choose one."""
REPLAYED = 1 << 16
"""Bytes of a stream that are delivered twice, in two ways."""


class Finding(AssertionError):
    """The wire did what it must not."""


def expect(holds: bool, *facts: object) -> None:
    """Raises ``Finding`` with the facts when something does not hold."""
    if not holds:
        raise Finding(*facts)


# ---------------------------------------------------------------- one body


@cache
def messages(kind: str) -> tuple[type[Message], ...]:
    """The messages of one direction that have this form; the second byte chooses one."""
    table = table_of(kind)
    wanted = (lambda spec: spec.layout is not None) if is_text(kind) else _in_protobuf
    return tuple(table[number] for number in sorted(table) if wanted(table[number].spec))


def _in_protobuf(spec: Any) -> bool:
    return bool(spec.protobuf < ALWAYS)


def is_text(kind: str) -> bool:
    """Whether it is text, else protobuf."""
    return kind.startswith("text")


def table_of(kind: str) -> dict[int, type[Message]]:
    """The messages of this direction."""
    return catalogue.REQUESTS if kind.endswith("requests") else catalogue.RESPONSES


@cache
def codecs(version: int, kind: str) -> Codecs:
    """The decoders of a direction at a version."""
    return Codecs(version, table_of(kind))


def choose(data: bytes, kind: str) -> tuple[type[Message], int, bytes]:
    """Message, version and body of an input."""
    every = messages(kind)
    cls = every[data[1] % len(every)]
    version = VERSIONS[(data[0] & 63) % len(VERSIONS)]
    if not is_text(kind):
        version = max(version, cls.spec.protobuf)
    return cls, version, data[2:]


def chosen(cls: type[Message], version: int, kind: str, body: bytes) -> bytes:
    """The input that chooses these: the reverse of ``choose``."""
    head = KINDS.index(kind) << 6 | VERSIONS.index(version)
    return bytes((head, messages(kind).index(cls))) + body


def payload_of(cls: type[Message], version: int, kind: str, body: bytes) -> bytes:
    """A body with its message id."""
    if not is_text(kind):
        return (cls.spec.id + PROTOBUF_OFFSET).to_bytes(4) + body
    head = cls.spec.id.to_bytes(4) if version >= RAW_IDS else f"{cls.spec.id}\0".encode()
    return head + body


def check(event: Any, cls: type[Message]) -> None:
    """A message of this class, or a refusal with its facts."""
    if isinstance(event, Undecodable):
        check_refusal(event)
        expect(event.name == cls.__name__, event.name)
    else:
        expect(type(event) is cls, event)


def check_refusal(event: Undecodable) -> None:
    """It tells where something is wrong, what stood there, and why that is wrong."""
    error = event.error
    expect(isinstance(error, RemoteProtocolError), error)
    if isinstance(error, LimitExceeded):
        expect(error.size > error.most > 0 and bool(error.message), error)
        return
    expect(bool(error.message or error.reason == "no message id"), error)
    expect(error.offset is not None, error)
    expect(error.reason != error.default_reason, error)
    short = any(word in error.reason for word in ("ends before", "cut short", "expected"))
    expect(short or error.found is not None, error)


def _decoding(kind: str) -> Target:
    def target(data: bytes) -> None:
        if len(data) >= 2:
            cls, version, body = choose(data, kind)
            check(codecs(version, kind).decode(payload_of(cls, version, kind, body)), cls)

    return target


def differential(data: bytes) -> None:
    """The interpreter agrees with the decoder, and what was decoded survives a round trip."""
    if len(data) < 2:
        return
    kind = KINDS[data[0] >> 6]
    cls, version, body = choose(data, kind)
    if is_text(kind) and version >= cls.spec.protobuf:
        version = max(cls.spec.protobuf - 1, MIN_SERVER)
    payload = payload_of(cls, version, kind, body)
    event = codecs(version, kind).decode(payload)
    check(event, cls)
    if isinstance(event, Message):
        _twins_agree(event, version, kind, body)
        _stable(event, version, kind)


def _twins_agree(event: Message, version: int, kind: str, body: bytes) -> None:
    cls = type(event)
    if not cls.__struct_fields__:
        return  # of a message without fields the runtime does not read anything
    if is_text(kind):
        tokens = str(body, "utf-8", "backslashreplace").split("\0")
        twin = oracle.read_text(cls, version, tokens)[0]
    else:
        twin = oracle.read_proto(cls, body)[0]
    # A number may be NaN, which equals nothing.
    expect(repr(twin) == repr(event), "twins", twin, event)


def _stable(event: Message, version: int, kind: str) -> None:
    """What is written of it is read again, and written the same."""
    if version < event.spec.since or version >= event.spec.until:
        return
    try:
        once = connection.encode(event, version)
    except LocalProtocolError:
        return  # a strange value has no form of its own, for instance text that is no ASCII
    again = codecs(version, kind).decode(once[4:])
    expect(type(again) is type(event), "not read again", event, again)
    expect(connection.encode(again, version) == once, "not stable", event, again)  # type: ignore[arg-type]


# ---------------------------------------------------------------- streams


def pieces(data: bytes, sizes: int) -> Iterator[bytes]:
    """A stream cut in pieces, a dozen at most; the bits of ``sizes`` say how."""
    least = 1 + len(data) // 12
    longest, at, step = 1 + (sizes & 15) * (1 + (sizes >> 4)), 0, least
    while at < len(data):
        yield data[at : at + step]
        at, step = at + step, max(step % longest + 1, least)


def framing(data: bytes) -> None:
    """However a stream is cut, the frames are the same, and little is held back."""
    if not data:
        return
    sizes, stream = data[0], data[1:]
    whole, cut = FrameReader(), FrameReader()
    frames = whole.feed(stream)
    found: list[bytes] = []
    for piece in pieces(stream, sizes):
        found += cut.feed(piece)
    expect(found == frames, "cut differently", found, frames)
    expect(str(whole.error) == str(cut.error), whole.error, cut.error)
    read = b"".join(map(frame, frames))
    expect(stream.startswith(read), "not what was sent", frames)
    if whole.error is None:
        expect(whole.pending == cut.pending == len(stream) - len(read), whole.pending)


def handshake(data: bytes) -> None:
    """The opening, at the end that the first byte chooses, out of any bytes."""
    if not data:
        return
    if data[0] & 1:
        end: Any = ClientConnection(highest=VERSIONS[(data[0] >> 1) % len(VERSIONS)])
        end.initiate()
    else:
        end = ServerConnection(highest=VERSIONS[(data[0] >> 1) % len(VERSIONS)])
    for piece in pieces(data[1:], 0xF0 | data[0] & 15):
        for event in end.receive_data(piece):
            check_event(end, event)
            if isinstance(event, Greeting) and event.version is not None and not end.ended:
                answered = parse_version_reply(end.accept(TIME)[4:])
                expect(answered == (event.version, TIME), answered)
                for behind in end.receive_data(b""):
                    check_event(end, behind)
            if isinstance(event, Greeting | Negotiated):
                return  # messages have targets of their own, at few versions


def check_event(end: Any, event: Any) -> None:
    """What a connection may tell; after the last of it, it tells nothing."""
    if isinstance(event, Undecodable):
        check_refusal(event)
    elif isinstance(event, Broken | OutOfTurn):
        expect(end.ended, event)
        expect(end.receive_data(b"\0\0\0\0") == [], event)
    else:
        expect(isinstance(event, Message | Greeting | Negotiated | UnknownMessage), event)


def framed(data: bytes) -> bytes:
    """Frames, each behind one byte with its length; the last takes the rest."""
    out, at = b"", 0
    while at < len(data):
        size = data[at] or len(data)
        out += frame(data[at + 1 : at + 1 + size])
        at += 1 + size
    return out


OPENING = ClientConnection().initiate()
RAW, UNSTARTED = 1, 2
"""Bits of the third byte of a connection's input: the stream as it stands, and no START_API."""


def stream_of(data: bytes) -> tuple[int, int, int, bytes]:
    """Version, sizes of the pieces, flags and stream of a connection's input."""
    raw = data[2] & RAW
    stream = data[3:] if raw else framed(data[3:])
    return VERSIONS[data[0] % len(VERSIONS)], data[1], data[2], stream


def server(data: bytes) -> None:
    """A station's end after the handshake: frames in any pieces tell the same as in one."""
    if len(data) < 3:
        return
    version, sizes, flags, stream = stream_of(data)
    one, other = (ServerConnection(highest=version) for _ in "ab")
    for end in (one, other):
        end.receive_data(OPENING)
        end.accept(TIME)
    start = b"" if flags & UNSTARTED else connection.encode(StartApi(1), version)
    _same_story(one, other, start + stream, sizes)
    if one.state is ConnectionState.STARTED:
        one.send(NextValidId(1))
        one.close()
        expect(one.receive_data(stream) == [], "reads after its end")


def client(data: bytes) -> None:
    """A client's end, from the version answer on."""
    if len(data) < 3:
        return
    version, sizes, flags, stream = stream_of(data)
    one, other = ClientConnection(), ClientConnection()
    for end in (one, other):
        end.initiate()
    answer = b"" if flags & UNSTARTED else version_reply(version, TIME)
    _same_story(one, other, answer + stream, sizes)
    if one.state is ConnectionState.NEGOTIATED and MIN_SERVER <= one.version <= VERSIONS[-1]:
        one.send(StartApi(1))
        one.send(ReqCurrentTime())


def _same_story(one: Any, other: Any, stream: bytes, sizes: int) -> None:
    whole = one.receive_data(stream)
    for event in whole:
        check_event(one, event) if event is whole[-1] else None
    if len(stream) > REPLAYED:
        return
    cut = [event for piece in pieces(stream, sizes) for event in other.receive_data(piece)]
    expect(len(whole) == len(cut), "cut differently", whole, cut)
    expect(_told(whole) == _told(cut), "cut differently", whole, cut)
    expect(one.state is other.state, one.state, other.state)


def _told(events: list[Any]) -> list[str]:
    return [repr(event) for event in events]


TARGETS: dict[str, Target] = {
    "framing": framing,
    "handshake": handshake,
    **{kind: _decoding(kind) for kind in KINDS},
    "server": server,
    "client": client,
    "differential": differential,
}
BORROWED = {"differential": KINDS}
"""Targets that start from the corpora of others."""

assert MAX_PAYLOAD > REPLAYED
