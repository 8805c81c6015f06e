"""Damaged and hostile sources: refused by name, the folder as it was; or imported and playable."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.data.importing import ImportOptions, import_sources
from papertape.errors import MarketDataError
from papertape.store.history import load
from papertape.store.manifest import read_manifest

CSV = (
    b"time,price,size,exchange,bid,ask,bidSize,askSize\n"
    b"2024-01-09 09:30:01.5,26.12,100,NYSE,26.11,26.13,100,100\n"
    b"2024-01-09 09:30:02,26.13,50,ARCA,26.12,26.13,100,200\n"
)
DAILY = b"date,open,high,low,close,volume\n2024-01-04,1,2,1,2,5\n2024-01-05,2,3,2,2.5,6\n"
LEAN = b"34200000,100000,110000,90000,100000,5\n34260000,100000,110000,90000,100000,5\n"
PLACE = "Data/equity/usa/minute/gme/20240108_trade.zip"


def zipped(text: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", text)
    return held.getvalue()


def folder_of(root: Path) -> None:
    (root / "GME.csv").write_bytes(CSV)
    import_sources([root / "GME.csv"], root / "other", ImportOptions())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Good sources by the path that they stand at."""
    import polars

    root = tmp_path_factory.mktemp("good")
    folder_of(root)
    polars.read_csv(io.BytesIO(CSV)).write_parquet(root / "GME.parquet")
    found = {
        "GME.csv": CSV,
        "gme.csv": DAILY,
        "GME.csv.gz": gzip.compress(CSV),
        "GME.zip": zipped(DAILY),
        PLACE: zipped(LEAN),
        "Data/equity/usa/factor_files/gme.csv": b"20240103,0.9,0.5,100\n20501231,1,1,0\n",
        "GME.parquet": (root / "GME.parquet").read_bytes(),
    }
    for path in (root / "other").iterdir():
        found[f"other/{path.name}"] = path.read_bytes()
    return found


DAMAGE = st.lists(
    st.tuples(
        st.sampled_from(("cut", "set", "insert", "repeat", "cell")),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=4),
        st.sampled_from(
            (b"-1", b"nan", b"1e999", b"9" * 30, b"\0", b"\xff", b'"', b"0", b"1_0", b"Infinity",
             b"1970-01-01", b"9999-12-31 23:59:59-12:00", b"../x", b"\xd9\xa3", b",,,,",
             b"1" * 5000)
        ),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


def damaged(data: bytes, damage: list[tuple[str, float, bytes, bytes]]) -> bytes:
    for how, where, few, odd in damage:
        at = int(where * (len(data) + 1))
        if how == "cut":
            data = data[:at]
        elif how == "set":
            data = data[:at] + few + data[at + len(few) :]
        elif how == "insert":
            data = data[:at] + odd + data[at:]
        elif how == "repeat":
            data = data[:at] + data[at : at + 40] * 3 + data[at + 40 :]
        else:  # a whole cell becomes an odd one
            begin = max(data.rfind(b",", 0, at), data.rfind(b"\n", 0, at)) + 1
            ends = [end for end in (data.find(b",", at), data.find(b"\n", at)) if end >= 0]
            data = data[:begin] + odd + data[min(ends, default=len(data)) :]
    return data


@pytest.mark.long
@tries(50)
@given(data=st.data())
def test_a_damaged_source_is_refused_or_can_be_played(
    data: st.DataObject, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("bad")
    name = data.draw(st.sampled_from(sorted(files)))
    for other, content in files.items():
        (root / other).parent.mkdir(parents=True, exist_ok=True)
        if other.startswith("other/"):
            (root / other).write_bytes(content)
    (root / name).write_bytes(damaged(files[name], data.draw(DAMAGE)))
    target = root / "m"
    (root / "IBM.csv").write_bytes(DAILY)
    import_sources([root / "IBM.csv"], target, ImportOptions())
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    source = root / "other" if name.startswith("other/") else root / name
    try:
        import_sources([source], target, ImportOptions())
    except MarketDataError as error:
        assert str(error)
        assert len(str(error)) < 6_000
        assert {path.name: path.read_bytes() for path in target.iterdir()} == before
        return
    entries = read_manifest(target)
    assert len(entries) >= 2
    for entry in entries:
        load(target, entry)
