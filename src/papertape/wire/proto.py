"""Declaration -> protobuf encoder and decoder over the reference runtime.

The descriptors are built from the catalogue in a private pool: no generated modules, no clash
with other packages that register the same names. A value that is not set (``None``, "", False,
an empty list) is absent; a number that is zero is present, as the official client sends it.
Built on first use; a gated field is left out for servers that do not know it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from ..model import OrderComboLeg, TagValue
from .codecs import read_decimal
from .message import Message
from .schema import ProtoField, proto_fields

Encoder = Callable[[Any], bytes]
Decoder = Callable[[bytes], Any]

_POOL = descriptor_pool.DescriptorPool()
_PACKAGE = "papertape"
_TYPES = {
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
}
_SPARSE = 12
"""Records with more fields than this are read through the fields that are set."""


@cache
def message_class(cls: Any) -> Any:
    """The protobuf class of a message or a record."""
    _add(cls)
    found = _POOL.FindMessageTypeByName(f"{_PACKAGE}.{cls.__name__}")
    return message_factory.GetMessageClass(found)


@cache
def _add(cls: Any) -> None:
    """Describe a message and everything it contains, a file each."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{cls.__name__}.proto", package=_PACKAGE, syntax="proto2"
    )
    message = file.message_type.add(name=cls.__name__)
    for field in proto_fields(cls):
        described = message.field.add(name=field.proto_name, number=field.number)
        described.label = described.LABEL_REPEATED if field.repeated else described.LABEL_OPTIONAL
        if field.kind == "map":
            _add_map(message, described, field, cls)
        elif field.kind == "message":
            assert field.record is not None
            _add(field.record)
            described.type = described.TYPE_MESSAGE
            described.type_name = f".{_PACKAGE}.{field.record.__name__}"
            if f"{field.record.__name__}.proto" not in file.dependency:
                file.dependency.append(f"{field.record.__name__}.proto")
        else:
            described.type = _TYPES[field.kind]
            described.options.packed = field.repeated and field.kind != "string"
    _POOL.Add(file)


def _add_map(message: Any, described: Any, field: ProtoField, cls: type[Any]) -> None:
    name = field.proto_name[0].upper() + field.proto_name[1:] + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    for number, part in ((1, "key"), (2, "value")):
        entry.field.add(
            name=part, number=number, type=_TYPES["string"], label=described.LABEL_OPTIONAL
        )
    described.label = described.LABEL_REPEATED
    described.type = described.TYPE_MESSAGE
    described.type_name = f".{_PACKAGE}.{cls.__name__}.{name}"


@cache
def encoder(cls: type[Message], version: int) -> Encoder:
    """The function that writes a message's protobuf body for a server version."""
    hidden = frozenset(path for path, gate in cls.spec.proto_gates.items() if version < gate)
    build = _builder(cls, hidden)
    if {"contract", "order"} <= set(cls.__struct_fields__):
        return lambda m: _with_leg_prices(build(m), m).SerializeToString()
    return lambda m: build(m).SerializeToString()


@cache
def decoder(cls: type[Message]) -> Decoder:
    """The function that reads a message's protobuf body."""
    parse = message_class(cls).FromString
    read = _reader(cls)
    if {"contract", "order"} <= set(cls.__struct_fields__):
        return lambda body: _read_leg_prices(parse(body), read)
    return lambda body: read(parse(body))


def _with_leg_prices(built: Any, m: Any) -> Any:
    """In protobuf a leg carries its own price; the record keeps prices with the order."""
    for leg, priced in zip(built.contract.comboLegs, m.order.orderComboLegs):
        if priced.price is not None:
            leg.perLegPrice = priced.price
    return built


def _read_leg_prices(parsed: Any, read: Callable[[Any], Any]) -> Any:
    message = read(parsed)
    legs = parsed.contract.comboLegs
    if any(leg.HasField("perLegPrice") for leg in legs):
        message.order.orderComboLegs = [
            OrderComboLeg(leg.perLegPrice if leg.HasField("perLegPrice") else None) for leg in legs
        ]
    return message


def plain_number(value: float) -> str:
    """A double as the official client shows it in a text field: no needless ``.0``."""
    return str(int(value)) if value == int(value) else str(value)


def read_margin(value: float) -> Any:
    """A margin figure as an exact decimal."""
    return read_decimal(repr(value))


# (python type, protobuf type) -> how to write (@ is the value), how to read.
_CONVERT: dict[tuple[str, str], tuple[str, str]] = {
    ("Decimal", "string"): ("f'{@:f}' if hasattr(@, 'as_tuple') else str(@)", "read_decimal(@)"),
    ("Decimal", "double"): ("float(@)", "read_margin(@)"),
    ("float", "string"): ("str(@)", "float(@ or 0)"),
    ("str", "double"): ("float(@)", "plain_number(@)"),
    ("int", "bool"): ("bool(@)", "int(@)"),
    ("bool", "int32"): ("int(@)", "@ != 0"),
    ("int", "string"): ("str(@)", "int(@ or 0)"),
}
_NATIVE = {"int32": "int", "int64": "int", "double": "float", "string": "str", "bool": "bool"}


