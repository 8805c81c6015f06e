"""Other people's clients make a whole journey against a running station.

Each runs in a process of its own and writes down every request and every callback; that is then
compared, value by value, with the station's wire log. A driver that stops names its step.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, zip_longest
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S, thinned
from peers.compare import compare
from peers.environments import PEERS, Peer
from peers.station import Station

pytestmark = pytest.mark.peers

DRIVERS = Path(__file__).parent / "drivers"
JOURNEY_SECONDS = 3 * HANGS_S  # a journey takes two; its own waits give up after ten each
LOG_SECONDS = HANGS_S  # for the station to write down what it has sent
LATEST = PEERS[0]
# Beside each peer's own maximum: the last text versions, and stages of the move to protobuf.
VERSIONS = thinned((151, 193, 200, 201, 205, 208, 212), check=1, test=7)
OURS = Peer("papertape.ibapi", "official.py", "papertape.ibapi")
OUR_VERSIONS = thinned(
    (100, 120, 145, 151, 163, 176, 187, 200, 201, 203, 206, 208, 213, 226), check=1, test=7
)
AT_ONCE = len(PEERS)
CLIENT_IDS = count(1)


@dataclass
class Journey:
    """A client's way through the station: what its driver told of it, how it ended."""

    peer: Peer
    version: int | None = None
    client: int = field(default_factory=lambda: next(CLIENT_IDS))
    trace: list[dict[str, Any]] = field(default_factory=list)
    status: int | None = None
    stderr: str = ""

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


def drive(python: Path, port: int, journeys: Sequence[Journey]) -> None:
    """Let one process of a driver make the journeys, one after the other."""
    first = journeys[0]
    command = [str(python), str(DRIVERS / first.peer.driver), "--module", first.peer.module]
    command += ["--port", str(port), "--client-id", str(first.client)]
    if first.version is not None:
        command += ["--max-version", *(str(journey.version) for journey in journeys)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=JOURNEY_SECONDS * len(journeys),
            check=False,
        )
        out, stderr, status = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        out, stderr, status = (late.stdout or b"").decode(), "killed: too late", None
    traces = split(out.splitlines())
    for journey, trace in zip_longest(journeys, traces, fillvalue=[]):
        journey.trace, journey.status, journey.stderr = trace, status, stderr


def split(lines: Iterable[str]) -> list[list[dict[str, Any]]]:
    """The traces of several journeys; each is numbered from 1."""
    traces: list[list[dict[str, Any]]] = []
    for line in map(json.loads, lines):
        if line["seq"] == 1:
            traces.append([])
        traces[-1].append(line)
    return traces


Python = Callable[[Peer], Path]
Travel = Callable[[Peer, int | None], Journey]


@pytest.fixture(scope="module")
def travel(python_of: Python, station: Station) -> Iterator[Travel]:
    """Return a function that gives a journey when it has ended.

    With the first all begin: one of each peer at once, then those with older versions.
    """
    groups = [[Journey(peer)] for peer in PEERS]
    groups += [[Journey(LATEST, v) for v in VERSIONS[part::2]] for part in range(2)]
    groups += [[Journey(OURS, v) for v in OUR_VERSIONS[part::3]] for part in range(3)]

    def run(group: list[Journey]) -> None:
        peer = group[0].peer
        drive(Path(sys.executable) if peer is OURS else python_of(peer), station.port, group)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        made = {
            (journey.peer, journey.version): (journey, future)
            for group in groups
            for future in [pool.submit(run, group)]
            for journey in group
        }

        def get(peer: Peer, version: int | None) -> Journey:
            journey, future = made[peer, version]
            future.result()  # raises what the run raised, a skip too
            return journey

        yield get


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_journeys_of_all_peers_at_once(peer: Peer, travel: Travel, station: Station) -> None:
    travel(peer, None).check(station)


@pytest.mark.further
@pytest.mark.parametrize("version", VERSIONS)
def test_journey_with_an_older_version(version: int, travel: Travel, station: Station) -> None:
    travel(LATEST, version).check(station)


@pytest.mark.further
@pytest.mark.parametrize("version", OUR_VERSIONS)
def test_journey_of_our_official_shape(version: int, travel: Travel, station: Station) -> None:
    travel(OURS, version).check(station)
