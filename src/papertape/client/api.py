"""The modern client API: every call has a deadline and a typed outcome; notices are data.

``Tws`` holds the calls; how to wait is given by its driver (``aio.py``), so this module knows no
event loop.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import msgspec

from ..errors import ConnectionLost, OrderRejected
from ..model import Bar, Contract, ContractDetails, ExecutionFilter, Order, OrderCancel
from ..versions import HISTORY_END_MESSAGE
from ..wire.catalogue import account, contract, history, market, orders, reports, session
from ..wire.message import Message
from .conversations import Call, Collect, Conversation
from .core import Core, Report
from .quotes import QuoteStream
from .trades import Trade

DEADLINE_S = 10.0
Wait = Callable[[Any, Callable[[], bool], str, float], Awaitable[None]]
"""Wait until the predicate holds, woken by the object's ``waker``; raises DeadlineExceeded."""


class Account(msgspec.Struct):
    """The figures and the portfolio of one account."""

    code: str
    values: dict[tuple[str, str], str] = {}
    """By key and currency, as the server wrote them."""
    portfolio: list[account.PortfolioValue] = []
    time: str = ""

    def value(self, key: str, currency: str = "") -> str:
        """One figure; the only currency that has it when none is named. Raises KeyError."""
        if (key, currency) in self.values:
            return self.values[key, currency]
        found = [value for (name, _), value in self.values.items() if name == key]
        if not found or currency:
            raise KeyError(f"{key} {currency}".strip())
        return found[0]


