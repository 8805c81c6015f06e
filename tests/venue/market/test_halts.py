"""Halts over a market that goes on: nothing of them is seen in quotes, trades, days and bars."""

import pytest

from papertape.venue.market.halts import ENDLESS, Halt, halts_of
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.prices import Calendars, Prices
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import open_market
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.script import HALTED, QUOTED, RESUMED, TapeMark
from papertape.venue.units import DAY, MINUTE, SECOND, WEEK, Nanos
from venue import kinds
from venue.days import ANCHOR
from venue.scenario import START, SYMBOLS, at

AAPL = SYMBOLS["AAPL"].conId
EUR_USD = 12087792
BEGINS: Nanos = START + 20 * SECOND
ENDS: Nanos = BEGINS + 3 * MINUTE


@pytest.fixture
def tape() -> WorldTape:
    return WorldTape(open_market(START - 10 * MINUTE, seed=3))


def halt(tape: WorldTape, con_id: int = AAPL, *spans: tuple[Nanos, Nanos]) -> None:
    marks = [
        mark
        for begins, ends in spans or ((BEGINS, ENDS),)
        for mark in (TapeMark(begins, HALTED), TapeMark(ends, RESUMED))
    ]
    tape.lay(con_id, marks)


def test_the_market_goes_on_after_a_halt(tape: WorldTape) -> None:
    halt(tape)
    below = tape.below
    assert tape.quote(AAPL, BEGINS - 1) == below.quote(AAPL, BEGINS - 1)
    assert tape.quote(AAPL, BEGINS) == tape.quote(AAPL, ENDS - 1) == Quote(AAPL, BEGINS, 0, 0, 0, 0)
    after = tape.quote(AAPL, ENDS)
    assert (after.time, after.bid) == (ENDS, below.quote(AAPL, ENDS).bid)
    assert tape.quote(AAPL, ENDS + MINUTE) == below.quote(AAPL, ENDS + MINUTE)
    assert tape.depth(AAPL, BEGINS, 5).bids == () != tape.depth(AAPL, ENDS, 5).bids
    assert tape.halts(AAPL) == [Halt(BEGINS, ENDS, 1)]


def test_regular_sessions_are_told_where_no_halt_is_near() -> None:
    """What a tape tells of them is told through a halt on another day, and through a world."""
    opens = at("20260413 09:30:00")
    prices = Prices(CATALOGUE)
    hours = Calendars(CATALOGUE, prices)
    below = open_market(opens, synthetic=prices, seed=3, calendars=hours)
    tape = WorldTape(below)
    span = {"start": opens - 5 * DAY, "end": opens + DAY, "what": "TRADES"}
    plain = below.regular_days(AAPL, **span)
    assert plain and tape.regular_days(AAPL, **span) == plain
    halt(tape, AAPL, (opens + 60 * MINUTE, opens + 120 * MINUTE))
    assert tape.regular_days(AAPL, **span) is None
    before = {**span, "end": opens - DAY}
    assert tape.regular_days(AAPL, **before) == below.regular_days(AAPL, **before) != []


def test_ticks_leave_a_halt_out(tape: WorldTape) -> None:
    halt(tape)
    after, until = BEGINS - MINUTE, ENDS + MINUTE
    found = list(tape.ticks(AAPL, after, until))
    within = [tick for tick in found if BEGINS <= tick.time < ENDS]
    assert within == [Quote(AAPL, BEGINS, 0, 0, 0, 0)]
    rest = [tick for tick in found if not BEGINS <= tick.time <= ENDS]
    plain = tape.below.ticks(AAPL, after, until)
    assert rest == [tick for tick in plain if not BEGINS <= tick.time <= ENDS]
    at, dues = after, []
    while (due := tape.next_tick(AAPL, at)) is not None and due <= until:
        dues.append(due)
        at = due
    assert dues == sorted({tick.time for tick in found})
    for cut in (BEGINS - 1, BEGINS, BEGINS + 1, ENDS - 1, ENDS, ENDS + 1):
        parts = [*tape.ticks(AAPL, after, cut), *tape.ticks(AAPL, cut, until)]
        assert parts == found


