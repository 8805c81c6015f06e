"""New York texts and ends of days and quarters, across the change of clocks."""

from papertape.venue.reference import times
from papertape.venue.units import DAY, SECOND
from venue.scenario import at
from walks import walk

ENDS = [
    ("20260413 15:27:04", "20260414 00:00:00"),
    ("20260413 00:00:00", "20260414 00:00:00"),
    ("20261231 23:59:59", "20270101 00:00:00"),
    ("20261101 00:30:00", "20261102 00:00:00"),
    ("20260308 12:00:00", "20260309 00:00:00"),
]


@walk(("now", "end"), ENDS)
def test_day_end(now: str, end: str) -> None:
    assert times.day_end(at(now)) == at(end)


def test_the_day_of_the_clock_change_is_longer() -> None:
    assert times.day_end(at("20261101 00:00:00")) - at("20261101 00:00:00") == DAY + 3600 * SECOND


QUARTERS = [
    ("20260411 12:00:00", "20260930 16:00:00"),
    ("20260825 12:00:00", "20261231 16:00:00"),
    ("20261122 12:00:00", "20270331 16:00:00"),
    ("20270101 00:00:00", "20270630 16:00:00"),
]


@walk(("now", "end"), QUARTERS)
def test_next_quarter_end(now: str, end: str) -> None:
    assert times.next_quarter_end(at(now)) == at(end)


def test_texts() -> None:
    assert times.eastern_text(at("20260413 15:27:04")) == "20260413 15:27:04 US/Eastern"


def test_a_market_that_never_closes_lists_the_coming_days() -> None:
    text = times.open_all_day(at("20261231 23:00:00"), days=2)
    assert text == "20261231:0000-20261231:2359;20270101:0000-20270101:2359"
