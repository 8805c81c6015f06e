"""News of a station for followers: the control API, the console, tests.

Sans-IO and bounded: a follower that does not read loses the oldest news and receives their
number; the station never waits for it.
"""

from collections import deque
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from ..venue.units import Nanos
from .timing import Timing

KEPT = 1000
"""The number of news kept for later readers, and that a follower may leave unread."""


class News(msgspec.Struct, frozen=True):
    """One event at the station."""

    number: int
    """Counts up from 1 for each station."""
    time: Nanos
    """Market time."""
    kind: str
    facts: dict[str, Any]


class Follower:
    """The unread news of one follower."""

    def __init__(self, kinds: Collection[str], wake: Callable[[], object]) -> None:
        self.kinds = frozenset(kinds)
        """The kinds wanted; none means all."""
        self.unread: deque[News] = deque()
        self.lost = 0
        """The number of news lost unread."""
        self._wake = wake

    def take(self) -> list[News]:
        """Return the unread news and mark them read."""
        taken = list(self.unread)
        self.unread.clear()
        return taken

    def tell(self, news: News) -> None:
        """Add news, if its kind is wanted."""
        if self.kinds and news.kind not in self.kinds:
            return
        if len(self.unread) >= KEPT:
            self.unread.popleft()
            self.lost += 1
        self.unread.append(news)
        self._wake()


class EventBus:
    """Publishes news to every follower, and keeps the latest for later readers."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._count = 0
        self._recent: deque[News] = deque(maxlen=KEPT)
        self._followers: dict[int, Follower] = {}

    def tell(self, kind: str, **facts: Any) -> None:
        """Publish news; ``facts`` must be plain values."""
        self._count += 1
        news = News(self._count, self._timing.now, kind, facts)
        self._recent.append(news)
        for follower in list(self._followers.values()):
            follower.tell(news)

    def asked_for(self, kind: str) -> bool:
        """Return whether a follower names this kind."""
        return any(kind in follower.kinds for follower in tuple(self._followers.values()))

    def whisper(self, kind: str, **facts: Any) -> None:
        """Publish news only to followers that name this kind.

        The news is not kept, and has the number of the news before it.
        """
        news = News(self._count, self._timing.now, kind, facts)
        for follower in list(self._followers.values()):
            if kind in follower.kinds:
                follower.tell(news)

    def recent(self, after: int = 0, kinds: Collection[str] = ()) -> list[News]:
        """Return the kept news after a number, oldest first."""
        wanted = frozenset(kinds)
        return [
            news
            for news in self._recent
            if news.number > after and (not wanted or news.kind in wanted)
        ]

    def follow(self, kinds: Collection[str], wake: Callable[[], object]) -> Follower:
        """Follow the news from now on; ``wake`` is called when there are unread ones."""
        follower = Follower(kinds, wake)
        self._followers[id(follower)] = follower
        return follower

    def leave(self, follower: Follower) -> None:
        """Stop following."""
        self._followers.pop(id(follower), None)
