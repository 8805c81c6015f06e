"""The engine's memory on disk: journal entries, the market's clock, recovery.

Entries are msgspec JSON; the market's clock, anchor and seed stand beside them, so that a
station that starts again plays the same tape where it would be now.
"""

from collections.abc import Iterator

import msgspec

from ..store.journal import Journal
from ..venue.commands import Entry
from ..venue.engine import Engine
from .clock import MarketClock

SCHEMA_VERSION = 1

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Entry).decode


class MarketFacts(msgspec.Struct, frozen=True):
    """What makes a market the same one after a restart."""

    anchor: int
    seed: int
    clock: MarketClock


class Keeper:
    """Engine <-> journal. Without a journal (an ephemeral station) it keeps nothing."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal

    def commit(self, engine: Engine) -> int:
        """Keep what the engine has done since the last call; the number of entries."""
        entries = engine.drain_journal()
        if entries and self._journal is not None:
            self._journal.append([(entry.time, _ENCODE(entry)) for entry in entries])
        return len(entries)

    def recover(self, engine: Engine) -> int:
        """Replay everything that was kept into a fresh engine; the number of entries."""
        if self._journal is None:
            return 0
        count = 0

        def replayed() -> Iterator[Entry]:
            nonlocal count
            assert self._journal is not None
            for kept in self._journal.entries():
                count += 1
                yield _DECODE(kept.payload)

        engine.replay(replayed())
        return count

    def market(self, fresh: MarketFacts) -> MarketFacts:
        """The market's facts of this data directory; ``fresh`` ones when it is new."""
        if self._journal is None:
            return fresh
        known = self._journal.meta.get("market")
        if known is not None:
            return msgspec.json.decode(known, type=MarketFacts)
        self.keep_market(fresh)
        return fresh

    def keep_market(self, facts: MarketFacts) -> None:
        """Remember the market's facts."""
        if self._journal is not None:
            self._journal.meta["market"] = msgspec.json.encode(facts).decode()
