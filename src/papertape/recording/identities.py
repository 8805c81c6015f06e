"""Masks that stand for identities, the same one for the same identity wherever it stands.

Masks are made in the order in which identities appear, so the same recording gives the same masks.
They keep what programs look at: the letters of an account code (DU is paper), the correction
number of an execution id.
"""

import re
from typing import Final

from ..wire.catalogue.identities import Identity

SHORTEST: Final = 4
"""Identities of fewer characters are masked in their own fields and not looked for in texts."""
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])(?:D?[UF]|DI|I)\d{6,8}(?![A-Za-z0-9])")
_WORD = re.compile(r"[A-Za-z0-9_.\-]+")
_KEPT: Final = frozenset(("", "All", "ALL"))


class Masks:
    """The masks of one recording."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        """Identity -> mask."""
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}
        self._parts: re.Pattern[str] | None = None
        self._size = -1
        self._people: set[str] = set()
        """Accounts and names, which are few."""
        self._guard: re.Pattern[bytes] | None = None
        self._guarded = -1

    def text(self, kind: Identity, value: str) -> str:
        """The masked value of a field."""
        if kind is Identity.ACCOUNT:
            return ",".join(self._one(kind, part) for part in value.split(","))
        return self._one(kind, value)

    def number(self, value: int) -> int:
        """The masked value of a permanent order id; 0 and what means "not set" stay."""
        if value <= 0 or value in (2**31 - 1, 2**63 - 1):
            return value
        return int(self._one(Identity.ORDER, str(value)))

    def _one(self, kind: Identity, value: str) -> str:
        if value in _KEPT:
            return value
        mask = self.known.get(value)
        if mask is None:
            mask = self._fresh(kind, value)
            self.known[value] = mask
            if kind in (Identity.ACCOUNT, Identity.NAME):
                self._people.add(value)
        return mask

    def _fresh(self, kind: Identity, value: str) -> str:
        if kind is Identity.EXECUTION and "." in value:
            base, _, revision = value.rpartition(".")
            if base in self.known:
                return f"{self.known[base]}.{revision}"
            self.known[base] = self._new("execution", "00000001.{:08d}.01")
            return f"{self.known[base]}.{revision}"
        if kind is Identity.ACCOUNT:
            letters = re.match(r"(?:D?[UF]|DI|I)(?=\d)", value)
            return self._new("account", (letters[0] if letters else "U") + "9{:06d}")
        if kind is Identity.ORDER:
            return self._new("order", "1{:09d}")
        return self._new(kind.value, kind.value + "-{}")

    def _new(self, group: str, pattern: str) -> str:
        while True:
            count = self._counts[group] = self._counts.get(group, 0) + 1
            mask = pattern.format(count)
            if mask not in self.known and mask not in self._taken:
                self._taken.add(mask)
                return mask

    def reserve(self, value: str) -> None:
        """Say that a text stands in the recording, so that no mask is made that equals it."""
        self._taken.add(value)

    def searched(self, text: str) -> str:
        """A text with every known identity in it, and all that looks like an account, masked."""
        if len(text) < SHORTEST:
            return text
        if self._size != len(self.known):
            self._prepare()
        if self._parts is not None:
            text = self._parts.sub(lambda found: self.known[found[0]], text)
        text = _WORD.sub(self._word, text)
        return _ACCOUNT.sub(self._account, text)

    def _prepare(self) -> None:
        self._size = len(self.known)
        parts = [v for v in self.known if len(v) >= SHORTEST and not _WORD.fullmatch(v)]
        parts.sort(key=len, reverse=True)
        self._parts = re.compile("|".join(map(re.escape, parts))) if parts else None

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        bare = word.rstrip(".-")  # the end of a sentence
        if len(bare) >= SHORTEST and bare in self.known:
            return self.known[bare] + word[len(bare) :]
        if len(word) < 2 * SHORTEST or not any(c in word for c in ".-_"):
            return word
        pieces = re.split(r"([._\-])", word)
        return "".join(
            self.known.get(piece, piece) if len(piece) >= SHORTEST else piece for piece in pieces
        )

    def _account(self, found: re.Match[str]) -> str:
        return found[0] if found[0] in self._taken else self._one(Identity.ACCOUNT, found[0])

    def leaks(self, data: bytes) -> str:
        """An account or a name that stands in these bytes all the same; "" when none does."""
        if self._guard is None or self._guarded != len(self._people):
            long = sorted((v for v in self._people if len(v) >= SHORTEST), key=len, reverse=True)
            parts = [re.escape(value.encode()) for value in long]
            self._guard = re.compile(b"|".join(parts) if parts else b"(?!)")
            self._guarded = len(self._people)
        found = self._guard.search(data)
        return found[0].decode() if found else ""
