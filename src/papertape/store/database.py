"""The journal's SQLite file: its tables, opening, checksums, and the translation of errors."""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from papertape.errors import JournalError

APPLICATION_ID: Final = 0x50545031  # "PTP1": tells our files from other SQLite files
LAYOUT: Final = 2  # version of the tables below, kept in the file's user_version
WAL_LIMIT: Final = 64 << 20  # bytes the write-ahead file may keep on disk after a checkpoint
WAL_PAGES: Final = 16_000  # folded within a commit, where ``folding`` has not come to it
RESTORE: Final = "Restore a copy of the file, or start with a new one"

Write = Callable[[str, Iterable[Sequence[Any]]], object]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS finished (
    fact INTEGER PRIMARY KEY, perm_id INTEGER NOT NULL, client_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL, crc INTEGER NOT NULL, row BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fills (
    fact INTEGER PRIMARY KEY, execution INTEGER NOT NULL, crc INTEGER NOT NULL,
    row BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS snapshots (
    seq INTEGER PRIMARY KEY, pieces INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS pieces (
    seq INTEGER NOT NULL, number INTEGER NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (seq, number));
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open or create the file. A file that is not a journal is refused before it is touched."""
    with translated(path, "cannot be read"):
        _check(path, *_named(path))
    with translated(path, "cannot be opened"):
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _named(path: Path) -> tuple[bool, object, object]:
    """Whether a file is empty, else its application id and table layout.

    A process that opens a database for writing merges the write-ahead file into it at the end, so
    these are read from the header, or over a read-only connection.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError:
        return True, 0, 0  # opening it will report what is wrong
    identity, layout = int.from_bytes(header[68:72], "big"), int.from_bytes(header[60:64], "big")
    if not header.startswith(b"SQLite format 3\0"):
        return True, 0, 0
    if identity == APPLICATION_ID and layout == 0 and Path(f"{path}-wal").exists():
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as reader:
            return False, identity, pragma(reader, "user_version")
    return False, identity, layout


def _check(path: Path, empty: bool, identity: object, layout: object) -> None:
    if not empty and identity != APPLICATION_ID:
        raise JournalError("is not a journal", path=path, advice="Give another file")
    if isinstance(layout, int) and layout > LAYOUT:
        reason = f"has table layout {layout}, this program knows {LAYOUT}"
        raise JournalError(reason, path=path, advice="Run the newer program, or give another file")
    if isinstance(layout, int) and 0 < layout < LAYOUT:
        raise outdated(path)


def configure(path: Path, connection: sqlite3.Connection) -> None:
    """Make the tables that are missing, and set how the file is written."""
    identity, layout = (pragma(connection, name) for name in ("application_id", "user_version"))
    _check(path, pragma(connection, "page_count") == 0, identity, layout)
    # Our id comes first and each step may be repeated: a process that dies half way through its
    # first start must not leave a file that the next one refuses.
    pragma(connection, f"application_id={APPLICATION_ID}")
    pragma(connection, "journal_mode=WAL")
    pragma(connection, "synchronous=NORMAL")
    pragma(connection, f"wal_autocheckpoint={WAL_PAGES}")
    pragma(connection, f"journal_size_limit={WAL_LIMIT}")
    connection.executescript(_TABLES)
    pragma(connection, f"user_version={LAYOUT}")


def outdated(path: Path) -> JournalError:
    """The error for a journal that this version cannot read."""
    return JournalError(
        "is of the first edition, which kept commands instead of what happened",
        path=path,
        advice="Move it away or choose another --data-dir; its orders cannot be taken over",
    )


def pragma(connection: sqlite3.Connection, text: str) -> int | str | None:
    """Run a pragma and return its first value."""
    row = connection.execute(f"PRAGMA {text}").fetchone()
    return None if row is None else row[0]


# SQLite types each value by itself, so damage can turn bytes into text: readers look for that.
def entry_crc(seq: int, time: int, payload: bytes) -> int:
    """The checksum of an entry and its number."""
    return zlib.crc32(payload, zlib.crc32(b"%d %d" % (seq, time)))


@contextmanager
def writing(path: Path, connection: sqlite3.Connection) -> Iterator[Write]:
    """One transaction: everything in it is written, or nothing."""
    with translated(path, "cannot be written"):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection.executemany
        except BaseException:
            if connection.in_transaction:  # a full disk may have ended it
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextmanager
def translated(path: Path, what: str) -> Iterator[None]:
    """Translate errors of SQLite to ``JournalError``, with advice."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(path, what, error) from error


def failure(path: Path, what: str, error: sqlite3.Error) -> JournalError:
    """An error of SQLite as ours, with what to do."""
    cause = str(error)
    what = "cannot be written" if cause == FULL else what  # opening and reading write too
    advice = _ADVICE.get(cause.partition(":")[0], "Check the disk and the file's permissions")
    return JournalError(f"{what}: {cause}", path=path, advice=advice)


FULL: Final = "database or disk is full"
_ADVICE: Final = {
    "file is not a database": RESTORE,
    "database disk image is malformed": RESTORE,
    FULL: "Make room; nothing of the last batch was kept",
    "UNIQUE constraint failed": "End the other program that writes to the file",
    "database is locked": "End the other program that writes to the file",
}
