"""Times as files write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.data.stamps import DateOrder, NoStamp, Stamps
from walks import walk

NEW_YORK = ZoneInfo("America/New_York")
DAY = date(2024, 1, 5).toordinal()
OPEN = 1_704_465_000_000_000_000  # 2024-01-05 09:30 in New York, 14:30 UTC


@walk("text", ["2024-01-05", "20240105", "2024.01.05", "2024/1/5", " 2024-01-05 "])
def test_a_date_is_a_day_without_a_time(text: str) -> None:
    assert Stamps(NEW_YORK).read(text) == (DAY, None)


@walk(
    "text",
    [
        "2024-01-05 09:30:00", "2024-01-05T09:30", "20240105 093000", "20240105093000",
        "20240105 09:30", "2024.01.05 09:30:00", "2024-01-05T14:30:00Z", "2024-01-05 14:30:00 UTC",
        "2024-01-05 09:30:00-05:00", "1704465000", "1704465000000", "1704465000000000",
        "1704465000000000000",
    ],
)  # fmt: skip
def test_every_way_to_write_a_time(text: str) -> None:
    assert Stamps(NEW_YORK).read(text) == (DAY, OPEN)


def test_the_day_is_that_of_the_zone() -> None:
    late = "2024-01-06T02:00:00Z"
    assert Stamps(NEW_YORK).read(late).day == DAY
    assert Stamps(UTC).read(late).day == DAY + 1
    assert Stamps(NEW_YORK).read("1704506400").day == DAY


def test_nanoseconds_are_kept() -> None:
    assert Stamps(UTC).read("2024-01-05T14:30:00.123456789Z").instant == OPEN + 123_456_789
    assert Stamps(UTC).read("2024-01-05T14:30:00.1234567").instant == OPEN + 123_456_700


def test_a_date_with_the_year_last_needs_its_order() -> None:
    with pytest.raises(NoStamp, match="may begin with the day or with the month"):
        Stamps(UTC).read("01/05/2024")
    assert Stamps(UTC, DateOrder.MDY).read("1/5/2024") == (DAY, None)
    assert Stamps(UTC, DateOrder.DMY).read("05/01/2024 14:30:00") == (DAY, OPEN)


@walk(
    "text",
    ["", "today", "2024-13-01", "20241301", "12", "-5", "9" * 19, "9" * 4000, "2024-01-05 25:00",
     "31/31/2024", "0000-00-00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(NoStamp):
        Stamps(UTC, DateOrder.DMY).read(text)


@tries(100)
@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2035, 1, 1)))
def test_a_wall_clock_is_read_as_the_zone_has_it(moment: datetime) -> None:
    moment = moment.replace(fold=0)  # an hour that is twice is the first one
    found = Stamps(NEW_YORK).read(moment.isoformat(" "))
    known = moment.replace(tzinfo=NEW_YORK).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    assert found.day == moment.toordinal()
    assert (
        found.instant == (known.days * 86_400 + known.seconds) * 10**9 + known.microseconds * 1000
    )


@pytest.mark.long
@tries(300)
@given(st.text(max_size=40) | st.from_regex(r"[0-9/.:T -]{1,30}", fullmatch=True))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    for order in (None, *DateOrder):
        try:
            Stamps(NEW_YORK, order).read(text)
        except NoStamp as error:
            assert str(error)
