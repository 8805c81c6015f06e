"""Passes the bytes of one connection through the proxy's drills: bytes in, deeds out.

Without a drill every byte comes out at once and as it was. Time is an argument, in nanoseconds.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from .drills import (
    SECOND,
    CutFrame,
    DelayBytes,
    DripBytes,
    FreezeBytes,
    LoseBytes,
    MergeSegments,
    ResetConnection,
    ShapingDrill,
    SplitSegments,
    WireDrill,
    numbers_of,
)
from .format import SENDERS, Sender
from .meter import Counted, MessageMeter

MOST_WAITING: Final = 256 * 1024
"""Bytes that may wait in a direction before its sender is not read any more."""
DRIP: Final = SECOND // 20
"""How often a slow direction passes some bytes."""
MOST_DEEDS: Final = 64
"""Segments that are sent in one turn."""
Deed = Literal["send", "end", "reset", "begun"]


class Due(msgspec.Struct, frozen=True):
    """Something to do now."""

    deed: Deed
    sender: Sender = "server"
    """Whose bytes they are, or whose direction ends."""
    data: bytes = b""
    drill: str = ""


class _Course:
    """One direction: what waits to be passed on."""

    def __init__(self) -> None:
        self.queue: deque[tuple[int, bytes]] = deque()
        self.waiting = 0
        self.ended = False
        self.lost = False
        """What comes is dropped."""
        self.tokens = 0.0
        self.filled: int | None = None

    def put(self, due: int, data: bytes) -> None:
        self.queue.append((due, data))
        self.waiting += len(data)

    def take(self, most: int | None = None) -> bytes:
        due, data = self.queue.popleft()
        if most is not None and most < len(data):
            self.queue.appendleft((due, data[most:]))
            data = data[:most]
        self.waiting -= len(data)
        return data


class Faults:
    """The drills of one connection."""

    def __init__(self, drills: Sequence[WireDrill], connection: int, opened: int) -> None:
        self._opened = opened
        self._meters = {sender: MessageMeter(sender) for sender in SENDERS}
        self._courses = {sender: _Course() for sender in SENDERS}
        self._waits = [drill for drill in drills if drill.connection in (0, connection)]
        self._counts = dict.fromkeys(range(len(self._waits)), 0)
        self._armed = list(enumerate(self._waits))
        self._shapes: list[tuple[ShapingDrill, int | None]] = []
        self._frozen_until: int | None = None
        self._reset_at: int | None = None
        self._begun: list[str] = []

    def messages(self, sender: Sender) -> int:
        """How many messages of an end have come."""
        return self._meters[sender].messages

    def feed(self, sender: Sender, data: bytes, now: int) -> None:
        """Take bytes that an end has sent."""
        self._begin_timed(now)
        if not self._armed:
            self._meters[sender].count(data)
        for message in list(self._meters[sender].feed(data)) if self._armed else ():
            data = self._triggered(sender, data, message, now)
        self._pass(sender, data, now)

    def end(self, sender: Sender) -> None:
        """Take the end of a direction; it goes on behind the bytes that wait."""
        self._courses[sender].ended = True

    def full(self, sender: Sender) -> bool:
        """Whether so much waits that the sender should not be read."""
        return self._frozen_until is not None or self._courses[sender].waiting > MOST_WAITING

    def deeds(self, now: int) -> list[Due]:
        """What is to be done now. Call it again at ``next_due``."""
        self._begin_timed(now)
        found = [Due("begun", drill=name) for name in self._begun]
        self._begun.clear()
        if self._frozen_until is not None and now >= self._frozen_until:
            self._frozen_until = None
        self._shapes = [(s, until) for s, until in self._shapes if until is None or now < until]
        if self._frozen_until is None:
            for sender in SENDERS:
                self._flow(sender, now, found)
        if self._reset_at is not None and now >= self._reset_at:
            self._reset_at = None
            found.append(Due("reset"))
        return found

    def next_due(self, now: int) -> int | None:
        """When ``deeds`` has more to do; None when nothing waits."""
        dues = [self._opened + int(d.after * SECOND) for _, d in self._armed if _timed(d)]
        dues += [due for due in (self._reset_at, self._frozen_until) if due is not None]
        dues += [until for _, until in self._shapes if until is not None]
        if self._frozen_until is None:
            for sender in SENDERS:
                course = self._courses[sender]
                if course.queue:
                    slow = self._drip(sender) is not None
                    dues.append(max(course.queue[0][0], now + DRIP if slow else now))
        return min(dues, default=None)

    # ---------------------------------------------------------------- when drills begin

    def _begin_timed(self, now: int) -> None:
        if not self._armed:
            return
        for place, drill in list(self._armed):
            if _timed(drill) and now >= self._opened + int(drill.after * SECOND):
                self._armed.remove((place, drill))
                self._begin(drill, now)

    def _begin(self, drill: WireDrill, now: int) -> None:
        self._begun.append(drill.name)
        if isinstance(drill, ShapingDrill):
            until = now + int(drill.seconds * SECOND) if drill.seconds else None
            self._shapes.append((drill, until))
        elif isinstance(drill, FreezeBytes):
            self._frozen_until = now + int(drill.seconds * SECOND)
        elif isinstance(drill, LoseBytes):
            for course in self._courses.values():
                course.lost = True
        elif isinstance(drill, ResetConnection):
            self._reset_at = now + int(drill.ms * SECOND / 1000)

    def _triggered(self, sender: Sender, data: bytes, message: Counted, now: int) -> bytes:
        """The bytes of this data that pass, once drills that wait for a message have seen it."""
        for place, drill in list(self._armed):
            if _timed(drill) or now < self._opened + int(drill.after * SECOND):
                continue
            if not _concerns(drill, sender, message):
                continue
            self._counts[place] += 1
            if self._counts[place] < drill.n:
                continue
            self._armed.remove((place, drill))
            if isinstance(drill, LoseBytes):
                self._pass(sender, data[: message.end], now)
                data = b""
            self._begin(drill, now)
            if isinstance(drill, CutFrame):
                data = data[: max(0, (message.start + message.end) // 2)]
                return self._last(sender, data, now, ends=True)
            if isinstance(drill, ResetConnection) and not drill.seen:
                return self._last(sender, data[: max(0, message.start)], now)
        return data

    def _last(self, sender: Sender, data: bytes, now: int, *, ends: bool = False) -> bytes:
        """Pass the last bytes of a direction; nothing passes after them."""
        self._pass(sender, data, now)
        self._courses[sender].lost = True
        if ends:
            self._courses[sender].ended = True
        return b""

    # ---------------------------------------------------------------- how bytes pass

    def _pass(self, sender: Sender, data: bytes, now: int) -> None:
        course = self._courses[sender]
        if course.lost or not data:
            return
        due, size = now, 0
        for shape in self._shaping(sender):
            if isinstance(shape, DelayBytes):
                due += int(shape.ms * SECOND / 1000)
            elif isinstance(shape, SplitSegments):
                size = min(size or shape.bytes, shape.bytes)
            elif isinstance(shape, MergeSegments):
                wait = int(shape.ms * SECOND / 1000)
                if course.queue and course.waiting < MOST_WAITING:
                    last, before = course.queue.pop()
                    course.queue.append((last, before + data))
                    course.waiting += len(data)
                    return
                due += wait
        for at in range(0, len(data), size or len(data)):
            course.put(due, data[at : at + size] if size else data)

    def _shaping(self, sender: Sender) -> list[ShapingDrill]:
        return [shape for shape, _ in self._shapes if shape.sender in (sender, "both")]

    def _drip(self, sender: Sender) -> int | None:
        rates = [s.bytes_per_second for s in self._shaping(sender) if isinstance(s, DripBytes)]
        return min(rates, default=None)

    def _flow(self, sender: Sender, now: int, found: list[Due]) -> None:
        course = self._courses[sender]
        rate = self._drip(sender)
        if rate is None:
            course.filled = None
        elif course.filled is None:
            course.filled, course.tokens = now, 0.0
        else:
            course.tokens = min(course.tokens + (now - course.filled) / SECOND * rate, rate)
            course.filled = now
        sent = 0
        while course.queue and course.queue[0][0] <= now and sent < MOST_DEEDS:
            most = None if rate is None else int(course.tokens)
            if most == 0:
                break
            data = course.take(most)
            course.tokens -= len(data) if most is not None else 0
            found.append(Due("send", sender, data))
            sent += 1
        if course.ended and not course.queue:
            course.ended = False
            course.lost = True
            found.append(Due("end", sender))


def _timed(drill: WireDrill) -> bool:
    """Whether it begins by the clock, and not with a message."""
    return not drill.kind and not isinstance(drill, CutFrame)


def _concerns(drill: WireDrill, sender: Sender, message: Counted) -> bool:
    if drill.kind:
        return (sender, message.number) in numbers_of(drill.kind)
    return sender == "server" and message.number >= 0
