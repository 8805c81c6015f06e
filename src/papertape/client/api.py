"""The client API: every call has a deadline and a typed outcome; notices are data.

``Tws`` has the calls. Its driver (``aio.py``) supplies the way to wait, so this module depends on
no event loop.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..errors import NotConnected, NotReady, OrderRejected, PapertapeError
from ..model import Contract, ExecutionFilter, Order, OrderCancel
from ..wire.catalogue import account, history, market, orders, reports, ticks
from .accounts import AccountSnapshot
from .conversations import Collect
from .facade import DEADLINE_S
from .quotes import QuoteStream
from .requests import lists, questions
from .research import Research
from .session import ClientSession
from .subscriptions import (
    AccountUpdates,
    DepthBook,
    HistoricalBars,
    PositionUpdates,
    Quotes,
    RealTimeBars,
    TickByTick,
)
from .trades import Trade

logger = logging.getLogger(__name__)

LEAST_S = 30
"""The shortest span of a history."""
MOST_FILLED_S = 3600
"""The longest span of bars of five seconds that every TWS gives."""


class Tws(Research):
    """A session with a TWS, an IB Gateway or a Papertape station."""

    # -- market data --------------------------------------------------------------------------

    def quotes(self, wanted: Contract, generic: str = "") -> Quotes:
        """Subscribe to level 1 quotes: ``async with tws.quotes(Stock("SPY")) as line: …``."""
        stream = questions.quotes(self._core, wanted, generic)
        return Quotes(self._core, self._wait, self._clock, stream, wanted)

    def tick_by_tick(
        self, wanted: Contract, kind: str = "Last", *, past: int = 0, ignore_size: bool = False
    ) -> TickByTick:
        """Subscribe to every tick: ``Last``, ``AllLast``, ``BidAsk`` or ``MidPoint``; ``past``
        ticks of the past come first. ``ignore_size``: leave out quotes of which only a size is new.
        """
        stream = questions.tick_by_tick(self._core, wanted, kind, past, ignore_size=ignore_size)
        return TickByTick(self._core, self._wait, self._clock, stream)

    def depth(self, wanted: Contract, rows: int = 10, *, smart: bool = False) -> DepthBook:
        """Subscribe to the book of the contract's exchange; ``smart``: of all that SMART has."""
        stream = questions.book(self._core, wanted, rows, smart=smart)
        return DepthBook(self._core, self._wait, self._clock, stream, wanted)

    def real_time_bars(
        self, wanted: Contract, *, what: str = "TRADES", regular_hours: bool = False
    ) -> RealTimeBars:
        """A line of bars of five seconds; what an interruption of up to an hour has cost is
        filled."""
        stream = questions.real_time_bars(self._core, wanted, what, regular_hours=regular_hours)

        async def fill(since: int, until: int) -> list[ticks.RealTimeBarTick]:
            seconds = max(LEAST_S, min(until - since, MOST_FILLED_S))
            try:
                bars = await self.historical_bars(
                    wanted, duration=f"{seconds} S", bar_size="5 secs", what=what,
                    end=datetime.fromtimestamp(until, UTC), regular_hours=regular_hours,
                    format_date=2, timeout=DEADLINE_S,
                )  # fmt: skip
            except PapertapeError as error:
                logger.warning("bars of five seconds that were missed are missing: %s", error)
                return []
            made = [questions.five_seconds(stream.request_id, bar) for bar in bars]
            return [bar for bar in made if since <= bar.time < until]

        return RealTimeBars(self._core, self._wait, self._clock, stream, fill)

    def bars(
        self,
        wanted: Contract,
        *,
        duration: str = "1 D",
        bar_size: str = "1 min",
        what: str = "TRADES",
        regular_hours: bool = True,
        format_date: int = 1,
    ) -> HistoricalBars:
        """Subscribe to historical bars and their updates; an interruption is filled afterwards."""
        request = history.ReqHistoricalData(
            0, wanted, "", bar_size, duration, int(regular_hours), what, format_date, True
        )
        return HistoricalBars(
            self._core, self._wait, self._clock, questions.bars(self._core, request)
        )

    async def snapshot(self, wanted: Contract, *, timeout: float = 15.0) -> QuoteStream:
        """Request a snapshot of the quote and return it."""

        def make(number: int) -> tuple[QuoteStream, market.ReqMktData]:
            return QuoteStream(number), market.ReqMktData(number, wanted, "", True)

        quote: QuoteStream = await self._answer(self._now().ask("reqMktData", make, timeout))
        return quote

    # -- orders -------------------------------------------------------------------------------

    def place_order(self, wanted: Contract, order: Order) -> Trade:
        """Send an order and return its ``Trade`` at once. Your ``order`` object is not modified.

        Raises ``NotReady`` while the session may not send orders, and ``NotConnected`` when it has
        ended. In both cases nothing has been sent.
        """
        core = self._tradable("placeOrder")
        trade = Trade(core.next_order_id(), wanted, order)
        core.orders.follow(trade)
        try:
            self._send_order(trade, order)
        except PapertapeError:
            del core.trades[trade.orderId]
            raise
        return trade

    def modify_order(self, trade: Trade, **changes: object) -> None:
        """Modify a working order: ``modify_order(trade, lmtPrice=99.5)``.

        Raises ``NotReady`` and ``NotConnected``, like ``place_order``.
        """
        self._tradable("placeOrder")
        base = trade.sent or questions.resendable(trade.order)
        self._send_order(trade, msgspec.structs.replace(base, **changes))

    def cancel_order(self, trade: Trade) -> None:
        """Request a cancel; the trade reports the outcome. Raises ``NotConnected``."""
        self._now().send(orders.CancelOrder(trade.orderId, OrderCancel()), trade)

    def _send_order(self, trade: Trade, order: Order) -> None:
        self._core.send(orders.PlaceOrder(trade.orderId, trade.contract, order), trade)
        trade.sent = msgspec.structs.replace(order)

    def _tradable(self, request: str) -> ClientSession:
        core = self._now()
        if core.lost is not None:
            raise NotConnected(request) from core.lost
        reason = core.why_not_ready()
        if reason:
            raise NotReady(reason, request=request)
        return core

    async def until(
        self,
        trade: Trade,
        *statuses: str,
        timeout: float = DEADLINE_S,
        charged: bool = False,
    ) -> Trade:
        """Wait until the order has one of these statuses; without any, until it has ended.

        ``charged``: wait for the commission report of every fill too. Raises ``OrderRejected`` or
        the order's error when the order can no longer reach any of them.
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
        """Wait until an openOrder message confirms these values for the order."""

        def echoed() -> bool:
            return trade.done or all(getattr(trade.order, k) == v for k, v in terms.items())

        await self._wait(trade, echoed, f"order {trade.orderId}", timeout)
        return trade

    async def open_orders(self, *, timeout: float = DEADLINE_S) -> list[reports.OpenOrder]:
        """Return the working orders of this client."""
        found: list[reports.OpenOrder] = (
            await self._answer(questions.open_orders(self._now(), timeout))
        ).result
        return found

    async def completed_orders(
        self, *, api_only: bool = False, timeout: float = DEADLINE_S
    ) -> list[reports.CompletedOrder]:
        """Return today's completed orders."""
        maker = lists.completed_orders(api_only=api_only)
        ask = self._now().ask("reqCompletedOrders", maker, timeout, by_id=False)
        found: list[reports.CompletedOrder] = (await self._answer(ask)).result
        return found

    async def executions(
        self, wanted: ExecutionFilter | None = None, *, timeout: float = DEADLINE_S
    ) -> list[reports.ExecutionDetails]:
        """Return today's executions that match the filter."""
        maker = lists.executions(wanted or ExecutionFilter())
        ask = self._now().ask("reqExecutions", maker, timeout)
        found: list[reports.ExecutionDetails] = (await self._answer(ask)).result
        return found

    # -- account ------------------------------------------------------------------------------

    async def positions(self, *, timeout: float = DEADLINE_S) -> list[account.Position]:
        """Return all positions of all accounts."""
        try:
            ask = questions.positions(self._now(), timeout)
            found: list[account.Position] = (await self._answer(ask)).result
        finally:
            questions.finish(self._now(), "positions")
        return found

    def position_updates(self) -> PositionUpdates:
        """Subscribe to position changes: ``async with tws.position_updates() as line``."""
        return PositionUpdates(self._core, self._wait, self._clock, questions.position_stream())

    async def account(self, code: str = "", *, timeout: float = DEADLINE_S) -> AccountSnapshot:
        """Return all values and the portfolio of one account."""
        try:
            ask = questions.account_updates(self._now(), timeout, code)
            rows = (await self._answer(ask)).result
        finally:
            questions.finish(self._now(), "account", code)
        return AccountSnapshot.of(questions.account_name(self._core, code), rows)

    def account_updates(self, code: str = "") -> AccountUpdates:
        """Subscribe to the values and the portfolio of one account.

        TWS serves one account at a time.
        """
        name = questions.account_name(self._core, code)
        stream = questions.account_stream(self._core, name)
        return AccountUpdates(self._core, self._wait, self._clock, stream)

    async def account_summary(
        self, tags: str, group: str = "All", *, timeout: float = DEADLINE_S
    ) -> dict[tuple[str, str], str]:
        """Return the requested tags, by account and tag."""
        asked: list[int] = []

        def make(number: int) -> tuple[Collect, account.ReqAccountSummary]:
            asked.append(number)
            collect = Collect("reqAccountSummary", account.AccountSummaryEnd, number)
            return collect, account.ReqAccountSummary(number, group, tags)

        try:
            ask = self._now().ask("reqAccountSummary", make, timeout)
            rows = (await self._answer(ask)).result
        finally:
            for number in asked if self.connected else ():
                self._now().send(account.CancelAccountSummary(number))
        return {(row.account, row.tag): row.value for row in rows}
