"""What a station does not serve ends in ib_async and ib_insync too: no call of theirs hangs."""

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

DRIVER = Path(__file__).parent / "drivers" / "async_unserved.py"
ASYNC = [peer for peer in PEERS if peer.driver == "async_peer.py"]
YET = "is not served by this station yet."
ENDS = {
    "reqScannerSubscription": None, "no scanner": 162, "reqScannerParameters": None,
    "calculateImpliedVolatility": None, "calculateOptionPrice": None,
    "reqFundamentalData": None, "RESC": 430, "reqNewsProviders": None, "no article": 10172,
    "reqNewsArticle": None, "reqHistoricalNews": None, "no provider": 10276, "requestFA": 321,
    "reqWshEventData": 10282, "reqWshMetaData": None, "wshe_ed": None, "reqUserInfo": None,
    "ADJUSTED_LAST": None,
    "whatIf": 387,
    "BOX TOP": 387, "GTX": 10052, "hedgeType": 10007, "blockOrder": 117,
}  # fmt: skip
"""Each call, and the code that says why it ended. A request without an id has an answer besides:
the code alone would not end it."""
NEWER = {"reqUserInfo", "reqWshEventData", "reqWshMetaData", "wshe_ed"}
"""Calls that a library may not have."""
LATE = {365}
"""They cancel what was refused; the answer comes during the next call."""
CANCELLED = "API scanner subscription cancelled"
"""They cancel a scanner that has answered, which is confirmed likewise."""
NOT_BY_NAME = {
    "requestFA", "whatIf", "BOX TOP", "GTX", "blockOrder", "hedgeType", "no scanner", "RESC",
    "no article", "no provider", "reqWshEventData",
}  # fmt: skip
"""TWS has words of its own for it."""


@pytest.mark.parametrize("peer", ASYNC, ids=lambda peer: peer.name)
def test_every_call_ends_within_two_seconds(
    peer: Peer, python_of: Callable[[Peer], Path], station: Station
) -> None:
    number = str(71 + ASYNC.index(peer))
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
    *calls, live = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["call"] for one in calls} >= ENDS.keys() - NEWER
    for one in calls:
        name, code = one["call"], ENDS[one["call"]]
        assert one["gave"] is not None, f"{name} hangs: {one['errors']}"
        why = [
            (found, text)
            for found, text in one["errors"]
            if found not in LATE and CANCELLED not in text
        ]
        assert [found for found, _ in why] == ([] if code is None else [code]), one
        if why and name not in NOT_BY_NAME:
            assert YET in why[0][1] and (name in why[0][1] or name == "whatIf"), one
    # A working order outlives refused terms; ib_insync takes every refusal for its end.
    assert live["gave"] == [peer.name == "ib_async", 321, "Cancelled"]
