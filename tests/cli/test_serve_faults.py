"""``papertape serve``: profiles, drills from the start, logs."""

import json
import socket
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cli.process import closed_port, papertape, station
from papertape.server.assembly import compose
from venue.scenario import at

pytestmark = [pytest.mark.network, pytest.mark.process]


def told(port: int, client_id: int = 1, until: bytes = b"2107") -> bytes:
    """What a client of version 176 is told when it starts, up to a notice."""
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(b"API\0\0\0\0\x04v176")
        got = client.recv(4096)
        start = b"71\0002\0%d\0\0" % client_id
        client.sendall(len(start).to_bytes(4) + start)
        while until not in got:
            got += client.recv(1 << 16)
    return got


def test_s23_a_gateway_tells_farms_that_are_inactive(tmp_path: Path) -> None:
    with station(tmp_path, "--gateway", "--ephemeral") as running:
        assert running.told[0].startswith("Papertape Gateway")
        got = told(running.port)
        assert b"2108" in got and b"2104" not in got


def test_a_drill_begins_with_the_station(tmp_path: Path) -> None:
    words = ("--drill", "farm-blip usfarm ms=3600000", "--drill", "link-lost")
    with station(tmp_path, "--ephemeral", *words) as running:
        got = told(running.port, until=b"2157")
        assert b"2110" in got and b"2103" in got
        _, _, log = running.stop()
    assert "drill 1 begins: farm-blip name=usfarm" in log
    assert "drill 2 begins: link-lost" in log


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--drill", "no-such-drill"), "is not a drill"),
        (("--drill", "freeze seconds=soon"), "freeze [seconds=10.0]"),
        (("--log-dir", "logs", "--log-level", "loud"), "is not a log level"),
        (("--log-dir", "file/logs"), "cannot be written"),
    ],
)
def test_what_cannot_be_ends_with_code_2(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "file").write_text("")
    done = papertape("serve", "--ephemeral", "--port", closed_port(), *words, cwd=tmp_path, code=2)
    assert said in done.output


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--data-dir"), ("serve", "--ephemeral", "--market"),
        ("serve", "--ephemeral", "--config"), ("serve", "--ephemeral", "--world"),
        ("account", "ls", "--data-dir"), ("data", "ls"), ("world", "check"), ("replay",),
        ("storm", "--world"),
    ],
)  # fmt: skip
def test_a_path_that_the_system_does_not_take_is_told(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    more = ("--port", closed_port()) if words[0] == "serve" else ()
    program = ("--", "true") if words[0] == "storm" else ()
    done = papertape(*words, "a" * 300, *more, *program, cwd=tmp_path, code=2)
    assert "papertape: cannot be" in done.output and "File name too long" in done.output


def test_logs_go_to_the_folder(tmp_path: Path) -> None:
    words = ("--ephemeral", "--log-dir", "logs", "--api", "createApiMessageLogFile=true")
    with station(tmp_path, *words) as running:
        told(running.port, 5, b"2158")
        _, _, console = running.stop()
    lines = [json.loads(one) for one in (tmp_path / "logs/station.log").read_text().splitlines()]
    assert any("client 5" in line["message"] for line in lines)
    assert "client 5" not in console  # there only what needs somebody
    (api,) = (tmp_path / "logs").glob("api.5.*.log")
    assert "<- ---.71-2-5--" in api.read_text("latin-1")


def test_the_message_log_is_in_the_data_directory_unless_said_otherwise(tmp_path: Path) -> None:
    words = ("--data-dir", "data", "--api", "createApiMessageLogFile=true")
    with station(tmp_path, *words) as running:
        told(running.port, 5, b"2158")
    assert len(list((tmp_path / "data/logs").glob("api.5.*.log"))) == 1


def test_the_daily_logoff_ends_the_process_in_good_order(tmp_path: Path) -> None:
    soon = datetime.now(ZoneInfo("US/Eastern")) + timedelta(minutes=4)
    settings = f'[station]\ndaily_logoff = "{soon:%H:%M}"\nspeed = 100\n'
    (tmp_path / "papertape.toml").write_text(settings)
    with station(tmp_path, "--ephemeral") as running:
        code, out, _ = running.end()  # four minutes pass in a few seconds
    assert code == 0 and "stopped: sessions closed" in out


def test_a_clock_far_from_what_is_kept_is_asked_about(tmp_path: Path) -> None:
    long_ago = at("20010911 10:00:00")
    compose(wall=long_ago, data_dir=tmp_path / "kept").close()
    words = ("--data-dir", "kept")
    done = papertape("serve", "--port", closed_port(), *words, cwd=tmp_path, code=2)
    assert "the last stored time, 2001-09-11 14:00:00 UTC" in done.output
    assert "give --accept-clock: market time will skip ahead" in done.output
    with station(tmp_path, *words, "--accept-clock") as running:
        assert told(running.port, until=b"2106")
    with station(tmp_path, *words) as running:
        assert told(running.port, until=b"2106")


def test_a_start_without_what_was_kept_is_asked_about(tmp_path: Path) -> None:
    with station(tmp_path, "--data-dir", "kept") as running:
        assert told(running.port, until=b"2106")
        running.stop()
    (tmp_path / "kept" / "journal.sqlite").unlink()
    words = ("--data-dir", "kept", "--port", closed_port())
    done = papertape("serve", *words, cwd=tmp_path, code=2)
    assert "the last 3 changes of its settings" in done.output and "--accept-loss" in done.output
    with station(tmp_path, "--data-dir", "kept", "--accept-loss") as running:
        assert told(running.port, until=b"2106")
        (tmp_path / "kept" / "journal.sqlite.lock").unlink()
        done = papertape("serve", *words, cwd=tmp_path, code=2)
        assert "is in use by another station" in done.output
