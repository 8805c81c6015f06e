"""The frozen calendars: beside exchange_calendars, and days that everybody remembers."""

import importlib.util
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.venue.reference import calendar_table
from papertape.venue.reference.calendar_table import FIRST_YEAR, LAST_YEAR
from papertape.venue.reference.calendars import EXCHANGES, calendar, calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE
from venue.scenario import at
from walks import walk

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/build_calendars.py"
GROUPS = sorted(EXCHANGES)
AS_THEY_ARE = (
    "US", "MEXI", "EBS", "TSE", "IBIS", "SBF", "AEB", "ENEXT.BE", "BVME", "BM", "SFB", "CPH", "OSL",
    "HEX", "LSE", "ASX", "US_OPTIONS", "US_FUND",
)  # fmt: skip
"""The groups with the regular hours of their calendar; the others have its days alone."""


@cache
def library(name: str) -> Any:
    """The sessions of a calendar of the library; skips the test where it is not installed."""
    xc = pytest.importorskip("exchange_calendars")
    return xc.get_calendar(name, start=f"{FIRST_YEAR}-01-01", end=f"{LAST_YEAR}-12-31").schedule


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.sample(1, test=13)
@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # of pandas, about itself
@pytest.mark.parametrize("group", AS_THEY_ARE)
def test_sessions_are_those_of_exchange_calendars(group: str) -> None:
    ours, name = calendar(group), EXCHANGES[group].holidays
    theirs = library(name)
    first = ours.number(date(FIRST_YEAR, 1, 1).toordinal())
    last = ours.number(date(LAST_YEAR + 1, 1, 1).toordinal())
    found = [ours.session(number) for number in range(first, last)]
    minute = MINUTE
    assert [(one.date, one.begins // minute, one.closes // minute) for one in found] == [
        (day, opens // minute, closes // minute)
        for day, opens, closes in zip(
            theirs.index.strftime("%Y%m%d"),
            theirs["open"].astype("int64").tolist(),
            theirs["close"].astype("int64").tolist(),
        )
    ]


@pytest.mark.sample(1, test=13)
@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # of pandas, about itself
@pytest.mark.parametrize("name", sorted({one.holidays for one in EXCHANGES.values()} - {""}))
def test_days_are_those_of_exchange_calendars(name: str) -> None:
    known = set(library(name).index.date)
    for group in (group for group in GROUPS if EXCHANGES[group].holidays == name):
        ours = calendar(group)
        for ordinal in range(date(2020, 1, 1).toordinal(), date(2030, 12, 31).toordinal()):
            trades = ours.on(ordinal) is not None
            assert trades == (date.fromordinal(ordinal) in known), (group, ordinal)


@cache
def script() -> Any:
    """The script that builds the table; what the library builds for it serves the tests above."""
    spec = importlib.util.spec_from_file_location("build_calendars", SCRIPT)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.sample(1, test=13)
@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # of pandas, about itself
@pytest.mark.skipif(
    importlib.util.find_spec("exchange_calendars") is None, reason="needs exchange_calendars"
)
@pytest.mark.parametrize("name", script().CALENDARS)
def test_the_committed_table_has_the_days_that_the_script_finds(name: str) -> None:
    closed, half = script().exceptions(name)
    assert calendar_table.HOLIDAYS[name].strip() == script().by_year(closed)
    assert calendar_table.HALF_DAYS[name].strip() == script().by_year(half)


US_DAYS = [
    # date, opens, begins, closes, ends on New York's clock
    ("2026-11-25", "20261125 04:00:00 20261125 09:30:00 20261125 16:00:00 20261125 20:00:00"),
    ("2026-11-27", "20261127 04:00:00 20261127 09:30:00 20261127 13:00:00 20261127 17:00:00"),
    ("2026-12-24", "20261224 04:00:00 20261224 09:30:00 20261224 13:00:00 20261224 17:00:00"),
    ("2013-10-07", "20131007 04:00:00 20131007 09:30:00 20131007 16:00:00 20131007 20:00:00"),
]


@walk(("text", "hours"), US_DAYS)
def test_hours_of_american_stocks(text: str, hours: str) -> None:
    session = calendar("US").on(day(text))
    assert session is not None
    words = hours.split()
    stamps = [at(f"{one} {two}") for one, two in zip(words[::2], words[1::2])]
    assert [session.opens, session.begins, session.closes, session.ends] == stamps


HOLIDAYS = """
    2026-11-26 2026-12-25 2026-11-28 2026-11-29 2001-09-11 2012-10-29 2025-01-09 2018-12-05
    2026-07-03 2026-06-19 2026-04-03
"""


@walk("text", HOLIDAYS.split())
def test_holidays_of_american_stocks(text: str) -> None:
    assert calendar("US").on(day(text)) is None


def test_currencies_trade_from_sunday_evening_to_friday() -> None:
    fx = calendar("IDEALPRO")
    monday = fx.on(day("2026-11-23"))
    assert monday is not None
    assert monday.opens == monday.begins == at("20261122 17:15:00")
    assert monday.closes == monday.ends == at("20261123 17:00:00")
    assert fx.on(day("2026-11-28")) is None
    assert fx.session(fx.current(at("20261127 17:00:00"))).date == "20261130"
    assert fx.session(fx.current(at("20261127 16:59:59"))).date == "20261127"


def test_others_trade_by_their_own_clocks() -> None:
    by = {entry.primaryExchange: calendar_of(entry) for entry in CATALOGUE}
    summer = {name: by[name].on(day("2026-07-07")) for name in ("MEXI", "EBS", "TSE", "NYSE")}
    began = {name: one.begins for name, one in summer.items() if one is not None}
    # Mexico keeps winter time since 2022, so its half past eight is half past ten in New York.
    assert began == {
        "MEXI": at("20260707 10:30:00"),
        "EBS": at("20260707 03:00:00"),
        "TSE": at("20260707 09:30:00"),
        "NYSE": at("20260707 09:30:00"),
    }
    assert calendar("TSE").on(day("2026-07-01")) is None
    assert calendar("EBS").on(day("2026-08-01")) is None


@pytest.mark.sample(5, test=7)
@pytest.mark.parametrize("group", GROUPS)
@given(ordinal=st.integers(day("1990-01-01"), day("2040-12-31")))
def test_numbers_have_no_holes_and_times_are_in_order(group: str, ordinal: int) -> None:
    ours = calendar(group)
    number = ours.number(ordinal)
    session, following = ours.session(number), ours.session(number + 1)
    assert ours.number(session.day) == number
    assert ordinal <= session.day <= ordinal + 11
    assert session.day < following.day
    assert session.opens <= session.begins < session.closes <= session.ends <= following.opens
    parts = session.parts(session.opens, session.ends)
    assert all(one < two for one, two in parts)
    assert all(one[1] < two[0] for one, two in pairwise(parts))
    assert ours.current(session.ends - 1) == number
    assert ours.current(session.ends) == number + 1


def test_outside_of_the_table_weekdays_are_trading_days() -> None:
    ours = calendar("US")
    assert ours.on(day("2045-12-25")) is not None  # a Monday
    assert ours.on(day("1995-01-02")) is not None
    assert ours.on(day("1995-01-01")) is None


def test_a_calendar_counts_days_the_obvious_way() -> None:
    ours, at_day = calendar("US"), date(2025, 12, 1)
    count = ours.number(at_day.toordinal())
    for _ in range(400):
        assert ours.number(at_day.toordinal()) == count
        count += ours.on(at_day.toordinal()) is not None
        at_day += timedelta(days=1)
