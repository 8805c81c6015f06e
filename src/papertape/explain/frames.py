"""Explains one frame field by field, for ``papertape explain``.

The interpreters (``oracle.py``, ``oracle_proto.py``) read the frame and report each field and the
gate that put it there; this module adds its byte offsets and the parts they skipped, and bounds
what is kept. It never raises on bytes: an error becomes a ``Finding``. ``stream.py`` finds the
frames.
"""

from array import array
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Any, Literal

import msgspec

from ..errors import RemoteProtocolError
from ..versions import RAW_IDS
from ..wire import catalogue, oracle
from ..wire.connection import PROTOBUF_OFFSET
from ..wire.layout import ALWAYS
from ..wire.message import Message

Sender = Literal["client", "server"]
"""Who sent the bytes."""
_WIRE_TYPES = ("varint", "fixed64", "bytes", "group", "end of group", "fixed32")


class Limits(msgspec.Struct, frozen=True):
    """How much of one message is kept. A hostile frame may hold 16 MB."""

    text: int = 200
    """Characters of a value."""
    fields: int = 20_000
    """Fields of a message: 2,500 historical bars."""


USUAL = Limits()
READ_FIELDS = 1_000_000
"""Fields of a message that are read at all: more than any real one has; takes seconds."""


class FieldRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of a frame."""

    offset: int
    """Bytes from the start of the input."""
    body_offset: int
    """Bytes from the start of the body, which begins after the length and the message id."""
    name: str
    """Path from the message."""
    raw: str
    """Text: the token. Protobuf: key, length and value in hexadecimal; a record has no value."""
    value: Any
    """The value; None for a constant, a record, or a skipped part."""
    gate: str = ""
    """Versions and conditions under which it is present; "" for always."""
    number: int = 0
    """Protobuf: the field's number."""
    wire_type: str = ""
    """Protobuf: varint, fixed64, bytes …"""
    note: str = ""
    """Why it was skipped."""


class Finding(msgspec.Struct, frozen=True):
    """An error, and where it is."""

    reason: str
    offset: int
    """Bytes from the start of the input."""
    message: str = ""
    field: str = ""
    body_offset: int | None = None
    """Bytes from the start of the body; None for an error outside of a body."""
    found: Any = None

    def __str__(self) -> str:
        place = ".".join(part for part in (self.message, self.field) if part)
        found = "" if self.found is None else f", found {self.found!r}"
        return f"{f'{place}: ' if place else ''}{self.reason} (offset {self.offset}{found})"


class Explained(msgspec.Struct, frozen=True):
    """One message, or bytes that should have been one."""

    offset: int
    """Offset of the frame (its length) in the input."""
    length: int
    """Length of the payload, as the frame announces it."""
    sender: Sender
    name: str
    """Official name of the message; "" when it is unknown."""
    id: int | None
    format: Literal["text", "protobuf", "handshake", ""]
    version: int
    """Server version it was read with."""
    fields: list[FieldRow]
    problem: Finding | None = None
    notes: tuple[str, ...] = ()
    version_from: str = ""
    """Source of the version: given, handshake, offered, newest, guessed."""
    sender_from: str = ""
    """Source of the direction: given, handshake, recorded, guessed."""

    @property
    def clean(self) -> bool:
        """Whether every byte is accounted for: no error, nothing skipped."""
        return self.problem is None and not any(row.note for row in self.fields)


class _Enough(Exception):
    """More fields than are read."""


