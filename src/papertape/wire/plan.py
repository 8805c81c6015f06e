"""Declaration + server version -> plan: the layout with every gate decided.

A plan is a tuple of frozen steps, in frame order, in which no ``Gate`` is left and each field
knows its codec and the gate that put it there. The emitters (``emit_encoder.py``,
``emit_decoder.py``) and
the interpreter (``oracle.py``) read the same plan.
"""

import types
import typing
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from ..errors import LocalProtocolError
from ..model import Long, OrderCondition, TagValue
from .codecs import CODECS
from .layout import (
    ALWAYS,
    Condition,
    Const,
    Each,
    Field,
    Gate,
    Optional,
    Part,
    Step,
    Switch,
    Variant,
    When,
)
from .message import Message, hints
from .strict import KEPT, REFUSED

_CODECS: dict[Any, str] = {
    int: "int",
    float: "float",
    str: "text",
    bool: "bool",
    Decimal: "decimal",
    int | None: "int_empty",
    Long: "long",
    Long | None: "long_empty",
    float | None: "float_empty",
    bool | None: "bool_unset",
    Decimal | None: "decimal",
    list[TagValue]: "tags",
}
_IDS = frozenset(("reqId", "orderId", "parentId", "permId", "clientId"))
"""Ids and the like, where every number is a value and none means "not set"."""


@cache
def plan(cls: type[Message], version: int) -> tuple[Step, ...]:
    """The text layout of a message for one server version."""
    if cls.spec.layout is None:
        raise LocalProtocolError("has no text form", message=cls.__name__)
    texts = "escaped" if version >= cls.spec.escaped else "text"
    return _count_rest(_Resolver(version, texts).steps(cls.spec.layout, cls, ""))


class _Resolver:
    """Decides the gates of one version."""

    def __init__(self, version: int, texts: str) -> None:
        self.version = version
        self.texts = texts
        """The codec of a text that names none."""

    def steps(self, steps: tuple[Step, ...], record: Any, gate: str) -> tuple[Step, ...]:
        out: list[Step] = []
        for step in steps:
            if not isinstance(step, Gate):
                out.append(self.step(step, record, gate))
            elif step.since <= self.version < step.until:
                out += self.steps(step.steps, record, _both(gate, _describe(step)))
        return tuple(out)

    def step(self, step: Step, record: Any, gate: str) -> Step:
        if isinstance(step, Field):
            return Field(step.path, step.codec or self.codec(record, step.path), gate)
        if isinstance(step, Const):
            return Const(step.name, step.token, gate)
        if isinstance(step, When):
            under = _both(gate, _condition(step.condition))
            return When(step.condition, self.steps(step.steps, record, under))
        if isinstance(step, Each):
            inner = step.record or typing.get_args(annotation(record, step.path))[0]
            return Each(step.path, step.record, self.steps(step.steps, inner, gate), gate)
        if isinstance(step, Optional):
            below = self.steps(step.steps, step.record, gate)
            return Optional(step.path, step.record, below, gate)
        if isinstance(step, Part):
            return Part(step.path, step.record, self.steps(step.steps, step.record, gate))
        if isinstance(step, Variant):
            return Variant(step.name, self.steps(step.steps, record, gate))
        assert isinstance(step, Switch), step
        cases = (
            (value, self.steps(inner, record, _both(gate, f"when {step.path} == {value}")))
            for value, inner in step.cases
        )
        return Switch(step.path, tuple(cases))

    def codec(self, record: Any, path: str) -> str:
        found = default_codec(declared(record, path))
        return self.texts if found == "text" else found


def _count_rest(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Tell each variant how many tokens follow it; they must be single ones."""
    out = list(steps)
    for i, step in enumerate(steps):
        if isinstance(step, Variant):
            rest = steps[i + 1 :]
            assert all(isinstance(after, Field | Const) for after in rest), step.name
            out[i] = msgspec.structs.replace(step, rest=len(rest))
    return tuple(out)


def _describe(gate: Gate) -> str:
    if gate.until == ALWAYS:
        return f"since {gate.since}"
    return f"until {gate.until}" if not gate.since else f"{gate.since}..{gate.until - 1}"


def _condition(condition: Condition) -> str:
    told = condition.expression.format(*condition.paths)
    return f"when {told.removeprefix('(').removesuffix(')')}"


def _both(outer: str, inner: str) -> str:
    return f"{outer}, {inner}" if outer else inner


def declared(record: Any, path: str) -> Any:
    """The declared type at a dotted path; ``path`` "" is the record itself."""
    for name in path.split(".") if path else ():
        record = hints(bare(plain(record)))[name]
    return record


def annotation(record: Any, path: str) -> Any:
    """As ``declared``, without ``Annotated``."""
    return plain(declared(record, path))


@cache
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


def is_list(hint: Any) -> bool:
    """Whether the type is a list."""
    return typing.get_origin(plain(hint)) is list


def default_codec(hint: Any) -> str:
    """The token codec that a type implies."""
    try:
        return _CODECS[hint if hint in _CODECS else plain(hint)]
    except (KeyError, TypeError):
        raise TypeError(f"no text codec for {hint}") from None


def default_value(record: Any, path: str) -> Any:
    """The default of the field at ``path``: what it holds when the frame lacks it."""
    *parents, name = path.split(".")
    owner = bare(annotation(record, ".".join(parents)))
    field = _struct_fields(owner).get(name)
    if field is None:
        raise TypeError(f"{owner.__name__} has no field {name}")
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def strict_reading(step: Field, record: Any) -> str:
    """The expression that reads a token of a request into this field."""
    codec = CODECS[step.codec]
    if "#" not in codec.strict:
        return codec.strict
    return codec.strict.replace("#", repr(unset_value(record, step.path)))


def unset_value(record: Any, path: str) -> Any:
    """What the number at ``path`` of a request reads as when its sender says "not set".

    Where the record has no ``None``, it is the default, as if the sender had not set it. An id
    keeps its number (``KEPT``). A condition on nothing would be met at once: ``REFUSED``.
    """
    parents, _, name = path.rpartition(".")
    if not name or name in _IDS:
        return KEPT
    condition = bare(annotation(record, parents)) is OrderCondition
    return REFUSED if condition else default_value(record, path)


@cache
def _struct_fields(record: Any) -> dict[str, Any]:
    return {field.name: field for field in msgspec.structs.fields(record)}


def gates(cls: type[Message]) -> tuple[int, ...]:
    """Every server version at which something changes in this message, sorted."""
    found: set[int] = set()

    def walk(steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Gate):
                found.update(v for v in (step.since, step.until) if 0 < v < ALWAYS)
                walk(step.steps)
            elif isinstance(step, When | Each | Optional | Part | Variant):
                walk(step.steps)
            elif isinstance(step, Switch):
                for _, inner in step.cases:
                    walk(inner)

    walk(cls.spec.layout or ())
    spec = cls.spec
    own = (spec.since, spec.until, spec.protobuf, spec.escaped)
    found.update(v for v in own if 0 < v < ALWAYS)
    found.update(v for r in spec.refuse for v in (r.below, r.gone) if 0 < v < ALWAYS)
    found.update(v for v in spec.proto_gates.values() if v < ALWAYS)
    return tuple(sorted(found))
