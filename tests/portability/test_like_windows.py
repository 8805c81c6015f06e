"""Station, client, fixture, console and commands run without what Windows lacks.

``windows_like`` takes that away from a process on Linux. So no path needs it; Windows itself is
tried by the CI's matrix only, which runs these tests as they are.
"""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli import process
from cli.process import PATIENCE_S, closed_port, environment, station
from lanes import ANOTHER
from portability.windows_like import MODULES, OS, SIGNALS, SOCKET

ROOT = Path(__file__).resolve().parents[2]
LIKE = Path(__file__).with_name("windows_like.py")
LINUX = sys.platform == "linux"
"""``windows_like`` looks into ``/proc``."""

GUARDED = {
    ("cli/rendezvous.py", "os.getuid"),  # behind hasattr
    ("server/aio/sockets.py", "socket.TCP_INFO"),  # behind hasattr
    ("testing/programs.py", "os.killpg"),  # behind os.name
    ("testing/programs.py", "signal.SIGKILL"),  # on Linux only
}
"""Uses of what Windows lacks that ask first whether it is there."""

CLIENT = """
import asyncio, sys
import papertape as pt

async def main():
    async with pt.connect("127.0.0.1", int(sys.argv[1]), client_id=1) as tws:
        trade = tws.place_order(pt.Stock("SPY"), pt.MarketOrder("BUY", 100))
        await tws.until(trade, "Filled", charged=True)
        print(trade.filled)

asyncio.run(main())
"""
OFFICIAL = """
import sys, threading
from papertape.ibapi.client import EClient
from papertape.ibapi.wrapper import EWrapper

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)

    def nextValidId(self, orderId):
        print("next", orderId)
        self.disconnect()

app = App()
app.connect("127.0.0.1", int(sys.argv[1]), 2)
app.run()
"""
FIXTURE = """
import papertape.ibapi.client

def test_it(tws, tws_factory):
    import socket
    for at in (tws, tws_factory(gateway=True)):
        with socket.create_connection((at.host, at.port)) as peer:
            peer.sendall(b"API\\0\\0\\0\\0\\x04v176")
            assert peer.recv(4096)[4:].startswith(b"176")
    tws.advance(2)
    tws.drill("freeze", seconds=0.01)
"""


def like_windows(*words: object) -> list[str]:
    return [sys.executable, str(LIKE), *map(str, words)]


def plain(*words: object) -> list[str]:
    return [sys.executable, *map(str, words)]


