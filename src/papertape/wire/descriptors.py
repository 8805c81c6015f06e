"""The descriptors of the protobuf runtime, built from the catalogue in a private pool."""

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from .schema import ProtoField, proto_fields

__all__ = ["DecodeError", "message_class"]

_POOL = descriptor_pool.DescriptorPool()
_PACKAGE = "papertape"
_TYPES = {
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
}


@cache
def message_class(cls: Any) -> Any:
    """The protobuf class of a message or a record."""
    _add(cls)
    found = _POOL.FindMessageTypeByName(f"{_PACKAGE}.{cls.__name__}")
    return message_factory.GetMessageClass(found)


@cache
def _add(cls: Any) -> None:
    """Describe a message and everything it contains, a file each.

    The syntax is proto3, because only there the runtime checks that strings are UTF-8.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{cls.__name__}.proto", package=_PACKAGE, syntax="proto3"
    )
    message = file.message_type.add(name=cls.__name__)
    for field in proto_fields(cls):
        described = message.field.add(name=field.proto_name, number=field.number)
        described.label = described.LABEL_REPEATED if field.repeated else described.LABEL_OPTIONAL
        if field.kind == "map":
            _add_map(message, described, field, cls)
        elif field.kind == "message":
            _add_nested(file, described, field)
        else:
            described.type = _TYPES[field.kind]
            if not field.repeated:
                described.proto3_optional = True
                described.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field.proto_name}")
    _POOL.Add(file)


def _add_nested(file: Any, described: Any, field: ProtoField) -> None:
    _add(field.record)
    described.type = described.TYPE_MESSAGE
    described.type_name = f".{_PACKAGE}.{field.record.__name__}"
    if f"{field.record.__name__}.proto" not in file.dependency:
        file.dependency.append(f"{field.record.__name__}.proto")


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
