"""The journal: facts in order, with their times, written before any client is informed.

One SQLite file in WAL mode. ``entries`` are the facts of one command each; ``finished`` and
``fills`` are the immutable rows of what is over; ``snapshots`` and their ``pieces`` hold what lived
after an entry. Recovery is the newest whole snapshot, the rows of its day, and the entries after
it. Payloads are opaque bytes; what they mean, and the clock that stamps them, is the caller's
business. Every payload has a checksum: damage is detected and reported when it is read.

Durability: a committed batch survives the death of the process at any moment (``kill -9``), because
the system's page cache has it by then. A power cut may take the batches since the last checkpoint,
but never tears one (``synchronous=NORMAL``): waiting for the disk at every batch would cost a
hundredfold, and a paper account is not worth that.

One process writes, and a lock file beside the journal says which. Others may read the file. A mark
beside it says how far it had come (``high_water.py``), so that a loss is detected.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from papertape.errors import JournalError

from .database import (
    RESTORE,
    configure,
    connect,
    entry_crc,
    failure,
    outdated,
    pragma,
    translated,
    writing,
)
from .folding import Folding
from .high_water import Mark, MarkFile, decode, missing
from .lock import FileLock
from .meta import Meta
from .over import FillRow, FinishedRows, OrderRow, Over, put
from .saved import KEPT, Saved, Snapshots, SnapshotWriter

CHUNK: Final = 1024  # entries read at a time: enough to amortise the query, little memory
DROPPED: Final = 500  # bytes of an entry, to say how much its end writes
MAX_PAYLOAD: Final = 1 << 26  # the facts of one command; a global cancel has one for each order

_ENTRY: Final = "INSERT INTO entries VALUES (?, ?, ?, ?)"


class StoredEntry(NamedTuple):
    """One journaled command: its number (from 1, without gaps), its time in ns, its bytes."""

    seq: int
    time: int
    payload: bytes


class Batch(NamedTuple):
    """The result of one turn: entries as (time, payload), and finished rows."""

    entries: Sequence[tuple[int, bytes]]
    rows: FinishedRows = FinishedRows()


class Journal:
    """The journal of one station; made by :meth:`open`, a context manager, used by one thread."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, mark: MarkFile, closing: ExitStack
    ) -> None:
        self.path = path
        self.meta = Meta(path, connection, self._mark_facts)
        self.found_version = 0
        """The schema version of the file as it was found; replay must understand its payloads."""
        self.lost = ""
        """What it has lost; the user has consented to continue without it."""
        self._connection = connection
        self._mark = mark
        self._closing = closing
        self._reach = Mark()
        self._over = Over(path, connection)
        self._folding = Folding(path)
        self._snapshots = Snapshots(path, connection, self._folding.wrote)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        schema_version: int,
        oldest: int = 1,
        accept_loss: bool = False,
    ) -> Self:
        """Open the journal, making the file and its directory where they are missing.

        ``schema_version`` is that of the payloads the caller writes. A file of a newer caller is
        refused, and one that is older than ``oldest``; another is raised to it, and
        :attr:`found_version` tells from where.
        A file that holds less than it once did is refused unless ``accept_loss``; then
        :attr:`lost` tells what is missing.
        Raises JournalError with the file, the reason and what to do.
        """
        path = Path(path)
        with ExitStack() as undo:
            undo.callback(FileLock(path).release)
            mark = MarkFile(path)
            undo.callback(mark.release)
            connection = connect(path)
            undo.callback(connection.close)
            journal = cls(path, connection, mark, undo)
            with translated(path, "cannot be read"):
                if pragma(connection, "page_count") == 0:
                    journal._compare(None, accept_loss=accept_loss)  # before anything is written
                configure(path, connection)
            journal._prepare(schema_version, oldest, accept_loss=accept_loss)
            journal._closing = undo.pop_all()
            return journal

    def _prepare(self, schema_version: int, oldest: int, *, accept_loss: bool) -> None:
        sound = self.meta.load()
        if not sound and not accept_loss:
            raise self._refused("has damaged settings")
        found = self.meta.get("schema_version")
        known = found is not None and found.isdecimal()  # accepted damage: as if it were ours
        self.found_version = int(found) if found and known else schema_version
        if self.found_version > schema_version:
            raise JournalError(
                f"was written with schema version {found}, this program knows {schema_version}",
                path=self.path,
                advice="Run the newer program, or give another file",
            )
        if self.found_version < oldest:
            raise outdated(self.path)
        newest = "SELECT seq, time, crc FROM entries ORDER BY seq DESC LIMIT 1"
        self._reach = self._entry_mark(newest)
        mark = decode(self._mark.read())
        one = "SELECT seq, time, crc FROM entries WHERE seq = ?"
        beside = None if mark is None else self._entry_mark(one, mark.seq)
        self._compare(beside, accept_loss=accept_loss)
        if self.lost:
            self._bridge()
        if mark is None or self.lost or not sound:
            self._mark.begin(self._reach)
        elif mark != self._reach:
            self._mark.write(self._reach)
        if not self.meta.changes or not sound or found != str(schema_version):
            self.meta["schema_version"] = str(schema_version)

    def _bridge(self) -> None:
        """Continue without lost entries: an intact snapshot after them has their effects.

        An entry without content takes the place of the last one before it, so that the next
        entries are numbered after the snapshot.
        """
        saved = next(self.snapshots(), None)
        if saved is None or saved.seq <= self._reach.seq:
            return
        self._reach = Mark(saved.seq, 0, entry_crc(saved.seq, 0, b""), self.meta.changes)
        with writing(self.path, self._connection) as write:
            row = (self._reach.seq, self._reach.time, self._reach.check, b"")
            write("INSERT INTO entries VALUES (?, ?, ?, ?)", [row])

    def _entry_mark(self, query: str, *values: int) -> Mark:
        """A mark for the entry that is found first; nothing where there is none."""
        with translated(self.path, "cannot be read"):
            row = self._connection.execute(query, values).fetchone()
        if row is None:
            return Mark(facts=self.meta.changes)
        seq, time, crc = (number if isinstance(number, int) else 0 for number in row)
        return Mark(seq, time, crc, self.meta.changes)

    def _compare(self, beside: Mark | None, *, accept_loss: bool) -> None:
        """Miss what the mark says and the file does not have; ``beside`` is its entry of the
        mark's number."""
        line = self._mark.read()
        mark = decode(line)
        if mark is not None:
            there = beside is not None and beside.seq == mark.seq
            self.lost = missing(mark, self._reach, beside.check if beside and there else None)
        elif line:
            self.lost = f"may lack entries: its mark {self._mark.path.name} is damaged"
        elif self.meta.changes:
            self.lost = f"may lack entries: its mark {self._mark.path.name} is missing"
        if self.lost and not accept_loss:
            raise self._refused(self.lost)

    def _refused(self, reason: str) -> JournalError:
        advice = "Restore a copy of the directory, or go on with what is there: --accept-loss"
        return JournalError(reason, path=self.path, advice=advice)

    def _mark_facts(self, changes: int) -> None:
        self._reach = self._reach._replace(facts=changes)
        self._mark.write(self._reach)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead file into the journal and let others open it; may be repeated."""
        with suppress(JournalError):  # rows that cannot be written come out of entries
            self._over.catch_up()
        self._folding.close()
        self._closing.close()

    def bytes_on_disk(self) -> int:
        """Bytes of the file and of its write-ahead file."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @property
    def last_seq(self) -> int:
        """The number of the newest entry, 0 while there is none."""
        return self._reach.seq

    # -- what happens -------------------------------------------------------------------------

    def append(self, batch: Batch) -> int:
        """Write a batch, completely or not at all, and return the last entry's number.

        When this returns, the batch is kept; only then may anything of it be told. Its rows are
        written some together, before a snapshot needs them: until then its entries make them.
        """
        if not batch.entries:
            return self.last_seq
        rows, size, seq = [], 0, self._reach.seq
        for time, payload in batch.entries:
            seq += 1
            size += len(payload)
            rows.append((seq, time, entry_crc(seq, time, payload), payload))
        if size > MAX_PAYLOAD:
            self._check_sizes(rows)
        due = self._over.due(batch.rows)
        if len(rows) == 1 and due is None:
            try:
                self._connection.execute(_ENTRY, rows[0])  # is a transaction by itself
            except sqlite3.Error as error:
                raise failure(self.path, "cannot be written", error) from error
        else:
            with writing(self.path, self._connection) as write:
                write(_ENTRY, rows)
                if due is not None:
                    put(write, due)
        self._over.kept(batch.rows, written=due is not None)
        self._folding.wrote(size)
        seq, time, crc, _ = rows[-1]
        self._reach = Mark(seq, time, crc, self.meta.changes)
        self._mark.write(self._reach)
        return seq

    def _check_sizes(self, rows: Sequence[tuple[int, int, int, bytes]]) -> None:
        for seq, _, _, payload in rows:
            if len(payload) > MAX_PAYLOAD:
                reason = f"refuses a payload of {len(payload)} bytes, at most {MAX_PAYLOAD} fit"
                raise JournalError(reason, path=self.path, seq=seq)

    def entries(self, after: int = 0) -> Iterator[StoredEntry]:
        """Read the entries that follow a number, in order, a chunk at a time.

        Raises JournalError at the first entry that is damaged or missing.
        """
        expected = after + 1
        while rows := self._chunk(expected - 1):
            for seq, time, crc, payload in rows:
                if seq != expected:
                    raise self._damaged("lacks an entry", expected)
                sound = isinstance(time, int) and isinstance(payload, bytes)
                if not sound or crc != entry_crc(seq, time, payload):
                    raise self._damaged("has a damaged entry", seq)
                yield StoredEntry(seq, time, payload)
                expected += 1
        if expected <= self.last_seq:
            raise self._damaged("lacks an entry", expected)

    def _chunk(self, after: int) -> list[Any]:
        # No transaction stays open between chunks, so a slow reader never holds a checkpoint up.
        query = "SELECT seq, time, crc, payload FROM entries WHERE seq > ? ORDER BY seq LIMIT ?"
        with translated(self.path, "cannot be read"):
            return self._connection.execute(query, (after, CHUNK)).fetchall()

    def _damaged(self, reason: str, seq: int) -> JournalError:
        return JournalError(reason, path=self.path, seq=seq, advice=RESTORE)

    def rows(self, orders_after: int, fills_after: int, until: int) -> FinishedRows:
        """Orders and fills that were over by facts after two numbers, and not after ``until``.

        Raises JournalError when a row is damaged. One that is lost is missed by who counts them.
        """
        orders, fills = self.over(orders_after, fills_after, until)
        return FinishedRows([*orders], [*fills])

    def over(
        self, orders_after: int, fills_after: int, until: int
    ) -> tuple[Iterator[OrderRow], Iterator[FillRow]]:
        """The same as they are read, for a day of which no list should be made."""
        self._over.catch_up()
        return self._over.orders(orders_after, until), self._over.fills(fills_after, until)

    def mend(self, rows: FinishedRows) -> None:
        """Put rows of what is over, in order, in the place of damaged or lost ones."""
        self._over.catch_up()
        self._over.mend(rows)

    # -- snapshots ----------------------------------------------------------------------------

    def begin_snapshot(self) -> SnapshotWriter:
        """Begin to keep the state as it is after the newest entry."""
        self._over.catch_up()
        return self._snapshots.begin(self.last_seq)

    def snapshots(self) -> Iterator[Saved]:
        """The snapshots that are whole, the newest first; a damaged one is passed over."""
        return iter(self._snapshots)

    def reject(self, seq: int) -> None:
        """A snapshot that is whole cannot be used: it counts no more."""
        self._snapshots.reject(seq)

    @property
    def rejected(self) -> list[int]:
        """The snapshots that were passed over, the newest first."""
        return self._snapshots.rejected

    @property
    def first_seq(self) -> int:
        """The number of the oldest entry that is kept; 0 when there is none."""
        with translated(self.path, "cannot be read"):
            return self._connection.execute("SELECT min(seq) FROM entries").fetchone()[0] or 0

    def clear(self) -> bool:
        """Delete a piece of what no snapshot needs any more; whether there was one."""
        return self._snapshots.clear()

    def drop(self, at_most: int) -> int:
        """Drop some of the oldest entries that no kept snapshot needs; how many.

        Those that follow the second newest snapshot stay; with one snapshot all do.
        """
        kept = "SELECT seq FROM snapshots ORDER BY seq DESC LIMIT 1 OFFSET ?"
        with writing(self.path, self._connection):
            row = self._connection.execute(kept, (KEPT - 1,)).fetchone()
            if row is None:
                return 0
            first = self._connection.execute("SELECT min(seq) FROM entries").fetchone()[0]
            if first is None or first > row[0]:
                return 0
            until = min(first + at_most - 1, row[0])
            delete = "DELETE FROM entries WHERE seq <= ?"
            count = self._connection.execute(delete, (until,)).rowcount
        self._folding.wrote(count * DROPPED)
        return count
