"""Declaration -> protobuf encoder and decoder over the reference runtime.

The descriptors are built from the catalogue in a private pool: no generated modules, no clash
with other packages that register the same names. A value that is not set (``None``, "", False,
an empty list) is absent; a number that is zero is present, as the official client sends it, but
for the few that a server leaves out (``Spec.proto_untold``).
Requests are read strictly: NaN is refused. Built on first use; a gated field is left out for
servers that do not know it.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import astuple

from ..model import ComboLeg, OrderComboLeg, TagValue
from .caches import CACHES
from .catalogue.records import AS_NEW, CASES
from .codegen import compiled
from .diff import Columns, Put
from .limits import few
from .message import Message
from .proto_scalars import NAMESPACE, Way, conversion, default_of, is_cleared
from .schema import ProtoField, left_out, proto_fields, selector

Encoder = Callable[[Any], bytes]
Decoder = Callable[[bytes], Any]

_SPARSE = 12
"""Records with more fields than this are written and read through the fields that are set."""


# ---------------------------------------------------------------- the runtime


@cache
def load() -> type[Exception]:
    """Import the runtime; the error that it raises for bytes that are no message.

    This takes a tenth of a start, and text does not need it: it happens with the first message in
    protobuf, or when somebody has the time.
    """
    from .descriptors import DecodeError

    failure: type[Exception] = DecodeError
    return failure


def message_class(cls: Any) -> Any:
    """The protobuf class of a message or a record."""
    from .descriptors import message_class as described

    return described(cls)


# ---------------------------------------------------------------- messages


@cache
def encoder(cls: type[Message], version: int) -> Encoder:
    """The function that writes a message's protobuf body for a server version."""
    build = _builder(cls, omitted(cls, version))
    if {"contract", "order"} <= set(cls.__struct_fields__):
        return lambda m: _with_leg_prices(build(m), m).SerializeToString()
    return lambda m: build(m).SerializeToString()


class Omitted(msgspec.Struct, frozen=True):
    """The fields of a record that are omitted, by path."""

    always: frozenset[str]
    """Always, because a server of this version does not know them."""
    zero: frozenset[str]
    """When they are zero or empty."""

    def below(self, name: str) -> "Omitted":
        """The same of a record inside."""
        return Omitted(_below(self.always, name), _below(self.zero, name))


def _below(paths: frozenset[str], name: str) -> frozenset[str]:
    begin = f"{name}."
    return frozenset(path.removeprefix(begin) for path in paths if path.startswith(begin))


def omitted(cls: type[Message], version: int) -> Omitted:
    """The fields of a message that a server of this version omits."""
    gates = cls.spec.proto_gates.items()
    always = frozenset(path for path, gate in gates if version < gate)
    return Omitted(always, cls.spec.proto_untold)


@cache
def decoder(cls: type[Message], *, raw: bool = False) -> Decoder:
    """The function that reads a message's protobuf body.

    ``raw``: return numbers of replies that mean "not set" unchanged.
    """
    parse = message_class(cls).FromString
    way: Way = "strict" if cls.spec.request else "raw" if raw else "lenient"
    read = _reader(cls, way)
    if {"contract", "order"} <= set(cls.__struct_fields__):
        price = _price_reader(way)
        return lambda body: _read_leg_prices(parse(body), read, price)
    return lambda body: read(parse(body))


def _price_reader(way: Way) -> Callable[[Any], Any]:
    """What reads the price inside of a leg."""
    field = next(field for field in proto_fields(ComboLeg) if field.name == "+perLegPrice")
    source = f"def function(v):\n    return {conversion(field).read('v', way)}\n"
    return _compile("proto_ComboLeg_perLegPrice", source, {})


def _with_leg_prices(built: Any, m: Any) -> Any:
    """In protobuf a leg carries its own price; the record keeps prices with the order."""
    if m.order.orderComboLegs:
        for leg, priced in zip(built.contract.comboLegs, m.order.orderComboLegs):
            if priced.price is not None:
                leg.perLegPrice = priced.price
    return built


def _read_leg_prices(parsed: Any, read: Callable[[Any], Any], price: Callable[[Any], Any]) -> Any:
    message = read(parsed)
    legs = parsed.contract.comboLegs
    if legs and any(leg.HasField("perLegPrice") for leg in legs):
        message.order.orderComboLegs = [
            OrderComboLeg(price(leg.perLegPrice) if leg.HasField("perLegPrice") else None)
            for leg in legs
        ]
    return message


# ---------------------------------------------------------------- writing


