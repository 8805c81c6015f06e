"""``papertape serve``: ready lines, signals, settings from three sources, clear errors."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import papertape as package
from cli.process import busy_port, environment, holding, papertape, station
from papertape.wire.catalogue.config import ConfigResponse, ReqConfig
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection

EPHEMERAL = ("--ephemeral",)


def test_version(tmp_path: Path) -> None:
    assert papertape("--version", cwd=tmp_path).stdout == f"papertape {package.__version__}\n"


@pytest.mark.long
def test_help_names_the_commands_and_their_options(tmp_path: Path) -> None:
    told = papertape("--help", cwd=tmp_path).stdout
    assert "serve" in told and "demo" in told
    serve = papertape("serve", "--help", cwd=tmp_path).stdout
    for option in ("--port", "--market", "--data-dir", "--ephemeral", "--speed", "--config"):
        assert option in serve


# ---------------------------------------------------------------- life


@pytest.mark.network
@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_station_tells_that_it_is_ready_and_ends_cleanly(number: int, tmp_path: Path) -> None:
    with station(tmp_path, "--data-dir", "kept", "--account", "DU7", fresh=True) as running:
        control = running.told.pop(5)
        assert re.fullmatch(r"  control   http://127\.0\.0\.1:\d+ token [\w-]{32}", control)
        assert running.told == [
            "Papertape station, server version 226",
            "  account   DU7, paper, USD 1,000,000 at first",
            "  market    a synthetic market, open at any hour",
            "            recorded: BTC, days to 2013; others by papertape data import, --market",
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


@pytest.mark.network
@pytest.mark.process
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


@pytest.mark.network
@pytest.mark.parametrize("name", WRONG)
def test_a_bad_value_is_told_by_its_name_and_ends_with_2(name: str, tmp_path: Path) -> None:
    words, setting, told = WRONG[name]
    kept = () if "--data-dir" in words else EPHEMERAL
    done = papertape("serve", "--port", 0, *kept, *words, cwd=tmp_path, code=2)
    assert setting in done.stderr
    assert told in done.stderr
    assert done.stdout == ""


@pytest.mark.network
def test_a_busy_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with busy_port() as port:
        done = papertape("serve", *EPHEMERAL, "--port", port, cwd=tmp_path, code=2)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "choose another with --port" in done.stderr


# ---------------------------------------------------------------- three sources

FILES = {
    "no TOML": ("port = ", "Correct the file"),
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


@pytest.mark.process
def test_a_flag_beats_a_variable_and_that_the_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(
        '[station]\naccount = "DUFILE"\nmax_server_version = 150\nspeed = 2\n'
    )
    variables = {"PAPERTAPE_ACCOUNT": "DUENV", "PAPERTAPE_MAX_SERVER_VERSION": "160"}
    words = (*EPHEMERAL, "--account", "DUFLAG", "--config", "other.toml")
    with station(tmp_path, *words, **variables) as running:
        assert running.told[:5] == [
            "Papertape station, server version 160",
            "  account   DUFLAG, paper, USD 1,000,000 at first",
            "  market    a synthetic market at 2 times real time, open at any hour",
            "            recorded: BTC, days to 2013; others by papertape data import, --market",
            "  kept in   nowhere (ephemeral)",
        ]
        assert running.stop()[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["other.toml"]


# ---------------------------------------------------------------- settings of the API


def start(port: int, address: str = "127.0.0.1", version: int = 226) -> socket.socket:
    """A client that has sent START_API from an address of loopback."""
    client = socket.create_connection(("127.0.0.1", port), 20, (address, 0))
    connection = ClientConnection(highest=version)
    client.sendall(connection.initiate())
    while not connection.version:
        connection.receive_data(client.recv(4096))
    client.sendall(connection.send(StartApi(1)))
    return client


@pytest.mark.network
@pytest.mark.process
def test_s26_flags_variables_and_the_file_set_the_api(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[api]\nmasterClientId = 3\nreadOnlyApi = false\n")
    words = (
        *EPHEMERAL,
        "--read-only",
        "--api",
        "bulk_data_timeout=60",
        "--trusted-ip",
        "127.0.0.3",
    )
    with station(tmp_path, *words, PAPERTAPE_API__LOGGINGLEVEL="detail") as running:
        client = start(running.port, "127.0.0.3")
        connection = ClientConnection()
        connection.initiate()
        connection.receive_data(b"\0\0\0\x05226\0\0")
        connection.send(StartApi(1))
        client.sendall(connection.send(ReqConfig(1)))
        told: list[ConfigResponse] = []
        while not told:
            events = connection.receive_data(client.recv(1 << 16))
            told = [event for event in events if isinstance(event, ConfigResponse)]
        assert told[0].api is not None and told[0].api.settings is not None
        found = told[0].api.settings
        assert (found.readOnlyApi, found.masterClientId, found.bulkDataTimeout) == (True, 3, 60)
        assert (found.loggingLevel, found.socketPort) == ("detail", running.port)
        assert found.trustedIPs == ["127.0.0.1", "::1", "127.0.0.3"]
        client.close()


@pytest.mark.network
@pytest.mark.process
def test_s25_an_address_that_is_not_accepted_waits_or_is_rejected(tmp_path: Path) -> None:
    with station(tmp_path, *EPHEMERAL, PAPERTAPE_ACCEPTANCE_TIMEOUT_S="0.2") as running:
        with start(running.port, "127.0.0.2") as client:
            assert client.recv(4096) == b""
        _, _, log = running.stop()
    assert "from 127.0.0.2 as client 1 waits to be accepted" in " ".join(log.split())
    words = (*EPHEMERAL, "--acceptance", "accept")
    with station(tmp_path, *words) as running, start(running.port, "127.0.0.2") as client:
        assert b"DU1234567" in client.recv(4096)
    words = (*EPHEMERAL, "--no-allow-localhost", "--acceptance", "reject")
    with station(tmp_path, *words) as running, start(running.port) as client:
        assert client.recv(4096) == b""


BAD_API = {
    "a name that is none": (["--api", "readOnlyAip=true"], "Did you mean readOnlyApi"),
    "a word that is no pair": (["--api", "readOnlyApi"], "must be NAME=VALUE"),
    "a value that cannot be": (["--api", "loggingLevel=loud"], "system, error, warning"),
    "a network that is none": (["--trusted-ip", "10.0.0.0/99"], "not an address or a network"),
    "a verdict that is none": (["--acceptance", "maybe"], "setting='acceptance'"),
    "an id that is none": (["--master-client-id", -5], "from 0 to 2147483647"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_API)
def test_a_bad_setting_of_the_api_is_told(name: str, tmp_path: Path) -> None:
    words, told = BAD_API[name]
    done = papertape("serve", "--port", 0, *EPHEMERAL, *words, cwd=tmp_path, code=2)
    assert told in done.stderr


# ---------------------------------------------------------------- several stations


def listening(output: list[str]) -> list[int]:
    return [int(line.rpartition(":")[2]) for line in output if line.startswith("listening on")]


@pytest.mark.network
@pytest.mark.process
def test_s3_several_stations_in_one_process_know_nothing_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text(
        "[station.one]\nport = 0\naccount = 'DU1'\n[station.two]\nport = 0\naccount = 'DU2'\n"
    )
    command = [sys.executable, "-m", "papertape", "serve", "--no-color", "-v", "--log-dir", "."]
    screen = (tmp_path / "screen").open("w")
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=screen, text=True
    )
    assert process.stdout is not None
    told: list[str] = []
    while len(listening(told)) < 2:
        told.append(process.stdout.readline().rstrip())
    assert "Papertape station one, server version 226" in told
    for port, account in zip(listening(told), (b"DU1", b"DU2")):
        with start(port) as client:  # the same client id at both
            assert account in client.recv(4096)
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    screen.close()
    shown = (tmp_path / "screen").read_text()
    logged = [json.loads(line) for line in (tmp_path / "station.log").read_text().splitlines()]
    for name in ("one", "two"):
        assert f"{name}: client 1 at 127.0.0.1" in shown
        assert any(line.get("station") == name for line in logged)
    assert all("station" in line for line in logged if line["logger"] == "papertape.station")
    kept = sorted(path.parent.name for path in (tmp_path / "papertape-data").rglob("*.sqlite"))
    assert kept == ["one", "two"]


@pytest.mark.network
@pytest.mark.process
def test_s3_a_port_in_use_is_named(tmp_path: Path) -> None:
    with busy_port() as port, station(tmp_path, *EPHEMERAL) as running:
        for taken in (port, running.port):
            words = ("--port", 0, "--port", taken)
            done = papertape("serve", *EPHEMERAL, *words, cwd=tmp_path, code=2)
            assert f"cannot listen on 127.0.0.1:{taken}: Address already in use" in done.stderr


# ---------------------------------------------------------------- accepting


@pytest.mark.network
@pytest.mark.process
def test_s25_a_waiting_connection_is_listed_and_accepted_by_command(tmp_path: Path) -> None:
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path)}

    def accept(*words: object) -> str:
        return papertape("accept", *words, cwd=tmp_path, **runtime).stdout

    with station(tmp_path, *EPHEMERAL, **runtime) as running:
        first, second = start(running.port, "127.0.0.2"), start(running.port, "127.0.0.3")
        try:
            listed = accept("--list")
            assert "127.0.0.2" in listed and "127.0.0.3" in listed
            assert accept("--port", running.port, 1, "--always").startswith("accepted for ever")
            assert b"DU1234567" in first.recv(4096)
            assert accept("--reject").startswith("rejected: client 1 at 127.0.0.3")
            assert second.recv(4096) == b""
            with start(running.port, "127.0.0.2") as again:  # the id is in use, yet it is let in
                assert b"already in use" in again.recv(4096)
        finally:
            first.close()
            second.close()


@pytest.mark.process
def test_without_a_control_api_nobody_can_steer(tmp_path: Path) -> None:
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with station(tmp_path, *EPHEMERAL, "--no-control", **runtime) as running:
        assert not [line for line in running.told if "control" in line]
        done = papertape("accept", "--list", cwd=tmp_path, code=2, **runtime)
        assert "no station is found here" in done.stderr


@pytest.mark.process
def test_garbage_is_collected_again_once_the_command_is_loaded() -> None:
    check = (
        "import atexit, gc, sys, papertape.__main__ as m;"
        "sys.argv = ['papertape', 'contracts', 'ls', 'IBM'];"
        "atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count() > 0));"
        "m.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], check=False, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "True True", done.stdout + done.stderr