class Tws:
    """A connection to a TWS, an IB Gateway or a Papertape station."""

    def __init__(self, core: Core, wait: Wait, close: Callable[[], Awaitable[None]]) -> None:
        self._core = core
        self._wait = wait
        self._close = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect()

    @property
    def report(self) -> Report:
        """What the server has told: version, time, accounts, next id, notices."""
        return self._core.report

    @property
    def connected(self) -> bool:
        """Whether requests can be sent."""
        return self._core.lost is None

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Every order of this client that this connection knows, working ones or not."""
        return tuple(self._core.trades.values())

    async def disconnect(self) -> None:
        """Close the connection; open conversations end with ``ConnectionLost``."""
        self._core.closed(ConnectionLost("disconnected by this program"))
        await self._close()

    def trace(self, observer: Callable[[str, Any], None] | None) -> None:
        """Tell ``observer("out", request)`` and ``observer("in", message)`` from now on."""
        self._core.trace = observer

    # -- conversations ------------------------------------------------------------------------

    async def _ask(self, conversation: Conversation, message: Message, timeout: float) -> None:
        """Run a conversation to its end. Raises its error, or ``DeadlineExceeded``."""
        self._core.begin(conversation, message)
        try:
            await self._wait(
                conversation, lambda: conversation.done, type(message).spec.callback, timeout
            )
        finally:
            self._core.end(conversation)
        if conversation.error is not None:
            raise conversation.error

    async def _collect(
        self, name: str, end: type[Any], message: Message, timeout: float, request_id: int = -1
    ) -> list[Any]:
        conversation = Collect(name, end, request_id)
        await self._ask(conversation, message, timeout)
        return conversation.result

    async def current_time(self, *, timeout: float = DEADLINE_S) -> int:
        """The server's time in seconds since the epoch."""
        call = Call("reqCurrentTime")
        await self._ask(call, session.ReqCurrentTime(), timeout)
        return int(call.result.currentTime)

    # -- contracts and history ----------------------------------------------------------------

    async def contract_details(
        self, wanted: Contract, *, timeout: float = DEADLINE_S
    ) -> list[ContractDetails]:
        """Every contract that fits. Raises ``ContractNotFound`` when none does."""
        number = self._core.request_id()
        request = contract.ReqContractDetails(number, wanted)
        found = await self._collect(
            "reqContractDetails", contract.ContractDataEnd, request, timeout, number
        )
        for row in found:
            row.contractDetails.contract = row.contract
        return [row.contractDetails for row in found]

    async def historical_bars(
        self,
        wanted: Contract,
        *,
        duration: str = "1 D",
        bar_size: str = "1 min",
        what: str = "TRADES",
        end: str = "",
        regular_hours: bool = True,
        format_date: int = 1,
        timeout: float = 60.0,
    ) -> list[Bar]:
        """Bars of the span that ends at ``end`` (now), oldest first."""
        number = self._core.request_id()
        request = history.ReqHistoricalData(
            number, wanted, end, bar_size, duration, int(regular_hours), what, format_date
        )
        call = _History(number, split=self.report.serverVersion >= HISTORY_END_MESSAGE)
        await self._ask(call, request, timeout)
        return call.bars

    # -- market data --------------------------------------------------------------------------

    def quotes(self, wanted: Contract, generic: str = "") -> "Quotes":
        """A live quote line: ``async with tws.quotes(Stock("SPY")) as quote: …``."""
        return Quotes(self._core, self._wait, wanted, generic)

    async def snapshot(self, wanted: Contract, *, timeout: float = 15.0) -> QuoteStream:
        """The quote of this moment."""
        number = self._core.request_id()
        stream = QuoteStream(number)
        await self._ask(stream, market.ReqMktData(number, wanted, "", True), timeout)
        return stream

    # -- orders -------------------------------------------------------------------------------

    def place_order(self, wanted: Contract, order: Order) -> Trade:
        """Send an order and give its live state at once. The order given is not changed."""
        number = self._core.next_order_id()
        trade = Trade(number, wanted, order)
        self._core.follow(trade)
        self._send_order(trade, order)
        return trade

    def _send_order(self, trade: Trade, order: Order) -> None:
        self._core.send(orders.PlaceOrder(trade.orderId, trade.contract, order))
        trade.sent = msgspec.structs.replace(order)

    def modify_order(self, trade: Trade, **changes: object) -> None:
        """Send new terms for a working order: ``modify_order(trade, lmtPrice=99.5)``."""
        base = trade.sent or _resendable(trade.order)
        self._send_order(trade, msgspec.structs.replace(base, **changes))

    def cancel_order(self, trade: Trade) -> None:
        """Ask to cancel; the outcome shows in the trade."""
        self._core.send(orders.CancelOrder(trade.orderId, OrderCancel()))

    async def until(
        self,
        trade: Trade,
        *statuses: str,
        timeout: float = DEADLINE_S,
        charged: bool = False,
    ) -> Trade:
        """Wait until the order has one of these statuses (by default, until it has ended).

        ``charged`` waits for the commission of every fill too. Raises ``OrderRejected`` or the
        order's error when it can no longer get there.
        """

        def reached() -> bool:
            here = trade.status in statuses if statuses else trade.done
            return self._core.lost is not None or trade.done or here

        await self._wait(trade, reached, f"order {trade.orderId}", timeout)
        if charged:
            paid = lambda: self._core.lost is not None or (bool(trade.fills) and trade.charged)  # noqa: E731
            await self._wait(trade, paid, f"commission of order {trade.orderId}", timeout)
        if self._core.lost is not None:
            raise self._core.lost
        if statuses and trade.status not in statuses:
            if trade.errors:
                raise trade.errors[-1]
            raise OrderRejected(201, f"order {trade.orderId} is {trade.status}")
        return trade

    async def changed(self, trade: Trade, *, timeout: float = DEADLINE_S, **terms: Any) -> Trade:
        """Wait until the server echoes these terms for the order."""

        def echoed() -> bool:
            return trade.done or all(getattr(trade.order, k) == v for k, v in terms.items())

        await self._wait(trade, echoed, f"order {trade.orderId}", timeout)
        return trade

    async def open_orders(self, *, timeout: float = DEADLINE_S) -> list[reports.OpenOrder]:
        """The working orders of this client."""
        request = orders.ReqOpenOrders()
        return await self._collect("reqOpenOrders", reports.OpenOrdersEnd, request, timeout)

    async def completed_orders(
        self, *, api_only: bool = False, timeout: float = DEADLINE_S
    ) -> list[reports.CompletedOrder]:
        """Today's finished orders."""
        request = orders.ReqCompletedOrders(api_only)
        return await self._collect(
            "reqCompletedOrders", reports.CompletedOrdersEnd, request, timeout
        )

    async def executions(
        self, wanted: ExecutionFilter | None = None, *, timeout: float = DEADLINE_S
    ) -> list[reports.ExecutionDetails]:
        """Today's executions that pass the filter."""
        number = self._core.request_id()
        request = orders.ReqExecutions(number, wanted or ExecutionFilter())
        end = reports.ExecutionDetailsEnd
        return await self._collect("reqExecutions", end, request, timeout, number)

    # -- account ------------------------------------------------------------------------------

    async def positions(self, *, timeout: float = DEADLINE_S) -> list[account.Position]:
        """Every position of every account, now."""
        request = account.ReqPositions()
        try:
            return await self._collect("reqPositions", account.PositionEnd, request, timeout)
        finally:
            if self.connected:
                self._core.send(account.CancelPositions())

    async def account(self, code: str = "", *, timeout: float = DEADLINE_S) -> Account:
        """All figures and the portfolio of one account, now."""
        name = code or (self.report.accounts[0] if self.report.accounts else "")
        request = account.ReqAccountUpdates(True, name)
        try:
            rows = await self._collect(
                "reqAccountUpdates", account.AccountDataEnd, request, timeout
            )
        finally:
            if self.connected:
                self._core.send(account.ReqAccountUpdates(False, name))
        return _account(name, rows)

    async def account_summary(
        self, tags: str, group: str = "All", *, timeout: float = DEADLINE_S
    ) -> dict[tuple[str, str], str]:
        """The tags asked for, by account and tag."""
        number = self._core.request_id()
        request = account.ReqAccountSummary(number, group, tags)
        try:
            rows = await self._collect(
                "reqAccountSummary", account.AccountSummaryEnd, request, timeout, number
            )
        finally:
            if self.connected:
                self._core.send(account.CancelAccountSummary(number))
        return {(row.account, row.tag): row.value for row in rows}


