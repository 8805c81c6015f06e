"""The environment of the client that npm has, @stoqey/ib, as the example for Node pins it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lanes import HANGS_S

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "node"
SKIPPED = "peers: @stoqey/ib"


def installed(folder: Path) -> Path:
    """A folder with the example and its client; skips by name without Node or its registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"{SKIPPED}: Node is not here")
    for path in EXAMPLE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"{SKIPPED}: npm cannot install it: {done.stderr[-200:]}")
    return folder
