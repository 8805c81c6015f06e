"""One writer per file: a lock that ends with the process and names its holder."""

import fcntl
import os
from pathlib import Path

from papertape.errors import JournalError


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
            fd = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
            advice = "Give a file in a directory that this user may write to"
            raise JournalError(reason, path=path, advice=advice) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = _holder(fd)
            os.close(fd)
            advice = "End that process, or give another file"
            raise JournalError("is in use", path=path, pid=pid, advice=advice) from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        self._fd = fd

    def release(self) -> None:
        """Release the lock; may be repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _holder(fd: int) -> int | None:
    text = os.pread(fd, 32, 0).strip()
    return int(text) if text.isdigit() else None
