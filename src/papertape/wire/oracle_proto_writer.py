"""The slow, obvious twin of the protobuf encoder: the wire format written by hand.

As ``oracle_proto.py`` it shares only the rows of ``convert.py`` with ``proto.py``.
"""

import struct
from typing import Any

from ..errors import LocalProtocolError
from ..model import TagValue
from .oracle_proto import BYTES, FIXED64
from .proto_scalars import conversion, evaluate
from .schema import ProtoField, left_out, proto_fields, selector


def write_proto(message: Any, version: int) -> bytes:
    """A message's protobuf body, fields in the order of their numbers.

    Raises ``LocalProtocolError`` naming the field that cannot be written.
    """
    return _ProtoWriter(message, version).record(message, "")


class _ProtoWriter:
    def __init__(self, message: Any, version: int) -> None:
        gates = message.spec.proto_gates.items()
        self.hidden = {path for path, gate in gates if version < gate}
        self.untold = message.spec.proto_untold
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
                value = getattr(record, field.name)
                if path not in self.untold or (value and value != field.python()):
                    out += self.field(field, record, path)
        return out

    def field(self, field: ProtoField, record: Any, path: str) -> bytes:
        value = getattr(record, field.name)
        try:
            if field.kind == "message":
                items = value if field.repeated else () if value is None else (value,)
                inner = (self.record(item, f"{path}.") for item in items)
                return b"".join(_tagged(field.number, BYTES, piece) for piece in inner)
            return _value(field, value)
        except (TypeError, ValueError, AttributeError, OverflowError, struct.error) as error:
            raise LocalProtocolError(
                f"{value!r} cannot be sent as {field.kind}",
                message=type(record).__name__, field=path,
            ) from error  # fmt: skip


def _value(field: ProtoField, value: Any) -> bytes:
    if field.kind == "map":
        last = {pair.tag: pair for pair in value}
        return b"".join(_tagged(field.number, BYTES, _entry(pair)) for pair in last.values())
    if field.repeated:
        return _list(field, value)
    row = conversion(field)
    if value is None or (row.unset and evaluate(row.unset, value)):
        return b""
    return _scalar(field.number, field.kind, evaluate(row.write, value))


def _entry(pair: TagValue) -> bytes:
    return _tagged(1, BYTES, pair.tag.encode()) + _tagged(2, BYTES, pair.value.encode())


def _list(field: ProtoField, values: list[Any]) -> bytes:
    if field.kind == "string":
        return b"".join(_scalar(field.number, field.kind, value) for value in values)
    key = len(_number(field.number << 3))
    packed = b"".join(_scalar(field.number, field.kind, value)[key:] for value in values)
    return _tagged(field.number, BYTES, packed) if values else b""


def _scalar(number: int, kind: str, value: Any) -> bytes:
    if kind == "double":
        return _tagged(number, FIXED64, struct.pack("<d", value))
    if kind == "string":
        return _tagged(number, BYTES, value.encode())
    limit = 63 if kind == "int64" else 31
    if not -(1 << limit) <= value < 1 << limit:
        raise ValueError(value)
    return _number(number << 3) + _number(int(value))


def _tagged(number: int, wire: int, payload: bytes) -> bytes:
    length = _number(len(payload)) if wire == BYTES else b""
    return _number(number << 3 | wire) + length + payload


def _number(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
