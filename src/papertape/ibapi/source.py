"""Compiles generated functions, among them the one that reads what a program has changed."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..wire import codegen
from ..wire.diff import Columns, Put

__all__ = ["Shape", "compiled", "reader_of_changes"]


def compiled(name: str, lines: list[str], scope: dict[str, Any]) -> Callable[..., Any]:
    """Compile the function named ``function`` in these lines; ``scope`` has its globals."""
    function = codegen.compiled(name, "\n".join(lines) + "\n", scope, "ibapi")
    function.__name__ = function.__qualname__ = name
    return function


class Shape:
    """The attributes of an official class, in the order in which its objects hold them."""

    def __init__(self, made: type[Any]) -> None:
        self.made = made
        self.fresh = made()
        self.names = list(vars(self.fresh))
        self.own = tuple(vars(self.fresh).values())
        """The values of a fresh object."""

    def values(self, o: Any) -> tuple[Any, ...] | None:
        """The values of an object, in the order of ``names``; None for another class or order.

        Attributes that the program has added are left out.
        """
        if type(o) is not self.made:
            return None
        held = o.__dict__
        names = list(held)
        if names == self.names:
            return tuple(held.values())
        size = len(self.names)
        return tuple(held.values())[:size] if names[:size] == self.names else None


def reader_of_changes(
    made: type[Any],
    taken: Mapping[str, tuple[str, str]],
    scope: Mapping[str, Any],
    whole: Callable[[Any], Any],
) -> Callable[[Any], Any]:
    """A faster ``whole``, which makes a record of an official object: reads only what has changed.

    ``taken`` gives for each field of the record the official attribute and the expression that
    reads it. A program sets a handful of a hundred attributes: only values that are not a fresh
    object's own are read, the others are copied. Objects of another shape are read by ``whole``.
    """
    shape = Shape(made)
    base = whole(shape.fresh)
    fields = {attribute: (field, take) for field, (attribute, take) in taken.items()}

    def known(attribute: str, own: Any) -> Any:
        # What can be changed in place is read always, so that no two records share it.
        read = attribute in fields and getattr(base, fields[attribute][0])
        return object() if isinstance(read, list | msgspec.Struct) else own

    def make(place: int) -> Put:
        lines = ["def function(changes, v):", "    pass"]
        name = shape.names[place]
        if name in fields:
            field, take = fields[name]
            lines[1] = f"    changes[{field!r}] = {take.replace('@', 'v')}"
        return compiled(f"{whole.__name__}_{name}", lines, dict(scope))

    columns = Columns(map(known, shape.names, shape.own), make)

    def read(o: Any) -> Any:
        values = shape.values(o)
        if values is None:
            return whole(o)
        changes: dict[str, Any] = {}
        columns.put(changes, values)
        return msgspec.structs.replace(base, **changes)

    return read
