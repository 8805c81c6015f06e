"""What a history request means, and that its parts together are the whole."""

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lanes import thinned
from papertape.server.market_data.bad_request import BadRequest
from papertape.server.market_data.bars import told_bars
from papertape.server.market_data.history import (
    BAR_SIZES,
    FIRST_DATA,
    MAX_BARS,
    bar_step,
    calendar_start,
    check_length,
    days_worked_out,
    duration,
    end_instant,
    part_of_bars,
    parts,
)
from papertape.venue.market.tape import open_market
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE, MONTH, SECOND, WEEK
from venue.scenario import START
from walks import walk

NOW = START
EASTERN = ZoneInfo("US/Eastern")


def refusal(error: pytest.ExceptionInfo[BadRequest]) -> tuple[int, str | None]:
    return error.value.code, error.value.variant


# ---------------------------------------------------------------- texts


@walk(
    ("text", "step"),
    [("1 secs", SECOND), ("30 secs", 30 * SECOND), ("1 min", MINUTE), ("1 hour", 60 * MINUTE),
     ("1 day", DAY), ("1W", WEEK), ("1 week", WEEK), ("1M", MONTH), ("1 month", MONTH),
     (" 5 mins ", 5 * MINUTE)],
)  # fmt: skip
def test_a_bar_size_is_a_step(text: str, step: int) -> None:
    assert bar_step(text) == step


@walk("text", ["", "1 sec", "7 mins", "1 Min", "1 d", "60", "5  mins"])
def test_other_bar_sizes_are_refused_with_the_list(text: str) -> None:
    with pytest.raises(BadRequest) as error:
        bar_step(text)
    assert refusal(error) == (321, "bar_size")


@walk(
    ("text", "meaning"),
    [("60 S", (60, "S")), ("86400 S", (86400, "S")), ("365 D", (365, "D")), ("52 W", (52, "W")),
     ("12 M", (12, "M")), ("68 Y", (68, "Y")), (" 1 D ", (1, "D")), ("30 S", (30, "S")),
     ("3600", (3600, "S")), ("1 d", (1, "D")), ("2 w", (2, "W")), ("3 m", (3, "M")),
     ("1 y", (1, "Y")), ("60 s", (60, "S")), ("007 D", (7, "D"))],
)  # fmt: skip
def test_a_duration_is_a_number_and_a_unit(text: str, meaning: tuple[int, str]) -> None:
    assert duration(text) == meaning


WITHOUT, ILL_FORMED, INVALID = "duration_missing", "duration_form", "duration_invalid"


@walk(
    ("text", "variant"),
    [("", WITHOUT), (" ", WITHOUT), ("1D", ILL_FORMED), ("1  D", ILL_FORMED), ("-1 D", ILL_FORMED),
     ("1.5 D", ILL_FORMED), ("1 X", ILL_FORMED), ("1 day", ILL_FORMED), ("\u0661 D", ILL_FORMED),
     ("0 D", INVALID), ("0", INVALID), ("29 S", INVALID), ("29", INVALID),
     ("2147483648 D", INVALID), ("9" * 5000 + " S", INVALID),
     ("86401 S", "duration_seconds"), ("9999999 S", "duration_seconds"),
     ("366 D", "duration_days"), ("53 W", "duration_weeks"), ("13 M", "duration_months")],
)  # fmt: skip
def test_other_durations_are_refused(text: str, variant: str) -> None:
    with pytest.raises(BadRequest) as error:
        duration(text)
    assert refusal(error) == (321, variant)


def test_more_than_68_years_are_no_time_length_of_the_data_service() -> None:
    with pytest.raises(BadRequest) as error:
        duration("69 Y")
    assert refusal(error) == (162, "too_long")


BACK = """
    20260413 10:00:00 | 1 W  | 20260406 10:00:00
    20260413 10:00:00 | 1 M  | 20260313 10:00:00
    20260331 16:00:00 | 1 M  | 20260228 16:00:00
    20260413 10:00:00 | 12 M | 20250413 10:00:00
    20260413 10:00:00 | 1 Y  | 20250413 10:00:00
    20240229 09:30:00 | 1 Y  | 20230228 09:30:00
    20260413 10:00:00 | 68 Y | 19580413 10:00:00
    20260309 10:00:00 | 1 W  | 20260302 10:00:00
"""


