"""The command journal: what was decided, in order, with its time, before anybody is told.

One SQLite file in WAL mode, reached through SQLAlchemy Core. Recovery is the newest whole snapshot
plus the entries after it. Payloads are opaque bytes; what they mean, and the clock that stamps
them, is the caller's business.

Durability: a committed batch survives the death of the process at any moment (``kill -9``), because
the system's page cache has it by then. A power cut may take the batches since the last checkpoint,
but never tears one (``synchronous=NORMAL``): waiting for the disk at every batch would cost a
hundredfold, and a paper account is not worth that.

One process writes, and a lock file beside the journal says which. Others may read the file. A mark
beside it says how far it had come (``high_water.py``), so that a loss is told and not taken for the
truth.
"""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from papertape.errors import JournalError

from .high_water import Mark, MarkFile, decode, missing
from .lock import FileLock

__all__ = ["Entry", "Journal", "Meta"]

APPLICATION_ID: Final = 0x50545031  # "PTP1": tells our files from other SQLite files
LAYOUT: Final = 1  # version of the tables below, kept in the file's user_version
CHUNK: Final = 1024  # entries read at a time: enough to amortise the query, little memory
KEPT_SNAPSHOTS: Final = 2  # the newest, and one to fall back on should the newest be damaged
MAX_PAYLOAD: Final = 1 << 24  # a command comes out of one frame, and a frame ends below 16 MiB
WAL_LIMIT: Final = 64 << 20  # bytes the write-ahead file may keep on disk after a checkpoint
CHANGES: Final = "changes"  # the fact that counts changes of facts and has a checksum of them all

