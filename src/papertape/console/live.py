"""What the pages show: fetched while somebody looks, at once when there is news of it.

One ``Live`` serves every browser tab. A topic is fetched at most twice a second, however much
happens, so that looking on costs the station little.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from .remote import Problem, Remote

QUICKEST_S = 0.5
"""Between two fetches of a topic."""
RETRY_S = 1.0
"""After the news have ended."""
KEPT = 200
"""News of each station that are kept for those who come later."""


class Source(NamedTuple):
    """Where a topic comes from."""

    path: str
    """Below the station."""
    every_s: float
    """How old it may become without news."""
    kinds: frozenset[str]
    """News after which it is fetched anew."""


def _source(path: str, every_s: float, *kinds: str) -> Source:
    return Source(path, every_s, frozenset(kinds))


SOURCES = {
    "station": _source("", 2, "opened", "ended", "waiting"),
    "sessions": _source("/sessions", 1, "opened", "started", "ended"),
    "waiting": _source("/waiting", 5, "waiting", "decided", "ended"),
    "farms": _source("/farms", 5, "farm", "link"),
    "link": _source("/link", 5, "link", "order"),
    "settings": _source("/settings", 10, "setting"),
    "drills": _source("/drills", 600),
    "runs": _source("/drills/runs", 5, "drill"),
    "orders": _source("/orders?last=500", 5, "order"),
    "executions": _source("/executions?last=500", 5, "order", "execution"),
    "positions": _source("/positions", 2, "execution", "account"),
    "accounts": _source("/accounts", 2, "execution", "account"),
}
"""Topics by name."""

Update = Callable[[Any], object]


class Topic:
    """One thing of a station that pages show."""

    def __init__(self, remote: Remote, station: str, source: Source) -> None:
        self.value: Any = None
        self.problem = ""
        """Why there is nothing newer; "" when all is well."""
        self._remote, self._station, self._source = remote, station, source
        self._watchers: dict[int, Update] = {}
        self._poked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def watch(self, update: Update) -> Callable[[], None]:
        """Call ``update`` with the value now, if there is one, and after each change.

        Returns what ends it. The topic is fetched while it has a watcher.
        """
        key = id(update)
        self._watchers[key] = update
        if self.value is not None:
            update(self.value)
        if self._task is None:
            self._task = asyncio.create_task(self._keep())
        return lambda: self._leave(key)

    def _leave(self, key: int) -> None:
        self._watchers.pop(key, None)
        if not self._watchers and self._task is not None:
            self._task.cancel()
            self._task = None
            self.value = None

    def poke(self, kind: str) -> None:
        """There is news of this kind."""
        if kind in self._source.kinds:
            self._poked.set()

    def refresh(self) -> None:
        """Fetch as soon as may be: somebody has just changed something."""
        self._poked.set()

    def _tell(self, key: int, value: Any) -> None:
        """A callback of its own each: one that fails concerns its page alone."""
        if key in self._watchers:
            self._watchers[key](value)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._poked.clear()
            try:
                value = await self._remote.get(self._station, self._source.path)
            except Problem as problem:
                self.problem = str(problem)
            else:
                self.problem = ""
                if value != self.value:
                    self.value = value
                    for key in list(self._watchers):
                        loop.call_soon(self._tell, key, value)
            await asyncio.sleep(QUICKEST_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), self._source.every_s - QUICKEST_S)


class News:
    """What happens at a station, as it happens."""

    def __init__(
        self,
        remote: Remote,
        station: str,
        told: Callable[[dict[str, Any]], None],
        missed: Callable[[], None],
    ) -> None:
        """``told`` hears of each; ``missed`` is called when some may have been missed."""
        self.recent: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.connected = False
        self.problem = ""
        self._remote, self._station, self._told, self._missed = remote, station, told, missed
        self.task = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            try:
                async for batch in self._remote.follow(self._station, "/events", self._opened):
                    if batch.get("lost"):
                        self._missed()
                    for one in batch["news"]:
                        self.recent.append(one)
                        self._told(one)
            except Problem as problem:
                self.problem = str(problem)
            self.connected = False
            await asyncio.sleep(RETRY_S)

    def _opened(self) -> None:
        self.connected, self.problem = True, ""
        self._missed()


class Desk:
    """One station, as the pages see it."""

    def __init__(self, remote: Remote, station: str) -> None:
        self.remote = remote
        self.station = station
        self._topics: dict[str, Topic] = {}
        self._listeners: dict[int, Update] = {}
        self.news = News(remote, station, self._told, self._look)

    def topic(self, name: str) -> Topic:
        """A topic of ``SOURCES``."""
        if name not in self._topics:
            self._topics[name] = Topic(self.remote, self.station, SOURCES[name])
        return self._topics[name]

    def listen(self, hear: Update) -> Callable[[], None]:
        """Call ``hear`` with every piece of news; returns what ends it."""
        key = id(hear)
        self._listeners[key] = hear
        return lambda: self._listeners.pop(key, None) and None

    async def get(self, path: str, **query: Any) -> Any:
        """Ask the station. Raises ``Problem``."""
        return await self.remote.get(self.station, path, **query)

    async def post(self, path: str, body: Any = None) -> Any:
        """Let the station do something; every topic looks for the change. Raises ``Problem``."""
        try:
            return await self.remote.post(self.station, path, body)
        finally:
            self._look()

    async def patch(self, path: str, body: Any) -> Any:
        """Let the station change something; every topic looks for it. Raises ``Problem``."""
        try:
            return await self.remote.patch(self.station, path, body)
        finally:
            self._look()

    def _look(self) -> None:
        for topic in self._topics.values():
            topic.refresh()

    def _told(self, news: dict[str, Any]) -> None:
        for topic in self._topics.values():
            topic.poke(news["kind"])
        loop = asyncio.get_running_loop()
        for hear in list(self._listeners.values()):
            loop.call_soon(hear, news)


class Live:
    """Every station of the process."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self._desks: dict[str, Desk] = {}

    async def names(self) -> list[str]:
        """The stations there are. Raises ``Problem``."""
        return [str(one["name"]) for one in await self.remote.stations()]

    async def desk(self, station: str) -> Desk:
        """A station. Raises ``Problem`` when there is none of this name."""
        if station not in self._desks:
            await self.remote.get(station, "")
            self._desks.setdefault(station, Desk(self.remote, station))
        return self._desks[station]
