"""Data of others gets into a market folder whole, or not at all."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from papertape.data import gathered
from papertape.data.importing import ImportOptions, ImportReport, import_frame, import_sources
from papertape.data.stamps import DateOrder
from papertape.data.writing import FolderWriter
from papertape.errors import MarketDataError
from papertape.store.columns import read_columns, read_names, write_columns
from papertape.store.history import load, recordings
from papertape.store.manifest import FolderEntry, read_manifest, write_manifest
from papertape.store.market_folder import known_instruments
from papertape.venue.units import SIZE_SCALE

DAILY = """Date,Open,High,Low,Close,Adj Close,Volume
2024-01-04,25,26,24.5,25.5,25.1,1000
2024-01-05,25.5,27.005,25,26,25.6,2000
"""
MINUTES = """time,open,high,low,close,volume
2024-01-08 09:29:00,1,1,1,1,1
2024-01-08 09:30:00,26,26.5,25.5,26.25,300
2024-01-08 09:32:00,26.25,26.5,26,26.1,500
"""
TICKS = """time,price,size,bid,ask,bidSize,askSize
2024-01-09 09:29:59.5,,,26.1,26.15,300,200
2024-01-09 09:30:01,26.12,100,26.11,26.13,100,100
2024-01-09 09:30:01.25,26.13,50.5,26.2,26.13,100,100
2024-01-09 16:00:00,26.5,50,26.4,26.5,100,100
"""


def source(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def imported(folder: Path, *paths: Path, **options: object) -> ImportReport:
    return import_sources(paths, folder, ImportOptions(**options))  # type: ignore[arg-type]


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_daily_bars_of_a_stock(tmp_path: Path) -> None:
    report = imported(tmp_path / "m", source(tmp_path, "GME.csv", DAILY))
    (one,) = report.instruments
    assert one.rows == {"daily": 2}
    assert one.notes == ("prices rounded to the price step, 0.01 (bids down, asks up)",)
    assert report.read[0][1].endswith("not read: Adj Close")
    (entry,) = read_manifest(tmp_path / "m")
    assert (entry.symbol, entry.date, entry.minutes, entry.contract) == ("GME", 20240105, 390, {})
    known = load(tmp_path / "m", entry)
    assert known.daily is not None
    assert known.daily.high.tolist() == [260_000, 270_000]
    assert known.daily.volume.tolist() == [1000 * SIZE_SCALE, 2000 * SIZE_SCALE]


@pytest.mark.long
def test_minutes_then_ticks_are_one_recording(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    imported(folder, source(tmp_path, "GME.csv", DAILY))
    report = imported(folder, source(tmp_path, "GME.csv", MINUTES))
    assert report.instruments[0].left_out == {"before or after the day's session": 1}
    report = imported(folder, source(tmp_path, "GME.csv", TICKS))
    (one,) = report.instruments
    assert one.rows == {"quotes": 2, "trades": 2, "bars": 2, "daily": 2}
    assert one.left_out == {
        "quotes with the bid above the ask": 1,
        "before or after the day's session": 1,
    }
    (entry,) = read_manifest(folder)
    assert (entry.date, entry.sizeScale) == (20240109, 10_000)
    known = load(folder, entry)
    assert known.dates == (20240104, 20240105, 20240108, 20240109)
    quotes = read_columns(folder / entry.files["quotes"], ("time_ms", "bid", "ask"))
    # The quote of before the session is what it opens with.
    assert quotes["time_ms"].tolist() == [0, 1_000]
    assert quotes["bid"].tolist() == [261_000, 261_100]
    trades = read_columns(folder / entry.files["trades"], ("time_ms", "price", "size"))
    assert trades["size"].tolist() == [1_000_000, 505_000]
    assert read_names(folder / entry.files["trades"], "exchanges") == ("",)
    assert {path.name for path in folder.iterdir()} == {"market.toml", *entry.files.values()}


@pytest.mark.long
def test_the_same_import_again_changes_no_byte(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    for name, text in (("GME.csv", TICKS), ("gme.csv", DAILY)):
        imported(folder, source(tmp_path, name, text))
    before = everything(folder)
    imported(folder, source(tmp_path, "GME.csv", TICKS))
    assert everything(folder) == before


@pytest.mark.long
def test_another_day_that_is_played(tmp_path: Path) -> None:
    folder, ticks = tmp_path / "m", source(tmp_path, "GME.csv", TICKS)
    imported(folder, ticks, source(tmp_path, "gme.csv", MINUTES), symbol="GME")
    report = imported(folder, ticks, symbol="GME", date=20240108)
    assert report.instruments[0].entry.date == 20240108
    assert report.instruments[0].rows == {"bars": 2}
    with pytest.raises(MarketDataError, match="nothing is known of 20240110 by ticks or minutes"):
        imported(folder, ticks, symbol="GME", date=20240110)


def test_trades_alone_are_minute_bars(tmp_path: Path) -> None:
    text = "time,price,size\n2024-01-09T14:30:20Z,5,100\n2024-01-09T14:30:05Z,6,100\n"
    report = imported(tmp_path / "m", source(tmp_path, "GME.csv", text))
    (one,) = report.instruments
    assert one.rows == {"bars": 1}
    assert one.notes == ("trades of 20240109 are kept as minute bars",)
    bars = read_columns(tmp_path / "m" / "gme-bars.npz", ("minute", "open", "close", "volume"))
    assert [column[0] for column in bars.values()] == [0, 60_000, 50_000, 200]


def test_a_column_tells_the_symbol(tmp_path: Path) -> None:
    text = "ticker,date,open,high,low,close\nIBM,2024-01-04,1,1,1,1\nZZYX,2024-01-04,2,2,2,2\n"
    path = source(tmp_path, "all.csv", text)
    report = imported(tmp_path / "m", path)
    assert [one.entry.symbol for one in report.instruments] == ["IBM", "ZZYX"]
    report = imported(tmp_path / "n", path, symbol="ibm")
    assert [one.entry.conId for one in report.instruments] == [8314]


def test_a_symbol_far_down_is_found(tmp_path: Path) -> None:
    others = "".join(f"IBM,{day},2,2,2,2\n" for day in ("2024-01-03", "2024-01-04") * 150)
    text = f"symbol,date,open,high,low,close\n{others}GME,2024-01-04,1,1,1,1\n"
    report = imported(tmp_path / "m", source(tmp_path, "all.csv", text), symbol="GME")
    assert [(one.entry.symbol, one.rows) for one in report.instruments] == [("GME", {"daily": 1})]


@pytest.mark.parametrize(
    ("name", "secType", "volume", "note"),
    [("SPX.csv", "IND", ",volume", "an index without a volume has 1 in each minute"),
     ("GME.csv", "STK", "", "volumes are not told: 100 in each bar")],
)  # fmt: skip
def test_a_price_without_a_volume_is_shown(
    tmp_path: Path, name: str, secType: str, volume: str, note: str
) -> None:
    text = f"time,open,high,low,close{volume}\n2024-01-08 10:00,5,6,4,5{volume and ',0'}\n"
    contract = {"secType": secType}
    report = imported(tmp_path / "m", source(tmp_path, name, text), contract=contract)
    (one,) = report.instruments
    assert note in one.notes
    minutes = load(tmp_path / "m", one.entry).minutes
    assert minutes is not None
    assert sum(minutes.volume) > 0


def test_an_unknown_symbol_brings_its_contract_in(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    path = source(tmp_path, "x.csv", DAILY)
    contract = {"exchange": "IBIS", "currency": "EUR", "longName": "ZZYX AG"}
    imported(folder, path, symbol="ZZYX", contract=contract)
    (entry,) = read_manifest(folder)
    found = known_instruments(folder).get(entry.conId)
    assert found is not None
    assert (found.symbol, found.currency, found.longName) == ("ZZYX", "EUR", "ZZYX AG")
    imported(folder, path, symbol="ZZYX", contract=contract)
    assert len(read_manifest(folder)) == 1
    with pytest.raises(MarketDataError, match=r"one cannot be made: .* needs its exchange"):
        imported(folder, path, symbol="ZZYY", contract={"currency": "EUR"})


def test_a_currency_is_quoted_around_the_clock(tmp_path: Path) -> None:
    text = "time,bid,ask\n2024-01-09 00:00:01,1.09512,1.09514\n2024-01-09 23:59:59,1.1,1.1001\n"
    report = imported(tmp_path / "m", source(tmp_path, "EURUSD.csv", text), zone=None)
    (one,) = report.instruments
    assert one.entry.symbol == "EUR.USD"
    assert (one.entry.minutes, one.entry.trades) == (1440, False)
    assert "sizes are not told: 1,000,000 a side" in one.notes


def test_columns_without_headings_and_american_dates(tmp_path: Path) -> None:
    path = source(tmp_path, "GME.csv", "01/05/2024;$5.5;$6;$5;$5.75\n")
    with pytest.raises(MarketDataError, match=r"line 1, column 1: the file has no headings"):
        imported(tmp_path / "m", path)
    columns = {"date": "1", "open": "2", "high": "3", "low": "4", "close": "5"}
    report = imported(tmp_path / "m", path, columns=columns, order=DateOrder.MDY)
    assert report.instruments[0].rows == {"daily": 1}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("25.5,27.005", "25.5,x", "line 3, column 3: high: 'x' is no number"),
        ("25.5,27.005", "25.5,-1", "line 3, column 3: high: '-1' is no price from 0"),
        ("25.5,27.005", "25.5,25", "line 3, column 3: not a bar"),
        ("25.5,27.005", "25.5,Infinity", "column 3: high: 'Infinity' is no number"),
        ("25.5,27.005", "25.5,1e300", "column 3: high: '1e300' is out of all proportion"),
        (",2000", ",1e15", "line 3, column 7: volume: '1e15' is no size"),
        (",2000", "", "line 3, column 6: 6 cells below 7 headings"),
        ("2024-01-05", "2024-13-05", "line 3, column 1: '2024-13-05' is no date"),
        ("Low", "Bottom", "bars lack low"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_imported(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    folder = tmp_path / "m"
    good = source(tmp_path, "IBM.csv", DAILY)
    bad = source(tmp_path, "GME.csv", DAILY.replace(old, new))
    with pytest.raises(MarketDataError, match=words) as told:
        imported(folder, good, bad)
    assert "GME.csv" in str(told.value)
    assert not folder.exists()
    imported(folder, good)
    before = everything(folder)
    with pytest.raises(MarketDataError):
        imported(folder, bad)
    assert everything(folder) == before


def test_rows_that_tell_nothing_are_counted(tmp_path: Path) -> None:
    text = DAILY + "2024-01-06,1,1,1,1,1,1\n2024-01-02,nan,,null,-,1,1\n"
    report = imported(tmp_path / "m", source(tmp_path, "GME.csv", text))
    assert report.instruments[0].left_out == {"on a day without trading": 1, "without a price": 1}


def test_rows_of_other_hours_alone_are_nothing_to_play(tmp_path: Path) -> None:
    text = "time,price\n2024-01-08 20:00,5\n2024-01-08 21:00,5\n"
    words = "nothing that could be played; left out were 2 before or after the day's session"
    with pytest.raises(MarketDataError, match=words):
        imported(tmp_path / "m", source(tmp_path, "GME.csv", text))
    assert not (tmp_path / "m").exists()


def test_bars_of_five_minutes_have_no_place(tmp_path: Path) -> None:
    text = "time,open,high,low,close\n2024-01-08 09:30,1,1,1,1\n2024-01-08 09:35,1,1,1,1\n"
    with pytest.raises(MarketDataError, match="bars of 5 minutes have no place"):
        imported(tmp_path / "m", source(tmp_path, "GME.csv", text))


def test_a_full_disk_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "m"
    imported(folder, source(tmp_path, "GME.csv", DAILY))
    before = everything(folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("fsync",):
        with monkeypatch.context() as patched:
            patched.setattr(os, name, full)
            with pytest.raises(MarketDataError, match="No space left on device"):
                imported(folder, source(tmp_path, "GME.csv", MINUTES))
        assert everything(folder) == before


def test_two_imports_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    path = source(tmp_path, "GME.csv", DAILY)
    with FolderWriter(folder), pytest.raises(MarketDataError, match="is in use"):
        imported(folder, path)
    assert not folder.exists()
    imported(folder, path)
    before = everything(folder)
    with FolderWriter(folder), pytest.raises(MarketDataError, match="is in use"):
        imported(folder, path)
    assert everything(folder) == before
    (tmp_path / "file").write_text("")
    with pytest.raises(MarketDataError, match="cannot be written: File exists"):
        imported(tmp_path / "file", path)


def test_what_is_held_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "MOST_TICKS", 3)
    with pytest.raises(MarketDataError, match="more than 3 ticks"):
        imported(tmp_path / "m", source(tmp_path, "GME.csv", TICKS))


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.csv", "no such file"), ("x.docx", r"files \*.docx are not read"), ("d", "nothing")],
)
def test_sources_that_are_none(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "x.docx").write_text("x")
    (tmp_path / "d").mkdir()
    with pytest.raises(MarketDataError, match=words):
        imported(tmp_path / "m", tmp_path / name)
    with pytest.raises(MarketDataError, match="is empty"):
        imported(tmp_path / "m", source(tmp_path, "GME.csv", ""))
    with pytest.raises(MarketDataError, match="holds no rows"):
        imported(tmp_path / "m", source(tmp_path, "GME.csv", DAILY.splitlines()[0]))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "GME.csv")
    with pytest.raises(MarketDataError, match="no plain file"):
        imported(tmp_path / "m", tmp_path / "GME.csv")
    assert not (tmp_path / "m").exists()


TRADES = """time,price,size
2024-01-08 09:30:01,27,100
2024-01-08 09:31:02,27.5,200
2024-01-08 09:33:00,27.25,50
"""


def test_trades_take_the_place_of_the_minute_bars_of_their_day(tmp_path: Path) -> None:
    imported(tmp_path / "m", source(tmp_path, "GME.csv", MINUTES))
    report = imported(tmp_path / "m", source(tmp_path, "trades.csv", TRADES), symbol="GME")
    (one,) = report.instruments
    assert one.rows == {"bars": 3}
    assert one.notes == ("trades of 20240108 are kept as minute bars",)


def test_trades_beside_minute_bars_of_the_same_import_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    source(folder, "a.csv", MINUTES)
    source(folder, "b.csv", TRADES)
    (one,) = imported(tmp_path / "m", folder, symbol="GME").instruments
    assert one.rows == {"bars": 2}
    assert one.left_out["trades of 20240108, which minute bars tell"] == 3


def test_minute_bars_of_a_day_with_quotes_are_told(tmp_path: Path) -> None:
    """The quotes are played, and bars beside them would never be seen."""
    imported(tmp_path / "m", source(tmp_path, "GME.csv", TICKS))
    bars = source(tmp_path, "bars.csv", MINUTES.replace("01-08", "01-09"))
    (one,) = imported(tmp_path / "m", bars, symbol="GME").instruments
    assert "bars" not in one.rows
    assert one.left_out["minute bars of the day that is played quote by quote"] == 2
    assert one.rows["quotes"] == 2


def test_bars_of_trades_are_played_and_not_quotes_alone_beside_them(tmp_path: Path) -> None:
    """A stock that shows quotes and no trades all day helps nobody who has its bars."""
    folder = tmp_path / "in"
    folder.mkdir()
    source(folder, "a.csv", MINUTES)
    source(folder, "b.csv", "time,bid,ask\n2024-01-08 09:30:00,26,26.1\n")
    (one,) = imported(tmp_path / "m", folder, symbol="GME").instruments
    assert (one.entry.date, one.rows) == (20240108, {"bars": 2})
    assert one.left_out["quotes of days whose trades only minute bars tell"] == 1
    pair = imported(tmp_path / "p", folder, symbol="EUR.USD").instruments[0]
    assert pair.rows["quotes"] == 1


# ---------------------------------------------------------------- tables and folders


@pytest.mark.long
def test_any_table_of_columns_is_a_frame(tmp_path: Path) -> None:
    import pandas
    import polars

    rows = list(csv.DictReader(io.StringIO(DAILY)))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    frames: dict[str, object] = {
        "dict": columns,
        "pandas": pandas.DataFrame(columns),
        "index": pandas.DataFrame(columns).set_index("Date"),
        "dates": pandas.DataFrame(columns).assign(Date=pandas.to_datetime(columns["Date"])),
        "polars": polars.DataFrame(columns),
    }
    found = {}
    for name, frame in frames.items():
        import_frame(frame, tmp_path / name, ImportOptions(symbol="GME"))
        found[name] = everything(tmp_path / name)
    assert all(content == found["dict"] for content in found.values())
    with pytest.raises(MarketDataError, match="not a table"):
        import_frame({"date": ["2024-01-04"], "price": []}, tmp_path / "x", ImportOptions())
    columns["High"][1] = "1"
    with pytest.raises(MarketDataError, match="row 2, column 3: not a bar"):
        import_frame(columns, tmp_path / "x", ImportOptions(symbol="GME"))


def test_the_folder_of_a_frame_may_be_a_text(tmp_path: Path) -> None:
    columns = {"time": ["2024-01-05 09:30:00"], "Last": [17.5]}
    options = ImportOptions(symbol="GME", columns={"price": "Last"})
    report = import_frame(columns, str(tmp_path / "m"), options)
    assert report.instruments[0].rows == {"bars": 1}


@pytest.mark.long
def test_parquet(tmp_path: Path) -> None:
    import polars

    frame = polars.read_csv(io.StringIO(TICKS), try_parse_dates=True)
    frame.write_parquet(tmp_path / "GME.parquet")
    imported(tmp_path / "p", tmp_path / "GME.parquet")
    imported(tmp_path / "c", source(tmp_path, "GME.csv", TICKS))
    assert everything(tmp_path / "p") == everything(tmp_path / "c")
    data = (tmp_path / "GME.parquet").read_bytes()
    for cut in (0, 3, len(data) // 2, len(data) - 1):
        (tmp_path / "GME.parquet").write_bytes(data[:cut])
        with pytest.raises(MarketDataError, match="not a readable Parquet file"):
            imported(tmp_path / "x", tmp_path / "GME.parquet")


def old_folder(folder: Path, times: Iterable[int] = (0, 5_000)) -> Path:
    """A market folder as version 1 was: Parquet, times in milliseconds, no scale."""
    import polars

    folder.mkdir()
    quote = {"time": list(times), "bid": [139_000, 139_005], "bidSize": [1_000_000] * 2}
    polars.DataFrame(quote | {"ask": [139_010] * 2, "askSize": [1_000_000] * 2}).write_parquet(
        folder / "eurusd-quotes.parquet"
    )
    (folder / "market.toml").write_text(
        'version = 1\n[[instrument]]\nconId = 12087792\nsymbol = "EUR.USD"\ndate = 20140501\n'
        "minutes = 1440\ntick = 5\nspread = 3\ntrades = false\nsize = 10_000_000_000\n"
        'files = { quotes = "eurusd-quotes.parquet" }\n'
    )
    return folder


@pytest.mark.long
def test_a_folder_of_before_becomes_one_of_now(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match="format version 1, this program reads 2"):
        recordings(old_folder(tmp_path / "old"))
    report = imported(tmp_path / "new", tmp_path / "old")
    (entry,) = read_manifest(tmp_path / "new")
    assert report.instruments[0].entry == entry
    assert (entry.scale, entry.spread, entry.trades) == (100_000, 3, False)
    ticks = load(tmp_path / "new", entry).ticks
    assert ticks is not None
    assert ticks.last() == (139_005 + 139_010) // 2
    with pytest.raises(MarketDataError, match="not a quote within the day"):
        imported(tmp_path / "new", old_folder(tmp_path / "bad", (0, -5)))


@pytest.mark.long
def test_a_folder_into_another(tmp_path: Path) -> None:
    imported(tmp_path / "a", source(tmp_path, "GME.csv", DAILY))
    imported(tmp_path / "b", source(tmp_path, "IBM.csv", DAILY), source(tmp_path, "GME.csv", TICKS))
    imported(tmp_path / "b", tmp_path / "a")
    rows = {one.symbol: set(one.files) for one in read_manifest(tmp_path / "b")}
    assert rows == {"IBM": {"daily"}, "GME": {"quotes", "trades", "daily"}}
    names = ("date", "open", "high", "low", "close", "volume")
    write_columns(tmp_path / "x.npz", {name: [20240105] for name in names})
    entry = FolderEntry(1_999_999_999, "ZZYX", 20240105, 390, {"daily": "x.npz"})
    write_manifest(tmp_path, [entry])
    with pytest.raises(MarketDataError, match="no contract has conId 1999999999"):
        imported(tmp_path / "b", tmp_path)
    described = msgspec.structs.replace(entry, contract={"longName": "ZZYX"})
    write_manifest(tmp_path, [described])
    imported(tmp_path / "b", tmp_path)
    assert known_instruments(tmp_path / "b").get(1_999_999_999) is not None
