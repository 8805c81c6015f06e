"""The engine's memory on disk: journal entries, the market's clock, recovery.

Entries are MessagePack, which keeps every number as it is, infinities included; JSON has no word
for those. The market's clock, anchor and seed stand beside them, so that a station that starts
again plays the same tape where it would be now.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import JournalError, SettingsError
from ..venue.commands import Entry, TimePassed
from ..venue.engine import Engine
from ..venue.profile import Profile
from ..venue.units import Nanos
from .clock import MarketClock

if TYPE_CHECKING:
    from ..store.journal import Journal

SCHEMA_VERSION = 1

_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(Entry).decode


class MarketFacts(msgspec.Struct, frozen=True):
    """What makes a market the same one after a restart."""

    anchor: int
    seed: int
    clock: MarketClock


class Keeper:
    """Engine <-> journal. Without one (an ephemeral station) a day's entries stay in memory."""

    def __init__(self, journal: "Journal | None") -> None:
        self._journal = journal
        self._memory: list[bytes] = []
        self._morning: tuple[bytes, Nanos] | None = None
        """The ephemeral engine when its trading day began, and that instant."""

    def commit(self, engine: Engine) -> int:
        """Keep what the engine has done since the last call; the number of entries."""
        entries = engine.drain_journal()
        if not entries:
            return 0
        rows = [(entry.time, _ENCODE(entry)) for entry in entries]
        if self._journal is not None:
            self._journal.append(rows)
        elif any(isinstance(entry.command, TimePassed) for entry in entries):
            self._memory, self._morning = [], (engine.snapshot(), engine.clock)
        else:
            self._memory += [payload for _, payload in rows]
        return len(entries)

    def recover(self, engine: Engine) -> int:
        """Replay everything that was kept into a fresh engine; the number of entries.

        Raises ``JournalError`` naming the entry that cannot be read or repeated.
        """
        count = 0

        def replayed() -> Iterator[Entry]:
            nonlocal count
            for payload in self._payloads():
                count += 1
                yield _DECODE(payload)

        try:
            if self._morning is not None:
                engine.restore(*self._morning)
            engine.replay(replayed())
        except JournalError:
            raise
        except Exception as error:
            path = None if self._journal is None else self._journal.path
            advice = "Report it with the file, or choose another --data-dir"
            reason = f"cannot be replayed: {error!r}"
            raise JournalError(reason, path=path, seq=count, advice=advice) from error
        return count

    def _payloads(self) -> Iterator[bytes]:
        if self._journal is None:
            return iter(self._memory)
        return (entry.payload for entry in self._journal.entries())

    def check_profile(self, profile: Profile) -> None:
        """Remember the broker's profile; a journal replays only under the one it was begun with.

        Raises ``SettingsError`` naming what differs.
        """
        if self._journal is None:
            return
        known = self._journal.meta.get("profile")
        if known is not None and self._journal.last_seq:
            before = msgspec.json.decode(known, type=Profile)
            for name in Profile.__struct_fields__:
                _same(name, getattr(before, name), getattr(profile, name), self._journal.path)
        self._journal.meta["profile"] = msgspec.json.encode(profile).decode()

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

    def config(self) -> dict[str, Any]:
        """The settings of the API that were changed while a station ran here."""
        kept = None if self._journal is None else self._journal.meta.get("config")
        return {} if kept is None else msgspec.json.decode(kept, type=dict[str, Any])

    def keep_config(self, values: dict[str, Any]) -> None:
        """Remember them, at once and as a whole."""
        if self._journal is not None:
            self._journal.meta["config"] = msgspec.json.encode(values).decode()


def _same(name: str, before: Any, now: Any, path: Path) -> None:
    if before == now:
        return
    if name == "accounts":
        name, before, now = "account", ",".join(before), ",".join(now)
    raise SettingsError(
        f"the orders kept here were made with {before!r}",
        setting=name,
        found=now,
        path=path,
        advice="Go on with the old value, or choose another --data-dir",
    )
