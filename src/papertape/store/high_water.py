"""The high-water mark of a journal, in a file of its own: detects lost entries at the next start.

To SQLite, a write-ahead file that was cut, damaged or deleted looks like one that never held more:
the journal is intact but shorter. So ``<journal>.mark`` records how far the journal had come: the
number, time and checksum of its newest entry, and how often its facts were changed.

The order of writes keeps the mark from claiming too much: first the journal commits, then the mark
is written, then clients are informed. A process that dies in between leaves a journal ahead of its
mark, which is harmless. The mark is one line, replaced in place by one write, which the death of
the process cannot tear. Like the journal's batches it reaches the disk when the system writes it; a
power cut that loses the end of the journal is detected like any other loss if the mark survived.

The pure part comes first, the file after it. The file is also a second lock, in case the first one
is deleted.
"""

import os
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from papertape.errors import JournalError

from .lock import BINARY, locked

LENGTH: Final = 128
"""Bytes of the line. It lies within one page of memory and one sector of a disk."""
_FORM: Final = re.compile(
    rb"papertape journal mark 1 entry=(-?\d+) time=(-?\d+) check=(-?\d+) facts=(-?\d+)"
)


class Mark(NamedTuple):
    """How far a journal has come."""

    seq: int = 0
    """Number of its newest entry; 0: it has none."""
    time: int = 0
    """That entry's time in ns."""
    check: int = 0
    """That entry's checksum, as the journal keeps it."""
    facts: int = 0
    """How often its facts were changed."""


NOTHING: Final = Mark()


def encode(mark: Mark) -> bytes:
    """Encode a mark as a line of ``LENGTH`` bytes."""
    text = b"papertape journal mark 1 entry=%d time=%d check=%d facts=%d" % mark
    return (b"%s crc=%08x" % (text, zlib.crc32(text))).ljust(LENGTH - 1) + b"\n"


def decode(line: bytes) -> Mark | None:
    """Decode a line; None when it is not a mark or is damaged."""
    text, _, crc = line.rstrip().rpartition(b" crc=")
    found = _FORM.fullmatch(text)
    if found is None or len(line) != LENGTH or crc != b"%08x" % zlib.crc32(text):
        return None
    return Mark(*(int(number) for number in found.groups()))


def missing(mark: Mark, found: Mark, check: int | None) -> str:
    """Describe what a journal has lost according to its mark; "" for nothing.

    ``found`` is how far the journal goes, ``check`` the checksum of its entry ``mark.seq``.
    """
    lacks = []
    if found.seq < mark.seq:
        first = found.seq + 1
        entries = f"entry {first}" if first == mark.seq else f"entries {first} to {mark.seq}"
        lacks.append(f"{entries}, the last one of {_date(mark.time)}")
    elif mark.seq and check != mark.check:
        lacks.append(f"the entry {mark.seq} of {_date(mark.time)}, in whose place is another one")
    if found.facts < mark.facts:
        times = "change" if mark.facts - found.facts == 1 else "changes"
        lacks.append(f"the last {mark.facts - found.facts} {times} of its settings")
    return f"lacks {' and '.join(lacks)}" if lacks else ""


def _date(time: int) -> str:
    try:
        return f"{datetime.fromtimestamp(time // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"time {time}"


class MarkFile:
    """The mark of a journal in its file, held by one process from creation to :meth:`release`."""

    def __init__(self, journal: Path) -> None:
        """Lock the file, creating it if missing.

        Raises ``JournalError`` when that fails or another process writes to the journal."""
        self.path = Path(f"{journal}.mark")
        self._journal = journal
        self._fd: int | None = None
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | BINARY, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        if not locked(fd):
            os.close(fd)
            reason = "is in use by another station, although its lock file is not there any more"
            advice = "End that station, or give another file"
            raise JournalError(reason, path=journal, advice=advice)
        self._fd = fd

    def read(self) -> bytes:
        """The line in the file, for ``decode``; b"" for a new file."""
        assert self._fd is not None
        try:
            os.lseek(self._fd, 0, os.SEEK_SET)
            return os.read(self._fd, LENGTH + 1)
        except OSError as error:
            raise JournalError(f"cannot be read: {error.strerror}", path=self.path) from error

    def write(self, mark: Mark) -> None:
        """Write how far the journal has come. Raises ``JournalError`` on failure."""
        if self._fd is None:
            raise JournalError("cannot be written: it is closed", path=self.path)
        try:
            os.lseek(self._fd, 0, os.SEEK_SET)
            os.write(self._fd, encode(mark))
        except OSError as error:
            raise self._unwritable(error) from error

    def begin(self, mark: Mark) -> None:
        """Write the first mark, or one that replaces any content, and wait for the disk.

        From now on a journal without a mark has lost it."""
        self.write(mark)
        assert self._fd is not None
        try:
            os.ftruncate(self._fd, LENGTH)
            os.fsync(self._fd)
            if os.name == "posix":  # elsewhere a directory cannot be opened, and needs no such care
                _settle(self.path.parent)
        except OSError as error:
            raise self._unwritable(error) from error

    def release(self) -> None:
        """Release the lock; may be repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _unwritable(self, error: OSError) -> JournalError:
        advice = "Check the disk and the file's permissions"
        return JournalError(f"cannot be written: {error.strerror}", path=self.path, advice=advice)


def _settle(folder: Path) -> None:
    """Wait until the names in a directory are on the disk."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
