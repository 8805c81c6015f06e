"""How far a journal had come, kept outside it: what is lost of it is missed at the next start.

SQLite takes a write-ahead file that was cut, damaged or deleted for one that never held more: the
journal is whole, and shorter. So a mark in a file of its own, ``<journal>.mark``, says how far it
had come: the number, time and checksum of its newest entry, and how often its facts were changed.

The order keeps a mark from ever promising too much: first the journal commits, then the mark is
written, then others may be told. A process that dies in between leaves a journal that is ahead of
its mark, which is fine. The mark is one line, replaced in place by one write, which no death of
the process can tear. Like the journal's batches it reaches the disk when the system likes; a power
cut that takes the end of the journal is missed as any other loss is, when the mark outlived it.

What a mark means is pure and comes first; the file follows. The file is also a second lock, for
the case that somebody deletes the first.
"""

import fcntl
import os
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from papertape.errors import JournalError

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
    """The line of a mark, always ``LENGTH`` bytes."""
    text = b"papertape journal mark 1 entry=%d time=%d check=%d facts=%d" % mark
    return (b"%s crc=%08x" % (text, zlib.crc32(text))).ljust(LENGTH - 1) + b"\n"


def decode(line: bytes) -> Mark | None:
    """The mark of a line; None when it is none of ours, or damaged."""
    text, _, crc = line.rstrip().rpartition(b" crc=")
    found = _FORM.fullmatch(text)
    if found is None or len(line) != LENGTH or crc != b"%08x" % zlib.crc32(text):
        return None
    return Mark(*(int(number) for number in found.groups()))


def missing(mark: Mark, found: Mark, check: int | None) -> str:
    """What a journal lacks of what its mark says; "" when it lacks nothing.

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
        """Take the file, making it where it is missing. Raises JournalError when it cannot be
        had, or when another process writes to the journal."""
        self.path = Path(f"{journal}.mark")
        self._journal = journal
        self._fd: int | None = None
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            reason = "is in use by another station, although its lock file is not there any more"
            advice = "End that station, or give another file"
            raise JournalError(reason, path=journal, advice=advice) from error
        self._fd = fd

    def read(self) -> bytes:
        """What the file holds: a line to ``decode``; b"" when it was just made."""
        assert self._fd is not None
        try:
            return os.pread(self._fd, LENGTH + 1, 0)
        except OSError as error:
            raise JournalError(f"cannot be read: {error.strerror}", path=self.path) from error

    def write(self, mark: Mark) -> None:
        """Let it say that the journal has come so far. Raises JournalError when it cannot."""
        if self._fd is None:
            raise JournalError("cannot be written: it is closed", path=self.path)
        try:
            os.pwrite(self._fd, encode(mark), 0)
        except OSError as error:
            raise self._unwritable(error) from error

    def begin(self, mark: Mark) -> None:
        """Write the first mark, or one that replaces anything, and wait until the disk has it:
        from now on a journal without a mark is one that has lost it."""
        self.write(mark)
        assert self._fd is not None
        try:
            os.ftruncate(self._fd, LENGTH)
            os.fsync(self._fd)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._unwritable(error) from error

    def release(self) -> None:
        """Let others take it; may be repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _unwritable(self, error: OSError) -> JournalError:
        advice = "Check the disk and the file's permissions"
        return JournalError(f"cannot be written: {error.strerror}", path=self.path, advice=advice)
