"""Histories of volatilities and yields, adjusted trades, and regular sessions in long bars."""

from itertools import pairwise
from math import log, sqrt
from statistics import stdev
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.persistence import MarketFacts
from papertape.venue.broker.profile import Profile
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue import market as wire
from papertape.wire.catalogue.history import (
    HistoricalData,
    HistoricalDataUpdate,
    ReqHistoricalData,
)
from papertape.wire.catalogue.session import ErrorMessage
from server.pair import UNPACED, Client, Hall
from venue.scenario import at

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
SWISS = Contract(conId=273982664, exchange="EBS")
SPX = Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD")
GC = Contract(symbol="GC", secType="FUT", exchange="COMEX", lastTradeDateOrContractMonth="202606")
"""Gold has a tape of nearly 24 hours, and a regular session from 9:30 to 17:00."""
BOND = Contract(symbol="IBCID236491195", secType="BOND", exchange="SMART")
NOW = at("20260415 14:35:20")


@pytest.fixture(scope="module", name="client")
def _client() -> Client:
    facts = MarketFacts(NOW - 60 * MINUTE, 5, MarketClock(NOW, NOW, 1.0))
    market = open_tape(None, facts, "exchange")
    hall = Hall(market=market, now=NOW, profile=Profile(hours="exchange"), settings=UNPACED)
    return hall.client()


def history(
    client: Client, contract: Contract, what: str, size: str, span: str, rth: int = 1
) -> Any:
    """The bars, or the code and text of the error."""
    client.send(ReqHistoricalData(1, contract, "", size, span, rth, what))
    client.hall.wait(0)
    got = client.got()
    errors = [(m.errorCode, m.errorMsg) for m in got if isinstance(m, ErrorMessage)]
    found = [m.historicalDataBars for m in got if isinstance(m, HistoricalData)]
    return found[0] if found else errors[0]


# ---------------------------------------------------------------- volatilities


@pytest.mark.long
def test_a_historical_volatility_is_that_of_thirty_daily_returns(client: Client) -> None:
    closes = [bar.close for bar in history(client, AAPL, "TRADES", "1 day", "60 D")]
    found = history(client, AAPL, "HISTORICAL_VOLATILITY", "1 day", "20 D")
    assert len(found) == 20
    for place, bar in enumerate(reversed(found)):
        past = closes[len(closes) - 31 - place : len(closes) - place]
        wanted = stdev(log(b / a) for a, b in pairwise(past)) * sqrt(252)
        assert bar.close == pytest.approx(wanted, abs=1e-9)
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert (bar.volume, bar.wap, bar.barCount) == (-1, -1, -1)


@pytest.mark.long
def test_its_longer_bars_are_made_of_its_days(client: Client) -> None:
    days = history(client, AAPL, "HISTORICAL_VOLATILITY", "1 day", "2 M")
    weeks = history(client, AAPL, "HISTORICAL_VOLATILITY", "1W", "3 W")
    week = weeks[-2]
    at_end = next(place for place, day in enumerate(days) if day.date == week.date)
    inside = days[at_end - 4 : at_end + 1]
    assert (week.open, week.close) == (inside[0].open, inside[-1].close)
    assert (week.high, week.low) == (max(d.high for d in inside), min(d.low for d in inside))


def test_its_shorter_bars_end_at_that_of_the_day(client: Client) -> None:
    hours = history(client, AAPL, "HISTORICAL_VOLATILITY", "1 hour", "1 D")
    day = history(client, AAPL, "HISTORICAL_VOLATILITY", "1 day", "1 D")[-1]
    assert hours[-1].close == day.close


@pytest.mark.parametrize("contract", [AAPL, SPX], ids=["share", "index"])
def test_the_implied_volatility_is_the_one_that_the_line_tells(
    client: Client, contract: Contract
) -> None:
    found = history(client, contract, "OPTION_IMPLIED_VOLATILITY", "5 mins", "1 D")
    client.send(wire.ReqMktData(1, contract, "mdoff,106"))
    (told,) = client.of(wire.TickGeneric)
    client.send(wire.CancelMktData(1))
    assert found[-1].close == pytest.approx(told.value, abs=1e-9)


# ---------------------------------------------------------------- yields


def worth(rate: float, coupon: float, years: float) -> float:
    """A bond's price without accrued interest, its coupons one by one."""
    left = int(years * 2) + 1
    part = years * 2 - (left - 1)
    paid = [coupon / 2 + (100.0 if place == left - 1 else 0.0) for place in range(left)]
    dirty = sum(cash / (1 + rate / 2) ** (part + place) for place, cash in enumerate(paid))
    return dirty - coupon / 2 * (1.0 - part)


