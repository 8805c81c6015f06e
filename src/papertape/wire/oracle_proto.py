"""The slow, obvious twin of the protobuf codec: the wire format read and written by hand.

It shares only the rows of ``convert.py`` with ``proto.py``, not the runtime, and knows the byte
offset of everything it sees.
"""

import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from ..errors import LocalProtocolError, RemoteProtocolError
from ..model import OrderComboLeg, TagValue
from .convert import conversion, default_of, evaluate, is_flag
from .message import Message
from .schema import ProtoField, left_out, proto_fields, selector

_VARINT, _FIXED64, _BYTES, _GROUP, _GROUP_END, _FIXED32 = range(6)
_WIRE = {"int32": _VARINT, "int64": _VARINT, "bool": _VARINT, "double": _FIXED64}
_DEEPEST = 32
"""Groups within groups; nothing of the protocol has any."""


class Token(msgspec.Struct, frozen=True):
    """One field of a frame as it stood there."""

    offset: int
    """Index of the text field after the message id, or byte offset in protobuf."""
    name: str
    text: str
    value: Any
    gate: str


# ---------------------------------------------------------------- reading


class _Bytes:
    """A body, or a piece of it, with its place in the whole."""

    def __init__(self, cls: type[Any], body: bytes, base: int = 0) -> None:
        self.cls = cls
        self.body = body
        self.base = base
        self.at = 0

    def fail(
        self, at: int, reason: str, name: str = "", found: object = None
    ) -> RemoteProtocolError:
        return RemoteProtocolError(
            message=self.cls.__name__, field=name or None, offset=self.base + at,
            found=self.body[at : at + 16] if found is None else found, reason=reason,
        )  # fmt: skip

    def varint(self) -> int:
        value = shift = 0
        start = self.at
        for byte in self.body[start : start + 10]:
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (2**64 - 1)
            shift += 7
        raise self.fail(start, "a number is cut short")

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.body):
            raise self.fail(self.at, "the message is cut short")
        self.at += count
        return self.body[self.at - count : self.at]

    def raw(self, number: int, wire: int, depth: int = 0) -> Any:
        """The value behind a key; a group, which we never send, is passed over."""
        if wire == _VARINT:
            return self.varint()
        if wire == _BYTES:
            return self.take(self.varint())
        if wire in (_FIXED64, _FIXED32):
            return self.take(8 if wire == _FIXED64 else 4)
        if wire != _GROUP or depth > _DEEPEST:
            raise self.fail(self.at, f"wire type {wire}")
        while True:
            key = self.varint()
            if key & 7 == _GROUP_END and key >> 3 == number:
                return None
            self.raw(key >> 3, key & 7, depth + 1)

    def entries(self) -> Iterator[tuple[int, int, int, Any]]:
        """(offset, number, wire type, value) of each field."""
        while self.at < len(self.body):
            start = self.at
            key = self.varint()
            if not 0 < key >> 3 < 2**29:
                raise self.fail(start, "no field number")
            yield start, key >> 3, key & 7, self.raw(key >> 3, key & 7)


def read_proto(cls: type[Any], body: bytes) -> tuple[Any, list[Token]]:
    """A message from its protobuf body, and its fields named with their byte offsets.

    Raises ``RemoteProtocolError``. Fields that the schema does not know are passed over.
    """
    strict = issubclass(cls, Message) and cls.spec.request
    reader = _ProtoReader(cls, strict)
    return reader.merge_leg_prices(reader.record(cls, _Bytes(cls, body), "")), reader.seen


class _ProtoReader:
    def __init__(self, cls: type[Any], strict: bool) -> None:
        self.cls = cls
        self.strict = strict
        self.seen: list[Token] = []
        self.prices: dict[int, tuple[Any, float]] = {}
        """Leg and price by id of the leg: protobuf puts it inside, the record keeps it beside."""

    def record(self, cls: Any, data: _Bytes, name: str) -> Any:
        table, found = _table(cls), _flags(cls)
        pieces: dict[str, bytes] = {}
        price = None
        for start, number, wire, raw in data.entries():
            field = table.get(number)
            if field is None or not _fits(field, wire):
                continue
            label = f"{name}{field.proto_name}"
            place = data.base + data.at - (len(raw) if isinstance(raw, bytes) else 0)
            shown = _shown(raw)
            if field.kind == "message" and not field.repeated:
                # A second piece of the same record adds to the first one.
                raw = pieces[field.name] = pieces.get(field.name, b"") + raw
            inner = _Bytes(self.cls, raw, place) if wire == _BYTES else raw
            try:
                value = self.value(field, inner, label)
            except (ValueError, OverflowError):
                raise data.fail(start, f"is no {field.kind}", label, shown) from None
            self.seen.append(Token(data.base + start, label, shown, value, ""))
            if field.name.startswith("+"):
                price = value
            else:
                _store(found, field, value)
        made = cls(**found)
        if price is not None:
            self.prices[id(made)] = made, price
        return made

    def value(self, field: ProtoField, raw: Any, name: str) -> Any:
        if field.kind == "message":
            return self.record(field.record, raw, f"{name}.")
        if field.kind == "map":
            return _pair(raw)
        if field.repeated:
            return list(_repeated(field, raw))
        if field.name.startswith("+"):
            return _plain(field.kind, raw)
        row = conversion(field)
        return evaluate(row.strict if self.strict else row.lenient, _plain(field.kind, raw))

    def merge_leg_prices(self, message: Any) -> Any:
        if self.prices and {"contract", "order"} <= set(type(message).__struct_fields__):
            message.order.orderComboLegs = [
                OrderComboLeg(self.prices.get(id(leg), (leg, None))[1])
                for leg in message.contract.comboLegs
            ]
        return message