@walk("row", BACK.strip().splitlines(), ids=str.strip)
def test_weeks_months_and_years_are_those_of_the_calendar(row: str) -> None:
    end, text, start = (cell.strip() for cell in row.split("|"))
    number, unit = duration(text)
    found = calendar_start(end_instant(end, "US/Eastern", NOW)[0], number, unit, "US/Eastern")
    assert found == end_instant(start, "US/Eastern", NOW)[0]


def test_no_span_begins_before_the_data_does() -> None:
    assert calendar_start(FIRST_DATA + DAY, 68, "Y", "US/Eastern") == FIRST_DATA
    assert calendar_start(FIRST_DATA + DAY, 52, "W", "US/Eastern") == FIRST_DATA


LENGTHS = """
    2000 S 1 secs STK   ok
    2001 S 1 secs STK   too long
    1 D    1 secs STK   too long
    1 D    5 secs STK   ok
    1 Y    1 min  STK   ok
    1 Y    1 min  CASH  too long
    3 M    1 min  CASH  ok
    1 Y    5 secs STK   too long
    68 Y   1 day  STK   ok
    68 Y   1 hour STK   too long
    12 M   1 min  STK   ok
"""


@walk("row", LENGTHS.strip().splitlines(), ids=str.strip)
def test_a_span_has_no_more_bars_than_an_answer_can_hold(row: str) -> None:
    number, unit, size, name, kind, *outcome = row.split()
    step = BAR_SIZES[f"{size} {name}"]
    if outcome == ["ok"]:
        check_length(int(number), unit, step, kind)
        return
    with pytest.raises(BadRequest) as error:
        check_length(int(number), unit, step, kind)
    assert refusal(error) == (162, "too_long")


def eastern(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=EASTERN).timestamp()) * SECOND  # type: ignore[arg-type, misc]


