"""ibapi, ib_async and ib_insync in market time: two runs of a bot are equal to the last byte."""

from collections.abc import Callable
from pathlib import Path

import pytest

from papertape.testing import serve
from peers.environments import PEERS, Peer
from testing.market_time.bots import START, THEIRS, THREADS, told

pytestmark = pytest.mark.peers
PROGRAMS = {
    "ibapi-latest": THREADS.format(ibapi="ibapi"),
    "ib_async": THEIRS.format(module="ib_async"),
    "ib_insync": THEIRS.format(module="ib_insync"),
}


@pytest.mark.sample(1, test=9)
@pytest.mark.parametrize("peer", [p for p in PEERS if p.name in PROGRAMS], ids=lambda p: p.name)
def test_two_runs_of_a_bot_are_equal(peer: Peer, python_of: Callable[[Peer], Path]) -> None:
    runs = []
    for _ in range(2):
        with serve(speed=0, start=START, seed=7) as tws:
            command = [str(python_of(peer)), "-c", PROGRAMS[peer.name]]
            run, sent, requests = told(tws, command, seed=7)
        assert (run.problem, run.code, run.notes) == ("", 0, ()), run
        runs.append((run.output, sent, requests, run.ended_at, run.steps))
    first, second = runs
    assert len(first[1]) > 25 and len(first[2]) > 10, first[0]
    assert second == first
