"""Finds the recorded request that means the same as one of now.

Requests with the same key (``meaning.key_of``) are found at once, also among many; what is left,
such as a contract that one of the two names by its id alone, is compared one by one, and so many
that it takes milliseconds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from ..wire.message import Message
from .exchanges import RecordedExchange
from .meaning import Difference, differences, key_of, summary

MOST_ALIKE: Final = 10
"""Requests with the same key that are compared by their soft differences."""
MOST_COMPARED: Final = 50
"""Other requests that one of now is compared with; an order takes a quarter of a millisecond."""
Allowed = Callable[[Any, RecordedExchange], bool]


class Match(msgspec.Struct, frozen=True):
    """What was found."""

    exchange: RecordedExchange | None
    nearest: str = ""
    """Without an exchange: the nearest recorded request and where it differs."""


class RequestIndex:
    """The requests of a conversation by what they mean."""

    def __init__(self, exchanges: Iterable[RecordedExchange], *, partial: bool = False) -> None:
        self._partial = partial
        self._kinds: dict[type[Message], list[RecordedExchange]] = defaultdict(list)
        self._keys: dict[Any, list[RecordedExchange]] = defaultdict(list)
        for one in exchanges:
            kind: type[Message] = type(one.message)
            self._kinds[kind].append(one)
            self._keys[kind, key_of(one.message)].append(one)

    def has(self, kind: type[Message]) -> bool:
        """Whether there is any request of a kind."""
        return kind in self._kinds

    def find(self, message: Any, allowed: Allowed) -> Match:
        """The recorded request that means the same: one that has not been asked for before others,
        then the one with the fewest differences, then the first.

        ``allowed``: whether a recorded one may be it at all.
        """
        kind: type[Message] = type(message)
        alike = self._keys.get((kind, key_of(message)), ())
        same = _some(alike, message, allowed, MOST_ALIKE)
        if not same:
            same = _some(self._kinds[kind], message, allowed, MOST_COMPARED)
        best: tuple[bool, int, int] | None = None
        chosen: RecordedExchange | None = None
        nearest: tuple[int, str] | None = None
        for one in same:
            found = differences(message, one.message, partial=self._partial)
            hard = [each for each in found if not each.soft]
            rank = (one.used > 0, len(found), one.place)
            if not hard and (best is None or rank < best):
                best, chosen = rank, one
            elif hard and (nearest is None or len(hard) < nearest[0]):
                nearest = (len(hard), f"the nearest is {_told(one, hard)}")
        return Match(chosen, "" if chosen or not nearest else nearest[1])


def _some(
    found: Iterable[RecordedExchange], message: Any, allowed: Allowed, most: int
) -> list[RecordedExchange]:
    """Those that may be it, the unused first, and not more than are compared."""
    fresh: list[RecordedExchange] = []
    used: list[RecordedExchange] = []
    for one in found:
        kept = used if one.used else fresh
        if len(kept) < most and allowed(message, one):
            kept.append(one)
            if len(fresh) == most:
                break
    return [*fresh, *used]


def _told(exchange: RecordedExchange, hard: list[Difference]) -> str:
    shown = "; ".join(map(str, hard[:3]))
    more = f" and {len(hard) - 3} more" if len(hard) > 3 else ""
    return f"{summary(exchange.message)}, which differs: {shown}{more}"
