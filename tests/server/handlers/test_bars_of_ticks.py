"""One tape: bars made from the ticks that a client was told are the bars that it is told."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract, HistoricalTickLast
from papertape.wire.catalogue import history
from papertape.wire.catalogue import ticks as wire
from server.pair import Client, Hall
from venue.days import RECORDED, market
from venue.scenario import START

Row = tuple[float, float, float, float, Decimal, int]
"""Open, high, low, close, volume, count."""
PLAYED = 1800
"""Seconds."""


def row(trades: list[HistoricalTickLast]) -> Row:
    prices = [trade.price for trade in trades]
    volume = sum((trade.size or Decimal(0) for trade in trades), Decimal(0))
    return prices[0], max(prices), min(prices), prices[-1], volume, len(trades)


def made(trades: Iterable[HistoricalTickLast], step: int) -> dict[int, Row]:
    """Bars by their beginning, of what was traded."""
    by_bar: dict[int, list[HistoricalTickLast]] = defaultdict(list)
    for trade in trades:
        by_bar[trade.time - trade.time % step].append(trade)
    return {start: row(found) for start, found in by_bar.items()}


def told(client: Client, contract: Contract, size: str) -> dict[int, Row]:
    request = history.ReqHistoricalData(8, contract, "", size, f"{PLAYED} S", 0, "TRADES", 2)
    client.send(request)
    client.hall.wait(0)
    (answer,) = client.of(history.HistoricalData)
    return {
        int(bar.date): (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.barCount)
        for bar in answer.historicalDataBars
        if bar.barCount
    }


@pytest.mark.long
@pytest.mark.parametrize("con_id", [RECORDED, 265598], ids=["recorded", "synthetic"])
def test_live_ticks_past_ticks_live_bars_and_history_agree(con_id: int) -> None:
    house = Hall(market=market(START))
    contract = Contract(conId=con_id, exchange="SMART")
    client = house.client(1)
    client.send(
        wire.ReqTickByTickData(1, contract, "AllLast"),
        wire.ReqRealTimeBars(2, contract, 5, "TRADES"),
    )
    house.wait(PLAYED)
    got: list[Any] = client.got()
    live = [m.historicalTickLast for m in got if isinstance(m, wire.TickByTickData)]
    fives = {m.time: m for m in got if isinstance(m, wire.RealTimeBarTick)}
    assert len(live) > 30

    seconds = START // 10**9
    past: list[HistoricalTickLast] = []
    at = seconds
    while True:
        page = asked(client, contract, at)
        if not page:
            break
        past += page
        at = page[-1].time + 1
    assert [tick for tick in past if tick.time > seconds] == [
        tick for tick in live if tick.time > seconds
    ]

    inner = {start: bar for start, bar in made(live, 5).items() if start > seconds}
    over = {start: bar for start, bar in inner.items() if start in fives}
    assert len(over) > 20
    for start, bar in over.items():
        told_bar = fives[start]
        assert bar == (
            told_bar.open, told_bar.high, told_bar.low, told_bar.close, told_bar.volume,
            told_bar.count,
        )  # fmt: skip
    for size, step in (("5 secs", 5), ("30 secs", 30), ("1 min", 60)):
        bars = told(client, contract, size)
        whole = {s: bar for s, bar in made(live, step).items() if s > seconds}
        assert len(whole) > 10
        assert {start: bars[start] for start in whole} == whole


def asked(client: Client, contract: Contract, second: int) -> list[HistoricalTickLast]:
    """The ticks of the past from a second on."""
    minutes, rest = divmod(second - START // 10**9, 60)
    stamp = f"20260413-14:{minutes:02d}:{rest:02d}"
    client.send(
        wire.ReqHistoricalTicks(
            9, contract, startDateTime=stamp, numberOfTicks=200, whatToShow="TRADES", useRTH=0
        )
    )
    client.hall.wait(0)
    (answer,) = client.of(wire.HistoricalTicksLast)
    found: list[HistoricalTickLast] = answer.historicalTicksLast
    return found
