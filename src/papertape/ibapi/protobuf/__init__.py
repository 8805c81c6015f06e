"""The protobuf messages by their official names: ``from papertape.ibapi.protobuf.Order_pb2 import
Order``.

There are no generated files behind it: each module is made when it is imported, out of the wire
core's declarations. ``named`` gives a message's class.
"""

import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ...model import Record
from ...versions import MAX_SERVER
from ...wire import catalogue, proto
from ...wire.schema import proto_fields

__all__ = ["by_alias", "named", "names"]

OTHERWISE = {
    "Bar": "HistoricalDataBar",
    "DepthMktDataDescription": "DepthMarketDataDescription",
    "HistogramEntry": "HistogramDataEntry",
    "ScanData": "ScannerDataElement",
}
"""Records of the model: their official names, where these differ."""
_TAIL = "_pb2"


def named(name: str) -> Any:
    """The class of a message. Raises ``KeyError``."""
    return proto.message_class(_declared()[name])


def names() -> list[str]:
    """The official names of all messages."""
    return sorted(_declared())


def by_alias(name: str) -> Any:
    """For modules that show messages as ``OrderProto``: their ``__getattr__``."""
    if name.endswith("Proto") and name.removesuffix("Proto") in _declared():
        return named(name.removesuffix("Proto"))
    raise AttributeError(f"there is no {name!r} here")


@cache
def _declared() -> dict[str, Any]:
    """Every message and every record inside one, by its official name."""
    found: dict[str, Any] = {}
    for table in (catalogue.REQUESTS, catalogue.RESPONSES):
        for cls in table.values():
            if cls.spec.proto_name and cls.spec.protobuf <= MAX_SERVER:
                found.setdefault(cls.spec.proto_name, cls)
                _add_records(cls, found)
    return found


def _add_records(cls: Any, found: dict[str, Any]) -> None:
    for field in proto_fields(cls):
        record = field.record
        if field.kind == "message" and isinstance(record, type) and issubclass(record, Record):
            name = OTHERWISE.get(record.__name__, record.__name__)
            if name not in found:
                found[name] = record
                _add_records(record, found)


class _Finder(MetaPathFinder, Loader):
    """Makes the modules ``X_pb2`` of this package."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.rpartition(".")
        known = package == __name__ and name.endswith(_TAIL)
        if not known or name.removesuffix(_TAIL) not in _declared():
            return None
        return ModuleSpec(fullname, self, origin="papertape.wire")

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__.rpartition(".")[2].removesuffix(_TAIL)
        made = named(name)
        vars(module).update({name: made, "DESCRIPTOR": made.DESCRIPTOR.file})


sys.meta_path.append(_Finder())