class _Kept(list[oracle.Token]):
    """The first tokens, and how many there were."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.total = 0

    def append(self, token: oracle.Token) -> None:
        """Keep a field while there is room. Raises ``_Enough`` when no more need be read."""
        self.total += 1
        if self.total > READ_FIELDS:
            raise _Enough
        if len(self) < self.limit:
            super().append(token)


def explain(
    payload: bytes, sender: Sender, version: int, *, at: int = 0, limits: Limits = USUAL
) -> Explained:
    """Explain a frame's payload (without its length) as a message of this server version.

    ``at`` is the offset of the frame in the input. Never raises.
    """
    table = catalogue.REQUESTS if sender == "client" else catalogue.RESPONSES
    frame = _Frame(payload, sender, version, at, limits)
    if version < RAW_IDS:
        head, nul, _ = payload.partition(b"\0")
        if not nul or not head.isdigit() or len(head) > 9 or str(int(head)).encode() != head:
            return frame.unreadable("the id of the message is not a number", head[:16])
        return frame.text(table, int(head), len(head) + 1)
    if len(payload) < 4:
        return frame.unreadable("too short for the id of a message", payload)
    number = int.from_bytes(payload[:4])
    if number > PROTOBUF_OFFSET:
        return frame.proto(table, number - PROTOBUF_OFFSET)
    return frame.text(table, number, 4)


class _Frame:
    """One payload and its offset."""

    def __init__(
        self, payload: bytes, sender: Sender, version: int, at: int, limits: Limits
    ) -> None:
        self.payload = payload
        self.sender = sender
        self.version = version
        self.at = at
        self.limits = limits
        self.start = 0
        """Offset of the body in the payload."""

    def unreadable(self, reason: str, found: bytes) -> Explained:
        """Explain a frame whose id is unreadable."""
        problem = Finding(reason + self._other_ids(), self.at + 4, found=readable(found))
        return self._explained("", None, "", [], problem, ())

    def _other_ids(self) -> str:
        text = self.payload[:1].isdigit()
        if text == (self.version < RAW_IDS):
            return ""
        other = f"below {RAW_IDS}" if text else f"from {RAW_IDS} on"
        return f": ids are written as by server versions {other}, this is {self.version}"

    def text(self, table: dict[int, type[Message]], number: int, start: int) -> Explained:
        """Explain a text message."""
        self.start = start
        pieces = self.payload[start:].split(b"\0")
        places = array("L", accumulate((len(piece) + 1 for piece in pieces), initial=0))
        tokens = str(self.payload[start:], "utf-8", "backslashreplace").split("\0")
        cls = table.get(number)
        if cls is None or cls.spec.layout is None:
            rows = [self._left(i, tokens[i], places) for i in range(self._few(len(tokens) - 1))]
            name = cls.__name__ if cls else ""
            unknown = self._unknown(number, name, "text")
            return self._explained(name, number, "text", rows, unknown, ())
        seen = _Kept(self.limits.fields)
        problem = self._read_text(cls, tokens, places, seen)
        rows = [self._text_row(token, places) for token in seen]
        left = range(seen.total, len(tokens) - 1) if seen.total == len(seen) else range(0)
        rows += [self._left(i, tokens[i], places) for i in left[: self.limits.fields - len(rows)]]
        notes = self._notes(cls, number, "text", more=max(seen.total, len(tokens) - 1) - len(rows))
        return self._explained(cls.__name__, number, "text", rows, problem, notes)

    def _read_text(
        self, cls: type[Message], tokens: list[str], places: Sequence[int], seen: _Kept
    ) -> Finding | None:
        last = len(tokens) - 1  # what follows the last NUL: nothing, if the message is complete
        problem, ended = None, False
        try:
            oracle.read_text(cls, self.version, tokens, seen)
        except _Enough:
            return None
        except RemoteProtocolError as error:
            problem = self._problem(error, places[min(error.offset or 0, last)])
            ended = problem.field != "" and (error.offset or 0) >= last
        if tokens[last]:
            if problem is None or ended or not problem.field:
                reason = "the message ends within this field: no NUL follows"
                name = seen[-1].name if seen.total == len(seen) == last + 1 else ""
                problem = self._cut(cls, reason, name, places[last], tokens[last])
        elif seen.total > last and len(seen) == seen.total:  # the empty rest was taken for a field
            token = seen.pop()
            ended = True
            problem = self._cut(cls, _ends(token.gate), token.name, places[last])
        elif ended and problem:
            problem = self._cut(cls, _ends(""), problem.field, places[last])
        return problem

    def _cut(
        self, cls: type[Message], reason: str, name: str, place: int, found: str | None = None
    ) -> Finding:
        return Finding(reason, self._offset(place), cls.__name__, name, place, self._short(found))

    def _text_row(self, token: oracle.Token, places: Sequence[int]) -> FieldRow:
        place = places[token.offset]
        raw, value = self._short(token.text), self._short(token.value)
        return FieldRow(self._offset(place), place, token.name, raw, value, token.gate)

    def _left(self, i: int, token: str, places: Sequence[int]) -> FieldRow:
        name, place = f"#{i + 1}", places[i]
        return FieldRow(self._offset(place), place, name, self._short(token), None, note="not read")

    def proto(self, table: dict[int, type[Message]], number: int) -> Explained:
        """Explain a protobuf message."""
        self.start = 4
        body = self.payload[4:]
        cls = table.get(number)
        known = cls is not None and cls.spec.protobuf < ALWAYS
        seen = _Kept(self.limits.fields)
        problem: Finding | None = None
        readable_as: type[Any] = cls if cls and known else Unknown
        try:
            oracle.read_proto(readable_as, body, seen)
        except _Enough:
            pass
        except RemoteProtocolError as error:
            after = f", after {seen[-1].name}" if seen and not error.field else ""
            problem = self._problem(error, error.offset or 0, after)
        except (ValueError, OverflowError) as error:  # a record that the parts do not form
            problem = Finding(str(error), self._offset(0), cls.__name__ if cls else "", "", 0)
        name = cls.__name__ if cls else ""
        gates = _proto_gates(cls) if cls and known else {}
        rows = [self._proto_row(token, body, gates) for token in seen]
        if cls is None or not known:
            problem = self._unknown(number, name, "protobuf")
        more = seen.total - len(rows)
        notes = self._notes(cls, number, "protobuf", more=more) if cls else ()
        return self._explained(name, number, "protobuf", rows, problem, notes)

    def _proto_row(self, token: oracle.Token, body: bytes, gates: dict[str, str]) -> FieldRow:
        raw = body[token.offset : token.end]
        shown = raw[: self.limits.text].hex(" ")
        if len(raw) > self.limits.text:
            shown += f" … ({len(raw)} bytes)"
        gate = "" if token.note else gates.get(_plain_path(token.name), gates.get("", ""))
        return FieldRow(
            self._offset(token.offset), token.offset, token.name, shown, self._short(token.value),
            gate, token.number, _WIRE_TYPES[token.wire], token.note,
        )  # fmt: skip

    # ---------------------------------------------------------------- what both share

    def _offset(self, place: int) -> int:
        return self.at + 4 + self.start + place

    def _few(self, count: int) -> int:
        return min(count, self.limits.fields)

    def _problem(self, error: RemoteProtocolError, place: int, more: str = "") -> Finding:
        found = error.found
        found = [self._short(one) for one in found] if isinstance(found, list) else found
        return Finding(
            error.reason + more, self._offset(place), error.message or "", error.field or "", place,
            self._short(readable(found) if isinstance(found, bytes) else found),
        )  # fmt: skip

    def _unknown(self, number: int, name: str, form: str) -> Finding:
        if name:
            return Finding(f"has no {form} form", self.at + 4, name, found=number)
        other = catalogue.RESPONSES if self.sender == "client" else catalogue.REQUESTS
        reason = f"no message from the {self.sender} has the id {number}"
        if number in other:
            sender = "server" if self.sender == "client" else "client"
            reason += f"; from the {sender} it is {other[number].__name__}"
        return Finding(reason, self.at + 4, found=number)

    def _notes(self, cls: type[Message], number: int, form: str, *, more: int) -> tuple[str, ...]:
        spec, notes = cls.spec, []
        if self.version < spec.since:
            notes.append(f"exists from server version {spec.since} on")
        if self.version >= spec.until:
            notes.append(f"ended with server version {spec.until - 1}")
        if form == "protobuf" and self.version < spec.protobuf:
            notes.append(f"travels as protobuf from server version {spec.protobuf} on")
        if form == "text" and self.version >= spec.protobuf:
            notes.append(f"servers of version {self.version} send it as protobuf")
        if more > READ_FIELDS - self.limits.fields:
            notes.append(f"what follows the first {READ_FIELDS} fields was not read")
        elif more > 0:
            notes.append(f"{more} more fields are not listed")
        return tuple(notes)

    def _short(self, value: Any) -> Any:
        return shortened(value, self.limits.text)

    def _explained(
        self, name: str, number: int | None, form: Any, rows: list[FieldRow],
        problem: Finding | None, notes: tuple[str, ...],
    ) -> Explained:  # fmt: skip
        return Explained(
            self.at, len(self.payload), self.sender, name, number, form, self.version, rows,
            problem, notes,
        )  # fmt: skip


def _ends(gate: str) -> str:
    return f"the message ends before this field ({gate or 'every version'})"


class Unknown(msgspec.Struct):
    """Explain a message that the catalogue lacks: all its fields are unknown."""


@cache
def _proto_gates(cls: type[Message]) -> dict[str, str]:
    """Gate by path; "" is everything else: the version that moved the message to protobuf."""
    spec = cls.spec
    gated = {path: f"since {gate}" for path, gate in spec.proto_gates.items() if gate < ALWAYS}
    return {"": f"protobuf since {spec.protobuf}", **gated}


def _plain_path(name: str) -> str:
    """A path without indices."""
    return ".".join(part.partition("[")[0] for part in name.split("."))


def shortened(value: Any, limit: int) -> Any:
    """Text or a list, cut at the limit with a note of its length."""
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]}… ({len(value)} characters)"
    if isinstance(value, list):
        kept = [shortened(one, limit) for one in value[:limit]]
        return [*kept, f"… ({len(value)} elements)"] if len(value) > limit else kept
    if isinstance(value, msgspec.Struct):
        return {name: shortened(one, limit) for name, one in msgspec.structs.asdict(value).items()}
    return value


def readable(found: bytes) -> str:
    """A few bytes for an error message: as text if they are, else in hexadecimal."""
    text = found.decode("ascii", "replace")
    return text if text.isascii() and text.isprintable() else found.hex(" ")


def encoded(explained: Explained) -> bytes:
    """One line of JSON; decimals as text, to keep all digits."""
    return _JSON.encode(explained)


def _to_json(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no place in an explanation")


_JSON = msgspec.json.Encoder(enc_hook=_to_json, decimal_format="string")
