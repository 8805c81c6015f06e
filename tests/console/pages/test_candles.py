"""Bars that grow, and executions at their bars."""

from datetime import UTC, datetime, timedelta
from typing import Any

from papertape.console.pages.candles import IN_TABLE, Candles, in_words, marks, table_rows
from papertape.console.parts.grid import Cell
from walks import walk

START = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def bar(minute: int, close: float = 100.0, *, complete: bool = True) -> dict[str, Any]:
    time = iso(START + timedelta(minutes=minute))
    prices = {"open": 100.0, "high": max(101.0, close), "low": min(99.0, close), "close": close}
    return {"time": time, **prices, "volume": "500", "complete": complete}


def traded(seconds: float, side: str = "BOT", con_id: int = 1) -> dict[str, Any]:
    time = iso(START + timedelta(seconds=seconds))
    return {"time": time, "con_id": con_id, "side": side, "shares": "100", "price": 100.5}


def minutes(candles: Candles) -> list[int]:
    return [int(one.time[14:16]) for one in candles.bars]


def test_the_last_bar_moves_and_the_next_one_is_appended() -> None:
    candles = Candles()
    assert candles.after is None
    assert len(candles.take([bar(0), bar(1, complete=False)])) == 2
    assert candles.after == bar(0)["time"]
    assert candles.take([bar(1, complete=False)]) == []
    (moved,) = candles.take([bar(1, 100.7, complete=False)])
    assert moved.close == 100.7 and minutes(candles) == [0, 1]
    changed = candles.take([bar(1, 100.9), bar(2, complete=False)])
    assert [one.close for one in changed] == [100.9, 100.0]
    assert candles.after == bar(1)["time"] and minutes(candles) == [0, 1, 2]


def test_bars_that_come_late_find_their_place() -> None:
    candles = Candles()
    candles.take([bar(0), bar(3)])
    candles.take([bar(2), bar(1)])
    assert minutes(candles) == [0, 1, 2, 3]


def test_only_so_many_bars_are_kept() -> None:
    candles = Candles(most=3)
    candles.take(bar(minute) for minute in range(5))
    assert minutes(candles) == [2, 3, 4]
    candles.take([bar(5)])
    assert minutes(candles) == [3, 4, 5]


def test_a_bar_without_volume_counts_as_none() -> None:
    candles = Candles()
    (one,) = candles.take([bar(0) | {"volume": None}])
    assert one.volume == 0


@walk(
    "seconds, minute",
    [
        (0, 0), (59.9, 0), (60, 1), (119, 1), (120, None), (200, 3), (239.9, 3), (-1, None),
        (240, None),
    ],
)  # fmt: skip
def test_an_execution_stands_at_the_bar_of_its_time(seconds: float, minute: int | None) -> None:
    candles = Candles()
    candles.take([bar(0), bar(1), bar(3)])  # nothing was traded in minute 2
    found = marks([traded(seconds)], 1, candles.bars, 60)
    assert [one.time for one in found] == ([] if minute is None else [bar(minute)["time"]])


def test_a_mark_says_what_was_traded() -> None:
    candles = Candles()
    candles.take([bar(0)])
    told = [traded(5), traded(6, "SLD"), traded(7, con_id=2)]
    bought, sold = marks(told, 1, candles.bars, 60)
    assert (bought.bought, bought.price) == (True, 100.5)
    assert bought.text == "Bought 100 at 100.50, 21:00:05 UTC"
    assert (sold.bought, sold.text) == (False, "Sold 100 at 100.50, 21:00:06 UTC")


def test_the_picture_in_words() -> None:
    candles = Candles()
    assert in_words("SPY", "1 min", candles.bars) == "SPY: no bars"
    candles.take([bar(0), bar(1, 102.5)])
    assert in_words("SPY", "1 min", candles.bars) == (
        "SPY, 2 bars of 1 min: last 102.50, +2.50 since the first, range 99.00 to 102.50"
    )


def test_the_table_has_the_latest_bars_newest_first() -> None:
    candles = Candles()
    candles.take(bar(minute) for minute in range(30))
    candles.take([bar(30, 99.5)])
    rows = table_rows(candles.bars)
    assert len(rows) == IN_TABLE
    first = ("2026-11-22 21:30:00", "100.00", "101.00", "99.00", Cell("99.50", "pt-down"), "500")
    assert rows[0].cells == first
    assert rows[-1].cells[0] == "2026-11-22 21:11:00"
