"""``papertape serve``: ready lines, signals, settings from three sources, clear errors."""

import signal
from pathlib import Path

import pytest

import papertape as package
from cli.process import busy_port, holding, papertape, station

EPHEMERAL = ("--ephemeral",)


def test_version(tmp_path: Path) -> None:
    assert papertape("--version", cwd=tmp_path).stdout == f"papertape {package.__version__}\n"


def test_help_names_the_commands_and_their_options(tmp_path: Path) -> None:
    told = papertape("--help", cwd=tmp_path).stdout
    assert "serve" in told and "demo" in told
    serve = papertape("serve", "--help", cwd=tmp_path).stdout
    for option in ("--port", "--market", "--data-dir", "--ephemeral", "--speed", "--config"):
        assert option in serve


# ---------------------------------------------------------------- life


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_station_tells_that_it_is_ready_and_ends_cleanly(number: int, tmp_path: Path) -> None:
    with station(tmp_path, "--data-dir", "kept", "--account", "DU7") as running:
        assert running.told == [
            "Papertape station, server version 226",
            "  account   DU7, paper, USD 1,000,000 at first",
            "  market    a synthetic market, open at any hour",
            "  kept in   kept",
            "  stop      Ctrl-C",
            f"listening on 127.0.0.1:{running.port}",
        ]
        second = papertape("serve", "--port", 0, "--data-dir", "kept", cwd=tmp_path, code=2)
        assert "is in use" in second.stderr and f"pid={running.process.pid}" in second.stderr
        with holding(running.port, 1) as client:
            code, out, log = running.stop(number)
            assert client.recv(4096) == b""  # FIN, not RST
        assert (code, out) == (0, "stopped: sessions closed, everything kept\n")
        assert log == ""
    assert (tmp_path / "kept" / "journal.sqlite").is_file()


def test_verbose_logs_sessions_and_the_wire_log_every_message(tmp_path: Path) -> None:
    with station(tmp_path, *EPHEMERAL, "-v", "--wire-log", "wire.jsonl") as running:
        with holding(running.port, 9):
            pass
        code, _, log = running.stop()
        assert code == 0
        assert "client 9 at 127.0.0.1:" in log and "started at server version 176" in log
    first = (tmp_path / "wire.jsonl").read_text("utf-8").splitlines()[0]
    assert '"StartApiRequest"' in first


# ---------------------------------------------------------------- what can be wrong

WRONG: dict[str, tuple[list[object], str, str]] = {
    "a port that is none": (["--port", 99999], "port", "less than or equal to 65535"),
    "a port that is a word": (["--port", "http"], "port", "a valid integer"),
    "a version of the future": (["--max-server-version", 300], "max_server_version", "100 to 226"),
    "a speed of nothing": (["--speed", 0], "speed", "greater than 0"),
    "a negative interval": (["--quote-interval-ms", -1], "quote_interval_ms", "0 to 60000"),
    "an option that is none": (["--colour"], "--colour", "No such option"),
    "no market there": (["--market", "nowhere"], "nowhere", "no such folder"),
    "no settings file there": (["--config", "none.toml"], "none.toml", "there is no such file"),
    "an address elsewhere": (["--host", "192.0.2.1"], "host", "Choose an address of this computer"),
    "a name that is none": (["--host", "no.such.host.invalid"], "host", "cannot listen on"),
    "a wire log nowhere": (["--wire-log", "no/such/dir/x"], "no/such/dir/x", "cannot be written"),
    "a data directory in a file": (["--data-dir", "/dev/null/x"], "/null/x", "cannot be written"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_value_is_told_by_its_name_and_ends_with_2(name: str, tmp_path: Path) -> None:
    words, setting, told = WRONG[name]
    kept = () if "--data-dir" in words else EPHEMERAL
    done = papertape("serve", "--port", 0, *kept, *words, cwd=tmp_path, code=2)
    assert setting in done.stderr
    assert told in done.stderr
    assert done.stdout == ""


def test_a_busy_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with busy_port() as port:
        done = papertape("serve", *EPHEMERAL, "--port", port, cwd=tmp_path, code=2)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "choose another with --port" in done.stderr


# ---------------------------------------------------------------- three sources

FILES = {
    "no TOML": ("port = ", "Mend the file"),
    "an unknown setting": ("[station]\nprot = 7497\n", "setting='prot'"),
    "a bad value": ('[station]\nspeed = "fast"\n', "setting='speed'"),
    "a table that is none": ("station = 3\n", "[station]"),
    "not text": ("\x00\xff", "papertape.toml"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_told_with_its_name(name: str, tmp_path: Path) -> None:
    text, told = FILES[name]
    (tmp_path / "papertape.toml").write_text(text, encoding="latin-1")
    done = papertape("serve", "--port", 0, *EPHEMERAL, cwd=tmp_path, code=2)
    assert told in done.stderr
    assert "papertape.toml" in done.stderr


def test_a_bad_variable_is_told(tmp_path: Path) -> None:
    done = papertape("serve", *EPHEMERAL, cwd=tmp_path, code=2, PAPERTAPE_SPEED="fast")
    assert "setting='speed'" in done.stderr and "found='fast'" in done.stderr


def test_a_flag_beats_a_variable_and_that_the_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(
        '[station]\naccount = "DUFILE"\nmax_server_version = 150\nspeed = 2\n'
    )
    variables = {"PAPERTAPE_ACCOUNT": "DUENV", "PAPERTAPE_MAX_SERVER_VERSION": "160"}
    words = (*EPHEMERAL, "--account", "DUFLAG", "--config", "other.toml")
    with station(tmp_path, *words, **variables) as running:
        assert running.told[:4] == [
            "Papertape station, server version 160",
            "  account   DUFLAG, paper, USD 1,000,000 at first",
            "  market    a synthetic market at 2 times real time, open at any hour",
            "  kept in   nowhere (ephemeral)",
        ]
        assert running.stop()[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["other.toml"]
