"""The console as a process: the station and its wire do not notice what becomes of it."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from cli import process
from cli.process import busy_port, papertape, station
from console.people import limit, program, stock
from console.started import PATIENCE_S, Started, alive, eventually, resident, started
from ibapi.apps import App, wait_until

pytestmark = pytest.mark.process

SYMBOLS = ("SPY", "IBM", "BAC", "AAPL", "MSFT", "NVDA", "TSLA", "AMZN", "META", "GOOG")
ENOUGH = 40
"""Quotes that show that the stream goes on."""


@contextmanager
def trader(port: int) -> Iterator[App]:
    """A program in the official style that has quotes of ten symbols."""
    with program(port, 1) as app:
        for number, symbol in enumerate(SYMBOLS):
            app.reqMktData(number, stock(symbol), "", False, False, [])
        yield app


def place(app: App, first: int, count: int) -> set[int]:
    """Send limit orders that rest; their ids."""
    for number in range(first, first + count):
        app.placeOrder(number, stock("SPY"), limit("BUY", 10, 1.0))
    return set(range(first, first + count))


def acknowledged(app: App, orders: set[int]) -> bool:
    return orders <= {told[0] for told in app.of("orderStatus") if told[1] == "Submitted"}


def quotes(app: App) -> int:
    return len(app.of("tickPrice")) + len(app.of("tickSize"))


@contextmanager
def looking(at: Started) -> Iterator[httpx.Client]:
    """Somebody who opens the busiest pages and leaves them open, as far as the console knows."""
    with at.visitor() as visitor:
        for page in ("messages", "trading", "connections"):
            assert visitor.get(f"/station/{page}").status_code == 200
        yield visitor


@pytest.mark.network
def test_killed_under_load_the_wire_loses_nothing_and_a_visit_brings_it_back(
    tmp_path: Path,
) -> None:
    """And Ctrl-C ends both."""
    with started(tmp_path, "--max-message-rate", 0, "--quote-interval-ms", 20) as at:
        with looking(at) as visitor, trader(at.port) as app:
            before = place(app, 1, 20)
            wait_until(lambda: acknowledged(app, before) and quotes(app) > ENOUGH)
            console = at.console()
            amid = place(app, 21, 10)
            os.kill(console, signal.SIGKILL)
            amid |= place(app, 31, 10)
            told = quotes(app)
            wait_until(lambda: acknowledged(app, amid) and quotes(app) > told + ENOUGH)
            assert not [code for _, code in app.errors() if code < 2000]
            assert "connectionClosed" not in app.names()
            answer = visitor.get("/station/connections")
            assert answer.status_code == 200, "the cookie of before is good for its successor"
            assert (second := at.console()) != console
        code, _, log = at.station.stop(signal.SIGINT)
    assert code == 0 and not alive(second)
    assert log.count("the console ended with code -9") == 1 and "Traceback" not in log


@pytest.mark.network
def test_a_console_that_stands_still_costs_the_station_nothing(tmp_path: Path) -> None:
    """A station that waited for it would wait for ever. And it does not outlive a station that is
    killed."""
    with started(tmp_path, "--max-message-rate", 0, "--quote-interval-ms", 1) as at:
        with looking(at), trader(at.port) as app:
            wait_until(lambda: quotes(app) > ENOUGH)
            console, before = at.console(), resident(at.station.process.pid)
            os.kill(console, signal.SIGSTOP)
            try:
                for _ in range(20):
                    asked = len(app.of("currentTime"))
                    for _ in range(100):
                        app.reqCurrentTime()
                    wait_until(lambda: len(app.of("currentTime")) == asked + 100)  # noqa: B023
                grown = resident(at.station.process.pid) - before
                assert grown < 32 * 1024 * 1024, f"{grown} bytes more than before"
            finally:
                os.kill(console, signal.SIGCONT)
            with at.visitor() as visitor:
                assert visitor.get("/station/connections").status_code == 200
        at.station.stop(signal.SIGKILL)
        eventually(lambda: not alive(console), "the console is left behind")


def test_a_console_that_stands_still_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with started(tmp_path) as at:
        console = at.console()
        os.kill(console, signal.SIGSTOP)
        try:
            assert at.station.stop(signal.SIGINT)[0] == 0
            assert not alive(console)
        finally:
            with suppress(ProcessLookupError):
                os.kill(console, signal.SIGCONT)


def test_none_is_started_where_none_is_wanted(tmp_path: Path) -> None:
    for word in ("--no-console", "--no-control"):
        with station(tmp_path, "--ephemeral", word, PAPERTAPE_CONSOLE=None) as running:
            assert not any("console" in line for line in running.told)
            pid = running.process.pid
            assert Path(f"/proc/{pid}/task/{pid}/children").read_text() == ""


@pytest.mark.network
def test_a_busy_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with busy_port() as port:
        words = ("serve", "--ephemeral", "--port", 0, "--console", "--console-port", port)
        done = papertape(*words, cwd=tmp_path, code=2)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "choose another with --console-port" in done.stderr


# ---------------------------------------------------------------- where it is not installed

HOW = "pip install 'papertape[console]'"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python processes of this test have no nicegui."""
    before = "import sys; sys.modules['nicegui'] = None; sys.argv[0] = 'papertape'"

    def command(*words: object) -> list[str]:
        source = f"{before}; from papertape.cli import app; app()"
        return [sys.executable, "-c", source, *map(str, words)]

    monkeypatch.setattr(process, "command", command)
    monkeypatch.setitem(sys.modules, "nicegui", None)


