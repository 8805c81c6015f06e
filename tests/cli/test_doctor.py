"""``papertape doctor`` tells the cases of S7 apart, each with its exit code."""

import asyncio
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.process import invoke
from ibapi.server import TIME, Peer, Server
from lanes import HANGS_S
from papertape.cli.doctor import examine, parse, show
from papertape.client.doctor import NOTICES, Case, Diagnosis, diagnosis
from papertape.server.settings import StationSettings
from papertape.wire.catalogue.session import (
    CurrentTime,
    ErrorMessage,
    ManagedAccounts,
    NextValidId,
    ReqCurrentTime,
)
from papertape.wire.connection import Greeting, ServerConnection
from papertape.wire.handshake import version_reply
from server.pair import Hall
from server.sockets import serving

pytestmark = pytest.mark.network

TELLS_TIME: Any = {ReqCurrentTime: lambda _: [CurrentTime(1_700_000_000)]}


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A program that listens and is no TWS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                while True:
                    opened, _ = listener.accept()
                    with opened:
                        serve(opened)
            except OSError:
                return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(HANGS_S)
    assert not thread.is_alive()


def seen(port: int, *, timeout: float = 0.3, client_id: int = 5) -> Diagnosis:
    return examine("127.0.0.1", port, client_id, timeout=timeout)


def test_ready() -> None:
    with Server(answers=TELLS_TIME) as server:
        found = seen(server.port, timeout=HANGS_S)
        assert (found.case, found.exit_code) == ("ready", 0)
        assert (found.server_version, found.accounts, found.next_valid_id) == (
            226,
            ["DU1234567"],
            1,
        )
        assert found.connection_time == TIME and found.broker_link is True
        assert found.answer_ms is not None and found.advice == []


def test_ready_but_without_a_link_to_the_broker() -> None:
    """A port that is open and a login that works are no proof that anything can be traded."""
    with Server(answers=TELLS_TIME) as server:
        lost = ErrorMessage(-1, 0, 1100, "Connectivity between IBKR and TWS has been lost.")
        broken = ErrorMessage(-1, 0, 2103, "Market data farm connection is broken:usfarm")
        server.welcome += [lost, broken]  # type: ignore[list-item]
        found = seen(server.port, timeout=HANGS_S)
        assert (found.case, found.broker_link) == ("ready", False)
        assert [code for code, _ in found.notices] == [1100, 2103]
        assert "no link to the broker" in found.advice[0] and "usfarm" in found.advice[1]


def test_refused_tells_which_usual_port_is_open_instead() -> None:
    def opener(host: str, port: int, seconds: float) -> Any:
        if port != 4002:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.socket()

    found = examine("127.0.0.1", 7497, 1, timeout=0.1, opener=opener)
    assert (found.case, found.exit_code) == ("refused", 10)
    assert any("4002 is open" in line and "Gateway" in line for line in found.advice)
    assert "Enable ActiveX" in " ".join(found.advice)


def test_a_closed_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert seen(port).case == "refused"


def test_filtered() -> None:
    def opener(host: str, port: int, seconds: float) -> Any:
        raise TimeoutError("timed out")

    found = examine("192.0.2.1", 7497, 1, timeout=5.0, opener=opener)
    assert (found.case, found.exit_code) == ("filtered", 11)
    assert "within 5 s" in found.what and "firewall" in found.advice[0]


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(-2, "Name or service not known"), OSError(113, "No route to host"),
     UnicodeError("label too long")],
)  # fmt: skip
def test_unreachable(error: Exception) -> None:
    def opener(host: str, port: int, seconds: float) -> Any:
        raise error

    found = examine("no.such.host", 7497, 1, timeout=0.1, opener=opener)
    assert (found.case, found.exit_code) == ("unreachable", 16)
    assert str(error) in found.what


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"\x15\x03\x01\x00\x02\x02F",
     b"\0\0\0\x05hello", b"\0\0", b"\0\0\0\0" * 5],
)  # fmt: skip
@pytest.mark.parametrize("then", ["hangs up", "waits"])
def test_open_but_no_tws(answer: bytes, then: str) -> None:
    def serve(opened: socket.socket) -> None:
        opened.recv(100)
        opened.sendall(answer)
        if then == "waits":
            opened.recv(100)

    with listening(serve) as port:
        found = seen(port)
        assert (found.case, found.exit_code) == ("not-tws", 12)
        assert repr(answer[:3])[2:-1] in found.what


