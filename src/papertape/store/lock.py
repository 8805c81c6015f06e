"""One writer per file: a lock that ends with the process and names its holder."""

import os
from pathlib import Path
from typing import Final

from papertape.errors import JournalError

BINARY: Final = getattr(os, "O_BINARY", 0)
"""Windows writes a line's end as two bytes into a descriptor opened without it."""
_SIGNED: Final = 1
"""Where the holder's number starts: Windows keeps others from reading the byte that is locked."""


class FileLock:
    """A lock on ``<path>.lock``, held from creation to :meth:`release`.

    The system drops it when the process dies, however it dies, so no stale lock is left behind. The
    file itself stays: deleting it would let two processes lock two files of one name.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock, making the directory; raises JournalError naming who holds it."""
        self._fd: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | BINARY, 0o644)
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
            advice = "Give a file in a directory that this user may write to"
            raise JournalError(reason, path=path, advice=advice) from error
        if not locked(fd):
            pid = _holder(fd)
            os.close(fd)
            advice = "End that process, or give another file"
            raise JournalError("is in use", path=path, pid=pid, advice=advice)
        os.ftruncate(fd, 0)
        os.write(fd, b"\n%d\n" % os.getpid())
        self._fd = fd

    def release(self) -> None:
        """Release the lock; may be repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def locked(fd: int) -> bool:
    """Lock an open file for this process until it is closed; False when that cannot be had."""
    from filelock import lock_descriptor  # a station that keeps nothing goes without

    try:
        return lock_descriptor(fd, blocking=False)
    except OSError:  # a file system without locks
        return False


def _holder(fd: int) -> int | None:
    try:
        os.lseek(fd, _SIGNED, os.SEEK_SET)
        text = os.read(fd, 32).strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
