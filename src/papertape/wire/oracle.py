"""The slow, obvious interpreter of a plan: the twin of the generated code.

It reads and writes the same messages one step at a time, in both formats, and knows at every
moment where it is; so it names what is wrong with a body that the generated decoder refused,
and lists a message field by field for people. Nothing here is fast.
"""

import struct
from decimal import Decimal
from typing import Any

import msgspec

from ..errors import LocalProtocolError, PapertapeError, RemoteProtocolError
from ..model import OrderComboLeg, TagValue
from .codecs import CODECS, evaluate, read_decimal
from .layout import Const, Each, Field, Optional, Step, Switch, When
from .message import Message, hints
from .plan import bare, is_record, plan
from .proto import plain_number, read_margin
from .schema import ProtoField, proto_fields


class Token(msgspec.Struct, frozen=True):
    """One field of a frame as it stood there."""

    offset: int
    """Index of the text field after the message id, or byte offset in protobuf."""
    name: str
    text: str
    value: Any
    gate: str


# ---------------------------------------------------------------- text, reading


class _Tree(dict[str, Any]):
    """Values by field name; nested records are trees."""

    def put(self, path: str, value: Any) -> None:
        *parents, name = path.split(".")
        node = self
        for parent in parents:
            node = node.setdefault(parent, _Tree())
        node[name] = value

    def find(self, path: str, record: Any) -> Any:
        from .plan import default_value

        node: Any = self
        for name in path.split("."):
            if name not in node:
                return default_value(record, path)
            node = node[name]
        return node


class _Cursor:
    def __init__(self, cls: type[Message], tokens: list[str]) -> None:
        self.cls = cls
        self.tokens = tokens
        self.at = 0
        self.seen: list[Token] = []

    def take(self, name: str, gate: str) -> str:
        if self.at >= len(self.tokens):
            raise RemoteProtocolError(
                message=self.cls.__name__, field=name, offset=self.at,
                reason=f"the message ends before this field ({gate or 'every version'})",
            )  # fmt: skip
        token = self.tokens[self.at]
        self.at += 1
        self.seen.append(Token(self.at - 1, name, token, None, gate))
        return token

    def fail(self, name: str, reason: str) -> RemoteProtocolError:
        return RemoteProtocolError(
            message=self.cls.__name__, field=name, offset=self.at - 1,
            found=self.tokens[self.at - 1], reason=reason,
        )  # fmt: skip


def read_text(cls: type[Message], version: int, tokens: list[str]) -> tuple[Any, list[Token]]:
    """A message from its tokens (without the id; the last one empty), and the tokens named.

    Raises ``RemoteProtocolError`` with message, field, offset and token.
    """
    cursor = _Cursor(cls, tokens)
    tree = _Tree()
    _read(plan(cls, version), cls, tree, cursor, "")
    if cls.spec.request and len(tokens) != cursor.at + 1:
        raise RemoteProtocolError(
            message=cls.__name__, offset=cursor.at, found=tokens[cursor.at : cursor.at + 3],
            reason=f"{len(tokens) - 1} fields, expected {cursor.at}",
        )  # fmt: skip
    return _construct(cls, tree), cursor.seen


def _read(steps: tuple[Step, ...], record: Any, tree: _Tree, cursor: _Cursor, at: str) -> None:
    for step in steps:
        if isinstance(step, Const):
            cursor.take(at + step.name, step.gate)
        elif isinstance(step, Field):
            tree.put(step.path or "item", _value(step, cursor, at + step.path))
        elif isinstance(step, When):
            values = [tree.find(path, record) for path in step.condition.paths]
            if _holds(step, values):
                _read(step.steps, record, tree, cursor, at)
        elif isinstance(step, Each):
            _read_each(step, tree, cursor, at + step.path)
        elif isinstance(step, Optional):
            flag = Field(step.path, "bool")
            if _value(flag, cursor, f"{at}{step.path} present"):
                inner = _Tree()
                _read(step.steps, step.record, inner, cursor, f"{at}{step.path}.")
                tree.put(step.path, _construct(step.record, inner))
            else:
                tree.put(step.path, None)
        elif isinstance(step, Switch):
            selected = tree.find(step.path, record)
            cases = dict(step.cases)
            if selected not in cases:
                raise cursor.fail(at + step.path, f"{selected!r} is no known case")
            _read(cases[selected], record, tree, cursor, at)


def _read_each(step: Each, tree: _Tree, cursor: _Cursor, name: str) -> None:
    count = _value(Field(step.path, "int"), cursor, f"{name} count")
    if not 0 <= count <= len(cursor.tokens):
        raise cursor.fail(f"{name} count", f"{count} elements cannot follow")
    items: list[Any] = []
    for i in range(count):
        inner = _Tree()
        _read(step.steps, step.record, inner, cursor, f"{name}[{i}].")
        items.append(inner["item"] if step.record is None else _construct(step.record, inner))
    tree.put(step.path, items)


