"""Masks who somebody is in a recording: accounts, names, order references, permanent ids.

Each message is decoded, its fields are masked by the catalogue's declarations
(``wire/catalogue/identities.py``), every text is searched for identities that were met, and the
message is encoded again for the recorded version. What cannot be decoded is left out by name. Order
ids, client ids, contracts, prices, sizes and amounts stay.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ..errors import LocalProtocolError, RemoteProtocolError
from ..model import TagValue
from ..wire import oracle
from ..wire.catalogue.identities import Identity, identity_of
from ..wire.connection import PROTOBUF_OFFSET, encode
from ..wire.handshake import greeting, version_reply
from ..wire.message import Message, hints
from ..wire.plan import bare, is_list, is_record, plain
from .conversation import RecordedConversation, Said, WireMark, conversations
from .format import RecordedEvent, RecordingHeader, WireRecording
from .identities import Masks

_LEFT_OUT: Final = (Identity.WHOLE, Identity.SECRET)


class Sanitised(msgspec.Struct):
    """A masked recording, and what became of the other."""

    recording: WireRecording
    messages: int = 0
    masked: int = 0
    """How many different identities were masked."""
    dropped: Counter[str] = msgspec.field(default_factory=Counter)
    """What was left out, by name, and how often."""


def sanitise(recording: WireRecording) -> Sanitised:
    """Mask a recording. The one given is left as it is."""
    masks = Masks()
    found = conversations(recording)
    dropped: Counter[str] = Counter()
    _learn(found, masks)
    events: list[RecordedEvent] = []
    messages = 0
    for one in found:
        dropped.update(reason.partition(": ")[2] for reason in _broken(one))
        for event in _events(one, masks, dropped):
            messages += event.event == "bytes"
            events.append(event)
    events.sort(key=lambda event: event.at)
    header = RecordingHeader(
        recording.header.recording, recording.header.began, "", "sanitised",
        recording.header.timed, recording.header.partial,
    )  # fmt: skip
    result = WireRecording(header, events, recording.problem)
    return Sanitised(result, messages, len(masks.known), dropped)


def _broken(one: RecordedConversation) -> Iterator[str]:
    """What of a conversation was not read at all; single messages are counted by their names."""
    single = {item.problem for item in one.said if item.problem}
    for reason in one.unread:
        if not any(reason.endswith(problem) for problem in single):
            yield reason


# ---------------------------------------------------------------- the fields


class _Row(msgspec.Struct, frozen=True):
    """What is done with a field."""

    name: str
    shape: str
    """text, texts, number, record, records, tags."""
    identity: Identity | None = None
    record: Any = None


@cache
def _rows(cls: Any) -> tuple[_Row, ...]:
    """The fields of a message or record that may say something. Raises ``LookupError``."""
    rows = []
    for name, hint in hints(cls).items():
        kind = plain(hint)
        if is_list(hint):
            element = kind.__args__[0]
            if element is TagValue:
                rows.append(_Row(name, "tags"))
            elif is_record(element):
                rows.append(_Row(name, "records", None, element))
            elif element is str:
                rows.append(_Row(name, "texts", identity_of(cls, name)))
        elif is_record(kind):
            rows.append(_Row(name, "record", None, bare(kind)))
        elif bare(kind) is str:
            rows.append(_Row(name, "text", identity_of(cls, name)))
        elif name in ("permId", "parentPermId"):
            rows.append(_Row(name, "number", Identity.ORDER))
    return tuple(row for row in rows if row.record is None or _rows(row.record))


def _left_out(cls: Any) -> bool:
    return any(row.identity in _LEFT_OUT for row in _rows(cls))


def _fields(record: Any) -> Iterator[tuple[Any, _Row]]:
    """Each record in a message with each of its fields that may say something."""
    cls: Any = type(record)
    for row in _rows(cls):
        value = getattr(record, row.name)
        if row.shape == "record":
            if value is not None:
                yield from _fields(value)
        elif row.shape == "records":
            for element in value or ():
                yield from _fields(element)
        elif value:
            yield record, row


def _learn(found: list[RecordedConversation], masks: Masks) -> None:
    """Mask the fields that are identities, in the order in which they were said."""
    said = sorted((item for one in found for item in one.said), key=lambda item: item.at)
    for item in said:
        if item.message is None:
            continue
        try:
            if item.message.spec.secret or _left_out(type(item.message)):
                raise LookupError(f"{item.name}, which cannot be masked")
            _mask(item.message, masks)
        except LookupError as error:
            item.message, item.problem = None, str(error)


def _mask(message: Any, masks: Masks) -> None:
    for record, row in _fields(message):
        value = getattr(record, row.name)
        if row.identity is None:
            continue
        if row.shape == "number":
            setattr(record, row.name, masks.number(value))
        elif row.identity is Identity.ADDRESS:
            setattr(record, row.name, [] if row.shape == "texts" else "")
        elif row.shape == "texts":
            setattr(record, row.name, [masks.text(row.identity, one) for one in value])
        else:
            setattr(record, row.name, masks.text(row.identity, value))


def _search(message: Any, masks: Masks) -> None:
    """Mask what known identities stand in the other texts."""
    for record, row in _fields(message):
        if row.identity is not None:
            continue
        value = getattr(record, row.name)
        if row.shape == "text":
            setattr(record, row.name, masks.searched(value))
        elif row.shape == "texts":
            setattr(record, row.name, [masks.searched(one) for one in value])
        else:
            tags = [replace(tag, value=masks.searched(tag.value)) for tag in value]
            setattr(record, row.name, tags)


# ---------------------------------------------------------------- the bytes again


def _events(
    one: RecordedConversation, masks: Masks, dropped: Counter[str]
) -> Iterator[RecordedEvent]:
    yield RecordedEvent(one.opened, one.connection, "opened")
    if not one.version:
        return
    opening = greeting(one.lowest, one.highest, masks.searched(one.options))
    yield RecordedEvent(one.greeted, one.connection, "bytes", "client", opening)
    reply = version_reply(one.version, masks.searched(one.connection_time))
    yield RecordedEvent(one.answered, one.connection, "bytes", "server", reply)
    for item in one.items:
        if isinstance(item, WireMark):
            if item.event not in ("opened", "lost"):
                yield RecordedEvent(item.at, one.connection, item.event, item.sender)
            continue
        try:
            data = _encoded(item, one.version, masks, dropped)
        except LookupError as error:
            dropped[str(error)] += 1
            note = str(error).partition(":")[0]
            yield RecordedEvent(item.at, one.connection, "dropped", item.sender, note=note)
        else:
            yield RecordedEvent(item.at, one.connection, "bytes", item.sender, data)


def _encoded(item: Said, version: int, masks: Masks, dropped: Counter[str]) -> bytes:
    """The masked message as a frame. Raises ``LookupError`` with its name when there is none."""
    if item.message is None:
        raise LookupError(item.problem)
    message: Message = item.message
    _search(message, masks)
    try:
        data = encode(message, version)
    except LocalProtocolError as error:
        raise LookupError(f"{item.name}, which cannot be encoded again: {error}") from error
    if masks.leaks(data):
        raise LookupError(f"{item.name}, which still names somebody")
    for name in _unknown_fields(item) if data[4:] != item.payload else ():
        dropped[f"{item.name}: {name}"] += 1
    return data


def _unknown_fields(item: Said) -> Iterator[str]:
    """Protobuf fields that the catalogue does not know; encoding again leaves them out."""
    number = int.from_bytes(item.payload[:4])
    if item.payload[:1].isdigit() or number <= PROTOBUF_OFFSET:
        return
    seen: list[oracle.Token] = []
    try:
        oracle.read_proto(type(item.message), item.payload[4:], seen)
    except (RemoteProtocolError, ValueError, OverflowError):
        yield "a field that cannot be read"
    for token in seen:
        if token.note:
            yield f"field {token.number}, {token.note}"
