"""Bars against their slow twin, at every size, over every kind of trading day."""

from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.market.source import PriceBar
from papertape.venue.market.tape import Market
from papertape.venue.reference.times import eastern
from papertape.venue.units import DAY, MINUTE, MONTH, SECOND, WEEK
from venue.days import (
    ANCHOR,
    CURRENCY,
    LENGTH,
    MINUTES,
    RECORDED,
    SYNTHETIC,
    WHATS,
    market,
    slow_bars,
)
from walks import walk

MARKET = market(ANCHOR + 17 * SECOND)  # within a minute: the tape begins with the minute
KINDS = (RECORDED, MINUTES, SYNTHETIC, CURRENCY)
STEPS = (SECOND, 5 * SECOND, 90 * SECOND, MINUTE, 5 * MINUTE, 60 * MINUTE)
STARTS = {
    "recorded day": ANCHOR,
    "first lap's end": ANCHOR + LENGTH - 30 * MINUTE,
    "day's end": ANCHOR + DAY - 30 * MINUTE,
    "mirrored lap": ANCHOR + LENGTH + 77 * MINUTE,
    "day before by minutes": ANCHOR - DAY + 385 * MINUTE,
    "daily bar": ANCHOR - 3 * DAY + 100 * MINUTE,
    "synthetic past": ANCHOR - 40 * DAY,
}


def assert_same(quick: list[PriceBar], slow: list[PriceBar], *, exact: bool) -> None:
    """Equal bars; averages may be estimates where minutes are not made of recorded ticks."""
    assert [bar.start for bar in quick] == [bar.start for bar in slow]
    for one, other in zip(quick, slow, strict=True):
        assert one.low <= one.wap <= one.high or one.wap == -1
        if one.wap != -1:
            assert abs(one.wap - other.wap) <= (1 if exact else one.high - one.low)
        same = ("open", "high", "low", "close", "volume", "count")
        assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]


def assert_averages(quick: list[PriceBar], slow: list[PriceBar], *, exact: bool) -> None:
    """Equal BID_ASK bars, averages as above."""
    for one, other in zip(quick, slow, strict=True):
        assert (one.start, one.high, one.low) == (other.start, other.high, other.low)
        slack = 2 if exact else one.high - one.low
        assert abs(one.open - other.open) <= slack
        assert abs(one.close - other.close) <= slack


@pytest.mark.sample(5)
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("con_id", KINDS)
@tries(6)
@given(data=st.data())
def test_bars_are_those_of_the_ticks(con_id: int, start: int, data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(STEPS))
    what = data.draw(st.sampled_from(WHATS))
    begin = start + data.draw(st.integers(0, 10 * MINUTE))
    end = begin + data.draw(st.integers(1, min(40 * step, 90 * MINUTE)))
    quick = MARKET.bars(con_id, start=begin, end=end, step=step, what=what)
    slow = slow_bars(MARKET, con_id, (begin, end), step, what)
    exact = con_id in (RECORDED, CURRENCY) and begin >= ANCHOR
    compare = assert_averages if what == "BID_ASK" else assert_same
    compare(quick, slow, exact=exact)


