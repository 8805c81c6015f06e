"""Encode a message as a difference from a prepared frame.

A template is a message that has been encoded once; single fields are then replaced in it. The plan
and the schema tell which fields can be replaced alone: those whose value changes no place but
their own. Any other field (a list, a record, a field under a condition or one that decides a
condition, a field that the server may be too old for) must equal the template's; if it does not,
``Different`` is raised and the caller encodes the whole message. Decision 16 has the measurement.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import LocalProtocolError
from . import codecs, oracle, proto, proto_scalars
from .codegen import compiled
from .connection import head
from .diff import Put
from .emit_encoder import written
from .framing import MAX_PAYLOAD
from .layout import Condition, Each, Field, Optional, Part, Step, Switch, Variant, When
from .message import Message
from .plan import annotation, is_list, is_record, plan
from .refusals import may_be_refused, refuse
from .schema import ProtoField, proto_fields

FAILURES = (*oracle.UNWRITABLE, LocalProtocolError)
"""What replacing a value may raise. Encoding the whole message then says what is wrong."""


class Different(ValueError):
    """A value differs where the template cannot replace it; encode the whole message."""


class Template:
    """The base of both formats."""

    names: dict[str, Any]
    """What the expressions of this format may name."""

    def __init__(self, base: Message, version: int) -> None:
        refuse(base, version)
        self.cls, self.base, self.version = type(base), base, version
        self.head = head(self.cls, version)
        self.fixed = may_be_refused(self.cls, version)
        """Paths that must be as in the base."""

    def fresh(self) -> Any:
        """A copy of the base in which ``Put`` functions replace values; ``done`` encodes it."""
        raise NotImplementedError

    def done(self, target: Any) -> bytes:
        """The frame. Raises ``Different`` when it is longer than a frame may be."""
        raise NotImplementedError

    def put(self, path: str, take: str, scope: dict[str, Any]) -> Put:
        """Generate the function that replaces the field at ``path``.

        ``take`` is an expression that converts the value passed in (``@``) to the field's value;
        ``scope`` defines the names in it.
        """
        names = {**self.names, **scope, "Different": Different}
        lines = ["def function(t, v):", f"    v = {take.replace('@', 'v')}"]
        if path in self.fixed or self._is_whole(path):
            names["same"] = oracle.value_at(self.base, path)
            lines.append("    if type(v) is not type(same) or v != same: raise Different")
        else:
            lines += [f"    {line}" for line in self._putting(path, names)]
        name = f"put_{self.cls.__name__}_{path.replace('.', '_')}_{self.version}"
        return compiled(name, "\n".join(lines) + "\n", names)

    def _is_whole(self, path: str) -> bool:
        hint = annotation(self.cls, path)
        return is_record(hint) or is_list(hint)

    def _putting(self, path: str, scope: dict[str, Any]) -> Iterator[str]:
        """The lines that write ``v`` into ``t``."""
        raise NotImplementedError

    def _frame(self, body: bytes) -> bytes:
        size = len(self.head) + len(body)
        if size > MAX_PAYLOAD:
            raise Different
        return size.to_bytes(4) + self.head + body


class _Text(Template):
    """Text: one piece for each step of the plan."""

    names = codecs.NAMESPACE

    def __init__(self, base: Message, version: int) -> None:
        super().__init__(base, version)
        self.pieces = oracle.pieces(base, version)
        self.steps = plan(self.cls, version)
        self.conditions = tuple(_conditions(self.steps))
        inner = frozenset(_inner(self.steps))
        self.fixed |= inner
        for condition in self.conditions:
            # Of several fields that decide together only one may change alone.
            open_ = [path for path in condition.paths if path not in inner]
            self.fixed |= frozenset(open_ if len(open_) > 1 else ())

    def fresh(self) -> list[str]:
        return self.pieces.copy()

    def done(self, target: list[str]) -> bytes:
        return self._frame("".join(target).encode())

    def _putting(self, path: str, scope: dict[str, Any]) -> Iterator[str]:
        for i, condition in enumerate(c for c in self.conditions if path in c.paths):
            held = [oracle.value_at(self.base, p) for p in condition.paths]
            scope[f"held{i}"], scope[f"holds{i}"] = held, oracle.holding(condition)
            given = (f"held{i}[{at}]" if p != path else "v" for at, p in enumerate(condition.paths))
            outcome = oracle.holding(condition)(*held)
            yield f"if holds{i}({', '.join(given)}) is not {outcome}: raise Different"
        for i, step in enumerate(self.steps):
            if isinstance(step, Field) and step.path == path:
                yield f't[{i}] = f"{written(step, "v", self.cls.spec.request)}"'


def _conditions(steps: tuple[Step, ...]) -> Iterator[Condition]:
    """Every condition on fields of the message, at any depth except inside list elements."""
    for step in steps:
        if isinstance(step, When):
            yield step.condition
        for inner in _below(step):
            yield from _conditions(inner)


def _inner(steps: tuple[Step, ...], top: bool = True) -> Iterator[str]:
    """Every field that does not always have a token of its own, or that decides about others."""
    for step in steps:
        if isinstance(step, Each | Optional | Part | Switch) or (
            isinstance(step, Field) and not top
        ):
            yield step.path
        for inner in _below(step):
            yield from _inner(inner, False)


def _below(step: Step) -> list[tuple[Step, ...]]:
    """The steps inside a step, where their paths start at the message."""
    if isinstance(step, When | Variant):
        return [step.steps]
    return [inner for _, inner in step.cases] if isinstance(step, Switch) else []


class _Proto(Template):
    """Protobuf: values are written into the records of the body or, last in the list, itself."""

    names = proto_scalars.NAMESPACE

    def __init__(self, base: Message, version: int) -> None:
        super().__init__(base, version)
        self.body = proto.encoder(self.cls, version)(base)
        self.parse: Callable[[bytes], Any] = proto.message_class(self.cls).FromString
        self.parts = [f for f in proto_fields(self.cls) if f.kind == "message" and not f.repeated]
        self.omitted = proto.omitted(self.cls, version)

    def fresh(self) -> list[Any]:
        whole = self.parse(self.body)
        return [*(getattr(whole, part.proto_name) for part in self.parts), whole]

    def done(self, target: list[Any]) -> bytes:
        return self._frame(target[-1].SerializeToString())

    def _putting(self, path: str, scope: dict[str, Any]) -> Iterator[str]:
        owner, _, name = path.rpartition(".")
        place, record = -1, self.cls
        if owner:
            names = [part.name for part in self.parts]
            if owner not in names:
                yield "raise Different"
                return
            place = names.index(owner)
            record = self.parts[place].record
        field = _find(record, name)
        if field is not None and not {path, owner} & self.omitted.always:
            untold = path in self.omitted.zero
            yield from proto.assigning(field, f"t[{place}]", untold=untold)


def _find(record: Any, name: str) -> ProtoField | None:
    return next((field for field in proto_fields(record) if field.name == name), None)


def template(base: Message, version: int) -> Template:
    """Make the template of a message for a server version.

    Raises ``LocalProtocolError`` when that server cannot receive the message.
    """
    return (_Proto if version >= type(base).spec.protobuf else _Text)(base, version)
