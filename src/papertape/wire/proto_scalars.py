"""One value of a record to one protobuf scalar and back, one row per pair of types.

A rule may stand behind the record's type: "?" the value may be None, "!" a flag that is there
even when it is false, "<0", "=-1", "=-2" numbers that mean None when read.

Expressions in which ``@`` is the value, used by the generated code (``proto.py``) and the
interpreter (``oracle_proto.py``) alike. Sentinels that stand for "not set" in the text form are
understood here too, because not every peer leaves such fields out; only "raw" reading gives them
as they stand, as the official client does, and None for what is absent where that client tells.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from ..model import UNSET_DOUBLE, UNSET_INT, UNSET_LONG
from .codecs import plain_decimal, read_decimal, write_number
from .plan import default_value
from .schema import ProtoField
from .strict import KEPT, LARGEST, READERS, REFUSED

Way = Literal["lenient", "strict", "raw"]
"""Modes of reading: replies, requests, and replies with their sentinels."""


class Conversion(msgspec.Struct, frozen=True):
    """How one kind of field is written and read."""

    write: str
    unset: str
    """When the field is left out: an expression on the value; "" for never."""
    lenient: str
    strict: str
    """``#`` is what the field reads as when it is not set."""
    absent: Any
    """The result of the reading expression for an absent field."""
    raw: str = ""
    """As ``lenient``, but sentinels stay numbers; "" where there are none."""

    def written(self, value: str) -> str:
        """The expression that writes ``value``; None leaves the field out."""
        expression = self.write.replace("@", value)
        if not self.unset or (self.unset == "@ is None" and expression == value):
            return expression
        if self.unset == "not @" and expression == value:
            return f"{value} or None"
        return f"(None if {self.unset.replace('@', value)} else {expression})"

    def read(self, value: str, way: Way) -> str:
        """The expression that reads the protobuf value."""
        expression = {"strict": self.strict, "raw": self.raw}.get(way) or self.lenient
        return expression.replace("@", value)


def computed(value: float, unset: bool) -> float | None:
    """A figure of an option; a negative number of its own may say that it is not computed."""
    return None if unset or value == UNSET_DOUBLE else value


def plain_number(value: float) -> str:
    """A double as the official client shows it in a text field: no needless ``.0``."""
    if LARGEST <= value < math.inf:
        return ""
    return str(int(value)) if value == int(value) else str(value)


def read_margin(value: float | None) -> Any:
    """A margin figure as an exact decimal."""
    return None if value is None or value == UNSET_DOUBLE else read_decimal(repr(value))


def write_decimal(value: Any) -> str:
    """Plain digits without an exponent."""
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


_SET_INT = f"(None if @ == {UNSET_INT} else @)"
_SET_LONG = f"(None if @ == {UNSET_LONG} else @)"
_STRICT_INT = f"(None if @ in ({UNSET_INT}, {UNSET_LONG}) else @)"
_STRICT_FLAG = f"(None if @ == {UNSET_INT} else @ != 0)"
_ROWS: dict[tuple[str, str], Conversion] = {
    ("int", "int32"): Conversion("@", "", "@", "needed_int(@, #)", 0),
    ("int", "int64"): Conversion("@", "", "@", "needed_int(@, #)", 0),
    ("float", "double"): Conversion("@", "", "@", "needed_float(@, #)", 0.0),
    ("str", "string"): Conversion("@", "not @", "@", "@", ""),
    ("bool", "bool"): Conversion("@", "not @", "@", "@", False),
    ("float<0", "double"): Conversion(
        "@", "@ is None", "computed(@, @ < 0)", "set_float(@)", 0.0, "(None if @ < 0 else @)"
    ),
    ("float=-1", "double"): Conversion(
        "@", "@ is None", "computed(@, @ == -1)", "set_float(@)", 0.0, "(None if @ == -1 else @)"
    ),
    ("float=-2", "double"): Conversion(
        "@", "@ is None", "computed(@, @ == -2)", "set_float(@)", 0.0, "(None if @ == -2 else @)"
    ),
    ("bool!", "bool"): Conversion("@", "", "@", "@", False),
    ("int", "bool"): Conversion("bool(@)", "not @", "int(@)", "int(@)", 0),
    ("int", "string"): Conversion("str(@)", "not @", "int(@ or 0)", "strict_int(@)", 0),
    ("float", "string"): Conversion("write_number(@)", "", "float(@ or 0)", "strict_float(@)", 0.0),
    ("str", "double"): Conversion("float(@)", "not @", "plain_number(@)", "plain_number(@)", "0"),
    ("Decimal", "string"): Conversion(
        "write_decimal(@)",
        "@ is None",
        "read_decimal(@)",
        "strict_decimal(@)",
        None,
        "plain_decimal(@)",
    ),
    ("Decimal", "double"): Conversion(
        "float(@)", "@ is None", "read_margin(@)", "read_margin(set_float(@))", 0
    ),
    ("int?", "int32"): Conversion("@", "@ is None", _SET_INT, _STRICT_INT, 0, "@"),
    ("int?", "int64"): Conversion("@", "@ is None", _SET_LONG, _STRICT_INT, 0, "@"),
    ("float?", "double"): Conversion(
        "@", "@ is None", f"(None if @ == {UNSET_DOUBLE} else @)", "set_float(@)", 0.0, "@"
    ),
    ("bool?", "bool"): Conversion("@", "@ is None", "@", "@", False),
    ("bool?", "int32"): Conversion(
        "int(@)", "@ is None", "@ != 0", _STRICT_FLAG, False, f"(@ if @ == {UNSET_INT} else @ != 0)"
    ),
}
NAMESPACE: dict[str, Any] = {
    function.__name__: function
    for function in (
        computed, plain_decimal, plain_number, read_decimal, read_margin, write_decimal,
        write_number,
    )
} | READERS  # fmt: skip
"""What the expressions may name."""


@cache
def conversion(field: ProtoField) -> Conversion:
    """The row for a scalar field."""
    row = _ROWS[_kind(field), field.kind]
    if "#" not in row.strict:
        return row
    strict = row.strict
    if field.kind != "double" and field.unset is KEPT:
        strict = "@"
    elif field.kind == "int32" and field.unset != REFUSED:  # dozens in an order: without a call
        strict = f"(# if @ == {UNSET_INT} else @)"
    return replace(row, strict=strict.replace("#", repr(field.unset)))


def _kind(field: ProtoField) -> str:
    args = getattr(field.python, "__args__", (field.python,))
    names = [arg.__name__ for arg in args if arg is not type(None)]
    nullable = len(names) < len(args) and names[0] != "Decimal"
    if field.rule:
        return f"{names[0]}{field.rule}"
    return f"{names[0]}?" if nullable else str(names[0])


def is_cleared(field: ProtoField, record: type[Any], way: Way) -> bool:
    """Whether absence of a flag that is set by default clears it: in requests, where a client
    sends every flag that is set; a reply that does not tell one leaves it as it was."""
    flag = field.kind == "bool" and _kind(field) in ("bool", "int")
    return flag and way == "strict" and bool(default_of(record, field.name))


def default_of(record: type[Any], name: str) -> Any:
    """The record's default for a field."""
    return default_value(record, name)


_COMPILED: dict[str, Callable[[Any], Any]] = {}


def evaluate(expression: str, value: Any) -> Any:
    """One expression on one value: the interpreter's way in."""
    function = _COMPILED.get(expression)
    if function is None:
        source = f"lambda v: {expression.replace('@', 'v')}"
        function = _COMPILED[expression] = eval(source, NAMESPACE)
    return function(value)
