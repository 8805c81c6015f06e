"""A day out of a shorter recording: there and back until it is full."""

from array import array

import pytest

from papertape.venue.market.days import Cache, tick_day
from papertape.venue.market.recorded import Recorded, Recording
from papertape.venue.market.repeated import RepeatedDay
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import open_market
from papertape.venue.units import MINUTE, SECOND
from venue.days import ANCHOR
from walks import walk


def stretch(minutes: int = 5):  # type: ignore[no-untyped-def]
    times = array("q", [0, 90 * SECOND, 4 * MINUTE])
    quotes = (times, array("q", [100, 200, 300]), array("q", [7, 8, 9]),
              array("q", [110, 210, 310]), array("q", [1, 2, 3]))  # fmt: skip
    trades = (array("q", [30 * SECOND, 4 * MINUTE + 1]), array("q", [110, 300]),
              array("q", [10_000, 20_000]), array("q", [0, 0]))  # fmt: skip
    return tick_day(quotes, trades, ("X",), minutes * MINUTE)


def test_every_other_turn_goes_back_and_the_touch_of_a_trade_stays() -> None:
    market = open_market(
        ANCHOR, recordings=[Recording(1, lambda: Recorded(stretch()), 20 * MINUTE)], synthetic={}
    )
    ticks = list(market.ticks(1, ANCHOR - 1, ANCHOR + 20 * MINUTE - 1))
    trades = [tick for tick in ticks if isinstance(tick, Print)]
    assert [trade.price for trade in trades] == [110, 300, 300, 110] * 2
    touches = [market.quote(1, trade.time).bid for trade in trades]
    assert touches == [100, 300, 300, 100] * 2
    bids = [tick.bid for tick in ticks if isinstance(tick, Quote)]
    assert bids == [100, 200, 300, 300, 200, 100] * 2
    assert [tick.time for tick in ticks] == sorted(tick.time for tick in ticks)


@walk("what", ["TRADES", "BID", "ASK", "MIDPOINT", "BID_ASK"])
def test_the_minutes_are_those_of_its_ticks(what: str) -> None:
    day = RepeatedDay(stretch(), 20 * MINUTE, Cache(64), "day")
    for minute in range(20):
        block = day.block(minute * MINUTE)
        told = day.rows(what).piece(what, minute, minute + 1)
        assert told == block.piece(what, minute * MINUTE, (minute + 1) * MINUTE)
    assert day.last() == 110


def test_a_stretch_divides_its_day() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        RepeatedDay(stretch(), 12 * MINUTE, Cache(4), "day")