def _value(step: Field, cursor: _Cursor, name: str) -> Any:
    token = cursor.take(name, step.gate)
    codec = CODECS[step.codec]
    try:
        value = evaluate(codec.strict if cursor.cls.spec.request else codec.read, token)
    except (ValueError, OverflowError):
        raise cursor.fail(name, f"is no {step.codec.partition('_')[0]}") from None
    cursor.seen[-1] = msgspec.structs.replace(cursor.seen[-1], value=value)
    return value


def _holds(step: When, values: list[Any]) -> bool:
    names = {f"v{i}": value for i, value in enumerate(values)}
    return bool(eval(step.condition.expression.format(*names), {}, names))


def _construct(record: Any, tree: _Tree) -> Any:
    found = {}
    for name, value in tree.items():
        hint = hints(record)[name]
        nested = isinstance(value, _Tree) and is_record(hint)
        found[name] = _construct(bare(hint), value) if nested else value
    return record(**found)


# ---------------------------------------------------------------- text, writing


def write_text(message: Message, version: int) -> str:
    """The fields of a message (without the id), each ended by NUL.

    Raises ``LocalProtocolError`` naming the field that cannot be written.
    """
    cls = type(message)
    out: list[str] = []
    _write(plan(cls, version), message, out, cls)
    return "".join(f"{token}\0" for token in out)


def _write(steps: tuple[Step, ...], item: Any, out: list[str], cls: type[Message]) -> None:
    for step in steps:
        if isinstance(step, Const):
            out.append(step.token)
        elif isinstance(step, Field):
            out.append(_token(step, _get(item, step.path), cls))
        elif isinstance(step, When):
            if _holds(step, [_get(item, path) for path in step.condition.paths]):
                _write(step.steps, item, out, cls)
        elif isinstance(step, Each):
            items = _get(item, step.path) or ()
            out.append(str(len(items)))
            for element in items:
                _write(step.steps, element, out, cls)
        elif isinstance(step, Optional):
            inner = _get(item, step.path)
            out.append("0" if inner is None else "1")
            if inner is not None:
                _write(step.steps, inner, out, cls)
        elif isinstance(step, Switch):
            _write(dict(step.cases).get(_get(item, step.path), ()), item, out, cls)


def _token(step: Field, value: Any, cls: type[Message]) -> str:
    codec = CODECS[step.codec]
    try:
        written = evaluate(codec.write if cls.spec.request else codec.write_response, value)
    except LocalProtocolError as error:
        error.message, error.field = cls.__name__, step.path
        raise
    except (TypeError, ValueError, AttributeError) as error:
        reason = f"{value!r} cannot be sent as {step.codec}"
        raise LocalProtocolError(reason, message=cls.__name__, field=step.path) from error
    return str(written)


