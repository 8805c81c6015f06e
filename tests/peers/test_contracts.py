"""How complete a contract of ib_async and ib_insync must be for what they ask."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lanes import HANGS_S
from peers.environments import PEERS, Peer
from peers.station import Station

pytestmark = pytest.mark.peers

DRIVER = Path(__file__).parent / "drivers" / "async_contracts.py"
ASYNC = [peer for peer in PEERS if peer.driver == "async_peer.py"]
SPY, AAPL = 756733, 265598
ANSWERS: dict[str, tuple[object, list[tuple[int, str]]]] = {
    "details by number": ([SPY], []),
    "details without exchange": ([SPY], []),
    "details, SMART primary": ([AAPL], []),
    "details, local symbol": ([SPY], []),
    "qualified": (["SMART"], []),
    "quotes without exchange": ("refused", [(321, "Please enter exchange")]),
    "history without exchange": ("refused", [(321, "Please enter exchange")]),
    "history by number": (True, []),
    "no such type": ("refused", [(321, "Please enter a valid security type")]),
    "no such exchange": ([], [(200, "The destination or exchange selected is Invalid.")]),
    "order without exchange": ("refused", [(321, "Missing order exchange")]),
    "option qualified": (["OPT", "AAPL", "100"], []),
    "future qualified": (["CONTFUT", "ES", "50"], []),
    "option parameters": ([[["SPX", "100"], ["SPXW", "100"]], 6], []),
    "matching symbols": ([AAPL, "STK", ["CFD", "OPT", "WAR", "BAG"]], []),
    "price steps": ([[0.0, 0.01], [3.0, 0.05]], []),
    "exchange map": ([20, "NYSE", "N"], []),
    "books": (True, []),
}
"""What each gives, and its errors."""


@pytest.mark.parametrize("peer", ASYNC, ids=lambda peer: peer.name)
def test_what_is_asked_for_is_found_or_refused_for_what_is_missing(
    peer: Peer, python_of: Callable[[Peer], Path], station: Station
) -> None:
    number = str(81 + ASYNC.index(peer))
    done = subprocess.run(
        [
            *(str(python_of(peer)), str(DRIVER), "--module", peer.module),
            *("--port", str(station.port), "--client-id", number),
        ],
        capture_output=True,
        text=True,
        timeout=3 * HANGS_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = {one["asked"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert told.keys() == ANSWERS.keys()
    for name, (gave, errors) in ANSWERS.items():
        found = told[name]["errors"]
        assert told[name]["gave"] == gave, (name, found)
        assert [code for code, _ in found] == [code for code, _ in errors], (name, found)
        for (_, text), (_, words) in zip(found, errors, strict=True):
            assert text.endswith(words), (name, text)
