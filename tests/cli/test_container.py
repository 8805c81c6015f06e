"""The environment of an IB Gateway container, read as the image reads it."""

import signal
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cli import process
from cli.process import command, papertape, station
from papertape.cli.container import MISSPELT, PORTS, plan, settings_text
from papertape.cli.settings import load_all
from papertape.errors import SettingsError
from walks import walk


def stations(tmp_path: Path, **environ: str) -> dict[str, Any]:
    """The stations of an environment, by name, as ``serve`` would read them."""
    path = tmp_path / "papertape.toml"
    path.write_text(settings_text(plan(environ).settings), encoding="utf-8")
    assert tomllib.loads(path.read_text("utf-8")) == plan(environ).settings
    return load_all(path, {})


CASES = """
                                      | paper 4002 4004
TRADING_MODE=live                     | live 4001 4003
TRADING_MODE=PAPER                    | paper 4002 4004
TRADING_MODE=both                     | live 4001 4003; paper 4002 4004
GATEWAY_OR_TWS=tws                    | paper 7497 7499
GATEWAY_OR_TWS=tws TRADING_MODE=both  | live 7496 7498; paper 7497 7499
"""


@pytest.mark.parametrize("case", CASES.strip("\n").splitlines(), ids=str.strip)
def test_mode_and_program_choose_the_ports_that_the_images_publish(
    case: str, tmp_path: Path
) -> None:
    given, _, expected = case.partition("|")
    found = stations(tmp_path, **dict(word.split("=") for word in given.split()))
    told = [f"{name} {one.port} {one.extra_port[0]}" for name, one in found.items()]
    assert "; ".join(told) == expected.strip()
    assert {one.gateway for one in found.values()} == {"tws" not in given}
    assert all(name in one.data_dir.parts for name, one in found.items())


def test_what_the_image_reads_acts(tmp_path: Path) -> None:
    [one] = stations(
        tmp_path,
        READ_ONLY_API="yes",
        TWS_ACCEPT_INCOMING="manual",
        TWS_MASTER_CLIENT_ID="7",
        AUTO_RESTART_TIME="12:05 AM",
        AUTO_LOGOFF_TIME="23:59",
        TIME_ZONE="Europe/Zurich",
        TZ="Etc/UTC",
        TWS_SETTINGS_PATH="/home/ibgateway/tws_settings",
        TWS_USERID="somebody",
        TWS_PASSWORD_FILE="/run/secrets/password",
    ).values()
    assert one.api == {"readOnlyApi": True, "masterClientId": 7}
    assert (one.acceptance, one.daily_restart, one.daily_logoff) == ("ask", "00:05", "23:59")
    assert (one.time_zone, one.host) == ("Europe/Zurich", "0.0.0.0")
    assert one.data_dir == Path("/home/ibgateway/tws_settings/papertape-data/paper")


WRONG = [
    {"TRADING_MODE": "demo"},
    {"READ_ONLY_API": "maybe"},
    {"TWS_ACCEPT_INCOMING": "allow"},
    {"AUTO_RESTART_TIME": "13:00 PM"},
    {"AUTO_LOGOFF_TIME": "25:00"},
    {"TWS_MASTER_CLIENT_ID": "-1"},
    {"TWS_PASSWORD_FILE": "a", "TWS_PASSWORD": "b"},
]


@walk("environ", WRONG, ids=str)
def test_what_cannot_be_is_refused_by_its_name_and_secrets_stay_untold(
    environ: dict[str, str],
) -> None:
    with pytest.raises(SettingsError) as refused:
        plan(environ)
    name = next(iter(environ))
    assert name in str(refused.value)
    assert "'b'" not in str(refused.value) and "'a'" not in str(refused.value)


def test_what_has_no_effect_is_named_with_the_reason() -> None:
    told = plan({"VNC_SERVER_PASSWORD": "secret", "TWOFA_DEVICE": "x", "SSH_TUNNEL": "yes"}).notes
    assert len(told) == 3 and "secret" not in " ".join(told)
    assert all("no effect" in one for one in told)
    for name, right in MISSPELT.items():
        assert plan({name: "x"}).notes == (f"{name}: no effect; the image's variable is {right}",)
    assert plan({"TWS_USERID": "x", "TWS_PASSWORD": "y", "PATH": "/bin"}).notes == ()


def test_a_wrong_variable_ends_it_at_once(tmp_path: Path) -> None:
    done = papertape("container", cwd=tmp_path, code=1, TRADING_MODE="demo")
    assert "Choose one of: live, paper, both" in done.output.replace("\n", " ")


@pytest.mark.process
@pytest.mark.network
def test_it_serves_says_so_and_is_healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = process.closed_port()
    given = {"PAPERTAPE_PORT": str(port), "PAPERTAPE_EXTRA_PORT": "[]"}
    given |= {"PAPERTAPE_HOST": "127.0.0.1", "READ_ONLY_API": "yes"}
    assert papertape("container", "--check", cwd=tmp_path, code=10, **given)
    monkeypatch.setattr(process, "command", lambda *_: command("container"))
    with station(tmp_path, port=None, **given) as running:
        assert running.process.stdout is not None
        assert running.process.stdout.readline() == "Login has completed\n"
        assert running.process.stdout.readline() == "Configuration tasks completed\n"
        papertape("container", "--check", cwd=tmp_path, **given)
        assert running.stop(signal.SIGTERM)[0] == 0
    assert (tmp_path / "papertape-data" / "paper" / "journal.sqlite").exists()


@pytest.mark.network
def test_a_settings_file_of_the_user_wins(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text("[station]\nport = 1\n", encoding="utf-8")
    done = papertape("container", "--check", cwd=tmp_path, code=10, TRADING_MODE="live")
    assert "127.0.0.1:1:" in done.output


def test_the_ports_are_all_different() -> None:
    ports = [port for pair in PORTS.values() for port in pair]
    assert len(set(ports)) == len(ports) == 8
