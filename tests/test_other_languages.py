"""The example for Node runs against a station, with the client that npm has.

Those for Go, Java and Rust need clients that the machines of these tests cannot have; the guide
says so.
"""

import json
import subprocess
from pathlib import Path

import pytest

from cli.process import environment, station
from lanes import HANGS_S
from peers.node import installed as node_client

pytestmark = [pytest.mark.process, pytest.mark.peers]

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / "examples" / "node"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its client; skips without Node or without its registry."""
    return node_client(tmp_path_factory.mktemp("node"))


def test_the_example_for_node_buys(installed: Path, tmp_path: Path) -> None:
    market = ROOT / "market" / "sample"
    with station(tmp_path, "--ephemeral", "--market", market) as running:
        done = run(installed, running.port)
        assert done.returncode == 0, done.stderr
        quoted, bought = done.stdout.splitlines()
        assert quoted.startswith("SPY bid 16")
        assert bought.startswith("bought 100 SPY at 16") and "commission 1." in bought


def test_it_ends_with_an_error_where_nobody_listens(installed: Path) -> None:
    done = run(installed, 1)
    assert done.returncode == 1
    assert "ECONNREFUSED" in done.stderr


def test_it_names_the_client_that_was_tried() -> None:
    wanted = json.loads((NODE / "package.json").read_text("utf-8"))["dependencies"]
    guide = (ROOT / "docs" / "guides" / "other_languages.md").read_text("utf-8")
    assert all(f"{name}` {version}" in guide for name, version in wanted.items())


def run(folder: Path, port: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["node", "first_order.mjs", str(port)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