@cache
def _table(cls: Any) -> dict[int, ProtoField]:
    return {field.number: field for field in proto_fields(cls)}


def _flags(cls: Any) -> dict[str, Any]:
    """The flags that are set by default: their absence says that they are not."""
    return dict(_set_by_default(cls))


@cache
def _set_by_default(cls: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (field.name, conversion(field).absent)
        for field in proto_fields(cls)
        if _is_scalar(field) and is_flag(field) and default_of(cls, field.name)
    )


def _is_scalar(field: ProtoField) -> bool:
    return not (field.kind in ("map", "message") or field.repeated or field.name.startswith("+"))


def _fits(field: ProtoField, wire: int) -> bool:
    usual = _WIRE.get(field.kind, _BYTES)
    return wire == usual or (field.repeated and wire == _BYTES)


def _store(found: dict[str, Any], field: ProtoField, value: Any) -> None:
    if field.kind == "map":
        pairs = {pair.tag: pair for pair in found.get(field.name, [])} | {value.tag: value}
        found[field.name] = [pairs[tag] for tag in sorted(pairs)]
    elif field.repeated:
        found.setdefault(field.name, []).extend(value if isinstance(value, list) else [value])
    else:
        found[field.name] = value


def _pair(data: _Bytes) -> TagValue:
    pair = {1: "", 2: ""}
    for _, number, wire, raw in data.entries():
        if number in pair and wire == _BYTES:
            pair[number] = raw.decode()
    return TagValue(pair[1], pair[2])


def _repeated(field: ProtoField, raw: Any) -> Iterator[Any]:
    if field.kind == "string" or not isinstance(raw, _Bytes):
        yield _plain(field.kind, raw)
        return
    while raw.at < len(raw.body):
        yield _plain(field.kind, raw.take(8) if field.kind == "double" else raw.varint())


def _plain(kind: str, raw: Any) -> Any:
    """A scalar as the runtime hands it out."""
    if kind == "double":
        return struct.unpack("<d", raw)[0]
    if kind == "string":
        return raw.body.decode()
    if kind == "bool":
        return bool(raw)
    bits = 64 if kind == "int64" else 32
    value = raw & ((1 << bits) - 1)
    return value - (1 << bits) if value >> (bits - 1) else value


def _shown(raw: Any) -> str:
    return raw.hex(" ") if isinstance(raw, bytes) else str(raw)


# ---------------------------------------------------------------- writing


def write_proto(message: Any, version: int) -> bytes:
    """A message's protobuf body, fields in the order of their numbers.

    Raises ``LocalProtocolError`` naming the field that cannot be written.
    """
    return _ProtoWriter(message, version).record(message, "")


class _ProtoWriter:
    def __init__(self, message: Any, version: int) -> None:
        gates = message.spec.proto_gates.items()
        self.hidden = {path for path, gate in gates if version < gate}
        self.prices: dict[int, float | None] = {}
        """Price by id of the leg that it goes into."""
        if {"contract", "order"} <= set(type(message).__struct_fields__):
            pairs = zip(message.contract.comboLegs, message.order.orderComboLegs)
            self.prices = {id(leg): priced.price for leg, priced in pairs}

    def record(self, record: Any, at: str) -> bytes:
        out = b""
        kind: Any = type(record)
        chosen = selector(kind)
        absent = left_out(kind, getattr(record, chosen)) if chosen else frozenset()
        for field in proto_fields(kind):
            path = f"{at}{field.name}"
            if field.name.startswith("+"):
                if (price := self.prices.get(id(record))) is not None:
                    out += _scalar(field.number, field.kind, price)
            elif path not in self.hidden and field.name not in absent:
                out += self.field(field, record, path)
        return out

    def field(self, field: ProtoField, record: Any, path: str) -> bytes:
        value = getattr(record, field.name)
        try:
            if field.kind == "message":
                items = value if field.repeated else () if value is None else (value,)
                inner = (self.record(item, f"{path}.") for item in items)
                return b"".join(_tagged(field.number, _BYTES, piece) for piece in inner)
            return _value(field, value)
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise LocalProtocolError(
                f"{value!r} cannot be sent as {field.kind}",
                message=type(record).__name__, field=path,
            ) from error  # fmt: skip


def _value(field: ProtoField, value: Any) -> bytes:
    if field.kind == "map":
        last = {pair.tag: pair for pair in value}
        return b"".join(_tagged(field.number, _BYTES, _entry(pair)) for pair in last.values())
    if field.repeated:
        return _list(field, value)
    row = conversion(field)
    if value is None or (row.unset and evaluate(row.unset, value)):
        return b""
    return _scalar(field.number, field.kind, evaluate(row.write, value))


def _entry(pair: TagValue) -> bytes:
    return _tagged(1, _BYTES, pair.tag.encode()) + _tagged(2, _BYTES, pair.value.encode())


def _list(field: ProtoField, values: list[Any]) -> bytes:
    if field.kind == "string":
        return b"".join(_scalar(field.number, field.kind, value) for value in values)
    key = len(_number(field.number << 3))
    packed = b"".join(_scalar(field.number, field.kind, value)[key:] for value in values)
    return _tagged(field.number, _BYTES, packed) if values else b""


def _scalar(number: int, kind: str, value: Any) -> bytes:
    if kind == "double":
        return _tagged(number, _FIXED64, struct.pack("<d", float(value)))
    if kind == "string":
        return _tagged(number, _BYTES, value.encode())
    limit = 63 if kind == "int64" else 31
    if not -(1 << limit) <= value < 1 << limit:
        raise ValueError(value)
    return _number(number << 3) + _number(int(value))


def _tagged(number: int, wire: int, payload: bytes) -> bytes:
    length = _number(len(payload)) if wire == _BYTES else b""
    return _number(number << 3 | wire) + length + payload


def _number(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