def test_open_and_silent_is_no_tws() -> None:
    def serve(opened: socket.socket) -> None:
        while opened.recv(100):
            pass

    with listening(serve) as port:
        found = seen(port)
        assert found.case == "not-tws" and "nothing was said" in found.what
        assert "frozen" in found.advice[1]


def test_one_that_drips_for_ever_does_not_hold_the_doctor() -> None:
    stop = threading.Event()

    def serve(opened: socket.socket) -> None:
        opened.sendall(b"\0\0\0\xff")
        while not stop.wait(0.02):
            opened.sendall(b"x")

    with listening(serve) as port:
        assert seen(port).case == "not-tws"
        stop.set()


def closes(peer: Peer) -> None:
    peer.close()


def resets(peer: Peer) -> None:
    peer.ended.set()
    peer.reset()


@pytest.mark.parametrize("how", [closes, resets])
def test_a_tws_that_accepts_no_connection(how: Callable[[Peer], None]) -> None:
    with Server(greet=how) as server:
        found = seen(server.port, timeout=HANGS_S)
        assert (found.case, found.exit_code) == ("api-disabled", 13)
        assert "Enable ActiveX" in found.advice[0] and "localhost only" in found.advice[1]


def test_client_id_in_use() -> None:
    with Server() as server:
        in_use = "Unable to connect as the client id is already in use. Retry with a unique …"
        server.welcome = [ErrorMessage(-1, 0, 326, in_use)]  # type: ignore[list-item]
        found = seen(server.port, timeout=HANGS_S, client_id=7)
        assert (found.case, found.exit_code) == ("client-id-in-use", 14)
        assert "Client id 7" in found.what


@pytest.mark.parametrize("welcome", [[], [ManagedAccounts("DU1")], [NextValidId(1)]])
def test_waiting_for_somebody_to_accept(welcome: list[Any]) -> None:
    with Server() as server:
        server.welcome = welcome
        found = seen(server.port)
        assert (found.case, found.exit_code) == ("waiting", 15)
        assert found.server_version == 226 and "Accept" in found.advice[0]


