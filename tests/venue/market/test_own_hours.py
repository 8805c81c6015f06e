"""What is on an index trades while the index sleeps, and shows its value while it does not."""

import hashlib
import sys
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.model import Contract
from papertape.venue.market.prices import Calendars, Prices
from papertape.venue.market.source import PriceBar, Print, Quote
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.instruments import Instrument, Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE, WEEK, Nanos
from venue.scenario import at
from walks import walk

ANCHOR = at("20261119 20:00:00")  # a Thursday, a week before Thanksgiving
HOUR = 60 * MINUTE
TOLD = "40b8175add2402832ed104bca177b4cdfd9c1637946e0f2c4cad6b9dabb0c8b4"


def found(**words: str | float) -> Instrument:
    listing = CATALOGUE.resolve(Contract(**words), Purpose.QUOTES, ANCHOR)  # type: ignore[arg-type]
    assert isinstance(listing, Listing)
    return listing.instrument


def future(symbol: str, exchange: str, **more: str) -> Instrument:
    return found(
        symbol=symbol, secType="FUT", exchange=exchange, lastTradeDateOrContractMonth="202612",
        **more,
    )  # fmt: skip


SPX = found(symbol="SPX", secType="IND", exchange="CBOE", currency="USD")
ES, MES = future("ES", "CME"), future("MES", "CME")
NIKKEI, DAX = future("N225", "OSE.JPN"), future("DAX", "EUREX", tradingClass="FDAX")
NKD, VIX = future("NKD", "CME"), future("VIX", "CFE")
CFD = found(symbol="IBUS500", secType="CFD", exchange="SMART", currency="USD")
CALL = found(
    symbol="SPX", secType="OPT", exchange="SMART", currency="USD", right="C", strike=6800.0,
    lastTradeDateOrContractMonth="20261217", tradingClass="SPX",
)  # fmt: skip
ON_FUTURE = found(
    symbol="ES", secType="FOP", exchange="CME", currency="USD", right="C", strike=6900.0,
    lastTradeDateOrContractMonth="20261218",
)  # fmt: skip
EVERY = [ES, NIKKEI, DAX, NKD, VIX, CFD, CALL, ON_FUTURE]


def market() -> Market:
    prices = Prices(CATALOGUE)
    return open_market(
        ANCHOR, recordings=(), synthetic=prices, seed=3, calendars=Calendars(CATALOGUE, prices)
    )


MARKET = market()
named = pytest.mark.parametrize(
    "entry", EVERY, ids=lambda one: f"{one.symbol}-{one.secType}-{one.primaryExchange}"
)


def middle(entry: Instrument, now: Nanos) -> float:
    quote = MARKET.quote(entry.conId, now)
    return (quote.bid + quote.ask) / 2 / entry.scale


