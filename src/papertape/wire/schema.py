"""Declaration -> protobuf schema: numbers, types and names of the fields of a message.

All messages of the protocol number their fields 1..n in declaration order; where name or type
differ from the record, ``catalogue/records.py`` (records) or the message's ``proto`` says so.
Presence is explicit for every field, as in the official schema.
"""

import re
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

import msgspec

from ..model import Long, TagValue
from .catalogue.records import CASES, RECORDS
from .message import Message, hints
from .plan import bare, is_record, plain, unset_value

_SCALARS: dict[Any, str] = {
    int: "int32",
    float: "double",
    str: "string",
    bool: "bool",
    Decimal: "string",
    Long: "int64",
}
_NUMBERS = ("int32", "int64", "double")


class ProtoField(msgspec.Struct, frozen=True):
    """One field of a protobuf message."""

    name: str
    """The record's name for it."""
    number: int
    kind: str
    """int32, int64, double, string, bool, map, or "message"."""
    proto_name: str
    python: Any
    """The record's type without ``Annotated``."""
    record: Any = None
    repeated: bool = False
    rule: str = ""
    """What is special about the value, see ``convert.py``: "!", "<0", "=-1", "=-2"."""
    unset: Any = None
    """What a number of a request reads as when it is not set, see ``plan.unset_value``."""


@cache
def proto_fields(cls: Any) -> tuple[ProtoField, ...]:
    """The protobuf fields of a message or a record."""
    changes = _changes(cls)
    found: list[ProtoField] = []
    number = 0
    for name, hint in hints(cls).items():
        change = changes.get(name, "")
        if change == "-":
            continue
        number += 1
        kind, _, renamed = change.partition(" ")
        field = _field(name, number, hint, kind=kind, proto_name=renamed or name)
        if field.kind in _NUMBERS and not field.repeated:
            field = msgspec.structs.replace(field, unset=unset_value(cls, name))
        found.append(field)
    extras = [name for name in changes if name.startswith("+")]
    for name in extras:
        number += 1
        found.append(ProtoField(name, number, changes[name], name[1:], float | None))
    return tuple(found)


@cache
def left_out(cls: Any, selected: Any) -> frozenset[str]:
    """The fields that a record leaves out, because they belong to another of its cases."""
    cases = CASES[cls][1]
    if selected not in cases:
        return frozenset()
    return frozenset(chain.from_iterable(cases.values())) - set(cases[selected])


def selector(cls: Any) -> str:
    """The field that decides which case of a record it is; "" when there are no cases."""
    return CASES[cls][0] if cls in CASES else ""


def _changes(cls: type[Any]) -> Mapping[str, str]:
    if issubclass(cls, Message):
        return cls.spec.proto
    return RECORDS.get(cls, {})


def _field(name: str, number: int, hint: Any, *, kind: str, proto_name: str) -> ProtoField:
    python = plain(hint)
    if typing.get_origin(python) is list:
        element = typing.get_args(python)[0]
        if element is TagValue:
            return ProtoField(name, number, "map", proto_name, python)
        if is_record(element):
            return ProtoField(name, number, "message", proto_name, python, element, True)
        scalar = kind or _SCALARS[element]
        return ProtoField(name, number, scalar, proto_name, python, None, True)
    if is_record(python):
        return ProtoField(name, number, "message", proto_name, python, bare(python))
    scalar = re.split("[!<=]", kind)[0]
    return ProtoField(
        name, number, scalar or _scalar(hint), proto_name, python, rule=kind.removeprefix(scalar)
    )


def _scalar(hint: Any) -> str:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        hint = next(arg for arg in typing.get_args(hint) if arg is not types.NoneType)
    return _SCALARS[hint]
