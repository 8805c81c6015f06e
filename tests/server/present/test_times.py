"""Times as the server writes them."""

from papertape.server.present.times import bar_date, clock, connection_time, stamp
from papertape.venue.units import SECOND, Nanos
from venue.scenario import at
from walks import walk

MORNING = at("20260413 09:05:07")
WINTER = at("20260113 09:05:07")
ZONE = "US/Eastern"


@walk(
    ("version", "text"),
    [(100, "20260413  09:05:07"), (173, "20260413  09:05:07"),
     (174, "20260413 09:05:07 US/Eastern"), (226, "20260413 09:05:07 US/Eastern")],
)  # fmt: skip
def test_stamps_name_their_zone_from_174_on(version: int, text: str) -> None:
    assert stamp(MORNING, ZONE, version) == text


@walk(
    ("zone", "name"),
    [("US/Eastern", "EST"), ("Europe/Berlin", "CET"), ("Europe/London", "GMT"),
     ("Europe/Dublin", "GMT"), ("Australia/Sydney", "AEST"), ("Asia/Tokyo", "JST"),
     ("UTC", "UTC"), ("Asia/Singapore", "Asia/Singapore")],
)  # fmt: skip
@walk("time", [MORNING, WINTER])
def test_the_version_answer_names_the_zone_in_short_and_as_in_winter(
    zone: str, name: str, time: Nanos
) -> None:
    # Captured of gateways: 20250425 15:23:54 EST, 20260824 22:28:46 CET.
    assert connection_time(time, zone).split(" ", 2)[2] == name


def test_the_version_answer_has_the_clock_of_summer() -> None:
    assert connection_time(MORNING, ZONE) == "20260413 09:05:07 EST"


@walk(
    ("form", "version", "text"),
    [(1, 226, "20260413 09:05:07 US/Eastern"), (1, 170, "20260413  09:05:07"),
     (2, 226, str(MORNING // SECOND)), (3, 226, "0413 09:05:07 US/Eastern")],
)  # fmt: skip
def test_bar_dates_have_three_forms(form: int, version: int, text: str) -> None:
    assert bar_date(MORNING, ZONE, version, form, whole_day=False) == text


@walk("form", [1, 2, 3])
def test_days_are_always_dates(form: int) -> None:
    assert bar_date(MORNING, ZONE, 226, form, whole_day=True) == "20260413"


def test_the_clock_has_hours_and_minutes() -> None:
    assert clock(MORNING, ZONE) == "09:05"
    assert clock(MORNING, "Asia/Tokyo") == "22:05"