def _compile(name: str, source: str, scope: dict[str, Any]) -> Callable[[Any], Any]:
    known = {"TagValue": TagValue, "few": few, **NAMESPACE, **CACHES}
    return compiled(name, source, {**known, **scope})


@cache
def _builder(cls: Any, omit: Omitted) -> Callable[[Any], Any]:
    """The function record -> protobuf object, without omitted fields."""
    whole = _whole_builder(cls, omit)
    if not _is_sparse(cls):
        return whole
    parse = message_class(cls).FromString
    model: tuple[bytes, Callable[[Any, Any], None]] | None = None

    def build(m: Any) -> Any:
        # Records resemble those before: into a copy of the first one goes what differs from it.
        nonlocal model
        if model is None:
            made = whole(m)
            model = made.SerializeToString(), _filler(cls, omit, deepcopy(m))
            return made
        body, fill = model
        made = parse(body)
        fill(made, m)
        return made

    return build


def _whole_builder(cls: Any, omit: Omitted) -> Callable[[Any], Any]:
    scope: dict[str, Any] = {"Proto": message_class(cls)}
    parts = {
        field.name: f"{field.proto_name}={_write(field, f'm.{field.name}', scope, omit)}"
        for field in _shown(cls, omit)
    }
    source = "def function(m):\n"
    if chosen := selector(cls):
        for value in CASES[cls][1]:
            named = (part for n, part in parts.items() if n not in left_out(cls, value))
            source += f"    if m.{chosen} == {value!r}: return Proto({', '.join(named)})\n"
    source += f"    return Proto({', '.join(parts.values())})\n"
    return _compile(f"proto_encode_{cls.__name__}", source, scope)


def _shown(cls: Any, omit: Omitted) -> list[ProtoField]:
    fields = proto_fields(cls)
    return [f for f in fields if f.name not in omit.always and not f.name.startswith("+")]


@cache
def _is_sparse(cls: Any) -> bool:
    """Whether a record has so many fields, itself or below, that most are as by default."""
    if selector(cls):
        return False
    fields = proto_fields(cls)
    below = (field.record for field in fields if field.python is field.record is not None)
    return len(fields) > _SPARSE or any(map(_is_sparse, below))


def _filler(cls: Any, omit: Omitted, model: Any) -> Callable[[Any, Any], None]:
    """Writes what differs from a record into a protobuf object of that record."""
    names = cls.__struct_fields__
    shown = {field.name: field for field in _shown(cls, omit)}

    def make(place: int) -> Put:
        lines, scope = ["def function(t, v):", "    pass"], dict[str, Any]()
        if field := shown.get(names[place]):
            value = getattr(model, field.name)
            lines += [f"    {line}" for line in _filling(field, scope, omit, value)]
        name = f"proto_put_{cls.__name__}_{names[place]}"
        return _compile(name, "\n".join(lines) + "\n", scope)  # type: ignore[return-value]

    # Mutable values are always read.
    known = (object() if isinstance(value, list | msgspec.Struct) else value
             for value in astuple(model))  # fmt: skip
    columns = Columns(known, make)
    return lambda target, m: columns.put(target, astuple(m))


def _filling(field: ProtoField, scope: dict[str, Any], omit: Omitted, known: Any) -> list[str]:
    """Lines that assign ``v`` to the field of ``t``, where the value ``known`` stands."""
    name = field.proto_name
    if field.kind == "map" or field.repeated:
        way = "update" if field.kind == "map" else "extend"
        value = _write(field, "v", scope, omit)
        clearing = [f"t.ClearField({name!r})"] if known else []
        return [*clearing, f"if v: t.{name}.{way}({value})"]
    inside = field.kind == "message" and field.python is field.record
    if inside and not selector(field.record) and field.name not in omit.zero:
        scope["fill"] = _filler(field.record, omit.below(field.name), known)
        return [f"fill(t.{name}, v)"]
    if field.kind == "message":
        return [
            f"v = {_write(field, 'v', scope, omit)}",
            f"if v is None: t.ClearField({name!r})",
            f"else: t.{name}.CopyFrom(v)",
        ]
    return assigning(field, "t", untold=field.name in omit.zero)


def assigning(field: ProtoField, target: str, *, untold: bool) -> list[str]:
    """Lines that assign ``v`` to a single field of the protobuf object ``target``."""
    return [
        f"v = {_scalar(field, 'v', untold=untold)}",
        f"if v is None: {target}.ClearField({field.proto_name!r})",
        f"else: {target}.{field.proto_name} = v",
    ]


