"""Subscriptions as async context managers: ``async with tws.quotes(Stock("SPY")) as line: …``.

A subscription restores itself after an interruption. ``stale`` says why its data may be old and
``gaps`` what was missed; ``events()`` yields both among the data, in order.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ..errors import LocalProtocolError
from ..model import Bar, Contract, HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast
from ..wire.catalogue import account
from ..wire.catalogue.ticks import RealTimeBarTick
from .books import BookStream, DepthRow
from .figures import AccountNumbers
from .quotes import QuoteStream
from .session import ClientSession
from .streams import (
    AccountStream,
    BarStream,
    Gap,
    ItemStream,
    PositionStream,
    RealTimeBarStream,
    Stale,
    Stream,
    TickStream,
)

Wait = Callable[[Any, Callable[[], bool], str, float | None], Awaitable[None]]
"""Wait until the predicate holds, woken by the object's ``waker``; raises ``DeadlineExceeded``."""
Clock = Callable[[], float]

S = TypeVar("S", bound=Stream)
Item = TypeVar("Item")


class LiveSubscription(Generic[S]):
    """An async context manager: sends the request on entry and cancels it on exit."""

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: S) -> None:
        self._core = core
        self._wait = wait
        self._clock = clock
        self._stream = stream
        self._entered = False

    @property
    def stale(self) -> str:
        """Why the data may be old; "" while they are current."""
        return self._stream.stale

    @property
    def gaps(self) -> list[Gap]:
        """The interruptions so far."""
        return list(self._stream.gaps)

    @property
    def notices(self) -> list[Any]:
        """Notices from the server about this subscription."""
        return list(self._stream.notices)

    async def __aenter__(self) -> Self:
        if self._entered:
            told = "a subscription can be entered once: request another one from the session"
            raise LocalProtocolError(told, message=self._stream.name)
        self._core.at(self._clock()).subscribe(self._stream)
        self._entered = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        core, stream = self._core.at(self._clock()), self._stream
        core.end(stream)
        shared = stream.request_id < 0 and core.routes.asking(stream.name)
        if core.online and stream.error is None and not shared:
            assert stream.source is not None
            core.send(stream.source.cancel(stream.request_id))

    async def _until(self, ready: Callable[[], bool], timeout: float | None) -> None:
        stream = self._stream
        if not self._entered:
            told = "nothing was requested yet: enter the subscription with async with"
            raise LocalProtocolError(told, message=stream.name)
        await self._wait(stream, lambda: ready() or stream.done, stream.name, timeout)
        if stream.error is not None and not ready():
            raise stream.error


class Quotes(LiveSubscription[QuoteStream]):
    """A subscription to level 1 quotes.

    Iterating yields the ``QuoteStream`` whenever ticks have arrived since the last time. A slow
    consumer sees the latest state, never a backlog.
    """

    def __init__(
        self, core: ClientSession, wait: Wait, clock: Clock, stream: QuoteStream, wanted: Contract
    ) -> None:
        super().__init__(core, wait, clock, stream)
        self.contract = wanted
        self.quote = stream
        self._seen = 0

    async def next(self, *, timeout: float | None = 10.0) -> QuoteStream:
        """Return the quote after another tick. Raises its error or ``DeadlineExceeded``."""
        quote = self.quote
        await self._until(lambda: quote.updates > self._seen, timeout)
        self._seen = quote.updates
        return quote

    async def __aiter__(self) -> AsyncIterator[QuoteStream]:
        while True:
            yield await self.next(timeout=None)

    async def events(self) -> AsyncIterator[QuoteStream | Stale | Gap]:
        """Yield the quote whenever it changes, and ``Stale`` then ``Gap`` for each interruption."""
        quote = self.quote
        while True:
            await self._until(lambda: bool(quote.events) or quote.updates > self._seen, None)
            while quote.events:
                yield quote.events.popleft()
            if quote.updates > self._seen:
                self._seen = quote.updates
                yield quote


class Items(LiveSubscription[ItemStream], Generic[Item]):
    """A subscription whose items are delivered one by one."""

    async def next(self, *, timeout: float | None = 10.0) -> Item:
        """Return the next item. Raises the subscription's error or ``DeadlineExceeded``."""
        while True:
            event = await self._event(timeout)
            if not isinstance(event, (Stale, Gap)):
                item: Item = event
                return item

    async def __aiter__(self) -> AsyncIterator[Item]:
        while True:
            yield await self.next(timeout=None)

    async def events(self) -> AsyncIterator[Item | Stale | Gap]:
        """Yield the items, and ``Stale`` then ``Gap`` for each interruption."""
        while True:
            yield await self._event(None)

    @property
    def lost(self) -> int:
        """Items that were dropped because they were not read in time."""
        return self._stream.lost

    async def _event(self, timeout: float | None) -> Any:
        events = self._stream.events
        await self._until(lambda: bool(events), timeout)
        return events.popleft()


