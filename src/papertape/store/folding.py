"""The write-ahead file is folded into the database beside the station's turns.

Folding waits for the disk twice and copies megabytes: ten turns' time. So a thread of its own does
it, with a connection of its own, while commits go on. It is no part of what is kept: a commit is
kept once it is in the write-ahead file. Where commits come without a pause the thread never meets
the end of that file; then SQLite folds what is left within a commit, every ``WAL_PAGES``.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

PAGE: Final = 4096
FOLDED: Final = 1000 * PAGE
"""Bytes that are written before they are folded."""
AGAIN_S: Final = 0.1
"""Pause before folding what came meanwhile, until nothing came: a file that is folded to its end
begins anew."""


class Folding:
    """Folds one journal's write-ahead file; the thread begins when there is something to fold."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._wanted: SimpleQueue[bool] = SimpleQueue()
        self._thread: Thread | None = None

    def wrote(self, size: int) -> None:
        """So many bytes were committed, beside a page or two."""
        self._written += size + PAGE
        if self._written >= FOLDED and self._wanted.empty():
            self._written = 0
            if self._thread is None:
                self._thread = Thread(target=self._fold, name="fold journal", daemon=True)
                self._thread.start()
            self._wanted.put(True)

    def close(self) -> None:
        """End the thread, when it has finished what it does; may be repeated."""
        if self._thread is not None:
            self._wanted.put(False)
            self._thread.join()
            self._thread = None

    def _fold(self) -> None:
        # What fails here is tried again within a commit, which then says so.
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as connection:
            connection.execute("PRAGMA synchronous=NORMAL")
            pause, before = None, None
            while self._is_wanted(pause):
                found = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                pause = None if found == before else AGAIN_S
                before = found

    def _is_wanted(self, pause: float | None) -> bool:
        """Wait until there is something to fold, or for a pause; False when all is over."""
        try:
            return self._wanted.get(timeout=pause)
        except Empty:
            return True
