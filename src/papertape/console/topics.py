"""Topics: the data that pages show, fetched while a page is open and again after each event.

One ``Live`` serves all browser tabs. A topic is fetched at most twice a second, so that open pages
cost the station little.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlencode

from .equity import EquityRecorder
from .remote import Remote, RemoteError

QUICKEST_S = 0.5
"""Seconds between two fetches of a topic."""
CROWD = 10
"""When more rows change at a time, no reader follows each: every second fetch is left out."""
RETRY_S = 1.0
"""Seconds until the next attempt after the events have ended."""
MOST = 500
"""Rows of a topic."""
MOST_KEYS = 100
"""Most rows that are fetched by key; if more have changed, all are fetched."""
KEPT = 200
"""Events of each station that are kept for pages opened later."""


class TopicSource(NamedTuple):
    """Where a topic comes from."""

    path: str
    """Below the station."""
    every_s: float
    """How old it may become without an event."""
    kinds: frozenset[str]
    """Events after which it is fetched again."""
    key: str = ""
    """The key of its rows. An event with this key says which row to fetch; the path accepts it to
    select rows."""


def _source(path: str, every_s: float, *kinds: str, key: str = "") -> TopicSource:
    return TopicSource(path, every_s, frozenset(kinds), key)


SOURCES = {
    "station": _source("", 2, "opened", "ended", "waiting"),
    "clock": _source("/clock", 1),
    "sessions": _source("/sessions", 1, "opened", "started", "ended"),
    "waiting": _source("/waiting", 5, "waiting", "decided", "ended"),
    "farms": _source("/farms", 5, "farm", "link"),
    "link": _source("/link", 5, "link", "order"),
    "settings": _source("/settings", 10, "setting"),
    "drills": _source("/drills", 600),
    "runs": _source("/drills/runs", 5, "drill"),
    "orders": _source(f"/orders?last={MOST}", 5, "order", key="perm_id"),
    "executions": _source(f"/executions?last={MOST}", 5, "execution", key="exec_id"),
    "positions": _source("/positions", 2, "execution", "account"),
    "accounts": _source("/accounts", 2, "execution", "account"),
}
"""Topics by name."""

OVER = frozenset({"Filled", "Cancelled", "ApiCancelled", "Inactive"})
"""Statuses of an order that has ended."""

Update = Callable[[Any], object]
Rows = list[dict[str, Any]]


class Topic:
    """One kind of data of a station that pages show."""

    def __init__(self, remote: Remote, station: str, source: TopicSource) -> None:
        self.value: Any = None
        self.problem = ""
        """Why there is nothing newer; "" while fetching works."""
        self._remote, self._station, self._source = remote, station, source
        self._watchers: dict[int, Update] = {}
        self._poked = asyncio.Event()
        self._rows: set[Any] = set()
        """Keys of rows that have changed."""
        self._whole = True
        """Whether everything has to be fetched."""
        self._task: asyncio.Task[None] | None = None

    def watch(self, update: Update) -> Callable[[], None]:
        """Call ``update`` with the current value, if there is one, and after each change.

        Returns the function that ends this. The topic is fetched while it has a watcher.
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

    def poke(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Take an event."""
        if kind not in self._source.kinds:
            return
        row = facts.get(self._source.key)
        if row and len(self._rows) < MOST_KEYS:
            self._rows.add(row)
        else:
            self._whole = True
        self._poked.set()

    def refresh(self) -> None:
        """Fetch all of it as soon as possible, because a command has changed something."""
        self._whole = True
        self._poked.set()

    def _tell(self, key: int, value: Any) -> None:
        """Notify each watcher separately, so that one that fails affects its page alone."""
        if key in self._watchers:
            self._watchers[key](value)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        self._whole, stale = True, 0.0
        while True:
            self._poked.clear()
            self._whole = self._whole or loop.time() >= stale
            if self._whole:
                stale = loop.time() + self._source.every_s
            try:
                value = await self._fetch()
            except RemoteError as problem:
                self.problem, self._whole = str(problem), True
            else:
                self.problem = ""
                if value != self.value:
                    self.value = value
                    for key in list(self._watchers):
                        loop.call_soon(self._tell, key, value)
            await asyncio.sleep(QUICKEST_S)
            if len(self._rows) > CROWD:
                await asyncio.sleep(QUICKEST_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), stale - loop.time())

    async def _fetch(self) -> Any:
        """Fetch all of it, or only the rows that have changed."""
        wanted, self._rows = self._rows, set()
        whole, self._whole = self._whole, False
        path, key = self._source.path, self._source.key
        if whole:
            return await self._remote.get(self._station, path)
        chosen = path.partition("?")[0] + "?" + urlencode({key: sorted(wanted)}, doseq=True)
        return merged(self.value, await self._remote.get(self._station, chosen), key)


def works(row: Mapping[str, Any]) -> bool:
    """Whether a row is an order that may still trade."""
    return "status" in row and row["status"] not in OVER


def merged(old: Rows, new: Rows, key: str) -> Rows:
    """Replace changed rows and append new ones.

    Above ``MOST`` rows the earliest are dropped, ended orders before working ones.
    """
    found = {row[key]: row for row in new}
    rows = [found.pop(row[key], row) for row in old]
    rows += found.values()
    spare = (at for at, row in enumerate(rows) if not works(row))
    left_out = set(islice(spare, max(0, len(rows) - MOST)))
    return [row for at, row in enumerate(rows) if at not in left_out][-MOST:]


class StationEvents:
    """The event stream of a station."""

    def __init__(
        self,
        remote: Remote,
        station: str,
        told: Callable[[dict[str, Any]], None],
        missed: Callable[[], None],
    ) -> None:
        """``told`` is called with each event, ``missed`` when some may have been missed."""
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
            except RemoteError as problem:
                self.problem = str(problem)
            self.connected = False
            await asyncio.sleep(RETRY_S)

    def _opened(self) -> None:
        self.connected, self.problem = True, ""
        self._missed()


class WatchedStation:
    """One station as pages use it."""

    def __init__(self, remote: Remote, station: str) -> None:
        self.remote = remote
        self.station = station
        self._topics: dict[str, Topic] = {}
        self._listeners: dict[int, Update] = {}
        self.news = StationEvents(remote, station, self._told, self._look)
        self.equity = EquityRecorder(remote, station)
        self.watchlist: dict[int, dict[str, Any]] = {}
        """The instruments of the watchlist by number, as ``/symbols`` tells them."""
        self.watchlist_changed = False
        """Whether somebody has changed it."""

    def topic(self, name: str) -> Topic:
        """A topic of ``SOURCES``."""
        if name not in self._topics:
            self._topics[name] = Topic(self.remote, self.station, SOURCES[name])
        return self._topics[name]

    def listen(self, hear: Update) -> Callable[[], None]:
        """Call ``hear`` with every event; returns the function that ends this."""
        key = id(hear)
        self._listeners[key] = hear
        return lambda: self._listeners.pop(key, None) and None

    async def get(self, path: str, **query: Any) -> Any:
        """Request data from the station. Raises ``RemoteError``."""
        return await self.remote.get(self.station, path, **query)

    async def post(self, path: str, body: Any = None) -> Any:
        """Send a command; every topic then looks for the change. Raises ``RemoteError``."""
        try:
            return await self.remote.post(self.station, path, body)
        finally:
            self._look()

    async def get_by_post(self, path: str, body: Any) -> Any:
        """POST a question, which changes nothing. Raises ``RemoteError``."""
        return await self.remote.post(self.station, path, body)

    async def patch(self, path: str, body: Any) -> Any:
        """Change something; every topic then looks for the change. Raises ``RemoteError``."""
        try:
            return await self.remote.patch(self.station, path, body)
        finally:
            self._look()

    def _look(self) -> None:
        for topic in self._topics.values():
            topic.refresh()

    def _told(self, news: dict[str, Any]) -> None:
        for topic in self._topics.values():
            topic.poke(news["kind"], news["facts"])
        loop = asyncio.get_running_loop()
        for hear in list(self._listeners.values()):
            loop.call_soon(hear, news)


class Live:
    """All stations of the process."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self._desks: dict[str, WatchedStation] = {}

    async def names(self) -> list[str]:
        """The names of the stations. Raises ``RemoteError``."""
        return [str(one["name"]) for one in await self.remote.stations()]

    async def desk(self, station: str) -> WatchedStation:
        """A station by name. Raises ``RemoteError`` when there is none."""
        if station not in self._desks:
            await self.remote.get(station, "")
            if station not in self._desks:  # another page may have come first
                self._desks[station] = WatchedStation(self.remote, station)
        return self._desks[station]
