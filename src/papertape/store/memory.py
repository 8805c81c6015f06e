"""A journal in memory: what an ephemeral station can be rebuilt from while it runs.

It is asked like ``Journal`` and keeps what a rebuild needs: the newest snapshot, the entries after
it, and the rows of what was over since the day began.
"""

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from .journal import Batch, StoredEntry
from .over import FinishedRows
from .saved import Saved


class _Table:
    """Rows in the order of their first number, column by column: a row costs little memory."""

    def __init__(self, columns: int) -> None:
        self._numbers = [array("q") for _ in range(columns)]
        self._rows: list[bytes] = []

    def add(self, rows: Iterable[Any]) -> None:
        for *numbers, row in rows:
            for column, number in zip(self._numbers, numbers, strict=True):
                column.append(number)
            self._rows.append(row)

    def between(self, after: int, until: int) -> list[Any]:
        """The rows whose first number is above the one, and not above the other."""
        first, end = (bisect_right(self._numbers[0], number) for number in (after, until))
        columns = [column[first:end] for column in self._numbers]
        return list(zip(*columns, self._rows[first:end], strict=True))

    def forget(self, until: int) -> None:
        count = bisect_right(self._numbers[0], until)
        for column in self._numbers:
            del column[:count]
        del self._rows[:count]


class Memory:
    """The journal of a station that leaves nothing behind."""

    def __init__(self) -> None:
        self.path = None
        self.last_seq = 0
        self.rejected: list[int] = []
        self._entries: deque[tuple[int, bytes]] = deque()
        self._orders = _Table(4)
        self._fills = _Table(2)
        self._saved: Saved | None = None

    def append(self, batch: Batch) -> int:
        """Keep a batch and give the last entry's number."""
        self._entries += batch.entries
        self._orders.add(batch.rows.orders)
        self._fills.add(batch.rows.fills)
        self.last_seq += len(batch.entries)
        return self.last_seq

    @property
    def first_seq(self) -> int:
        """The number of the oldest entry that is kept; 0 when there is none."""
        return self.last_seq - len(self._entries) + 1 if self._entries else 0

    def entries(self, after: int = 0) -> Iterator[StoredEntry]:
        """The entries that follow a number, in order."""
        before = self.last_seq - len(self._entries)
        for seq, (time, payload) in enumerate(tuple(self._entries), before + 1):
            if seq > after:
                yield StoredEntry(seq, time, payload)

    def rows(self, orders_after: int, fills_after: int, until: int) -> FinishedRows:
        """Orders and fills that were over by facts after two numbers, and not after ``until``."""
        orders = self._orders.between(orders_after, until)
        return FinishedRows(orders, self._fills.between(fills_after, until))

    over = rows

    def mend(self, rows: FinishedRows) -> None:
        """Nothing is ever damaged here."""

    def begin_snapshot(self) -> "MemoryWriter":
        """Begin to keep the state as it is after the newest entry."""
        return MemoryWriter(self, self.last_seq)

    def finish(self, saved: Saved) -> None:
        """Let a snapshot count; older ones do not any more."""
        self._saved = saved

    def snapshots(self) -> Iterator[Saved]:
        """The newest snapshot, if there is one."""
        if self._saved is not None:
            yield self._saved

    def reject(self, seq: int) -> None:
        """The snapshot cannot be used: it is forgotten."""
        self._saved = None

    def clear(self) -> bool:
        """Nothing is left of older snapshots."""
        return False

    def drop(self, at_most: int) -> int:
        """Drop some of the oldest entries that the snapshot does not need; how many."""
        needless = 0 if self._saved is None else self._saved.seq - self.first_seq + 1
        count = max(0, min(needless, at_most, len(self._entries)))
        for _ in range(count):
            self._entries.popleft()
        return count

    def forget_rows(self, orders_until: int, fills_until: int) -> None:
        """What was over by then is asked for no more."""
        self._orders.forget(orders_until)
        self._fills.forget(fills_until)


class MemoryWriter:
    """Keeps one snapshot, piece by piece."""

    def __init__(self, memory: Memory, seq: int) -> None:
        self.seq = seq
        self._memory = memory
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        """Keep the next piece."""
        self._pieces.append(piece)

    def finish(self) -> None:
        """Let it count instead of the one before."""
        self._memory.finish(Saved(self.seq, b"".join(self._pieces)))
