"""Official-shaped objects <-> records of the model.

``to_NAME(object)`` makes a record of a program's object, ``from_NAME(record)`` makes the object
for a callback. Both are generated once per class from the model's fields and the official
attributes; "not set" is None on one side and a huge number on the other. A program's objects are
never changed.
"""

import types
import typing
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import msgspec

from .. import model
from ..errors import LocalProtocolError
from ..model import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT, UNSET_LONG, Long
from ..wire.catalogue.records import AS_NEW
from ..wire.message import hints
from . import (
    commission_and_fees_report,
    common,
    contract,
    execution,
    ineligibility_reason,
    order,
    order_cancel,
    order_state,
    scanner,
    softdollartier,
    tag_value,
)
from .order_condition import Create
from .source import compiled, reader_of_changes
from .utils import getEnumTypeFromString

HOMES = (
    commission_and_fees_report, common, contract, execution, ineligibility_reason, order,
    order_cancel, order_state, scanner, softdollartier, tag_value,
)  # fmt: skip
OFFICIAL = {"Bar": "BarData", "HistogramEntry": "HistogramData"}
"""Record of the model: official class, where the names differ."""

ATTRIBUTES = {
    ("IneligibilityReason", "id"): "id_",
}
"""Field of the model: official attribute, where the names differ."""

DOUBLE_MAX_TEXT = "1.7976931348623157E308"


def official(record: type[Any]) -> type[Any]:
    """The official class that a record of the model stands for."""
    name = OFFICIAL.get(record.__name__, record.__name__)
    for home in HOMES:
        if name in vars(home):
            return vars(home)[name]  # type: ignore[no-any-return]
    raise TypeError(f"{record.__name__} has no official class")


def __getattr__(name: str) -> Any:
    way, _, record = name.partition("_")
    known = getattr(model, record, None)
    if way not in ("to", "from") or known is None:
        raise AttributeError(name)
    found = to_record(known) if way == "to" else from_record(known)
    globals()[name] = found  # asked for at each request, made once
    return found


# ---------------------------------------------------------------- what programs give


def given(value: Any, name: str) -> Any:
    """Return an argument unchanged. Raises ``LocalProtocolError`` for None."""
    if value is None:
        raise LocalProtocolError(f"{name} is None", field=name)
    return value


def number(value: Any, name: str) -> Any:
    """A whole number, also from text or a float without a fraction."""
    if type(value) is int:
        return value
    try:
        whole = int(value)
    except (TypeError, ValueError):
        raise LocalProtocolError(f"{name} is {value!r}, no whole number", field=name) from None
    if isinstance(value, float) and whole != value:
        raise LocalProtocolError(f"{name} is {value!r}, no whole number", field=name)
    return whole


def number_or_none(value: Any, name: str) -> Any:
    """A whole number that may be not set."""
    return None if value is None or value == UNSET_INT else number(value, name)


def long_or_none(value: Any, name: str) -> Any:
    """A long number that may be not set."""
    return None if value is None or value in (UNSET_LONG, 0) else number(value, name)


def real_or_none(value: Any, name: str) -> Any:
    """A price or the like that may be not set."""
    return None if value is None or value == UNSET_DOUBLE else value


def size_or_none(value: Any, name: str) -> Any:
    """A quantity that may be not set."""
    return None if value is None or value == UNSET_DECIMAL else value


def margin_or_none(value: Any, name: str) -> Any:
    """A margin figure, which the official class holds as text."""
    return None if value in (None, "", DOUBLE_MAX_TEXT) else Decimal(str(value))


def as_is(value: Any, name: str) -> Any:
    """A value that may be None."""
    return value


def flag_number(value: Any, name: str) -> Any:
    """A choice of true, false or open, as a number."""
    return None if value is None or value == UNSET_INT else int(value)


def enum_text(value: Any, name: str) -> Any:
    """The wire text of an enumeration's member."""
    if isinstance(value, Enum):
        return "" if value.name == "NoneItem" else value.value[0]
    return given(value, name)


def enum_number(value: Any, name: str) -> Any:
    """The wire number of an enumeration's member."""
    if isinstance(value, Enum):
        return None if value.name == "NoneItem" else value.value[0]
    return number(value, name)


def tag_values(pairs: Iterable[Any] | None) -> list[model.TagValue]:
    """Options; None means no options."""
    return [model.TagValue(str(pair.tag), str(pair.value)) for pair in pairs or ()]


def to_list(items: Iterable[Any] | None, make: Callable[[Any], Any]) -> list[Any]:
    """A list of records; None means an empty list."""
    return [make(item) for item in items or ()]


def attached_orders(o: Any) -> model.AttachedOrders:
    """The attached stop-loss and profit-taker, which the official class keeps in the order."""
    return to_record(model.AttachedOrders)(o)  # type: ignore[no-any-return]


