"""reqTickByTickData: every tick, history first, what is refused, what ends it."""

from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.venue.market.source import Print, Quote
from papertape.venue.units import SECOND, SIZE_SCALE
from papertape.wire.catalogue import ticks as wire
from server.handlers.test_past_ticks import AAPL, AAPL_ID, EUR, MODERN, SPX, ready, tape
from server.market import TapeMarket
from server.pair import Client, Hall
from server.shown import lines
from server.test_every_kind import hall as every_kind
from venue.scenario import START, at
from walks import walk

LINES = [version for version in MODERN if version >= 140]


def asked(number: int = 1, kind: str = "Last", count: int = 0, **more: Any) -> Any:
    fields = {"contract": AAPL, **more}
    return wire.ReqTickByTickData(number, tickType=kind, numberOfTicks=count, **fields)


def told(client: Client) -> list[wire.TickByTickData]:
    return client.of(wire.TickByTickData)


@pytest.mark.long
@walk("version", LINES)
@walk(("kind", "number"), [("Last", 1), ("AllLast", 2)])
def test_each_trade_at_its_moment(version: int, kind: str, number: int) -> None:
    hall, client = ready(version)
    assert client.send(asked(kind=kind)).got() == []
    hall.put("trade AAPL 257.70*300", hall.now + SECOND // 4)
    hall.wait(0.2)
    assert client.got() == []
    hall.wait(0.1)
    (tick,) = told(client)
    last = tick.historicalTickLast
    assert last is not None and (tick.reqId, tick.tickType) == (1, number)
    assert (last.price, last.size) == (257.7, 3 if version < 175 else 300)
    assert last.time == (hall.now - SECOND // 10) // SECOND


@walk("version", LINES)
def test_quotes_that_change(version: int) -> None:
    hall, client = ready(version)
    client.send(asked(1, "BidAsk"), asked(2, "BidAsk", ignoreSize=True), asked(3, "MidPoint"))
    hall.quote("AAPL 257.60*500 x 257.70*900")  # what stands already
    assert client.got() == []
    hall.quote("AAPL 257.60*600 x 257.70*900")
    (size,) = told(client)
    both = size.historicalTickBidAsk
    assert size.reqId == 1 and both is not None and both.priceBid == 257.6
    assert both.sizeBid == (6 if version < 175 else 600)
    assert both.tickAttribBidAsk.bidPastLow and both.tickAttribBidAsk.askPastHigh
    hall.quote("AAPL 257.62*600 x 257.70*900")
    found = told(client)
    assert sorted((tick.reqId, tick.tickType) for tick in found) == [(1, 3), (2, 3), (3, 4)]
    (middle,) = [tick.historicalTickMidPoint for tick in found if tick.reqId == 3]
    assert middle is not None and middle.price == 257.66


@pytest.mark.long
@walk("version", LINES)
def test_history_comes_first_and_nothing_twice(version: int) -> None:
    hall, client = ready(version)
    client.send(asked(1, "Last", 2), asked(2, "BidAsk", 1000), asked(3, "MidPoint", 1))
    trades, quotes, middles = client.got()
    assert [tick.price for tick in trades.historicalTicksLast] == [257.68, 257.67]
    assert len(quotes.historicalTicksBidAsk) == 4 and quotes.isDone
    assert [tick.price for tick in middles.historicalTicks] == [257.65]
    hall.trade("AAPL 257.71*100")
    hall.quote("AAPL 257.61 x 257.70")
    assert [tick.reqId for tick in told(client)] == [1, 2, 3]


@pytest.mark.long
def test_nothing_is_lost_on_the_way_from_history_to_live() -> None:
    """Of a tape that ticks many times a second, whoever asks when."""
    hall, client = tape(at("20260413 10:00:00"))
    hall.wait(1.234)
    client.send(asked(1, "Last", 300), asked(2, "BidAsk", 50))
    hall.wait(40.5)
    got = client.got()
    history = [m for m in got if isinstance(m, wire.HistoricalTicksLast)]
    live = [m.historicalTickLast for m in got if getattr(m, "reqId", 0) == 1
            and isinstance(m, wire.TickByTickData)]  # fmt: skip
    found = [*history[0].historicalTicksLast, *live]
    ticks = list(hall.market.ticks(AAPL_ID, at("20260413 09:30:00") - 1, hall.now))
    trades = [tick for tick in ticks if isinstance(tick, Print)][-len(found) :]
    assert len(live) > 20 and len(history[0].historicalTicksLast) == 300
    assert [(t.time, round(t.price * 10_000), int(t.size * SIZE_SCALE)) for t in found] == [
        (t.time // SECOND, t.price, t.size) for t in trades
    ]
    quotes = [m.historicalTickBidAsk for m in got if isinstance(m, wire.TickByTickData)
              and m.reqId == 2]  # fmt: skip
    last = hall.market.quote(AAPL_ID, hall.now)
    assert round(quotes[-1].priceBid * 10_000) == last.bid
    assert quotes[-1].sizeAsk * SIZE_SCALE == last.askSize
    assert len(quotes) <= len([tick for tick in ticks if isinstance(tick, Quote)])


@pytest.mark.long
def test_who_does_not_read_is_told_everything_later_in_parts() -> None:
    hall = Hall(market=TapeMarket())
    for number in range(2000):
        time = START + SECOND + number // 2 * 1_000_000
        hall.market.add(Print(AAPL_ID, time, 2_576_600, SIZE_SCALE * (number + 1), "ARCA"))
    client, other = hall.client(1), hall.client(2)
    client.send(asked())
    other.send(asked())
    client.session.paused = True
    hall.wait(5)
    assert client.got() == [] and len(told(other)) == 2000
    client.session.paused = False
    hall.settle()
    assert [int(t.historicalTickLast.size) for t in told(client)] == list(range(1, 2001))  # type: ignore[union-attr]
    hall.trade("AAPL 257.71*7")
    assert len(told(client)) == len(told(other)) == 1


REFUSED = {
    "another case": (asked(9, "last"), "Failed to request tick-by-tick data.No tick type 'last'"),
    "no type": (asked(9, ""), "Failed to request tick-by-tick data.No tick type ''"),
    "less than none": (asked(9, count=-1),
        "Failed to request tick-by-tick data.-1 is no number of ticks"),
    "trades of a pair": (asked(9, contract=EUR),
        "Failed to request tick-by-tick data.Invalid Real-time Query"),
}  # fmt: skip


@walk("case", REFUSED)
def test_refusals(case: str) -> None:
    request, text = REFUSED[case]
    _, client = ready()
    assert client.send(request).errors() == [(9, 10189, text)]
    assert client.send(asked(9)).got() == []  # the id is free


@pytest.mark.long
@walk(
    ("contract", "kind"),
    [
        (SPX, "BidAsk"),
        (SPX, "Last"),
        (Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"), "BidAsk"),
        (Contract(localSymbol="ESM6 C6800", secType="FOP", exchange="CME"), "Last"),
    ],
)
def test_what_has_no_live_ticks(contract: Contract, kind: str) -> None:
    client = every_kind().client()
    found = client.send(asked(9, kind, contract=contract)).errors()
    assert [error[:2] for error in found] == [(9, 10189)]


def test_a_pair_has_quotes() -> None:
    hall, client = ready()
    client.send(asked(9, "BidAsk", contract=EUR))
    hall.quote("EUR 1.08501 x 1.08502")
    assert len(told(client)) == 1


def test_three_lines_and_ids_that_are_in_use() -> None:
    hall, client = ready()
    client.send(asked(1), asked(1), asked(2), asked(3), asked(4))
    refused = (4, 10190, "Max number of tick-by-tick requests has been reached.")
    assert client.errors() == [(1, 102, "Duplicate ticker ID."), refused]
    client.send(wire.CancelTickByTickData(2), wire.CancelTickByTickData(77), asked(4))
    assert client.got() == []
    hall.trade("AAPL 257.71*7")
    assert sorted(tick.reqId for tick in told(client)) == [1, 3, 4]


@walk(
    ("settings", "most"),
    [
        ({"max_lines": 399}, 3), ({"max_lines": 400}, 4), ({"max_lines": 650}, 6),
        ({"max_lines": 100_000}, 60), ({"max_tick_by_tick": 1}, 1), ({"max_tick_by_tick": 0}, 0),
    ],
)  # fmt: skip
def test_the_limit_is_a_setting(settings: dict[str, int], most: int) -> None:
    assert StationSettings(**settings).tick_by_tick_limit == most


def test_a_broken_farm_costs_what_came_meanwhile() -> None:
    hall, client = ready()
    client.send(asked(1))
    farm = hall.station.farms.named("usfarm")
    hall.station.farms.breaks(farm)
    hall.settle()
    client.got()
    hall.trade("AAPL 257.71*7")
    assert client.got() == []
    hall.wait(1)
    hall.station.farms.mends(farm)
    hall.wait(1)
    hall.trade("AAPL 257.72*7")
    assert [tick.historicalTickLast.price for tick in told(client)] == [257.72]  # type: ignore[union-attr]


def test_a_competing_login_ends_it() -> None:
    hall, client = ready()
    client.send(asked(1))
    hall.station.competition.begin()
    hall.settle()
    assert "error 1 10197" in lines(client.got())
