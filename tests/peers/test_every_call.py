"""Every call of ib_async and ib_insync ends, with all services on and with all of them off."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S
from peers.environments import PEERS, Peer
from peers.station import Station

pytestmark = pytest.mark.peers

DRIVER = Path(__file__).parent / "drivers" / "async_every.py"
ASYNC = [peer for peer in PEERS if peer.driver == "async_peer.py"]
KINDRED = [ASYNC[0], *(pytest.param(peer, marks=pytest.mark.repeats) for peer in ASYNC[1:])]
"""ib_insync is what ib_async was made of: in ``make proof``."""
OFF = """
[station]
market_data = "none"
[station.entitlements]
"service:news" = "none"
"service:scanners" = "none"
"service:fundamentals" = "none"
"service:events" = "none"
[api]
readOnlyApi = true
"""
NO_ID = {"reqOpenOrders": 321, "reqCompletedOrders": 321, "reqNewsProviders": None}
"""Refused without an id: they get an empty answer."""
CODES = NO_ID | {
    "whatIfOrder": 321, "placeOrder": 321, "requestFA": 321, "reqFundamentalData": 10358,
    "reqHeadTimeStamp": 162, "reqHistogramData": 162, "reqHistoricalData": 162,
    "reqHistoricalSchedule": 162, "reqHistoricalTicks": 10187, "reqHistoricalNews": 10276,
    "reqNewsArticle": 10276, "reqScannerData": 490, "reqScannerSubscription": 490,
    "getWshMetaData": 10276, "getWshEventData": 10276, "reqTickers": 354, "reqMktData": 354,
    "reqMktDepth": 354, "reqTickByTickData": 10089, "reqRealTimeBars": 420,
}  # fmt: skip
"""The code of TWS for each call that is switched off."""
ON = {"requestFA": 321, "reqNewsArticle": 10172}
"""Codes with everything on: there is no adviser, and no such article."""
NOTHING = {
    "reqAccountSummary", "reqAccountUpdatesMulti", "reqAllOpenOrders", "reqOpenOrders",
    "reqCompletedOrders", "reqExecutions", "reqPositions", "reqNewsArticle",
}  # fmt: skip
"""Calls that give nothing, as there is nothing yet, or the library keeps it elsewhere."""
CANCELLED = 162
"""They cancel a scanner that has answered."""
LATE = 365
"""They cancel a scanner that was refused; the answer comes with this call or the next one."""


@pytest.fixture(name="closed", scope="module")
def _closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    folder = tmp_path_factory.mktemp("closed")
    settings = folder / "papertape.toml"
    settings.write_text(OFF)
    settings.chmod(0o600)
    station = Station(folder, "--config", str(settings))
    try:
        station.wait_ready()
        yield station
        problems = station.problems()
    finally:
        station.stop()
    assert not problems


def calls(python: Path, peer: Peer, station: Station, number: int) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(str(python), str(DRIVER), "--module", peer.module),
            *("--port", str(station.port), "--client-id", str(number)),
        ],
        capture_output=True,
        text=True,
        timeout=3 * HANGS_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {one["call"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.mark.further
@pytest.mark.parametrize("peer", KINDRED, ids=lambda peer: peer.name)
def test_with_everything_off_each_call_ends_with_the_code_of_tws(
    peer: Peer, python_of: Callable[[Peer], Path], closed: Station
) -> None:
    found = calls(python_of(peer), peer, closed, 5 + ASYNC.index(peer))
    assert found.keys() >= CODES.keys() and len(found) > 40
    assert [name for name, one in found.items() if not one["ended"]] == []
    for name, one in found.items():
        told, code = [c for c in one["errors"] if c != LATE], CODES.get(name)
        assert told[:1] == ([] if code is None else [code]), one
    for name in NO_ID:
        assert not found[name]["gave"]


@pytest.mark.further
@pytest.mark.parametrize("peer", KINDRED, ids=lambda peer: peer.name)
def test_with_everything_on_each_call_gives_something(
    peer: Peer, python_of: Callable[[Peer], Path], station: Station
) -> None:
    found = calls(python_of(peer), peer, station, 121 + ASYNC.index(peer))
    assert [name for name, one in found.items() if not one["ended"]] == []
    for name, one in found.items():
        told = [c for c in one["errors"] if c not in (LATE, CANCELLED)]
        assert told[:1] == ([ON[name]] if name in ON else []), one
        assert one["gave"] or name in NOTHING, one