def scanner_subscription(
    o: Any, options: Iterable[Any] | None, filters: Iterable[Any] | None
) -> model.ScannerSubscription:
    """A scanner's subscription with its two lists of options."""
    made: model.ScannerSubscription = to_record(model.ScannerSubscription)(o)
    made.scannerSubscriptionOptions = tag_values(options)
    made.scannerSubscriptionFilterOptions = tag_values(filters)
    return made


def wsh_event(reqId: int, o: Any) -> dict[str, Any]:
    """The fields of a request for corporate events."""
    facts = vars(given(o, "wshEventData"))
    limits = {name: number_or_none(facts[name], name) for name in ("conId", "totalLimit")}
    return {"reqId": given(reqId, "reqId"), **facts, **limits}


def to_condition(o: Any) -> model.OrderCondition:
    """A condition as the one record that serves all kinds."""
    known = model.OrderCondition.__struct_fields__
    facts = {name: value for name, value in vars(o).items() if name in known and value is not None}
    return model.OrderCondition(**{**facts, "type": o.condType})


@cache
def to_record(record: Any) -> Callable[[Any], Any]:
    """The function that makes this record of an official object, or of anything like one."""
    name = record.__name__
    if name == "OrderCondition":
        return to_condition
    scope = dict(SCOPE)
    taken = taking(record, scope)
    lines = ["def function(o):", f"    if o is None: raise LocalProtocolError('no {name} given')"]
    if name in OPTIONAL:
        lines[1:] = ["    if o is None: return None"]
    parts = [f"        {f}={e.replace('@', f'o.{a}')}," for f, (a, e) in taken.items()]
    lines += ["    return Record(", *parts, "    )"]
    whole = compiled(f"to_{name}", lines, {**scope, "Record": record})
    small = len(taken) <= SHARED
    return whole if small else reader_of_changes(official(record), taken, scope, whole)


OPTIONAL = ("DeltaNeutralContract",)


