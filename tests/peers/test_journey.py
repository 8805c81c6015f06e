"""Other people's clients make a whole journey against a running station.

Each runs in a process of its own and writes down every request and every callback; that is then
compared, value by value, with the station's wire log. A driver that stops names its step.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from peers.compare import compare
from peers.environments import PEERS, Peer
from peers.station import Station

pytestmark = pytest.mark.peers

DRIVERS = Path(__file__).parent / "drivers"
JOURNEY_SECONDS = 60  # a journey takes two; its own waits give up after ten each
LOG_SECONDS = 5  # for the station to write down what it has sent
LATEST = PEERS[0]
# Beside each peer's own maximum: the last text versions, and stages of the move to protobuf.
VERSIONS = (151, 193, 200, 201, 205, 208, 212)
OURS = Peer("papertape.ibapi", "official.py", "papertape.ibapi")
OUR_VERSIONS = (100, 120, 145, 151, 163, 176, 187, 200, 201, 203, 206, 208, 213, 226)
CLIENT_IDS = count(1)


@dataclass
class Journey:
    """A driver's run: what it printed, how it ended."""

    peer: Peer
    client: int
    version: int | None = None
    trace: list[dict[str, Any]] = field(default_factory=list)
    status: int | None = None
    stderr: str = ""

    def run(self, python: Path, port: int) -> Journey:
        command = [str(python), str(DRIVERS / self.peer.driver), "--module", self.peer.module]
        command += ["--port", str(port), "--client-id", str(self.client)]
        if self.version is not None:
            command += ["--max-version", str(self.version)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=JOURNEY_SECONDS,
                check=False,
            )
            out, self.stderr, self.status = done.stdout, done.stderr, done.returncode
        except subprocess.TimeoutExpired as late:
            out, self.stderr = (late.stdout or b"").decode(), f"killed after {JOURNEY_SECONDS} s"
        self.trace = [json.loads(line) for line in out.splitlines()]
        return self

    def differences(self, station: Station) -> list[str]:
        """Return what the two sides do not agree on, once the station has written its log."""
        end = time.monotonic() + LOG_SECONDS
        joined = self.peer.driver == "async_peer.py"
        while found := compare(self.trace, station.log(self.client), joined_ticks=joined):
            if self.status or time.monotonic() > end:
                break
            time.sleep(0.1)  # a poll with a deadline: the log is another process's file
        return found

    def check(self, station: Station) -> None:
        problems = self.differences(station) + station.problems()
        if self.stderr:
            problems.append(f"stderr: {self.stderr[-2000:]}")
        assert not problems, self.report(problems)
        assert self.status == 0
        if self.version is not None:
            offered = {line["connected"]["version"] for line in self.trace if "connected" in line}
            assert offered == {self.version}

    def report(self, problems: list[str]) -> str:
        last = [json.dumps(line)[:300] for line in self.trace[-12:]]
        return "\n".join([f"{self.peer.name}, client {self.client}:", *problems, "the end:", *last])


Python = Callable[[Peer], Path]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_journey(peer: Peer, python_of: Python, station: Station) -> None:
    journey = Journey(peer, next(CLIENT_IDS)).run(python_of(peer), station.port)
    journey.check(station)


@pytest.mark.parametrize("version", VERSIONS)
def test_journey_with_an_older_version(version: int, python_of: Python, station: Station) -> None:
    journey = Journey(LATEST, next(CLIENT_IDS), version)
    journey.run(python_of(LATEST), station.port).check(station)


def test_journey_of_our_official_shape(station: Station) -> None:
    journeys = [Journey(OURS, next(CLIENT_IDS), version) for version in OUR_VERSIONS]
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda j: j.run(Path(sys.executable), station.port), journeys))
    for journey in journeys:
        journey.check(station)


def test_all_peers_at_once(python_of: Python, station: Station) -> None:
    pythons = {peer.name: python_of(peer) for peer in PEERS}
    journeys = [Journey(peer, next(CLIENT_IDS)) for peer in PEERS]
    with ThreadPoolExecutor(max_workers=len(journeys)) as pool:
        list(pool.map(lambda j: j.run(pythons[j.peer.name], station.port), journeys))
    for journey in journeys:
        journey.check(station)
