"""Rows of CSV files, plain, in gzip or in a zip, read one by one with bounded memory and work.

Whatever a file holds, no more than a block and one line of it is in memory, a line has an end, and
so has what a compressed file becomes. Blank lines are passed over by blocks.
"""

import csv
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from ..errors import MarketDataError

LONGEST_LINE: Final = 64 * 1024
MOST_BYTES: Final = 16 << 30
"""What one file may become when it is unpacked."""
STEP: Final = 1 << 20
"""Bytes between two reports of progress."""
BLOCK: Final = 1 << 18
"""Bytes that are read at once; whole ones make up a ``STEP``."""
_DELIMITERS: Final = ",;\t|"
_INK: Final = re.compile(rb"\S")
ADVICE: Final = "Mend the line or take it out, and import the file again; nothing was imported"

Progress = Callable[[str, int, int], None]
"""What is told of long work: a name, how much is done, and of how much; 0 where nobody knows."""
Row = tuple[int, list[str]]
"""The number of a line, and its cells."""


def no_progress(name: str, done: int, total: int) -> None:
    """Tells nobody."""


def bad_line(path: Path | str, line: int, column: int, problem: str, advice: str = ADVICE) -> (
    MarketDataError
):  # fmt: skip
    """The error for a cell; columns are numbered from 1."""
    return MarketDataError(f"line {line}, column {column}: {problem}", path=path, advice=advice)


def csv_members(path: Path) -> tuple[str, ...]:
    """The names of the CSV files in a zip. Raises ``MarketDataError``."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return tuple(one.filename for one in infos if one.filename.lower().endswith((".csv", ".txt")))


def rows(path: Path, member: str = "", progress: Progress = no_progress) -> Iterator[Row]:
    """The rows of a file, or of one file in a zip, that are not empty.

    Raises ``MarketDataError`` with the line for what is no text, for a line that is too long, and
    for a file that is cut or damaged.
    """
    line, text, delimiter = 0, "", ","
    try:
        with _opened(path, member) as (raw, size):
            for line, data in _lines(path, raw, size, progress):
                text = _text(path, line, data, delimiter)
                if line == 1:
                    delimiter = _delimiter(text)
                elif not text.strip():
                    continue
                # A cell holds no line break, so that a lost quotation mark costs one line.
                yield line, next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        column = _column(text, delimiter, _fault(text, delimiter))
        raise bad_line(path, line, column, str(error)) from error
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise _unreadable(path, error, line) from error
    except (NotImplementedError, RuntimeError) as error:  # a zip with a password, an odd method
        raise _unreadable(path, error, line) from error


class _Opened:
    """A file as bytes that are unpacked while they are read, and its size on the disk."""

    def __init__(self, path: Path, member: str) -> None:
        self._closing: list[IO[bytes] | zipfile.ZipFile] = []
        self._path, self._member = path, member

    def __enter__(self) -> tuple[IO[bytes], int]:
        if self._member:
            archive = zipfile.ZipFile(self._path)
            self._closing.append(archive)
            info = archive.getinfo(self._member)
            inside = archive.open(info)
            self._closing.insert(0, inside)
            return inside, info.file_size
        file = self._path.open("rb")
        self._closing.append(file)
        if self._path.suffix.lower() == ".gz":
            unpacked = gzip.GzipFile(fileobj=file)
            self._closing.insert(0, unpacked)  # type: ignore[arg-type]
            return unpacked, 0  # type: ignore[return-value]
        return file, self._path.stat().st_size

    def __exit__(self, *_: object) -> None:
        for one in self._closing:
            one.close()


_opened = _Opened


def _lines(
    path: Path, raw: IO[bytes], size: int, progress: Progress
) -> Iterator[tuple[int, bytes]]:
    """The number of each line that is not blank, and of the first, with its bytes."""
    data = raw.readline(LONGEST_LINE + 1)
    if not data:
        progress(path.name, 0, size)
        return
    yield 1, _bounded(path, 1, data)
    line, done, told, rest, block = 1, len(data), 0, b"", data
    while block:
        # Of a file that is cut, as much is read as there is.
        block = raw.read1(BLOCK)  # type: ignore[attr-defined]
        done += len(block)
        if done > MOST_BYTES:
            raise bad_line(path, line + 1, 1, f"more than {MOST_BYTES >> 30} GiB unpacked")
        if done - told >= STEP:
            told = done
            progress(path.name, done, size)
        text, at = rest + block, 0
        while (end := text.find(b"\n", at) + 1) or (not block and at < len(text)):
            data = text[at : end or len(text)]
            if data.isspace():
                found = _INK.search(text, at)
                upto = text.rfind(b"\n", at, found.start() if found else len(text)) + 1
                line += text.count(b"\n", at, upto)
                if not upto:
                    break
                at = upto
                continue
            line += 1
            yield line, _bounded(path, line, data)
            at += len(data)
        rest = text[at:]
        if len(rest) > LONGEST_LINE:
            # What is too long but blank so far may still end as a blank line.
            rest = rest[: LONGEST_LINE + 1] if rest.isspace() else _bounded(path, line + 1, rest)
    progress(path.name, done, size or done)


def _bounded(path: Path, line: int, data: bytes) -> bytes:
    if len(data) > LONGEST_LINE:
        raise bad_line(path, line, 1, f"longer than {LONGEST_LINE} bytes")
    return data


def _text(path: Path, line: int, data: bytes, delimiter: str) -> str:
    """A line as text. Raises ``MarketDataError`` with the column of what is none."""
    try:
        text = data.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        if line == 1:
            delimiter = _delimiter(data.decode(errors="replace"))
        at = len(data) - len(error.object) + error.start + 1
        problem = f"not UTF-8 at byte {at}"
        raise bad_line(path, line, _column(before, delimiter, len(before)), problem) from error
    if "\0" in text:
        column = _column(text, _delimiter(text) if line == 1 else delimiter, text.index("\0"))
        raise bad_line(path, line, column, "a NUL character: this is no text file")
    return text.rstrip("\r\n")


def _delimiter(text: str) -> str:
    """What parts the cells of a first line."""
    return max(_DELIMITERS, key=text.count)


def _column(text: str, delimiter: str, place: int) -> int:
    """The column that a place of a line is in, 1 the first."""
    return len(next(csv.reader([text[:place] + "."], delimiter=delimiter)))


def _fault(text: str, delimiter: str) -> int:
    """The place of a line from which on its quotation marks make no sense."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        try:
            next(csv.reader([text[: middle + 1]], delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            # A cell that has not ended yet is no fault so far.
            wrong = "end of data" not in str(error)
        else:
            wrong = False
        low, high = (low, middle) if wrong else (middle + 1, high)
    return low


def _unreadable(path: Path, error: Exception, line: int = 0) -> MarketDataError:
    reason = getattr(error, "strerror", None) or str(error)
    after = f" after line {line}" if line else ""
    return MarketDataError(
        f"cannot be read{after}: {reason}", path=path,
        advice="Fetch the file again; nothing was imported",
    )  # fmt: skip
