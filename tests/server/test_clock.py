"""The market's clock: a straight line over another clock; what is said of that one."""

import pytest

from papertape.errors import SettingsError
from papertape.server.clock import MarketClock, WallWatch, check_start, set_clock, start_instant
from papertape.venue.units import SECOND
from venue.scenario import at
from walks import walk

WALL, MARKET = 1_000_000_000_000, 5_000_000_000_000


@walk(
    ("speed", "elapsed", "market"),
    [(1.0, 7, 7), (10.0, 1_000, 10_000), (0.5, 1_000, 500), (1.0, -50, 0), (10.0, -50, 0)],
)
def test_market_time_is_elapsed_time_by_the_speed(speed: float, elapsed: int, market: int) -> None:
    assert MarketClock(WALL, MARKET, speed).now(WALL + elapsed) == MARKET + market


@walk("speed", [0.5, 1.0, 20.0])
def test_until_is_wall_seconds(speed: float) -> None:
    clock = MarketClock(WALL, MARKET, speed)
    assert clock.until(MARKET + 10**9, WALL) == pytest.approx(1 / speed)
    assert clock.until(MARKET - 1, WALL) == 0
    assert clock.until(MARKET, WALL + 10**9) == 0


def test_the_same_line_over_another_clock() -> None:
    steady = MarketClock(WALL, MARKET, 10).over(77, WALL + 500)
    assert steady.now(77) == MARKET + 5000
    assert steady.now(177) == MARKET + 6000


def test_real_speed_is_exact_however_long_it_runs() -> None:
    year = 365 * 86_400 * 10**9 + 1
    assert MarketClock(WALL, MARKET).now(WALL + year) == MARKET + year


# ---------------------------------------------------------------- a clock that was set


@walk(
    ("passed", "went", "step"),
    [
        (5.0, 5.0, 0),  # both alike
        (5.0, 4.5, 0),  # corrected by less than a second
        (5.0, -85.0, -90),  # set back
        (5.0, 95.0, 90),  # set ahead
        (0.0, 1.0, 1),  # the least that counts
        (3600.0, 3598.2, 0),  # run slower by 500 ppm for an hour
        (3600.0, 3510.0, -90),
    ],
)
def test_steps_are_told_from_drift(passed: float, went: float, step: float) -> None:
    watch = WallWatch(WALL, 7)
    assert watch.look(WALL + int(went * SECOND), 7 + int(passed * SECOND)) == step * SECOND
    again = WALL + int((went + 1) * SECOND), 7 + int((passed + 1) * SECOND)
    assert watch.look(*again) == 0, "a step is told once"


def test_the_log_says_by_how_much_and_that_time_goes_on() -> None:
    assert set_clock(-90 * SECOND, at("20260413 10:00:00")) == (
        "the computer's clock was set back by 0:01:30, to 2026-04-13 14:00:00 UTC; "
        "market time continues as before"
    )
    assert "ahead by 3 days, 0:00:00.50" in set_clock(int(259200.5 * SECOND), WALL)
    assert "to -4000000000000 s since 1970" in set_clock(-1, -4_000_000_000_000 * SECOND)


DAY = 86_400
NOON = at("20260413 12:00:00")


@walk("speed", [1.0, 10.0])
@walk(
    ("apart", "verdict"),
    [
        (0, "fine"),
        (DAY * 29, "fine"),
        (-0.5, "fine"),
        (-59, "told"),
        (-61, "asked"),
        (-3600, "asked"),
        (-DAY * 365 * 50, "asked"),
        (DAY * 31, "asked"),
        (DAY * 365 * 80, "asked"),
    ],
)
def test_a_start_far_from_what_is_kept_is_asked_about(
    apart: float, verdict: str, speed: float
) -> None:
    kept = MarketClock(NOON, MARKET, speed)
    last = MARKET + int(500 * SECOND * speed)  # 500 s of the computer's clock later
    wall = NOON + int((500 + apart) * SECOND)
    warning = check_start(kept, last, wall, accepted=True)
    assert bool(warning) == (verdict != "fine")
    if verdict == "asked":
        with pytest.raises(SettingsError, match="--accept-clock") as error:
            check_start(kept, last, wall, accepted=False)
        assert "2026-04-13 16:08:20 UTC" in str(error.value)
        assert ("skip ahead" if apart > 0 else "continue from there") in str(error.value)
    else:
        assert check_start(kept, last, wall, accepted=False) == warning


STARTS = """
2026-04-10 15:55 US/Eastern     | 20260410 15:55:00
2026-04-10 15:55:30             | 20260410 15:55:30
20260410 15:55                  | 20260410 15:55:00
2026-04-10 21:55 Europe/Berlin  | 20260410 15:55:00
 2026-04-10  15:55              | 20260410 15:55:00
"""


@walk("row", STARTS.strip("\n").splitlines())
def test_a_start_is_read(row: str) -> None:
    text, _, meant = row.partition("|")
    assert start_instant(text, "US/Eastern") == at(meant.strip())


@walk(
    "text",
    [
        "", "now", "2026-04-10", "15:55", "2026-04-10 25:00", "2026-13-10 15:55",
        "2026-04-10 15:55 Nowhere/Land", "2026-04-10 15:55 ../../etc/passwd", "9" * 400,
        "2026-03-08 02:30 US/Eastern", "1950-01-01 10:00",
    ],
)  # fmt: skip
def test_a_start_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        start_instant(text, "US/Eastern")
    assert "start" in str(refused.value)
