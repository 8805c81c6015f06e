"""What a station writes is its user's alone; what it opens is told."""

import os
import stat
from pathlib import Path

import pytest

from cli.process import papertape, station
from papertape.cli.private import tighten
from papertape.cli.settings import ServeSettings, load, opened_by
from papertape.errors import SettingsError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.process
def test_what_a_station_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    os.umask(0o022)
    logs, wire = tmp_path / "logs", tmp_path / "wire.jsonl"
    with station(tmp_path, "--log-dir", logs, "--wire-log", wire,
                 "--api", "createApiMessageLogFile=true") as running:  # fmt: skip
        made = [tmp_path / "papertape-data", logs, *(tmp_path / "papertape-data").iterdir()]
        modes = {path.name: mode(path) & 0o077 for path in [*made, *logs.iterdir(), wire]}
        running.stop()
    assert len(modes) >= 4 and not any(modes.values()), modes


def test_what_an_earlier_one_left_is_tightened(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "logs").mkdir(parents=True)
    files = [data / "journal.sqlite", data / "journal.sqlite-wal", data / "logs/api.1.Mon.log"]
    for file in files:
        file.touch()
        file.chmod(0o644)
    data.chmod(0o755)
    tighten(data, None)
    assert mode(data) == 0o700
    assert [mode(file) for file in files] == [0o600] * 3


def test_a_directory_with_other_things_stays_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("journal.sqlite", "thesis.tex"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    tighten(tmp_path, tmp_path)
    assert mode(tmp_path) == 0o755 and mode(tmp_path / "thesis.tex") == 0o644
    assert mode(tmp_path / "journal.sqlite") == 0o600
    assert "may be read by others" in caplog.text


def test_what_cannot_be_tightened_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(self: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    (tmp_path / "station.log.1").touch()
    (tmp_path / "station.log.1").chmod(0o644)
    monkeypatch.setattr(Path, "chmod", refuses)
    tighten(None, tmp_path)
    assert "station.log.1 may be read by others: Operation not permitted" in caplog.text


@pytest.mark.process
def test_somebody_else_s_directory_for_tokens_is_no_reason_not_to_start(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    (runtime / "papertape").mkdir(parents=True)
    (runtime / "papertape").chmod(0o777)
    with station(tmp_path, "--ephemeral", XDG_RUNTIME_DIR=str(runtime)) as running:
        code, _, log = running.stop()
    assert code == 0
    assert "will not find the station" in log and "not yours alone" in log
    assert not list((runtime / "papertape").iterdir())


# ---------------------------------------------------------------- a settings file that is found

OPENS = """
[station]
host = "0.0.0.0"
acceptance = "accept"
acceptance_rules = {"10.0.0.0/8" = "accept", "127.0.0.5" = "accept", "10.1.0.0/16" = "ask"}
trusted_ips = ["192.168.0.7", "::ffff:127.0.0.2"]
control_token = "12345678"
[api]
trustedIPs = "0.0.0.0/0"
"""


@pytest.mark.process
def test_a_file_that_is_found_is_named_and_what_it_opens_is_told(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text(OPENS)
    with station(tmp_path, "--ephemeral") as running:
        told = list(running.told)
        _, _, log = running.stop()
    assert f"  settings  {tmp_path}/papertape.toml" in told
    log = " ".join(log.split())
    for word in ("0.0.0.0", "acceptance =", "10.0.0.0/8", "192.168.0.7", "0.0.0.0/0", "guess"):
        assert word in log, log
    assert "127.0.0.5" not in log and "127.0.0.2" not in log and "10.1.0.0" not in log


def test_what_a_flag_or_a_variable_says_is_not_the_file_s_doing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "papertape.toml"
    path.write_text('[station]\nhost = "0.0.0.0"\nacceptance = "accept"\n')
    monkeypatch.setenv("PAPERTAPE_ACCEPTANCE", "ask")
    assert opened_by(path, {"host": "127.0.0.1"}) == []
    assert len(opened_by(path, {"host": None})) == 1


UNKNOWN = {
    "[stations]\nport = 1": "Did you mean station?",
    "port = 1": "Did you mean [station] port?",
    "[apis]\nreadOnlyApi = true": "Did you mean api?",
    "[else]\nx = 1": "There are",
    "[station]\nprot = 1": "Did you mean port?",
    "[station]\nxyzzy = 1": "station.md",
    "[station.paper]\nacount = 'DU1'": "Did you mean account?",
    "[api]\nreadOnly = true": "did you mean readOnlyApi?",
}


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_nobody_reads_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text(text)
    done = papertape("serve", "--ephemeral", cwd=tmp_path, code=2)
    assert UNKNOWN[text].lower() in done.output.lower()


def test_a_file_that_is_given_is_held_to_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[sation]\n")
    with pytest.raises(SettingsError, match=r"Did you mean station\?"):
        load(path, {})
    assert ServeSettings().port is None, "the file was that of one question"
