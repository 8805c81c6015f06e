"""Splits and dividends that come after the recorded day, while a market goes on."""

from datetime import date

import pytest

from papertape.venue.market.actions import (
    Action,
    ActionsAhead,
    Dividend,
    NewSymbol,
    Split,
    TickerChange,
)
from papertape.venue.market.recorded import Recorded, Recording
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.calendars import Calendar, calendar
from papertape.venue.reference.times import EASTERN
from papertape.venue.units import DAY, MINUTE
from venue.days import ANCHOR, LENGTH, daily_bars, small_day

CON_ID = 756733
SPLIT = Split(20131010, 7, 1)
PAID = Dividend(20131009, 250_000)


def play(*actions: Action, hours: Calendar | None = None, **kept: object) -> Market:
    days = {"ticks": small_day(), "dates": (20131004, 20131007), **kept}
    recorded = Recorded(actions=actions, **days)  # type: ignore[arg-type]
    recording = Recording(CON_ID, lambda: recorded, LENGTH)
    calendars = {} if hours is None else {CON_ID: hours}
    return open_market(ANCHOR, recordings=[recording], synthetic={}, calendars=calendars)


def times(market: Market) -> list[int]:
    """When what is to come does."""
    found: list[int] = []
    while (one := market.actions_ahead(CON_ID, found[-1] if found else ANCHOR)) is not None:
        found.append(one.time)
    return found


def test_they_come_as_many_days_after_the_recorded_one_as_they_did() -> None:
    market = play(PAID, SPLIT)
    first, second = times(market)
    day = EASTERN.day(ANCHOR)
    assert EASTERN.day(first + 1) == day + 2
    assert EASTERN.day(second + 1) == day + 3
    assert (first + 1 - ANCHOR) % LENGTH == (second + 1 - ANCHOR) % LENGTH == 0
    assert first + 1 - LENGTH < EASTERN.instant(day + 2, 0), "the first lap of that day"
    assert market.actions_ahead(CON_ID, ANCHOR) == ActionsAhead(first, (PAID,))
    assert market.actions_ahead(CON_ID, second) is None


def test_what_was_before_is_not_to_come() -> None:
    assert (
        times(play(Split(20131007, 2, 1), Dividend(20131001, 5), TickerChange(20131007, "X"))) == []
    )
    assert play().actions_ahead(1, 0) is None


def test_new_symbols_come_as_the_next_row_or_the_contract_tells_them() -> None:
    market = play(TickerChange(20131101, "X"), TickerChange(20131201, "Y"))
    first, second = times(market)
    assert market.actions_ahead(CON_ID, ANCHOR) == ActionsAhead(first, (NewSymbol(20131101, "Y"),))
    assert market.actions_ahead(CON_ID, first) == ActionsAhead(second, (NewSymbol(20131201),))
    day = EASTERN.day(ANCHOR)
    assert [EASTERN.day(one + 1) - day for one in (first, second)] == [25, 55]


def test_from_the_split_on_prices_are_in_new_shares() -> None:
    plain, market = play(), play(SPLIT)
    (last,) = times(market)
    assert market.quote(CON_ID, last) == plain.quote(CON_ID, last)
    for at in (last + 1, last + 7 * MINUTE, last + 1 + LENGTH, last + 3 * LENGTH):
        old, new = plain.quote(CON_ID, at), market.quote(CON_ID, at)
        assert (new.time, new.bidSize, new.askSize) == (old.time, old.bidSize, old.askSize)
        assert new.bid == pytest.approx(old.bid / 7, abs=50)
        assert new.bid % 100 == new.ask % 100 == 0, "on the step of prices"
    day, was = market.day(CON_ID, last + MINUTE), plain.day(CON_ID, last + MINUTE)
    assert day.last == pytest.approx(was.last / 7, abs=50)
    assert day.close == pytest.approx(was.close / 7, abs=50), "brought to the new shares"
    assert market.day(CON_ID, last + 1 + LENGTH).close == pytest.approx(
        plain.day(CON_ID, last + 1 + LENGTH).close / 7, abs=50
    )


def test_ticks_and_bars_of_a_divided_day_agree() -> None:
    plain, market = play(), play(Split(20131008, 3, 2))
    (last,) = times(market)
    ticks = list(market.ticks(CON_ID, last, last + LENGTH))
    prints = [one.price for one in ticks if isinstance(one, Print)]
    quotes = [one for one in ticks if isinstance(one, Quote)]
    assert prints
    assert all(one.bid <= one.ask for one in quotes)
    (bar,) = market.bars(CON_ID, start=last + 1, end=last + LENGTH, step=DAY, what="TRADES")
    assert (bar.open, bar.close) == (prints[0], prints[-1])
    assert (bar.high, bar.low) == (max(prints), min(prints))
    (was,) = plain.bars(CON_ID, start=last + 1, end=last + LENGTH, step=DAY, what="TRADES")
    assert (bar.volume, bar.count) == (was.volume, was.count), "sizes stay"
    assert bar.wap == pytest.approx(was.wap * 2 / 3, abs=2)


def test_what_comes_at_one_instant_comes_together_the_dividend_first() -> None:
    market = play(SPLIT, Dividend(20131010, 5))
    (at,) = times(market)
    assert market.actions_ahead(CON_ID, 0) == ActionsAhead(at, (Dividend(20131010, 5), SPLIT))


def test_two_splits_multiply() -> None:
    plain, market = play(), play(Split(20131008, 2, 1), Split(20131010, 1, 6))
    _, last = times(market)
    assert market.quote(CON_ID, last + 1).bid == pytest.approx(
        plain.quote(CON_ID, last + 1).bid * 3, abs=50
    )


def test_with_the_hours_of_an_exchange_they_come_with_the_session() -> None:
    hours = calendar("US")
    market = play(SPLIT, Dividend(20131012, 1), hours=hours)
    split, paid = times(market)
    first = hours.session(hours.current(ANCHOR)).day
    assert split + 1 == hours.session(hours.number(first + 3)).begins
    assert paid + 1 == hours.session(hours.number(first + 5)).begins
    assert date.fromordinal(first).isoformat() == "2023-11-14", "five days later is a Sunday"


def test_daily_bars_alone_go_on_in_new_shares() -> None:
    kept = {"ticks": None, "daily": daily_bars(), "dates": (20131002, 20131003, 20131004)}
    plain, market = play(**kept), play(Split(20131005, 4, 1), **kept)
    last = market.actions_ahead(CON_ID, 0)
    assert last is not None
    assert last.time + 1 == ANCHOR
    assert market.quote(CON_ID, ANCHOR).bid == pytest.approx(
        plain.quote(CON_ID, ANCHOR).bid / 4, abs=50
    )


def test_an_old_history_that_is_brought_to_today_has_none() -> None:
    recorded = Recorded(daily=daily_bars(), dates=(20131002, 20131003, 20131004), actions=(SPLIT,))
    recording = Recording(CON_ID, lambda: recorded, LENGTH, brought=True)
    market = open_market(ANCHOR, recordings=[recording])
    assert market.actions_ahead(CON_ID, 0) is None


def test_dividends_that_were_and_will_be_are_known() -> None:
    market = play(PAID, Dividend(20131001, 5), SPLIT)
    day = EASTERN.day(ANCHOR)
    known = [(one.day, one.amount) for one in market.dividends(CON_ID)]
    assert known == [(day - 6, 5), (day + 2, 250_000)]
    assert [EASTERN.day(one.begins) for one in market.dividends(CON_ID)] == [day - 6, day + 2]
    assert market.dividends(1) == ()
