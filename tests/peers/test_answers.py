"""Ticks, books, profit, calculators and display groups in other people's clients."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S
from peers.environments import PEERS, Peer
from peers.station import Station

pytestmark = pytest.mark.peers

DRIVERS = Path(__file__).parent / "drivers"
SHAPE = Peer("papertape.ibapi", "answers.py", "papertape.ibapi")
OFFICIAL = [*(peer for peer in PEERS if peer.driver == "official.py"), SHAPE]
LATEST_FIRST = [
    OFFICIAL[0], *(pytest.param(peer, marks=pytest.mark.repeats) for peer in OFFICIAL[1:])
]  # fmt: skip
"""With the mark ``further``: the latest client in ``make test``, all others in ``make proof``."""
ASYNC = [peer for peer in PEERS if peer.driver == "async_peer.py"]


def run(python: Path | str, driver: str, peer: Peer, station: Station, number: int) -> list[Any]:
    """What a driver prints, line by line."""
    done = subprocess.run(
        [
            *(str(python), str(DRIVERS / driver), "--module", peer.module),
            *("--port", str(station.port), "--client-id", str(number)),
        ],
        capture_output=True,
        text=True,
        timeout=3 * HANGS_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.further
@pytest.mark.parametrize("peer", LATEST_FIRST, ids=lambda peer: peer.name)
def test_each_is_answered_by_its_own_callbacks(
    peer: Peer, python_of: Callable[[Peer], Path], station: Station
) -> None:
    python = sys.executable if peer is SHAPE else python_of(peer)
    lines = run(python, "answers.py", peer, station, 101 + OFFICIAL.index(peer))
    told: dict[str, list[list[Any]]] = {one["asked"]: one["told"] for one in lines}
    names = {name: [one[0] for one in found] for name, found in told.items()}
    for name in ("headTimestamp", "pnl", "pnlSingle"):
        assert names[name][0] == name
    assert names["histogram"] == ["histogramData"]
    assert names["past trades"] == ["historicalTicksLast"]
    assert names["past quotes"] == ["historicalTicksBidAsk"]
    assert names["past middles"] == ["historicalTicks"]
    assert names["trades"][0] == "historicalTicksLast"
    assert set(names["trades"][1:]) == {"tickByTickAllLast"}
    assert names["quotes"][0] == "historicalTicksBidAsk"
    assert set(names["quotes"][1:]) == {"tickByTickBidAsk"}
    assert set(names["middles"]) == {"tickByTickMidPoint"}
    assert names["book"][0] == "error" and told["book"][0][1] == "2152"
    assert set(names["book"][1:]) == {"updateMktDepthL2"}
    assert set(names["book of a venue"]) == {"updateMktDepth"}
    assert names["positions"][-1] == "positionMultiEnd"
    assert names["volatility"] == names["price"] == ["tickOptionComputation"]
    assert set(names["line of an option"]) == {"tickOptionComputation"}
    assert told["groups"] == [["displayGroupList", "1|2|3|4|5|6|7"]]
    assert told["group"] == [["displayGroupUpdated", "none"]]
    _scanned(told)
    _read(told)
    _numbers_agree(told)


def _scanned(told: dict[str, list[list[Any]]]) -> None:
    *rows, (end,) = told["scanner"]
    assert end == "scannerDataEnd"
    assert [(name, rank) for name, rank, *_ in rows] == [("scannerData", str(n)) for n in range(5)]
    for _, _, details, *_ in rows:
        contract = details["contract"] if "contract" in details else details["summary"]
        assert (contract["secType"], contract["currency"]) == ("STK", "EUR") and details
    ((name, xml),) = told["scanners"]
    assert name == "scannerParameters" and "<scanCode>MOST_ACTIVE</scanCode>" in xml


def _read(told: dict[str, list[list[Any]]]) -> None:
    *rows, end = told["news"]
    assert end == ["historicalNewsEnd", "True"] and len(rows) == 5
    for name, time, provider, number, headline in rows:
        assert name == "historicalNews" and time.endswith(".0") and "Sample" in headline
        assert number.startswith(f"{provider}$")
    ((name, providers),) = told["providers"]
    assert name == "newsProviders" and len(providers) == 3
    ((name, kind, text),) = told["article"]
    assert (name, kind) == ("newsArticle", "0") and "made up by a station" in text
    assert all(one[0] == "updateNewsBulletin" for one in told["bulletins"])


def _numbers_agree(told: dict[str, list[list[Any]]]) -> None:
    prices = [float(one["price"]) for one in told["histogram"][0][1]]
    assert prices == sorted(prices)
    quotes = told["past quotes"][0][1]
    assert all(float(one["priceBid"]) < float(one["priceAsk"]) for one in quotes)
    times = [int(one["time"]) for one in quotes]
    assert times == sorted(times) and len(times) >= 10
    _, held, *_, value = told["pnlSingle"][0]
    assert float(held) > 0 and float(value) > 0
    volatility, price = told["volatility"][0], told["price"][0]
    assert 0.01 < float(volatility[3]) < 5 and float(volatility[5]) == 9.0
    assert float(price[3]) == 0.3 and float(price[5]) > 0 and 0 < float(price[4]) < 1
    _options_agree(told["line of an option"])


def _options_agree(ticks: list[list[Any]]) -> None:
    """Volatility, delta, price, dividends, gamma, vega, theta and spot, as the client passes them
    on; the one before, the attribute, came with version 156."""
    sides = {int(tick[1]): [float(value) for value in tick[-8:]] for tick in ticks}
    assert set(sides) == {10, 11, 12, 13}
    for volatility, delta, price, dividends, gamma, vega, theta, spot in sides.values():
        assert 0.01 < volatility < 5 and 0 < delta < 1 and 0 < price < spot
        assert 0 < dividends < spot and gamma > 0 and vega > 0 > theta and 50 < spot < 5000
    assert sides[10][2] < sides[13][2] < sides[11][2]
    assert sides[10][0] < sides[13][0] < sides[11][0]


@pytest.fixture(scope="module")
def books(python_of: Callable[[Peer], Path], station: Station) -> Iterator[Callable[[Peer], Any]]:
    """Return a function that gives what a client keeps; all follow their books side by side."""

    def follow(peer: Peer) -> list[Any]:
        return run(python_of(peer), "async_books.py", peer, station, 111 + ASYNC.index(peer))

    with ThreadPoolExecutor(max_workers=len(ASYNC)) as pool:
        found = {peer: pool.submit(follow, peer) for peer in ASYNC}
        yield lambda peer: found[peer].result()


@pytest.mark.parametrize("peer", ASYNC, ids=lambda peer: peer.name)
def test_a_book_that_the_client_keeps_is_in_order(peer: Peer, books: Callable[[Peer], Any]) -> None:
    """The two libraries read an insert differently."""
    states = books(peer)
    assert len(states) > 5
    for state in states:
        bids, asks = state["bids"], state["asks"]
        assert len(bids) <= 5 and len(asks) <= 5
        assert bids == sorted(bids, reverse=True) and asks == sorted(asks), state
        assert bids[0] < asks[0], state
