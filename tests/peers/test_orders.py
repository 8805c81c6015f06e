"""Orders of every kind, brackets and groups in other people's clients."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from peers.environments import Peer
from peers.station import Station
from peers.test_answers import OFFICIAL, SHAPE, run

pytestmark = pytest.mark.peers

WAITS, CHILD, WORKS = ["PreSubmitted", ""], ["PreSubmitted", "child"], ["Submitted", ""]
STOPS, ENDS = ["PreSubmitted", "trigger"], ["Cancelled", ""]
STOPPED_CHILD = ["PreSubmitted", "child,trigger"]
TOLD = {
    "TRAIL": [[STOPS]],
    "TRAIL LIMIT": [[STOPS]],
    "MIT": [[WAITS]],
    "LIT": [[WAITS]],
    "MOC": [[WAITS]],
    "LOC": [[WAITS]],
    "REL": [[WORKS]],
    "MIDPRICE": [[WORKS]],
    "PEG MID": [[WORKS]],
    "condition": [[WAITS]],
    "all or none": [[WORKS]],
    "dated, opening": [[WORKS], [WAITS]],
    "bracket": [[WORKS], [CHILD], [STOPPED_CHILD]],
    "bracket cancelled": [[WORKS, ENDS], [CHILD, ENDS], [STOPPED_CHILD, ENDS]],
    "bracket filled": [[WAITS, ["Filled", ""]], [CHILD, WORKS], [STOPPED_CHILD, STOPS]],
    "group": [[WORKS, ENDS], [WORKS, ENDS]],
}


@pytest.mark.sample(1, test=9)
@pytest.mark.parametrize("peer", OFFICIAL, ids=lambda peer: peer.name)
def test_each_kind_waits_works_and_ends(
    peer: Peer, python_of: Callable[[Peer], Path], station: Station
) -> None:
    python = sys.executable if peer is SHAPE else python_of(peer)
    lines = run(python, "order_kinds.py", peer, station, 131 + OFFICIAL.index(peer))
    errors = {one["kind"]: one["errors"] for one in lines}
    assert {name: found for name, found in errors.items() if set(found) - {"202"}} == {}
    assert {one["kind"]: one["told"] for one in lines} == TOLD
