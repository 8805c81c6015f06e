"""Splits and dividends as a CSV file."""

from pathlib import Path

import pytest

from papertape.errors import MarketDataError
from papertape.store.actions import actions_text, read_actions
from papertape.venue.commands import PayDividend, SplitShares
from papertape.venue.market.actions import Dividend, Split, TickerChange
from venue.test_contract_ends import AAPL
from venue.test_corporate import stage_of

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
        ("2014-06-09,split,10001:1", (2, 3), "no ratio"),
        ("2014-06-09,split,1:10001", (2, 3), "no ratio"),
        ("2014-06-09,dividend,0.0000001", (2, 3), "no amount"),
        ("2014-06-09,dividend,1000000.1", (2, 3), "no amount"),
        ("2014-06-09,merger,1000000.1", (2, 3), "million"),
        ("2014-06-09,merger,10001:1 XYZ", (2, 3), "10,000"),
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


def test_what_may_be_at_most_is_what_a_station_carries_out(tmp_path: Path) -> None:
    """What comes by itself has nobody who could be told that it is refused."""
    path = tmp_path / "a.csv"
    rows = ("split,10000:1", "split,1:10000", "dividend,1000000", "dividend,0.000001")
    path.write_text("date,action,value\n" + "".join(f"2026-01-02,{row}\n" for row in rows))
    *splits, most, least = read_actions(path)
    stage = stage_of()
    for action in splits:
        stage.submit(SplitShares(AAPL.conId, action.new, action.old))
    for action in (most, least):
        stage.submit(PayDividend(AAPL.conId, action.amount))


def test_one_share_for_one_is_no_split(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,action,value\n2014-06-09,split,3:3\n")
    assert read_actions(path) == ()


def test_another_first_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day,what\n")
    with pytest.raises(MarketDataError, match="line 1, column 1"):
        read_actions(tmp_path / "a.csv")
