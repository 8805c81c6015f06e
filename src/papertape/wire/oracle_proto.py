"""The slow, obvious twin of the protobuf codec: the wire format read by hand.

It shares only the rows of ``convert.py`` with ``proto.py``, not the runtime, and knows the byte
offset of everything it sees.
"""

import math
import struct
from collections.abc import Iterator, Sized
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from ..errors import RemoteProtocolError
from ..model import OrderComboLeg, TagValue
from .limits import MOST_ELEMENTS, too_many, unexplained
from .message import Message
from .proto_scalars import conversion, evaluate, is_cleared
from .schema import ProtoField, proto_fields

_VARINT, FIXED64, BYTES, _GROUP, _GROUP_END, _FIXED32 = range(6)
_WIRE = {"int32": _VARINT, "int64": _VARINT, "bool": _VARINT, "double": FIXED64}
_DEEPEST = 99
"""Groups within groups, as many as the runtime reads; nothing of the protocol has any."""
_SHOWN = 64
"""Bytes of a value that an error quotes."""


class Token(msgspec.Struct, frozen=True):
    """One field of a frame."""

    offset: int
    """Index of the text field after the message id, or byte offset in protobuf."""
    name: str
    text: str
    value: Any
    gate: str
    end: int = 0
    """Protobuf: the byte after it; of a record, the first byte inside."""
    number: int = 0
    """Protobuf: the field's number."""
    wire: int = -1
    """Protobuf: the wire type."""
    note: str = ""
    """Protobuf: why it was skipped."""


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

    def varint(self, longest: int = 10) -> int:
        value = shift = 0
        start = self.at
        for byte in self.body[start : start + longest]:
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (2**64 - 1)
            shift += 7
        raise self.fail(start, "a number is cut short, or too long")

    def key(self, lowest: int = 1) -> int:
        """Number and wire type of a field: 32 bits in five bytes at most, as the runtime wants."""
        start = self.at
        key = self.varint(5)
        if not lowest <= key >> 3 < 2**29:
            raise self.fail(start, "no field number")
        return key

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.body):
            raise self.fail(self.at, "the message is cut short")
        self.at += count
        return self.body[self.at - count : self.at]

    def raw(self, number: int, wire: int, depth: int = 0) -> Any:
        """The value after a key; a group, which we never send, is skipped."""
        if wire == _VARINT:
            return self.varint()
        if wire == BYTES:
            return self.take(self.varint(5))
        if wire in (FIXED64, _FIXED32):
            return self.take(8 if wire == FIXED64 else 4)
        if wire != _GROUP or depth > _DEEPEST:
            raise self.fail(self.at, f"wire type {wire}")
        while True:
            key = self.key(lowest=0)  # the runtime does not check numbers in what it skips
            if key & 7 == _GROUP_END and key >> 3 == number:
                return None
            self.raw(key >> 3, key & 7, depth + 1)

    def entries(self) -> Iterator[tuple[int, int, int, Any]]:
        """(offset, number, wire type, value) of each field."""
        while self.at < len(self.body):
            start = self.at
            key = self.key()
            yield start, key >> 3, key & 7, self.raw(key >> 3, key & 7)


def read_proto(
    cls: type[Any], body: bytes, seen: list[Token] | None = None, *, most: float = math.inf
) -> tuple[Any, list[Token]]:
    """A message from its protobuf body, and its fields named with their byte offsets.

    Raises ``RemoteProtocolError``; ``seen`` then holds what stands before the bad field. Fields
    that the schema does not know are passed over. No more than ``most`` fields are looked at.
    """
    strict = issubclass(cls, Message) and cls.spec.request
    reader = _ProtoReader(cls, strict, [] if seen is None else seen, most)
    return reader.merge_leg_prices(reader.record(cls, _Bytes(cls, body), "")), reader.seen


class _Partial:
    """A record while its fields are read, perhaps in several parts."""

    def __init__(self, cls: Any, strict: bool) -> None:
        self.cls = cls
        self.found: dict[str, Any] = _cleared(cls) if strict else {}
        self.inner: dict[str, _Partial] = {}
        self.maps: dict[str, dict[str, TagValue]] = {}
        self.price: tuple[()] | tuple[Any] = ()
        self.bad: dict[str, RemoteProtocolError] = {}
        """Fields whose value a later one may still replace."""