Command = Callable[..., list[str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """How Python is started. What Linux does with all that it has is tried everywhere else."""
    chosen: Command = like_windows if LINUX else plain
    monkeypatch.setattr(process, "command", lambda *words: chosen("-m", "papertape", *words))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir(mode=0o700)
    return chosen


def run(command: Command, cwd: Path, *words: object, code: int = 0) -> str:
    """Run to its end; what it told."""
    done = subprocess.run(
        command(*words),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.process
def test_a_station_serves_is_found_and_kept(command: Command, tmp_path: Path) -> None:
    words = ("--data-dir", "kept", "--log-dir", "logs", "--wire-log", "wire.jsonl",
             "--market", ROOT / "market/sample")  # fmt: skip
    (tmp_path / "client.py").write_text(CLIENT)
    (tmp_path / "official.py").write_text(OFFICIAL)
    with station(tmp_path, *words) as running:
        assert run(command, tmp_path, "client.py", running.port).split() == ["100"]
        assert run(command, tmp_path, "official.py", running.port).startswith("next ")
        assert str(running.port) in run(command, tmp_path, "-m", "papertape", "status")
        told = run(command, tmp_path, "-m", "papertape", "serve", "--port", 0, *words[:2], code=2)
        assert "is in use" in told and f"pid {running.process.pid}" in told.replace("=", " ")
        running.process.kill()
        running.end()
    with station(tmp_path, *words) as again:
        assert any("entries replayed" in line for line in again.told), again.told
        if os.name != "posix":  # Ctrl-C cannot be sent to one process there
            return
        code, out, log = again.stop(signal.SIGINT)
        assert (code, "stopped" in out, "Traceback" in log) == (0, True, False), log


@pytest.mark.process
def test_the_pytest_fixture(command: Command, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FIXTURE)
    assert "1 passed" in run(command, tmp_path, *ANOTHER, "test_it.py")


@pytest.mark.process
def test_import_and_export_of_data(command: Command, tmp_path: Path) -> None:
    rows = "\n".join(f"2026-04-{day:02},10,11,9,10.5,1000" for day in (7, 8, 9, 10))
    (tmp_path / "AAPL.csv").write_text(f"date,open,high,low,close,volume\n{rows}\n")
    data = ("-m", "papertape", "data")
    for _ in range(2):
        run(command, tmp_path, *data, "import", "AAPL.csv", "--into", "mine")
    assert not (tmp_path / "mine" / ".import.lock").exists()
    assert "AAPL" in run(command, tmp_path, *data, "ls", "mine")
    run(command, tmp_path, *data, "export", "mine", "--to", "out")


@pytest.fixture
def console(command: Command, tmp_path: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The console's process as a station starts it there, without a socket to inherit."""
    port = closed_port()
    told = {"url": "http://127.0.0.1:1", "token": "secret", "host": "127.0.0.1", "port": port}
    running = subprocess.Popen(
        command("-m", "papertape.console"), cwd=tmp_path, stdin=subprocess.PIPE
    )
    assert running.stdin is not None
    running.stdin.write(json.dumps(told).encode() + b"\n")
    running.stdin.flush()
    yield port, running
    running.kill()
    running.communicate()


@pytest.mark.process
@pytest.mark.network
def test_the_console_listens_itself_and_ends_with_its_station(
    console: tuple[int, subprocess.Popen[bytes]],
) -> None:
    port, running = console
    while running.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S)
        except urllib.error.HTTPError as error:
            assert error.code == 401
            break
        except OSError:
            continue
    assert running.stdin is not None
    running.stdin.close()
    assert running.wait(PATIENCE_S) == 0


def _naming(*names: str) -> Iterator[tuple[Path, ast.Module]]:
    """The modules in whose text one of these names stands; to read all takes seconds."""
    named = re.compile(rf"\b(?:{'|'.join(names)})\b")
    for path in (ROOT / "src" / "papertape").rglob("*.py"):
        text = path.read_text("utf-8")
        if named.search(text):
            yield path, ast.parse(text)


MISSING = {"os": set(OS), "signal": set(SIGNALS), "socket": set(SOCKET)}


def _used(module: ast.Module) -> Iterator[str]:
    """What a module uses of POSIX alone."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            of = MISSING.get(node.module or "", set())
            yield from (f"{node.module}.{one.name}" for one in node.names if one.name in of)
            if node.module in MODULES:
                yield str(node.module)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in MISSING.get(node.value.id, ())
        ):
            yield f"{node.value.id}.{node.attr}"


@pytest.mark.long
def test_nothing_that_only_posix_has_is_used_unasked() -> None:
    package = ROOT / "src" / "papertape"
    used = {
        (path.relative_to(package).as_posix(), name)
        for path, module in _naming(*MODULES, *(one for of in MISSING.values() for one in of))
        for name in _used(module)
    }
    assert used == GUARDED


@pytest.mark.long
def test_every_text_file_names_its_encoding() -> None:
    """Windows would take the code page of the country."""
    lacking = []
    for path, module in _naming("read_text", "write_text", "fdopen"):
        for node in ast.walk(module):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = {word.arg for word in node.keywords}
            if name in ("read_text", "write_text") and path.name != "oracle.py":
                if "encoding" not in named and len(node.args) < 1 + (name == "write_text"):
                    lacking.append(f"{path}:{node.lineno}")
            elif name == "fdopen" and "encoding" not in named:
                lacking.append(f"{path}:{node.lineno}")
    assert not lacking


def test_a_name_of_a_directory_is_settled_where_that_is_possible(tmp_path: Path) -> None:
    """The same mark on both kinds of system."""
    from papertape.store.high_water import LENGTH, Mark, MarkFile

    file = MarkFile(tmp_path / "j")
    file.begin(Mark(1, 2, 3, 4))
    file.release()
    assert os.stat(file.path).st_size == LENGTH
