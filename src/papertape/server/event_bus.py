"""News of a station for those who look on: the control API, the console, tests.

Sans-IO and bounded: a follower that does not read loses the oldest news and is told how many,
and the station never waits for it.
"""

from collections import deque
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from ..venue.units import Nanos
from .timing import Timing

KEPT = 1000
"""News that one who comes later can still read, and that a follower may leave unread."""


class News(msgspec.Struct, frozen=True):
    """One thing that happened at the station."""

    number: int
    """Counts up from 1 for each station."""
    time: Nanos
    """Market time."""
    kind: str
    facts: dict[str, Any]


class Follower:
    """What one onlooker has not read yet."""

    def __init__(self, kinds: Collection[str], wake: Callable[[], object]) -> None:
        self.kinds = frozenset(kinds)
        """The kinds wanted; none means all."""
        self.unread: deque[News] = deque()
        self.lost = 0
        """News that went by unread."""
        self._wake = wake

    def take(self) -> list[News]:
        """Everything unread; afterwards nothing is."""
        taken = list(self.unread)
        self.unread.clear()
        return taken

    def tell(self, news: News) -> None:
        """One more, if it is wanted."""
        if self.kinds and news.kind not in self.kinds:
            return
        if len(self.unread) >= KEPT:
            self.unread.popleft()
            self.lost += 1
        self.unread.append(news)
        self._wake()


class EventBus:
    """Tells everyone who follows, and keeps the latest for those who come later."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._count = 0
        self._recent: deque[News] = deque(maxlen=KEPT)
        self._followers: dict[int, Follower] = {}

    def tell(self, kind: str, **facts: Any) -> None:
        """Something happened; ``facts`` must be plain values."""
        self._count += 1
        news = News(self._count, self._timing.now, kind, facts)
        self._recent.append(news)
        for follower in list(self._followers.values()):
            follower.tell(news)

    def asked_for(self, kind: str) -> bool:
        """Whether somebody follows this kind by name."""
        return any(kind in follower.kinds for follower in tuple(self._followers.values()))

    def whisper(self, kind: str, **facts: Any) -> None:
        """Something happened that only those are told who follow this kind by name.

        It is not kept, and it carries the number of the news before it.
        """
        news = News(self._count, self._timing.now, kind, facts)
        for follower in list(self._followers.values()):
            if kind in follower.kinds:
                follower.tell(news)

    def recent(self, after: int = 0, kinds: Collection[str] = ()) -> list[News]:
        """The news kept that came after a number."""
        wanted = frozenset(kinds)
        return [
            news
            for news in self._recent
            if news.number > after and (not wanted or news.kind in wanted)
        ]

    def follow(self, kinds: Collection[str], wake: Callable[[], object]) -> Follower:
        """Hear of everything from now on; ``wake`` is called when something is unread."""
        follower = Follower(kinds, wake)
        self._followers[id(follower)] = follower
        return follower

    def leave(self, follower: Follower) -> None:
        """Hear no more."""
        self._followers.pop(id(follower), None)
