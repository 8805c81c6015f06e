"""The console's process: how it is started, started again and ended. What it serves is not here."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from papertape.errors import SettingsError
from papertape.server.control import console as module
from papertape.server.control.console import PAUSES_S, ConsoleServer
from server.sockets import LOOPS, run

pytestmark = [pytest.mark.network, pytest.mark.process]

LEAST_URGENT = 19
"""No process can be nicer, and whoever runs the tests may be nice already."""
EACH_LOOP = pytest.mark.parametrize("loop", LOOPS)

SERVES = """
import json, os, socket, sys
told = json.loads(sys.stdin.readline())
listening = socket.socket(fileno=told["fd"])
listening.setblocking(True)
visitor, _ = listening.accept()
visitor.sendall(json.dumps(told | {"pid": os.getpid(), "nice": os.nice(0)}).encode())
visitor.close()
sys.exit(0 if sys.stdin.read() == "" else 1)
"""
CRASHES = "import sys; sys.exit(3)"
DEAF = "import time; print('deaf', flush=True); time.sleep(600)"


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets what the process does."""

    def become(source: str) -> None:
        (tmp_path / "windowless.py").write_text(source)
        monkeypatch.setattr(module, "MODULE", "windowless")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return become


@asynccontextmanager
async def console(
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncIterator[ConsoleServer]:
    server = ConsoleServer("http://127.0.0.1:1", "right", pause)
    server.start()
    try:
        yield server
    finally:
        await server.close()


async def visit(server: ConsoleServer) -> dict[str, object]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        told: dict[str, object] = json.loads(await reader.read())
    finally:
        writer.close()
        await writer.wait_closed()
    return told


@EACH_LOOP
def test_it_is_told_where_the_control_api_is_and_goes_behind_the_wire(
    loop: str, child: Callable[[str], None]
) -> None:
    async def main() -> None:
        child(SERVES)
        async with console() as server:
            told = await visit(server)
            assert (told["url"], told["token"]) == ("http://127.0.0.1:1", "right")
            assert told["nice"] == min(os.nice(0) + module.NICENESS, LEAST_URGENT)
            process = server.process
            assert process is not None and told["pid"] == process.pid
        assert process.returncode == 0, "the end of stdin has ended it"
        with pytest.raises(OSError):
            await asyncio.open_connection(server.host, server.port)

    run(main, loop)


@EACH_LOOP
def test_after_its_death_the_next_visitor_brings_it_back(
    loop: str, child: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        child(SERVES)
        async with console() as server:
            first = await visit(server)
            assert server.process is not None
            server.process.kill()
            second = await visit(server)
            assert second["pid"] != first["pid"]

    run(main, loop)
    told = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert told == ["the console ended with code -9; the next visitor starts it again"]


def test_one_that_always_ends_is_started_ever_more_rarely(child: Callable[[str], None]) -> None:
    async def main() -> None:
        child(CRASHES)
        paused: list[float] = []
        enough = asyncio.Event()

        async def pause(seconds: float) -> None:
            paused.append(seconds)
            if len(paused) == len(PAUSES_S) + 1:
                enough.set()
                await asyncio.Event().wait()

        async with console(pause) as server:
            _, writer = await asyncio.open_connection(server.host, server.port)
            await enough.wait()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        assert paused == [*PAUSES_S, PAUSES_S[-1]]

    run(main)


def test_one_that_does_not_end_by_itself_is_ended(
    child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        child(DEAF)
        monkeypatch.setattr(module, "GRACE_S", 0.05)
        async with console() as server:
            while server.process is None:
                await asyncio.sleep(0)
        assert server.process.returncode == -9

    run(main)


def test_a_port_in_use_names_the_setting() -> None:
    async def main() -> None:
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        with pytest.raises(SettingsError, match="--console-port"):
            ConsoleServer("", "").start(port=taken.sockets[0].getsockname()[1])
        taken.close()
        await taken.wait_closed()

    run(main)


def test_without_a_program_to_start_the_port_is_given_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        monkeypatch.setenv("PATH", "")
        async with console() as server:
            while not caplog.records:
                await asyncio.sleep(0)
            assert server.process is None
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(server.host, server.port)

    run(main)
    assert "the console cannot be started" in caplog.text
    assert sys.executable not in caplog.text
