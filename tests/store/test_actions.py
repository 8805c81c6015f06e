"""Splits and dividends as a CSV file."""

from pathlib import Path

import pytest

from papertape.errors import MarketDataError
from papertape.store.actions import actions_text, read_actions
from papertape.venue.market.actions import Dividend, Split, TickerChange

TEXT = """date,action,value
2014-05-08,dividend,3.29
2014-06-09,split,7:1
2022-06-09,ticker,FB
"""
ACTIONS = (
    Dividend(20140508, 3_290_000), Split(20140609, 7, 1), TickerChange(20220609, "FB"),
)  # fmt: skip


def test_a_file_is_read_in_order_and_written_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    head, first, second, third = TEXT.splitlines(keepends=True)
    path.write_text(head + third + "\n" + first + second.replace("2014-06-09", "20140609"))
    assert read_actions(path) == ACTIONS
    assert actions_text(ACTIONS) == TEXT


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ("2014-13-01,split,7:1", (2, 1), "no date"),
        ("2014-06-09,spilt,7:1", (2, 2), "none of split"),
        ("2014-06-09,split,7:0", (2, 3), "no ratio"),
        ("2014-06-09,split,x", (2, 3), "no ratio"),
        ("2014-06-09,dividend,-1", (2, 3), "no amount"),
        ("2014-06-09,dividend,NaN", (2, 3), "no amount"),
        ("2014-06-09,dividend", (2, 2), "2 cells"),
        ("2014-06-09,ticker,", (2, 2), "none of"),
    ],
)
def test_what_cannot_be_read_has_its_place(
    tmp_path: Path, line: str, place: tuple[int, int], words: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"date,action,value\n{line}\n")
    with pytest.raises(MarketDataError, match=f"line {place[0]}, column {place[1]}: .*{words}"):
        read_actions(path)


def test_another_first_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day,what\n")
    with pytest.raises(MarketDataError, match="line 1, column 1"):
        read_actions(tmp_path / "a.csv")
