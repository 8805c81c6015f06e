"""The modern client API: every call has a deadline and a typed outcome; notices are data.

``Tws`` holds the calls; how to wait is given by its driver (``aio.py``), so this module knows no
event loop.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..errors import NotConnected, NotReady, OrderRejected, PapertapeError
from ..model import Bar, Contract, ContractDetails, ExecutionFilter, Order, OrderCancel
from ..versions import HISTORY_END_MESSAGE
from ..wire.catalogue import account, contract, history, market, orders, reports, session, ticks
from .accounts import Account
from .conversations import Call, Collect, History
from .facade import DEADLINE_S, Session
from .moments import moment
from .quotes import QuoteStream
from .requests import lists, questions
from .session import Core
from .subscriptions import AccountUpdates, Bars, Positions, Quotes, RealTimeBars
from .trades import Trade

logger = logging.getLogger(__name__)

LEAST_S = 30
"""The shortest span of a history."""
MOST_FILLED_S = 3600
"""The longest span of bars of five seconds that every TWS gives."""


class Tws(Session):
    """A session with a TWS, an IB Gateway or a Papertape station."""

    async def current_time(self, *, timeout: float = DEADLINE_S) -> int:
        """The server's time in seconds since the epoch."""
        make = lambda _: (Call("reqCurrentTime"), session.ReqCurrentTime())  # noqa: E731
        ask = self._now().ask("reqCurrentTime", make, timeout, by_id=False)
        return int((await self._answer(ask)).result.currentTime)

    # -- contracts and history ----------------------------------------------------------------

    async def contract_details(
        self, wanted: Contract, *, timeout: float = DEADLINE_S
    ) -> list[ContractDetails]:
        """Every contract that fits. Raises ``ContractNotFound`` when none does."""

        def make(number: int) -> tuple[Collect, contract.ReqContractDetails]:
            collect = Collect("reqContractDetails", contract.ContractDataEnd, number)
            return collect, contract.ReqContractDetails(number, wanted)

        ask = self._now().ask("reqContractDetails", make, timeout)
        found = (await self._answer(ask)).result
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
        end: str | datetime = "",
        regular_hours: bool = True,
        format_date: int = 1,
        timeout: float = 60.0,
    ) -> list[Bar]:
        """Bars of the span that ends at ``end`` (now), oldest first.

        ``end`` is a time with its zone: a ``datetime`` or a pandas ``Timestamp`` that knows it, or
        text as TWS takes it. Raises ``LocalProtocolError`` for one without a zone.
        """
        until = moment(end, "end", "ReqHistoricalData")
        split = self.report.serverVersion >= HISTORY_END_MESSAGE

        def make(number: int) -> tuple[History, history.ReqHistoricalData]:
            request = history.ReqHistoricalData(
                number, wanted, until, bar_size, duration, int(regular_hours), what, format_date
            )
            return History(number, split=split), request

        ask = self._now().ask("reqHistoricalData", make, timeout)
        bars: list[Bar] = (await self._answer(ask)).bars
        return bars

    # -- market data --------------------------------------------------------------------------

    def quotes(self, wanted: Contract, generic: str = "") -> Quotes:
        """A live quote line: ``async with tws.quotes(Stock("SPY")) as line: …``."""
        stream = questions.quotes(self._core, wanted, generic)
        return Quotes(self._core, self._wait, self._clock, stream, wanted)

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
    ) -> Bars:
        """Historical bars that are kept up to date; an interruption is filled afterwards."""
        request = history.ReqHistoricalData(
            0, wanted, "", bar_size, duration, int(regular_hours), what, format_date, True
        )
        return Bars(self._core, self._wait, self._clock, questions.bars(self._core, request))

    async def snapshot(self, wanted: Contract, *, timeout: float = 15.0) -> QuoteStream:
        """The quote of this moment."""

        def make(number: int) -> tuple[QuoteStream, market.ReqMktData]:
            return QuoteStream(number), market.ReqMktData(number, wanted, "", True)

        quote: QuoteStream = await self._answer(self._now().ask("reqMktData", make, timeout))
        return quote

    # -- orders -------------------------------------------------------------------------------

    def place_order(self, wanted: Contract, order: Order) -> Trade:
        """Send an order and give its live state at once. The order given is not changed.

        Raises ``NotReady`` when the session is not in a state to trade, ``NotConnected`` when it
        has ended; nothing is sent then.
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
        """Send new terms for a working order: ``modify_order(trade, lmtPrice=99.5)``.

        Raises ``NotReady`` and ``NotConnected`` as ``place_order``.
        """
        self._tradable("placeOrder")
        base = trade.sent or questions.resendable(trade.order)
        self._send_order(trade, msgspec.structs.replace(base, **changes))

    def cancel_order(self, trade: Trade) -> None:
        """Ask to cancel; the outcome shows in the trade. Raises ``NotConnected``."""
        self._now().send(orders.CancelOrder(trade.orderId, OrderCancel()), trade)

    def _send_order(self, trade: Trade, order: Order) -> None:
        self._core.send(orders.PlaceOrder(trade.orderId, trade.contract, order), trade)
        trade.sent = msgspec.structs.replace(order)

    def _tradable(self, request: str) -> Core:
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
        found: list[reports.OpenOrder] = (
            await self._answer(questions.open_orders(self._now(), timeout))
        ).result
        return found

    async def completed_orders(
        self, *, api_only: bool = False, timeout: float = DEADLINE_S
    ) -> list[reports.CompletedOrder]:
        """Today's finished orders."""
        maker = lists.completed_orders(api_only=api_only)
        ask = self._now().ask("reqCompletedOrders", maker, timeout, by_id=False)
        found: list[reports.CompletedOrder] = (await self._answer(ask)).result
        return found

    async def executions(
        self, wanted: ExecutionFilter | None = None, *, timeout: float = DEADLINE_S
    ) -> list[reports.ExecutionDetails]:
        """Today's executions that pass the filter."""
        maker = lists.executions(wanted or ExecutionFilter())
        ask = self._now().ask("reqExecutions", maker, timeout)
        found: list[reports.ExecutionDetails] = (await self._answer(ask)).result
        return found

    # -- account ------------------------------------------------------------------------------

    async def positions(self, *, timeout: float = DEADLINE_S) -> list[account.Position]:
        """Every position of every account, now."""
        try:
            ask = questions.positions(self._now(), timeout)
            found: list[account.Position] = (await self._answer(ask)).result
        finally:
            questions.finish(self._now(), "positions")
        return found

    def position_updates(self) -> Positions:
        """A line of positions as they change: ``async with tws.position_updates() as line``."""
        return Positions(self._core, self._wait, self._clock, questions.position_stream())

    async def account(self, code: str = "", *, timeout: float = DEADLINE_S) -> Account:
        """All figures and the portfolio of one account, now."""
        try:
            ask = questions.account_updates(self._now(), timeout, code)
            rows = (await self._answer(ask)).result
        finally:
            questions.finish(self._now(), "account", code)
        return Account.of(questions.account_name(self._core, code), rows)

    def account_updates(self, code: str = "") -> AccountUpdates:
        """A line of the figures and the portfolio of one account as they change.

        A TWS tells one account at a time.
        """
        name = questions.account_name(self._core, code)
        stream = questions.account_stream(self._core, name)
        return AccountUpdates(self._core, self._wait, self._clock, stream)

    async def account_summary(
        self, tags: str, group: str = "All", *, timeout: float = DEADLINE_S
    ) -> dict[tuple[str, str], str]:
        """The tags asked for, by account and tag."""
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