@pytest.mark.network
@pytest.mark.usefixtures("without")
def test_without_the_packages_the_station_says_so_once_and_goes_on(tmp_path: Path) -> None:
    several = ("--ephemeral", "--port", 0)  # beside the one that every station of tests has
    with station(tmp_path, *several, PAPERTAPE_CONSOLE=None) as at:
        told = [line for line in at.told if "console" in line]
        assert told == [f"no console: it is not installed; install it: {HOW}"]
        with trader(at.port) as app:
            wait_until(lambda: quotes(app))


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("words", [("--console",), ("--console-port", 0)])
def test_without_the_packages_asking_for_it_is_an_error(
    words: tuple[object, ...], tmp_path: Path
) -> None:
    wanted = ("serve", "--ephemeral", "--port", 0, *words)
    done = papertape(*wanted, cwd=tmp_path, code=2, PAPERTAPE_CONSOLE=None)
    assert "the console is not installed" in done.stderr and HOW in done.stderr


def test_it_cannot_be_had_without_the_control_api(tmp_path: Path) -> None:
    words = ("serve", "--ephemeral", "--port", 0, "--no-control", "--console")
    done = papertape(*words, cwd=tmp_path, code=2)
    assert "the console needs the control API" in done.stderr
    assert "Leave --no-control out" in done.stderr


@pytest.mark.network
def test_a_stranger_costs_the_console_next_to_nothing(tmp_path: Path) -> None:
    """A head without end, and more idle connections than it keeps; who is known gets in."""
    with started(tmp_path) as at, at.visitor() as visitor, ExitStack() as held:
        pid, address = at.console(), ("127.0.0.1", at.console_port)
        before = resident(pid)
        with socket.create_connection(address, PATIENCE_S) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n")
            with suppress(ConnectionError):
                for _ in range(400):
                    stranger.sendall(b"a:b\r\n" * 10_000)
            assert stranger.recv(100).startswith(b"HTTP/1.1 431 ")
        for _ in range(100):
            held.enter_context(socket.create_connection(address, PATIENCE_S))
        assert visitor.get("/station/connections").status_code == 200
        assert len(os.listdir(f"/proc/{pid}/fd")) < 100
        assert resident(pid) - before < 20 << 20
