"""Builds wheel and source archive twice from different places and refuses builds that differ.

``python scripts/build_dist.py [--into dist]``. The second build starts from a copy with other
times, another umask and in another folder, and a third makes the wheel out of the source archive:
whoever has the sources gets the same bytes. ``SOURCE_DATE_EPOCH`` sets the times inside; without it
hatchling's own constant does.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("src", ".gitignore", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE", "pyproject.toml")
OTHER_TIME = 86_400


def build(source: Path, into: Path, *targets: str) -> dict[str, str]:
    """Build in a folder; the names of what was made, and the SHA-256 of each."""
    words = [word for target in targets for word in ("-t", target)]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *words, "-d", str(into)],
        cwd=source,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    made = sorted(path for path in into.iterdir() if path.suffix in (".whl", ".gz"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made}


def copy(into: Path) -> Path:
    """The sources in another folder, younger and with modes of their own."""
    into.mkdir(parents=True)
    for name in SOURCES:
        here = ROOT / name
        if here.is_dir():
            shutil.copytree(here, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(here, into / name)
    for path in (into, *into.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (OTHER_TIME, OTHER_TIME))
    return into


def differences(work: Path) -> tuple[dict[str, str], list[str]]:
    """Build three times below ``work``; what the first made, and what the others made else."""
    first = build(ROOT, work / "first", "wheel", "sdist")
    second = build(copy(work / "else" / "where"), work / "second", "wheel", "sdist")
    [archive] = (work / "first").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        # Our own archive, and Python 3.11.2 knows no filters.
        opened.extractall(
            work / "out", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {})
        )
    [unpacked] = (work / "out").iterdir()
    third = build(unpacked, work / "third", "wheel")
    found = [name for name in first if second.get(name) != first[name]]
    found += [f"{name}, out of the archive" for name in third if first.get(name) != third[name]]
    return first, found


def main() -> None:
    """Build into a folder what is the same each time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    into = parser.parse_args().into
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        first, found = differences(work)
        if found:
            sys.exit(f"two builds differ: {'; '.join(found)}")
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(work / "first", into)
    for name, digest in first.items():
        size = (into / name).stat().st_size
        sys.stdout.write(f"{digest}  {name}  {size} bytes, twice the same\n")


if __name__ == "__main__":
    main()
