"""The frozen zones say what the tz database says, and need none."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import many, tries
from papertape.venue.reference.calendar_table import ZONES
from papertape.venue.reference.zones import zone
from papertape.venue.units import SECOND
from walks import walk

# Before 1923 a zone had a mean solar time of odd seconds; after 2030 its rules may still change.
YEARS = st.datetimes(datetime(1923, 1, 1), datetime(2030, 12, 31))
HALF_HOUR = timedelta(minutes=30)
NAMES = st.sampled_from(sorted(ZONES))


@tries(400)
@given(name=NAMES, moment=YEARS)
def test_an_instant_reads_as_the_database_has_it(name: str, moment: datetime) -> None:
    utc = moment.replace(tzinfo=UTC)
    ours, theirs = utc.astimezone(zone(name)), utc.astimezone(ZoneInfo(name))
    assert (ours.replace(tzinfo=None), ours.fold) == (theirs.replace(tzinfo=None), theirs.fold)
    assert ours.timestamp() == theirs.timestamp()


@pytest.mark.proof
@walk("name", sorted(ZONES))
@walk("year", [1967, 1987, 2007, 2022, 2026])
def test_every_half_hour_of_a_year_both_ways(name: str, year: int) -> None:
    frozen, place = zone(name), ZoneInfo(name)
    first = datetime(year, 1, 1)
    halves = range((datetime(year + 1, 1, 1) - first) // HALF_HOUR)
    for half in halves[:: many(test=11, quick=7, proof=1)]:
        wall = first + half * HALF_HOUR
        for fold in (0, 1):
            ours, theirs = (wall.replace(tzinfo=z, fold=fold) for z in (frozen, place))
            assert ours.utcoffset() == theirs.utcoffset(), wall


@walk(
    ("day", "minutes", "utc"),
    [
        ((2026, 11, 27), 9 * 60 + 30, "2026-11-27 14:30"),
        ((2026, 7, 1), 9 * 60 + 30, "2026-07-01 13:30"),
        ((2026, 3, 9), -405, "2026-03-08 21:15"),  # the clocks have changed that morning
        ((2026, 11, 1), 90, "2026-11-01 05:30"),  # twice: the first
        ((2026, 3, 8), 150, "2026-03-08 07:30"),  # left out
    ],
)
def test_a_wall_clock_s_time_is_an_instant(
    day: tuple[int, int, int], minutes: int, utc: str
) -> None:
    instant = zone("America/New_York").instant(date(*day).toordinal(), minutes)
    found = datetime.fromtimestamp(instant // SECOND, UTC)
    assert f"{found:%Y-%m-%d %H:%M}" == utc


def test_the_date_changes_at_midnight_of_the_wall_clock() -> None:
    place = zone("America/New_York")
    day = date(2026, 7, 1).toordinal()
    midnight = place.instant(day, 0)
    assert (place.day(midnight - 1), place.day(midnight)) == (day - 1, day)
