"""Generated functions: how lines become one, and the one that reads what a program has changed.

Sources stand in ``linecache`` under a speaking name, so that tracebacks show them.
"""

import linecache
import operator
from collections.abc import Callable, Mapping
from itertools import compress
from typing import Any

import msgspec

__all__ = ["compiled", "reader_of_changes"]


def compiled(name: str, lines: list[str], scope: dict[str, Any]) -> Callable[..., Any]:
    """The function called ``function`` of these lines; ``scope`` is what it may name."""
    source = "\n".join(lines) + "\n"
    filename = f"<papertape ibapi: {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), scope)
    function: Callable[..., Any] = scope["function"]
    function.__name__ = function.__qualname__ = name
    return function


def reader_of_changes(
    made: type[Any],
    taken: Mapping[str, tuple[str, str]],
    scope: Mapping[str, Any],
    whole: Callable[[Any], Any],
) -> Callable[[Any], Any]:
    """As ``whole``, which makes a record of an official object, but for what is not changed.

    ``taken`` gives for each field of the record the official attribute and the expression that
    reads it. Of a hundred attributes a program sets a handful: only those that are not the fresh
    object's own are read, the others are copied. Objects of other classes, or that lack an
    attribute, are read by ``whole``.
    """
    fresh = made()
    base = whole(fresh)
    attributes = list(vars(fresh))
    fields = {attribute: (field, take) for field, (attribute, take) in taken.items()}
    known: list[Any] = []
    rows: list[str] = []
    for attribute in attributes:
        own = getattr(fresh, attribute)
        if attribute not in fields:
            known.append(own)
            rows.append("    (None, None),")
            continue
        field, expression = fields[attribute]
        # What can be changed in place is read always, so that no two records share it.
        kind = type(getattr(base, field))
        known.append(object() if kind is list or issubclass(kind, msgspec.Struct) else own)
        take = expression.replace("@", "v")
        rows.append(
            f"    ({field!r}, lambda v: {f'{take} if v else []' if kind is list else take}),"
        )
    lines = [
        "rows = (",
        *rows,
        ")",
        "def function(o):",
        "    if type(o) is not Official: return whole(o)",
        "    held = o.__dict__",
        "    if list(held) != attributes: return whole(o)",
        "    values = tuple(held.values())",
        "    changes = {}",
        "    for at in compress(places, map(is_not, values, known)):",
        "        field, take = rows[at]",
        "        if field: changes[field] = take(values[at])",
        "    return replace(base, **changes)",
    ]
    named = {
        "Official": made,
        "base": base,
        "known": tuple(known),
        "attributes": attributes,
        "places": range(len(attributes)),
        "whole": whole,
        "replace": msgspec.structs.replace,
        "compress": compress,
        "is_not": operator.is_not,
    }
    return compiled(whole.__name__, lines, {**scope, **named})
