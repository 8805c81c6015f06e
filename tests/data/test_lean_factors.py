"""LEAN's factor and map files. The rows are those of AAPL in LEAN's own data folder."""

from pathlib import Path

import pytest

from papertape.data.lean_factors import read_factor_file, read_map_file
from papertape.errors import MarketDataError
from papertape.venue.market.actions import Dividend, Split, TickerChange

AAPL = """19980102,0.8613657,0.00892857,1
20000620,0.8613657,0.00892857,101
20050225,0.8613657,0.01785710,88.97
20120808,0.8613657,0.03571430,619.86
20121106,0.8650639,0.03571430,582.86
20200828,0.9967882,0.25,499.23
20201105,0.9967882,1,119.03
20210204,0.9985079,1,137.39
20501231,1,1,0"""


def write(folder: Path, text: str) -> Path:
    path = folder / "aapl.csv"
    path.write_text(text)
    return path


def test_the_events_of_apple(tmp_path: Path) -> None:
    found = read_factor_file(write(tmp_path, AAPL))
    splits = [one for one in found if isinstance(one, Split)]
    # Public record: 2:1 on 2000-06-21 and 2005-02-28, 7:1 in between the rows kept here, 4:1 on
    # 2020-08-31, a Monday.
    assert splits == [
        Split(20000621, 2, 1), Split(20050228, 2, 1), Split(20121107, 7, 1), Split(20200831, 4, 1),
    ]  # fmt: skip
    dividends = {one.date: one.amount for one in found if isinstance(one, Dividend)}
    assert dividends[20120809] == pytest.approx(2_650_000, abs=200)  # 2.65 a share
    assert dividends[20201106] == pytest.approx(205_000, abs=200)
    assert dividends[20210205] == pytest.approx(205_000, abs=200)
    assert 20000621 not in dividends


def test_changes_of_the_symbol(tmp_path: Path) -> None:
    text = "20120518,fb,Q\n20220608,fb,Q\n20501231,meta,Q\n"
    assert read_map_file(write(tmp_path, text)) == (TickerChange(20220609, "FB"),)
    assert read_map_file(write(tmp_path, "19980102,aapl,Q\n20501231,aapl,Q\n")) == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("20000620,x,1,1", (1, 2)),
        ("20000620,1,1,1\n2000062,1,1,1", (2, 1)),
        ("20000620,1,0,1", (1, 3)),
        ("20000620,1,1,NaN", (1, 4)),
        ("20000620,1", (1, 2)),
        ("20000620,1,1," + "1" * 5000, (1, 4)),
        ("20000620,1,1e-999,1", (1, 3)),
        ("20000620,1,0.000001,1\n20501231,1,1,0", (1, 3)),
    ],
)
def test_a_broken_line_has_its_place(tmp_path: Path, text: str, place: tuple[int, int]) -> None:
    with pytest.raises(MarketDataError, match=f"line {place[0]}, column {place[1]}"):
        read_factor_file(write(tmp_path, text))