class _ProtoReader:
    def __init__(self, cls: type[Any], strict: bool, seen: list[Token], most: float) -> None:
        self.cls = cls
        self.most = most
        self.strict = strict
        self.seen = seen
        self.priced = {"contract", "order"} <= set(cls.__struct_fields__)
        """Whether prices inside of legs count."""
        self.prices: dict[int, tuple[Any, float]] = {}
        """Leg and price by id of the leg: protobuf puts it inside, the record keeps it beside."""

    def record(self, cls: Any, data: _Bytes, name: str) -> Any:
        partial = _Partial(cls, self.strict)
        self.fill(partial, data, name)
        return self.made(partial)

    def fill(self, partial: _Partial, data: _Bytes, name: str) -> None:
        table = _table(partial.cls)
        for start, number, wire, raw in data.entries():
            if len(self.seen) >= self.most:
                raise data.fail(start, unexplained(self.most))
            token = Token(
                data.base + start, f"{name}#{number}", _shown(raw), None, "",
                data.base + data.at, number, wire,
            )  # fmt: skip
            field = table.get(number)
            if field is None:
                self.note(token, note="unknown field, passed over")
            elif not _fits(field, wire):
                self.note(token, note=f"no {field.kind} of {field.proto_name}, passed over")
            else:
                named = replace(token, name=f"{name}{field.proto_name}")
                inner = _Bytes(self.cls, raw, token.end - len(raw)) if wire == BYTES else raw
                self.field(partial, field, named, inner)

    def note(self, token: Token, **facts: Any) -> None:
        self.seen.append(replace(token, **facts))

    def field(self, partial: _Partial, field: ProtoField, token: Token, raw: Any) -> None:
        if field.kind == "message":
            self.piece(partial, field, token, raw)
            return
        try:
            value = self.value(field, raw)
        except (ValueError, OverflowError) as error:
            bad = RemoteProtocolError(
                message=self.cls.__name__, field=token.name, offset=token.offset,
                found=token.text, reason=f"is not a valid {field.kind}",
            )  # fmt: skip
            if isinstance(error, UnicodeDecodeError):
                raise bad from None
            partial.bad[field.name] = bad
            return
        partial.bad.pop(field.name, None)  # the last one counts
        if field.kind == "map" and value is None:
            self.note(token, note="a pair with unknown fields, passed over")
            return
        self.note(token, value=value)
        if field.name.startswith("+"):
            partial.price = (value,)
        elif field.kind == "map":
            pairs = partial.maps.setdefault(field.name, {})
            pairs[value.tag] = value
            self.few(pairs, token)
        elif field.repeated:
            self.few(_extend(partial.found, field, value), token)
        else:
            partial.found[field.name] = value

    def few(self, items: Sized, token: Token) -> None:
        if self.strict and len(items) > MOST_ELEMENTS:
            place = {"message": self.cls.__name__, "field": token.name, "offset": token.offset}
            raise too_many(len(items), **place)

    def piece(self, partial: _Partial, field: ProtoField, token: Token, data: _Bytes) -> None:
        """Read a record; a second part of the same record is merged into the first."""
        count = f"[{len(partial.found.get(field.name, ()))}]" if field.repeated else ""
        name = token.name + count
        self.note(token, name=name, end=data.base)
        if field.repeated:
            items = _extend(partial.found, field, [self.record(field.record, data, f"{name}.")])
            self.few(items, token)
        else:
            inner = partial.inner.setdefault(field.name, _Partial(field.record, self.strict))
            self.fill(inner, data, f"{name}.")

    def made(self, partial: _Partial) -> Any:
        for error in partial.bad.values():
            raise error
        for field in _table(partial.cls).values():
            if field.kind == "message" and field.python is field.record:
                # A record that must be there is an empty one when it is absent.
                partial.inner.setdefault(field.name, _Partial(field.record, self.strict))
        nested = {name: self.made(inner) for name, inner in partial.inner.items()}
        for name, pairs in partial.maps.items():
            nested[name] = [pairs[tag] for tag in sorted(pairs)]
        made = partial.cls(**partial.found, **nested)
        if partial.price and self.priced:
            self.prices[id(made)] = made, *partial.price
        return made

    def value(self, field: ProtoField, raw: Any) -> Any:
        if field.kind == "map":
            return _pair(raw)
        if field.repeated:
            return list(_repeated(field, raw))
        if field.name.startswith("+") and not self.priced:
            return _plain(field.kind, raw)
        row = conversion(field)
        return evaluate(row.strict if self.strict else row.lenient, _plain(field.kind, raw))

    def merge_leg_prices(self, message: Any) -> Any:
        if self.prices:
            message.order.orderComboLegs = [
                OrderComboLeg(self.prices.get(id(leg), (leg, None))[1])
                for leg in message.contract.comboLegs
            ]
        return message


@cache
def _table(cls: Any) -> dict[int, ProtoField]:
    return {field.number: field for field in proto_fields(cls)}


def _cleared(cls: Any) -> dict[str, Any]:
    """The flags that are set by default: in a request their absence says that they are not."""
    return dict(_set_by_default(cls))


@cache
def _set_by_default(cls: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (field.name, conversion(field).absent)
        for field in proto_fields(cls)
        if _is_scalar(field) and is_cleared(field, cls, "strict")
    )


def _is_scalar(field: ProtoField) -> bool:
    return not (field.kind in ("map", "message") or field.repeated or field.name.startswith("+"))


def _fits(field: ProtoField, wire: int) -> bool:
    usual = _WIRE.get(field.kind, BYTES)
    return wire == usual or (field.repeated and wire == BYTES)


def _extend(found: dict[str, Any], field: ProtoField, values: list[Any]) -> list[Any]:
    items: list[Any] = found.setdefault(field.name, [])
    items.extend(values)
    return items


def _pair(data: _Bytes) -> TagValue | None:
    """Read a map entry; the runtime skips one that has more than key and value."""
    pair = {1: "", 2: ""}
    known = True
    for _, number, wire, raw in data.entries():
        if number in pair and wire == BYTES:
            pair[number] = raw.decode()
        else:
            known = False
    return TagValue(pair[1], pair[2]) if known else None


def _repeated(field: ProtoField, raw: Any) -> Iterator[Any]:
    if field.kind == "string" or not isinstance(raw, _Bytes):
        yield _plain(field.kind, raw)
        return
    while raw.at < len(raw.body):
        yield _plain(field.kind, raw.take(8) if field.kind == "double" else raw.varint())


def _plain(kind: str, raw: Any) -> Any:
    """A scalar as the runtime returns it."""
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
    """A raw value in readable form."""
    if not isinstance(raw, bytes):
        return str(raw)
    return raw[:_SHOWN].hex(" ") + (f" … ({len(raw)} bytes)" if len(raw) > _SHOWN else "")
