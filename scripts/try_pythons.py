"""Runs tests with every other Python that is here: ``python scripts/try_pythons.py [TEST …]``.

Looks for 3.11 to 3.14 on the PATH and among pyenv's, makes an environment of the pinned packages
for each (below ``.cache/pythons``) and runs pytest there. Exits with 1 when a run failed.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
TESTS = ("tests/portability", "tests/client", "tests/wire", "tests/store", "tests/cli")


def works(python: str, version: str) -> bool:
    """Whether a program is that Python; one of pyenv's may stand for none."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version


def interpreter(version: str) -> str | None:
    """A Python of this version on this computer."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [
        shutil.which(f"python{version}"),
        *map(str, sorted(home.glob(f"{version}.*/bin/python"))),
    ]
    return next((one for one in found if one and works(one, version)), None)


def environment(version: str, python: str) -> Path:
    """An environment of the pinned packages and of Papertape; its Python."""
    folder = ROOT / ".cache" / "pythons" / version
    inside = folder / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
    install = [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", "requirements/dev.txt"]
    subprocess.run([*install, *pinned], cwd=ROOT, check=True)
    ours = ["--no-deps", "--no-build-isolation", "-e", "."]
    subprocess.run([*install, *ours], cwd=ROOT, check=True)
    return inside


def main() -> None:
    """Try each version and tell what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tests", nargs="*", default=TESTS)
    parser.add_argument("--version", action="append", choices=VERSIONS)
    given = parser.parse_args()
    told, failed = [], False
    for version in given.version or VERSIONS:
        python = interpreter(version)
        if python is None:
            told.append(f"{version}: no such Python here")
            continue
        inside = environment(version, python)
        words = ["-m", "pytest", "-n", "2", "--dist", "loadfile", "--timeout", "900", *given.tests]
        code = subprocess.run([str(inside), *words], cwd=ROOT, check=False).returncode
        told.append(f"{version}: {'passed' if code == 0 else f'failed with {code}'}")
        failed = failed or code != 0
    sys.stdout.write("\n".join(told) + "\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
