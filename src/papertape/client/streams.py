"""Streams: subscriptions that survive interruptions and report the gap.

A stream is a conversation without an end. An interruption (the broker link, a farm, the socket,
silence, a temporary error) makes it stale; ``resubscribe.py`` decides what to do about it. The
reader of a stream gets one ``Stale`` and then one ``Gap`` for each interruption.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ..errors import PapertapeError
from ..model import Bar
from ..wire.catalogue import account, history, ticks
from ..wire.message import Message
from .conversations import Conversation, ticks_in

REMEMBERED: Final = 100
"""Gaps that a stream remembers."""
VALUES: Final = 10_000
"""Account values that a stream keeps; a TWS has some 200, and 30 for each further currency."""
LATE: Final = 10
"""Bars that are over, and of which an update may still come."""
QUEUED: Final = 100_000
"""Items that wait to be read; beyond that the oldest is dropped and counted in ``lost``."""


class Stale(msgspec.Struct, frozen=True):
    """The stream's data may be old from now on. ``at``: seconds since the epoch."""

    reason: str
    at: float


class Gap(msgspec.Struct, frozen=True):
    """The stream was interrupted and continues; times are seconds since the epoch.

    ``renewed``: it had to be requested again, so data in between were not sent.
    """

    reason: str
    since: float
    until: float
    renewed: bool


class StreamSource(msgspec.Struct, frozen=True):
    """How to request and cancel a stream, given a request id, and which farm serves it.

    ``serves`` is "market", "history", or "" for data that come from no farm (orders, accounts).
    """

    serves: str
    request: Callable[[int], Message]
    cancel: Callable[[int], Message]


class Trouble(msgspec.Struct):
    """An interruption that has not ended yet."""

    reason: str
    since: float
    farm: str = ""
    """The farm whose return ends it; "" for another cause."""
    waits_for: str = "signal"
    """"signal" (the server says that all is well again), "retry" (the time), "data"."""
    due: float | None = None
    """When to request the stream again in any case."""
    tries: int = 0
    renewed: bool = False


class Stream(Conversation):
    """Base of all streams: its source, its interruptions, its events."""

    def __init__(self, name: str, request_id: int = -1, source: StreamSource | None = None) -> None:
        super().__init__(name, request_id)
        self.source = source
        self.updates = 0
        """How many messages with data have arrived."""
        self.gaps: deque[Gap] = deque(maxlen=REMEMBERED)
        self.trouble: Trouble | None = None
        self.events: deque[Any] = deque()
        """``Stale``, ``Gap`` and the stream's items, in the order of arrival."""
        self.on_data: Callable[[Stream], None] | None = None
        """Called when data arrive during an interruption."""

    @property
    def stale(self) -> str:
        """Why the data may be old; "" while it is live."""
        return "" if self.trouble is None else self.trouble.reason

    def began(self) -> None:
        """Reset the state, because the stream is requested again."""

    def tell(self, event: Stale | Gap) -> None:
        """Deliver an event."""
        if isinstance(event, Gap):
            self.gaps.append(event)
        if len(self.events) >= QUEUED:
            self.events.popleft()
        self.events.append(event)
        self._wake()

    def unreadable(self, error: PapertapeError, kind: type[Any] | None) -> bool:
        """Take note of an undecodable message: one update is missing, the stream continues."""
        return False

    def _came(self) -> None:
        self.updates += 1
        if self.trouble is not None and self.on_data is not None:
            self.on_data(self)


class ItemStream(Stream):
    """A stream of items that are delivered one by one: bars, positions, account values."""

    def __init__(self, name: str, request_id: int = -1, source: StreamSource | None = None) -> None:
        super().__init__(name, request_id, source)
        self.lost = 0
        """Items dropped because they were not read in time or could not be decoded."""

    def feed(self, message: Any) -> None:
        """Deliver an item."""
        if self.done:
            return
        self._came()
        for item in self.items_of(message):
            if len(self.events) >= QUEUED:
                self.lost += not isinstance(self.events.popleft(), (Stale, Gap))
            self.events.append(item)
        self._wake()

    def unreadable(self, error: PapertapeError, kind: type[Any] | None) -> bool:
        """Like that of every stream; counts the item as lost."""
        self.lost += 1
        return False

    def items_of(self, message: Any) -> list[Any]:
        """Return the items in a message."""
        return [message]


