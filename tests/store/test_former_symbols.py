"""The symbols that shares of a market folder begin with, and rows that cannot rename them."""

from pathlib import Path

import pytest

from papertape.errors import MarketDataError
from papertape.model import Contract
from papertape.store.former_symbols import former_symbols
from papertape.store.manifest import FolderEntry, write_manifest
from papertape.venue.reference.instruments import Listing, Refusal
from papertape.venue.reference.listings import CATALOGUE

AAPL, MSFT, EURUSD = 265598, 272093, 12087792


def folder(path: Path, *rows: str, con_id: int = AAPL, other: str = "") -> Path:
    """A folder of shares that are played on 2014-06-05."""
    (path / "day.npz").touch()
    entries = []
    for number, name, text in ((con_id, "a", "\n".join(rows)), (MSFT, "b", other)):
        (path / f"{name}.csv").write_text(f"date,action,value\n{text}\n")
        files = {"daily": "day.npz", "actions": f"{name}.csv"}
        entries.append(FolderEntry(number, CATALOGUE[number].symbol, 20140605, 390, files))
    write_manifest(path, entries)
    return path


def test_the_first_row_to_come_says_what_shares_are_called(tmp_path: Path) -> None:
    rows = ("2013-01-02,ticker,OLDEST", "2014-06-10,ticker,APCY", "2014-06-06,ticker,apcx")
    found = former_symbols(folder(tmp_path, *rows), CATALOGUE)
    assert found == {AAPL: "APCX"}
    called = CATALOGUE.beginning_as(found)
    wanted = Contract(symbol="APCX", secType="STK", exchange="SMART", currency="USD")
    listing = called.resolve(wanted)
    assert isinstance(listing, Listing)
    assert (listing.instrument.conId, listing.instrument.localSymbol) == (AAPL, "APCX")
    wanted.symbol = "AAPL"
    assert isinstance(called.resolve(wanted), Refusal)
    assert isinstance(CATALOGUE.resolve(wanted), Listing), "another station's"
    assert called.extended(()).begun == called.begun == found


@pytest.mark.parametrize("rows", [(), ("2014-06-05,ticker,APCX",), ("2014-06-06,split,7:1",)])
def test_what_was_before_that_day_does_nothing(rows: tuple[str, ...], tmp_path: Path) -> None:
    assert former_symbols(folder(tmp_path, *rows), CATALOGUE) == {}


def test_no_folder_has_none() -> None:
    assert former_symbols(None, CATALOGUE) == {}


REFUSED = {
    "nothing follows": (("2014-06-06,ticker,AAPL",), 2, "AAPL is what the contract is called"),
    "another's": (("2014-06-09,ticker,APCX", "2014-06-06,ticker,MSFT"), 3, "MSFT is the symbol of"),
    "twice the same": (("2014-06-06,ticker,APCX", "2014-06-09,ticker,APCX"), 2, "follows APCX"),
    "on one day": (("2014-06-06,ticker,APCX", "2014-06-06,ticker,APCY"), 2, "two new symbols"),
    "no symbol": (("2014-06-06,ticker,A*",), 2, r"'A\*' is no symbol"),
    "no row": (("2014-06-06,ticker,APCX", "2014-06-07,tickers,APCX"), 3, "none of split"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_that_cannot_rename_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    rows, line, problem = REFUSED[name]
    with pytest.raises(MarketDataError, match=rf"line {line}(, column 2)?: .*{problem}") as caught:
        former_symbols(folder(tmp_path, *rows), CATALOGUE)
    assert caught.value.path == str(tmp_path / "a.csv")


def test_two_shares_have_no_former_symbol_in_common(tmp_path: Path) -> None:
    row = "2014-06-06,ticker,APCX"
    with pytest.raises(MarketDataError, match="line 2: APCX is a former symbol of AAPL") as caught:
        former_symbols(folder(tmp_path, row, other=row), CATALOGUE)
    assert caught.value.path == str(tmp_path / "b.csv")


def test_a_currency_pair_keeps_its_symbol(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match=r"line 2: EUR.USD is no share"):
        former_symbols(folder(tmp_path, "2014-06-06,ticker,XEU", con_id=EURUSD), CATALOGUE)


def test_a_file_without_such_rows_is_not_read_in_full(tmp_path: Path) -> None:
    """What is wrong in it is told to whoever asks for the shares, as before."""
    assert former_symbols(folder(tmp_path, "2014-06-06,spilt,7:1"), CATALOGUE) == {}
