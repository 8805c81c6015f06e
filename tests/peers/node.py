"""The environment of the client that npm has, @stoqey/ib, as the example for Node pins it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from lanes import HANGS_S
from peers.environments import CACHE, locked

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "node"
MODULES = "node_modules"
SKIPPED = "peers: @stoqey/ib"


def installed(folder: Path) -> Path:
    """A folder with the example and its client; skips by name without Node or its registry.

    What npm installs is kept beside the environments of the other clients.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"{SKIPPED}: Node is not here")
    for path in EXAMPLE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    (folder / MODULES).symlink_to(modules((EXAMPLE / "package.json").read_bytes()))
    return folder


def modules(package: bytes) -> Path:
    """The folder with the packages that it asks for: built once, under a lock."""
    home = CACHE / f"node-{hashlib.sha256(package).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with locked(CACHE / "node.lock"):
        if not home.exists():
            scratch = Path(tempfile.mkdtemp(prefix=".building-node-", dir=CACHE))
            try:
                (scratch / "package.json").write_bytes(package)
                install(scratch)
                scratch.rename(home)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    return home / MODULES  # Node looks for what a package needs in a folder of that name


def install(folder: Path) -> None:
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
