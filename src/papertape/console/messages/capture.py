"""Captures the messages of a station while an inspector is open, once for all tabs.

Market data and other messages are kept separately, so that quotes cannot displace an order. Above
``MOST`` messages per second the feed is a sample and says how many it left out.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from ..remote import Remote, RemoteError
from .frames import Frame, FrameBatch, about, decode, name, pairs

MOST: Final = 1000
"""Messages per second that are requested."""
KEPT: Final = 1000
"""Market data messages that are kept, and as many others."""
KEPT_LETTERS: Final = 16_000_000
"""Hexadecimal digits that are kept of each of the two kinds."""
MOST_SUBJECTS: Final = 5000
RETRY_S: Final = 1.0

Take = Callable[[list[Frame]], object]


class Rate:
    """Messages per second, over the last whole second."""

    def __init__(self) -> None:
        self.value = 0.0
        self.total = 0
        self._since: float | None = None
        self._count = 0

    def add(self, count: int, now: float) -> None:
        """Add ``count`` messages; ``now`` in seconds."""
        self.total += count
        if self._since is None:
            self._since = now
        self._roll(now)
        self._count += count

    def at(self, now: float) -> float:
        """The current rate; it falls to 0 when nothing more arrives."""
        self._roll(now)
        return self.value

    def _roll(self, now: float) -> None:
        if self._since is not None and now - self._since >= 1:
            self.value = self._count / (now - self._since)
            self._since, self._count = now, 0


class Ring:
    """The latest messages of one kind, limited in number and size."""

    def __init__(self, most: int = KEPT, letters: int = KEPT_LETTERS) -> None:
        self._most, self._letters = most, letters
        self._size = 0
        self.frames: deque[Frame] = deque()

    def add(self, frame: Frame) -> None:
        """Add a message and drop the oldest above the limits."""
        self.frames.append(frame)
        self._size += len(frame.hex)
        while len(self.frames) > self._most or self._size > self._letters:
            self._size -= len(self.frames.popleft().hex)


class Capture:
    """The messages between a station and its clients."""

    def __init__(self, remote: Remote, station: str) -> None:
        self.rate, self.dropped = Rate(), 0
        self.problem = ""
        """Why nothing arrives; "" when the feed works."""
        self.listening = False
        """Whether the station sends what travels from now on."""
        self.names: set[str] = set()
        self.clients: set[int] = set()
        self._remote, self._station = remote, station
        self._rings = (Ring(), Ring())
        self._subjects: dict[tuple[int, str, int], str] = {}
        """Instruments of request ids: session, field and number -> instrument."""
        self._watchers: dict[object, tuple[Take, bool]] = {}
        self._serial = 0
        self._quotes = True
        """Whether the feed includes market data."""
        self._task: asyncio.Task[None] | None = None

    def watch(self, key: object, take: Take, *, market_data: bool) -> None:
        """Call ``take`` with new messages. Calling with the same key again changes the request."""
        self._watchers[key] = (take, market_data)
        self._settle()

    def leave(self, key: object) -> None:
        """Remove a viewer. When the last one is gone, all messages are dropped."""
        self._watchers.pop(key, None)
        self._settle()

    def frames(self) -> Iterator[Frame]:
        """The captured messages, oldest first."""
        rings = (ring.frames for ring in self._rings)
        return heapq.merge(*rings, key=lambda frame: frame.serial)

    def subject(self, frame: Frame, field: str, number: int) -> str:
        """The instrument of a request id; "" when the request was not captured."""
        return self._subjects.get((frame.session, field, number), "")

    def _settle(self) -> None:
        """Follow the feed while there are viewers, with market data if one of them wants them."""
        quotes = any(wanted for _, wanted in self._watchers.values())
        if self._task is not None and (not self._watchers or quotes != self._quotes):
            self._task.cancel()
            self._task, self.listening = None, False
        if not self._watchers:
            self._rings, self._subjects = (Ring(), Ring()), {}
            self.rate, self.dropped = Rate(), 0
            self.names.clear()
            self.clients.clear()
        elif self._task is None:
            self._quotes = quotes
            self._task = asyncio.create_task(self._keep(quotes))

    async def _keep(self, quotes: bool) -> None:
        market_data = "true" if quotes else "false"
        while True:
            known = {frame.number for frame in self.frames()}
            following = self._remote.follow(
                self._station, "/messages", self._connected, most=MOST, market_data=market_data
            )
            try:
                async for told in following:
                    self.take(told, known)
                    known = set()
            except RemoteError as problem:
                self.problem = str(problem)
            self.listening = False
            await asyncio.sleep(RETRY_S)

    def _connected(self) -> None:
        self.problem, self.listening = "", True

    def take(self, told: Any, known: set[int] | None = None) -> None:
        """Take a batch of the feed. After a reconnect the first ones may be ``known`` already."""
        batch = msgspec.convert(told, FrameBatch)
        fresh = [frame for frame in batch.messages if not known or frame.number not in known]
        for frame in fresh:
            self._serial += 1
            frame.serial = self._serial
            self._rings[not frame.market_data].add(frame)
            self._learn(frame)
        self.dropped += batch.dropped
        self.rate.add(len(fresh) + batch.dropped, asyncio.get_running_loop().time())
        for take, _ in list(self._watchers.values()):
            take(fresh)

    def _learn(self, frame: Frame) -> None:
        """Collect the values to choose from, and the instrument of each request."""
        self.names.add(name(frame))
        if frame.client_id is not None:
            self.clients.add(frame.client_id)
        if frame.direction == "out":
            return
        message = decode(frame)
        key, contract = about(frame, message), getattr(message, "contract", None)
        if key and contract is not None:
            told = dict(pairs(frame, message)).get("contract", "")
            self._subjects[frame.session, *key] = told.split(" ")[0]
            while len(self._subjects) > MOST_SUBJECTS:
                del self._subjects[next(iter(self._subjects))]


class Sampler:
    """Selects the messages that a tab shows: all of the rare kinds, a few of a flood."""

    def __init__(self, a_second: int, burst: int) -> None:
        self._rate, self._burst = a_second, burst
        self._room = float(burst)
        self.skipped = 0
        """Messages that were offered but not shown."""
        self._quotes: deque[Frame] = deque(maxlen=burst)
        self._others: deque[Frame] = deque(maxlen=burst)

    def offer(self, frame: Frame) -> None:
        """Offer a message that matches the filter."""
        waiting = self._quotes if frame.market_data else self._others
        self.skipped += len(waiting) == self._burst
        waiting.append(frame)

    def clear(self) -> None:
        """Drop the messages that wait to be shown."""
        self._quotes.clear()
        self._others.clear()

    def take(self, seconds: float) -> list[Frame]:
        """Return the messages to show next; ``seconds`` have passed since the last call."""
        more = self._rate * seconds
        self._room = min(self._burst, self._room + more)
        shown = self._latest(self._others, self._room)
        # Quotes take at most half of the room, so that a burst of orders is shown completely.
        spare = max(self._room - self._burst / 2, min(self._room, more / 2))
        shown += self._latest(self._quotes, spare)
        return sorted(shown, key=lambda frame: frame.serial)

    def _latest(self, waiting: deque[Frame], most: float) -> list[Frame]:
        room = int(most)
        taken = list(waiting)[-room:] if room else []
        self.skipped += len(waiting) - len(taken)
        waiting.clear()
        self._room -= len(taken)
        return taken
