"""Columns in .npz files: what is written is read, and what is damaged is noticed."""

import io
import zipfile
from array import array
from pathlib import Path

import pytest

from papertape.store.columns import NotColumns, read_columns, read_names, write_columns

WIDE = (-(1 << 63), (1 << 63) - 1)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0, 255], "|u1"), ([-1, 127], "|i1"), ([0, 256], "<u2"), ([-129, 0], "<i2"),
        ([1 << 16], "<u4"), ([-1, 1 << 20], "<i4"), ([1 << 32], "<i8"), (list(WIDE), "<i8"),
        ([], "|u1"),
    ],
)  # fmt: skip
def test_numbers_take_the_narrowest_type(tmp_path: Path, values: list[int], dtype: str) -> None:
    path = tmp_path / "a.npz"
    write_columns(path, {"x": values})
    assert read_columns(path, ["x"]) == {"x": array("q", values)}
    with zipfile.ZipFile(path) as archive:
        assert repr(dtype).encode() in archive.read("x.npy")[:128]
        assert len(archive.read("x.npy")) % 64 == len(values) * int(dtype[2:]) % 64


def test_names_and_the_same_bytes_again(tmp_path: Path) -> None:
    one, two = tmp_path / "1.npz", tmp_path / "2.npz"
    for path in (one, two):
        write_columns(path, {"exchanges": ["NYSE", "IEX"], "x": (1, 2)})
    assert read_names(one, "exchanges") == ("NYSE", "IEX")
    assert one.read_bytes() == two.read_bytes()


def test_a_file_as_numpy_writes_it(tmp_path: Path) -> None:
    """The bytes of numpy.save(array([1, -2, 300], "<i4")), version 1.0 of the format."""
    header = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }"
    text = header + " " * (118 - len(header) - 1) + "\n"
    body = b"\x01\0\0\0\xfe\xff\xff\xff\x2c\x01\0\0"
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + body
    with zipfile.ZipFile(tmp_path / "n.npz", "w") as archive:
        archive.writestr("x.npy", data)
    assert list(read_columns(tmp_path / "n.npz", ["x"])["x"]) == [1, -2, 300]


@pytest.mark.sample(11)
@pytest.mark.parametrize("keep", range(0, 400, 7))
def test_a_cut_file_is_not_columns(tmp_path: Path, keep: int) -> None:
    whole, cut = tmp_path / "a.npz", tmp_path / "b.npz"
    write_columns(whole, {"x": range(5_000)})
    cut.write_bytes(whole.read_bytes()[:keep])
    with pytest.raises(NotColumns):
        read_columns(cut, ["x"])


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'shape': (1,)}", "{'descr': '<i8', 'shape': (2,)}", "{'descr': 7}",
        "{'descr': '<i8', 'shape': (1, 1)}", "[", "{'descr': '<i8', 'shape': (-1,)}", "((((" * 500,
    ],
)  # fmt: skip
def test_an_array_of_something_else(tmp_path: Path, header: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        size = len(header).to_bytes(2, "little")
        archive.writestr("x.npy", b"\x93NUMPY\x01\0" + size + header.encode() + bytes(8))
    path = tmp_path / "a.npz"
    path.write_bytes(made.getvalue())
    with pytest.raises(NotColumns):
        read_columns(path, ["x"])


def test_columns_of_different_lengths(tmp_path: Path) -> None:
    write_columns(tmp_path / "a.npz", {"x": [1], "y": [1, 2]})
    with pytest.raises(NotColumns, match="x 1, y 2"):
        read_columns(tmp_path / "a.npz", ["x", "y"])
    with pytest.raises(NotColumns, match="no column 'z'"):
        read_columns(tmp_path / "a.npz", ["z"])
