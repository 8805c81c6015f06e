"""Drives ib_async or ib_insync through the journey, by the API that their users write against.

    python async_peer.py --module ib_async --port 7497 --client-id 1

The library's own wrapper and client are tapped for the trace, below what the natural calls show.
One coroutine is one step; a failure names the step it happened in.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import tracing
from tracing import Event, Failed, Trace, need

# Public methods of their Wrapper that are not callbacks of the protocol.
NOT_CALLBACKS = frozenset(
    {"dict", "endSubscription", "endTicker", "nonDefaults", "orderKey", "reset", "setEventsDone"}
    | {"setTimeout", "startReq", "startSubscription", "startTicker", "tuple", "update"}
    | {"tcpDataArrived", "tcpDataProcessed"}
)
QUOTE_FIELDS = ("bid", "ask", "last", "bidSize", "askSize", "lastSize")
QUOTE_FIELDS += ("volume", "high", "low", "close", "open")


class Library:
    """The peer's module with its wrapper and client classes tapped."""

    def __init__(self, name: str, max_version: int | None, trace: Trace) -> None:
        self.api = importlib.import_module(name)
        wrapper = importlib.import_module(f"{name}.wrapper").Wrapper
        client = importlib.import_module(f"{name}.client").Client
        if max_version is not None:
            client.MaxClientVersion = max_version
        names = [n for n in dir(wrapper) if not n.startswith("_") and n not in NOT_CALLBACKS]
        tap(wrapper, [n for n in names if callable(getattr(wrapper, n))], trace.received)
        requests = [n for n in dir(client) if n.startswith(("req", "cancel", "place"))]
        tap(client, requests, trace.sent)