def utc(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * SECOND  # type: ignore[arg-type, misc]


@walk(
    ("text", "instant", "implied"),
    [
        ("", NOW, False),
        ("20260410 16:00:00 US/Eastern", eastern(2026, 4, 10, 16), False),
        ("20260410 16:00:00 America/Chicago", eastern(2026, 4, 10, 17), False),
        ("20260410  16:00:00", eastern(2026, 4, 10, 16), True),
        ("20260410 16:00:00", eastern(2026, 4, 10, 16), True),
        ("20260410-16:00:00", utc(2026, 4, 10, 16), False),
        ("20260410-16:00:00Z", utc(2026, 4, 10, 16), False),
        ("09:30:00 US/Eastern", eastern(2026, 4, 13, 9, 30), False),
        ("09:30:00", eastern(2026, 4, 13, 9, 30), True),
        ("13:00:00 UTC", utc(2026, 4, 13, 13), False),
        ("00:30:00 Asia/Tokyo", utc(2026, 4, 12, 15, 30), False),
        ("00010101 00:00:00 UTC", FIRST_DATA, False),
        ("00010101 00:00:00 Asia/Tokyo", FIRST_DATA, False),
        ("00010101-00:00:00", FIRST_DATA, False),
    ],
)
def test_an_end_time_is_an_instant(text: str, instant: int, implied: bool) -> None:
    assert end_instant(text, "US/Eastern", NOW) == (instant, implied)


@walk(
    "text",
    ["yesterday", "20260410", "20261310 16:00:00", "20260410 25:00:00", "20260410 16:00:00 Nowhere",
     "20260410 16:00:00 ../etc/passwd", "25:00:00", "9:30", "09:30:00 Nowhere",
     "\u0662\u0660260410 16:00:00", "20260410T16:00:00", "99991231 23:59:59 ", "0" * 5000],
)  # fmt: skip
def test_other_end_times_are_refused(text: str) -> None:
    if text.startswith("9999"):
        assert end_instant(text, "US/Eastern", NOW)[0] > NOW  # the future is cut off later
        return
    with pytest.raises(BadRequest) as error:
        end_instant(text, "US/Eastern", NOW)
    assert refusal(error) == (10314, "end_time")


# ---------------------------------------------------------------- parts


@walk("size", ["1 secs", "30 secs", "1 min", "15 mins", "8 hours", "1 day", "1W", "1M"])
def test_parts_follow_each_other_and_are_cut_where_bars_begin(size: str) -> None:
    step = BAR_SIZES[size]
    start, end = NOW - 1000 * step - 12345, NOW
    found = list(parts(start, end, step))
    assert found[0][0] == start and found[-1][1] == end
    assert all(one[1] == two[0] for one, two in itertools.pairwise(found))
    for _, cut in found[:-1]:
        if step < DAY:
            assert cut % step == 0
        else:  # a week begins on Monday, a month on its first, in New York
            local = datetime.fromtimestamp(cut // SECOND, EASTERN)
            assert (local.hour, local.minute) == (0, 0)
            assert step != WEEK or local.weekday() == 0
            assert step != MONTH or local.day == 1
    assert list(parts(NOW, NOW, step)) == []


@walk("step", [DAY, WEEK, MONTH])
def test_parts_go_on_where_clocks_are_changed(step: int) -> None:
    """From every hour of a year; a week of 169 hours had a part without an end."""
    for back in thinned(range(366 * 24), check=13):
        start = NOW - back * 3600 * SECOND
        assert next(parts(start, NOW + DAY, step))[1] > start
    found = list(itertools.islice(parts(NOW - 366 * DAY, NOW, step), 60))
    assert found[-1][1] == NOW


SPY, EURUSD = 756733, 12087792


@pytest.mark.long
@walk("con_id", [SPY, EURUSD])
def test_what_is_worked_out_before_changes_no_bar_and_leaves_little(con_id: int) -> None:
    """The days that bars take are worked out bit by bit."""
    entry, end = CATALOGUE[con_id], NOW
    for what, step, back in (("TRADES", MINUTE, 2), ("MIDPOINT", MINUTE, 2), ("BID", DAY, 20)):
        plain, ahead = (open_market(NOW - 100 * MINUTE, seed=7) for _ in range(2))
        part = (end - back * DAY, end)
        wanted = part_of_bars(plain, entry, part, end, step=step, what=what)
        for bars in days_worked_out(ahead, entry, part, end, step=step, what=what):
            assert bars == []
        assert part_of_bars(ahead, entry, part, end, step=step, what=what) == wanted


MARKET = open_market(NOW - 100 * MINUTE, seed=7)


CURRENCY_DAYS = 75
"""Three parts; each of its days is made of the minutes of a market that never sleeps."""


@pytest.mark.long
@pytest.mark.parametrize(("con_id", "what"), [(SPY, "TRADES"), (EURUSD, "BID_ASK")])
@pytest.mark.parametrize(
    ("size", "back"),
    [("5 secs", 3600 * SECOND), ("1 min", 3 * DAY), ("30 mins", 9 * DAY), ("8 hours", 30 * DAY),
     ("1 day", 450 * DAY), ("1W", 450 * DAY), ("1M", 450 * DAY)],
)  # fmt: skip
def test_the_parts_together_are_the_whole(size: str, back: int, con_id: int, what: str) -> None:
    if con_id == EURUSD:
        back = min(back, CURRENCY_DAYS * DAY)
    step, start, end = BAR_SIZES[size], NOW - back + 777, NOW
    entry = CATALOGUE[con_id]
    whole = told_bars(MARKET, entry, (start, end), step=step, what=what)
    cut = [
        bar
        for part in parts(start, end, step)
        for bar in part_of_bars(MARKET, entry, part, end, step=step, what=what)
    ]
    assert len(list(parts(start, end, step))) > 1
    assert cut == whole


def test_the_limit_of_an_answer_is_a_year_of_a_stocks_minutes() -> None:
    assert MAX_BARS > 366 * 390
