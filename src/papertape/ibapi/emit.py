"""Emits the functions that turn a message into callbacks, one per message, version and format.

Flat messages are decoded directly into the call, without a message object: text by ``from_tokens``,
protobuf by ``from_protobuf``. Messages that these cannot read, and all others, go through the
catalogue's decoder and ``from_message``. The sources are kept in ``linecache`` for tracebacks.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from .. import model
from ..model import UNSET_DECIMAL, UNSET_DOUBLE
from ..wire import proto
from ..wire import proto_scalars as convert_wire
from ..wire.caches import TokenCache
from ..wire.codecs import plain_decimal, read_decimal, unescape
from ..wire.layout import Const, Each, Field, Part, Step, Switch
from ..wire.message import Message, hints
from ..wire.plan import annotation, bare, default_value, is_record, plan
from ..wire.schema import ProtoField, proto_fields
from . import callbacks, convert
from .callbacks import CASES, calls, filled, local, size, used
from .source import compiled

__all__ = [
    "SCOPE",
    "declared",
    "from_message",
    "from_protobuf",
    "from_tokens",
    "needs_message",
]

_NAME = re.compile(r"\w+")


def read_size(token: bytes) -> Any:
    """A size as callbacks give it."""
    value = read_decimal(token.decode("ascii"))
    return UNSET_DECIMAL if value is None else value


INTS = TokenCache(lambda token: int(token or 0))
FLOATS = TokenCache(lambda token: float(token or 0))
SIZES = TokenCache(read_size)
SIZES_OF_TEXT = TokenCache(lambda token: size(plain_decimal(token)))
_QUOTES = callbacks.QUOTE_ATTRIBS

READ = {
    "int": "INTS[@]",
    "int_zero": "INTS[@]",
    "long": "int(@ or 0)",
    "float": "FLOATS[@]",
    "float_zero": "FLOATS[@]",
    "float_unset": "FLOATS[@]",
    "float_empty": "(float(@) if @ else UNSET_DOUBLE)",
    "decimal": "SIZES[@]",
    "bool": "(@ != b'0' and @ != b'')",
    "text": "@.decode()",
    "escaped": "unescape(@.decode())",
    "mask_last": "TRADE_ATTRIBS[INTS[@] & 3]",
    "mask_bid_ask": "QUOTE_ATTRIBS[INTS[@] & 3]",
    "mask_ask_bid": "ASK_FIRST_ATTRIBS[INTS[@] & 3]",
}
"""Codec of a field: how its token becomes the official value, without a detour. Text that is not
UTF-8 is an error here, and shown with escapes by the slow way, as the official client does."""

SCOPE: dict[str, Any] = {
    name: getattr(callbacks, name)
    for name in (
        "AFTER", "EVERY", "PRICE_ATTRIBS", "QUOTE_ATTRIBS", "TRADE_ATTRIBS", "commission",
        "components", "leg_prices", "margins", "option", "proto_bond", "scanner_row", "text_bond",
        "WRITTEN_OUT", "tick_by_tick", "unset", "with_contract",
    )
} | {
    "ASK_FIRST_ATTRIBS": (_QUOTES[0], _QUOTES[2], _QUOTES[1], _QUOTES[3]),
    "ERRORS": (ValueError, IndexError, OverflowError),
    "FLOATS": FLOATS,
    "INTS": INTS,
    "SIZES": SIZES,
    "SIZES_OF_TEXT": SIZES_OF_TEXT,
    "UNSET_DOUBLE": UNSET_DOUBLE,
    "size_of": callbacks.SIZE_OF.get,
    "unescape": unescape,
}  # fmt: skip
"""What generated functions may name."""


@cache
def from_message(cls: type[Message], version: int, in_text: bool) -> Callable[[Any, Any], None]:
    """The function ``(message, wrapper)`` that calls back."""
    statements = calls(cls, version, in_text)
    scope = dict(SCOPE)
    lines = ["def function(m, w):"]
    for path in used(statements):
        expression = convert.giving(declared(cls, path), f"m.{path}", scope, in_text)
        lines.append(f"    {local(path)} = {expression}")
    lines += [f"    {call}" for call in filled(statements)] or ["    pass"]
    return compiled(f"call_{cls.spec.callback}", lines, scope)


def needs_message(statements: tuple[str, ...]) -> bool:
    """Whether there is nothing to call, or something that takes the message itself."""
    return not statements or "m" in _NAME.findall(" ".join(statements))


def declared(cls: Any, path: str) -> Any:
    """The declared type of a field, which tells a long number from a short one."""
    *parents, name = path.split(".")
    return hints(bare(annotation(cls, ".".join(parents))))[name]


# ---------------------------------------------------------------- text


class _NotFlat(Exception):
    """The short way cannot read this layout."""


@cache
def from_tokens(cls: type[Message], version: int, raw: bool) -> Callable[..., Any] | None:
    """The function ``make(w, slow)`` that gives ``payload -> None``, for a flat text message.

    None where the layout or the callback is not flat. ``raw``: the payload has no id in front.
    ``slow(payload)`` is called with what the short way cannot read.
    """
    if cls.spec.layout is None:
        return None
    try:
        return _Tokens(cls, version, raw).function()
    except _NotFlat:
        return None


class _Tokens:
    """Emits one function; positions are literals up to the first list."""

    def __init__(self, cls: type[Message], version: int, raw: bool) -> None:
        self.cls, self.version, self.raw = cls, version, raw
        self.cases = CASES.get(cls.__name__, {})
        self.scope = dict(SCOPE)
        self.lines: list[str] = []
        self.offset = 0 if raw else 1
        self.floating = False
        self.read: set[str] = set()
        self.walked: set[str] = set()
        """Lists that the calls only walk through, once."""

    def function(self) -> Callable[..., Any]:
        name, statements = self.cls.spec.callback, calls(self.cls, self.version, True)
        everything = " ".join(statements)
        self.walked = {
            path for path in used(statements)
            if f" in {{{path}}}: " in everything and everything.count(f"{{{path}}}") == 1
        }  # fmt: skip
        if not self.cases and needs_message(statements):
            raise _NotFlat
        wanted = used(tuple(self.cases.values()) or statements)
        for step in plan(self.cls, self.version):
            self._step(step, wanted, "", "            ")
        for path in wanted:
            if path not in self.read:
                self._default(path)
        body = "b" if self.raw else "b'\\0'.join(f)"
        calling = self._branches() or [f"        {call}" for call in filled(statements)]
        lines = ["def function(w, slow):", f"    def {name}({'b' if self.raw else 'f'}):"]
        splitting = "f = b.split(b'\\0')" if self.raw else "pass"
        lines += ["        try:", f"            {splitting}"]
        lines += [*self.lines, "        except ERRORS:", f"            return slow({body})"]
        lines += [*calling, f"    return {name}"]
        return compiled(f"read_{self.cls.__name__}_{self.version}", lines, self.scope)

    def _branches(self) -> list[str]:
        selector = "v_tickType"
        return [
            f"        {'elif' if i else 'if'} {selector} in {values}: {filled((call,))[0]}"
            for i, (values, call) in enumerate(self.cases.items())
        ]

    def _default(self, path: str) -> None:
        """A field that this version lacks has its default."""
        if is_record(annotation(self.cls, path)):
            raise _NotFlat
        self.scope[f"default{local(path)}"] = default_value(self.cls, path)
        self.lines.append(f"            {local(path)} = default{local(path)}")

    def _token(self) -> str:
        at = f"f[i + {self.offset}]" if self.floating else f"f[{self.offset}]"
        self.offset += 1
        return at

    def _value(self, step: Field, owner: Any) -> str:
        if step.codec not in READ:
            raise _NotFlat
        wide = "int64" in str(declared(owner, step.path))
        return ("int(@ or 0)" if wide else READ[step.codec]).replace("@", self._token())

    def _step(self, step: Step, wanted: list[str], prefix: str, indent: str) -> None:
        if isinstance(step, Const):
            self._token()
        elif isinstance(step, Field):
            path = prefix + step.path
            value = self._value(Field(path, step.codec), self.cls)
            if path in wanted:
                self.lines.append(f"{indent}{local(path)} = {value}")
                self.read.add(path)
        elif isinstance(step, Each) and step.record is not None:
            self._each(step)
        elif isinstance(step, Switch) and self.cases:
            self._switch(step, wanted)
        elif isinstance(step, Part):
            for inner in step.steps:
                self._step(inner, wanted, f"{step.path}.", indent)
        else:
            raise _NotFlat

    def _switch(self, step: Switch, wanted: list[str]) -> None:
        """The branches read their own fields; nothing may follow them."""
        start = self.offset
        for i, (value, inner) in enumerate(step.cases):
            self.offset = start
            self.lines.append(f"            {'elif' if i else 'if'} {local(step.path)} == {value}:")
            for each in inner:
                self._step(each, wanted, "", "                ")
            self.lines.append("                pass")
        self.lines.append("            else: raise ValueError('unknown case')")

    def _each(self, step: Each) -> None:
        """A list of official objects, column by column: a slice of tokens at a time.

        Where the calls only walk through it, each object is made when its turn comes.
        """
        record = step.record
        made = convert.official(record)  # type: ignore[arg-type]
        name, items = made.__name__, local(step.path)
        add = self.lines.append
        add(f"            n = int({self._token()} or 0)")
        add(f"            i = {f'i + {self.offset}' if self.floating else self.offset}")
        self.floating, self.offset = True, 0
        found = self._attributes(step, record)
        add("            if not 0 <= n <= len(f): raise ValueError('count')")
        add(f"            end = i + n * {self.offset}")
        add("            if end > len(f): raise IndexError(end)")
        lines = [
            "def function(columns):",
            f"    for {''.join(f'{a}_, ' for a in found)}in columns:",
        ]
        lines.append(f"        o = new({name})")
        scope: dict[str, Any] = {name: made, "new": made.__new__}
        for attribute, default in vars(made()).items():
            if attribute not in found and not isinstance(default, int | float | str | Decimal):
                raise _NotFlat
            scope[f"unset_{attribute}"] = default
            value = f"{attribute}_" if attribute in found else f"unset_{attribute}"
            lines.append(f"        o.{attribute} = {value}")
        self.scope[f"made{items}"] = compiled(f"make_{name}", [*lines, "        yield o"], scope)
        columns = ", ".join(_column(expression, self.offset) for expression in found.values())
        made_all = f"made{items}(zip({columns}))"
        add(
            f"            {items} = {made_all if step.path in self.walked else f'list({made_all})'}"
        )
        add("            i = end")
        self.offset = 0
        self.read.add(step.path)

    def _attributes(self, step: Each, record: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for inner in step.steps:
            if isinstance(inner, Const):
                self._token()
            elif isinstance(inner, Field) and "." not in inner.path:
                found[inner.path] = self._value(inner, record)
            else:
                raise _NotFlat
        return found


def _column(expression: str, width: int) -> str:
    """The expression of a token of a row, for this token of every row."""
    offset = re.findall(r"f\[i \+ (\d+)\]", expression)[0]
    every = f"f[i + {offset}:end:{width}]"
    return f"[{expression.replace(f'f[i + {offset}]', 'x')} for x in {every}]"


# ---------------------------------------------------------------- protobuf


@cache
def from_protobuf(cls: type[Message], version: int) -> Callable[..., Any] | None:
    """The function ``make(w, slow)`` that gives ``body -> None``, for a flat protobuf message.

    None where the message or the callback is not flat. ``slow(body)`` is called with a body that
    does not parse.
    """
    statements = calls(cls, version, False)
    paths = used(statements)
    fields = {field.name: field for field in proto_fields(cls)}
    if needs_message(statements) or not all(_plain(fields.get(path)) for path in paths):
        return None
    scope = {**SCOPE, **convert_wire.NAMESPACE}
    scope["parse"] = proto.message_class(cls).FromString
    lines = ["def function(w, slow):", f"    def {cls.spec.callback}(b):", "        try:"]
    lines.append("            p = parse(b)")
    lines += [f"            {local(p)} = {_parsed(cls, fields[p], scope)}" for p in paths]
    # In any case the slow path reads the same bytes, and reports or raises what is wrong.
    lines += ["        except Exception:", "            return slow(b)"]
    lines += [f"        {call}" for call in filled(statements)]
    lines.append(f"    return {cls.spec.callback}")
    return compiled(f"parse_{cls.__name__}", lines, scope)


def _plain(field: ProtoField | None) -> bool:
    return field is not None and field.kind not in ("map", "message") and not field.repeated


def _parsed(cls: type[Message], field: ProtoField, scope: dict[str, Any]) -> str:
    """The expression for a field of a parsed message."""
    value = f"p.{field.proto_name}"
    kind, nullable = convert.kind_of(declared(cls, field.name))
    row = convert_wire.conversion(field)
    if kind is Decimal and field.kind == "string":
        return f"SIZES_OF_TEXT[{value}]"
    expression = row.read(value, "raw")
    absent = default_value(cls, field.name)
    if nullable:
        absent = vars(model)[convert.unset_of(kind)]
        expression = value
    if absent == row.absent or (absent is False and not nullable):
        return expression
    scope[f"default_{field.name}"] = absent
    return f"({expression} if p.HasField({field.proto_name!r}) else default_{field.name})"
