"""A client that makes its journey through a proxy gets the same callbacks from the replay.

Station, proxy, replay and client are processes of their own, as users run them. The client sends
its requests again, under ids that it chooses again; every callback is compared, value by value.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cli.process import PATIENCE_S, command, environment, papertape
from papertape.recording.conversation import conversations
from papertape.recording.format import read
from peers.environments import PEERS, Peer
from peers.station import Station
from peers.test_journey import OURS, Journey, drive

pytestmark = pytest.mark.peers

READY = re.compile(r"listening on 127\.0\.0\.1:(\d+) ")
COMPARED = [peer for peer in PEERS if peer.name in ("ib_async", "ibapi-latest", "ibapi-9.81")]
COMPARED_FIRST = [
    COMPARED[0], *(pytest.param(peer, marks=pytest.mark.repeats) for peer in [*COMPARED[1:], OURS])
]  # fmt: skip
STREAMS = re.compile(r"tick|updateMktDepth|realtimeBar|historicalDataUpdate|updateAccount|pnl")
"""Streams end where the program ends them, which is not the same instant twice."""
IDS = ("reqId", "tickerId", "orderId", "id", "req_id")


CLIENT_IDS = count(301)
"""No other file's, which may share the station."""


@contextmanager
def running(cwd: Path, *words: object) -> Iterator[tuple[int, list[str]]]:
    """A command until the block ends; its port, and what it printed at the end."""
    process = subprocess.Popen(
        command(*words), cwd=cwd, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said: list[str] = []
    try:
        assert process.stdout is not None
        ready = READY.match(process.stdout.readline())
        assert ready, process.communicate()[1]
        yield int(ready[1]), said
    finally:
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=PATIENCE_S)
        said += [*out.splitlines(), *log.splitlines()]


def heard(journey: Journey) -> dict[str, list[Any]]:
    """The callbacks of a journey by what they are about, in their order."""
    found: dict[str, list[Any]] = defaultdict(list)
    for line in journey.trace:
        if "received" in line:
            args = line["args"]
            about = next((args[name] for name in IDS if name in args), "")
            found[f"{line['received']} {about}"].append(args)
    return found


def differences(first: Journey, second: Journey) -> Iterator[str]:
    """Where the callbacks of two journeys are not the same."""
    one, other = heard(first), heard(second)
    for key in sorted(one.keys() | other.keys()):
        ours, theirs = one.get(key, []), other.get(key, [])
        if STREAMS.match(key):
            count = min(len(ours), len(theirs))
            ours, theirs = ours[:count], theirs[:count]
        if ours != theirs:
            yield f"{key}: recorded {json.dumps(ours)[:600]}, replayed {json.dumps(theirs)[:600]}"


@pytest.mark.further
@pytest.mark.parametrize("peer", COMPARED_FIRST, ids=lambda peer: peer.name)
def test_the_replay_of_a_journey_calls_back_the_same(
    peer: Peer, python_of: Callable[[Peer], Path], station: Station, tmp_path: Path
) -> None:
    python = Path(sys.executable) if peer is OURS else python_of(peer)
    number = next(CLIENT_IDS)
    first, second = Journey(peer, client=number), Journey(peer, client=number)
    file = tmp_path / "journey.recording"
    words = ("proxy", "--listen", 0, "--to", f"127.0.0.1:{station.port}", "--record", file)
    with running(tmp_path, *words) as (port, told):
        drive(python, port, [first])
    first.check(station)
    recording = read(file)
    assert not recording.problem and not any(c.unread for c in conversations(recording)), told

    masked = tmp_path / "masked.recording"
    out = papertape("record", "sanitise", file, masked, cwd=tmp_path).output
    assert "left out" not in out
    assert b"DU1234567" not in b"".join(event.data for event in read(masked).events)

    with running(tmp_path, "replay", file, "--port", 0) as (port, told):
        drive(python, port, [second])
    assert second.status == 0, second.report([second.stderr[-2000:], *told])
    found = list(differences(first, second))
    assert not found, "\n".join([*found, *told])
    assert sum(map(len, heard(first).values())) > 100