class BarStream(ItemStream):
    """Historical bars, then the last bar whenever it changes and each new one.

    After a renewal the server sends the whole span again: bars that were handed out before are
    left out, so the gap is filled and nothing comes twice. Bars come in the order of time; their
    dates need not: one without a year goes back at its end, and one without a zone every autumn.
    """

    def __init__(self, name: str, request_id: int = -1, source: StreamSource | None = None) -> None:
        super().__init__(name, request_id, source)
        self._latest: deque[str] = deque(maxlen=LATE)
        """The dates of the latest bars, the last one being that which may grow."""

    def unreadable(self, error: PapertapeError, kind: type[Any] | None) -> bool:
        """A missing update is tolerated, a missing answer with all bars is not."""
        super().unreadable(error, kind)
        return kind is history.HistoricalData

    def items_of(self, message: Any) -> list[Any]:
        """The bars that are new, or have grown."""
        known = self._latest
        if isinstance(message, history.HistoricalData):
            bars: list[Bar] = message.historicalDataBars
            told = [place for place, bar in enumerate(bars) if bar.date in known]
            if told:
                last = told[-1]
                bars = bars[last if bars[last].date == known[-1] else last + 1 :]
        elif isinstance(message, history.HistoricalDataUpdate):
            date = message.historicalDataBar.date
            over = date in known and date != known[-1]
            bars = [] if over else [message.historicalDataBar]
        else:
            return []
        for bar in bars:
            if not known or bar.date != known[-1]:
                known.append(bar.date)
        return bars


class RealTimeBarStream(ItemStream):
    """Bars of five seconds, each when it is over; none comes twice."""

    def __init__(self, request_id: int = -1, source: StreamSource | None = None) -> None:
        super().__init__("reqRealTimeBars", request_id, source)
        self._latest = 0

    def items_of(self, message: Any) -> list[Any]:
        """The bar, unless it was handed out before a renewal."""
        bar: ticks.RealTimeBarTick = message
        if bar.time <= self._latest:
            return []
        self._latest = bar.time
        return [bar]


class PositionStream(ItemStream):
    """Positions of all accounts as they change; ``held`` has the latest of each contract."""

    def __init__(self, source: StreamSource) -> None:
        super().__init__("reqPositions", -1, source)
        self.held: dict[tuple[str, int], account.Position] = {}
        """By account and contract id."""
        self.complete = False
        """Whether the first full set has arrived."""

    def began(self) -> None:
        """Reset the state; the server sends the full set again."""
        self.held.clear()
        self.complete = False

    def items_of(self, message: Any) -> list[Any]:
        """Take a position."""
        if isinstance(message, account.PositionEnd):
            self.complete = True
            return []
        self.held[message.account, message.contract.conId] = message
        return [message]


class AccountStream(ItemStream):
    """Values and portfolio of one account as they change, message by message."""

    def __init__(
        self, code: str, source: StreamSource, others: frozenset[str] = frozenset()
    ) -> None:
        super().__init__("reqAccountUpdates", -1, source)
        self.code = code
        self._others = others
        self.complete = False
        """Whether the first full set has arrived."""
        self.values: dict[tuple[str, str], str] = {}
        """The latest value by key and currency."""

    def began(self) -> None:
        """Reset the state; the server sends the full set again."""
        self.complete = False
        self.values.clear()

    def items_of(self, message: Any) -> list[Any]:
        """Take an account value, a portfolio position, or the update time."""
        if getattr(message, "accountName", "") in self._others:
            return []  # rows of another account, requested meanwhile by ``tws.account``
        if isinstance(message, account.AccountDataEnd):
            self.complete = True
            return []
        if isinstance(message, account.AccountValue):
            key = message.key, message.currency
            if key in self.values or len(self.values) < VALUES:
                self.values[key] = message.value
        return [message]


class TickStream(ItemStream):
    """Ticks one by one: those of the past that were asked for, then live ones.

    What was missed during an interruption is not asked for again; the ``Gap`` says when it was.
    """

    def __init__(self, request_id: int = -1, source: StreamSource | None = None) -> None:
        super().__init__("reqTickByTickData", request_id, source)

    def items_of(self, message: Any) -> list[Any]:
        """The ticks in a message."""
        if isinstance(message, ticks.TickByTickData):
            parts = (
                message.historicalTickLast,
                message.historicalTickBidAsk,
                message.historicalTickMidPoint,
            )
            return [part for part in parts if part is not None]
        return ticks_in(message)
