"""The ``papertape`` command, also as ``python -m papertape``.

The client alone can be installed without the packages of the command line; then the command says
what to install.
"""

import gc
import sys
from importlib.util import find_spec
from typing import Final

CLI: Final = ("typer", "rich", "pydantic_settings", "filelock")
"""Packages of the extra ``cli``, by the names that are imported."""
EXTRAS: Final = {"serve": "server", "container": "server"}
"""Command -> the extra that it needs; ``cli`` for the others."""


def main() -> None:
    """Run the command line, or end with code 2 and the extra that it needs."""
    lacking = [name for name in CLI if find_spec(name) is None]
    if lacking:
        command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        extra = EXTRAS.get(command, "cli")
        sys.stderr.write(
            f"papertape: {command or 'the command'} needs the extra {extra!r} "
            f"(not installed: {', '.join(lacking)}).\n"
            f"Install it: pip install 'papertape[{extra}]'\n"
        )
        sys.exit(2)
    # Until the modules of the command are there (cli.Commands): what they make stays, and a look
    # through it again and again is a tenth of a start.
    gc.disable()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
