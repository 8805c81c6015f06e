"""One tape for every kind of contract: bars of a minute and ticks of the past tell the same trades,
bids, asks and middles, and bars of five seconds are those of the history."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from papertape.wire.catalogue import history
from papertape.wire.catalogue import ticks as wire
from server.by_kind import KINDS, table
from server.pair import Client, Hall
from server.test_every_kind import hall as whole_market
from venue.scenario import START

MINUTES = 5
BEGAN = START // 10**9
ENDED = BEGAN + 60 * MINUTES
ANSWERS: dict[type[Any], str] = {
    wire.HistoricalTicks: "historicalTicks",
    wire.HistoricalTicksBidAsk: "historicalTicksBidAsk",
    wire.HistoricalTicksLast: "historicalTicksLast",
}
NUMBERS = count(1000)
OPEN_TO_CLOSE = ("open", "high", "low", "close")


def having(request: str) -> list[str]:
    return [kind for kind, told in zip(KINDS, table()[request]) if told == "yes"]


@pytest.fixture(scope="module", name="client")
def _client() -> Client:
    here = whole_market()
    client = here.client()
    here.wait(60 * MINUTES)
    return client


def answer(client: Client, request: Any, kind: type[Any] | tuple[type[Any], ...]) -> Any:
    client.send(request)
    for _ in range(100):
        found = [one for one in client.got() if isinstance(one, kind)]
        if found:
            return found[0]
        client.hall.settle()
    raise AssertionError(f"{request} has no answer")


def past(client: Client, kind: str, what: str) -> Iterator[Any]:
    """The ticks of these minutes, a page after another."""
    start = BEGAN - 120
    while start < ENDED:
        stamp = datetime.fromtimestamp(start, UTC).strftime("%Y%m%d-%H:%M:%S")
        request = wire.ReqHistoricalTicks(next(NUMBERS), KINDS[kind], stamp, "", 1000, what, False)
        page = answer(client, request, tuple(ANSWERS))
        found = getattr(page, ANSWERS[type(page)])
        yield from (one for one in found if one.time < ENDED)
        if len(found) < 1000:
            return
        start = found[-1].time + 1


def bars(client: Client, kind: str, what: str, size: str = "1 min") -> dict[int, Any]:
    """Bars of these minutes by their beginning."""
    request = history.ReqHistoricalData(
        next(NUMBERS), KINDS[kind], "", size, f"{60 * MINUTES} S", False, what, 2
    )
    found = answer(client, request, history.HistoricalData).historicalDataBars
    return {int(bar.date): bar for bar in found}


def row(bar: Any) -> tuple[float, ...]:
    return tuple(getattr(bar, name) for name in OPEN_TO_CLOSE)


@pytest.mark.sample(5)
@pytest.mark.parametrize("kind", having("reqHistoricalTicks TRADES"))
def test_bars_of_trades_are_those_of_the_ticks(client: Client, kind: str) -> None:
    found: dict[int, list[Any]] = defaultdict(list)
    for tick in past(client, kind, "TRADES"):
        found[tick.time // 60 * 60].append(tick)
    what = "AGGTRADES" if kind == "CRYPTO" else "TRADES"
    told = {start: bar for start, bar in bars(client, kind, what).items() if bar.barCount}
    assert told.keys() == {start for start in found if start >= BEGAN}
    for start, bar in told.items():
        prices = [tick.price for tick in found[start]]
        assert row(bar) == (prices[0], max(prices), min(prices), prices[-1])
        assert bar.barCount == len(prices)
        assert bar.volume == sum(tick.size for tick in found[start])


@pytest.mark.sample(1, test=3)
@pytest.mark.long
@pytest.mark.parametrize("what", ["BID", "ASK", "MIDPOINT"])
@pytest.mark.parametrize("kind", having("reqHistoricalTicks BID_ASK"))
def test_bars_of_quotes_are_those_of_the_ticks(client: Client, kind: str, what: str) -> None:
    ticks = list(past(client, kind, "MIDPOINT" if what == "MIDPOINT" else "BID_ASK"))
    field = {"BID": "priceBid", "ASK": "priceAsk", "MIDPOINT": "price"}[what]
    told = bars(client, kind, what)
    assert list(told) == list(range(BEGAN, ENDED, 60))
    for start, bar in told.items():
        before = [getattr(tick, field) for tick in ticks if tick.time < start]
        within = [getattr(tick, field) for tick in ticks if start <= tick.time < start + 60]
        # What stands when a bar begins is its open, unless a tick comes at that very instant.
        possible = [[*before[-1:], *within], within]
        shown = [(one[0], max(one), min(one), one[-1]) for one in possible if one]
        assert row(bar) in shown
        assert (bar.volume, bar.barCount) == (-1, -1)


@pytest.mark.long
@pytest.mark.parametrize("what", ["TRADES", "MIDPOINT", "BID", "ASK"])
def test_bars_of_five_seconds_are_those_of_the_history(what: str) -> None:
    here: Hall = whole_market()
    client = here.client()
    kinds = having(f"reqRealTimeBars {what}")
    for number, kind in enumerate(kinds):
        client.send(wire.ReqRealTimeBars(number, KINDS[kind], 5, what, False))
    here.wait(60 * MINUTES)
    live: dict[str, dict[int, Any]] = {kind: {} for kind in kinds}
    for one in client.got():
        if isinstance(one, wire.RealTimeBarTick):
            live[kinds[one.reqId]][one.time] = one
    for kind in kinds:
        asked = "AGGTRADES" if (kind, what) == ("CRYPTO", "TRADES") else what
        told = bars(client, kind, asked, "5 secs")
        same = told.keys() & live[kind].keys()
        assert live[kind].keys() <= told.keys() and (len(same) > 50 or what == "TRADES"), kind
        for start in same:
            mine, other = live[kind][start], told[start]
            assert (*row(mine), mine.volume, mine.wap, mine.count) == (
                *row(other), other.volume, other.wap, other.barCount,
            ), (kind, start)  # fmt: skip
