"""A station of a nursery is the station of a new interpreter."""

import os
import signal
import sys
from pathlib import Path

import pytest

from cli import forked
from cli.process import PATIENCE_S, begun, command, station

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not forked.POSSIBLE, reason="processes cannot open each other's pipes"),
]


def test_what_it_says_and_how_it_ends_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[station]\nport = 'elsewhere'\n", "utf-8")
    ways = {}
    for fresh in (True, False):
        running = begun(command("serve"), tmp_path, {"PAPERTAPE_LOG_FORMAT": "no"}, fresh=fresh)
        told = running.communicate(timeout=PATIENCE_S)
        ways[fresh] = (running.returncode, *told)
        assert running.poll() == running.wait() == 2
    assert ways[True] == ways[False]
    assert "elsewhere" in ways[True][2]


def test_signals_end_it_and_are_its_exit_code(tmp_path: Path) -> None:
    with station(tmp_path, "--ephemeral") as running:
        assert isinstance(running.process, forked.Forked) or sys.platform != "linux"
        code, out, _ = running.stop(signal.SIGINT)
        assert code in (0, 130) and "stopped" in out
    with station(tmp_path, "--ephemeral") as running:
        assert running.stop(signal.SIGKILL)[0] == -signal.SIGKILL


def test_it_has_its_own_folder_variables_and_files(tmp_path: Path) -> None:
    opened = {}
    with station(tmp_path, "--ephemeral"):  # its pipes are no one else's
        for fresh in (True, False):
            with station(tmp_path, "--ephemeral", fresh=fresh, PAPERTAPE_ACCOUNT="DU8") as running:
                found = Path(f"/proc/{running.process.pid}")
                assert (found / "cwd").readlink() == tmp_path
                assert "DU8" in running.told[1]
                links = [os.readlink(one) for one in (found / "fd").iterdir()]
                opened[fresh] = sum(link.startswith("pipe:") for link in links)
    assert opened[True] == opened[False]