def _resendable(order: Order) -> Order:
    """A copy of an echoed order without what only the server may say."""
    order = msgspec.structs.replace(order)
    order.orderId = order.permId = order.clientId = 0
    for name in ("deltaNeutralOrderType", "adjustedOrderType", "hedgeType"):
        if getattr(order, name) == "None":
            setattr(order, name, "")
    order.submitter = order.shareholder = order.autoCancelDate = ""
    order.volatilityType = order.volatilityType or None
    order.referencePriceType = order.referencePriceType or None
    order.dontUseAutoPriceForHedge = False
    order.filledQuantity = order.seekPriceImprovement = order.whatIfType = None
    return order


def _account(code: str, rows: list[Any]) -> Account:
    found = Account(code)
    for row in rows:
        if isinstance(row, account.AccountValue):
            found.values[row.key, row.currency] = row.value
        elif isinstance(row, account.PortfolioValue):
            found.portfolio.append(row)
        elif isinstance(row, account.AccountUpdateTime):
            found.time = row.timeStamp
    return found


class _History(Conversation):
    """Bars, and their end: a message of its own, or below server 196 the same message."""

    def __init__(self, request_id: int, *, split: bool) -> None:
        super().__init__("reqHistoricalData", request_id)
        self._split = split
        self.bars: list[Bar] = []

    def feed(self, message: Any) -> None:
        """Bars or the end marker."""
        if isinstance(message, history.HistoricalData):
            self.bars += message.historicalDataBars
            self.done = not self._split
        elif isinstance(message, history.HistoricalDataEnd):
            self.done = True
        if self.done and self.waker is not None:
            self.waker()


class Quotes:
    """A subscription to level-1 data: an async context manager and an async iterator.

    Iterating gives the live ``QuoteStream`` whenever ticks have come since the last time; a
    consumer that is slow sees the latest state, never a backlog.
    """

    def __init__(self, core: Core, wait: Wait, wanted: Contract, generic: str) -> None:
        self._core = core
        self._wait = wait
        self.contract = wanted
        self._generic = generic
        self.quote = QuoteStream(core.request_id())
        self._seen = 0

    async def __aenter__(self) -> Self:
        number = self.quote.request_id
        request = market.ReqMktData(number, self.contract, self._generic)
        self._core.begin(self.quote, request)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._core.end(self.quote)
        if self._core.lost is None and self.quote.error is None:
            self._core.send(market.CancelMktData(self.quote.request_id))

    async def next(self, *, timeout: float = DEADLINE_S) -> QuoteStream:
        """The quote after at least one more tick. Raises its error, or ``DeadlineExceeded``."""
        quote = self.quote
        await self._wait(
            quote, lambda: quote.updates > self._seen or quote.done, "reqMktData", timeout
        )
        self._seen = quote.updates
        if quote.error is not None:
            raise quote.error
        return quote

    async def __aiter__(self) -> AsyncIterator[QuoteStream]:
        while True:
            yield await self.next(timeout=86_400)
