"""The journey of a client through a TWS: the steps that users take in their first week.

``run`` goes through the steps and reports each to a ``Teller``. It does not know whether it talks
to a station or to a real TWS; on a real one it trades, on the paper account.
"""

import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ..client.aio import connect
from ..client.api import Tws
from ..client.contracts import LimitOrder, MarketOrder, Stock
from ..client.quotes import QuoteStream
from ..errors import ContractNotFound, PapertapeError
from ..model import Contract, ExecutionFilter
from ..versions import COMPLETED_ORDERS, MAX_SERVER, SMART_COMPONENTS


class Teller(Protocol):
    """Receives the progress of a run."""

    def step(self, title: str) -> None:
        """Start a step."""

    def fact(self, text: str) -> None:
        """Report a result of the step."""

    def observe(self, direction: str, message: Any) -> None:
        """Report a message that was sent or received."""


class JourneyFailed(PapertapeError):
    """A step did not find what it requires."""


def must(condition: bool, what: str) -> None:
    """Raise ``JourneyFailed`` unless the condition holds."""
    if not condition:
        raise JourneyFailed(what)


class Journey:
    """One run: the connection details, and what one step leaves for the next."""

    def __init__(
        self,
        teller: Teller,
        host: str,
        port: int,
        client_id: int,
        *,
        max_version: int = MAX_SERVER,
        timeout: float = 10.0,
    ) -> None:
        self._tell = teller
        self._address = (host, port, client_id)
        self._max_version = max_version
        self._timeout = timeout
        self.stock = Stock("AAPL")
        self.bid = math.nan
        self.last_order_id = 0
        self._owner = ""
        """The account of the orders where there are several; "" lets TWS take the only one."""

    async def run(self) -> None:
        """Run all steps in order. Raises the error of the step that fails."""
        tws = await self._connect("Connect")
        try:
            await self._first_session(tws)
        finally:
            await tws.disconnect()
        tws = await self._connect("Reconnect with the same client id")
        try:
            await self._second_session(tws)
        finally:
            await tws.disconnect()

    async def _first_session(self, tws: Tws) -> None:
        steps: tuple[tuple[str, Callable[[Tws], Awaitable[None]]], ...] = (
            ("Time", self._time),
            ("Contract details", self._contracts),
            ("Live quotes of two stocks", self._quotes),
            ("A snapshot", self._snapshot),
            ("Historical bars", self._history),
            ("A limit order: rest, modify, cancel", self._limit_order),
            ("A market order", self._market_order),
            ("Positions and account", self._account),
            ("Orders and executions of today", self._orders),
            ("One order stays", self._stay),
        )
        for title, step in steps:
            self._tell.step(title)
            await step(tws)

    async def _connect(self, title: str) -> Tws:
        self._tell.step(title)
        host, port, client_id = self._address
        tws = await connect(
            host, port, client_id, timeout=self._timeout, max_version=self._max_version
        )
        tws.trace(self._tell.observe)
        report = tws.report
        self._tell.fact(f"server version {report.serverVersion}, {report.connectionTime}")
        self._tell.fact(f"accounts {', '.join(report.accounts)}, next id {report.nextValidId}")
        if len(report.accounts) > 1:
            self._owner = report.accounts[0]
            self._tell.fact(f"orders are for {self._owner}, the first of them")
        for notice in report.notices:
            self._tell.fact(f"notice {notice.code} {notice.text}")
        return tws

    async def _time(self, tws: Tws) -> None:
        seconds = await tws.current_time(timeout=self._timeout)
        must(seconds > 1_000_000_000, f"current time is {seconds}")
        self._tell.fact(f"{seconds} seconds since 1970")

    async def _contracts(self, tws: Tws) -> None:
        (details,) = await tws.contract_details(self.stock, timeout=self._timeout)
        self.stock = details.contract
        self._tell.fact(
            f"{self.stock.symbol} is contract {self.stock.conId}, {details.longName}, "
            f"{self.stock.primaryExchange}, tick {details.minTick}"
        )
        by_id = await tws.contract_details(
            Contract(conId=self.stock.conId, exchange="SMART"), timeout=self._timeout
        )
        must([d.contract.conId for d in by_id] == [self.stock.conId], "not found by its number")
        several = await tws.contract_details(
            Contract(symbol="AAPL", secType="STK"), timeout=self._timeout
        )
        must(len(several) > 1, "AAPL without exchange and currency is one row")
        self._tell.fact(f"AAPL anywhere: {len(several)} rows")
        try:
            await tws.contract_details(Stock("NOSUCHSYMBOL"), timeout=self._timeout)
        except ContractNotFound as error:
            self._tell.fact(f"an unknown symbol: {error.code} {error.text}")
        else:
            raise JourneyFailed("an unknown symbol has details")

    async def _quotes(self, tws: Tws) -> None:
        async with tws.quotes(self.stock) as one, tws.quotes(Stock("SPY")) as two:
            for quotes in (one, two):
                while not complete(quotes.quote):
                    await quotes.next(timeout=self._timeout)
                quote = quotes.quote
                self._tell.fact(f"{quotes.contract.symbol:5} {shown(quote)}")
                must(quote.marketDataType > 0, "no market data type")
                if tws.report.serverVersion >= SMART_COMPONENTS:
                    must(quote.minTick is not None, "no line parameters")
            self.bid = one.quote.bid or math.nan

    async def _snapshot(self, tws: Tws) -> None:
        quote = await tws.snapshot(Stock("MSFT"), timeout=self._timeout + 12)
        self._tell.fact(f"MSFT  {shown(quote)}")

    async def _history(self, tws: Tws) -> None:
        for form in (1, 2):
            bars = await tws.historical_bars(Stock("IBM"), format_date=form)
            must(len(bars) > 1, f"{len(bars)} bars")
            first, last = bars[0], bars[-1]
            self._tell.fact(
                f"{len(bars)} one-minute bars of IBM, {first.date} to {last.date}, "
                f"last close {last.close}"
            )

    async def _limit_order(self, tws: Tws) -> None:
        price = cents(self.bid * 0.9)
        trade = tws.place_order(
            self.stock, LimitOrder("BUY", 100, price, tif="GTC", account=self._owner)
        )
        await tws.until(trade, "Submitted", timeout=self._timeout)
        self._tell.fact(f"order {trade.orderId} BUY 100 at {price}: {trade.status}")
        better = cents(self.bid * 0.91)
        tws.modify_order(trade, lmtPrice=better)
        await tws.changed(trade, timeout=self._timeout, lmtPrice=better)
        self._tell.fact(f"now at {trade.order.lmtPrice}, permanent id {trade.permId}")
        tws.cancel_order(trade)
        await tws.until(trade, "Cancelled", timeout=self._timeout)
        self._tell.fact(f"{trade.status}: {' → '.join(trade.history)}")

    async def _market_order(self, tws: Tws) -> None:
        trade = tws.place_order(Stock("SPY"), MarketOrder("BUY", 100, account=self._owner))
        await tws.until(trade, "Filled", timeout=self._timeout * 3, charged=True)
        self.last_order_id = trade.orderId
        for fill in trade.fills.values():
            report = fill.report
            assert report is not None
            self._tell.fact(
                f"{fill.execution.side} {fill.execution.shares} at {fill.execution.price} on "
                f"{fill.execution.exchange}, {fill.execution.execId}, "
                f"commission {report.commissionAndFees} {report.currency}"
            )

    async def _account(self, tws: Tws) -> None:
        positions = await tws.positions(timeout=self._timeout)
        held = {row.contract.symbol: row for row in positions}
        must("SPY" in held, "the fill is not in the positions")
        self._tell.fact(f"position SPY {held['SPY'].position} at {held['SPY'].avgCost}")
        account = await tws.account(self._owner, timeout=self._timeout)
        row = next((r for r in account.portfolio if r.contract.symbol == "SPY"), None)
        must(row is not None, "the fill is not in the portfolio")
        assert row is not None
        self._tell.fact(
            f"portfolio SPY {row.position}, worth {row.marketValue}, unrealised "
            f"{row.unrealizedPNL}; {len(account.values)} account values at {account.time}"
        )
        tags = "NetLiquidation,TotalCashValue,BuyingPower"
        summary = await tws.account_summary(tags, timeout=self._timeout)
        self._tell.fact(", ".join(f"{tag} {value}" for (_, tag), value in summary.items()))

    async def _orders(self, tws: Tws) -> None:
        open_orders = await tws.open_orders(timeout=self._timeout)
        self._tell.fact(f"{len(open_orders)} working orders")
        if tws.report.serverVersion >= COMPLETED_ORDERS:
            completed = await tws.completed_orders(timeout=self._timeout)
            must(len(completed) >= 2, f"{len(completed)} completed orders")
            last = completed[-1].orderState
            self._tell.fact(f"{len(completed)} completed, the last {last.completedStatus!r}")
        fills = await tws.executions(
            ExecutionFilter(clientId=self._address[2]), timeout=self._timeout
        )
        must(len(fills) >= 1, "no executions")
        self._tell.fact(f"{len(fills)} executions, the last {fills[-1].execution.execId}")

    async def _stay(self, tws: Tws) -> None:
        order = LimitOrder("BUY", 10, cents(self.bid * 0.85), tif="GTC", account=self._owner)
        trade = tws.place_order(self.stock, order)
        await tws.until(trade, "Submitted", timeout=self._timeout)
        self.last_order_id = trade.orderId
        self._tell.fact(f"order {trade.orderId} works on; now we disconnect")

    async def _second_session(self, tws: Tws) -> None:
        next_id = tws.report.nextValidId or 0
        must(next_id > self.last_order_id, f"next id {next_id} after {self.last_order_id}")
        await tws.open_orders(timeout=self._timeout)
        trade = next((t for t in tws.trades if t.orderId == self.last_order_id), None)
        must(trade is not None, f"order {self.last_order_id} is not reported")
        assert trade is not None
        self._tell.fact(f"order {trade.orderId} is here again: {trade.status}")
        tws.cancel_order(trade)
        await tws.until(trade, "Cancelled", timeout=self._timeout)
        self._tell.fact(f"and cancelled: {trade.status}")


def cents(price: float) -> float:
    """A price rounded down to whole cents."""
    return math.floor(price * 100) / 100


def complete(quote: QuoteStream) -> bool:
    """Whether all default figures of a quote have arrived."""
    figures = (
        quote.bid, quote.bidSize, quote.ask, quote.askSize, quote.last, quote.lastSize,
        quote.volume, quote.high, quote.low, quote.close, quote.open,
    )  # fmt: skip
    return all(figure is not None for figure in figures)


def shown(quote: QuoteStream) -> str:
    """A quote in one line."""
    return (
        f"{quote.bidSize} x {quote.bid} / {quote.ask} x {quote.askSize}, last {quote.last} "
        f"({quote.lastSize}), high {quote.high}, low {quote.low}, open {quote.open}, "
        f"close {quote.close}, volume {quote.volume}"
    )
