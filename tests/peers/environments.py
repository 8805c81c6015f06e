"""Virtual environments for other people's clients, built once and cached under `.cache/peers`.

A peer runs in an environment and a process of its own, so that its dependencies never meet ours.
Every package is pinned with hashes in `requirements/<peer>.txt`; the folder's name carries a hash
of the pins, the Python version and the recipe below, so a change of any of them builds anew.

`ensure(peer)` returns the environment's Python. It builds under a lock in a scratch folder and
renames it into place, so concurrent runs build once and a half-built folder is never used.

    EnvironmentFailed       the environment cannot be had; `.peer`, `.detail`
    ├── RegistryUnreachable the package registry gave no answer: the tests are skipped, with a line
    └── BuildFailed         anything else (a wrong hash, a package that does not build): a failure

To pin anew (needs uv and the registry): python tests/peers/environments.py pin
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "peers"
REQUIREMENTS = HERE / "requirements"
RECIPE = "1"  # raise when `_build` changes what it builds
PATIENCE = ("--retries", "2", "--timeout", "15")  # of pip with a registry that does not answer
BUILD_SECONDS = 300  # a cold build takes 5 to 15 s; ten times that is a hang

# What pip says when nobody answered, as opposed to an answer that it does not like.
UNREACHABLE = re.compile(
    r"NewConnectionError|Failed to establish a new connection|NameResolutionError"
    r"|Temporary failure in name resolution|ConnectTimeoutError|ReadTimeoutError"
    r"|ConnectionResetError|RemoteDisconnected|ProxyError|Max retries exceeded"
    r"|HTTP error 5\d\d|\b5\d\d Server Error"
)
# The registry answered, or was not needed, and the packages are at fault: never a skip.
AT_FAULT = re.compile(
    r"DO NOT MATCH THE HASHES|Hashes are required|ResolutionImpossible|conflicting dependencies"
    r"|Failed building wheel|metadata-generation-failed|subprocess-exited-with-error"
)


@dataclass(frozen=True)
class Peer:
    """A client of other authors: its pins, and how its driver is called."""

    name: str
    driver: str  # file in drivers/
    module: str  # what the driver imports
    sdist: bool = False  # no wheel is published: built here, with the pinned setuptools
    folder: Path = REQUIREMENTS

    @property
    def pins(self) -> Path:
        return self.folder / f"{self.name}.txt"

    @property
    def build_pins(self) -> Path:
        return self.folder / "build.txt"


PEERS: tuple[Peer, ...] = (
    Peer("ibapi-latest", "official.py", "ibapi"),
    Peer("ibapi-stable", "official.py", "ibapi"),
    Peer("ibapi-9.81", "official.py", "ibapi", sdist=True),
    Peer("ib_async", "async_peer.py", "ib_async"),
    Peer("ib_insync", "async_peer.py", "ib_insync"),
)


class EnvironmentFailed(Exception):
    """A peer's environment cannot be had."""

    def __init__(self, peer: str, detail: str) -> None:
        super().__init__(f"{peer}: {detail}")
        self.peer = peer
        self.detail = detail


class RegistryUnreachable(EnvironmentFailed):
    """No package registry answered."""


class BuildFailed(EnvironmentFailed):
    """The registry is not the reason."""


def ensure(peer: Peer, cache: Path = CACHE) -> Path:
    """Return the Python of the peer's environment, building it if it is not there."""
    home = cache / f"{peer.name}-{fingerprint(peer)}"
    if _ready(home):
        return _python(home)
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / f"{peer.name}.lock"):
        if not _ready(home):
            _clear(cache, peer, home)
            scratch = Path(tempfile.mkdtemp(prefix=f".building-{peer.name}-", dir=cache))
            try:
                _build(peer, scratch)
                (scratch / "ready").touch()
                scratch.rename(home)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    return _python(home)


def ensure_all(
    peers: Sequence[Peer] = PEERS, cache: Path = CACHE
) -> dict[str, Path | EnvironmentFailed]:
    """Return for each peer its Python, or why there is none; builds run side by side."""

    def one(peer: Peer) -> Path | EnvironmentFailed:
        try:
            return ensure(peer, cache)
        except EnvironmentFailed as failure:
            return failure

    with ThreadPoolExecutor(max_workers=len(peers)) as pool:
        return dict(zip((peer.name for peer in peers), pool.map(one, peers)))


