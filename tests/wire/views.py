"""What of a message must arrive at the other end, and where two messages differ.

What the version lacks stands at its default; what the format cannot keep apart is normalised
(``TEXT_KEEPS``, ``_proto_value``). Nothing else may differ. This walks the plan and the schema by
itself, without the codecs.
"""

import copy
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from papertape.model import OrderComboLeg, TagValue
from papertape.wire.layout import (
    Const,
    Each,
    Field,
    Optional,
    Part,
    Step,
    Switch,
    Variant,
    When,
)
from papertape.wire.message import Message, hints
from papertape.wire.plan import plan
from papertape.wire.schema import ProtoField, left_out, proto_fields, selector
from wire.messages import for_text, kept_message, samples

# ---------------------------------------------------------------- text

TEXT_KEEPS: dict[str, Callable[[Any], Any]] = {
    "int_zero": lambda value: value or 0,
    "date_int": lambda value: value or 0,
    "float_zero": lambda value: value or 0.0,
    "bool": bool,
    "decimal_int": lambda value: None if value is None else Decimal(int(value)),
    "mark": lambda value: value or "?",
    "text_nought": lambda value: value or "0",
    "float_nought": lambda value: value or 0.0,
    "implied": lambda value: None if value is None or value < 0 else value,
    "minus_one": lambda value: None if value == -1 else value,
    "minus_two": lambda value: None if value == -2 else value,
}
"""Codec -> what text keeps of a value: "not set" as 0 or false, whole numbers below 101, …"""


def text_view(message: Message, version: int) -> Any:
    """What the other end must find when the message has travelled as text."""
    cls = type(message)
    view = cls()
    _copy(plan(cls, version), message, view, cls)
    return view


def _copy(steps: tuple[Step, ...], source: Any, target: Any, cls: type[Message]) -> None:
    for step in steps:
        if isinstance(step, Field):
            keep = TEXT_KEEPS.get(step.codec, copy.copy)
            _put(target, step.path, keep(_find(source, step.path)))
        elif isinstance(step, When):
            values = [_find(target, path) for path in step.condition.paths]
            if _condition(step.condition.expression, len(values))(*values):
                _copy(step.steps, source, target, cls)
        elif isinstance(step, Each):
            items = _find(source, step.path) or []
            _put(target, step.path, [_element(step, item, cls) for item in items])
        elif isinstance(step, Optional | Part):
            found = _find(source, step.path)
            if found is None and isinstance(step, Part):
                found = step.record()
            _put(target, step.path, None if found is None else _element(step, found, cls))
        elif isinstance(step, Switch):
            _copy(dict(step.cases)[_find(target, step.path)], source, target, cls)
        else:
            assert isinstance(step, Const | Variant), step


@cache
def _condition(expression: str, count: int) -> Callable[..., Any]:
    names = [f"v{i}" for i in range(count)]
    made: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {expression.format(*names)}")
    return made


def _element(step: Each | Optional | Part, source: Any, cls: type[Message]) -> Any:
    if step.record is None:
        field = step.steps[0]
        assert isinstance(field, Field)
        return TEXT_KEEPS.get(field.codec, copy.copy)(source)
    target = step.record()
    _copy(step.steps, source, target, cls)
    return target


def _find(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = getattr(record, name)
    return record


def _put(record: Any, path: str, value: Any) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        record = getattr(record, parent)
    setattr(record, name, value)


# ---------------------------------------------------------------- protobuf


def proto_view(message: Message, version: int) -> Any:
    """What the other end must find when the message has travelled as protobuf."""
    hidden = {path for path, gate in message.spec.proto_gates.items() if version < gate}
    view = _proto_record(message, hidden, "")
    if {"contract", "order"} <= set(type(message).__struct_fields__):
        view.order.orderComboLegs = _leg_prices(message)
    return view


def _proto_record(record: Any, hidden: set[str], at: str) -> Any:
    view = type(record)()
    if chosen := selector(type(record)):  # what belongs to another case is left out
        absent = left_out(type(record), getattr(record, chosen))
        hidden = hidden | {f"{at}{name}" for name in absent}
    for field in proto_fields(type(record)):
        if not field.name.startswith("+") and f"{at}{field.name}" not in hidden:
            value = getattr(record, field.name)
            if value is not None:  # None is absent, which reads as the default
                setattr(view, field.name, _proto_value(field, value, hidden, f"{at}{field.name}"))
    return view


def _proto_value(field: ProtoField, value: Any, hidden: set[str], at: str) -> Any:
    """Maps are sorted and without repetition; a few numbers stand as text or flag there."""
    if field.kind == "map":
        pairs = {pair.tag: pair.value for pair in value}
        return [TagValue(tag, pairs[tag]) for tag in sorted(pairs)]
    if field.kind == "message":
        if field.repeated:
            return [_proto_record(item, hidden, f"{at}.") for item in value]
        return _proto_record(value, hidden, f"{at}.")
    if field.kind == "bool" and isinstance(value, int) and not isinstance(value, bool):
        return int(bool(value))
    if field.kind == "double" and isinstance(value, Decimal):
        return Decimal(repr(float(value)))
    return value


def _leg_prices(message: Any) -> list[OrderComboLeg]:
    """In protobuf each price stands in its leg: as many prices as legs, or none at all."""
    legs, prices = message.contract.comboLegs, message.order.orderComboLegs
    found = [OrderComboLeg(price.price) for _, price in zip(legs, prices)]
    if all(leg.price is None for leg in found):
        return []
    return found + [OrderComboLeg() for _ in range(len(legs) - len(found))]


# ---------------------------------------------------------------- comparing


def differences(found: Any, expected: Any, at: str = "") -> list[str]:
    """Where two messages differ; an order's representation is too long to compare by eye."""
    if isinstance(found, msgspec.Struct) and type(found) is type(expected):
        pairs = (
            (name, getattr(found, name), getattr(expected, name)) for name in hints(type(found))
        )
        return [line for name, a, b in pairs for line in differences(a, b, f"{at}.{name}")]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        both = enumerate(zip(found, expected))
        return [line for i, (a, b) in both for line in differences(a, b, f"{at}[{i}]")]
    same = found == expected and (found is None) == (expected is None)
    return [] if same else [f"{at}: {found!r}, expected {expected!r}"]


# ---------------------------------------------------------------- both


def sendable(cls: type[Message], version: int) -> Iterator[tuple[Message, Message]]:
    """Messages that go at this version, and what must arrive."""
    proto = version >= cls.spec.protobuf
    if (
        cls.spec.callback == "startApi"
        or version < cls.spec.since
        or not (proto or cls.spec.layout is not None)
    ):
        return
    view = proto_view if proto else text_view
    for message in (*samples(cls), *(kept_message(cls, seed) for seed in range(3))):
        known = view(message if proto else for_text(message), version)
        yield known, view(known, version)
