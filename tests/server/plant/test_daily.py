"""The daily restart and the daily logoff, at times of the station's zone (K5, K6)."""

from datetime import datetime

import pytest

from papertape.errors import SettingsError
from papertape.server.plant.daily import next_at
from papertape.server.settings import StationSettings
from papertape.venue.units import DAY, SECOND
from server.pair import Hall
from walks import walk

NEW_YORK = "US/Eastern"


def at(text: str) -> int:
    """Nanoseconds of ``YYYY-MM-DDTHH:MM:SS+HH:MM``."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


@walk(
    ("now", "clock", "then"),
    [
        ("2026-04-13T10:00:00-04:00", "23:45", "2026-04-13T23:45:00-04:00"),
        ("2026-04-13T23:44:59-04:00", "23:45", "2026-04-13T23:45:00-04:00"),
        ("2026-04-13T23:45:00-04:00", "23:45", "2026-04-14T23:45:00-04:00"),
        ("2026-04-14T03:50:00+00:00", "00:15", "2026-04-14T00:15:00-04:00"),
        ("2026-12-31T23:50:00-05:00", "00:15", "2027-01-01T00:15:00-05:00"),
        ("2026-03-08T01:00:00-05:00", "02:30", "2026-03-08T03:30:00-04:00"),  # left out that day
        ("2026-03-07T12:00:00-05:00", "12:00", "2026-03-08T12:00:00-04:00"),  # a day of 23 hours
        ("2026-11-01T01:00:00-04:00", "01:30", "2026-11-01T01:30:00-04:00"),  # twice that day
    ],
)
def test_the_next_time_that_clocks_show_it(now: str, clock: str, then: str) -> None:
    assert next_at(at(now), clock, NEW_YORK) == at(then)


def test_a_restart_every_day() -> None:
    hall = Hall(settings=StationSettings(daily_restart="10:30", restart_down_s=60))
    client = hall.client()
    hall.wait(29 * 60)
    assert client.got() == [] and not client.pipe.closed
    hall.wait(61)
    assert client.errors()[0][1] == 1100
    hall.wait(2)
    assert client.pipe.closed and hall.station.away
    hall.wait(60)
    assert not hall.station.away
    hall.wait(DAY / SECOND)
    assert [run.name for run in hall.station.drills.history()] == ["nightly-restart"] * 2


def test_a_logoff_closes_everything_and_ends_the_station() -> None:
    hall = Hall(settings=StationSettings(daily_logoff="10:30"))
    client = hall.client()
    hall.wait(1801)
    assert client.pipe.closed and hall.station.logged_off and hall.station.away
    assert hall.newcomer(client_id=2).refused


@walk(
    ("lock", "clock"),
    [
        ({"autoLogoffTime": "10:30", "autoLogoffPeriod": "AM"}, "10:30"),
        ({"autoLogoffTime": "12:05"}, "12:05"),
        ({"autoLogoffTime": "12:05", "autoLogoffPeriod": "AM"}, "00:05"),
        ({"autoLogoffPeriod": "PM"}, "23:00"),
    ],
)
def test_the_time_of_the_api_s_settings_counts_once_it_is_set(
    lock: dict[str, str], clock: str
) -> None:
    hall = Hall(api=lock)
    assert hall.station.daily.next_due() == next_at(hall.now, clock, NEW_YORK)


def test_the_api_s_settings_may_choose_a_restart_and_change_while_the_station_runs() -> None:
    hall = Hall()
    assert hall.station.daily.next_due() is None
    hall.station.config.update({"autoLogoffType": "restart", "autoLogoffTime": "11:00"})
    hall.station.config.update({"autoLogoffPeriod": "AM"})
    hall.wait(3602)
    assert [run.name for run in hall.station.drills.history()] == ["nightly-restart"]
    assert not hall.station.logged_off


def test_without_a_time_neither_happens() -> None:
    hall = Hall()
    client = hall.client()
    hall.wait(3 * DAY / SECOND)
    assert not client.pipe.closed and hall.station.drills.history() == ()


@walk("clock", ["24:00", "7:30", "noon", "12:60", "12:00:00"])
@walk("name", ["daily_restart", "daily_logoff"])
def test_a_time_that_is_none_is_told(name: str, clock: str) -> None:
    with pytest.raises(SettingsError, match=f"(?s){name}.*{clock}|{clock}.*{name}"):
        StationSettings(**{name: clock})  # type: ignore[arg-type]