def fingerprint(peer: Peer) -> str:
    """Return a short hash of all that decides what the environment holds."""
    parts = [RECIPE, sys.version, sys.platform, platform.machine(), peer.pins.read_text()]
    if peer.sdist:
        parts.append(peer.build_pins.read_text())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def classify(peer: str, output: str) -> EnvironmentFailed:
    """Return the failure that pip's output tells of."""
    tail = "\n".join(output.strip().splitlines()[-25:])
    if not AT_FAULT.search(output) and (sign := UNREACHABLE.search(output)):
        return RegistryUnreachable(peer, f"the package registry cannot be reached ({sign[0]})")
    return BuildFailed(peer, f"pip could not install the pinned packages:\n{tail}")


def _ready(home: Path) -> bool:
    return (home / "ready").exists() and _python(home).exists()


def _python(home: Path) -> Path:
    return home / "bin" / "python"


def _clear(cache: Path, peer: Peer, home: Path) -> None:
    """Remove what an interrupted build left; the caller holds the lock."""
    shutil.rmtree(home, ignore_errors=True)
    for rest in cache.glob(f".building-{peer.name}-*"):
        shutil.rmtree(rest, ignore_errors=True)


def _build(peer: Peer, home: Path) -> None:
    # Without pip inside: ours installs into it, which saves four seconds a peer.
    _run(peer, [sys.executable, "-m", "venv", "--without-pip", str(home)])
    if not peer.sdist:
        _install(peer, home, peer.pins)
        return
    # An isolated build would fetch an unpinned setuptools: bring the pinned one, and use that.
    _install(peer, home, peer.build_pins)
    _pip(peer, home, peer.pins, "--no-build-isolation", "--use-pep517")


def _install(peer: Peer, home: Path, pins: Path) -> None:
    """Install wheels: by uv, which takes a second, or by pip, which knows more of registries."""
    wheels = ("--only-binary", ":all:")
    quick = ["--quiet", "--no-config", "--system-certs", "--python", str(_python(home))]
    uv = [sys.executable, "-m", "uv", "pip", "install", *quick, *wheels]
    with suppress(EnvironmentFailed):
        _run(peer, [*uv, "--require-hashes", "-r", str(pins)])
        return
    _pip(peer, home, pins, *wheels)


def _pip(peer: Peer, home: Path, pins: Path, *options: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(_python(home)), "install"]
    quick = ["--quiet", "--no-compile", "--no-input", "--disable-pip-version-check"]
    _run(peer, [*pip, *quick, *PATIENCE, *options, "--require-hashes", "-r", str(pins)])


def _run(peer: Peer, command: list[str]) -> None:
    # pip must see the environment that it fills, not one that the caller is in.
    environ = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
    environ |= {"UV_HTTP_TIMEOUT": "15", "UV_HTTP_RETRIES": "1"}
    try:
        done = subprocess.run(
            command,
            env=environ,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise BuildFailed(peer.name, f"not built within {BUILD_SECONDS} s") from late
    if done.returncode:
        raise classify(peer.name, done.stdout)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an advisory lock; the system frees it when a process dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def pin() -> None:
    """Compile every `requirements/*.in` into a `.txt` with hashes."""
    command = "python tests/peers/environments.py pin"
    environ = os.environ | {"UV_CUSTOM_COMPILE_COMMAND": command}
    bare = ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate"]
    wide = ["--universal", "--python-version", "3.11", "--generate-hashes"]
    for source in sorted(REQUIREMENTS.glob("*.in")):
        compile_ = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *wide, *bare]
        target = source.with_suffix(".txt").name
        subprocess.run(
            [*compile_, source.name, "-o", target], env=environ, cwd=REQUIREMENTS, check=True
        )


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["pin"]:
        pin()
        return 0
    results = ensure_all()
    for name, result in results.items():
        print(f"{name}\t{result}")
    return int(any(isinstance(result, EnvironmentFailed) for result in results.values()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