def _write(field: ProtoField, value: str, scope: dict[str, Any], omit: Omitted) -> str:
    if field.kind == "map":
        return f"{{pair.tag: pair.value for pair in {value}}}"
    if field.kind == "message":
        scope[f"build_{field.name}"] = _builder(field.record, omit.below(field.name))
        if field.repeated:
            return f"[build_{field.name}(x) for x in {value}]"
        call = f"build_{field.name}({value})"
        if field.name in omit.zero:
            scope[f"empty_{field.name}"] = field.record()
            return f"None if {value} == empty_{field.name} else {call}"
        return call if field.python is field.record else f"None if {value} is None else {call}"
    if field.repeated:
        return value
    return _scalar(field, value, untold=field.name in omit.zero)


def _scalar(field: ProtoField, value: str, *, untold: bool) -> str:
    written = conversion(field).written(value)
    return f"({written} if {value} else None)" if untold else written


# ---------------------------------------------------------------- reading


@cache
def _reader(cls: Any, way: Way) -> Callable[[Any], Any]:
    """protobuf object -> record."""
    scope: dict[str, Any] = {"Record": cls}
    readable = [field for field in proto_fields(cls) if not field.name.startswith("+")]
    if len(readable) > _SPARSE:
        return _sparse_reader(cls, readable, way)
    inner = {field.name: _read(field, scope, way) for field in readable}
    if list(inner) == list(cls.__struct_fields__):
        parts = list(inner.values())  # positions are faster than names
    else:
        parts = [f"{name}={expression}" for name, expression in inner.items()]
    source = f"def function(p):\n    return Record({', '.join(parts)})\n"
    return _compile(f"proto_decode_{cls.__name__}", source, scope)


def _sparse_reader(cls: Any, fields: list[ProtoField], way: Way) -> Callable[[Any], Any]:
    absent: dict[str, Any]
    if _tells_absent(cls, way):
        absent = dict.fromkeys(field.name for field in fields)
    else:
        absent = {f.name: False for f in fields if is_cleared(f, cls, way)}
    table: dict[Any, tuple[str, Callable[[Any], Any] | None]] = {}
    descriptors = message_class(cls).DESCRIPTOR.fields_by_number
    for field in fields:
        scope: dict[str, Any] = {}
        expression = _converted(field, "v", scope, way)
        change: Callable[[Any], Any] | None = None
        name, called, rest = expression.partition("(v)")
        if called and not rest and (name in NAMESPACE or name in scope):
            change = scope.get(name) or NAMESPACE[name]
        elif expression != "v":
            source = f"def function(v):\n    return {expression}\n"
            change = _compile(f"proto_{cls.__name__}_{field.name}", source, scope)
        table[descriptors[field.number]] = field.name, change

    def read(p: Any) -> Any:
        found = dict(absent)
        for descriptor, value in p.ListFields():
            known = table.get(descriptor)
            if known is not None:
                name, change = known
                found[name] = value if change is None else change(value)
        return cls(**found)

    return read


def _tells_absent(cls: type[Any], way: Way) -> bool:
    return way == "raw" and cls in AS_NEW


def _converted(field: ProtoField, value: str, scope: dict[str, Any], way: Way) -> str:
    """The expression that turns a present protobuf value into the record's."""
    if way == "strict" and (field.kind == "map" or field.repeated):
        value = f"few({value}, {field.proto_name!r})"
    if field.kind == "map":
        return f"([TagValue(k, m[k]) for k in sorted(m)] if (m := {value}) else [])"
    if field.kind == "message":
        scope[f"read_{field.name}"] = _reader(field.record, way)
        if field.repeated:
            return f"[read_{field.name}(x) for x in {value}]"
        return f"read_{field.name}({value})"
    if field.repeated:
        return f"list({value})"
    expression = conversion(field).read(value, way)
    # Sizes repeat: looked up, not read again.
    for way_to_read, cached in (
        ("read_decimal", "DECIMALS"),
        ("plain_decimal", "WRITTEN_DECIMALS"),
    ):
        if expression == f"{way_to_read}({value})":
            return f"{cached}[{value}]"
    return expression


def _read(field: ProtoField, scope: dict[str, Any], way: Way) -> str:
    value = f"p.{field.proto_name}"
    expression = _converted(field, value, scope, way)
    if field.kind == "map" or field.repeated:
        return expression
    present = f"p.HasField({field.proto_name!r})"
    if field.kind == "message":
        if field.python is field.record:
            return expression  # an absent record reads as its defaults
        return f"{expression} if {present} else None"
    if _tells_absent(scope["Record"], way):
        return f"({expression} if {present} else None)"
    default = default_of(scope["Record"], field.name)
    if is_cleared(field, scope["Record"], way) or default == conversion(field).absent:
        return expression  # the value read for an absent field is already right
    return f"({expression} if {present} else {default!r})"
