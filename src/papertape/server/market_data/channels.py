"""Channels: one stream of market data each, and everyone who subscribed to it.

A channel knows when it is next due, what it then has to tell and from where it goes on. The market
is asked once for all who know the same, and what one of them is told is encoded once for all of
them. A subscription is open as long as its session holds it under its request id; nobody has to
report its end.

All that is due at a moment is told in slices, so that no order waits for it, and every slice tells
the state of that moment: if each told its own, the subscribers would drift apart, and every one of
them would need an encoding of its own. Who subscribes meanwhile waits for the next moment, and that
one begins when this one is over. A session that does not read is passed over; when it reads again
it is told what it has missed, worked out then, so nothing piles up.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from ...venue.units import Nanos
from ...wire.batch import SharedFrames
from ...wire.message import Farm, Message
from ..sessions.attempt import attempt
from ..sessions.session import Session
from ..sessions.subscriptions import Subscription
from ..timing import Timing, Wakeup

SLICE: Final[Nanos] = 2_000_000
"""How long subscribers are told before whatever has come meanwhile is looked at."""
BEGUN: Final = 64
"""Channels that are begun, or passed by, before the time is looked at."""
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

    @property
    def steady(self) -> bool:
        """Whether ``due`` goes by the clock alone. Else it goes by the tape, and is asked whenever
        it matters."""

    def due(self, now: Nanos) -> Nanos:
        """The first moment after ``now`` at which there may be something to tell."""

    def news(self, told: Told, now: Nanos) -> tuple[Told, Sequence[Item]]:
        """What a subscriber who knows ``told`` lacks at ``now``, and what it knows then: nothing
        more is news to it at ``now``."""

    def messages(self, items: Sequence[Item], form: Form) -> Sequence[Message]:
        """Items as messages without a request id."""


class PartedFeed(Generic[Told]):
    """A feed that tells a subscriber who lacks much a part of it at a time."""

    def behind(self, told: Told, now: Nanos) -> bool:
        """Whether who knows ``told`` lacks more of what holds at ``now``."""
        raise NotImplementedError

    def encoded(self, items: Sequence[Any], form: Form) -> SharedFrames | None:
        """Items as frames, where the feed writes them itself; None: their messages are to be."""
        return None


class Listener(Subscription, Generic[Told]):
    """One request of one session for what a channel tells."""

    __slots__ = ("form", "session", "told")

    def __init__(self, request_id: int, session: Session, form: Form, told: Told) -> None:
        super().__init__(request_id)
        self.session = session
        self.form = form
        self.told = told
        """What its client knows."""

    def heard(self, before: Told) -> None:
        """It was told something, which leads from ``before`` to what it knows: it may end now."""

    @property
    def open(self) -> bool:
        """Whether it has neither been cancelled nor ended."""
        return self.session.subscriptions.has(self)

    @property
    def listens(self) -> bool:
        """Whether it can be told something now."""
        return not self.session.paused and self.open


UNKNOWN: Final = object()


class Channel(Generic[Told, Item]):
    """One feed and its subscribers."""

    def __init__(self, feed: ChannelFeed[Told, Item], now: Nanos) -> None:
        self.steady = feed.steady
        self.parted = isinstance(feed, PartedFeed)
        """Whether it tells everything, however late: no instant is its own."""
        self.listeners: list[Listener[Told]] = []
        self.present: object = UNKNOWN
        """What those know who have been told this moment."""
        self.passed_over: list[Listener[Told]] = []
        """Those who lack something of it: their clients did not read, or it comes in parts."""
        self._goes_on = False
        """Whether there is more of this moment for somebody who reads."""
        self._feed = feed
        self._parts = feed if isinstance(feed, PartedFeed) else None
        self._due = feed.due(now)
        self._moment: Nanos = now
        self._kept = 0
        """Subscribers after those that had ended were forgotten."""
        self._news: dict[Told, tuple[Told, Sequence[Item]]] = {}
        self._latest: object = UNKNOWN
        """What those know who were sent what is encoded."""
        self._batches: dict[tuple[Form, Told], SharedFrames] = {}
        """What leads there, by what they knew before; it serves on while nothing changes."""

    def add(self, listener: Listener[Told]) -> None:
        """One more subscriber."""
        if len(self.listeners) > 2 * self._kept + 16:
            self.prune()
        self.listeners.append(listener)

    def prune(self) -> None:
        """Forget the subscribers that have ended."""
        self.listeners = [one for one in self.listeners if one.open]
        self._kept = len(self.listeners)

    def next_due(self) -> Nanos:
        """When there may be something to tell; where the tape says that, to those who listen."""
        if self.steady:
            return self._moment if self._goes_on else self._due
        if any(one.listens for one in self.passed_over):
            return self._moment
        hears = any(one.listens for one in self.listeners)
        return self._feed.due(self._moment) if hears else NEVER

    def begin(self, now: Nanos) -> None:
        """A new moment: subscribers are to be told what holds at ``now``."""
        self._moment, self.present = now, UNKNOWN
        if self.steady:
            self._due = self._feed.due(now)
        self._news.clear()
        self.passed_over.clear()
        self._goes_on = False

    def tell(self, listener: Listener[Told]) -> None:
        """Send a subscriber what it lacks of this moment."""
        before = listener.told
        found = self._news.get(before)
        if found is None:
            found = self._news[before] = self._feed.news(before, self._moment)
        self._send(listener, found)
        self.present = found[0]
        if self._parts is not None and self._parts.behind(found[0], self._moment):
            self.passed_over.append(listener)
            self._goes_on = True

    def show(self, listener: Listener[Told], now: Nanos) -> None:
        """Send a subscriber what it lacks at ``now``, whatever moment is being told."""
        self._send(listener, self._feed.news(listener.told, now))

    def look_again(self) -> None:
        """Ask the feed anew when it is due."""
        if self.steady:
            self._due = self._feed.due(self._moment)

    def encode_anew(self) -> None:
        """What is encoded may not be right any more."""
        self._batches.clear()

    def _send(self, listener: Listener[Told], news: tuple[Told, Sequence[Item]]) -> None:
        told, items = news
        before = listener.told
        if items:
            if told is not self._latest and told != self._latest:
                self._batches.clear()
                self._latest = told
            key = listener.form, before
            batch = self._batches.get(key)
            if batch is None:
                batch = self._batches[key] = self._encode(items, listener.form)
            if batch:
                listener.session.send_batch(batch, listener.request_id)
        listener.told = told
        if items:
            listener.heard(before)

    def _encode(self, items: Sequence[Item], form: Form) -> SharedFrames:
        found = None if self._parts is None else self._parts.encoded(items, form)
        if found is not None:
            return found
        return SharedFrames(self._feed.messages(items, form), form.version)


Rest = Iterator[tuple[Channel[Any, Any], Listener[Any]] | None]


class Channels:
    """Channels that are due together; drives them."""

    def __init__(self, flows: Callable[[Farm], bool], timing: Timing) -> None:
        """``flows`` says whether a farm is there: that of the subscription."""
        self._flows = flows
        self._timing = timing
        self._channels: dict[Hashable, Channel[Any, Any]] = {}
        self._unsteady: list[Channel[Any, Any]] = []
        self._kinds: set[type[Listener[Any]]] = set()
        self._sessions: set[Session] = set()
        """Those that have subscribed."""
        self._soonest = NEVER
        """No steady channel is due before."""
        self._rest: Rest | None = None
        """Who is still to be told what was due."""
        self.alarm = Wakeup(self.next_due, self.step, self.next_fixed, alone=True)

    def follow(
        self,
        key: Hashable,
        make: Callable[[], ChannelFeed[Told, Item]],
        listener: Listener[Told],
        *,
        show: bool = False,
    ) -> None:
        """Let a subscription hear the channel of that key, made if there is none, from now on.

        ``show``: it is told at once what it lacks. Raises what the feed raises then, and does not
        subscribe.
        """
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(make(), self._timing.now)
            if channel.steady:
                self._soonest = min(self._soonest, channel.next_due())
            else:
                self._unsteady.append(channel)
        if show:
            channel.show(listener, self._timing.now)
        channel.add(listener)
        self._kinds.add(type(listener))
        if listener.session not in self._sessions:
            self._sessions = {one for one in self._sessions if self._holds(one)}
            self._sessions.add(listener.session)
        listener.session.subscriptions.add(listener)
        self.alarm.changed()

    def __iter__(self) -> Iterator[Channel[Any, Any]]:
        return iter(self._channels.values())

    def heard(self, head: tuple[Hashable, ...], part: Hashable) -> list[Listener[Any]]:
        """The open subscriptions of the channels whose key begins so and has that part."""
        return [
            one
            for key, channel in self._channels.items()
            if isinstance(key, tuple) and key[: len(head)] == head and part in key
            for one in channel.listeners
            if one.open
        ]

    def look_again(self) -> None:
        """A tape was written on, or time jumps no more: what is due next may be another moment."""
        for channel in self._channels.values():
            channel.look_again()
        self._sort()
        self.alarm.changed()

    def encode_anew(self) -> None:
        """A setting has changed how items are told."""
        for channel in self._channels.values():
            channel.encode_anew()

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next; None while nobody listens."""
        if self._rest is not None:
            return self._timing.now
        if not self._channels:
            return None
        kinds = [kind for kind in self._kinds if self._flows_to(kind)]
        for session in self._sessions:
            if not session.paused and any(map(session.subscriptions.of, kinds)):
                due = self._next()
                return None if due == NEVER else due
        return None

    def next_fixed(self) -> Nanos | None:
        """The next instant that must not be passed by: channels in parts tell it all later."""
        if self.next_due() is None:
            return None
        dues = (one.next_due() for one in self._unsteady if not one.parted)
        found = min(self._soonest, *dues, NEVER)
        return None if found == NEVER else found

    def step(self, now: Nanos) -> None:
        """Go on with what was due, or with what is, for as long as a slice."""
        if self._rest is None:
            if now < self._next():
                return
            self._rest = self._begin(now)
        if self._tell(self._rest):
            self._rest = None
            self._sort()

    def _tell(self, rest: Rest) -> bool:
        """Tell those whose subscriptions are open still, for a slice; whether that was all."""
        watch = self._timing.stopwatch
        end = watch() + SLICE
        flowing = {kind for kind in self._kinds if self._flows_to(kind)}
        for found in rest:
            if found is None:
                if watch() >= end:
                    return False
                continue
            channel, one = found
            if one.told is channel.present or type(one) not in flowing or not one.open:
                continue
            if one.session.paused:
                channel.passed_over.append(one)
                continue
            if not attempt(one.session, one.request_id, "market data", channel.tell, one):
                # A tape that cannot be read ends the subscriptions to it, not the station.
                one.session.subscriptions.remove(type(one), one.request_id)
            if watch() >= end:
                return False
        return True

    def _begin(self, now: Nanos) -> Rest:
        """Begin the moment of every channel that is due, one after the other: who is to be told,
        and None for each pause in which others can have a turn. Who subscribes meanwhile knows a
        later moment, and is told the next one."""
        heard = [(key, one, list(one.listeners)) for key, one in self._channels.items()]
        for place, (key, channel, listeners) in enumerate(heard, 1):
            if place % BEGUN == 0:
                yield None
            if channel.steady and channel.next_due() > now:
                continue
            channel.prune()
            if not channel.listeners:
                if self._channels.get(key) is channel:
                    del self._channels[key]
            elif channel.next_due() <= now:
                channel.begin(now)
                for one in listeners:
                    yield channel, one

    def _next(self) -> Nanos:
        """When the first channel is due."""
        if not self._unsteady:
            return self._soonest
        return min(self._soonest, *(channel.next_due() for channel in self._unsteady))

    def _sort(self) -> None:
        """Look anew which channels there are and when they are due."""
        channels = self._channels.values()
        self._unsteady = [one for one in channels if not one.steady]
        self._soonest = min((one.next_due() for one in channels if one.steady), default=NEVER)

    def _flows_to(self, kind: type[Listener[Any]]) -> bool:
        return kind.farm is None or self._flows(kind.farm)

    def _holds(self, session: Session) -> bool:
        return any(map(session.subscriptions.of, self._kinds))
