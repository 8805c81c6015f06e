"""Rows of CSV files, plain, in gzip or in a zip, read one by one with bounded memory and work.

Whatever a file holds, no more than one line of it is in memory, a line has an end, and so has what
a compressed file becomes.
"""

import csv
import gzip
import lzma
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
_DELIMITERS: Final = ",;\t|"
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
    line = 0
    try:
        with _opened(path, member) as (raw, size):
            lines = _lines(path, raw, size, progress)
            first = next(lines, None)
            if first is None:
                return
            line = 1
            delimiter = max(_DELIMITERS, key=first.count)
            yield 1, next(csv.reader([first], delimiter=delimiter, strict=True), [])
            for line, text in enumerate(lines, 2):
                if not text.strip():
                    continue
                # A cell holds no line break, so that a lost quotation mark costs one line.
                yield line, next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise bad_line(path, line, 1, str(error)) from error
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


def _lines(path: Path, raw: IO[bytes], size: int, progress: Progress) -> Iterator[str]:
    done, told, line = 0, 0, 0
    while True:
        data = raw.readline(LONGEST_LINE + 1)
        if not data:
            progress(path.name, done, size or done)
            return
        line += 1
        if len(data) > LONGEST_LINE:
            raise bad_line(path, line, 1, f"longer than {LONGEST_LINE} bytes")
        done += len(data)
        if done > MOST_BYTES:
            raise bad_line(path, line, 1, f"more than {MOST_BYTES >> 30} GiB unpacked")
        if done - told >= STEP:
            told = done
            progress(path.name, done, size)
        try:
            text = data.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise bad_line(path, line, 1, f"not UTF-8 at byte {error.start + 1}") from error
        if "\0" in text:
            raise bad_line(path, line, 1, "a NUL character: this is no text file")
        yield text.rstrip("\r\n")


def _unreadable(path: Path, error: Exception, line: int = 0) -> MarketDataError:
    reason = getattr(error, "strerror", None) or str(error)
    after = f" after line {line}" if line else ""
    return MarketDataError(
        f"cannot be read{after}: {reason}", path=path,
        advice="Fetch the file again; nothing was imported",
    )  # fmt: skip