class Endless:
    """A server that sends notices for ever; each time it is read a moment passes."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reads = 0
        self.wire = ServerConnection()
        self.out = b""

    def settimeout(self, seconds: float) -> None:
        """It is never waited for."""

    def sendall(self, data: bytes) -> None:
        """From the doctor."""
        for event in self.wire.receive_data(data):
            if isinstance(event, Greeting):
                self.out += self.wire.accept(TIME)

    def recv(self, count: int) -> bytes:
        """To the doctor."""
        self.now += 0.01
        self.reads += 1
        out, self.out = self.out, b""
        if out:
            return out
        number = self.reads
        rows = [ErrorMessage(-1, 0, 2103, f"broken:farm{number}.{i}") for i in range(100)]
        return b"".join(map(self.wire.send, rows))

    def close(self) -> None:
        """Nothing to close."""


def test_endless_notices_end_with_the_time_and_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = Endless()
    found = examine(
        "127.0.0.1", 7497, 5, timeout=5.0, opener=lambda *_: line, clock=lambda: line.now
    )
    assert (found.case, line.now) == ("waiting", pytest.approx(5.0, abs=0.1))
    assert len(found.notices) == NOTICES and found.notice_count > 40_000
    assert f"{found.notice_count} notices without end" in found.what
    show(found)
    assert len(capsys.readouterr().out.splitlines()) < NOTICES + 10


def test_a_server_of_version_zero_is_outdated() -> None:
    with Server(greet=lambda peer: peer.raw(version_reply(0, TIME))) as server:
        found = seen(server.port)
        assert found.case == "outdated" and "has version 0" in found.what


def test_rejected() -> None:
    def greet(peer: Peer) -> None:
        peer.raw(peer.wire.accept(TIME))
        peer.close()

    with Server(greet=greet) as server:
        found = seen(server.port, timeout=HANGS_S)
        assert (found.case, found.exit_code) == ("rejected", 17)


def test_outdated() -> None:
    with Server(greet=lambda peer: peer.raw(b"\0\0\0\x0876\0time\0\0")) as server:
        found = seen(server.port, timeout=HANGS_S)
        assert (found.case, found.exit_code) == ("outdated", 18)


def test_a_server_that_is_ready_and_does_not_tell_its_time() -> None:
    with Server() as server:
        found = seen(server.port)
        assert found.case == "ready" and found.answer_ms is None
        assert "has not told its time" in found.advice[0]


def test_it_does_not_disturb_whoever_has_the_id() -> None:
    with Server(answers=TELLS_TIME) as server:
        for _ in range(3):
            assert seen(server.port, timeout=HANGS_S).case == "ready"
        assert len(server.peers) == 3


# ---------------------------------------------------------------- the command


def test_the_command_prints_json_and_gives_the_exit_code() -> None:
    with Server(answers=TELLS_TIME) as server:
        done = invoke(["doctor", f"127.0.0.1:{server.port}", "--json"])
        assert done.exit_code == 0
        shown = json.loads(done.stdout)
        assert (shown["case"], shown["server_version"], shown["host"]) == (
            "ready",
            226,
            "127.0.0.1",
        )


def test_the_command_says_it_in_words() -> None:
    with Server(answers=TELLS_TIME) as server:
        server.welcome = []
        arguments = ["doctor", f"127.0.0.1:{server.port}", "--timeout", "0.2"]
        done = invoke(arguments)
        assert done.exit_code == 15
        assert done.stdout.startswith("waiting  A TWS answered (server version 226)")
        assert "  - Accept the connection" in done.stdout


@pytest.mark.parametrize(
    ("address", "found"),
    [("127.0.0.1:4002", ("127.0.0.1", 4002)), ("[::1]:7496", ("::1", 7496)),
     ("gateway.lan", ("gateway.lan", 7497)), (":4001", ("127.0.0.1", 4001))],
)  # fmt: skip
def test_addresses(address: str, found: tuple[str, int]) -> None:
    assert parse(address) == found


@pytest.mark.parametrize(
    "address", ["a:b", "host:0", "host:65536", "::1", "http://host:7497", "a b"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(typer.BadParameter, match="HOST:PORT"):
        parse(address)
    assert invoke(["doctor", address]).exit_code == 2


def test_the_guide_has_every_case_with_its_exit_code() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/client.md").read_text("utf-8")
    told = re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", guide, re.M)
    assert told == [(str(case.value), case.name.lower().replace("_", "-")) for case in Case]


def test_every_failure_comes_with_advice() -> None:
    for case in Case:
        found = diagnosis(case, "127.0.0.1", 7497, "what")
        assert bool(found.advice) is (case is not Case.READY)


# ---------------------------------------------------------------- a real station


async def asked(port: int, *, client_id: int = 5, timeout: float = HANGS_S) -> Diagnosis:
    return await asyncio.to_thread(seen, port, timeout=timeout, client_id=client_id)


@pytest.mark.parametrize(
    ("verdict", "case"), [("accept", "ready"), ("ask", "waiting"), ("reject", "rejected")]
)
def test_a_station_that_accepts_asks_or_rejects(verdict: Any, case: str) -> None:
    settings = StationSettings(acceptance_rules={"127.0.0.1": verdict})

    async def main() -> None:
        async with serving(Hall(settings=settings)) as served:
            found = await asked(served.port, timeout=0.5 if case == "waiting" else HANGS_S)
            assert found.case == case, found.what

    asyncio.run(main())


def test_a_station_whose_client_id_is_taken() -> None:
    async def main() -> None:
        async with serving() as served:
            await served.client(5)
            assert (await asked(served.port, client_id=5)).case == "client-id-in-use"
            assert (await asked(served.port, client_id=6)).case == "ready"

    asyncio.run(main())


def test_a_station_without_its_link_to_the_broker() -> None:
    async def main() -> None:
        async with serving() as served:
            served.hall.station.drills.begin("link-lost")
            found = await asked(served.port)
            assert (found.case, found.broker_link) == ("ready", False)

    asyncio.run(main())
