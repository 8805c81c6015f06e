"""Every request of @stoqey/ib 1.6.10, the client that npm has, ends: all services on, all off."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S
from peers.node import installed
from peers.station import Station
from peers.test_every_call import CODES as ASYNC_CODES
from peers.test_every_call import OFF

pytestmark = pytest.mark.peers

DRIVER = Path(__file__).parent / "drivers" / "node_every.mjs"
ALWAYS = {"replaceFA": 321, "reqNewsArticle": 10172, "cancelOrder": 202, "exerciseOptions": 10349,
          "cancelScannerSubscription": 162, "cancelHistoricalData": 366}  # fmt: skip
"""Codes with everything on: no advisor, no such article, a cancellation that is confirmed, an
option that the account does not hold, a history that is over."""
WITH_ANSWER = {"requestFA": "receiveFA", "reqOpenOrders": "openOrderEnd",
               "reqCompletedOrders": "completedOrdersEnd", "reqIds": "nextValidId"}  # fmt: skip
"""Refused with 321, which this library takes for information, and answered besides."""
NAMES = {"reqHeadTimeStamp": "reqHeadTimestamp", "getWshMetaData": "reqWshMetaData",
         "getWshEventData": "reqWshEventData"}  # fmt: skip
CODES = {NAMES.get(name, name): code for name, code in ASYNC_CODES.items()}
OFF_CODES = {
    **{name: code for name, code in CODES.items() if code and name not in WITH_ANSWER},
    "cancelScannerSubscription": 365, "cancelHistoricalData": 366, "replaceFA": 321,
    "cancelOrder": 321, "exerciseOptions": 321,
    "cancelMktData": 300, "cancelMktDepth": 310, "cancelRealTimeBars": 300,
}  # fmt: skip


@pytest.fixture(name="client", scope="module")
def _client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = installed(tmp_path_factory.mktemp("stoqey"))
    shutil.copy(DRIVER, folder)
    return folder


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
    finally:
        station.stop()


def calls(folder: Path, station: Station, number: int) -> dict[str, Any]:
    """What became of each call; a method of the library without a row fails."""
    done = subprocess.run(
        ["node", DRIVER.name, str(station.port), str(number)],
        cwd=folder, capture_output=True, text=True, timeout=3 * HANGS_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["missing"] for one in lines if "missing" in one] == []
    assert len(lines) > 70
    return {one["call"]: one for one in lines}


Found = Future[dict[str, Any]]


@pytest.fixture(scope="module")
def both(client: Path, station: Station, closed: Station) -> Iterator[tuple[Found, Found]]:
    """What became of each call with all services on, and with all off; made side by side."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool.submit(calls, client, station, 161), pool.submit(calls, client, closed, 5)


def test_with_everything_on_each_call_ends(both: tuple[Found, Found]) -> None:
    found = both[0].result()
    assert [name for name, one in found.items() if not one["ended"]] == []
    for name, one in found.items():
        assert one["errors"][:1] == ([ALWAYS[name]] if name in ALWAYS else []), one
        assert one["events"] or name in ALWAYS, one


def test_with_everything_off_each_call_ends_with_the_code_of_tws(
    both: tuple[Found, Found],
) -> None:
    found = both[1].result()
    assert [name for name, one in found.items() if not one["ended"]] == []
    for name, one in found.items():
        code = OFF_CODES.get(name)
        assert one["errors"][:1] == ([] if code is None else [code]), one
    for name, event in WITH_ANSWER.items():
        assert event in found[name]["events"]
