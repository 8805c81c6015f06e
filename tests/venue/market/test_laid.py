"""A tape that a world writes over a market: where it begins, what it says, what stays as it was."""

import pytest

from papertape.venue.market.laid import WorldTape
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import open_market
from papertape.venue.market.written import WrittenLine
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.script import HALTED, QUOTED, RESUMED, TRADED, TapeMark, laid
from papertape.venue.units import DAY, MINUTE, SECOND, Nanos
from venue.scenario import START, SYMBOLS

AAPL = SYMBOLS["AAPL"].conId
MSFT = SYMBOLS["MSFT"].conId
OWN = 5
"""A contract that no market has."""
T = START + MINUTE // 2


def quoted(at: Nanos, bid: int, ask: int, **books: object) -> TapeMark:
    return TapeMark(at, QUOTED, bid, 100, ask, 200, **books)  # type: ignore[arg-type]


def traded(at: Nanos, price: int, size: int = 10) -> TapeMark:
    return TapeMark(at, TRADED, price, size)


@pytest.fixture
def tape() -> WorldTape:
    return WorldTape(open_market(START - 10 * MINUTE, seed=3))


def write(tape: WorldTape, con_id: int, *marks: TapeMark) -> list[TapeMark]:
    found = list(marks)
    tape.lay(con_id, found)
    return found


def test_before_the_first_mark_and_beside_it_the_market_is_as_it_was(tape: WorldTape) -> None:
    below = tape.below
    write(tape, AAPL, quoted(T, 1000, 1010))
    for con_id, at in ((AAPL, T - 1), (MSFT, T + 1)):
        assert tape.quote(con_id, at) == below.quote(con_id, at)
        assert tape.day(con_id, at) == below.day(con_id, at)
        assert tape.depth(con_id, at, 5) == below.depth(con_id, at, 5)
    assert tape.quote(AAPL, T) == Quote(AAPL, T, 1000, 100, 1010, 200)
    assert tape.quote(AAPL, T + DAY).time == T


def test_ticks_go_over_from_the_market_to_the_world(tape: WorldTape) -> None:
    write(tape, AAPL, quoted(T, 1000, 1010), traded(T + 5, 1005), quoted(T + 9, 900, 910))
    found = list(tape.ticks(AAPL, T - SECOND, T + 8))
    before = list(tape.below.ticks(AAPL, T - SECOND, T - 1))
    assert found[: len(before)] == before
    assert found[len(before) :] == [
        Quote(AAPL, T, 1000, 100, 1010, 200), Print(AAPL, T + 5, 1005, 10),
    ]  # fmt: skip
    at, dues = T - SECOND, []
    while (due := tape.next_tick(AAPL, at)) is not None:
        dues.append(due)
        at = due
    assert dues[-3:] == [T, T + 5, T + 9]
    assert dues == sorted({tick.time for tick in tape.ticks(AAPL, T - SECOND, T + DAY)})


def test_the_day_counts_what_the_world_prints(tape: WorldTape) -> None:
    write(tape, AAPL, quoted(T, 1, 2), traded(T + 1, 7, 10), traded(T + 2, 5, 20), traded(T + 3, 6))
    day = tape.day(AAPL, T)
    assert (day.last, day.volume, day.close, day.high) == (0, 0, 0, 0)
    day = tape.day(AAPL, T + 3)
    assert (day.open, day.high, day.low, day.last, day.volume) == (7, 7, 5, 6, 40)
    assert (day.lastTime, day.halted) == (T + 3, False)
    write(tape, OWN, traded(T, 7), traded(T + DAY, 9))
    day = tape.day(OWN, T + DAY)
    assert (day.open, day.last, day.close, day.volume) == (9, 9, 7, 10)
    assert tape.day(OWN, T + 3 * DAY).close == 9


def test_a_halt_takes_the_quote_away_and_gives_the_latest_back(tape: WorldTape) -> None:
    write(
        tape, AAPL, quoted(T, 10, 11), TapeMark(T + 1, HALTED), quoted(T + 2, 20, 21),
        TapeMark(T + 3, RESUMED),
    )  # fmt: skip
    assert [tape.quote(AAPL, T + n).bid for n in range(4)] == [10, 0, 0, 20]
    assert [tape.day(AAPL, T + n).halted for n in range(4)] == [False, True, True, False]
    assert [tick.time - T for tick in tape.ticks(AAPL, T - 1, T + 9)] == [0, 1, 3]