def _get(item: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        item = getattr(item, name)
    return item


def explain_local(message: Message, version: int) -> PapertapeError:
    """Why the generated encoder could not write this message."""
    try:
        write_text(message, version)
    except PapertapeError as error:
        return error
    return LocalProtocolError("cannot be encoded", message=type(message).__name__)


def explain_remote(cls: type[Message], version: int, tokens: list[str]) -> RemoteProtocolError:
    """Why the generated decoder could not read these tokens."""
    try:
        read_text(cls, version, tokens)
    except RemoteProtocolError as error:
        return error
    return RemoteProtocolError(message=cls.__name__)


# ---------------------------------------------------------------- protobuf

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_proto(cls: Any, body: bytes, name: str = "") -> tuple[Any, list[Token]]:
    """A message from its protobuf body, and its fields named with their byte offsets.

    Raises ``RemoteProtocolError``. Fields that the schema does not know are passed over.
    """
    table = {field.number: field for field in proto_fields(cls)}
    found: dict[str, Any] = {}
    prices: list[float | None] = []
    seen: list[Token] = []
    at = 0
    while at < len(body):
        start = at
        key, at = _varint(cls, body, at)
        number, wire = key >> 3, key & 7
        raw, at = _raw(cls, body, at, wire)
        field = table.get(number)
        if field is None:
            continue
        value, inner = _proto_value(cls, field, raw, wire, f"{name}{field.proto_name}")
        seen.append(Token(start, f"{name}{field.proto_name}", _shown(raw), value, ""))
        seen += inner
        _store(found, field, value)
    extras = {key: found.pop(key) for key in list(found) if key.startswith("+")}
    record = cls(**found)
    if "+perLegPrice" in extras:
        prices.append(extras["+perLegPrice"])
        record = _PricedLeg(record, extras["+perLegPrice"])
    return _merge_leg_prices(record), seen


class _PricedLeg:
    """A combination leg together with the price that protobuf puts inside it."""

    def __init__(self, leg: Any, price: float) -> None:
        self.leg, self.price = leg, price


def _merge_leg_prices(record: Any) -> Any:
    legs = getattr(record, "comboLegs", None)
    if legs and any(isinstance(leg, _PricedLeg) for leg in legs):
        return _PricedContract(record)
    contract = getattr(record, "contract", None)
    if isinstance(contract, _PricedContract):
        record.contract = contract.record
        record.order.orderComboLegs = [OrderComboLeg(price) for price in contract.prices]
    return record


class _PricedContract:
    def __init__(self, record: Any) -> None:
        legs = record.comboLegs
        self.prices = [leg.price if isinstance(leg, _PricedLeg) else None for leg in legs]
        record.comboLegs = [leg.leg if isinstance(leg, _PricedLeg) else leg for leg in legs]
        self.record = record


def _store(found: dict[str, Any], field: ProtoField, value: Any) -> None:
    if field.kind == "map":
        pairs = {pair.tag: pair for pair in found.get(field.name, [])} | {value.tag: value}
        found[field.name] = [pairs[tag] for tag in sorted(pairs)]
    elif field.repeated:
        found.setdefault(field.name, []).extend(value if isinstance(value, list) else [value])
    else:
        found[field.name] = value


def _varint(cls: type[Any], body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for offset in range(at, min(at + 10, len(body))):
        byte = body[offset]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), offset + 1
        shift += 7
    raise RemoteProtocolError(message=cls.__name__, offset=at, reason="a number is cut short")


def _raw(cls: type[Any], body: bytes, at: int, wire: int) -> tuple[Any, int]:
    if wire == _VARINT:
        return _varint(cls, body, at)
    if wire == _BYTES:
        length, at = _varint(cls, body, at)
    elif wire in (_FIXED64, _FIXED32):
        length = 8 if wire == _FIXED64 else 4
    else:
        raise RemoteProtocolError(message=cls.__name__, offset=at, reason=f"wire type {wire}")
    if at + length > len(body):
        raise RemoteProtocolError(
            message=cls.__name__, offset=at, reason="the message is cut short"
        )
    return body[at : at + length], at + length


def _proto_value(
    cls: type[Any], field: ProtoField, raw: Any, wire: int, name: str
) -> tuple[Any, list[Token]]:
    if field.kind == "message":
        assert field.record is not None
        return read_proto(field.record, raw, f"{name}.")
    if field.kind == "map":
        pair = {1: "", 2: ""}
        at = 0
        while at < len(raw):
            key, at = _varint(cls, raw, at)
            part, at = _raw(cls, raw, at, key & 7)
            pair[key >> 3] = part.decode()
        return TagValue(pair[1], pair[2]), []
    if field.repeated:
        return _packed(cls, field, raw, wire), []
    return _scalar(field, raw), []


def _packed(cls: type[Any], field: ProtoField, raw: Any, wire: int) -> list[Any]:
    if wire == _VARINT:
        return [_signed(raw, 32)]
    values: list[Any] = []
    at = 0
    while at < len(raw):
        value, at = _varint(cls, raw, at)
        values.append(_signed(value, 32))
    return values


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _scalar(field: ProtoField, raw: Any) -> Any:
    python = str(field.python)
    if field.kind == "double":
        value = struct.unpack("<d", raw)[0]
        if "Decimal" in python:
            return read_margin(value)
        return plain_number(value) if field.python is str else value
    if field.kind == "string":
        text = raw.decode()
        if "Decimal" in python:
            return read_decimal(text)
        kind = field.python
        return float(text or 0) if kind is float else int(text or 0) if kind is int else text
    if field.kind == "bool":
        return int(bool(raw)) if field.python is int else bool(raw)
    number = _signed(raw, 64 if field.kind == "int64" else 32)
    return number != 0 if "bool" in python else number


def _shown(raw: Any) -> str:
    return raw.hex(" ") if isinstance(raw, bytes) else str(raw)


def write_proto(message: Any, version: int, at: str = "", gates: Any = None) -> bytes:
    """A message's protobuf body, fields in the order of their numbers."""
    gates = type(message).spec.proto_gates if gates is None else gates
    out = b""
    for field in proto_fields(type(message)):
        path = f"{at}{field.name}"
        if field.name.startswith("+") or version < gates.get(path, 0):
            continue
        value = getattr(message, field.name)
        for one in value if field.repeated and field.kind == "message" else (value,):
            out += _write_field(field, one, version, path, gates)
    return out


def _write_field(field: ProtoField, value: Any, version: int, path: str, gates: Any) -> bytes:
    if value is None or value is False or value == "" or value == []:
        return b""
    if field.kind == "message":
        return _tagged(field.number, _BYTES, write_proto(value, version, f"{path}.", gates))
    if field.kind == "map":
        entries = (
            _tagged(1, _BYTES, pair.tag.encode()) + _tagged(2, _BYTES, pair.value.encode())
            for pair in value
        )
        return b"".join(_tagged(field.number, _BYTES, entry) for entry in entries)
    if field.repeated:
        return _tagged(field.number, _BYTES, b"".join(_number(item) for item in value))
    if field.kind == "double":
        return _tagged(field.number, _FIXED64, struct.pack("<d", float(value)))
    if field.kind == "string":
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        empty_int = field.python is int and not value
        return b"" if empty_int else _tagged(field.number, _BYTES, text.encode())
    if field.kind == "bool" and not value:
        return b""
    return _number(field.number << 3) + _number(int(value))


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
