"""Builds the prototypes: ``python bench/prototypes/build.py``; needs a C compiler and cargo.

Each becomes a wheel and is installed into an environment of its own under
``.cache/prototypes``, beside the package; seconds and sizes go to ``built.json`` there.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "prototypes"
PYTHON = CACHE / "env" / "bin" / "python"
SETUPS = {
    "tape_mypyc": (
        "from mypyc.build import mypycify\nmodules = mypycify(['tape_mypyc.py'], opt_level='3')\n",
        {"tape_mypyc.py": "plain.py"},
    ),
    "tape_cython": (
        "from Cython.Build import cythonize; modules = cythonize(['tape_cython.py'])",
        {"tape_cython.py": "plain.py"},
    ),
    "tape_c": (
        "from setuptools import Extension; modules = [Extension('tape_c', ['tape_c.c'])]",
        {"tape_c.c": "tape_c.c"},
    ),
}


DEBIAN_CRATES = Path("/usr/share/cargo/registry")
"""Where Debian's package librust-pyo3-dev puts PyO3 and what it needs."""
CRATES = f"""[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "{DEBIAN_CRATES}"
"""


def run(*command: object, cwd: Path = CACHE) -> None:
    """A command that must succeed; quiet when it does."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | {"PYO3_PYTHON": str(PYTHON)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def build(name: str, recipe: str, sources: dict[str, str]) -> dict[str, float]:
    """One wheel; its seconds and kilobytes."""
    folder = CACHE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for target, source in sources.items():
        shutil.copy(HERE / source, folder / target)
    head = "from setuptools import setup\n"
    tail = f"\nsetup(name={name!r}, version='0', ext_modules=modules, py_modules=[])\n"
    (folder / "setup.py").write_text(head + recipe + tail)
    began = time.perf_counter()
    run(PYTHON, "setup.py", "-q", "bdist_wheel", cwd=folder)
    seconds = time.perf_counter() - began
    wheel = next((folder / "dist").glob("*.whl"))
    run(PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--force-reinstall", wheel)
    return {"build_s": seconds, "wheel_kb": wheel.stat().st_size / 1024}


def build_rust(name: str = "tape_rs") -> dict[str, float]:
    """The extension in Rust, its crates included; what a wheel of it would weigh."""
    folder = CACHE / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / name, folder)
    if list(DEBIAN_CRATES.glob("pyo3-0*")):
        (folder / ".cargo").mkdir()
        (folder / ".cargo" / "config.toml").write_text(CRATES)
    began = time.perf_counter()
    run("cargo", "build", "--release", "-q", cwd=folder)
    seconds = time.perf_counter() - began
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    target = next((CACHE / "env").glob("lib/python*/site-packages")) / f"{name}{suffix}"
    shutil.copy(folder / "target" / "release" / f"lib{name}.so", target)
    with zipfile.ZipFile(folder / "wheel.zip", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.write(target, target.name)
    return {"build_s": seconds, "wheel_kb": (folder / "wheel.zip").stat().st_size / 1024}


def main() -> None:
    """Environment, package, prototypes."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", CACHE / "env")
    pip = (PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    run(*pip, "-r", HERE / "requirements.txt", "-r", ROOT / "requirements" / "run.txt")
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT)
    built = {name: build(name, *how) for name, how in SETUPS.items()}
    built["tape_rs"] = build_rust()
    (CACHE / "built.json").write_text(json.dumps(built, indent=1))
    for name, facts in built.items():
        print(f"{name}: built in {facts['build_s']:.1f} s, wheel {facts['wheel_kb']:.0f} KB")


if __name__ == "__main__":
    main()
