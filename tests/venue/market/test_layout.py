"""Days in the sessions of their exchange: real hours, nights, holidays and half days."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.market.layout import Laps, SessionDays
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.calendars import calendar
from papertape.venue.reference.times import EASTERN
from papertape.venue.units import DAY, MINUTE, SECOND
from venue.days import CURRENCY, LENGTH, MINUTES, RECORDED, SYNTHETIC, WHATS, market, slow_bars
from venue.market.test_bars import assert_averages, assert_same
from venue.scenario import at
from walks import walk

WEDNESDAY = at("20261125 11:00:00")  # before Thanksgiving and the half day after it
MARKET = market(WEDNESDAY, exchange=True)
KINDS = (RECORDED, MINUTES, SYNTHETIC, CURRENCY)
instants = st.integers(WEDNESDAY - 12 * DAY, WEDNESDAY + 12 * DAY)

ANCHORS = [
    # when the station was first started, the first instant of day 0
    ("20261125 11:00:00", "20261125 09:30:00"),
    ("20261125 03:00:00", "20261125 09:30:00"),
    ("20261125 19:59:59", "20261125 09:30:00"),
    ("20261125 20:00:00", "20261127 09:30:00"),
    ("20261128 12:00:00", "20261130 09:30:00"),
]


@pytest.mark.sample(3)
@pytest.mark.parametrize(("anchor", "begins"), ANCHORS)
def test_the_recorded_day_stands_in_the_session_of_the_anchor(anchor: str, begins: str) -> None:
    source = market(at(anchor), exchange=True)
    first = next(source.ticks(RECORDED, at(begins) - 1, at(begins) + SECOND))
    day = market(at(begins))
    assert first == day.quote(RECORDED, at(begins))
    later = at(begins) + 100 * MINUTE
    assert source.quote(RECORDED, later) == day.quote(RECORDED, later)


@walk("hour", [f"{hour:02}:{minute}" for hour in range(24) for minute in (0, 30)], check=7)
@walk("day", ["20260301", "20260701", "20261130"])
def test_each_past_day_has_a_date_of_its_own_whenever_a_station_began(day: str, hour: str) -> None:
    hours, minutes = hour.split(":")
    laps = Laps(at(f"{day} {hours}:{int(minutes):02}:00"), DAY)
    dates = [EASTERN.day(laps.dated(number)) for number in range(-800, 1)]
    assert dates == list(range(dates[-1] - 800, dates[-1] + 1))


def test_sessions_of_a_week_with_a_holiday() -> None:
    spans = MARKET.sessions(SYNTHETIC, at("20261123 00:00:00"), at("20261130 23:00:00"))
    assert spans == [
        (at(f"{day} 04:00:00"), at(f"{day} {end}:00"))
        for day, end in [
            ("20261123", "20:00"), ("20261124", "20:00"), ("20261125", "20:00"),
            ("20261127", "17:00"), ("20261130", "20:00"),
        ]
    ]  # fmt: skip
    recorded = MARKET.sessions(MINUTES, at("20261127 00:00:00"), at("20261127 23:00:00"))
    assert recorded == [(at("20261127 09:30:00"), at("20261127 13:00:00"))]


def test_currencies_trade_from_the_evening_before() -> None:
    spans = MARKET.sessions(CURRENCY, at("20261127 12:00:00"), at("20261130 18:00:00"))
    assert spans == [
        (at("20261126 17:15:00"), at("20261127 17:00:00")),
        (at("20261129 17:15:00"), at("20261130 17:00:00")),
        (at("20261130 17:15:00"), at("20261201 17:00:00")),
    ]


@walk(("con_id", "close", "opens"), [
    (RECORDED, "20261125 16:00:00", "20261127 09:30:00"),
    (RECORDED, "20261127 13:00:00", "20261130 09:30:00"),
    (MINUTES, "20261125 16:00:00", "20261127 09:30:00"),
    (MINUTES, "20261127 13:00:00", "20261130 09:30:00"),
    (SYNTHETIC, "20261125 20:00:00", "20261127 04:00:00"),
    (SYNTHETIC, "20261127 17:00:00", "20261130 04:00:00"),
])  # fmt: skip
def test_nothing_ticks_while_it_is_closed(con_id: int, close: str, opens: str) -> None:
    assert not list(MARKET.ticks(con_id, at(close) - 1, at(opens) - 1))
    assert MARKET.next_tick(con_id, at(close) - 1) == at(opens)
    assert MARKET.next_tick(con_id, at(close) + 7 * MINUTE) == at(opens)
    last = MARKET.quote(con_id, at(close) - 1)
    assert MARKET.quote(con_id, at(opens) - 1) == last
    assert next(iter(MARKET.ticks(con_id, last.time - 1, at(opens) - 1))) == last
    assert MARKET.quote(con_id, at(opens)).time == at(opens)
    assert MARKET.day(con_id, at(opens) - 1) == MARKET.day(con_id, at(close) - 1)


@walk(("con_id", "opens"), [
    (RECORDED, "09:30:00"), (MINUTES, "09:30:00"), (SYNTHETIC, "04:00:00"),
], check=2)  # fmt: skip
@pytest.mark.long
def test_a_half_day_ends_at_one(con_id: int, opens: str) -> None:
    """What has hours around the session goes on until five; its close is that of one o'clock."""
    begin, close = at(f"20261127 {opens}"), at("20261127 13:00:00")
    session = close
    if con_id == SYNTHETIC:
        close = at("20261127 17:00:00")
    prints = [t for t in MARKET.ticks(con_id, begin - 1, close + DAY) if isinstance(t, Print)]
    stats = MARKET.day(con_id, close + MINUTE)
    assert (stats.open, stats.last) == (prints[0].price, prints[-1].price)
    assert stats.volume == sum(one.size for one in prints)
    last = [one for one in prints if one.time < session][-1]
    assert MARKET.day(con_id, at("20261130 09:30:00")).close == last.price
    (bar,) = MARKET.bars(con_id, start=begin, end=close + DAY, step=DAY, what="TRADES")
    assert (bar.start, bar.open, bar.close) == (begin, prints[0].price, prints[-1].price)
    assert (bar.volume, bar.count) == (stats.volume, len(prints))


