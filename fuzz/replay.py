"""``python -m fuzz.replay TARGET FILE …``: call a target with inputs out of files."""

import sys
from pathlib import Path

from .targets import TARGETS

if __name__ == "__main__":
    for path in sys.argv[2:]:
        TARGETS[sys.argv[1]](Path(path).read_bytes())
        print(f"{path}: nothing wrong")
