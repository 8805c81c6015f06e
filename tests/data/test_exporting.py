"""A market folder as CSV, and back again."""

from pathlib import Path

import pytest

from lanes import LANE
from papertape.data.exporting import decimal_text, export_folder
from papertape.data.importing import ImportOptions, import_frame, import_sources
from papertape.errors import MarketDataError
from papertape.store.history import BUILT_IN
from papertape.store.manifest import MANIFEST, FolderEntry, read_manifest, write_manifest
from walks import walk

SAMPLE = Path(__file__).parents[2] / "market" / "sample"


def recordings_of(folder: Path) -> dict[str, bytes]:
    """The manifest and what it names."""
    names = {name for entry in read_manifest(folder) for name in entry.files.values()}
    return {name: (folder / name).read_bytes() for name in {MANIFEST, *names}}


@pytest.mark.long
def test_what_is_exported_comes_back_to_the_same_bytes(tmp_path: Path) -> None:
    done = export_folder(BUILT_IN, tmp_path / "csv")
    assert all(path.suffix == ".csv" and rows for path, rows in done)
    import_sources([tmp_path / "csv"], tmp_path / "back", ImportOptions())
    assert recordings_of(tmp_path / "back") == recordings_of(BUILT_IN)


SYMBOLS = {"IBM", *(("AAPL", "EUR.USD", "SPY", "BAC") if LANE == "proof" else ())}
"""All kinds of files are among those of the first; SPY and BAC are the longest days."""


@pytest.mark.proof
def test_days_of_ticks_come_back_to_the_same_bytes(tmp_path: Path) -> None:
    entries = [entry for entry in read_manifest(SAMPLE) if entry.symbol in SYMBOLS]
    assert len(entries) == len(SYMBOLS)
    export_folder(SAMPLE, tmp_path / "csv", [entry.symbol for entry in entries])
    import_sources([tmp_path / "csv"], tmp_path / "back", ImportOptions())
    back = {entry.conId: entry for entry in read_manifest(tmp_path / "back")}
    assert back == {entry.conId: entry for entry in entries}
    for name in (name for entry in entries for name in entry.files.values()):
        assert (tmp_path / "back" / name).read_bytes() == (SAMPLE / name).read_bytes(), name


@pytest.mark.long
def test_a_file_of_an_export_can_be_imported_alone(tmp_path: Path) -> None:
    export_folder(SAMPLE, tmp_path / "csv", ["eur.usd"])
    head = (tmp_path / "csv" / "eurusd-quotes.csv").read_text().splitlines()[:3]
    assert head[0] == "time,bid,bidSize,ask,askSize"
    assert head[1] == "2014-05-01T00:00:00Z,1.38675,1000000,1.3869,1000000"
    alone = tmp_path / "csv" / "eurusd-quotes.csv"
    import_sources([alone], tmp_path / "back", ImportOptions(symbol="EURUSD"))
    (entry,) = read_manifest(tmp_path / "back")
    name = entry.files["quotes"]
    assert (tmp_path / "back" / name).read_bytes() == (SAMPLE / name).read_bytes()


def test_an_export_is_a_new_folder_or_none(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match="is there already"):
        export_folder(SAMPLE, tmp_path)
    with pytest.raises(MarketDataError, match="not in this folder") as told:
        export_folder(SAMPLE, tmp_path / "x", ["ZZYX"])
    assert "It has SPY, IBM, BAC" in str(told.value)
    rows = {"date": ["2024-01-05"], "open": [1], "high": [1], "low": [1], "close": [1]}
    import_frame(rows, tmp_path / "m", ImportOptions(symbol="GME"))
    (path,) = (tmp_path / "m").glob("*.npz")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(MarketDataError, match="gme-daily"):
        export_folder(tmp_path / "m", tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.long
def test_two_files_of_one_name_in_two_folders(tmp_path: Path) -> None:
    rows = {"date": ["2024-01-05"], "open": [1], "high": [1], "low": [1], "close": [1]}
    for symbol in ("GME", "IBM"):
        import_frame(rows, tmp_path / "m", ImportOptions(symbol=symbol))
    entries: list[FolderEntry] = []
    for entry in read_manifest(tmp_path / "m"):
        folder = tmp_path / "m" / entry.symbol
        folder.mkdir()
        (tmp_path / "m" / entry.files["daily"]).rename(folder / "daily.npz")
        entry.files["daily"] = f"{entry.symbol}/daily.npz"
        entries.append(entry)
    write_manifest(tmp_path / "m", entries)
    export_folder(tmp_path / "m", tmp_path / "csv")
    import_sources([tmp_path / "csv"], tmp_path / "back", ImportOptions())
    assert [one.symbol for one in read_manifest(tmp_path / "back")] == ["GME", "IBM"]


@walk(
    ("units", "scale", "text"),
    [(10_000, 10_000, "1"), (1, 10_000, "0.0001"), (138_675, 100_000, "1.38675"), (0, 10, "0"),
     (10**17, 1, "1" + "0" * 17), (1_500, 10, "150")],
)  # fmt: skip
def test_numbers_are_plain_decimals(units: int, scale: int, text: str) -> None:
    assert decimal_text(units, scale) == text