@pytest.mark.parametrize("con_id", KINDS)
@tries(25)
@given(after=instants, spans=st.lists(st.integers(0, 5 * MINUTE), min_size=1, max_size=3))
def test_ticks_come_in_order_and_once(con_id: int, after: int, spans: list[int]) -> None:
    edges = [after]
    for span in spans:
        edges.append(edges[-1] + span)
    parts = [tick for one, two in pairwise(edges) for tick in MARKET.ticks(con_id, one, two)]
    assert parts == list(MARKET.ticks(con_id, after, edges[-1]))
    times = [tick.time for tick in parts]
    assert times == sorted(times)
    spans_of = MARKET.sessions(con_id, after, edges[-1])
    assert all(any(begin <= time < end for begin, end in spans_of) for time in times)


@pytest.mark.parametrize("con_id", KINDS)
@tries(25)
@given(now=instants)
def test_quote_and_next_tick_are_those_of_the_ticks(con_id: int, now: int) -> None:
    following = MARKET.next_tick(con_id, now)
    assert following is not None
    assert following > now
    assert [tick.time for tick in MARKET.ticks(con_id, now, following)][:1] == [following]
    quote = MARKET.quote(con_id, now)
    seen = [tick for tick in MARKET.ticks(con_id, quote.time - 1, now) if isinstance(tick, Quote)]
    assert seen == [quote]