def test_yields_explain_the_prices_of_a_bond(client: Client) -> None:
    entry = client.hall.station.venue.instruments.resolve(BOND, now=NOW)
    bond: Any = entry.instrument  # type: ignore[union-attr]
    for what, of in (("YIELD_BID", "BID"), ("YIELD_ASK", "ASK"), ("YIELD_LAST", "TRADES")):
        prices = history(client, BOND, of, "1 day", "2 D")[-1]
        found = history(client, BOND, what, "1 day", "2 D")[-1]
        years = 0.0
        low, high = 0.0, 60.0
        for _ in range(60):  # the years to the maturity, as the close tells them
            years = (low + high) / 2
            coupon = bond.coupon / 1000
            dear = worth(found.close, coupon, years) > prices.close
            premium = prices.close > 100.0
            low, high = (low, years) if dear == premium else (years, high)
        days = client.hall.now // (86_400 * SECOND) + 719_163
        assert years == pytest.approx((bond.matures - days) / 365, abs=0.02)
        for rate, price in ((found.open, prices.open), (found.high, prices.low)):
            assert worth(rate, coupon, years) == pytest.approx(price, abs=1e-3)
        assert found.low < found.high


def test_the_ask_yields_less_than_the_bid(client: Client) -> None:
    bid = history(client, BOND, "YIELD_BID", "1 hour", "1 D")
    ask = history(client, BOND, "YIELD_ASK", "1 hour", "1 D")
    both = history(client, BOND, "YIELD_BID_ASK", "1 hour", "1 D")
    assert len(bid) == len(ask) == len(both) > 5
    for one, other, pair in zip(bid, ask, both):
        assert one.low > other.low and one.high > other.high
        assert (pair.high, pair.low) == (one.high, other.low)


# ---------------------------------------------------------------- fees


@pytest.mark.long
@pytest.mark.parametrize("contract", [AAPL, SWISS])
def test_a_fee_is_that_of_shares_that_are_easy_to_borrow(
    client: Client, contract: Contract
) -> None:
    client.send(wire.ReqMktData(7, contract, "mdoff,236"))
    told = {m.tickType: m.value for m in client.of(wire.TickGeneric)}
    assert told[46] == 3.0
    client.send(wire.CancelMktData(7))
    trades = history(client, contract, "TRADES", "1 day", "40 D")
    found = history(client, contract, "FEE_RATE", "1 day", "40 D")
    assert [bar.date for bar in found] == [bar.date for bar in trades]
    assert all(0.25 <= bar.low <= bar.high <= 1.0 for bar in found)
    assert all((bar.volume, bar.barCount) == (-1, -1) for bar in found)
    assert len({bar.close for bar in found}) > 5
    usual = found[0].close
    assert all(abs(bar.close / usual - 1) < 0.25 for bar in found)
    assert history(client, contract, "FEE_RATE", "1 day", "40 D") == found


def test_a_fee_stands_for_a_trading_day_and_is_another_one_for_another_stock(
    client: Client,
) -> None:
    days = {bar.date: bar.close for bar in history(client, AAPL, "FEE_RATE", "1 day", "5 D")}
    hours = history(client, AAPL, "FEE_RATE", "1 hour", "3 D")
    assert len(hours) > 15
    assert len({bar.date[:8] for bar in hours}) >= 3
    assert all(bar.open == days[bar.date[:8]] == bar.close for bar in hours)
    week = history(client, AAPL, "FEE_RATE", "1W", "1 M")[-1]
    assert week.low <= days[week.date] <= week.high
    assert history(client, SWISS, "FEE_RATE", "1 day", "3 D")[-1].close != list(days.values())[-1]


# ---------------------------------------------------------------- what is refused, what is the same


def test_adjusted_trades_are_trades_up_to_now(client: Client) -> None:
    wanted = history(client, AAPL, "TRADES", "1 day", "5 D")
    assert history(client, AAPL, "ADJUSTED_LAST", "1 day", "5 D") == wanted
    end = "20260410 16:00:00 US/Eastern"
    client.send(ReqHistoricalData(2, AAPL, end, "1 day", "5 D", 1, "ADJUSTED_LAST"))
    text = "Error validating request.-'bN' : cause - End date not supported with adjusted last"
    assert client.errors() == [(2, 321, text)]


NO_DATA = "Historical Market Data Service error message:HMDS query returned no data: "


@pytest.mark.parametrize(
    ("contract", "what", "told"),
    [
        (SPX, "FEE_RATE", "SPX@CBOE FEE_RATE"),
        (AAPL, "YIELD_BID", "AAPL@SMART YIELD_BID"),
        (GC, "HISTORICAL_VOLATILITY", "GC@COMEX HISTORICAL_VOLATILITY"),
        (SPX, "ADJUSTED_LAST", "SPX@CBOE ADJUSTED_LAST"),
    ],
)
def test_what_there_is_not_is_named(
    client: Client, contract: Contract, what: str, told: str
) -> None:
    assert history(client, contract, what, "1 day", "5 D") == (162, NO_DATA + told)