def _python_name(field: ProtoField) -> tuple[str, bool]:
    """The scalar's Python name and whether it may be None."""
    args = getattr(field.python, "__args__", (field.python,))
    names = [arg.__name__ for arg in args if arg is not type(None)]
    return names[0], len(names) < len(args)


def _compile(name: str, source: str, scope: dict[str, Any]) -> Callable[[Any], Any]:
    namespace = {
        "TagValue": TagValue,
        "read_decimal": read_decimal,
        "read_margin": read_margin,
        "plain_number": plain_number,
        **scope,
    }
    exec(compile(source, f"<papertape wire: {name}>", "exec"), namespace)
    function: Callable[[Any], Any] = namespace["function"]
    return function


@cache
def _builder(cls: Any, hidden: frozenset[str]) -> Callable[[Any], Any]:
    """record -> protobuf object, without the hidden paths."""
    scope: dict[str, Any] = {"Proto": message_class(cls)}
    parts: list[str] = []
    for field in proto_fields(cls):
        if field.name in hidden or field.name.startswith("+"):
            continue
        parts.append(f"{field.proto_name}={_write(field, scope, hidden)}")
    source = f"def function(m):\n    return Proto({', '.join(parts)})\n"
    return _compile(f"proto_encode_{cls.__name__}", source, scope)


def _write(field: ProtoField, scope: dict[str, Any], hidden: frozenset[str]) -> str:
    value = f"m.{field.name}"
    if field.kind == "map":
        return f"{{pair.tag: pair.value for pair in {value}}}"
    if field.kind == "message":
        inner = frozenset(
            path.partition(".")[2] for path in hidden if path.startswith(field.name + ".")
        )
        assert field.record is not None
        scope[f"build_{field.name}"] = _builder(field.record, inner)
        if field.repeated:
            return f"[build_{field.name}(x) for x in {value}]"
        call = f"build_{field.name}({value})"
        return call if field.python is field.record else f"None if {value} is None else {call}"
    if field.repeated:
        return value
    name, nullable = _python_name(field)
    if name == "bool" and not nullable:
        return f"{value} or None"
    written, _ = _CONVERT.get((name, field.kind), (None, ""))
    if written is None:
        return f"{value} or None" if name == "str" else value
    expression = written.replace("@", value)
    if nullable:
        return f"None if {value} is None else ({expression})"
    falsy_is_unset = name == "str" or (name, field.kind) in (("int", "bool"), ("int", "string"))
    return f"(({expression}) if {value} else None)" if falsy_is_unset else f"({expression})"


@cache
def _reader(cls: Any) -> Callable[[Any], Any]:
    """protobuf object -> record."""
    scope: dict[str, Any] = {"Record": cls}
    readable = [field for field in proto_fields(cls) if not field.name.startswith("+")]
    if len(readable) > _SPARSE:
        return _sparse_reader(cls, readable)
    parts = [f"{field.name}={_read(field, scope)}" for field in readable]
    source = f"def function(p):\n    return Record({', '.join(parts)})\n"
    return _compile(f"proto_decode_{cls.__name__}", source, scope)


def _sparse_reader(cls: type[Any], fields: list[ProtoField]) -> Callable[[Any], Any]:
    names: dict[int, str] = {}
    convert: dict[int, Callable[[Any], Any]] = {}
    for field in fields:
        names[field.number] = field.name
        scope: dict[str, Any] = {}
        expression = _converted(field, "v", scope)
        if expression != "v":
            source = f"def function(v):\n    return {expression}\n"
            convert[field.number] = _compile(f"proto_{field.name}", source, scope)

    def read(p: Any) -> Any:
        found = {}
        for descriptor, value in p.ListFields():
            number = descriptor.number
            if number in names:
                change = convert.get(number)
                found[names[number]] = value if change is None else change(value)
        return cls(**found)

    return read


def _converted(field: ProtoField, value: str, scope: dict[str, Any]) -> str:
    """The expression that turns a present protobuf value into the record's."""
    if field.kind == "map":
        return f"[TagValue(k, {value}[k]) for k in sorted({value})]"
    if field.kind == "message":
        assert field.record is not None
        scope[f"read_{field.name}"] = _reader(field.record)
        if field.repeated:
            return f"[read_{field.name}(x) for x in {value}]"
        return f"read_{field.name}({value})"
    if field.repeated:
        return f"list({value})"
    name, _ = _python_name(field)
    read = _CONVERT.get((name, field.kind))
    return read[1].replace("@", value) if read else value


def _read(field: ProtoField, scope: dict[str, Any]) -> str:
    value = f"p.{field.proto_name}"
    expression = _converted(field, value, scope)
    if field.kind == "map" or field.repeated:
        return expression
    present = f"p.HasField({field.proto_name!r})"
    if field.kind == "message":
        if field.python is field.record:
            return expression  # an absent record reads as its defaults
        return f"{expression} if {present} else None"
    name, nullable = _python_name(field)
    if name == "Decimal" and field.kind == "string":
        return expression  # absent reads as "", which is None
    if nullable:
        return f"({expression} if {present} else None)"
    default = _default(scope["Record"], field.name)
    if default != type(default)():
        return f"({expression} if {present} else {default!r})"
    return expression


def _default(record: type[Any], name: str) -> Any:
    from .plan import default_value

    return default_value(record, name)
