"""Quotes while a market is closed: -1 with size 0, or, for who wants them frozen, the last ones."""

import pytest

from papertape.server.settings import StationSettings
from papertape.wire.catalogue import market as wire
from server.handlers.test_past_ticks import AAPL, AAPL_ID, tape
from server.pair import Client, Hall
from venue.scenario import at
from walks import walk

SIDES = {1, 2}
NIGHT = at("20260413 22:00:00")


def sides(client: Client) -> dict[int, tuple[float, int]]:
    return {
        tick.tickType: (tick.price, int(tick.size or 0))
        for tick in client.of(wire.TickPrice)
        if tick.tickType in SIDES
    }


def last(hall: Hall) -> dict[int, tuple[float, int]]:
    quote = hall.market.quote(AAPL_ID, hall.now)
    return {
        1: (quote.bid / 10_000, quote.bidSize // 10_000),
        2: (quote.ask / 10_000, quote.askSize // 10_000),
    }


@walk("snapshot", [False, True])
@walk("wish", [1, 3])
def test_nobody_quotes_at_night(snapshot: bool, wish: int) -> None:
    _, client = tape(NIGHT)
    client.send(wire.ReqMarketDataType(wish), wire.ReqMktData(1, AAPL, "", snapshot))
    got = client.got()
    assert [m.marketDataType for m in got if isinstance(m, wire.MarketDataType)] == [1]
    prices = {m.tickType: (m.price, m.size) for m in got if isinstance(m, wire.TickPrice)}
    assert prices[1] == prices[2] == (-1.0, 0)
    assert prices[4][0] > 0 and prices[9][0] > 0  # last and close stay


@walk("snapshot", [False, True])
@walk("wish", [2, 4])
def test_frozen_quotes_are_the_last_ones(snapshot: bool, wish: int) -> None:
    hall, client = tape(NIGHT)
    client.send(wire.ReqMarketDataType(wish), wire.ReqMktData(1, AAPL, "", snapshot))
    got = client.got()
    assert [m.marketDataType for m in got if isinstance(m, wire.MarketDataType)] == [2]
    prices = {m.tickType: (m.price, m.size) for m in got if isinstance(m, wire.TickPrice)}
    assert {kind: prices[kind] for kind in SIDES} == last(hall)


@pytest.mark.parametrize("interval", [0, 250])
def test_a_line_over_the_close_and_the_next_open(interval: int) -> None:
    hall, client = tape(at("20260413 19:59:58"))
    hall = Hall(
        market=hall.market,
        now=hall.now,
        settings=StationSettings(quote_interval_ms=interval, max_message_rate=0),
    )
    plain, frozen = hall.client(1), hall.client(2)
    frozen.send(wire.ReqMarketDataType(2))
    for client in (plain, frozen):
        client.send(wire.ReqMktData(1, AAPL)).got()
    hall.wait(4)
    assert sides(plain) == {1: (-1.0, 0), 2: (-1.0, 0)}
    told = frozen.got()
    assert [m.marketDataType for m in told if isinstance(m, wire.MarketDataType)] == [2]
    assert not [m for m in told if isinstance(m, wire.TickPrice) and m.price == -1]
    hall.now = at("20260414 04:00:03")  # the night itself takes no turns here
    hall.settle()
    assert set(sides(plain)) == SIDES
    assert [m.marketDataType for m in frozen.of(wire.MarketDataType)] == [1]