def taking(record: Any, scope: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """For each field the official attribute, and what reads it (``@``); adds names to ``scope``."""
    name = record.__name__
    shape = vars(official(record)()) if name != "AttachedOrders" else vars(order.Order())
    taken = {}
    for field, hint in hints(record).items():
        attribute = ATTRIBUTES.get((name, field), field)
        if attribute in shape:
            taken[field] = attribute, _taking(hint, "@", attribute, shape[attribute], scope)
    return taken


def _taking(hint: Any, value: str, name: str, default: Any, scope: dict[str, Any]) -> str:
    kind, nullable = kind_of(hint)
    origin = typing.get_origin(kind)
    if origin is list:
        element = typing.get_args(kind)[0]
        if element is model.TagValue:
            return f"(tag_values({value}) if {value} else [])"
        if is_record(element):
            scope[f"to_{element.__name__}"] = to_record(element)
            return f"(to_list({value}, to_{element.__name__}) if {value} else [])"
        return f"(list({value}) if {value} else [])"
    if is_record(kind):
        scope[f"to_{kind.__name__}"] = to_record(kind)
        return f"to_{kind.__name__}({value})"
    if isinstance(default, Enum):
        return f"{'enum_number' if kind is int else 'enum_text'}({value}, {name!r})"
    return f"{_reader_of(kind, nullable, default)}({value}, {name!r})"


def _reader_of(kind: Any, nullable: bool, default: Any) -> str:
    if not nullable:
        return "number" if kind is int else "given"
    if kind is Decimal:
        return "margin_or_none" if default == "" else "size_or_none"
    if kind is int:
        return "flag_number" if default is None else "number_or_none"
    if kind == Long:
        return "number_or_none" if default == UNSET_INT else "long_or_none"
    return {float: "real_or_none", bool: "as_is"}[kind]


# ---------------------------------------------------------------- what callbacks get


def from_condition(m: model.OrderCondition) -> Any:
    """A condition of the official class of its kind."""
    o = Create(m.type)
    for name in vars(o) if o else ():
        if name != "condType" and (value := getattr(m, name)) is not None:
            setattr(o, name, value)
    return o


def text_of_margin(value: Decimal | None) -> str:
    """A margin figure as the official class holds it."""
    return "" if value is None else f"{value:f}"


LISTS_IN_PROTOBUF = {"smartComboRoutingParams", "secIdList"}
"""Lists that the official client makes for every protobuf message, else only if not empty."""


@cache
def from_record(record: Any, in_text: bool = True) -> Callable[[Any], Any]:
    """The function that makes the official object of this record."""
    name = record.__name__
    if name == "OrderCondition":
        return from_condition
    made = official(record)
    template = vars(made())
    scope = dict(SCOPE) | {"Official": made, "new": made.__new__, "template": template}
    fields = {ATTRIBUTES.get((name, f), f): (f, h) for f, h in hints(record).items()}
    if record in AS_NEW and not in_text:
        fields = {attribute: (f, h | None) for attribute, (f, h) in fields.items()}
    # With many attributes, a copy of a finished dictionary costs a fraction of setting them.
    large = len(template) > SHARED
    lines = ["def function(m):", f"    o = new(Official){'; d = template.copy()' * large}"]
    for attribute, default in template.items():
        target = f"d[{attribute!r}]" if large else f"o.{attribute}"
        if attribute in fields:
            field, hint = fields[attribute]
            unset = [] if not in_text and attribute in LISTS_IN_PROTOBUF else default
            lines.append(_set(target, hint, f"m.{field}", unset, scope, in_text))
        elif (made_new := fresh(attribute, default, scope)) is not None:
            lines.append(f"    {target} = {made_new}")
        elif not large:
            scope[f"default_{attribute}"] = default
            lines.append(f"    {target} = default_{attribute}")
    lines += ["    o.__dict__ = d"] * large
    return compiled(f"from_{name}", [*lines, "    return o"], scope)


def giving(hint: Any, value: str, scope: dict[str, Any], in_text: bool) -> str:
    """The expression that makes the official value of a message's field."""
    scope.update(SCOPE)
    kind, nullable = kind_of(hint)
    if nullable and not is_record(kind):
        return f"({unset_of(kind)} if {value} is None else {value})"
    return _giving(hint, value, [], scope, in_text)


SHARED = 30
"""Up to so many attributes, objects of one class share a table of their names."""


def fresh(attribute: str, default: Any, scope: dict[str, Any]) -> str | None:
    """The expression for an attribute that objects must not share; None where they may."""
    if isinstance(default, list):
        return "[]"
    if type(default).__module__.startswith(__package__) and not isinstance(default, Enum):
        scope[f"make_{attribute}"] = type(default)
        return f"make_{attribute}()"
    return None


def _set(
    target: str, hint: Any, value: str, default: Any, scope: dict[str, Any], in_text: bool
) -> str:
    """The statement that gives an attribute its official value."""
    nullable = kind_of(hint)[1]
    if not nullable:
        return f"    {target} = {_giving(hint, value, default, scope, in_text)}"
    known = _giving(hint, "v", default, scope, in_text)
    if target.startswith("d["):
        return f"    if (v := {value}) is not None: {target} = {known}"
    scope[f"default_{target[2:]}"] = default
    return f"    {target} = {known} if (v := {value}) is not None else default_{target[2:]}"


def _giving(hint: Any, value: str, default: Any, scope: dict[str, Any], in_text: bool) -> str:
    kind, nullable = kind_of(hint)
    if typing.get_origin(kind) is list:
        element = typing.get_args(kind)[0]
        made = f"list({value})"
        if is_record(element):
            scope[f"from_{element.__name__}"] = from_record(element, in_text)
            made = f"[from_{element.__name__}(x) for x in {value}]"
        return made if isinstance(default, list) else f"({made} if {value} else None)"
    if is_record(kind):
        scope[f"from_{kind.__name__}"] = from_record(kind, in_text)
        call = f"from_{kind.__name__}({value})"
        return f"(None if {value} is None else {call})" if nullable else call
    return of_set(hint, value, default, scope, in_text)


def of_set(hint: Any, value: str, default: Any, scope: dict[str, Any], in_text: bool) -> str:
    """The expression for the official value of a single value that is set."""
    kind, nullable = kind_of(hint)
    if isinstance(default, Enum):
        scope[type(default).__name__] = type(default)
        return f"getEnumTypeFromString({type(default).__name__}, {value})"
    if nullable and kind is Decimal and default == "":
        return f"text_of_margin({value})"
    as_flag = nullable and in_text and default is None and kind is int
    return f"bool({value})" if as_flag else value


def unset_of(kind: Any, default: Any = None) -> str:
    """The official value for "not set", as source."""
    if kind is int:
        return "UNSET_INT"
    if kind == Long:
        return "UNSET_LONG"
    return {float: "UNSET_DOUBLE", Decimal: "UNSET_DECIMAL"}.get(kind, "None")


# ---------------------------------------------------------------- both

SCOPE: dict[str, Any] = {
    function.__name__: function
    for function in (
        as_is, enum_number, enum_text, flag_number, given, long_or_none, margin_or_none, number,
        number_or_none, real_or_none, size_or_none, tag_values, text_of_margin, to_list,
        getEnumTypeFromString, LocalProtocolError,
    )
} | {
    "UNSET_DECIMAL": UNSET_DECIMAL, "UNSET_DOUBLE": UNSET_DOUBLE, "UNSET_INT": UNSET_INT,
    "UNSET_LONG": UNSET_LONG,
}  # fmt: skip
"""What generated functions may name."""


def kind_of(hint: Any) -> tuple[Any, bool]:
    """A type without its ``| None``, and whether it had one."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        rest = [arg for arg in typing.get_args(hint) if arg is not types.NoneType]
        return rest[0], len(rest) < len(typing.get_args(hint))
    return hint, False


def is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