@pytest.mark.parametrize("step", [5 * SECOND, MINUTE, 5 * MINUTE, DAY])
def test_bars_are_those_of_the_ticks_that_happened(tape: WorldTape, step: Nanos) -> None:
    second = ENDS + 5 * MINUTE + 7 * SECOND
    halt(tape, AAPL, (BEGINS, ENDS), (second, second + 90 * SECOND))
    start, end = START - 10 * MINUTE, START + 20 * MINUTE
    found = tape.bars(AAPL, start=start, end=end, step=step, what="TRADES")
    prints = [t for t in tape.ticks(AAPL, start - 1, end) if isinstance(t, Print)]
    assert sum(bar.volume for bar in found) == sum(one.size for one in prints)
    assert sum(bar.count for bar in found) == len(prints)
    assert max(bar.high for bar in found) == max(one.price for one in prints)
    assert (found[0].open, found[-1].close) == (prints[0].price, prints[-1].price)
    if step < DAY:
        by_start: dict[Nanos, list[Print]] = {}
        for one in prints:
            by_start.setdefault(one.time // step * step, []).append(one)
        assert [bar.start for bar in found] == list(by_start)
        for bar, some in zip(found, by_start.values()):
            prices = [one.price for one in some]
            assert (bar.open, bar.high, bar.low, bar.close) == (
                prices[0], max(prices), min(prices), prices[-1],
            )  # fmt: skip


def test_the_day_has_what_happened(tape: WorldTape) -> None:
    halt(tape)
    begin = START - 10 * MINUTE
    for now in (BEGINS - 1, BEGINS, ENDS - 1, ENDS, ENDS + 10 * MINUTE):
        day = tape.day(AAPL, now)
        prints = [t for t in tape.ticks(AAPL, begin - 1, now) if isinstance(t, Print)]
        assert day.volume == sum(one.size for one in prints)
        assert (day.high, day.low) == (
            max(one.price for one in prints), min(one.price for one in prints),
        )  # fmt: skip
        last = prints[-1]
        assert (day.last, day.lastSize, day.lastTime) == (last.price, last.size, last.time)
        assert day.halted == (1 if BEGINS <= now < ENDS else 0)
        assert day.close == tape.below.day(AAPL, now).close


def test_a_day_that_ends_in_a_halt_has_the_last_price_before_as_its_close(
    tape: WorldTape,
) -> None:
    (begin, end) = tape.sessions(AAPL, START, START)[0]
    halt(tape, AAPL, (end - 5 * MINUTE, end + MINUTE))
    last = tape.day(AAPL, end - 5 * MINUTE).last
    assert tape.day(AAPL, end - 1).last == last
    assert tape.day(AAPL, end + 5 * MINUTE).close == last
    week = tape.bars(AAPL, start=begin - 7 * DAY, end=end - 1, step=WEEK, what="TRADES")[-1]
    assert week.close == last


def test_a_halt_without_an_end_lasts(tape: WorldTape) -> None:
    tape.lay(AAPL, [TapeMark(BEGINS, HALTED, 2)])
    assert tape.day(AAPL, BEGINS + MINUTE).halted == 2
    assert tape.next_tick(AAPL, BEGINS) is None
    assert tape.halts(AAPL)[0].ends == ENDLESS
    assert [t.time for t in tape.ticks(AAPL, BEGINS - 1, ENDS)] == [BEGINS]


def test_a_pair_without_trades_halts_too(tape: WorldTape) -> None:
    halt(tape, EUR_USD)
    assert tape.quote(EUR_USD, BEGINS).bid == 0
    day = tape.day(EUR_USD, ENDS + MINUTE)
    assert day.volume == 0 and day.low and day.low <= day.high
    bars = tape.bars(EUR_USD, start=START, end=ENDS, step=MINUTE, what="MIDPOINT")
    assert [(bar.start - START) // MINUTE for bar in bars] == [0, 3]


def test_options_halt_with_what_they_are_on() -> None:
    tape = WorldTape(kinds.market())
    begins = ANCHOR + MINUTE
    halt(tape, kinds.STOCK, (begins, begins + MINUTE))
    for option in (kinds.CALL, kinds.PUT):
        assert tape.quote(option, begins).ask == 0 != tape.quote(option, begins - 1).ask
        assert (tape.day(option, begins).halted, tape.halts(option)[0].begins) == (1, begins)
    for other in (kinds.INDEX_CALL, kinds.OTHER):
        assert tape.quote(other, begins) == tape.below.quote(other, begins)
        assert not tape.halts(other)


def test_what_a_world_writes_later_begins_with_it(tape: WorldTape) -> None:
    marks = [
        TapeMark(BEGINS, HALTED), TapeMark(ENDS, RESUMED),
        TapeMark(ENDS + MINUTE, QUOTED, 10, 1, 12, 1),
    ]  # fmt: skip
    tape.lay(AAPL, marks)
    assert tape.quote(AAPL, BEGINS).bid == 0
    assert tape.quote(AAPL, ENDS).bid == tape.below.quote(AAPL, ENDS).bid
    assert tape.quote(AAPL, ENDS + MINUTE).bid == 10
    assert tape.halts(AAPL)[0] == Halt(BEGINS, ENDS, 1)


def test_many_halts_are_found_as_one_by_one() -> None:
    marks = [mark for n in range(1, 60) for mark in (TapeMark(10 * n, HALTED),
             TapeMark(10 * n + n % 10 + 1, RESUMED))]  # fmt: skip
    found = halts_of(marks)
    for begin in range(0, 620, 3):
        for end in (begin, begin + 1, begin + 4, begin + 25, begin + 300):
            assert found.within(begin, end) == [
                one for one in found.spans if one.begins < end and one.ends > begin
            ], (begin, end)
        over = [one.ends for one in found.spans if one.ends <= begin]
        assert found.ended(begin) == (over[-1] if over and not found.at(begin) else 0)
        later = [one.begins for one in found.spans if one.begins > begin]
        assert found.next(begin) == (later[0] if later else None)


def test_marks_of_halts_that_say_nothing_new_are_none() -> None:
    marks = (
        TapeMark(1, RESUMED), TapeMark(2, HALTED), TapeMark(3, HALTED, 2), TapeMark(4, RESUMED),
        TapeMark(5, RESUMED),
    )  # fmt: skip
    assert halts_of(marks).spans == [Halt(2, 4, 1)]
