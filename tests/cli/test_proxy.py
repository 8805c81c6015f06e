"""``papertape proxy`` as users run it."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from cli.process import PATIENCE_S, begun, command, environment, papertape, station
from papertape.recording.format import read
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import encode
from papertape.wire.handshake import greeting

pytestmark = [pytest.mark.network, pytest.mark.process]


def test_it_stands_before_a_station_and_records(tmp_path: Path) -> None:
    file = tmp_path / "day.recording"
    with station(tmp_path, "--ephemeral") as tws:
        words = ("--listen", 0, "--to", f"127.0.0.1:{tws.port}", "--record", file)
        process = begun(command("proxy", *words), tmp_path, {}, fresh=False)
        assert process.stdout is not None
        ready = re.match(r"listening on 127.0.0.1:(\d+) for ", process.stdout.readline())
        assert ready
        with socket.create_connection(("127.0.0.1", int(ready[1])), PATIENCE_S) as client:
            sent = greeting(100, 176) + encode(StartApi(5), 176)
            client.sendall(greeting(100, 176))
            got = client.recv(1 << 16)
            client.sendall(encode(StartApi(5), 176))
            while b"2158" not in got:
                got += client.recv(1 << 16)
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, log
    assert re.match(r"0 of 1 connections open, 2 messages in, \d+ out, ", out), (out, log)
    recording = read(file)
    assert recording.problem == "" and recording.header.to == f"127.0.0.1:{tws.port}"
    heard = {
        sender: b"".join(e.data for e in recording.events if e.sender == sender)
        for sender in ("client", "server")
    }
    assert heard["client"] == sent and heard["server"].startswith(got)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--listen", "x", "--to", "127.0.0.1:1"), "is not PORT or HOST:PORT (setting='listen'"),
        (("--listen", "0", "--to", "7497"), "is not HOST:PORT (setting='to'"),
        (("--listen", "0", "--to", "a:1", "--drill", "fire"), "is no drill of the proxy"),
        (("--listen", "0", "--to", "a:1", "--record", "/nowhere/x"), "cannot be written"),
        (("--listen", "0", "--to", "a:1", "--record", "there"), "exists already"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    (tmp_path / "there").touch()
    assert said in papertape("proxy", *words, cwd=tmp_path, code=2).output


@pytest.mark.skipif(os.name != "posix", reason="a shell's background commands")
def test_in_the_background_of_a_script_sigterm_ends_it(tmp_path: Path) -> None:
    # `papertape proxy … &` in a script: the shell has it ignore SIGINT.
    recording = tmp_path / "day.recording"
    told = [*command("proxy", "--listen", "0", "--to", "127.0.0.1:9", "--record"), str(recording)]
    process = subprocess.Popen(
        told, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on ")
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert (process.returncode, log) == (0, "")
    assert "0 of 0 connections open" in out
