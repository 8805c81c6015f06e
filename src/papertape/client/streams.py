"""Streams that survive: subscriptions that go stale, heal, and tell the gap.

A stream is a conversation without an end. What interrupts it (the broker's link, a farm, the
socket, silence, an error that passes) makes it stale; ``healing.py`` decides what to do about it.
Whoever reads the stream gets one ``Stale`` and then one ``Gap`` for each interruption.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ..errors import PapertapeError
from ..model import Bar
from ..wire.catalogue import account, history, ticks
from ..wire.message import Message
from .conversations import Conversation

REMEMBERED: Final = 100
"""Gaps that a stream remembers."""
LATE: Final = 10
"""Bars that are over, and of which an update may still come."""
QUEUED: Final = 100_000
"""Items that wait to be read; then the oldest goes, and ``lost`` counts."""


class Stale(msgspec.Struct, frozen=True):
    """From now on the stream's data may be old. ``at``: seconds since the epoch."""

    reason: str
    at: float


class Gap(msgspec.Struct, frozen=True):
    """The stream has been interrupted and goes on; times are seconds since the epoch.

    ``renewed``: it had to be requested again, so what happened in between was not sent.
    """

    reason: str
    since: float
    until: float
    renewed: bool


class Source(msgspec.Struct, frozen=True):
    """How a stream is requested, by request id, and cancelled; and which farm serves it.

    ``serves`` is "market", "history" or "" for what comes from no farm (orders, accounts).
    """

    serves: str
    request: Callable[[int], Message]
    cancel: Callable[[int], Message]


class Trouble(msgspec.Struct):
    """An interruption that has not ended."""

    reason: str
    since: float
    farm: str = ""
    """The farm whose return ends it; "" when it is something else."""
    waits_for: str = "signal"
    """"signal" (the server says that all is well again), "retry" (the time), "data"."""
    due: float | None = None
    """When to request the stream anew, whatever happens."""
    tries: int = 0
    renewed: bool = False


class Subscription(Conversation):
    """What every stream has: where it comes from, what troubles it, what it tells."""

    def __init__(self, name: str, request_id: int = -1, source: Source | None = None) -> None:
        super().__init__(name, request_id)
        self.source = source
        self.updates = 0
        """How many messages with data have come."""
        self.gaps: deque[Gap] = deque(maxlen=REMEMBERED)
        self.trouble: Trouble | None = None
        self.events: deque[Any] = deque()
        """``Stale`` and ``Gap``, and the items of a stream that has items, as they came."""
        self.on_data: Callable[[Subscription], None] | None = None
        """Told of data that comes while there is trouble."""

    @property
    def stale(self) -> str:
        """Why the data may be old; "" while it is live."""
        return "" if self.trouble is None else self.trouble.reason

    def began(self) -> None:
        """It is requested once more: what was known of the old one no longer holds."""

    def tell(self, event: Stale | Gap) -> None:
        """Hand out an event."""
        if isinstance(event, Gap):
            self.gaps.append(event)
        if len(self.events) >= QUEUED:
            self.events.popleft()
        self.events.append(event)
        self._wake()

    def unreadable(self, error: PapertapeError, kind: type[Any] | None) -> bool:
        """A stream lacks one update, and goes on; the core has logged it."""
        return False

    def _came(self) -> None:
        self.updates += 1
        if self.trouble is not None and self.on_data is not None:
            self.on_data(self)


class ItemStream(Subscription):
    """A stream of items, each of which counts: bars, positions, account values."""

    def __init__(self, name: str, request_id: int = -1, source: Source | None = None) -> None:
        super().__init__(name, request_id, source)
        self.lost = 0
        """Items thrown away because nobody read them, or that could not be read."""

    def feed(self, message: Any) -> None:
        """One more item."""
        if self.done:
            return
        self._came()
        for item in self.items_of(message):
            if len(self.events) >= QUEUED:
                self.lost += not isinstance(self.events.popleft(), (Stale, Gap))
            self.events.append(item)
        self._wake()

    def unreadable(self, error: PapertapeError, kind: type[Any] | None) -> bool:
        """As for every stream; the item counts as lost."""
        self.lost += 1
        return False

    def items_of(self, message: Any) -> list[Any]:
        """The items that a message carries."""
        return [message]


class BarStream(ItemStream):
    """Historical bars, then the growing last bar and each new one.

    After a renewal the server sends the whole span again: bars that were handed out before are
    left out, so the gap is filled and nothing comes twice. Bars come in the order of time; their
    dates need not: one without a year goes back at its end, and one without a zone every autumn.
    """

    def __init__(self, name: str, request_id: int = -1, source: Source | None = None) -> None:
        super().__init__(name, request_id, source)
        self._latest: deque[str] = deque(maxlen=LATE)
        """The dates of the latest bars, the last one being that which may grow."""

    def unreadable(self, error: PapertapeError, kind: type[Any] | None) -> bool:
        """One update may be missing; the answer with all bars may not."""
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

    def __init__(self, request_id: int = -1, source: Source | None = None) -> None:
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
    """Positions of all accounts as they change; ``held`` has the latest of each."""

    def __init__(self, source: Source) -> None:
        super().__init__("reqPositions", -1, source)
        self.held: dict[tuple[str, int], account.Position] = {}
        """By account and contract id."""
        self.complete = False
        """Whether the first full set has come."""

    def began(self) -> None:
        """The server sends the full set again."""
        self.held.clear()
        self.complete = False

    def items_of(self, message: Any) -> list[Any]:
        """A position."""
        if isinstance(message, account.PositionEnd):
            self.complete = True
            return []
        self.held[message.account, message.contract.conId] = message
        return [message]


class AccountStream(ItemStream):
    """Figures and portfolio of one account as they change, message by message."""

    def __init__(self, code: str, source: Source, others: frozenset[str] = frozenset()) -> None:
        super().__init__("reqAccountUpdates", -1, source)
        self.code = code
        self._others = others
        self.complete = False
        """Whether the first full set has come."""

    def began(self) -> None:
        """The server sends the full set again."""
        self.complete = False

    def items_of(self, message: Any) -> list[Any]:
        """A figure, a position of the portfolio, or the time of the figures."""
        if getattr(message, "accountName", "") in self._others:
            return []  # a list of another account, which somebody has asked for meanwhile
        if isinstance(message, account.AccountDataEnd):
            self.complete = True
            return []
        return [message]
