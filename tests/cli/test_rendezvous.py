"""How commands find a running station."""

import os
import socket
from pathlib import Path

import pytest

from papertape.cli import rendezvous
from papertape.cli.rendezvous import TOKEN, URL, Meeting, announce, directory, forget, meet
from papertape.errors import SettingsError

HERE = Meeting("http://127.0.0.1:5", "secret", "tws", os.getpid())


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv(URL, raising=False)
    return tmp_path / "papertape"


def test_the_only_station_needs_no_port(runtime: Path) -> None:
    path = announce(7497, HERE)
    assert path == runtime / "7497.json"
    assert meet(None) == meet(7497) == HERE
    forget(path)
    assert not path.exists()


def test_nobody_else_can_read_the_token(runtime: Path) -> None:
    path = announce(7497, HERE)
    assert path.stat().st_mode & 0o077 == 0
    assert runtime.stat().st_mode & 0o077 == 0


def test_a_directory_that_others_may_enter_is_refused(runtime: Path) -> None:
    runtime.mkdir(mode=0o755)
    with pytest.raises(SettingsError, match="not yours alone"):
        directory()


def test_a_link_in_place_of_the_directory_is_refused(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    runtime.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError, match="not yours alone"):
        directory()


def test_several_stations_are_told_apart_by_their_ports() -> None:
    announce(7497, HERE)
    other = Meeting("http://127.0.0.1:6", "other", "gateway", os.getpid())
    announce(4002, other)
    assert meet(4002) == other
    with pytest.raises(SettingsError, match="4002, 7497"):
        meet(None)
    with pytest.raises(SettingsError, match="4002, 7497"):
        meet(9)


@pytest.mark.process
def test_a_station_that_died_is_forgotten(runtime: Path) -> None:
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    path = announce(7497, Meeting("http://127.0.0.1:5", "secret", "tws", dead))
    with pytest.raises(SettingsError, match="no station is found"):
        meet(None)
    assert not path.exists()


@pytest.mark.network
def test_where_no_signal_asks_whether_a_process_runs_its_port_tells(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendezvous, "POSIX", False)
    monkeypatch.delattr(os, "kill")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        here = Meeting(f"http://127.0.0.1:{listening.getsockname()[1]}", "secret", "tws", 1)
        path = announce(7497, here)
        assert meet(None) == here
    with pytest.raises(SettingsError, match="no station is found"):
        meet(None)
    assert not path.exists()


def test_what_is_no_meeting_is_passed_over(runtime: Path) -> None:
    announce(7497, HERE)
    (runtime / "1.json").write_text("{")
    assert meet(None) == HERE


def test_a_file_that_another_station_has_taken_over_stays(runtime: Path) -> None:
    path = announce(7497, Meeting("http://127.0.0.1:5", "secret", "tws", os.getppid()))
    forget(path)
    assert path.exists()


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(7497, HERE)
    monkeypatch.setenv(URL, "http://127.0.0.1:9/")
    monkeypatch.setenv(TOKEN, "given")
    found = meet(7497)
    assert (found.url, found.token) == ("http://127.0.0.1:9", "given")


def test_a_file_that_cannot_be_written_is_told(runtime: Path) -> None:
    (directory() / "7497.json").mkdir()
    with pytest.raises(SettingsError, match="cannot keep the control token"):
        announce(7497, HERE)