def tap(kind: type, names: list[str], tell: Callable[[str, dict[str, Any]], None]) -> None:
    """Let each method tell the trace of its call before it runs; nested calls stay untold."""
    depth = 0

    def tapped(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(*args: Any, **kwargs: Any) -> Any:
            nonlocal depth
            if not depth:
                tell(name, tracing.bind(original, args, kwargs))
            depth += 1
            try:
                return original(*args, **kwargs)
            finally:
                depth -= 1

        return method

    for name in names:
        original = getattr(kind, name)
        if inspect.isfunction(original):
            setattr(kind, name, tapped(name, original))


class Journey:
    """The steps, in order; what one finds out is kept for the next."""

    def __init__(self, library: Library, trace: Trace, options: Any) -> None:
        self.api = library.api
        self.trace = trace
        self.options = options
        self.found = SimpleNamespace(last_order=0)

    # ------------------------------------------------------------------ waiting

    async def get(self, what: str, answer: Awaitable[Any], *, deadline: float = 0) -> Any:
        """Return what a natural call returns, within the deadline."""
        limit = deadline or self.options.deadline
        try:
            return await asyncio.wait_for(answer, limit)
        except TimeoutError:
            raise Failed(f"no {what} within {limit:g} s", waiting_for=what) from None
        except ConnectionError as lost:
            raise Failed(f"{lost} while waiting for {what}", waiting_for=what) from lost

    async def until(self, what: str, holds: Callable[[], Any]) -> None:
        """Wait until a condition holds; it is looked at after every network packet."""
        end = time.monotonic() + self.options.deadline
        while not holds():
            need(self.ib.isConnected(), f"connection closed while waiting for {what}")
            left = end - time.monotonic()
            need(left > 0, f"no {what} within {self.options.deadline:g} s", waiting_for=what)
            self.packet.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.packet.wait(), left)

    def since(self, mark: int) -> list[Event]:
        return self.trace.events[mark:]

    def error(self, code: int, about: int, mark: int) -> bool:
        return any(e.name == "error" and e.args[:2] == (about, code) for e in self.since(mark))

    async def fence(self) -> None:
        await self.get("currentTime", self.ib.reqCurrentTimeAsync())

    # ------------------------------------------------------------------ the connection

    async def connect(self) -> None:
        self.ib = self.api.IB()
        self.began = len(self.trace.events)
        client = self.options.client_id
        self.packet = asyncio.Event()
        self.ib.updateEvent += lambda *_: self.packet.set()
        self.trace.connecting(client, self.options.max_version)
        host, port, limit = self.options.host, self.options.port, self.options.deadline
        # What is missing of the answers that the library asks for at connect, it only logs;
        # those lines fail the comparison. An exception means that the handshake did not end.
        answer = self.ib.connectAsync(host, port, clientId=client, timeout=limit)
        try:
            await answer
        except (TimeoutError, OSError) as error:
            name = type(error).__name__
            raise Failed(f"not connected: {name}: {error}", waiting_for="connection") from error
        self.trace.connected(self.ib.client.serverVersion())
        need(self.ib.managedAccounts(), "no managed accounts")
        self.found.account = self.ib.managedAccounts()[0]
        ids = [e.args[0] for e in self.since(self.began) if e.name == "nextValidId"]
        need(ids and ids[0] > 0, "no positive next valid id", ids=ids)
        self.found.next_order = ids[0]

    async def farm_notices(self) -> None:
        for code in tracing.FARM_NOTICES:
            await self.until(f"notice {code}", functools.partial(self.error, code, -1, self.began))

    async def current_time(self) -> None:
        await self.fence()

    # ------------------------------------------------------------------ contracts

    async def details(self, contract: Any) -> list[Any]:
        answer = self.ib.reqContractDetailsAsync(contract)
        return await self.get("contractDetailsEnd", answer)

    def stock(self, symbol: str) -> Any:
        return self.api.Stock(symbol, "SMART", "USD")

    async def contract_by_symbol(self) -> None:
        rows = await self.details(self.stock("AAPL"))
        need(len(rows) == 1, f"{len(rows)} rows for one stock")
        contract = rows[0].contract
        need(contract.conId == tracing.AAPL_ID, "wrong conId", conId=contract.conId)
        need(rows[0].minTick > 0 and rows[0].longName, "details without minTick or longName")

    async def contract_by_id(self) -> None:
        rows = await self.details(self.api.Contract(conId=tracing.AAPL_ID))
        need([row.contract.symbol for row in rows] == ["AAPL"], "the conId is not one AAPL")

    async def unknown_contract(self) -> None:
        mark = len(self.trace.events)
        rows = await self.details(self.stock(tracing.UNKNOWN))
        need(rows == [], "an unknown symbol has details")
        codes = [e.args[1] for e in self.since(mark) if e.name == "error"]
        need(codes == [200], "error 200 did not come, or not alone", codes=codes)

    async def ambiguous_contract(self) -> None:
        rows = await self.details(self.api.Contract(symbol="AAPL", secType="STK"))
        need(len(rows) > 1, f"{len(rows)} rows without exchange and currency")
        need({row.contract.symbol for row in rows} == {"AAPL"}, "rows of another symbol")

    async def qualify(self) -> None:
        """Let the library fill in the conIds: ib_async takes no ticker without one."""
        self.stocks = {symbol: self.stock(symbol) for symbol in (*tracing.QUOTED, "MSFT", "IBM")}
        answer = self.ib.qualifyContractsAsync(*self.stocks.values())
        done = await self.get("contractDetailsEnd", answer)
        need(len(done) == len(self.stocks), "a contract could not be qualified")
        bare = [symbol for symbol, contract in self.stocks.items() if not contract.conId]
        need(not bare, "contracts without a conId", symbols=bare)

    # ------------------------------------------------------------------ market data

    async def quotes(self) -> None:
        mark = len(self.trace.events)
        contracts = [self.stocks[symbol] for symbol in tracing.QUOTED]
        tickers = [self.ib.reqMktData(contract) for contract in contracts]
        for ticker in tickers:
            symbol = ticker.contract.symbol
            try:
                await self.until(f"ticks of {symbol}", functools.partial(complete, ticker))
            except Failed as failure:
                failure.facts["missing_fields"] = missing(ticker)
                raise
        ids = self._ticker_ids(mark)
        for ident, symbol in zip(ids, tracing.QUOTED):
            tracing.check_quote(self.since(mark), ident, symbol)
        self.found.bid = {t.contract.symbol: float(t.bid) for t in tickers}
        for contract in contracts:
            self.ib.cancelMktData(contract)
        await self.fence()
        self.trace.quiet(*ids)

    def _ticker_ids(self, mark: int) -> list[int]:
        """Return the request ids of the tickers, in the order of their first callbacks."""
        seen = [e.args[0] for e in self.since(mark) if e.name == "tickReqParams"]
        ids = sorted(set(seen))  # ids rise in the order of the requests
        need(len(ids) == len(tracing.QUOTED), "a ticker without tickReqParams", ids=ids)
        return ids

    async def snapshot(self) -> None:
        mark = len(self.trace.events)
        # A real server takes up to eleven seconds to end a snapshot.
        limit = max(15.0, self.options.deadline)
        answer = self.ib.reqTickersAsync(self.stocks["MSFT"])
        tickers = await self.get("tickSnapshotEnd", answer, deadline=limit)
        ends = [e.args[0] for e in self.since(mark) if e.name == "tickSnapshotEnd"]
        need(len(ends) == 1, "no tickSnapshotEnd", ends=ends)
        need(tickers[0].bid > 0 and tickers[0].ask > 0, "a snapshot without bid and ask")
        tracing.check_quote(self.since(mark), ends[0], "MSFT", headed=False)
        self.trace.quiet(*ends)

    async def history(self) -> None:
        await self.bars(1)

    async def history_epoch(self) -> None:
        await self.bars(2)

    async def bars(self, format_date: int) -> None:
        mark = len(self.trace.events)
        answer = self.ib.reqHistoricalDataAsync(
            self.stocks["IBM"], "", "1 D", "1 min", "TRADES", True, format_date
        )
        bars = await self.get("historicalDataEnd", answer)
        raw = [e.shown["bar"] for e in self.since(mark) if e.name == "historicalData"]
        need(len(raw) == len(bars), f"{len(bars)} of {len(raw)} bars reached the program")
        tracing.check_bars([bar["date"] for bar in raw], format_date)
        dates = [bar.date for bar in bars]
        need(dates == sorted(set(dates)), "bars are not in rising order")
        sound = all(bar.low <= min(bar.open, bar.close) <= bar.high for bar in bars)
        need(sound, "a bar's low is above its open or close")

    # ------------------------------------------------------------------ orders

    def limit_price(self, share: str) -> float:
        return tracing.cents_below(self.found.bid["AAPL"], share)

    def place(self, contract: Any, order: Any) -> Any:
        trade = self.ib.placeOrder(contract, order)
        self.found.last_order = max(self.found.last_order, trade.order.orderId)
        return trade

    async def resting(self, trade: Any, price: float, mark: int) -> None:
        """Wait until the server shows the order working at a price."""
        ident = trade.order.orderId

        def shown() -> bool:
            at = [
                number
                for number, e in enumerate(self.since(mark))
                if e.name == "openOrder"
                and e.args[0] == ident
                and e.shown["order"].get("lmtPrice") == price
            ]
            after = self.since(mark)[at[0] :] if at else []
            return any(
                e.name == "orderStatus" and e.args[0] == ident and e.args[1] in tracing.WORKING
                for e in after
            )

        def settled() -> bool:
            need(not trade.isDone(), f"the order is {trade.orderStatus.status}", log=log_of(trade))
            return shown()

        await self.until(f"openOrder at {price} and orderStatus working", settled)
        need(trade.orderStatus.status in tracing.WORKING, "the Trade is not shown working")
        need(trade.orderStatus.permId > 0, "a working order without permId")

    async def limit_order(self, share: str) -> Any:
        mark = len(self.trace.events)
        price = self.limit_price(share)
        order = self.api.LimitOrder("BUY", 100, price, tif="GTC")
        trade = self.place(self.stocks["AAPL"], order)
        await self.resting(trade, price, mark)
        return trade

    async def rest_order(self) -> None:
        self.found.resting = await self.limit_order("0.90")

    async def modify_order(self) -> None:
        trade = self.found.resting
        before, mark = trade.orderStatus.permId, len(self.trace.events)
        trade.order.lmtPrice = self.limit_price("0.91")
        price = trade.order.lmtPrice
        self.place(trade.contract, trade.order)
        await self.resting(trade, price, mark)
        need(trade.orderStatus.permId == before, "the permId changed with the price")

    async def cancel_order(self) -> None:
        await self.cancel(self.found.resting)

    async def cancel(self, trade: Any) -> None:
        ident, mark = trade.order.orderId, len(self.trace.events)
        self.ib.cancelOrder(trade.order)
        await self.until("orderStatus Cancelled", lambda: trade.orderStatus.status == "Cancelled")
        await self.until("error 202", lambda: self.error(202, ident, mark))

    async def market_order(self) -> None:
        order = self.api.MarketOrder("BUY", 100, tif="DAY")
        trade = self.place(self.stocks["SPY"], order)

        def reported() -> bool:
            done = trade.isDone()
            status = trade.orderStatus.status
            need(not done or status == "Filled", f"the order is {status}", log=log_of(trade))
            fills = trade.fills
            return done and fills and all(fill.commissionReport.execId for fill in fills)

        await self.until("orderStatus Filled and every commission", reported)
        need(trade.filled() == 100 and trade.remaining() == 0, "Filled without all shares filled")
        need(sum(f.execution.shares for f in trade.fills) == 100, "fills do not add up to 100")
        self.found.market = trade

    # ------------------------------------------------------------------ the account

    async def positions(self) -> None:
        rows = await self.get("positionEnd", self.ib.reqPositionsAsync())
        spy = shares(rows, "SPY")
        need(spy and spy[-1] >= 100, "the fill is not in the positions", spy=repr(spy))
        live = shares(self.ib.positions(), "SPY")
        need(live and live[-1] >= 100, "positions() does not hold the fill", spy=repr(live))

    async def account_updates(self) -> None:
        account = self.found.account
        await self.get("accountDownloadEnd", self.ib.reqAccountUpdatesAsync(account))
        held = [item.contract.symbol for item in self.ib.portfolio()]
        need("SPY" in held, "the fill is not in the portfolio", held=held)
        missing_ = set(tracing.SUMMARY_TAGS) - {value.tag for value in self.ib.accountValues()}
        need(not missing_, "account values are missing", missing=sorted(missing_))

    async def account_summary(self) -> None:
        rows = await self.get("accountSummaryEnd", self.ib.accountSummaryAsync())
        missing_ = set(tracing.SUMMARY_TAGS) - {row.tag for row in rows}
        need(not missing_, "summary tags are missing", missing=sorted(missing_))

    async def leave_working(self) -> None:
        self.found.left = await self.limit_order("0.90")

    async def open_orders(self) -> None:
        left = self.found.left.order.orderId
        for name in ("reqOpenOrders", "reqAllOpenOrders"):
            trades = await self.get("openOrderEnd", getattr(self.ib, f"{name}Async")())
            shown = [trade.order.orderId for trade in trades]
            need(left in shown, f"{name} does not show the working order", shown=shown)

    async def completed_orders(self) -> None:
        trades = await self.get("completedOrdersEnd", self.ib.reqCompletedOrdersAsync(False))
        status = {trade.order.permId: trade.orderStatus.status for trade in trades}
        wanted = (self.found.resting, self.found.market)
        want = {trade.orderStatus.permId: trade.orderStatus.status for trade in wanted}
        got = {perm_id: status.get(perm_id) for perm_id in want}
        need(got == want, "completed orders are missing", want=want, got=got)

    async def executions(self) -> None:
        fills = await self.get("execDetailsEnd", self.ib.reqExecutionsAsync())
        own = {fill.execution.execId for fill in self.found.market.fills}
        shown = {fill.execution.execId for fill in fills}
        need(own <= shown, "an execution is missing", shown=sorted(shown))

    # ------------------------------------------------------------------ leaving and returning

    async def disconnect(self) -> None:
        await self.fence()
        self.ib.disconnect()
        need(not self.ib.isConnected(), "connected after disconnect()")

    async def reconnect(self) -> None:
        used = self.found.last_order
        await self.connect()
        need(self.found.next_order > used, "the next valid id was used before", used=used)

    async def working_order_reported(self) -> None:
        ident = self.found.left.order.orderId
        trades = [trade for trade in self.ib.openTrades() if trade.order.orderId == ident]
        need(trades, "openTrades() does not hold the working order")
        need(trades[0].orderStatus.status in tracing.WORKING, "the working order is not working")
        self.found.left = trades[0]

    async def cancel_working_order(self) -> None:
        await self.cancel(self.found.left)


