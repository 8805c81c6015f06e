"""reqHistoricalData with keepUpToDate: history, its end, then the last bar as it grows."""

from decimal import Decimal
from itertools import pairwise

import pytest

from papertape.model import Contract
from papertape.server.market_data.live_bars import CATCH_UP, LiveBars
from papertape.venue.broker.profile import Profile
from papertape.venue.market.source import Quote
from papertape.venue.market.tape import open_market
from papertape.venue.units import DAY, MINUTE, SECOND
from papertape.wire.catalogue import history as wire
from server.market import TapeMarket
from server.pair import VERSIONS, Client, Hall
from server.shown import lines
from venue.scenario import START, at
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
EUR = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")


def asked(number: int = 1, **fields: object) -> wire.ReqHistoricalData:
    wanted = {
        "contract": AAPL, "barSizeSetting": "5 secs", "duration": "60 S", "whatToShow": "TRADES",
        "keepUpToDate": True, "formatDate": 2, **fields,
    }  # fmt: skip
    return wire.ReqHistoricalData(number, **wanted)  # type: ignore[arg-type]


def ready(version: int = 226) -> tuple[Hall, Client]:
    """A minute and a second after ten; something was traded a second ago."""
    hall = Hall(market=TapeMarket())
    hall.put("quote AAPL 257.66 x 257.68", hall.now)
    hall.put("trade AAPL 257.67*100", hall.now + MINUTE)
    hall.wait(61)
    return hall, hall.client(1, version)


def updates(client: Client) -> list[wire.HistoricalDataUpdate]:
    return client.of(wire.HistoricalDataUpdate)


def rows(client: Client) -> list[tuple[object, ...]]:
    """Second after ten o'clock, open, high, low, close, volume, average, count of the updates."""
    return [row(update.historicalDataBar) for update in updates(client)]


def row(bar: wire.Bar) -> tuple[object, ...]:
    time = int(bar.date) - START // SECOND
    return (time, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.wap, bar.barCount)


