"""The order samples of IBKR's documentation, sent by other people's clients.

Each order has its answer, in the session and on a Saturday, and the first openOrder has whatever
was set in it. What a client does not read, or never sent, is told by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peers.drivers import sample_orders
from peers.environments import Peer
from peers.station import Station
from peers.test_answers import ASYNC, OFFICIAL, SHAPE, run

pytestmark = pytest.mark.peers

Line = dict[str, Any]
CLIENTS = (*OFFICIAL, *ASYNC)
BESIDES = [SHAPE, pytest.param(ASYNC[0], marks=pytest.mark.repeats)]
"""In ``make proof`` the second as well: what it sends is what it sends in a session."""
REFUSED = {
    "AtAuction": "387", "PeggedToMarket": "387", "ScaleTable": "201", "Hidden": "152",
    "Algo BalanceImpactRisk": "439", "Algo MinImpact": "439",
}  # fmt: skip
"""At any hour; 387 and 439 are those of a paper account."""
WAITING = {
    "MarketIfTouched", "MarketOnClose", "MarketOnOpen", "LimitIfTouched", "LimitOnClose",
    "LimitOnOpen", "PeggedToBenchmark", "ImbalanceOnly", "GoodAfterTime", "PriceCondition",
    "ExecutionCondition", "MarginCondition", "PercentageChangeCondition", "TimeCondition",
    "VolumeCondition", "ComboLimitOrder", "LimitOrderForComboWithLegPrices", "RelativeLimitCombo",
    "RelativeMarketCombo",
}  # fmt: skip
"""They wait in the session as well."""
TAKING = {"MarketOrder", "MidpointMatch", "BoxTop", "MarketToLimit", "ComboMarketOrder"}
"""A purchase at the market is told as PreSubmitted first."""
STOPS = {"Stop", "StopLimit", "StopWithProtection", "TrailingStop", "TrailingStopLimit"}
CHILDREN = {
    "BracketOrder": ("child", "child,trigger"),
    "MarketFHedge": ("child",),
    "PairHedge": ("child",),
    "AttachAdjustableToStop": ("child,trigger",),
    "AttachAdjustableToStopLimit": ("child,trigger",),
    "AttachAdjustableToTrail": ("child,trigger",),
}
"""``whyHeld`` of the children of each family."""
LATER = frozenset(("GoodAfterTime", "GoodTillDate"))
IN_AUCTIONS = frozenset(("MarketOnClose", "MarketOnOpen", "LimitOnClose", "LimitOnOpen"))
WITHOUT_NOTICE = LATER | IN_AUCTIONS | {"ImbalanceOnly"}
"""On a Saturday 399 says when the others are placed: these are for an auction or another day."""
TOLD_OTHERWISE = {
    ("GoodTillDate", "goodTillDate"): "20260420 11:00:00 US/Eastern",
    ("GoodAfterTime", "goodAfterTime"): "20360101 10:00:00 US/Eastern",
    ("LimitOrderWithCashQty", "totalQuantity"): "30000",
    ("IncludeOvernight", "tif"): "OVERNIGHT + DAY",
}
"""What TWS tells in another form than it was sent in: times in the zone of the exchange, the size
that an amount of money buys, the night."""
NIGHT_SINCE = ("papertape.ibapi", "ibapi-stable", "ibapi-latest")
"""Those that know ``includeOvernight``."""
BY_TEXT = {"manualOrderTime", "overridePercentageConstraints"} | {
    f"mifid2{one}" for one in ("DecisionMaker", "DecisionAlgo", "ExecutionTrader", "ExecutionAlgo")
}
"""openOrder as text has none of these, and ``ibapi`` does not read them from protobuf either, where
ours, connected with the same version, does."""
NOT_READ = {
    "papertape.ibapi": {"auctionStrategy"},
    "ibapi-latest": BY_TEXT | {"auctionStrategy"},
    "ibapi-stable": BY_TEXT | {"auctionStrategy"},
    "ibapi-9.81": BY_TEXT - {"manualOrderTime"} | {"extOperator", "imbalanceOnly"},
    "ib_async": BY_TEXT | {"extOperator", "imbalanceOnly"},
    "ib_insync": BY_TEXT | {"extOperator", "imbalanceOnly"},
}
"""What is set and not shown. Protobuf has no ``auctionStrategy``; text has ``extOperator`` and
``imbalanceOnly`` from later versions on than those of the older clients."""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """A station in the middle of a Friday's session."""
    yield from started(tmp_path_factory, "2026-04-10 11:00 US/Eastern")


@pytest.fixture(scope="module")
def saturday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """A station on the day after."""
    yield from started(tmp_path_factory, "2026-04-11 12:00 US/Eastern")


