"""The ``papertape`` command: within this process for what ends at once, else as users run it."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from typer import testing
from typer.main import get_command
from typer.testing import Result

from cli import forked
from lanes import HANGS_S, LANE
from papertape.cli import app

PATIENCE_S = HANGS_S
READY = re.compile(r"listening on (\S+):(\d+)")


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment without settings of ours, and wide enough for one-line errors.

    A station has no console but where a test asks for one. None leaves a variable out.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PAPERTAPE_")}
    ours = {"PAPERTAPE_CONSOLE": "false", "COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb"}
    changed = {**kept, **ours, **changes}
    return {name: value for name, value in changed.items() if value is not None}


whole = cache(get_command)
"""A command line as it is carried out: what it is does not change, and building it takes long."""


def invoke(words: Sequence[str], **more: Any) -> Result:
    """Run a command within this process, as typer's own runner does."""
    with patch.object(testing, "_get_command", whole):
        return testing.CliRunner().invoke(app, words, **more)


def papertape(*words: object, cwd: Path, code: int = 0, **variables: str | None) -> Result:
    """Run a command within this process and check its exit code."""
    before, mask = Path.cwd(), os.umask(0o022)
    os.chdir(cwd)
    try:
        # The command line sets up logging for a process of its own, which this one is not.
        with (
            patch.dict(os.environ, environment(**variables), clear=True),
            patch.object(logging, "basicConfig"),
        ):
            done = invoke([str(word) for word in words], catch_exceptions=False)
    finally:
        os.chdir(before)
        os.umask(mask)
    assert done.exit_code == code, f"exit code {done.exit_code}\n{done.output}"
    return done


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "papertape", *map(str, words)]


def begun(
    words: list[str], cwd: Path, variables: dict[str, str | None], *, fresh: bool
) -> "subprocess.Popen[str] | forked.Forked":
    """A command that runs; if it may be so, in a process that has not loaded everything anew."""
    itself, env = [sys.executable, "-m", "papertape"], environment(**variables)
    plain = words[:3] == itself and all(name.startswith(forked.PASSED) for name in variables)
    if forked.POSSIBLE and LANE == "test" and plain and not fresh:
        return forked.Forked(words[3:], cwd, env)
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=cwd, env=env, stdout=pipe, stderr=pipe, text=True)


def ran(*words: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """A command in a process of its own, to its end."""
    running = begun(command(*words), cwd, {}, fresh=False)
    try:
        out, log = running.communicate(timeout=PATIENCE_S)
    except BaseException:
        running.kill()
        raise
    return subprocess.CompletedProcess(words, running.wait(), out, log)


class Station:
    """A station in a process of its own; without a port, those that a settings file there names.

    ``fresh``: in a new interpreter, whatever it costs.
    """

    def __init__(
        self,
        cwd: Path,
        *words: object,
        port: int | None = 0,
        fresh: bool = False,
        **variables: str | None,
    ) -> None:
        where = () if port is None else ("--port", port)
        serve = command("serve", *where, "--no-color", *words)
        self.process = begun(serve, cwd, variables, fresh=fresh)
        self.told: list[str] = []
        self.host, self.port = "", 0
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(line.rstrip())
            if found := READY.search(line):
                self.host, self.port = found[1], int(found[2])
                return
        _, log = self.process.communicate()
        raise AssertionError(f"no ready line: {self.told}\n{log}")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; exit code, the rest of the output, the log."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; exit code, the rest of the output, the log."""
        out, log = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, log


@contextmanager
def station(
    cwd: Path,
    *words: object,
    port: int | None = 0,
    fresh: bool = False,
    **variables: str | None,
) -> Iterator[Station]:
    """A station that is gone when the block ends, whatever happened in it."""
    running = Station(cwd, *words, port=port, fresh=fresh, **variables)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()


@contextmanager
def busy_port() -> Iterator[int]:
    """A port that somebody listens on and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def holding(port: int, client_id: int) -> Iterator[socket.socket]:
    """A session with a client id, from greeting to the last notice of the start."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
        client.sendall(b"API\0\0\0\0\x04v176")
        assert client.recv(4096)[4:].startswith(b"176\0")
        start = b"71\0002\0%d\0\0" % client_id
        client.sendall(len(start).to_bytes(4) + start)
        while b"2158" not in client.recv(1 << 16):
            pass
        yield client