@pytest.mark.long
@walk("con_id", KINDS, check=5)
@walk("what", [what for what in WHATS if what != "BID_ASK"])
def test_long_bars_are_made_of_short_ones(con_id: int, what: str) -> None:
    span = {"start": ANCHOR - 3 * DAY, "end": ANCHOR + LENGTH + 100 * MINUTE - 1}
    minutes = MARKET.bars(con_id, step=MINUTE, what=what, **span)
    for step in (5 * MINUTE, 30 * MINUTE, 240 * MINUTE):
        gathered: dict[int, list[PriceBar]] = {}
        for bar in minutes:
            gathered.setdefault(bar.start // step * step, []).append(bar)
        found = MARKET.bars(con_id, step=step, what=what, **span)
        whole = [bar for bar in found if bar.start >= span["start"]]
        assert [bar.start for bar in whole] == [
            start for start in gathered if start >= span["start"]
        ]
        for bar in whole:
            assert_made_of(bar, gathered[bar.start])


@pytest.mark.long
@walk("con_id", KINDS)
@walk("what", [what for what in WHATS if what != "BID_ASK"])
def test_a_day_bar_is_made_of_its_minutes(con_id: int, what: str) -> None:
    now = ANCHOR + 2 * DAY + 61 * SECOND
    days = MARKET.bars(con_id, start=ANCHOR - 6 * DAY, end=now, step=DAY, what=what)
    spans = MARKET.sessions(con_id, ANCHOR - 6 * DAY, now)
    if what == "TRADES" and con_id == CURRENCY:
        assert days == []
        return
    assert [bar.start for bar in days] == [begin for begin, _ in spans]
    for bar, (begin, close) in zip(days, spans, strict=True):
        upto = min(close - 1, now)
        minutes = MARKET.bars(con_id, start=begin, end=upto, step=MINUTE, what=what)
        assert_made_of(bar, minutes)


def assert_made_of(bar: PriceBar, parts: list[PriceBar]) -> None:
    assert bar.open == parts[0].open
    assert bar.close == parts[-1].close
    assert bar.high == max(part.high for part in parts)
    assert bar.low == min(part.low for part in parts)
    if bar.count >= 0:
        assert bar.volume == sum(part.volume for part in parts)
        assert bar.count == sum(part.count for part in parts)


def test_a_bar_ends_with_the_tick_of_the_very_end() -> None:
    end = MARKET.next_tick(RECORDED, ANCHOR + 30 * MINUTE)
    (bar,) = MARKET.bars(RECORDED, start=end - MINUTE, end=end, step=MINUTE, what="BID")
    assert bar.close == MARKET.quote(RECORDED, end).bid


@pytest.mark.parametrize(
    ("step", "period"), [(WEEK, lambda day: day.isocalendar()[:2]), (MONTH, lambda day: day.month)]
)
def test_weeks_and_months_are_those_of_the_calendar_and_carry_their_last_day(
    step: int, period: Any
) -> None:
    span = {"start": ANCHOR - 100 * DAY, "end": ANCHOR - DAY}
    days = MARKET.bars(SYNTHETIC, step=DAY, what="TRADES", **span)
    whole = [list(group) for _, group in groupby(days, key=lambda bar: period(eastern(bar.start)))]
    found = MARKET.bars(SYNTHETIC, step=step, what="TRADES", **span)
    assert [bar.start for bar in found] == [group[-1].start for group in whole]
    for bar, group in zip(found, whole, strict=True):
        assert_made_of(bar, group)


def test_a_running_week_carries_its_latest_day() -> None:
    end = ANCHOR - 30 * DAY + 5 * MINUTE
    *_, day = MARKET.bars(SYNTHETIC, start=end - 20 * DAY, end=end, step=DAY, what="BID")
    *_, week = MARKET.bars(SYNTHETIC, start=end - 20 * DAY, end=end, step=WEEK, what="BID")
    assert (week.start, week.close) == (day.start, day.close)


def test_a_currency_has_no_trades() -> None:
    span = {"start": ANCHOR - DAY, "end": ANCHOR + DAY}
    assert MARKET.bars(CURRENCY, step=60 * MINUTE, what="TRADES", **span) == []


def test_quote_bars_have_no_holes_within_a_day() -> None:
    span = {"start": ANCHOR, "end": ANCHOR + 20 * MINUTE}
    assert len(MARKET.bars(CURRENCY, step=SECOND, what="MIDPOINT", **span)) == 20 * 60


def test_nothing_happens_at_night() -> None:
    night = {"start": ANCHOR - DAY + LENGTH, "end": ANCHOR}
    assert MARKET.bars(SYNTHETIC, step=MINUTE, what="BID", **night) == []


@walk(
    ("step", "what", "problem"),
    [
        (SECOND // 2, "TRADES", "at least one second"),
        (MINUTE, "YIELD_BID", "not one of TRADES"),
        (2 * DAY, "TRADES", "weeks and months"),
    ],
)
def test_refuses_what_is_not_a_bar(step: int, what: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        MARKET.bars(SYNTHETIC, start=ANCHOR, end=ANCHOR + MINUTE, step=step, what=what)


@pytest.mark.long
def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    spans = [(ANCHOR + offset * DAY, MINUTE) for offset in (5, -9, 0, 2, -1)]

    def ask(source: Market, order: list[tuple[int, int]]) -> dict[int, list[PriceBar]]:
        return {
            start: source.bars(
                SYNTHETIC, start=start, end=start + 9 * MINUTE, step=step, what="ASK"
            )
            for start, step in order
        }

    assert ask(market(), spans) == ask(market(), spans[::-1])