def started(factory: pytest.TempPathFactory, start: str) -> Iterator[Station]:
    more = ("--hours", "exchange", "--start", start, "--max-message-rate", "0")
    running = Station(factory.mktemp("samples"), *more)
    try:
        running.wait_ready()
        yield running
        problems = running.problems()
    finally:
        running.stop()
    assert not problems, "\n".join(problems)


def sent(peer: Peer, python_of: Callable[[Peer], Path], station: Station) -> list[Line]:
    python = sys.executable if peer is SHAPE else python_of(peer)
    driver = "async_samples.py" if peer in ASYNC else "samples.py"
    lines = run(python, driver, peer, station, 181 + CLIENTS.index(peer))
    assert {one["sample"] for one in lines} == set(sample_orders.samples(1, 2))
    return lines


def answers(lines: list[Line]) -> dict[str, list[str]]:
    """By sample, what was said first of each of its orders: a status, or the code of an error."""
    found: dict[str, list[str]] = {}
    for one in lines:
        said = one["statuses"][0] if one["statuses"] else one["errors"][:1]
        found.setdefault(one["sample"], []).append(" ".join(filter(None, said)))
    return found


def expected(name: str, orders: int, *, opened: bool) -> list[str]:
    works = "Submitted" if opened else "PreSubmitted"
    if name in REFUSED:
        return [REFUSED[name]]
    if name in CHILDREN:
        return [works, *(f"PreSubmitted {why}" for why in CHILDREN[name])]
    if name in STOPS:
        return ["PreSubmitted trigger"]
    return ["PreSubmitted" if name in WAITING | TAKING else works] * orders


@pytest.mark.sample(1, test=9)
@pytest.mark.parametrize("peer", CLIENTS, ids=lambda peer: peer.name)
def test_each_sample_has_its_answer_and_is_shown_as_it_was_sent(
    peer: Peer, python_of: Callable[[Peer], Path], session: Station
) -> None:
    lines = sent(peer, python_of, session)
    said = answers(lines)
    assert said == {name: expected(name, len(one), opened=True) for name, one in said.items()}
    assert {one["sample"] for one in lines if one["errors"]} == set(REFUSED)
    assert hidden(peer, lines, "20260410") == NOT_READ[peer.name]


@pytest.mark.further
@pytest.mark.parametrize("peer", BESIDES, ids=lambda peer: peer.name)
def test_each_sample_waits_for_monday(
    peer: Peer, python_of: Callable[[Peer], Path], saturday: Station
) -> None:
    lines = sent(peer, python_of, saturday)
    said = answers(lines)
    assert said == {name: expected(name, len(one), opened=False) for name, one in said.items()}
    for one in lines:
        child = any("child" in why for _, why in one["statuses"])
        told = one["sample"] not in REFUSED and one["sample"] not in WITHOUT_NOTICE and not child
        assert ("399" in one["errors"]) is told, one
        timed = one["sample"].startswith("Algo") and one["sample"] not in (
            *REFUSED,
            "Algo Adaptive",
        )
        assert one["errors"].count("2111") == 2 * timed, one
    assert hidden(peer, lines, "20260413") == NOT_READ[peer.name]


def hidden(peer: Peer, lines: list[Line], day: str) -> set[str]:
    """The fields of orders that were set and that openOrder had otherwise."""
    found = set()
    for one in lines:
        for name, value in one["sent"].items():
            told = None if one["echo"] is None else one["echo"][name]
            if one["echo"] is None or as_told(peer, one["sample"], name, value, day) == normal(
                told
            ):
                continue
            found.add(name)
    return found


def as_told(peer: Peer, sample: str, name: str, value: Any, day: str) -> Any:
    """What TWS makes of a value that was sent."""
    if name == "transmit":
        return normal("True")
    if (sample, name) == ("IncludeOvernight", "tif") and peer.name not in NIGHT_SINCE:
        return value
    if name == "algoParams":
        return normal(
            [[tag, f"{day} {text}" if ":" in text else text] for tag, text in pairs(value)]
        )
    changed = normal(value)
    if sample == "ExecutionCondition" and name == "conditions":
        changed[0]["exchange" if "exchange" in changed[0] else "exch"] = "ANY"
    if sample == "TimeCondition" and name == "conditions":
        changed[0]["time"] = "20360101 07:00:00 US/Eastern"
    return normal(TOLD_OTHERWISE.get((sample, name), changed))


def pairs(value: list[Any]) -> list[list[str]]:
    return [[one["tag"], one["value"]] if isinstance(one, dict) else one for one in value]


def normal(value: Any) -> Any:
    """A value as a client shows it: numbers as numbers, a list of tags without its order."""
    if isinstance(value, dict):
        return {name: normal(one) for name, one in value.items()}
    if isinstance(value, list):
        if value and (isinstance(value[0], list) or "tag" in value[0]):
            return {tag: normal(text) for tag, text in pairs(value)}
        return [normal(one) for one in value]
    if value in ("True", "False"):
        return float(value == "True")
    try:
        return float(value)
    except ValueError:
        return value
