"""Columns in files that need no package: ``.npz`` as NumPy writes and reads it.

A file is a zip with an ``.npy`` array for each column, one-dimensional: whole numbers of one to
eight bytes, or bytes of a fixed length for names. ``numpy.load(path)`` reads them as well. The
same columns give the same bytes.
"""

import lzma
import struct
import sys
import zipfile
import zlib
from array import array
from ast import literal_eval
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

Columns = Mapping[str, Sequence[int] | Sequence[str]]

MAGIC: Final = b"\x93NUMPY"
MOST_ROWS: Final = 1 << 28
"""More than a day of any instrument has; a header that says more is not believed."""
_LONGEST_HEADER: Final = 10_000
_PIECE: Final = 1 << 16
_DAMAGE: Final = (
    zipfile.BadZipFile, lzma.LZMAError, zlib.error, struct.error, EOFError, RuntimeError,
    ValueError, OverflowError, IndexError,
)  # fmt: skip
"""What reading a damaged file raises; a method of compression that there is not is a
``RuntimeError`` too."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_CODES: Final = {"|i1": "b", "|u1": "B", "<i2": "h", "<u2": "H", "<i4": "i", "<u4": "I"} | {
    "<i8": "q",
    "<u8": "Q",
}
_RANGES: Final = tuple(
    (dtype, low, high)
    for bits, unsigned, signed in (
        (8, "|u1", "|i1"), (16, "<u2", "<i2"), (32, "<u4", "<i4"), (64, "", "<i8"),
    )
    for dtype, low, high in (
        (unsigned, 0, (1 << bits) - 1), (signed, -(1 << bits - 1), (1 << bits - 1) - 1),
    )
    if dtype
)  # fmt: skip
"""The types of whole numbers, narrowest first."""


class NotColumns(ValueError):
    """A file that does not hold the columns that it should; the text says what is wrong."""


def write_columns(path: Path, columns: Columns) -> None:
    """Write a file of columns: numbers in the narrowest type that holds them all, or names.

    Raises ``ValueError`` for columns of different lengths among the numbers, and ``OSError``.
    """
    with zipfile.ZipFile(path, "x", zipfile.ZIP_LZMA) as archive:
        for name, values in columns.items():
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.compress_type = zipfile.ZIP_LZMA
            archive.writestr(info, _npy(values))


def read_columns(path: Path, names: Sequence[str]) -> dict[str, "array[int]"]:
    """The columns of whole numbers with these names, all of one length.

    Raises ``NotColumns``, and ``OSError`` when the file cannot be opened.
    """
    found = {}
    for name, (dtype, count, data) in _arrays(path, names).items():
        if dtype not in _CODES:
            raise NotColumns(f"the column {name!r} has type {dtype}, not one of whole numbers")
        found[name] = _numbers(dtype, data)
        if len(found[name]) != count:
            raise NotColumns(f"the column {name!r} has {len(found[name])} of {count} values")
    if len({len(column) for column in found.values()}) > 1:
        told = _told({name: len(column) for name, column in found.items()})
        raise NotColumns(f"columns of different lengths: {told}")
    return found


def check_columns(path: Path, names: Sequence[str], whole: int) -> int:
    """Look whether a file has columns with these names, in a bounded memory and mostly without
    reading it: its directory, the head and the length of each, and, when they have ``whole`` bytes
    at the most, their checksums. Returns how many bytes those are that were read to the end.

    Raises ``NotColumns``, and ``OSError`` when the file cannot be opened.
    """
    lengths: dict[str, int] = {}
    with _opened(path) as archive:
        members = {name: _member(archive, name) for name in names}
        for name, info in members.items():
            with _damage(name), archive.open(info) as file:
                dtype, count, begin = _head(name, file.read(_LONGEST_HEADER + 16))
            if dtype not in _CODES and not _is_names(dtype):
                raise NotColumns(f"the column {name!r} has type {dtype}, not one of whole numbers")
            width = int(dtype[2:])
            if begin + count * width != info.file_size:
                raise NotColumns(f"the column {name!r} does not have {count} values of {dtype}")
            if dtype in _CODES:
                lengths[name] = count
        if len(set(lengths.values())) > 1:
            raise NotColumns(f"columns of different lengths: {_told(lengths)}")
        total = sum(info.file_size for info in members.values())
        if total > whole:
            return 0
        for name, info in members.items():
            with _damage(name), archive.open(info) as file:
                while file.read(_PIECE):
                    pass
    return total


def read_names(path: Path, name: str) -> tuple[str, ...]:
    """A column of names. Raises as ``read_columns`` does."""
    dtype, count, data = _arrays(path, (name,))[name]
    if not _is_names(dtype):
        raise NotColumns(f"the column {name!r} has type {dtype}, not one of bytes")
    width = int(dtype[2:])
    if len(data) != width * count:
        raise NotColumns(f"the column {name!r} is cut")
    cells = (data[at : at + width].rstrip(b"\0") for at in range(0, len(data), width))
    return tuple(cell.decode("ascii", "replace") for cell in cells)


def names_in(path: Path) -> tuple[str, ...]:
    """The names of the columns of a file. Raises as ``read_columns`` does."""
    with _opened(path) as archive:
        return tuple(name.removesuffix(".npy") for name in archive.namelist())


def _npy(values: Sequence[int] | Sequence[str]) -> bytes:
    if isinstance(values, tuple | list) and values and isinstance(values[0], str):
        cells = [str(value).encode("ascii") for value in values]
        width = max(1, *map(len, cells))
        return _header(f"|S{width}", len(cells)) + b"".join(c.ljust(width, b"\0") for c in cells)
    numbers = values if isinstance(values, array) else array("q", values)
    low, high = (min(numbers), max(numbers)) if numbers else (0, 0)
    dtype = next(name for name, least, most in _RANGES if least <= low and high <= most)
    narrow = array(_CODES[dtype], numbers)
    if sys.byteorder == "big":
        narrow.byteswap()
    return _header(dtype, len(numbers)) + narrow.tobytes()


def _header(dtype: str, count: int) -> bytes:
    text = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': ({count},), }}"
    length = -(-(len(MAGIC) + 4 + len(text) + 1) // 64) * 64 - len(MAGIC) - 4
    return MAGIC + b"\1\0" + length.to_bytes(2, "little") + text.ljust(length - 1).encode() + b"\n"


def _is_names(dtype: str) -> bool:
    return dtype.startswith("|S") and dtype[2:].isdecimal() and int(dtype[2:]) > 0


def _told(lengths: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {length}" for name, length in lengths.items())


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise NotColumns(f"not a readable .npz file ({error})") from error


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """Whatever reading a damaged member raises is ``NotColumns``."""
    try:
        yield
    except NotColumns:
        raise
    except _DAMAGE as error:
        raise NotColumns(f"not a readable .npz file ({name}: {error})") from error


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise NotColumns(f"has no column {name!r}") from None
    if info.file_size > MOST_ROWS * 8:
        raise NotColumns(f"the column {name!r} is larger than any day")
    return info


def _arrays(path: Path, names: Sequence[str]) -> dict[str, tuple[str, int, bytes]]:
    """The type, the count and the bytes of each column."""
    found = {}
    with _opened(path) as archive:
        for name in names:
            info = _member(archive, name)
            with _damage(name):
                data = archive.read(info)
            dtype, count, begin = _head(name, data)
            found[name] = dtype, count, data[begin:]
    return found


def _head(name: str, data: bytes) -> tuple[str, int, int]:
    """The type and the number of values of an array, and where they begin."""
    wide = 4 if data[6:7] in (b"\2", b"\3") else 2
    begin = len(MAGIC) + 2 + wide
    length = int.from_bytes(data[8:begin], "little")
    if data[:6] != MAGIC or length > _LONGEST_HEADER or len(data) < begin + length:
        raise NotColumns(f"the column {name!r} is no .npy array")
    try:
        told = literal_eval(data[begin : begin + length].decode("latin-1").strip())
        dtype, (count,) = told["descr"], told["shape"]
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError) as error:
        raise NotColumns(f"the column {name!r} is no list of values") from error
    if not isinstance(dtype, str) or not isinstance(count, int) or not 0 <= count <= MOST_ROWS:
        raise NotColumns(f"the column {name!r} is no list of values")
    return dtype, count, begin + length


def _numbers(dtype: str, data: bytes) -> "array[int]":
    narrow: array[int] = array(_CODES[dtype])
    if len(data) % narrow.itemsize:
        raise NotColumns("a column is cut within a value")
    narrow.frombytes(data)
    if sys.byteorder == "big":
        narrow.byteswap()
    if narrow.typecode == "q":
        return narrow
    try:
        return array("q", narrow)
    except OverflowError:
        raise NotColumns("a column has numbers over 63 bits") from None
