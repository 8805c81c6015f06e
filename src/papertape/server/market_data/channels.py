"""Channels: one stream of market data each, and everyone who subscribed to it.

A channel knows when it is next due, what it then has to tell and from where it goes on. The market
is asked once for all who know the same, and what one of them is told is encoded once for all of
them. A subscription is open as long as its session holds it under its request id; nobody has to
report its end.

All that is due at a moment is told in slices, so that no order waits for it, and every slice tells
the state of that moment. A session that does not read is passed over; when it reads again it is
told what it has missed, worked out then, so nothing piles up.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from ...venue.units import Nanos
from ...wire.batch import SharedFrames
from ...wire.message import Message
from ..sessions.attempt import attempt
from ..sessions.session import Session
from ..sessions.subscriptions import Subscription
from ..timing import Timing, Wakeup

SLICE: Final[Nanos] = 4_000_000
"""How long subscribers are told before whatever has come meanwhile is looked at."""
NEVER: Final[Nanos] = 1 << 62

Told = TypeVar("Told", bound=Hashable)
Item = TypeVar("Item")


class Form(NamedTuple):
    """How a subscriber reads what it is told; who has the same form shares the encoding."""

    version: int
    dates: int = 0
    """The form of dates that it asked for."""
    zone: str = ""


class ChannelFeed(Protocol[Told, Item]):
    """What one channel tells, and when."""

    def due(self, now: Nanos) -> Nanos:
        """The first moment after ``now`` at which there may be something to tell."""

    def news(self, told: Told, now: Nanos) -> tuple[Told, Sequence[Item]]:
        """What a subscriber who knows ``told`` lacks at ``now``, and what it knows then."""

    def message(self, item: Item, form: Form) -> Message:
        """An item as a message without a request id."""


class Listener(Subscription, Generic[Told]):
    """One request of one session for what a channel tells."""

    __slots__ = ("form", "session", "told")

    def __init__(self, request_id: int, session: Session, form: Form, told: Told) -> None:
        super().__init__(request_id)
        self.session = session
        self.form = form
        self.told = told
        """What its client knows."""

    @property
    def open(self) -> bool:
        """Whether it has neither been cancelled nor ended."""
        return self.session.subscriptions.has(self)

    @property
    def listens(self) -> bool:
        """Whether it can be told something now."""
        return not self.session.paused and self.open


class Channel(Generic[Told, Item]):
    """One feed and its subscribers."""

    def __init__(
        self, feed: ChannelFeed[Told, Item], flows: Callable[[], bool], now: Nanos
    ) -> None:
        self.flows = flows
        """Whether the farm that feeds it is there."""
        self.due = feed.due(now)
        self.listeners: list[Listener[Told]] = []
        self._feed = feed
        self._moment: Nanos = now
        self._news: dict[Told, tuple[Told, Sequence[Item]]] = {}
        self._batches: dict[tuple[Form, Told], SharedFrames] = {}

    def add(self, listener: Listener[Told]) -> None:
        """One more subscriber; those that have ended are forgotten."""
        self.prune()
        self.listeners.append(listener)

    def prune(self) -> None:
        """Forget the subscribers that have ended."""
        self.listeners = [one for one in self.listeners if one.open]

    def begin(self, now: Nanos) -> list[Listener[Told]]:
        """A new moment: the subscribers who are to be told what holds at ``now``."""
        self._moment, self.due = now, self._feed.due(now)
        self._news.clear()
        self._batches.clear()
        self.prune()
        return list(self.listeners)

    def tell(self, listener: Listener[Told]) -> None:
        """Send a subscriber what it lacks of this moment."""
        before, form = listener.told, listener.form
        found = self._news.get(before)
        if found is None:
            found = self._news[before] = self._feed.news(before, self._moment)
        told, items = found
        if items:
            batch = self._batches.get((form, before))
            if batch is None:
                messages = [self._feed.message(item, form) for item in items]
                batch = self._batches[form, before] = SharedFrames(messages, form.version)
            listener.session.send_batch(batch, listener.request_id)
        listener.told = told


class Channels:
    """All channels of a station; drives them."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._channels: dict[Hashable, Channel[Any, Any]] = {}
        self._soonest = NEVER
        """Nothing is due before."""
        self._rest: Iterator[None] | None = None
        """Goes on with what is due, a subscriber at a time."""
        self.alarm = Wakeup(self.next_due, self.step)

    def follow(
        self,
        key: Hashable,
        make: Callable[[], ChannelFeed[Told, Item]],
        flows: Callable[[], bool],
        listener: Listener[Told],
    ) -> None:
        """Let a subscription hear the channel of that key, made if there is none, from now on."""
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(make(), flows, self._timing.now)
        channel.add(listener)
        self._soonest = min(self._soonest, channel.due)
        listener.session.subscriptions.add(listener)
        self.alarm.changed()

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next; None while nobody listens."""
        if self._rest is not None:
            return self._timing.now
        return self._soonest if any(map(_heard, self._channels.values())) else None

    def step(self, now: Nanos) -> None:
        """Go on with what was due, or with what is, for as long as a slice."""
        if self._rest is None:
            if now < self._soonest:
                return
            due = [(key, one) for key, one in self._channels.items() if one.due <= now]
            self._rest = self._tell_all(due, now)
        watch = self._timing.stopwatch
        end = watch() + SLICE
        for _ in self._rest:
            if watch() >= end:
                return
        self._rest = None
        dues = (channel.due for channel in self._channels.values())
        self._soonest = min(dues, default=NEVER)

    def _tell_all(
        self, due: Iterable[tuple[Hashable, Channel[Any, Any]]], now: Nanos
    ) -> Iterator[None]:
        """Tell everyone who subscribed before this moment, as long as they do."""
        work: list[tuple[Channel[Any, Any], list[Listener[Any]]]] = []
        for key, channel in due:
            listeners = channel.begin(now)
            if not listeners:
                del self._channels[key]
            elif channel.flows():
                work.append((channel, listeners))
        for channel, listeners in work:
            for one in listeners:
                if not one.listens or not channel.flows():
                    continue
                tell = partial(channel.tell, one)
                if not attempt(one.session, one.request_id, "market data", tell):
                    # A tape that cannot be read ends the subscriptions to it, not the station.
                    one.session.subscriptions.remove(type(one), one.request_id)
                yield


def _heard(channel: Channel[Any, Any]) -> bool:
    return channel.flows() and any(one.listens for one in channel.listeners)