# ---------------------------------------------------------------- regular sessions


def minutes(client: Client, span: str) -> list[Any]:
    return list(history(client, GC, "TRADES", "1 min", span))


@pytest.mark.parametrize("size", ["1 hour", "2 hours", "4 hours"])
def test_long_bars_of_a_regular_session_are_those_of_its_minutes(client: Client, size: str) -> None:
    step = int(size[0]) * 3600
    found = history(client, GC, "TRADES", size, "1 D")
    whole = history(client, GC, "TRADES", size, "1 D", 0)
    assert len(found) < len(whole)
    rest = minutes(client, "1 D")
    for bar in found:
        begins = at(bar.date[:17]) // SECOND
        ends = begins - begins % step + step
        inside = [one for one in rest if begins <= at(one.date[:17]) // SECOND < ends]
        assert bar.open == inside[0].open and bar.close == inside[-1].close
        assert (bar.high, bar.low) == (max(o.high for o in inside), min(o.low for o in inside))
        assert bar.volume == sum(one.volume for one in inside)
        assert bar.barCount == sum(one.barCount for one in inside)
        traded = sum(float(o.wap) * float(o.volume) for o in inside)
        assert float(bar.wap) == pytest.approx(traded / float(bar.volume), abs=1e-3)
    assert sum(bar.volume for bar in found) <= sum(one.volume for one in rest)


@pytest.mark.long
def test_days_of_regular_sessions_leave_the_night_out(client: Client) -> None:
    found = history(client, GC, "TRADES", "1 day", "3 D")
    whole = history(client, GC, "TRADES", "1 day", "3 D", 0)
    assert [bar.date for bar in found] == [bar.date for bar in whole]
    assert all(some.volume < every.volume for some, every in zip(found, whole))
    last = [one for one in minutes(client, "1 D") if one.date[:8] == found[-1].date]
    assert (found[-1].open, found[-1].close) == (last[0].open, last[-1].close)
    assert found[-1].volume == sum(one.volume for one in last)


@pytest.mark.long
def test_weeks_are_made_of_such_days(client: Client) -> None:
    days = history(client, GC, "MIDPOINT", "1 day", "1 M")
    week = history(client, GC, "MIDPOINT", "1W", "3 W")[-2]
    place = next(place for place, day in enumerate(days) if day.date == week.date)
    inside = days[place - 4 : place + 1]
    assert (week.open, week.close) == (inside[0].open, inside[-1].close)
    assert (week.high, week.low) == (max(d.high for d in inside), min(d.low for d in inside))


def test_a_share_whose_tape_has_nothing_else_is_as_before(client: Client) -> None:
    for size, span in (("1 hour", "2 D"), ("1 day", "5 D"), ("1W", "3 W")):
        every = history(client, SWISS, "TRADES", size, span, 0)
        assert isinstance(every, list) and every
        assert history(client, SWISS, "TRADES", size, span) == every


def test_a_long_bar_that_is_kept_up_to_date_is_the_one_of_the_history(client: Client) -> None:
    hall = client.hall
    line = hall.client(7)
    line.send(ReqHistoricalData(1, GC, "", "1 hour", "1 D", 1, "TRADES", 1, keepUpToDate=True))
    hall.wait(90)  # gold prints a few times a minute
    grown = line.of(HistoricalDataUpdate)[-1].historicalDataBar
    assert history(client, GC, "TRADES", "1 hour", "1 D")[-1] == grown


def test_a_line_tells_the_yields_that_the_bars_have() -> None:
    from papertape.wire.catalogue.market import ReqMktData, TickPrice
    from server.by_kind import KINDS
    from server.test_every_kind import hall

    house = hall()
    client = house.client(1)
    client.send(ReqMktData(1, BOND))
    client.send(ReqMktData(2, KINDS["STK"]))
    got = client.of(TickPrice)
    assert not {one.tickType for one in got if one.reqId == 2} & {50, 51, 52}
    told = {one.tickType: one.price for one in got if one.reqId == 1}
    entry = house.station.venue.instruments.resolve(BOND, now=house.now).instrument
    for tick, price in ((50, 1), (51, 2), (52, 4)):
        units = round(told[price] * entry.scale)
        found = house.market.bond_yield(entry.conId, house.now, units)
        assert told[tick] == pytest.approx(found) and 0.01 < told[tick] < 0.1
    assert told[50] > told[51]
