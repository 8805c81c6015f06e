"""Small facts about a journal (market anchor, seed, settings): text by key, with a checksum."""

import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from .database import translated, writing

CHANGES: Final = "changes"
"""The fact that counts changes of facts and has a checksum of them all."""


class Meta:
    """Small facts about a journal: text by key, each change kept at once."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, changed: Callable[[int], object]
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
        return self._read().get(key)

    def __getitem__(self, key: str) -> str:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: str) -> None:
        counted = f"{self.changes + 1} {_sum(self.all() | {key: value})}"
        with writing(self._path, self._connection) as write:
            rows = [(key, value), (CHANGES, counted)]
            write("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
        self.changes += 1
        self._changed(self.changes)

    def all(self) -> dict[str, str]:
        """Give every fact, by key in order."""
        return {key: value for key, value in self._read().items() if key != CHANGES}

    def _read(self) -> dict[str, str]:
        with translated(self._path, "cannot be read"):
            rows = self._connection.execute("SELECT key, value FROM meta ORDER BY key").fetchall()
        return {str(key): str(value) for key, value in rows}


def _sum(facts: dict[str, str]) -> str:
    return f"{zlib.crc32(repr(sorted(facts.items())).encode()):08x}"
