"""Files of LEAN's data folder get into a market folder."""

import zipfile
from pathlib import Path

import pytest

from papertape.data.importing import ImportOptions, ImportReport, import_sources
from papertape.data.lean import recognised
from papertape.errors import MarketDataError
from papertape.store.columns import read_columns
from papertape.store.history import load
from papertape.venue.units import MINUTE


def imported(folder: Path, path: Path) -> ImportReport:
    return import_sources((path,), folder, ImportOptions())


def lean(root: Path, path: str, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.csv", text)
    return file


OPEN_MS = (9 * 60 + 30) * 60_000


def lean_folder(root: Path) -> Path:
    lean(
        root,
        "equity/usa/tick/ibm/20131007_quote.zip",
        f"{OPEN_MS - 5},1819900,100,0,0,P,1,0\n{OPEN_MS - 4},0,0,1821000,200,Q,1,0\n"
        f"{OPEN_MS + 1000},1820000,300,0,0,P,1,0\n{OPEN_MS + 2000},1,300,0,0,P,0,0\n",
    )
    lean(
        root,
        "equity/usa/tick/ibm/20131007_trade.zip",
        f"{OPEN_MS + 1500},1820050,100,Q,20000001,0\n{OPEN_MS + 1600},1,100,Q,4000000,0\n",
    )
    lean(
        root,
        "equity/usa/second/ibm/20131004_trade.zip",
        f"{OPEN_MS},1830000,1831000,1829000,1830000,100\n"
        f"{OPEN_MS + 1000},1830000,1835000,1830000,1834000,200\n",
    )
    lean(root, "equity/usa/daily/ibm.zip", "20131003 00:00,1840000,1850000,1830000,1840000,5\n")
    lean(root, "equity/usa/hour/ibm.zip", "20131003 10:00,1,1,1,1,5\n")
    lean(root, "option/usa/minute/ibm/20131003_trade_american.zip", "1,1,1,1,1,5\n")
    factors = root / "equity/usa/factor_files/ibm.csv"
    factors.parent.mkdir(parents=True)
    factors.write_text("20130806,0.99,1,195.5\n20501231,1,1,0\n")
    return root


@pytest.mark.long
def test_a_part_of_leans_data_folder(tmp_path: Path) -> None:
    report = imported(tmp_path / "m", lean_folder(tmp_path / "Data"))
    (one,) = report.instruments
    assert one.rows == {"quotes": 2, "trades": 1, "bars": 1, "daily": 1, "actions": 1}
    assert one.left_out == {
        "quotes that are suspicious or not regular": 1,
        "prints that are late, averaged, derivative, next-day, form-T or suspicious": 1,
    }
    assert [(Path(name).name, why.split()[0]) for name, why in report.unread] == [
        ("ibm.zip", "bars"),
        ("20131003_trade_american.zip:data.csv", "data.csv"),
    ]
    entry = one.entry
    folder = tmp_path / "m"
    quotes = read_columns(folder / entry.files["quotes"], ("time_ms", "bid", "ask"))
    assert quotes["time_ms"].tolist() == [0, 1_000]
    assert quotes["bid"].tolist() == [1_819_900, 1_820_000]
    bars = read_columns(folder / entry.files["bars"], ("open", "high", "low", "close", "volume"))
    assert [column[0] for column in bars.values()] == [1830000, 1835000, 1829000, 1834000, 300]
    assert load(folder, entry).dates == (20131003, 20131004, 20131007)


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    [
        "future/cme/margins/ES.csv",
        "option/usa/universes/spy/20231229.csv",
        "alternative/interest-rate/usa/interest-rate.csv",
        "symbol-properties/symbol-properties-database.csv",
    ],
)
def test_tables_without_prices_are_passed_over_by_name(tmp_path: Path, path: str) -> None:
    root = lean_folder(tmp_path / "Data")
    file = root / path
    file.parent.mkdir(parents=True)
    file.write_text("date,initial,maintenance\n20131007,1,2\n")
    report = imported(tmp_path / "m", root)
    assert [why for name, why in report.unread if name == str(file)] == [
        "a table of LEAN's that tells no prices"
    ]
    with pytest.raises(MarketDataError, match="tells no prices"):
        imported(tmp_path / "n", file)


@pytest.mark.parametrize("ending", [".zip", ".zip.zip"])
def test_some_files_of_lean_end_with_zip_twice(ending: str) -> None:
    path = Path(f"Data/indexoption/usa/minute/spxw/20210104_openinterest_european{ending}")
    assert recognised(path) == "open interest has no place in a market folder"


def test_currencies_of_lean_are_bars_of_the_bid(tmp_path: Path) -> None:
    text = "0,1.1,1.2,1.05,1.15,0,1.11,1.21,1.06,1.16,0\n"
    path = lean(tmp_path, "forex/oanda/minute/eurusd/20140501_quote.zip", text)
    report = imported(tmp_path / "m", path)
    (one,) = report.instruments
    assert (one.entry.symbol, one.rows) == ("EUR.USD", {"bars": 1})
    assert load(tmp_path / "m", one.entry).minutes is not None
    known = load(tmp_path / "m", one.entry).minutes
    assert known is not None
    assert len(known.open) * MINUTE == one.entry.length
    assert known.high[0] == 120_000


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("equity/usa/minute/ibm/20131004_trade.zip", "1,2,3", "line 1, column 3: 3 cells"),
        ("equity/usa/minute/ibm/20131004_trade.zip", "x,1,1,1,1,1", "column 1: 'x' is no time"),
        (
            "equity/usa/minute/ibm/20131004_trade.zip",
            f"{OPEN_MS},1,1,1,y,1",
            "line 1, column 5: 'y' is no number",
        ),
        ("equity/usa/minute/ibm/20131004_trade.zip", f"{'9' * 5000},1,1,1,1,1", "is no time"),
        ("equity/usa/daily/ibm.zip", "2013 00:00,1,1,1,1,1", "is no date"),
        ("equity/usa/tick/ibm/20131004_trade.zip", f"{OPEN_MS},1,1,Q,zz,0", "no sale conditions"),
        ("equity/usa/hour/ibm.zip", "", "bars of an hour have no place"),
        ("option/usa/daily/goog_2015_trade_american.zip", "", "options are not read"),
    ],
)
def test_a_mistake_in_a_file_of_lean(tmp_path: Path, path: str, text: str, words: str) -> None:
    with pytest.raises(MarketDataError, match=words):
        imported(tmp_path / "m", lean(tmp_path, path, text))
    assert not (tmp_path / "m").exists()