def test_a_later_quote_ends_what_was_planned_behind_it() -> None:
    ramp = [quoted(T + n, 10 + n, 11 + n) for n in range(5)]
    halts = [TapeMark(T + 1, HALTED), TapeMark(T + 9, RESUMED)]
    tape = laid(laid(list(ramp), (traded(T + 8, 5),)), tuple(halts))
    assert [mark.time - T for mark in tape] == [0, 1, 1, 2, 3, 4, 8, 9]
    tape = laid(tape, (quoted(T + 2, 1, 2),))
    assert [(mark.time - T, mark.kind) for mark in tape] == [
        (0, QUOTED), (1, QUOTED), (1, HALTED), (2, QUOTED), (8, TRADED), (9, RESUMED),
    ]  # fmt: skip


def test_marks_taken_one_by_one_are_the_same_as_all_at_once() -> None:
    marks: list[TapeMark] = []
    line = WrittenLine(AAPL)
    for n in range(40):
        new = [quoted(T + 10 * n, 10 + n, 11 + n), quoted(T + 10 * n + 25, 1, 2)]
        if n % 7 == 3:
            new = [TapeMark(T + 10 * n, HALTED), TapeMark(T + 10 * n + 15, RESUMED)]
        if n % 5 == 2:
            new = [traded(T + 10 * n, 5)]
        marks = laid(marks, tuple(new))
        line.lay(marks)
        whole = WrittenLine(AAPL)
        whole.lay(list(marks))
        assert list(line.ticks(0, T + DAY)) == list(whole.ticks(0, T + DAY))
        assert [line.state(T + k) for k in range(0, 450, 7)] == [
            whole.state(T + k) for k in range(0, 450, 7)
        ]


def test_bars_come_from_the_world_where_it_begins(tape: WorldTape) -> None:
    write(tape, AAPL, quoted(T, 10, 12), traded(T + 1, 11, 5), traded(T + MINUTE, 13, 5))
    start, end = START - 5 * MINUTE, START + 3 * MINUTE
    found = tape.bars(AAPL, start=start, end=end, step=MINUTE, what="TRADES")
    below = tape.below.bars(AAPL, start=start, end=START, step=MINUTE, what="TRADES")
    assert found[:5] == [bar for bar in below if bar.start < START]
    assert [(bar.start - START, bar.open, bar.volume) for bar in found[5:]] == [
        (0, 11, 5), (MINUTE, 13, 5),
    ]  # fmt: skip
    bids = tape.bars(AAPL, start=START, end=end, step=MINUTE, what="BID")
    assert [bar.close for bar in bids] == [10, 10, 10]
    both = tape.bars(AAPL, start=START, end=end, step=MINUTE, what="BID_ASK")
    assert (both[0].open, both[0].high, both[0].low, both[0].close) == (10, 12, 10, 12)
    day = tape.bars(AAPL, start=START - 3 * DAY, end=end, step=DAY, what="TRADES")[-1]
    assert (day.open, day.close, day.volume) == (11, 13, 10)


def test_the_book_is_what_the_world_says(tape: WorldTape) -> None:
    write(
        tape,
        AAPL,
        quoted(T, 10, 12),
        quoted(T + 1, 10, 12, bids=((10, 5), (9, 6)), asks=((12, 7),)),
    )
    assert [level.price for level in tape.depth(AAPL, T, 5).bids] == [10]
    assert [level.price for level in tape.depth(AAPL, T + 1, 5).bids] == [10, 9]
    assert [level.price for level in tape.depth(AAPL, T + 1, 1).bids] == [10]


def test_a_contract_without_a_market_is_open_at_any_hour(tape: WorldTape) -> None:
    assert OWN not in tape
    write(tape, OWN, quoted(T, 10, 12))
    assert OWN in tape and OWN in set(tape.con_ids())
    assert tape.quote(OWN, T - 1).bid == 0
    assert tape.head(OWN) == T
    assert tape.sessions(OWN, T, T)
    assert tape.volatility(OWN, T) is None and tape.glimpse(OWN, T) is None
    with pytest.raises(KeyError):
        tape.quote(6, T)
    assert CATALOGUE.get(OWN) is None
