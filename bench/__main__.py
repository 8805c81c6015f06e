"""``python -m bench [suite …]``: run the suites and print their tables."""

import importlib
import sys

from .common import console

SUITES = ("talk", "decode", "fan", "start")


def main(arguments: list[str]) -> int:
    """Run the suites named, or all."""
    wanted = arguments or list(SUITES)
    for name in wanted:
        if name not in SUITES:
            console.print(f"no suite {name!r}; there are: {', '.join(SUITES)}")
            return 2
        importlib.import_module(f"bench.{name}").run()
    return 0


sys.exit(main(sys.argv[1:]))
