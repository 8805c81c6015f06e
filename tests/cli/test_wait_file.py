"""The file that says when and where programs can connect."""

import json
import os
import signal
from pathlib import Path

import pytest

from cli.process import station
from papertape.cli.wait_file import WaitFile
from papertape.errors import SettingsError
from papertape.server.control.host import Ready

READY = Ready(
    {"tws": ("127.0.0.1", 7497), "gateway": ("::1", 4002)},
    "http://127.0.0.1:5",
    "a secret",
    "http://127.0.0.1:6/?token=a%20secret",
)


def test_it_says_where_everything_listens_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with WaitFile(path) as file:
        assert not path.exists()
        file.write(READY)
        text = path.read_text("utf-8")
        assert json.loads(text) == {
            "pid": os.getpid(),
            "host": "127.0.0.1",
            "port": 7497,
            "stations": {
                "tws": {"host": "127.0.0.1", "port": 7497},
                "gateway": {"host": "::1", "port": 4002},
            },
            "control": "http://127.0.0.1:5",
            "health": "http://127.0.0.1:5/health",
            "console": "http://127.0.0.1:6",
        }
        assert "secret" not in text
        file.move("tws", 8000)
        told = json.loads(path.read_text("utf-8"))
        assert (told["port"], told["stations"]["tws"]["port"]) == (8000, 8000)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_served_is_empty(tmp_path: Path) -> None:
    with WaitFile(tmp_path / "ready") as file:
        file.write(Ready({"tws": ("127.0.0.1", 1)}, "", "", ""))
        told = json.loads((tmp_path / "ready").read_text("utf-8"))
        assert (told["control"], told["health"], told["console"]) == ("", "", "")


def test_what_a_killed_station_left_is_removed_before_anything_listens(tmp_path: Path) -> None:
    path = tmp_path / "ready"
    path.write_text("{}")
    with WaitFile(path) as file:
        file.move("tws", 1)  # a change of port before it is ready changes nothing
        assert not path.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        WaitFile(tmp_path / "no" / "ready")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match="cannot be written"):
        WaitFile(tmp_path / "folder")


@pytest.mark.process
def test_it_is_there_while_a_station_serves(tmp_path: Path) -> None:
    with station(tmp_path, "--ephemeral", "--wait-file", "ready.json") as running:
        told = json.loads((tmp_path / "ready.json").read_text("utf-8"))
        assert (told["host"], told["port"]) == (running.host, running.port)
        assert told["pid"] == running.process.pid
        assert running.stop(signal.SIGTERM)[0] == 0
    assert list(tmp_path.iterdir()) == []
