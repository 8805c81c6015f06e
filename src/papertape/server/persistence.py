"""The engine's state on disk: journal entries, snapshots, the market's clock, recovery.

Entries are MessagePack, which keeps every number exact. The market's clock, anchor and seed are
stored beside them, so that a restarted station plays the same tape at the present instant.

A snapshot is taken at each day's end, every ``SNAPSHOT_FACTS`` facts and at a clean stop. The
state is frozen immediately and written piece by piece, in a slice of each turn; then the entries
that no snapshot needs are deleted in slices too, unless the history is kept.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from ..errors import JournalError
from ..store.database import RESTORE
from ..store.journal import Batch, Journal
from ..store.memory import Memory, MemoryWriter
from ..store.over import FillRow, FinishedRows, OrderRow
from ..store.saved import SnapshotWriter
from ..venue import entries
from ..venue.archive import FillEntry, FinishedRow
from ..venue.engine import Engine
from ..venue.entries import Entry
from ..venue.units import Nanos
from .clock import MarketClock

log = logging.getLogger("papertape.station")

SNAPSHOT_FACTS: Final = 50_000
"""Facts between snapshots: a start reads at most twice as many, in a second or two."""
SLICE: Final[Nanos] = 1_000_000
"""Time for snapshots in one turn; finishing a started piece adds up to a third."""
DROPPED: Final = 500
"""Entries that are deleted at a time."""


class MarketFacts(msgspec.Struct, frozen=True):
    """The facts that reproduce a market after a restart."""

    anchor: int
    seed: int
    clock: MarketClock


class Keeper:
    """Stores an engine in its journal; that of an ephemeral station is in memory."""

    def __init__(self, journal: Journal | None, *, keep_history: bool = False) -> None:
        self._journal = journal
        self._store: Journal | Memory = Memory() if journal is None else journal
        self._keep_history = keep_history
        self._since_snapshot = 0
        """Facts that were stored since the last snapshot was begun."""
        self._wanted = False
        """Whether a snapshot should begin as soon as no other is being written."""
        self._saving: tuple[SnapshotWriter | MemoryWriter, Iterator[bytes], tuple[int, int]] | None
        self._saving = None
        """The writer, the pieces left to write, and the facts after which it needs rows."""
        self._chores: list[Callable[[], bool]] = []
        """Deletes a slice of what no snapshot needs; returns whether there may be more."""
        self._tidy()

    # -- keeping ------------------------------------------------------------------------------

    def commit(self, engine: Engine) -> int:
        """Store the engine's entries since the last call; return their number."""
        fresh = engine.drain_journal()
        if fresh:
            payloads = [(entry.time, entries.encode(entry)) for entry in fresh]
            self._store.append(Batch(payloads, FinishedRows(*engine.drain_archive())))
            count = sum(len(entry.facts) for entry in fresh)
            self._since_snapshot += count
            ended_day = engine.state.fills_since > engine.state.facts - count
            if ended_day or self._since_snapshot >= SNAPSHOT_FACTS:
                self._wanted = True
        if self._wanted and self._saving is None:
            self.begin_snapshot(engine)
        return len(fresh)

    def extent(self) -> tuple[int, int]:
        """The bytes of the journal on disk, 0 without one, and the number of its newest entry."""
        size = 0 if self._journal is None else self._journal.bytes_on_disk()
        return size, self._store.last_seq

    def begin_snapshot(self, engine: Engine) -> None:
        """Freeze the last stored state for ``step`` to write; do nothing while one is written."""
        if self._saving is not None or not self._store.last_seq:
            return
        self._since_snapshot, self._wanted = 0, False
        since = engine.state.orders_since, engine.state.fills_since
        self._saving = self._store.begin_snapshot(), iter(engine.snapshot()), since

    @property
    def busy(self) -> bool:
        """Whether ``step`` has work."""
        return self._saving is not None or bool(self._chores)

    def step(self, stopwatch: Callable[[], Nanos] | None = None) -> None:
        """Continue a snapshot, or the deletion of what it made unnecessary, for a slice of time.

        Without a ``stopwatch`` it continues to the end.
        """
        began = stopwatch() if stopwatch is not None else 0
        while self.busy:
            if self._saving is not None:
                self._save()
            elif not self._chores[0]():
                del self._chores[0]
            if stopwatch is not None and stopwatch() - began >= SLICE:
                return

    def _save(self) -> None:
        assert self._saving is not None
        writer, pieces, since = self._saving
        piece = next(pieces, None)
        if piece is not None:
            writer.add(piece)
            return
        writer.finish()
        if isinstance(self._store, Memory):
            self._store.forget_rows(*since)
        self._saving = None
        self._tidy()

    def _tidy(self) -> None:
        """Schedule the deletion of incomplete and unnecessary pieces, then entries."""
        self._chores = [self._store.clear]
        if not self._keep_history or self._journal is None:
            self._chores.append(lambda: self._store.drop(DROPPED) == DROPPED)

    def finish(self, engine: Engine) -> None:
        """Write a last snapshot at a clean stop, which makes the next start short.

        Writes none when the engine has changes that were not stored.
        """
        self.step()
        if self._since_snapshot and engine.drained:
            self.begin_snapshot(engine)
        self.step()

    # -- recovery -----------------------------------------------------------------------------

    def recover(self, engine: Engine) -> int:
        """Restore the state in a new engine; return the number of entries that were replayed.

        Uses the newest valid snapshot and the entries after it, which also repair damaged or lost
        rows of finished orders and fills.
        Raises ``JournalError`` naming the entry that cannot be read or replayed.
        """
        count, after = 0, self._restore(engine)

        def replayed() -> Iterator[Entry]:
            nonlocal count
            for payload in (entry.payload for entry in self._store.entries(after)):
                count += 1
                entry = entries.decode(payload)
                self._since_snapshot += len(entry.facts)
                yield entry

        def mend(orders: list[FinishedRow], fills: list[FillEntry]) -> None:
            self._store.mend(FinishedRows(orders, fills))

        self._since_snapshot = 0
        try:
            engine.replay(replayed(), mend)
        except JournalError:
            raise
        except Exception as error:
            advice = "Report it with the file, or choose another --data-dir"
            reason, seq = f"cannot be replayed: {error!r}", after + count
            path = self._store.path
            raise JournalError(reason, path=path, seq=seq, advice=advice) from error
        return count

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Iterate over the stored entries after one, oldest first. Raises ``JournalError`` when
        they cannot be read."""
        return (entries.decode(entry.payload) for entry in self._store.entries(after))

    def _restore(self, engine: Engine) -> int:
        """Restore the newest valid snapshot; return the number of the entry that it follows.

        Without one the journal must begin at its first entry.
        """
        store, used = self._store, 0
        why: dict[int, str] = {}
        for saved in store.snapshots():
            try:
                engine.restore(saved.blob, self._rows)
            except (ValueError, JournalError) as error:
                why[saved.seq] = str(error)
                store.reject(saved.seq)
                continue
            used = saved.seq
            break
        passed = [f"after entry {seq}: {why.get(seq, 'damaged')}" for seq in store.rejected]
        if not used and store.first_seq > 1:
            reason = f"begins at entry {store.first_seq} and has no whole snapshot before it"
            reason += f" ({'; '.join(passed)})" if passed else ""
            raise JournalError(reason, path=store.path, seq=store.first_seq, advice=RESTORE)
        for one in passed:
            log.warning("%s: skips a snapshot that is not valid, %s", store.path, one)
        return used

    def _rows(
        self, orders_since: int, fills_since: int, until: int
    ) -> tuple[Iterable[OrderRow], Iterable[FillRow]]:
        return self._store.over(orders_since, fills_since, until)

    # -- beside the journal -------------------------------------------------------------------

    def market(self, fresh: MarketFacts) -> MarketFacts:
        """Return the stored facts of the market; store ``fresh`` ones when there are none."""
        if self._journal is None:
            return fresh
        known = self._journal.meta.get("market")
        if known is not None:
            return msgspec.json.decode(known, type=MarketFacts)
        self.keep_market(fresh)
        return fresh

    def keep_market(self, facts: MarketFacts) -> None:
        """Store the market's facts."""
        if self._journal is not None:
            self._journal.meta["market"] = msgspec.json.encode(facts).decode()

    def config(self) -> dict[str, Any]:
        """Return the settings of the API that were changed while a station ran here."""
        kept = None if self._journal is None else self._journal.meta.get("config")
        return {} if kept is None else msgspec.json.decode(kept, type=dict[str, Any])

    def contracts(self) -> list[dict[str, str]]:
        """Return the descriptions of the contracts that were added while a station ran here."""
        kept = None if self._journal is None else self._journal.meta.get("contracts")
        return [] if kept is None else msgspec.json.decode(kept, type=list[dict[str, str]])

    def keep_contracts(self, described: list[dict[str, str]]) -> None:
        """Store the descriptions immediately and atomically."""
        if self._journal is not None:
            self._journal.meta["contracts"] = msgspec.json.encode(described).decode()

    def keep_config(self, values: dict[str, Any]) -> None:
        """Store the settings immediately and atomically."""
        if self._journal is not None:
            self._journal.meta["config"] = msgspec.json.encode(values).decode()