@pytest.mark.parametrize("con_id", KINDS)
@tries(8)
@given(data=st.data())
def test_bars_are_those_of_the_ticks(con_id: int, data: st.DataObject) -> None:
    step = data.draw(st.sampled_from((5 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 60 * MINUTE)))
    what = data.draw(st.sampled_from(WHATS))
    edge = data.draw(
        st.sampled_from(("20261125 15:30:00", "20261127 12:30:00", "20261127 16:30:00"))
    )
    begin = at(edge) + data.draw(st.integers(0, 10 * MINUTE))
    end = begin + data.draw(st.integers(1, min(40 * step, 90 * MINUTE)))
    quick = MARKET.bars(con_id, start=begin, end=end, step=step, what=what)
    slow = slow_bars(MARKET, con_id, (begin, end), step, what)
    compare = assert_averages if what == "BID_ASK" else assert_same
    compare(quick, slow, exact=con_id in (RECORDED, CURRENCY))


@pytest.mark.parametrize("con_id", KINDS)
@tries(15)
@given(now=instants, days=st.integers(1, 6))
def test_trading_start_counts_sessions(con_id: int, now: int, days: int) -> None:
    start = MARKET.trading_start(con_id, now, days)
    begun = [begin for begin, _ in MARKET.sessions(con_id, start, now) if begin < now]
    assert (begun[0], len(begun)) == (start, days)
    regular = MARKET.trading_start(con_id, now, days, regular=True)
    inside = MARKET.tape(con_id).regular
    begun = [
        span[0]
        for number in range(
            MARKET.tape(con_id).number(regular), MARKET.tape(con_id).number(now) + 1
        )
        if (span := inside(number)) and span[0] < now
    ]
    assert len(begun) == days and begun[0] >= regular


@pytest.mark.parametrize("since", ["20261124 00:00:00", "20261124 09:30:00"])
def test_the_first_hour_begins_with_the_day(since: str) -> None:
    span = {"start": at(since), "end": at("20261124 23:00:00")}
    found = MARKET.bars(MINUTES, step=60 * MINUTE, what="TRADES", **span)
    hours = ("09:30", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00")
    assert [bar.start for bar in found] == [at(f"20261124 {hour}:00") for hour in hours]
    half = MARKET.bars(MINUTES, step=30 * MINUTE, what="TRADES", **span)
    assert (found[0].open, found[0].volume) == (half[0].open, half[0].volume)
    assert found[1].volume == half[1].volume + half[2].volume


def test_a_day_of_currencies_has_the_date_on_which_it_ends() -> None:
    span = {"start": at("20261123 00:00:00"), "end": at("20261129 18:00:00")}
    found = MARKET.bars(CURRENCY, step=DAY, what="MIDPOINT", **span)
    days = ("20261123", "20261124", "20261125", "20261126", "20261127", "20261130")
    # Sunday evening is Monday already.
    assert [bar.start for bar in found] == [at(f"{day} 00:00:00") for day in days]
    weeks = MARKET.bars(CURRENCY, step=7 * DAY, what="MIDPOINT", **span)
    assert [bar.start for bar in weeks] == [at("20261127 00:00:00"), at("20261130 00:00:00")]


def test_days_before_the_anchor_are_sessions_too() -> None:
    found = MARKET.bars(
        RECORDED, start=at("20261101 00:00:00"), end=WEDNESDAY, step=DAY, what="TRADES"
    )
    us = calendar("US")
    numbers = range(us.current(at("20261101 00:00:00")), us.current(WEDNESDAY) + 1)
    assert [bar.start for bar in found] == [us.session(number).begins for number in numbers]
    assert MARKET.head(RECORDED) == us.session(us.current(WEDNESDAY) - 4).begins


def test_a_recorded_day_of_the_whole_session_begins_with_the_pre_market() -> None:
    whole = SessionDays(WEDNESDAY, 16 * 60 * MINUTE, calendar("US"))
    assert whole.start(0) == at("20261125 04:00:00")
    assert whole.start(1) + whole.span(1) == at("20261127 17:00:00")
    regular = SessionDays(WEDNESDAY, LENGTH, calendar("US"))
    assert regular.start(0) == at("20261125 09:30:00")