SingleTick = HistoricalTickLast | HistoricalTickBidAsk | HistoricalTick
"""A trade, a quote, or a mid price."""


class TickByTick(Items[SingleTick]):
    """Ticks one by one; those of the past that were asked for come first."""

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: TickStream) -> None:
        super().__init__(core, wait, clock, stream)


class DepthBook(LiveSubscription[BookStream]):
    """A book that is kept up to date: ``async with tws.depth(Stock("SPY"), smart=True) as book``.

    Iterating yields it whenever it has changed since the last time. ``resets`` says how often the
    server, or an interruption, has emptied it; then all rows follow again.
    """

    def __init__(
        self, core: ClientSession, wait: Wait, clock: Clock, stream: BookStream, wanted: Contract
    ) -> None:
        super().__init__(core, wait, clock, stream)
        self.contract = wanted
        self._seen = 0

    @property
    def bids(self) -> list[DepthRow]:
        """The buyers, the highest price first."""
        return list(self._stream.bids)

    @property
    def asks(self) -> list[DepthRow]:
        """The sellers, the lowest price first."""
        return list(self._stream.asks)

    @property
    def resets(self) -> int:
        """How often the book has been emptied."""
        return self._stream.resets

    async def next(self, *, timeout: float | None = 10.0) -> Self:
        """Return the book after another change. Raises its error or ``DeadlineExceeded``."""
        stream = self._stream
        await self._until(lambda: stream.updates > self._seen, timeout)
        self._seen = stream.updates
        return self

    async def __aiter__(self) -> AsyncIterator[Self]:
        while True:
            yield await self.next(timeout=None)


FIVE_SECONDS = 5
Fill = Callable[[int, int], Awaitable[list[RealTimeBarTick]]]
"""The bars of five seconds that begin from one second since the epoch on and before another."""


class RealTimeBars(Items[RealTimeBarTick]):
    """Bars of five seconds, each when it is over; ``time`` is its beginning.

    After an interruption the bars that were missed come first, out of the history of the last
    hour; what that lacks is missing, and the ``Gap`` says when.
    """

    def __init__(
        self, core: ClientSession, wait: Wait, clock: Clock, stream: RealTimeBarStream, fill: Fill
    ) -> None:
        super().__init__(core, wait, clock, stream)
        self._fill = fill
        self._latest = 0
        self._torn = False
        self._next: deque[RealTimeBarTick] = deque()

    async def _event(self, timeout: float | None) -> Any:
        if self._next:
            return self._next.popleft()
        event = await super()._event(timeout)
        if isinstance(event, Gap):
            self._torn = True
        elif not isinstance(event, Stale):
            expected, self._latest = self._latest + FIVE_SECONDS, event.time
            torn, self._torn = self._torn, False
            if torn and FIVE_SECONDS < expected < event.time:
                missed: list[RealTimeBarTick] = []
                try:
                    missed = await self._fill(expected, event.time)
                finally:
                    self._next.extend((*missed, event))
                return self._next.popleft()
        return event


class HistoricalBars(Items[Bar]):
    """Historical bars, and then the growing last one and each new one.

    A bar may still grow until one with a later date has come; ``closed`` waits for that.
    """

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: BarStream) -> None:
        super().__init__(core, wait, clock, stream)

    async def closed(self) -> AsyncIterator[Bar]:
        """Each bar once, when the next has begun: it is final then, and as any later history has
        it. An interruption leaves no hole. Read a line in this way or as it grows, not both."""
        last: Bar | None = None
        async for bar in self:
            if last is not None and bar.date != last.date:
                yield last
            last = bar


class PositionUpdates(Items[account.Position]):
    """Positions of all accounts as they change."""

    def __init__(
        self, core: ClientSession, wait: Wait, clock: Clock, stream: PositionStream
    ) -> None:
        super().__init__(core, wait, clock, stream)
        self._positions = stream

    @property
    def held(self) -> dict[tuple[str, int], account.Position]:
        """The latest position of each contract, by account and contract id."""
        return dict(self._positions.held)

    async def complete(self, *, timeout: float = 10.0) -> Self:
        """Wait until the first full set has arrived, and return this subscription."""
        await self._until(lambda: self._positions.complete, timeout)
        return self


AccountMessage = account.AccountValue | account.PortfolioValue | account.AccountUpdateTime


class AccountUpdates(Items[AccountMessage]):
    """Values and portfolio of one account as they change."""

    def __init__(
        self, core: ClientSession, wait: Wait, clock: Clock, stream: AccountStream
    ) -> None:
        super().__init__(core, wait, clock, stream)
        self._account = stream

    @property
    def figures(self) -> AccountNumbers:
        """The latest figures, as numbers with their currencies."""
        return AccountNumbers.of(self._account.code, self._account.values)

    async def complete(self, *, timeout: float = 10.0) -> Self:
        """Wait until the first full set has arrived, and return this subscription."""
        await self._until(lambda: self._account.complete, timeout)
        return self
