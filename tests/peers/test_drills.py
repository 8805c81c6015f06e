"""Official clients in the bad nights: what their callbacks say while a drill runs."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S
from papertape.testing import RunningStation
from peers.environments import PEERS, Peer

pytestmark = pytest.mark.peers

DRIVER = Path(__file__).parent / "drivers/drilled.py"
OFFICIAL = [peer for peer in PEERS if peer.module == "ibapi"]
OURS = Peer("papertape.ibapi", "drilled.py", "papertape.ibapi")
PATIENCE_S = HANGS_S


def clients(test: Callable[..., None]) -> Callable[..., None]:
    """With each client in ``make proof``; in ``make test`` with the latest and ours."""
    peers = pytest.mark.parametrize("peer", [*OFFICIAL, OURS], ids=lambda peer: peer.name)
    return pytest.mark.sample(1, test=9)(peers(test))


class Program:
    """A client in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def do(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def until(self, what: str, **facts: Any) -> list[dict[str, Any]]:
        """Everything up to a line with these facts."""
        wanted = {"what": what, **facts}
        seen: list[dict[str, Any]] = []
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                raise AssertionError(f"no {wanted} after {seen}") from None
            assert line is not None, f"ended before {wanted}, after {seen}"
            seen.append(line)
            if wanted.items() <= line.items():
                return seen

    def end(self) -> None:
        try:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self._reader.join(PATIENCE_S)
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe:
                    pipe.close()
            self.process.wait()


def codes(lines: list[dict[str, Any]]) -> list[int]:
    return [line["code"] for line in lines if line["what"] == "error"]


@pytest.fixture(scope="module")
def program_of(python_of: Callable[[Peer], Path]) -> Iterator[Callable[[Peer], Program]]:
    """Return a function that gives a peer's process, which makes one connection after another."""
    running: dict[str, Program] = {}
    ends = ExitStack()

    def get(peer: Peer) -> Program:
        if peer.name not in running:
            python = sys.executable if peer is OURS else python_of(peer)
            command = [str(python), str(DRIVER), "--module", peer.module]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            running[peer.name] = Program(subprocess.Popen(command, text=True, **pipes))
            ends.callback(running[peer.name].end)
        return running[peer.name]

    with ends:
        yield get


@pytest.fixture
def start(tws: RunningStation, program_of: Callable[[Peer], Program]) -> Callable[[Peer], Any]:
    """Connects a client, which is gone when the block ends."""

    @contextmanager
    def started(peer: Peer) -> Iterator[Program]:
        program = program_of(peer)
        program.do(f"connect {tws.port}")
        try:
            program.until("ready")
            yield program
        finally:
            program.do("disconnect")
            program.until("disconnected")

    return started


@clients
@pytest.mark.tws(gateway=True)
def test_s23_a_gateway_connects_its_farm_for_the_first_quotes(
    start: Callable[[Peer], Any], peer: Peer
) -> None:
    with start(peer) as program:
        assert codes(program.until("error", code=2158)) == [2108, 2107, 2158]
        program.do("quotes 1")
        before = program.until("tick", id=1)
        assert codes(before) == [2119, 2104]


@clients
def test_s22_a_farm_blip_is_two_notices_and_the_quotes_go_on(
    tws: RunningStation, start: Callable[[Peer], Any], peer: Peer
) -> None:
    with start(peer) as program:
        program.do("quotes 1")
        program.until("tick")
        tws.drill("farm-blip", name="usfarm", ms=300)
        program.until("error", id=-1, code=2103)
        program.until("error", id=-1, code=2104)
        tws.advance(30)
        program.until("tick", id=1)


@clients
def test_1101_ends_the_lines_and_1102_keeps_them_with_orders_held(
    tws: RunningStation, start: Callable[[Peer], Any], peer: Peer
) -> None:
    with start(peer) as program:
        program.do("quotes 1")
        program.until("tick")
        tws.drill("link-lost")
        program.until("error", code=2157)
        program.do("order 1")
        program.until("status", id=1, status="PendingSubmit")
        tws.drill("link-restored")
        program.until("error", code=1102)
        program.until("status", id=1, status="Filled")
        tws.advance(30)
        program.until("tick", id=1)
        tws.drill("link-restored", data_lost=True)
        program.until("error", code=1101)
        program.until("error", code=2158)
        tws.advance(30)
        program.do("time")
        assert [line["what"] for line in program.until("time")] == ["time"]
        program.do("quotes 1")  # the old id is free
        program.until("tick", id=1)


@clients
@pytest.mark.parametrize("fault", ["reset", "half-frame"])
def test_s30_a_connection_that_breaks_ends_with_connection_closed(
    tws: RunningStation, start: Callable[[Peer], Any], peer: Peer, fault: str
) -> None:
    with start(peer) as program:
        program.until("error", code=2158)
        tws.drill(fault)
        if fault == "half-frame":
            program.do("time")  # the answer to which is cut
        assert program.until("closed")[-1] == {"what": "closed"}


@clients
def test_s28_what_was_lost_is_answered_when_it_is_sent_again(
    tws: RunningStation, start: Callable[[Peer], Any], peer: Peer
) -> None:
    tws.drill("drop-after-ready", ms=86_400_000)
    with start(peer) as program:
        program.until("error", code=2158)
        program.do("quotes 1")
        tws.advance(60)  # nothing comes
        tws.stop_drills()
        program.do("quotes 1")
        first = program.until("tick", id=1)
        assert codes(first) == []


@clients
@pytest.mark.parametrize("name", ["British Summer Time", "中国标准时间"])
@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_s10_any_name_of_the_zone_is_taken(
    tws: RunningStation, start: Callable[[Peer], Any], peer: Peer, *, name: str, codec: str
) -> None:
    tws.drill("zone-name", name=name)
    tws.drill("code-page", codec=codec)
    with start(peer) as program:
        program.do("details 1")
        assert program.until("details", id=1)[-1]["name"].endswith("-APPLE INC")


@clients
def test_details_are_called_back_again_right_before_1102(
    tws: RunningStation, start: Callable[[Peer], Any], peer: Peer
) -> None:
    tws.drill("repeated-details")
    with start(peer) as program:
        program.do("details 1")
        program.until("details", id=1)
        tws.drill("link-restored")
        told = program.until("error", code=1102)
        assert told[-2]["what"] == "details"
        program.do("time")
        program.until("time")
