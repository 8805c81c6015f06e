"""Snapshots in the journal: kept piece by piece, read whole, cleared away in small steps."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from .database import translated, writing

KEPT: Final = 2
"""Snapshots that stay: the newest, and one to fall back on should the newest be damaged."""


class Saved(NamedTuple):
    """A snapshot as it was read: the entry it stands after, and its bytes."""

    seq: int
    blob: bytes


class Snapshots:
    """The snapshots of one journal."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        wrote: Callable[[int], object] = lambda size: None,
    ) -> None:
        self._path = path
        self._connection = connection
        self._wrote = wrote
        """Told how many bytes a piece has."""
        self._rejected: set[int] = set()
        self._writing: int | None = None
        """The snapshot that is being kept."""

    def begin(self, seq: int) -> "SnapshotWriter":
        """Begin to keep the state as it is after an entry.

        Nothing counts before the writer has finished; there may be one at a time.
        """
        self._writing = seq
        return SnapshotWriter(self, seq)

    def keep(self, seq: int, number: int, piece: bytes) -> None:
        """Keep one piece; one of a writer that died is replaced."""
        with writing(self._path, self._connection) as write:
            write("INSERT OR REPLACE INTO pieces VALUES (?, ?, ?)", [(seq, number, piece)])
        self._wrote(len(piece))

    def finish(self, seq: int, count: int, digest: bytes) -> None:
        """Let a snapshot count; older ones but one do not any more."""
        kept = "(SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)"
        with writing(self._path, self._connection) as write:
            self._forget_rejected()
            write("DELETE FROM pieces WHERE seq = ? AND number >= ?", [(seq, count)])
            write("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)", [(seq, count, digest)])
            write(f"DELETE FROM snapshots WHERE seq NOT IN {kept}", [(KEPT,)])
        self._writing = None

    def _forget_rejected(self) -> None:
        rejected = [(seq,) for seq in self._rejected]
        self._connection.executemany("DELETE FROM snapshots WHERE seq = ?", rejected)
        self._rejected.clear()

    def __iter__(self) -> Iterator[Saved]:
        """Those that are whole, the newest first; a damaged one is passed over and rejected."""
        query = "SELECT seq, pieces, digest FROM snapshots ORDER BY seq DESC"
        with translated(self._path, "cannot be read"):
            rows = self._connection.execute(query).fetchall()
        for seq, count, digest in rows:
            pieces = self._pieces(seq)
            if len(pieces) == count and digested(seq, pieces) == digest:
                yield Saved(seq, b"".join(pieces))
            else:
                self.reject(seq)

    def _pieces(self, seq: int) -> list[bytes]:
        query = "SELECT blob FROM pieces WHERE seq = ? ORDER BY number"
        with translated(self._path, "cannot be read"):
            found = [piece for (piece,) in self._connection.execute(query, (seq,))]
        return found if all(isinstance(piece, bytes) for piece in found) else []

    def reject(self, seq: int) -> None:
        """A snapshot cannot be used: it is no reason to drop entries, and goes."""
        self._rejected.add(seq)

    @property
    def rejected(self) -> list[int]:
        """Those that cannot be used and are still there, the newest first."""
        return sorted(self._rejected, reverse=True)

    def clear(self) -> bool:
        """Delete one piece of no snapshot; whether there was one."""
        stale = (
            "SELECT rowid FROM pieces WHERE seq NOT IN (SELECT seq FROM snapshots) "
            "AND seq IS NOT ? LIMIT 1"
        )
        delete = f"DELETE FROM pieces WHERE rowid IN ({stale})"
        with writing(self._path, self._connection):
            self._forget_rejected()
            return self._connection.execute(delete, (self._writing,)).rowcount > 0


class SnapshotWriter:
    """Keeps one snapshot, piece by piece."""

    def __init__(self, snapshots: Snapshots, seq: int) -> None:
        self.seq = seq
        self._snapshots = snapshots
        self._digest = _digest(seq)
        self._count = 0

    def add(self, piece: bytes) -> None:
        """Keep the next piece."""
        self._snapshots.keep(self.seq, self._count, piece)
        _update(self._digest, piece)
        self._count += 1

    def finish(self) -> None:
        """Let it count; older snapshots but one are dropped."""
        self._snapshots.finish(self.seq, self._count, self._digest.digest())


def digested(seq: int, pieces: list[bytes]) -> bytes:
    """The digest of a snapshot: its place, then its pieces in order."""
    digest = _digest(seq)
    for piece in pieces:
        _update(digest, piece)
    return digest.digest()


def _digest(seq: int) -> hashlib.blake2b:
    return hashlib.blake2b(b"%d" % seq, digest_size=16)


def _update(digest: hashlib.blake2b, piece: bytes) -> None:
    digest.update(b"%d " % len(piece))
    digest.update(piece)
