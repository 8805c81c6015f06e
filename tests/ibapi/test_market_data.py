"""What a station tells of ticks, books and the past, as callbacks of the official shape."""

from typing import Any

import pytest

from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.wrapper import EWrapper
from papertape.model import Contract
from papertape.venue.units import SECOND
from papertape.wire.catalogue import depth, history, ticks
from papertape.wire.message import Message
from server.market import TapeMarket
from server.pair import Client, Hall

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
ARCA = Contract(symbol="AAPL", secType="STK", exchange="ARCA", currency="USD")


class Kept(EWrapper):
    """Keeps the calls of the callbacks that are tested."""

    def __init__(self) -> None:
        self.calls: dict[str, list[tuple[Any, ...]]] = {}


def keeping(name: str) -> Any:
    def callback(self: Kept, *values: Any) -> None:
        self.calls.setdefault(name, []).append(values)

    return callback


for _name in (
    "tickByTickAllLast", "tickByTickBidAsk", "tickByTickMidPoint", "historicalTicks",
    "historicalTicksBidAsk", "historicalTicksLast", "headTimestamp", "histogramData",
    "updateMktDepth", "updateMktDepthL2", "historicalSchedule", "error",
):  # fmt: skip
    setattr(Kept, _name, keeping(_name))


def ready(version: int) -> tuple[Hall, Client]:
    hall = Hall(market=TapeMarket())
    hall.put("quote AAPL 257.66*300 x 257.68*200", hall.now)
    hall.put("trade AAPL 257.67*100", hall.now + SECOND)
    hall.wait(2)
    return hall, hall.client(1, version)


def called(client: Client, *requests: Message, seconds: float = 1) -> dict[str, Any]:
    """The callbacks that follow requests, within seconds."""
    client.send(*requests)
    client.hall.wait(seconds)
    data, client.pipe.data = client.pipe.data, b""
    kept = Kept()
    version = client.connection.version
    Dispatcher(version, kept, lambda *told: pytest.fail(str(told))).feed(data)
    return kept.calls


VERSIONS = pytest.mark.parametrize("version", [176, 206, 226])


@VERSIONS
def test_single_ticks(version: int) -> None:
    hall, client = ready(version)
    hall.put("quote AAPL 257.60*300 x 257.70*200", hall.now + SECOND)
    hall.put("trade AAPL 257.69*400", hall.now + 2 * SECOND)
    kinds = ("Last", "AllLast", "BidAsk")
    requests = [ticks.ReqTickByTickData(n, AAPL, kind, 1) for n, kind in enumerate(kinds)]
    calls = called(client, *requests, seconds=3)
    assert [call[:2] for call in calls["tickByTickAllLast"]] == [(0, 1), (1, 2)]
    _, _, time, price, size, attributes, _, conditions = calls["tickByTickAllLast"][0]
    assert (time, price, size) == (hall.now // SECOND - 1, 257.69, 400)
    assert not attributes.pastLimit and conditions == ""
    number, _, bid, ask, bids, asks, marks = calls["tickByTickBidAsk"][0]
    assert (number, bid, ask, bids, asks) == (2, 257.6, 257.7, 300, 200)
    assert marks.bidPastLow and marks.askPastHigh
    assert [len(call[1]) for call in calls["historicalTicksLast"]] == [1, 1]
    assert "historicalTicksBidAsk" in calls and "error" not in calls


@VERSIONS
def test_the_middle(version: int) -> None:
    hall, client = ready(version)
    hall.put("quote AAPL 257.60 x 257.70", hall.now + SECOND)
    calls = called(client, ticks.ReqTickByTickData(1, AAPL, "MidPoint", 5), seconds=2)
    assert calls["tickByTickMidPoint"] == [(1, hall.now // SECOND - 1, 257.65)]
    ((_, past, done),) = calls["historicalTicks"]
    assert [tick.price for tick in past] == [257.67] and done


@VERSIONS
def test_the_past(version: int) -> None:
    _, client = ready(version)
    calls = called(
        client,
        ticks.ReqHistoricalTicks(1, AAPL, "20260413-14:00:00", "", 10, "BID_ASK", 0),
        ticks.ReqHeadTimeStamp(2, AAPL, 0, "TRADES", 1),
        ticks.ReqHistogramData(3, AAPL, False, "1 day"),
        history.ReqHistoricalData(4, AAPL, "", "1 day", "2 D", 1, "SCHEDULE"),
    )
    ((_, quotes, done),) = calls["historicalTicksBidAsk"]
    assert [(q.priceBid, q.priceAsk, q.sizeBid) for q in quotes] == [(257.66, 257.68, 300)] and done
    assert calls["headTimestamp"] == [(2, "19700101-00:00:00")]
    ((_, rows),) = calls["histogramData"]
    assert [(row.price, row.size) for row in rows] == [(257.67, 100)]
    ((number, _, _, zone, sessions),) = calls["historicalSchedule"]
    assert (number, zone, sessions[-1].refDate) == (4, "US/Eastern", "20260413")


@VERSIONS
def test_books(version: int) -> None:
    _, client = ready(version)
    calls = called(
        client, depth.ReqMktDepth(1, ARCA, 2), depth.ReqMktDepth(2, AAPL, 2, True), seconds=0
    )
    first = calls["updateMktDepth"][0]
    assert first == (1, 0, 0, 0, 257.68, 200)
    number, place, venue, operation, side, price, _, smart = calls["updateMktDepthL2"][0]
    assert (number, place, operation, side, price, smart) == (2, 0, 0, 0, 257.68, True) and venue
    assert [call[0] for call in calls["error"]] == [2]
