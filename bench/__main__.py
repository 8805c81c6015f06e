"""``python -m bench [suite …]``: run the suites and print their tables.

``python -m bench markdown`` prints what was measured last, for ``docs/performance.md``.
Suites that take minutes run only when they are named; options after the name are theirs.
"""

import importlib
import sys

from .common import console, markdown

SUITES = ("talk", "decode", "messages", "protobuf", "imports", "fan", "start")
LONG = ("leaks", "load", "halfopen", "console")
"""Suites with options of their own: ``run(options)``."""


def main(arguments: list[str]) -> int:
    """Run the suites named, or all that are short."""
    if arguments == ["markdown"]:
        print(markdown())
        return 0
    if arguments and arguments[0] in LONG:
        importlib.import_module(f"bench.{arguments[0]}").run(arguments[1:])
        return 0
    wanted = arguments or list(SUITES)
    for name in wanted:
        if name not in SUITES:
            console.print(f"no suite {name!r}; there are: {', '.join(SUITES + LONG)}")
            return 2
        importlib.import_module(f"bench.{name}").run()
    return 0


sys.exit(main(sys.argv[1:]))
