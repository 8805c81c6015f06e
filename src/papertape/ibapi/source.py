"""Generated functions: how lines become one, and the one that reads what a program has changed.

Sources stand in ``linecache`` under a speaking name, so that tracebacks show them.
"""

import linecache
from collections.abc import Callable, Mapping
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
    known: dict[str, Any] = {}
    rows: list[str] = []
    for field, (attribute, expression) in taken.items():
        # What can be changed is read always, so that no two records share it.
        mutable = isinstance(getattr(base, field), list | msgspec.Struct)
        known[attribute] = object() if mutable else getattr(fresh, attribute)
        take = f"lambda v: {expression.replace('@', 'v')}"
        rows.append(f"    ({attribute!r}, {field!r}, {take}, known[{attribute!r}]),")
    lines = [
        "rows = (",
        *rows,
        ")",
        "def function(o):",
        "    if type(o) is not Official: return whole(o)",
        "    held = o.__dict__",
        "    try:",
        "        found = [(f, take, v) for a, f, take, own in rows if (v := held[a]) is not own]",
        "    except KeyError:",
        "        return whole(o)",
        "    return replace(base, **{f: take(v) for f, take, v in found})",
    ]
    own = {"Official": made, "base": base, "known": known, "whole": whole}
    return compiled(whole.__name__, lines, {**scope, **own, "replace": msgspec.structs.replace})
