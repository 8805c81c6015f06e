"""Declaration + server version -> plan: the layout with every gate decided.

A plan is a tuple of frozen steps, in frame order, in which only ``Field``, ``Const``, ``When``,
``Each``, ``Optional`` and ``Switch`` are left and each field knows its codec and the gate that
put it there. The emitters (``text.py``) and the interpreter (``oracle.py``) read the same plan.
"""

import types
import typing
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from ..model import TagValue
from .layout import ALWAYS, Const, Each, Field, Gate, Optional, Step, Switch, When
from .message import Message, hints

_CODECS: dict[Any, str] = {
    int: "int",
    float: "float",
    str: "text",
    bool: "bool",
    Decimal: "decimal",
    int | None: "int_empty",
    float | None: "float_empty",
    bool | None: "bool_unset",
    Decimal | None: "decimal",
    list[TagValue]: "tags",
}


@cache
def plan(cls: type[Message], version: int) -> tuple[Step, ...]:
    """The text layout of a message for one server version."""
    if cls.spec.layout is None:
        raise TypeError(f"{cls.__name__} has no text form")
    return _resolve(cls.spec.layout, cls, version, "")


def _resolve(steps: tuple[Step, ...], record: Any, version: int, gate: str) -> tuple[Step, ...]:
    out: list[Step] = []
    for step in steps:
        if isinstance(step, Gate):
            if step.since <= version < step.until:
                out += _resolve(step.steps, record, version, _describe(step))
        elif isinstance(step, Field):
            codec = step.codec or default_codec(annotation(record, step.path))
            out.append(Field(step.path, codec, gate))
        elif isinstance(step, Const):
            out.append(Const(step.name, step.token, gate))
        elif isinstance(step, When):
            out.append(When(step.condition, _resolve(step.steps, record, version, gate)))
        elif isinstance(step, Each):
            inner = step.record or typing.get_args(annotation(record, step.path))[0]
            out.append(Each(step.path, step.record, _resolve(step.steps, inner, version, gate)))
        elif isinstance(step, Optional):
            inside = _resolve(step.steps, step.record, version, gate)
            out.append(Optional(step.path, step.record, inside))
        elif isinstance(step, Switch):
            cases = tuple((v, _resolve(s, record, version, gate)) for v, s in step.cases)
            out.append(Switch(step.path, cases))
    return tuple(out)


def _describe(gate: Gate) -> str:
    if gate.until == ALWAYS:
        return f"since {gate.since}"
    return f"until {gate.until}" if not gate.since else f"{gate.since}..{gate.until - 1}"


def annotation(record: Any, path: str) -> Any:
    """The declared type at a dotted path; ``path`` "" is the record itself."""
    for name in path.split(".") if path else ():
        record = plain(hints(bare(record))[name])
    return record


def plain(hint: Any) -> Any:
    """A type without ``Annotated``, inside a union too."""
    if typing.get_origin(hint) is typing.Annotated:
        return typing.get_args(hint)[0]
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        args = [plain(arg) for arg in typing.get_args(hint)]
        result = args[0]
        for arg in args[1:]:
            result = result | arg
        return result
    return hint


def bare(hint: Any) -> Any:
    """A record type without its ``| None``."""
    if isinstance(hint, types.UnionType):
        return next(arg for arg in typing.get_args(hint) if arg is not types.NoneType)
    return hint


def is_record(hint: Any) -> bool:
    """Whether the type is a struct (perhaps optional)."""
    kind = bare(hint)
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def default_codec(hint: Any) -> str:
    """The token codec that a type implies."""
    try:
        return _CODECS[hint]
    except (KeyError, TypeError):
        raise TypeError(f"no text codec for {hint}") from None


def default_value(record: Any, path: str) -> Any:
    """The default of the field at ``path``: what it holds when the frame lacks it."""
    *parents, name = path.split(".")
    owner = bare(annotation(record, ".".join(parents)))
    for field in msgspec.structs.fields(owner):
        if field.name == name:
            if field.default_factory is not msgspec.NODEFAULT:
                return field.default_factory()
            return field.default
    raise TypeError(f"{owner.__name__} has no field {name}")


def gates(cls: type[Message]) -> tuple[int, ...]:
    """Every server version at which something changes in this message, sorted."""
    found: set[int] = set()

    def walk(steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Gate):
                found.update(v for v in (step.since, step.until) if 0 < v < ALWAYS)
                walk(step.steps)
            elif isinstance(step, When | Each | Optional):
                walk(step.steps)
            elif isinstance(step, Switch):
                for _, inner in step.cases:
                    walk(inner)

    walk(cls.spec.layout or ())
    spec = cls.spec
    found.update(v for v in (spec.since, spec.until, spec.protobuf) if 0 < v < ALWAYS)
    found.update(v for v in spec.proto_gates.values() if v < ALWAYS)
    return tuple(sorted(found))