@named
def test_it_keeps_the_hours_that_its_details_tell(entry: Instrument) -> None:
    calendar = calendar_of(entry)
    first = calendar.current(ANCHOR + DAY // 2)
    sessions = [calendar.session(first + place) for place in range(8)]  # with a half day
    told = MARKET.sessions(entry.conId, sessions[0].opens, sessions[-1].ends - 1)
    ends = [session.ends for session in sessions]
    if entry in (ES, ON_FUTURE, CALL, CFD, VIX):
        assert told == [(session.opens, end) for session, end in zip(sessions, ends)]
    assert [begin for begin, _ in told][:1] == [sessions[0].opens]


@pytest.mark.sample(1, test=5)
@pytest.mark.long
@named
def test_something_ticks_in_every_hour_of_its_own(entry: Instrument) -> None:
    calendar = calendar_of(entry)
    session = calendar.session(calendar.current(ANCHOR + 4 * DAY))
    for begins, ends in session.parts(session.opens, session.ends):
        for hour in range(begins, ends - HOUR, HOUR):
            ticks = MARKET.ticks(entry.conId, hour - 1, hour + HOUR - 1)
            assert len({one.bid for one in ticks if isinstance(one, Quote)}) > 1, hour


def test_a_future_is_its_index_with_carry_while_that_plays() -> None:
    opens = at("20261120 09:30:00")
    for second in range(0, 390 * 60, 137):
        now = opens + second * 1_000_000_000
        spot, traded = middle(SPX, now), middle(ES, now)
        assert traded == pytest.approx(spot * 1.0021, rel=0.0003), now


def test_while_the_index_sleeps_it_stands_and_what_is_on_it_agrees() -> None:
    closed, wakes = at("20261123 16:00:00"), at("20261124 09:30:00")
    assert list(MARKET.ticks(SPX.conId, closed, wakes - 1)) == []
    for hour in range(3, 17):  # behind the pause of Chicago
        now = closed + hour * HOUR
        assert middle(MES, now) == pytest.approx(middle(ES, now), abs=0.5)
        assert middle(NKD, now) == pytest.approx(middle(NIKKEI, now), rel=0.002)
    moved = {middle(ES, closed + hour * HOUR) for hour in range(3, 17)}
    assert len(moved) > 10


def test_a_sleep_ends_at_the_price_that_the_index_wakes_up_with() -> None:
    for wakes in ("20261123 09:30:00", "20261124 09:30:00", "20261127 09:30:00"):
        now = at(wakes)
        before, after = middle(ES, now - 1), middle(ES, now)
        assert abs(after - before) < 0.002 * after


@pytest.mark.sample(1, test=5)
@pytest.mark.long
@named
def test_bars_are_those_of_the_ticks(entry: Instrument) -> None:
    calendar = calendar_of(entry)
    session = calendar.session(calendar.current(at("20261127 12:00:00")))  # a half day in New York
    begins, ends = MARKET.sessions(entry.conId, session.opens, session.opens)[-1]
    con_id = entry.conId
    ticks = list(MARKET.ticks(con_id, begins - 1, ends - 1))
    for step, what in product((MINUTE, 30 * MINUTE, DAY), ("TRADES", "BID")):
        bars = MARKET.bars(con_id, start=begins, end=ends, step=step, what=what)
        if step == DAY:
            bars = bars[:1]
        prices = [
            tick.price if isinstance(tick, Print) else tick.bid
            for tick in ticks
            if isinstance(tick, Print) == (what == "TRADES")
        ]
        assert bars or not prices
        if bars:
            assert max(bar.high for bar in bars) == max(prices)
            assert min(bar.low for bar in bars) == min(prices)
            assert (bars[0].open, bars[-1].close) == (prices[0], prices[-1])
        if what == "TRADES":
            traded = [tick for tick in ticks if isinstance(tick, Print)]
            assert sum(bar.volume for bar in bars) == sum(tick.size for tick in traded)
            check_apart(bars, traded, step)


def check_apart(bars: list[PriceBar], traded: list[Print], step: Nanos) -> None:
    """Each bar of minutes has what was traded in it."""
    if step == DAY:
        return
    for bar in bars[:: max(len(bars) // 40, 1)]:
        there = [one for one in traded if bar.start // step == one.time // step]
        prices = [one.price for one in there if one.time >= bar.start]
        assert (bar.open, bar.high, bar.low, bar.close) == (
            prices[0], max(prices), min(prices), prices[-1]
        )  # fmt: skip


@pytest.mark.sample(1, test=5, quick=3)
@pytest.mark.long
@named
@tries(8)
@given(st.integers(0, 12 * 1440))
def test_a_look_does_not_depend_on_earlier_ones(entry: Instrument, minute: int) -> None:
    now = ANCHOR + minute * MINUTE
    fresh = market()
    assert MARKET.quote(entry.conId, now) == fresh.quote(entry.conId, now)
    assert MARKET.day(entry.conId, now) == fresh.day(entry.conId, now)


def test_where_markets_are_open_at_any_hour_all_on_an_index_play_with_it() -> None:
    always = open_market(ANCHOR, recordings=(), synthetic=Prices(CATALOGUE), seed=3)
    for hour in range(0, 48, 5):
        now = ANCHOR + hour * HOUR
        spot = always.quote(SPX.conId, now).bid / SPX.scale
        assert always.quote(ES.conId, now).bid / ES.scale == pytest.approx(spot * 1.002, rel=0.001)


@pytest.mark.long
def test_not_a_byte_of_what_follows_an_index_has_changed_since_it_was_written_down() -> None:
    told = hashlib.sha256()
    here = market()
    last = found(  # in its last week, when its function is another one every minute
        symbol="SPX", secType="OPT", exchange="SMART", currency="USD", right="P", strike=6800.0,
        lastTradeDateOrContractMonth="20261120", tradingClass="SPXW",
    )  # fmt: skip
    end = ANCHOR + 20 * MINUTE + 7
    for entry in (SPX, ES, VIX, CFD, CALL, last, ON_FUTURE):
        for what in ("TRADES", "BID", "ASK", "MIDPOINT", "BID_ASK"):
            for step, ago in ((DAY, 4 * DAY), (WEEK, 9 * DAY), (MINUTE, DAY), (MINUTE // 2, HOUR)):
                bars = here.bars(entry.conId, start=end - ago, end=end, step=step, what=what)
                told.update(repr(bars).encode())
        told.update(repr(list(here.ticks(entry.conId, end - 20 * MINUTE, end))).encode())
    assert told.hexdigest() == TOLD


MOST_CALLS = 30_000
"""Of functions, in one step: some milliseconds."""


class Calls:
    """Counts calls of functions, which is what work is here."""

    def __init__(self) -> None:
        self.made = 0

    def _count(self, *_: object) -> None:
        self.made += 1

    def of(self, steps: Iterator[None]) -> list[int]:
        """Those of each step."""
        found: list[int] = []
        before, ends = sys.getprofile(), object()
        sys.setprofile(self._count)
        try:
            while (begun := self.made) >= 0 and next(steps, ends) is not ends:
                found.append(self.made - begun)
        finally:
            sys.setprofile(before)
        return found


@pytest.mark.long
@walk("entry", [ES, VIX, CFD, CALL, ON_FUTURE], test=3)
def test_a_day_is_worked_out_in_small_steps_and_then_known(entry: Instrument) -> None:
    """Others wait for the longest step: a day in one piece took them as long as all steps do."""
    fresh, plain = market(), market()
    spans = fresh.sessions(entry.conId, ANCHOR - 5 * DAY, ANCHOR - DAY)
    for begins, ends in spans:
        span = (entry.conId, begins, ends - 1, "TRADES")
        steps = Calls().of(fresh.worked_out(*span, minutes=True))
    assert max(steps) < MOST_CALLS < sum(steps), steps
    assert Calls().of(fresh.worked_out(*span, minutes=True)) == []
    of_minutes = {"start": begins, "end": ends - 1, "step": MINUTE, "what": "TRADES"}
    assert fresh.bars(entry.conId, **of_minutes) == plain.bars(entry.conId, **of_minutes)
