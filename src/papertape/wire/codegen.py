"""Collects lines of generated source and compiles them to a function.

The source is kept in ``linecache`` under a descriptive name, for tracebacks and debuggers.
"""

import linecache
from collections.abc import Callable
from typing import Any


class Source:
    """Lines with indentation."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1

    def add(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def compiled(
    name: str, source: str, scope: dict[str, Any], where: str = "wire"
) -> Callable[..., Any]:
    """Compile the function named ``function`` in this source; ``scope`` has its globals."""
    filename = f"<papertape {where}: {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), scope)
    function: Callable[..., Any] = scope["function"]
    return function