@walk("version", [one for one in VERSIONS if one >= 124])
def test_history_its_end_then_the_growing_bar_until_a_new_one_begins(version: int) -> None:
    hall, client = ready(version)
    end = ["historicalDataEnd 1"] if version >= 196 else []
    got = client.send(asked()).got()
    assert lines(got) == ["historicalData 1 12 bars", *end]
    assert got[-1].endDateStr and got[-1].startDateStr
    assert row(got[0].historicalDataBars[-1])[0] == 60
    hall.put("trade AAPL 257.90*300", hall.now + SECOND // 2)
    hall.put("trade AAPL 257.60*100", hall.now + 3 * SECOND // 2)
    lot = 100 if version < 175 else 1
    hall.wait(0.9)
    assert client.got() == []
    hall.wait(1.1)
    assert rows(client) == [
        (60, 257.67, 257.9, 257.67, 257.9, 400 // lot, Decimal("257.8425"), 2),
        (60, 257.67, 257.9, 257.6, 257.6, 500 // lot, Decimal("257.794"), 3),
    ]
    hall.wait(1.9)
    assert client.got() == []  # nothing has changed
    hall.put("trade AAPL 257.50*100", hall.now + 3 * SECOND)
    hall.wait(2.1)
    # The next bar begins on the grid, flat at the close before, whenever the first trade comes.
    flat = (257.6,) * 4
    assert rows(client) == [(65, *flat, 0, Decimal("257.6"), 0)]
    hall.wait(2)
    assert rows(client) == [(65, *(257.5,) * 4, 100 // lot, Decimal("257.5"), 1)]


@walk(
    ("form", "version", "date"),
    [(1, 226, "20260413 10:01:00 US/Eastern"), (1, 173, "20260413  10:01:00"),
     (2, 226, "1776088860"), (3, 226, "0413 10:01:00 US/Eastern")],
)  # fmt: skip
def test_the_form_of_dates_is_that_of_the_history(form: int, version: int, date: str) -> None:
    hall, client = ready(version)
    (answer,) = client.send(asked(formatDate=form, barSizeSetting="1 min")).of(wire.HistoricalData)
    assert answer.historicalDataBars[-1].date == date
    hall.put("trade AAPL 257.90*300", hall.now + SECOND // 2)
    hall.wait(1)
    assert [one.historicalDataBar.date for one in updates(client)] == [date]


@walk(("what", "close"), [("BID", 257.8), ("ASK", 257.82), ("MIDPOINT", 257.81)])
def test_bars_of_quotes_have_no_volume(what: str, close: float) -> None:
    hall, client = ready()
    client.send(asked(whatToShow=what)).got()
    hall.put("quote AAPL 257.80 x 257.82", hall.now + SECOND // 2)
    hall.wait(1)
    ((time, *_, told, volume, average, count),) = rows(client)
    assert (time, told, volume, average, count) == (60, close, -1, -1, -1)
    hall.wait(4)
    assert rows(client) == [(65, *(close,) * 4, -1, -1, -1)]


def test_a_bar_of_a_day_keeps_its_date() -> None:
    hall = Hall(market=open_market(START - 8 * MINUTE))
    client = hall.client()
    client.send(asked(barSizeSetting="1 day", duration="2 D")).got()
    hall.wait(10)
    bars = [one.historicalDataBar for one in updates(client)]
    assert len(bars) >= 5 and {bar.date for bar in bars} == {"20260413"}
    assert all(one.volume < two.volume for one, two in pairwise(bars))


SIZES = ["5 secs", "30 secs", "1 min", "5 mins", "1 hour"]


@pytest.mark.long
@pytest.mark.sample(7, test=3)
@pytest.mark.parametrize("what", ["TRADES", "MIDPOINT", "BID", "ASK"])
@pytest.mark.parametrize("size", SIZES)
def test_what_is_told_of_a_bar_at_last_is_what_any_later_history_has(size: str, what: str) -> None:
    # Twenty seconds before the full hour, so that a bar of every size ends.
    start = START - START % (60 * MINUTE) + 60 * MINUTE - 20 * SECOND
    hall = Hall(market=open_market(START), now=start)
    client = hall.client()
    client.send(asked(barSizeSetting=size, duration="7200 S", whatToShow=what))
    (answer,) = client.of(wire.HistoricalData)
    live = {row(bar)[0]: row(bar) for bar in answer.historicalDataBars}
    hall.wait(90)
    told = rows(client)
    live |= {one[0]: one for one in told}
    assert [one[0] for one in told] == sorted(one[0] for one in told)  # type: ignore[type-var]
    hall.wait(600)
    client.got()
    later = "20260413-15:01:00"
    client.send(asked(2, barSizeSetting=size, duration="7200 S", whatToShow=what,
                      keepUpToDate=False, endDateTime=later))  # fmt: skip
    (answer,) = client.of(wire.HistoricalData)
    kept = {row(bar)[0]: row(bar) for bar in answer.historicalDataBars}
    closed = {begin for begin, *_ in told if begin in kept} - {max(kept)}  # type: ignore[type-var]
    assert closed and {begin: live[begin] for begin in closed} == {
        begin: kept[begin] for begin in closed
    }


# ---------------------------------------------------------------- what ends it


CANCELLED = "Historical Market Data Service error message:API historical data query cancelled: 1"


def test_cancel_is_confirmed_with_162_and_nothing_more_comes() -> None:
    hall, client = ready()
    client.send(asked()).got()
    assert client.send(wire.CancelHistoricalData(1)).errors() == [(1, 162, CANCELLED)]
    hall.wait(20)
    assert client.got() == [] and hall.station.next_due() is None
    client.send(wire.CancelHistoricalData(1))
    assert client.errors() == [(1, 366, "No historical data query found for ticker id:1")]


def test_a_broken_history_farm_ends_it_with_10182_and_its_return_does_not_revive_it() -> None:
    hall, client = ready()
    client.send(asked()).got()
    farm = hall.station.farms.named("ushmds")
    hall.station.farms.breaks(farm)
    hall.settle()
    text = "Failed to request live updates (disconnected)."
    assert client.errors()[1:] == [(1, 10182, text)]
    hall.station.farms.mends(farm)
    hall.settle()
    hall.wait(20)
    assert lines(client.got()) == ["error -1 2106"]
    client.send(asked()).got()  # the number is free
    hall.wait(10)
    assert rows(client)


def test_a_broken_market_farm_is_none_of_its_business() -> None:
    hall, client = ready()
    client.send(asked()).got()
    hall.station.farms.breaks(hall.station.farms.named("usfarm"))
    hall.settle()
    hall.wait(9)
    assert [time for time, *_ in rows(client)] == [65]


def test_another_login_ends_it_with_162() -> None:
    hall, client = ready()
    client.send(asked()).got()
    hall.station.competition.begin()
    hall.settle()
    text = "Trading TWS session is connected from a different IP address"
    assert client.errors() == [(1, 162, f"Historical Market Data Service error message:{text}")]
    hall.wait(10)
    assert client.got() == []


def test_a_client_that_has_gone_leaves_nothing_behind() -> None:
    hall, client = ready()
    client.send(asked()).got()
    client.leave()
    assert hall.station.next_due() is None


def test_a_history_without_bars_ends_and_is_not_kept_up() -> None:
    hall, client = ready()
    client.send(asked(contract=EUR))
    assert [code for _, code, _ in client.errors()] == [162]
    assert client.session.subscriptions.of(LiveBars) == {} and hall.station.next_due() is None


# ---------------------------------------------------------------- clients that do not read


def test_a_client_that_does_not_read_is_told_afterwards_what_it_missed() -> None:
    hall, client = ready()
    other = hall.client(2)
    for one in (client, other):
        one.send(asked()).got()
    client.session.paused = True
    for second in (3, 8, 13):
        hall.put(f"trade AAPL 258.{second:02}*100", hall.now + second * SECOND)
    hall.wait(15)
    assert client.got() == []
    last = {time: told for time, *told in rows(other)}
    assert sorted(last) == [60, 65, 70, 75]
    client.session.paused = False
    hall.wait(1)
    assert {time: told for time, *told in rows(client)} == last


def test_what_is_told_afterwards_is_bounded() -> None:
    hall, client = ready()
    client.send(asked()).got()
    client.session.paused = True
    assert hall.station.next_due() is None
    hall.wait(DAY // SECOND)
    client.session.paused = False
    hall.wait(1)
    told = rows(client)
    assert len(told) == CATCH_UP
    assert told[-1][0] == (hall.now - START) // SECOND - 2


# ---------------------------------------------------------------- the regular session alone


def test_regular_hours_leave_out_what_is_before_them_in_the_history_and_in_what_is_kept_up() -> (
    None
):
    opening = at("20260413 09:29:52")
    hall = Hall(market=TapeMarket(), profile=Profile(hours="exchange"), now=opening)
    hall.market.add(Quote(265598, opening - MINUTE, 2576600, 100, 2576800, 100))
    client = hall.client()
    fields = {"barSizeSetting": "5 secs", "duration": "60 S", "whatToShow": "BID"}
    client.send(asked(1, useRTH=0, **fields))
    (answer,) = client.of(wire.HistoricalData)
    assert len(answer.historicalDataBars) == 12
    client.send(asked(2, useRTH=1, **fields))
    assert [code for _, code, _ in client.errors()] == [162]
    hall.wait(10)  # 09:30:02
    client.got()
    client.send(asked(3, useRTH=1, **fields))
    (answer,) = client.of(wire.HistoricalData)
    assert [int(bar.date) - opening // SECOND for bar in answer.historicalDataBars] == [8]
    hall.wait(6)
    begun = [(one.reqId, int(one.historicalDataBar.date) - opening // SECOND)
             for one in client.of(wire.HistoricalDataUpdate)]  # fmt: skip
    assert set(begun) == {(1, 13), (3, 13)}


def test_at_the_close_regular_bars_rest_and_others_go_on() -> None:
    close = at("20260413 15:59:52")
    hall = Hall(market=TapeMarket(), profile=Profile(hours="exchange"), now=close)
    hall.put("quote AAPL 257.66 x 257.68", close - 60 * SECOND)
    client = hall.client()
    fields = {"barSizeSetting": "5 secs", "duration": "60 S", "whatToShow": "BID"}
    client.send(asked(1, useRTH=0, **fields), asked(2, useRTH=1, **fields)).got()
    hall.wait(20)
    last = {one.reqId: int(one.historicalDataBar.date) - close // SECOND
            for one in client.of(wire.HistoricalDataUpdate)}  # fmt: skip
    assert last == {1: 18, 2: 3}
    hall.market.asked_bars.clear()
    hall.wait(20)
    assert len(hall.market.queries("BID")) == 20  # nothing is looked up of a session that is over
