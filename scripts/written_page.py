"""What the scripts share that write a page: write it, or say that it is old."""

import sys
from pathlib import Path


def finish(path: Path, fresh: str) -> int:
    """Write the page, or with ``--check`` on the command line say whether it is what would be
    written; the exit code, 1 for an old page or none."""
    if "--check" not in sys.argv:
        path.write_text(fresh, "utf-8")
        return 0
    old = not path.exists() or path.read_text("utf-8") != fresh
    if old:
        sys.stderr.write(f"{path.name} is not up to date: run make gen\n")
    return int(old)
