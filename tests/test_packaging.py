"""What is built and installed: the same bytes twice, links that work elsewhere, extras by name."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from papertape import __main__ as command
from papertape.cli import COMMANDS, serving
from papertape.cli.settings import ServeSettings
from papertape.errors import SettingsError
from walks import walk

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def script(name: str) -> ModuleType:
    """A program of ``scripts``, loaded without being run."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.process
def test_two_builds_have_the_same_bytes(tmp_path: Path) -> None:
    made, differences = script("build_dist").differences(tmp_path)
    assert sorted(Path(name).suffix for name in made) == [".gz", ".whl"]
    assert differences == []
    [wheel] = (tmp_path / "first").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "papertape/testing/market_time/injected/sitecustomize.py" in names
    assert sum("/injected/papertape_market_clock/" in name for name in names) > 5


@pytest.mark.process
def test_the_readme_shown_alone_has_absolute_links_to_what_is_there() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    links = LINK.findall(json.loads(told.stdout)["readme"]["text"])
    places = (
        f"{PROJECT['urls']['Source']}/blob/main/",
        f"{PROJECT['urls']['Source'].replace('github.com', 'raw.githubusercontent.com')}/main/",
    )
    ours = [link.removeprefix(place) for link in links for place in places if place in link]
    assert len(ours) == len(LINK.findall((ROOT / "README.md").read_text("utf-8"))) > 20
    assert all((ROOT / path.partition("#")[0]).exists() for path in ours)
    assert [link for link in links if not link.startswith("https://")] == []


def test_the_ci_runs_what_is_promised() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    named = [line.rpartition(" :: ")[2] for line in PROJECT["classifiers"]]
    assert matrix["python"] == [name for name in named if name.startswith("3.")]
    assert sorted(matrix["os"]) == ["macos-latest", "ubuntu-latest", "windows-latest"]
    assert {"MacOS", "Windows", "Linux"} <= {name.removeprefix("Microsoft :: ") for name in named}


@walk("words", [(), ("--version",), *((name, "--help") for name in COMMANDS)])
def test_a_client_alone_says_what_its_command_needs(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["papertape", *words])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    extra = "server" if words[:1] in (("serve",), ("container",)) else "cli"
    told = capsys.readouterr().err
    assert f"pip install 'papertape[{extra}]'" in told and "typer" in told
    assert extra in PROJECT["optional-dependencies"]


def test_what_the_command_looks_for_is_in_the_extra() -> None:
    extra = " ".join(PROJECT["optional-dependencies"]["cli"]).replace("-", "_")
    assert all(name in extra for name in command.CLI)


def without(*missing: str) -> Any:
    real = importlib.util.find_spec
    return lambda name: None if name in missing else real(name)


def test_without_the_control_api_a_station_starts_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PAPERTAPE_CONSOLE", raising=False)
    asked = ServeSettings(control_port=5)
    assert serving._uncontrolled(asked) == ""
    monkeypatch.setattr(serving, "find_spec", without("fastapi"))
    told = "it is not installed; install it: pip install 'papertape[control]'"
    assert serving._uncontrolled(ServeSettings()) == told
    assert serving._uncontrolled(ServeSettings(control=False)) == ""
    assert serving._lacking(ServeSettings()).startswith("it is not installed")
    with pytest.raises(SettingsError, match="control API is not installed"):
        serving._uncontrolled(asked)