def shares(positions: list[Any], symbol: str) -> list[float]:
    """The station is shared: other journeys may hold options on the same stock."""
    stocks = [row for row in positions if row.contract.secType == "STK"]
    return [row.position for row in stocks if row.contract.symbol == symbol]


def missing(ticker: Any) -> list[str]:
    """Return the fields of the ticker that have no value yet."""
    values = {name: getattr(ticker, name) for name in QUOTE_FIELDS}
    return [name for name, value in values.items() if value != value]


def complete(ticker: Any) -> bool:
    return not missing(ticker)


def log_of(trade: Any) -> list[str]:
    return [f"{entry.status} {entry.message}".strip() for entry in trade.log]


J = Journey
HELLO = (J.connect, J.farm_notices, J.current_time)
CONTRACTS = (J.contract_by_symbol, J.contract_by_id, J.unknown_contract, J.ambiguous_contract)
MARKET = (J.qualify, J.quotes, J.snapshot, J.history, J.history_epoch)
ORDERS = (J.rest_order, J.modify_order, J.cancel_order, J.market_order)
ACCOUNT = (J.positions, J.account_updates, J.account_summary)
LISTS = (J.leave_working, J.open_orders, J.completed_orders, J.executions)
RETURN = (J.disconnect, J.reconnect, J.working_order_reported, J.cancel_working_order)

JOURNEYS: dict[str, tuple[Callable[[Journey], Awaitable[None]], ...]] = {
    "full": (*HELLO, *CONTRACTS, *MARKET, *ORDERS, *ACCOUNT, *LISTS, *RETURN, J.disconnect),
    "hello": (*HELLO, J.disconnect),
    "contracts": (*HELLO, *CONTRACTS, J.disconnect),
    "market": (*HELLO, *MARKET, J.disconnect),
}


async def travel(options: Any, trace: Trace) -> None:
    journey = Journey(Library(options.module, options.max_version, trace), trace, options)
    for step in JOURNEYS[options.journey]:
        trace.phase(step.__name__)
        await step(journey)


def main() -> int:
    options = tracing.arguments(__doc__.splitlines()[0])
    return tracing.journeys(options, lambda one, trace: asyncio.run(travel(one, trace)))


if __name__ == "__main__":
    status = main()
    os._exit(status)  # nothing the library left behind may hold up the end
