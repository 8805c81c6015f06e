"""The slow, obvious interpreter of a plan: the twin of the generated code.

It reads and writes the same messages one step at a time (protobuf: ``oracle_proto.py`` and
``oracle_proto_writer.py``) and always knows its position. So it reports what is wrong with a body
that the generated decoder refused, and lists a message field by field. Nothing here is fast.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from ..errors import LimitExceeded, LocalProtocolError, PapertapeError, RemoteProtocolError
from . import reply_limits
from .codecs import CODECS, evaluate
from .layout import Condition, Const, Each, Field, Optional, Part, Step, Switch, Variant, When
from .limits import MOST_ELEMENTS, MOST_EXPLAINED, too_many, unexplained
from .message import Message, hints
from .oracle_proto import Token, read_proto
from .oracle_proto_writer import write_proto
from .plan import bare, default_value, is_record, plan, strict_reading
from .schema import proto_fields

__all__ = [
    "UNWRITABLE",
    "Token",
    "explain_local",
    "explain_remote",
    "holding",
    "pieces",
    "read_proto",
    "read_text",
    "request_id",
    "value_at",
    "write_proto",
    "write_text",
]

# ---------------------------------------------------------------- reading


class _Tree(dict[str, Any]):
    """Values by field name; nested records are trees."""

    def put(self, path: str, value: Any) -> None:
        *parents, name = path.split(".")
        node = self
        for parent in parents:
            node = node.setdefault(parent, _Tree())
        node[name] = value

    def find(self, path: str, record: Any) -> Any:
        node: Any = self
        for name in path.split("."):
            if name not in node:
                return default_value(record, path)
            node = node[name]
        return node


class _Cursor:
    def __init__(
        self, cls: type[Message], tokens: list[str], seen: list[Token] | None, most: float
    ) -> None:
        self.cls = cls
        self.most = most
        self.tokens = tokens
        self.at = 0
        self.end = len(tokens) - (cls.spec.request and tokens[-1:] == [""])
        """Whether the empty rest after the last NUL is a field: only in a reply, read leniently."""
        self.seen: list[Token] = [] if seen is None else seen
        self.lacks: list[tuple[str, str]] = []
        """Name and gate of the fields taken for empty, as the message may end before them."""

    def take(self, name: str, gate: str) -> str:
        if self.at >= self.end:
            self.lacks.append((name, gate))
            if len(self.lacks) <= self.cls.spec.spare:
                return ""
            raise self.fail(name, "")
        self.at += 1
        if self.at > self.most:
            raise self.fail(name, unexplained(self.most))
        return self.tokens[self.at - 1]

    def note(self, name: str, gate: str, value: Any = None) -> None:
        """Record the last token and its value; what is lacking has none."""
        if self.lacks:
            return
        name = name.removesuffix(".")  # an element that is not a record
        self.seen.append(Token(self.at - 1, name, self.tokens[self.at - 1], value, gate))

    def skip(self, name: str, gate: str) -> None:
        """A token that carries no value: a reply may end before it."""
        if self.cls.spec.request or self.at < self.end:
            self.take(name, gate)
            self.note(name, gate)

    def fail(self, name: str, reason: str) -> RemoteProtocolError:
        """What is wrong with the last token; where the message ended, that it did."""
        if self.lacks:
            name, gate = self.lacks[0]
            return RemoteProtocolError(
                message=self.cls.__name__, field=name, offset=self.at,
                reason=f"the message ends before this field ({gate or 'every version'})",
            )  # fmt: skip
        return RemoteProtocolError(
            message=self.cls.__name__, field=name, offset=self.at - 1,
            found=self.tokens[self.at - 1], reason=reason,
        )  # fmt: skip


def read_text(
    cls: type[Message],
    version: int,
    tokens: list[str],
    seen: list[Token] | None = None,
    *,
    most: float = math.inf,
) -> tuple[Any, list[Token]]:
    """A message from its tokens (without the id; the last one empty), and the tokens named.

    Raises ``RemoteProtocolError`` with message, field, offset and token; ``seen`` then holds what
    stands before it. No more than ``most`` fields are looked at.
    """
    cursor = _Cursor(cls, tokens, seen, most)
    tree = _Tree()
    _read(plan(cls, version), cls, tree, cursor)
    surplus = tokens[cursor.at :]
    if cls.spec.request and (not surplus or any(surplus)):
        raise RemoteProtocolError(
            message=cls.__name__, offset=cursor.at, found=tokens[cursor.at : cursor.at + 3],
            reason=f"{len(tokens) - 1} fields, expected {cursor.at}",
        )  # fmt: skip
    return _construct(cls, tree), cursor.seen


def _read(
    steps: tuple[Step, ...], record: Any, tree: _Tree, cursor: _Cursor, *, at: str = ""
) -> None:
    for step in steps:
        if isinstance(step, Const):
            cursor.skip(at + step.name, step.gate)
        elif isinstance(step, Field):
            value = _value(step, cursor, at + step.path, record)
            tree.put(step.path or "item", value)
        elif isinstance(step, When):
            values = [tree.find(path, record) for path in step.condition.paths]
            if holding(step.condition)(*values):
                _read(step.steps, record, tree, cursor, at=at)
        elif isinstance(step, Each):
            _read_each(step, tree, cursor, at + step.path)
        elif isinstance(step, Optional):
            flag = Field(step.path, "bool", step.gate)
            if _value(flag, cursor, f"{at}{step.path} present"):
                inner = _Tree()
                _read(step.steps, step.record, inner, cursor, at=f"{at}{step.path}.")
                tree.put(step.path, _construct(step.record, inner))
            else:
                tree.put(step.path, None)
        elif isinstance(step, Part):
            inner = _Tree()
            _read(step.steps, step.record, inner, cursor, at=f"{at}{step.path}.")
            tree.put(step.path, _construct(step.record, inner))
        elif isinstance(step, Variant):
            more = len(cursor.tokens) > cursor.at + step.rest + 1
            if more and (cursor.tokens[cursor.at].isdigit() or cursor.tokens[-2]):
                cursor.take(at + step.name, "some peers")
                cursor.note(at + step.name, "some peers")
        elif isinstance(step, Switch):
            selected = tree.find(step.path, record)
            cases = dict(step.cases)
            if selected not in cases:
                raise cursor.fail(at + step.path, f"{selected!r} is not a known case")
            _read(cases[selected], record, tree, cursor, at=at)


def _read_each(step: Each, tree: _Tree, cursor: _Cursor, name: str) -> None:
    count = _value(Field(step.path, "int", step.gate), cursor, f"{name} count")
    if cursor.cls.spec.request and MOST_ELEMENTS < count <= len(cursor.tokens):
        raise too_many(count, message=cursor.cls.__name__, field=name, offset=cursor.at - 1)
    if not 0 <= count <= len(cursor.tokens):
        raise cursor.fail(f"{name} count", f"{count} elements cannot follow")
    items: list[Any] = []
    for i in range(count):
        inner = _Tree()
        _read(step.steps, step.record, inner, cursor, at=f"{name}[{i}].")
        items.append(inner["item"] if step.record is None else _construct(step.record, inner))
    tree.put(step.path, items)


def _value(step: Field, cursor: _Cursor, name: str, record: Any = None) -> Any:
    token = cursor.take(name, step.gate)
    codec = CODECS[step.codec]
    strict = codec.strict if record is None else strict_reading(step, record)
    try:
        value = evaluate(strict if cursor.cls.spec.request else codec.read, token)
    except LimitExceeded as error:
        error.message, error.field, error.offset = cursor.cls.__name__, name, cursor.at - 1
        raise
    except ValueError:
        raise cursor.fail(name, f"is not a valid {step.codec.partition('_')[0]}") from None
    except OverflowError:
        raise cursor.fail(name, f"is too large for {step.codec.partition('_')[0]}") from None
    cursor.note(name, step.gate, value)
    return value


@cache
def holding(condition: Condition) -> Callable[..., bool]:
    """The function that says whether a condition holds for the values of its fields."""
    names = [f"v{i}" for i in range(len(condition.paths))]
    told = f"lambda {', '.join(names)}: bool({condition.expression.format(*names)})"
    return eval(told)  # type: ignore[no-any-return]


def _construct(record: Any, tree: _Tree) -> Any:
    found = {}
    for name, value in tree.items():
        hint = hints(record)[name]
        nested = isinstance(value, _Tree) and is_record(hint)
        found[name] = _construct(bare(hint), value) if nested else value
    return record(**found)


# ---------------------------------------------------------------- writing

UNWRITABLE = (TypeError, ValueError, AttributeError, ArithmeticError)
"""What writing a value of the wrong kind may raise."""


def write_text(message: Message, version: int) -> str:
    """The fields of a message (without the id), each ended by NUL.

    Raises ``LocalProtocolError`` naming the field that cannot be written.
    """
    return "".join(pieces(message, version))


def pieces(message: Message, version: int) -> list[str]:
    """Like ``write_text``, but one piece for each step of the plan."""
    cls = type(message)
    found: list[str] = []
    for step in plan(cls, version):
        out: list[str] = []
        _write((step,), message, out, cls)
        found.append("".join(f"{token}\0" for token in out))
    return found


def _write(steps: tuple[Step, ...], item: Any, out: list[str], cls: type[Message]) -> None:
    for step in steps:
        if isinstance(step, Const):
            out.append(step.token)
        elif isinstance(step, Field):
            out.append(_token(step, value_at(item, step.path), cls))
        elif isinstance(step, When):
            if _writes(step.condition, item, cls):
                _write(step.steps, item, out, cls)
        elif isinstance(step, Each):
            items = value_at(item, step.path) or ()
            out.append(str(len(items)))
            for element in items:
                _write(step.steps, element, out, cls)
        elif isinstance(step, Optional):
            inner = value_at(item, step.path)
            out.append("0" if inner is None else "1")
            if inner is not None:
                _write(step.steps, inner, out, cls)
        elif isinstance(step, Part):
            _write(step.steps, value_at(item, step.path) or step.record(), out, cls)
        elif isinstance(step, Variant):
            _write(step.steps, item, out, cls)
        elif isinstance(step, Switch):
            _write(_case(step, value_at(item, step.path), cls), item, out, cls)


def _writes(condition: Condition, item: Any, cls: type[Message]) -> bool:
    values = [value_at(item, path) for path in condition.paths]
    try:
        return holding(condition)(*values)
    except UNWRITABLE as error:
        told = ", ".join(f"{value!r} cannot be sent as {path}"
                         for path, value in zip(condition.paths, values))  # fmt: skip
        raise LocalProtocolError(told, message=cls.__name__, field=condition.paths[0]) from error


def _case(step: Switch, selected: Any, cls: type[Message]) -> tuple[Step, ...]:
    for value, steps in step.cases:
        if value == selected:
            return steps
    raise LocalProtocolError(
        f"{selected!r} is not a known case", message=cls.__name__, field=step.path
    )


def _token(step: Field, value: Any, cls: type[Message]) -> str:
    codec = CODECS[step.codec]
    try:
        written = str(evaluate(codec.write if cls.spec.request else codec.write_response, value))
        written.encode()
    except LocalProtocolError as error:
        error.message, error.field = cls.__name__, step.path
        raise
    except UNWRITABLE as error:
        reason = f"{value!r} cannot be sent as {step.codec}"
        raise LocalProtocolError(reason, message=cls.__name__, field=step.path) from error
    return written


def value_at(item: Any, path: str) -> Any:
    """The value at a dotted path below a record; "" is the record itself."""
    for name in path.split(".") if path else ():
        item = getattr(item, name)
    return item


def explain_local(message: Message, version: int) -> PapertapeError:
    """Why the generated encoder could not write this message."""
    try:
        if version >= message.spec.protobuf:
            write_proto(message, version)
        else:
            write_text(message, version)
    except PapertapeError as error:
        return error
    return LocalProtocolError("cannot be encoded", message=type(message).__name__)


def explain_remote(
    cls: type[Message], version: int, tokens: list[str], seen: list[Token] | None = None
) -> RemoteProtocolError:
    """Why the generated decoder could not read these tokens; ``seen`` gets what it could."""
    most = MOST_EXPLAINED if cls.spec.request else reply_limits.MOST_EXPLAINED
    try:
        read_text(cls, version, tokens, seen, most=most)
    except RemoteProtocolError as error:
        return error
    return RemoteProtocolError(message=cls.__name__)


def request_id(cls: type[Message], seen: list[Token]) -> int:
    """The id that errors about the message carry, if it is among these tokens; else -1."""
    name = cls.spec.id_field
    names = {name, *(field.proto_name for field in proto_fields(cls) if field.name == name)}
    return next((token.value for token in seen if name and token.name in names), -1)
