"""Combinations in other people's clients: what they send, and what they are told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peers.environments import Peer
from peers.station import Station
from peers.test_answers import LATEST_FIRST, OFFICIAL, SHAPE, run

pytestmark = pytest.mark.peers

FILLED = ["openOrder", "execDetails", "openOrder", "execDetails", "execDetails", "openOrder"]
RESTING = {"told": ["openOrder"] * 2, "statuses": ["Submitted"]}


def refused(code: str) -> dict[str, Any]:
    return {"told": [], "statuses": [], "errors": [code], "shown": None}


TOLD: dict[str, dict[str, Any]] = {
    "market": {
        "told": FILLED, "statuses": ["PreSubmitted", "Filled"],
        "executed": [["BAG", "BOT", "1.0"], ["OPT", "BOT", "1.0"], ["OPT", "SLD", "1.0"]],
        "segments": [3, 4, 4],
    },
    "covered": {
        "told": FILLED, "statuses": ["PreSubmitted", "Filled"],
        "executed": [["BAG", "BOT", "1.0"], ["STK", "BOT", "100.0"], ["OPT", "SLD", "1.0"]],
        "segments": [3, 4, 4],
    },
    "credit": RESTING,
    "negative": RESTING,
    "prices of legs": {
        "told": ["openOrder"], "statuses": ["PreSubmitted"],
        "shown": ["28812380", "COMB", 2, ["0.02", "0.01"]],
    },
    "one leg": refused("312"),
    "no legs": refused("314"),
    "wrong ratio": refused("313"),
    "stop": refused("387"),
}  # fmt: skip
PLAIN: dict[str, Any] = {
    "errors": [], "executed": [], "segments": [], "shown": ["28812380", "COMB", 2, []],
}  # fmt: skip


@pytest.mark.further
@pytest.mark.parametrize("peer", LATEST_FIRST, ids=lambda peer: peer.name)
def test_combinations_are_ordered_filled_and_refused(
    peer: Peer, python_of: Callable[[Peer], Path], station: Station
) -> None:
    python = sys.executable if peer is SHAPE else python_of(peer)
    lines = run(python, "combinations.py", peer, station, 161 + OFFICIAL.index(peer))
    found = {one.pop("case"): one for one in lines}
    assert found == {name: PLAIN | told for name, told in TOLD.items()}