_tables = sa.MetaData()
_entries = sa.Table(
    "entries",
    _tables,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("crc", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
)
_snapshots = sa.Table(
    "snapshots",
    _tables,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("blob", sa.LargeBinary, nullable=False),
)
_meta = sa.Table(
    "meta",
    _tables,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

_CHUNK_QUERY = (
    sa.select(_entries)
    .where(_entries.c.seq > sa.bindparam("after"))
    .order_by(_entries.c.seq)
    .limit(CHUNK)
)


class Entry(NamedTuple):
    """One journaled command: its number from 1 without gaps, its time in ns, its bytes."""

    seq: int
    time: int
    payload: bytes


class Journal:
    """The journal of one station; made by :meth:`open`, a context manager, used by one thread."""

    def __init__(
        self, path: Path, connection: sa.Connection, mark: MarkFile, closing: ExitStack
    ) -> None:
        self.path = path
        self.meta = Meta(path, connection, self._mark_facts)
        self.found_version = 0
        """The schema version of the file as it was found; replay must understand its payloads."""
        self.lost = ""
        """What it lacks of what it had; somebody agreed to go on without it."""
        self._connection = connection
        self._mark = mark
        self._closing = closing
        # The compiled text goes straight to the driver: twice the rate of building it each time.
        self._insert = str(_entries.insert().compile(dialect=connection.dialect))
        self._reach = Mark()

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, schema_version: int, accept_loss: bool = False
    ) -> Self:
        """Open the journal, making the file and its directory where they are missing.

        ``schema_version`` is that of the payloads the caller writes. A file of a newer caller is
        refused; an older one is raised to it, and :attr:`found_version` tells from where.
        A file that holds less than it once did is refused unless ``accept_loss``; then
        :attr:`lost` tells what is missing.
        Raises JournalError with the file, the reason and what to do.
        """
        path = Path(path)
        with ExitStack() as undo:
            undo.callback(FileLock(path).release)
            mark = MarkFile(path)
            undo.callback(mark.release)
            connection = _connect(path)
            undo.callback(connection.engine.dispose)
            undo.callback(connection.close)
            journal = cls(path, connection, mark, undo)
            with _translated(path, "cannot be read"):
                if _pragma(connection, "page_count") == 0:
                    journal._compare(None, accept_loss=accept_loss)  # before anything is written
                _configure(path, connection)
            journal._prepare(schema_version, accept_loss=accept_loss)
            journal._closing = undo.pop_all()
            return journal

    def _prepare(self, schema_version: int, *, accept_loss: bool) -> None:
        found = self.meta.get("schema_version")
        self.found_version = schema_version if found is None else int(found)
        if self.found_version > schema_version:
            raise JournalError(
                f"was written with schema version {found}, this program knows {schema_version}",
                path=self.path,
                advice="Run the newer program, or give another file",
            )
        sound = self.meta.load()
        newest = sa.select(_entries).order_by(_entries.c.seq.desc())
        self._reach = self._entry_mark(newest)
        if not sound and not accept_loss:
            raise self._refused("has damaged settings")
        mark = decode(self._mark.read())
        beside = (
            None if mark is None else self._entry_mark(newest.where(_entries.c.seq == mark.seq))
        )
        self._compare(beside, accept_loss=accept_loss)
        if mark is None or self.lost or not sound:
            self._mark.begin(self._reach)
        elif mark != self._reach:
            self._mark.write(self._reach)
        if not self.meta.changes or not sound or found != str(schema_version):
            self.meta["schema_version"] = str(schema_version)

    def _entry_mark(self, query: sa.Select[Any]) -> Mark:
        """A mark for the entry that is found first; nothing where there is none."""
        with _translated(self.path, "cannot be read"), self._connection.begin():
            row = self._connection.execute(query.limit(1)).first()
        if row is None:
            return Mark(facts=self.meta.changes)
        seq, time, crc = (number if isinstance(number, int) else 0 for number in row[:3])
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
        self._closing.close()

    @property
    def last_seq(self) -> int:
        """The number of the newest entry, 0 while there is none."""
        return self._reach.seq

    def append(self, batch: Sequence[tuple[int, bytes]]) -> int:
        """Keep a batch of (time, payload), all of it or nothing, and give the last number.

        When this returns, the batch is kept; only then may anything of it be told.
        """
        rows = [
            (seq, time, _crc(seq, time, payload), payload)
            for seq, (time, payload) in enumerate(batch, self.last_seq + 1)
        ]
        if not rows:
            return self.last_seq
        self._check_sizes(rows)
        with _translated(self.path, "cannot be written"), self._connection.begin():
            self._connection.exec_driver_sql(self._insert, rows)
        seq, time, crc, _ = rows[-1]
        self._reach = Mark(seq, time, crc, self.meta.changes)
        self._mark.write(self._reach)
        return self.last_seq

    def _check_sizes(self, rows: Sequence[tuple[int, int, int, bytes]]) -> None:
        for seq, _, _, payload in rows:
            if len(payload) > MAX_PAYLOAD:
                reason = f"refuses a payload of {len(payload)} bytes, at most {MAX_PAYLOAD} fit"
                raise JournalError(reason, path=self.path, seq=seq)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Read the entries that follow a number, in order, a chunk at a time.

        Raises JournalError at the first entry that is damaged or missing.
        """
        expected = after + 1
        while rows := self._chunk(expected - 1):
            for seq, time, crc, payload in rows:
                if seq != expected:
                    raise self._damaged("lacks an entry", expected)
                if not isinstance(payload, bytes) or crc != _crc(seq, time, payload):
                    raise self._damaged("has a damaged entry", seq)
                yield Entry(seq, time, payload)
                expected += 1

    def _chunk(self, after: int) -> Sequence[sa.Row[int, int, int, bytes]]:
        # No transaction stays open between chunks, so a slow reader never holds a checkpoint up.
        with _translated(self.path, "cannot be read"), self._connection.begin():
            return self._connection.execute(_CHUNK_QUERY, {"after": after}).fetchall()

    def _damaged(self, reason: str, seq: int) -> JournalError:
        advice = "Restore a copy of the file, or start with a new one"
        return JournalError(reason, path=self.path, seq=seq, advice=advice)

    def snapshot(self, seq: int, blob: bytes) -> None:
        """Keep the state as it is after an entry; older snapshots but one are dropped."""
        if not 0 <= seq <= self.last_seq:
            reason = f"refuses a snapshot of the future, its last entry is {self.last_seq}"
            raise JournalError(reason, path=self.path, seq=seq)
        row = {"seq": seq, "digest": _digest(seq, blob), "blob": blob}
        newest = sa.select(_snapshots.c.seq).order_by(_snapshots.c.seq.desc()).limit(KEPT_SNAPSHOTS)
        with _translated(self.path, "cannot be written"), self._connection.begin():
            self._connection.execute(_snapshots.delete().where(_snapshots.c.seq == seq))
            self._connection.execute(_snapshots.insert(), row)
            self._connection.execute(_snapshots.delete().where(_snapshots.c.seq.not_in(newest)))

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """Give the newest snapshot that is whole, as (seq, blob); a damaged one is passed over."""
        query = sa.select(_snapshots).order_by(_snapshots.c.seq.desc())
        with _translated(self.path, "cannot be read"), self._connection.begin():
            rows = self._connection.execute(query).fetchall()
        for seq, digest, blob in rows:
            if isinstance(blob, bytes) and digest == _digest(seq, blob):
                return seq, blob
        return None


class Meta:
    """Small facts about a journal (market anchor, seed, account): text by key, kept at once."""

    def __init__(
        self, path: Path, connection: sa.Connection, changed: Callable[[int], object]
    ) -> None:
        self.changes = 0
        """How often they were changed."""
        self._path = path
        self._connection = connection
        self._changed = changed
        """Told :attr:`changes` once a change is kept."""

    def load(self) -> bool:
        """Read how often they were changed; whether they are what was written."""
        facts = self._read()
        count, _, digest = facts.pop(CHANGES, "0").partition(" ")
        self.changes = int(count) if count.isdecimal() else 0
        return not digest if not self.changes else digest == _sum(facts)

    def get(self, key: str) -> str | None:
        """Give the value, or None for a key that was never set."""
        query = sa.select(_meta.c.value).where(_meta.c.key == key)
        with _translated(self._path, "cannot be read"), self._connection.begin():
            return self._connection.scalar(query)

    def __getitem__(self, key: str) -> str:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: str) -> None:
        facts = self.all() | {key: value}
        counted = f"{self.changes + 1} {_sum(facts)}"
        with _translated(self._path, "cannot be written"), self._connection.begin():
            for name, text in ((key, value), (CHANGES, counted)):
                self._connection.execute(_meta.delete().where(_meta.c.key == name))
                self._connection.execute(_meta.insert(), {"key": name, "value": text})
        self.changes += 1
        self._changed(self.changes)

    def all(self) -> dict[str, str]:
        """Give every fact, by key in order."""
        return {key: value for key, value in self._read().items() if key != CHANGES}

    def _read(self) -> dict[str, str]:
        query = sa.select(_meta.c.key, _meta.c.value).order_by(_meta.c.key)
        with _translated(self._path, "cannot be read"), self._connection.begin():
            return {row.key: row.value for row in self._connection.execute(query)}


def _sum(facts: dict[str, str]) -> str:
    return f"{zlib.crc32(repr(sorted(facts.items())).encode()):08x}"


def _connect(path: Path) -> sa.Connection:
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), poolclass=sa.StaticPool)
    with _translated(path, "cannot be opened"):
        return engine.connect()


def _configure(path: Path, connection: sa.Connection) -> None:
    identity, layout = (_pragma(connection, name) for name in ("application_id", "user_version"))
    empty = _pragma(connection, "page_count") == 0
    if not empty and identity != APPLICATION_ID:
        raise JournalError("is no journal", path=path, advice="Give another file")
    if isinstance(layout, int) and layout > LAYOUT:
        reason = f"has table layout {layout}, this program knows {LAYOUT}"
        raise JournalError(reason, path=path, advice="Run the newer program, or give another file")
    # Our mark comes first and each step may be repeated: a process that dies half way through its
    # first start must not leave a file that the next one refuses.
    _pragma(connection, f"application_id={APPLICATION_ID}")
    _pragma(connection, "journal_mode=WAL")
    _pragma(connection, "synchronous=NORMAL")
    _pragma(connection, f"journal_size_limit={WAL_LIMIT}")
    _tables.create_all(connection)
    _pragma(connection, f"user_version={LAYOUT}")
    connection.commit()


def _pragma(connection: sa.Connection, text: str) -> int | str | None:
    result = connection.exec_driver_sql(f"PRAGMA {text}")
    return result.scalar() if result.returns_rows else None


# SQLite types each value by itself, so damage can turn bytes into text: readers look for that.
def _crc(seq: int, time: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(b"%d %d" % (seq, time)))


def _digest(seq: int, blob: bytes) -> bytes:
    return hashlib.blake2b(blob, digest_size=16, salt=b"%d" % seq).digest()


@contextmanager
def _translated(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error)
        advice = _ADVICE.get(cause.partition(":")[0], "Check the disk and the file's permissions")
        raise JournalError(f"{what}: {cause}", path=path, advice=advice) from error


_ADVICE: Final = {
    "file is not a database": "Restore a copy of the file, or start with a new one",
    "database disk image is malformed": "Restore a copy of the file, or start with a new one",
    "database or disk is full": "Make room; nothing of the last batch was kept",
    "UNIQUE constraint failed": "End the other program that writes to the file",
    "database is locked": "End the other program that writes to the file",
}
