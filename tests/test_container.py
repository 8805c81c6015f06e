"""What the Containerfile and the GitHub action call, run here in a plain folder."""

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml

from cli.process import environment
from lanes import HANGS_S
from papertape.cli.container import PORTS

ROOT = Path(__file__).resolve().parent.parent
CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")
UNREACHABLE = re.compile(r"No matching distribution|Could not find|Connection|Temporary failure")
MOST_PACKED = 40 << 20
"""Bytes of what is installed, packed. The base image has about 45 MB more."""


@pytest.mark.repeats(quick=True)
@pytest.mark.process
def test_what_the_image_runs_installs_small_compiled_and_without_an_installer(
    tmp_path: Path,
) -> None:
    into = tmp_path / "papertape"
    done = subprocess.run(
        ["sh", ROOT / "container" / "install.sh", into, sys.executable],
        cwd=tmp_path,
        env=environment(PYTHONDONTWRITEBYTECODE=None, PYTHONPYCACHEPREFIX=None, PYTHONPATH=None),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    assert done.stdout.strip().splitlines()[-1].startswith(version)
    [packages] = into.glob("lib/python*/site-packages")
    names = {path.name for path in packages.iterdir()}
    assert not names & {"pip", "polars", "nicegui", "hatchling", "pytest"}
    sources = [path for path in packages.rglob("*.py") if "papertape" in path.parts]
    assert all(list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")) for path in sources)
    with tarfile.open(tmp_path / "packed.tar.gz", "w:gz", compresslevel=6) as packed:
        packed.add(into, "papertape")
    assert (tmp_path / "packed.tar.gz").stat().st_size < MOST_PACKED
    served = subprocess.run(
        [into / "bin" / "papertape", "container", "--check"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=None, PAPERTAPE_PORT="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert served.returncode == 10, served.stderr


def test_the_image_is_what_the_guide_promises() -> None:
    exposed = re.search(r"^EXPOSE (.*)", CONTAINERFILE, re.M)
    assert exposed is not None
    assert {int(port) for port in exposed[1].split()} == {p for two in PORTS.values() for p in two}
    assert re.search(r"^USER 1000", CONTAINERFILE, re.M)
    assert CONTAINERFILE.count("FROM ") == 2 and "container/install.sh" in CONTAINERFILE
    assert re.search(r"^HEALTHCHECK (.*\\\n)?.*CMD .*\"--check\"", CONTAINERFILE, re.M)
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINERFILE, re.M)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name


def test_the_action_passes_every_input_and_gives_every_output() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    [step] = action["runs"]["steps"]
    for name in action["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in step["env"].values()
    script = (ROOT / "container" / "action.sh").read_text("utf-8")
    assert all(variable in script for variable in step["env"])
    for name, output in action["outputs"].items():
        assert output["value"] == f"${{{{ steps.start.outputs.{name} }}}}"
    assert (ROOT / "container" / "action.sh").exists() and "action.sh" in step["run"]


@pytest.mark.process
def test_the_action_starts_a_station_waits_and_tells_where(tmp_path: Path) -> None:
    done = action(tmp_path, "--gateway --no-console")
    assert done.returncode == 0, done.stderr
    told = dict(
        line.split("=", 1) for line in (tmp_path / "output").read_text("utf-8").splitlines()
    )
    ready = json.loads((tmp_path / "papertape" / "ready.json").read_text("utf-8"))
    try:
        assert set(told) == {"host", "port", "control", "log"}
        assert (told["host"], told["port"]) == (ready["host"], str(ready["port"]))
        assert "Papertape Gateway" in Path(told["log"]).read_text("utf-8")
    finally:
        os.kill(ready["pid"], signal.SIGKILL)


@pytest.mark.process
def test_an_action_whose_station_does_not_start_fails_with_its_words(tmp_path: Path) -> None:
    done = action(tmp_path, "--hours never")
    assert done.returncode == 1
    assert "::error::the station ended" in done.stdout
    assert "hours" in done.stderr and "never" in done.stderr


def action(tmp_path: Path, arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the action's script with the Papertape that is installed here."""
    (tmp_path / "output").touch()
    return subprocess.run(
        ["bash", ROOT / "container" / "action.sh"],
        cwd=tmp_path,
        env=environment(
            RUNNER_TEMP=str(tmp_path),
            GITHUB_OUTPUT=str(tmp_path / "output"),
            PAPERTAPE_ACTION_COMMAND=sys.executable,
            PAPERTAPE_ACTION_ARGUMENTS=arguments,
        ),
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
