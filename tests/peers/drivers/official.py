"""Drives a client of the official shape (`EClient` and `EWrapper`) through the journey.

    python official.py --module ibapi --port 7497 --client-id 1 --max-version 176 200

Works with ibapi 9.81, 10.50 and 10.51, and with any package of the same shape.
One function is one step; a failure names the step it happened in.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import tracing
from official_peer import COMMISSIONS, Library, Peer, error, named
from tracing import Failed, Trace, need


class Journey:
    """The steps, in order; what one finds out is kept for the next."""

    def __init__(self, library: Library, trace: Trace, options: Any) -> None:
        self.library = library
        self.trace = trace
        self.options = options
        self.request = 1000
        self.found = SimpleNamespace()

    def new_request(self) -> int:
        self.request += 1
        return self.request

    def new_order_id(self) -> int:
        self.found.last_order = self.found.next_order
        self.found.next_order += 1
        return self.found.last_order

    def contract(self, **fields: Any) -> Any:
        return filled(self.library.Contract(), secType="STK", **fields)

    def stock(self, symbol: str) -> Any:
        return self.contract(symbol=symbol, exchange="SMART", currency="USD")

    def order(self, **fields: Any) -> Any:
        # 9.81 asks for two retired attributes by default, which servers refuse.
        order = self.library.Order()
        retired = {n: False for n in ("eTradeOnly", "firmQuoteOnly") if hasattr(order, n)}
        return filled(order, **retired, **fields)

    # ------------------------------------------------------------------ the connection

    def connect(self) -> None:
        self.peer = peer = Peer(self.library, self.trace, self.options)
        client = self.options.client_id
        self.trace.connecting(client, self.options.max_version)
        peer.connect(client)
        accounts = peer.wait("managedAccounts", named("managedAccounts"), since=peer.began)
        first = peer.wait("nextValidId", named("nextValidId"), since=peer.began)
        self.found.account = next(filter(None, accounts.args[0].split(",")))
        self.found.next_order = first.args[0]
        need(self.found.next_order > 0, "the next valid id is not positive")

    def farm_notices(self) -> None:
        for code in tracing.FARM_NOTICES:
            self.peer.wait(f"notice {code}", error(code, -1), since=self.peer.began)

    def current_time(self) -> None:
        self.peer.fence()

    # ------------------------------------------------------------------ contracts

    def details(self, contract: Any) -> list[Any]:
        ident = self.new_request()
        mark = self.peer.call("reqContractDetails", ident, contract)
        self.peer.wait(
            "contractDetailsEnd", named("contractDetailsEnd", ident), since=mark, about=ident
        )
        rows = filter(named("contractDetails", ident), self.peer.since(mark))
        return [event.args[1] for event in rows]

    def contract_by_symbol(self) -> None:
        rows = self.details(self.stock("AAPL"))
        need(len(rows) == 1, f"{len(rows)} rows for one stock")
        contract = rows[0].contract
        need(contract.conId == tracing.AAPL_ID, "wrong conId", conId=contract.conId)
        need(rows[0].minTick > 0 and rows[0].longName, "details without minTick or longName")

    def contract_by_id(self) -> None:
        rows = self.details(filled(self.library.Contract(), conId=tracing.AAPL_ID))
        need([row.contract.symbol for row in rows] == ["AAPL"], "the conId is not one AAPL")

    def unknown_contract(self) -> None:
        ident = self.new_request()
        mark = self.peer.call("reqContractDetails", ident, self.stock(tracing.UNKNOWN))
        self.peer.wait("error 200", error(200, ident), since=mark, about=ident)

    def ambiguous_contract(self) -> None:
        rows = self.details(self.contract(symbol="AAPL"))
        need(len(rows) > 1, f"{len(rows)} rows without exchange and currency")
        need({row.contract.symbol for row in rows} == {"AAPL"}, "rows of another symbol")

    # ------------------------------------------------------------------ market data

    def quotes(self) -> None:
        mark = len(self.trace.events)
        ids = {self.new_request(): symbol for symbol in tracing.QUOTED}
        for ident, symbol in ids.items():
            self.peer.call("reqMktData", ident, self.stock(symbol), "", False, False, [])
        for ident, symbol in ids.items():
            self.wait_ticks(ident, symbol, mark, tracing.QUOTE_TICKS)
            version = self.peer.client.serverVersion()
            tracing.check_quote(self.peer.since(mark), ident, symbol, version=version)
        for ident in ids:
            self.peer.call("cancelMktData", ident)
        self.peer.fence()
        self.trace.quiet(*ids)
        seen = self.peer.since(mark)
        self.found.bid = {s: float(tracing.ticks(seen, i)[1]) for i, s in ids.items()}

    def wait_ticks(self, ident: int, symbol: str, mark: int, wanted: frozenset[int]) -> None:
        def missing() -> frozenset[int]:
            return wanted - set(tracing.ticks(self.peer.since(mark), ident))

        try:
            self.peer.wait_all(f"ticks of {symbol}", lambda: not missing(), since=mark, about=ident)
        except Failed as failure:
            failure.facts["missing_ticks"] = sorted(missing())
            raise

    def snapshot(self) -> None:
        ident = self.new_request()
        mark = self.peer.call("reqMktData", ident, self.stock("MSFT"), "", True, False, [])
        # A real server takes up to eleven seconds to end a snapshot.
        self.peer.wait(
            "tickSnapshotEnd",
            named("tickSnapshotEnd", ident),
            since=mark,
            about=ident,
            deadline=max(15.0, self.options.deadline),
        )
        tracing.check_quote(self.peer.since(mark), ident, "MSFT", headed=False)
        self.trace.quiet(ident)

    def history(self) -> None:
        self.bars(1)

    def history_epoch(self) -> None:
        self.bars(2)

    def bars(self, format_date: int) -> None:
        ident = self.new_request()
        asked = ("", "1 D", "1 min", "TRADES", 1, format_date, False, [])
        mark = self.peer.call("reqHistoricalData", ident, self.stock("IBM"), *asked)
        self.peer.wait(
            "historicalDataEnd", named("historicalDataEnd", ident), since=mark, about=ident
        )
        got = [e.args[1] for e in filter(named("historicalData", ident), self.peer.since(mark))]
        tracing.check_bars([bar.date for bar in got], format_date)
        sound = all(bar.low <= min(bar.open, bar.close) <= bar.high for bar in got)
        need(sound, "a bar's low is above its open or close")

    # ------------------------------------------------------------------ orders

    def place(self, ident: int, contract: Any, order: Any) -> int:
        return self.peer.call("placeOrder", ident, contract, order)

    def resting(self, price: float, ident: int, mark: int) -> None:
        """Wait until an order is shown working at a price."""
        pair = self.peer.wait(
            f"openOrder at {price}",
            lambda e: named("openOrder", ident)(e) and e.args[2].lmtPrice == price,
            since=mark,
            about=ident,
        )
        after = self.trace.events.index(pair)
        self.peer.wait(
            "orderStatus working",
            lambda e: named("orderStatus", ident)(e) and e.args[1] in tracing.WORKING,
            since=after,
            about=ident,
        )
        self.found.perm_id = pair.args[2].permId
        need(self.found.perm_id > 0, "a working order without permId")

    def limit_order(self, share: str, **fields: Any) -> Any:
        price = tracing.cents_below(self.found.bid["AAPL"], share)
        return self.order(
            action="BUY", totalQuantity=100, orderType="LMT", lmtPrice=price, tif="GTC", **fields
        )

    def rest_order(self) -> None:
        self.found.resting = self.new_order_id()
        order = self.limit_order("0.90")
        mark = self.place(self.found.resting, self.stock("AAPL"), order)
        self.resting(order.lmtPrice, self.found.resting, mark)

    def modify_order(self) -> None:
        order = self.limit_order("0.91")
        mark = self.place(self.found.resting, self.stock("AAPL"), order)
        before = self.found.perm_id
        self.resting(order.lmtPrice, self.found.resting, mark)
        need(self.found.perm_id == before, "the permId changed with the price")

    def cancel_order(self) -> None:
        self.cancel(self.found.resting)
        self.found.cancelled_perm_id = self.found.perm_id

    def cancel(self, ident: int) -> None:
        mark = self.peer.call("cancelOrder", ident, *self.library.cancel_arguments())
        self.peer.wait(
            "orderStatus Cancelled",
            lambda e: named("orderStatus", ident)(e) and e.args[1] == "Cancelled",
            since=mark,
        )
        self.peer.wait("error 202", error(202, ident), since=mark)

    def market_order(self) -> None:
        ident = self.new_order_id()
        order = self.order(action="BUY", totalQuantity=100, orderType="MKT", tif="DAY")
        mark = self.place(ident, self.stock("SPY"), order)
        full = self.peer.wait(
            "orderStatus Filled",
            lambda e: named("orderStatus", ident)(e) and e.args[1] == "Filled",
            since=mark,
            about=ident,
        )
        need(full.args[2] == 100 and full.args[3] == 0, "Filled without all shares filled")
        executions = self.own_executions(ident, mark)
        need(sum(float(x.shares) for x in executions) == 100, "executions do not add up to 100")
        for execution in executions:
            self.commission(execution.execId, mark)
        self.found.filled = ident
        self.found.exec_ids = {execution.execId for execution in executions}
        self.found.filled_perm_id = full.args[5]

    def own_executions(self, ident: int, mark: int) -> list[Any]:
        rows = [e.args[2] for e in self.peer.since(mark) if e.name == "execDetails"]
        return [execution for execution in rows if execution.orderId == ident]

    def commission(self, exec_id: str, mark: int) -> None:
        self.peer.wait(
            f"commission of {exec_id}",
            lambda e: e.name in COMMISSIONS and e.args[0].execId == exec_id,
            since=mark,
        )

    # ------------------------------------------------------------------ the account

    def positions(self) -> None:
        mark = self.peer.call("reqPositions")
        self.peer.wait("positionEnd", named("positionEnd"), since=mark)
        held = [e.args for e in self.peer.since(mark) if e.name == "position"]
        spy = [args[2] for args in held if (args[1].symbol, args[1].secType) == ("SPY", "STK")]
        need(spy and spy[-1] >= 100, "the fill is not in the positions", spy=repr(spy))
        self.peer.call("cancelPositions")

    def account_updates(self) -> None:
        account = self.found.account
        mark = self.peer.call("reqAccountUpdates", True, account)
        self.peer.wait("accountDownloadEnd", named("accountDownloadEnd", account), since=mark)
        seen = self.peer.since(mark)
        held = [e.args[0].symbol for e in seen if e.name == "updatePortfolio"]
        need("SPY" in held, "the fill is not in the portfolio", held=held)
        keys = {e.args[0] for e in seen if e.name == "updateAccountValue"}
        missing = set(tracing.SUMMARY_TAGS) - keys
        need(not missing, "account values are missing", missing=sorted(missing))
        self.peer.call("reqAccountUpdates", False, account)

    def account_summary(self) -> None:
        ident = self.new_request()
        tags = ",".join(tracing.SUMMARY_TAGS)
        mark = self.peer.call("reqAccountSummary", ident, "All", tags)
        self.peer.wait(
            "accountSummaryEnd", named("accountSummaryEnd", ident), since=mark, about=ident
        )
        rows = filter(named("accountSummary", ident), self.peer.since(mark))
        missing = set(tracing.SUMMARY_TAGS) - {event.args[2] for event in rows}
        need(not missing, "summary tags are missing", missing=sorted(missing))
        self.peer.call("cancelAccountSummary", ident)

    def leave_working(self) -> None:
        self.found.left = self.new_order_id()
        order = self.limit_order("0.90")
        mark = self.place(self.found.left, self.stock("AAPL"), order)
        self.resting(order.lmtPrice, self.found.left, mark)

    def open_orders(self) -> None:
        for request in ("reqOpenOrders", "reqAllOpenOrders"):
            mark = self.peer.call(request)
            self.peer.wait("openOrderEnd", named("openOrderEnd"), since=mark)
            shown = [e.args[0] for e in self.peer.since(mark) if e.name == "openOrder"]
            need(self.found.left in shown, f"{request} does not show the working order")

    def completed_orders(self) -> None:
        if self.peer.client.serverVersion() < 150:
            return  # the server has no such message yet
        mark = self.peer.call("reqCompletedOrders", False)
        self.peer.wait("completedOrdersEnd", named("completedOrdersEnd"), since=mark)
        rows = [e.args for e in self.peer.since(mark) if e.name == "completedOrder"]
        status = {args[1].permId: args[2].status for args in rows}
        want = {self.found.cancelled_perm_id: "Cancelled", self.found.filled_perm_id: "Filled"}
        got = {perm_id: status.get(perm_id) for perm_id in want}
        need(got == want, "completed orders are missing", want=want, got=got)

    def executions(self) -> None:
        ident = self.new_request()
        mark = self.peer.call("reqExecutions", ident, self.library.ExecutionFilter())
        self.peer.wait("execDetailsEnd", named("execDetailsEnd", ident), since=mark, about=ident)
        rows = filter(named("execDetails", ident), self.peer.since(mark))
        shown = {event.args[2].execId for event in rows}
        need(self.found.exec_ids <= shown, "an execution is missing", shown=sorted(shown))
        for exec_id in self.found.exec_ids:
            self.commission(exec_id, mark)

    # ------------------------------------------------------------------ leaving and returning

    def disconnect(self) -> None:
        self.peer.fence()
        self.peer.client.disconnect()
        self.peer.thread.join(self.options.deadline)
        need(not self.peer.thread.is_alive(), "run() goes on after disconnect()")
        # The socket is only closed once its reader thread leaves recv(), up to a second later;
        # until then a server still sees the client id in use.
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join(self.options.deadline)

    def reconnect(self) -> None:
        used = self.found.last_order
        self.connect()
        need(self.found.next_order > used, "the next valid id was used before", used=used)

    def working_order_reported(self) -> None:
        self.peer.fence()
        shows = named("openOrder", self.found.left)
        unasked = any(map(shows, self.peer.since(self.peer.began)))
        self.trace.note("working order", unsolicited=unasked)
        mark = self.peer.began
        if not unasked:
            mark = self.peer.call("reqOpenOrders")
        self.peer.wait("openOrder of the working order", shows, since=mark)
        self.peer.wait(
            "orderStatus of the working order",
            lambda e: named("orderStatus", self.found.left)(e) and e.args[1] in tracing.WORKING,
            since=mark,
        )

    def cancel_working_order(self) -> None:
        self.cancel(self.found.left)


def filled(record: Any, **fields: Any) -> Any:
    for name, value in fields.items():
        setattr(record, name, value)
    return record


J = Journey
HELLO = (J.connect, J.farm_notices, J.current_time)
CONTRACTS = (J.contract_by_symbol, J.contract_by_id, J.unknown_contract, J.ambiguous_contract)
MARKET = (J.quotes, J.snapshot, J.history, J.history_epoch)
ORDERS = (J.rest_order, J.modify_order, J.cancel_order, J.market_order)
ACCOUNT = (J.positions, J.account_updates, J.account_summary)
LISTS = (J.leave_working, J.open_orders, J.completed_orders, J.executions)
RETURN = (J.disconnect, J.reconnect, J.working_order_reported, J.cancel_working_order)

JOURNEYS: dict[str, tuple[Callable[[Journey], None], ...]] = {
    "full": (*HELLO, *CONTRACTS, *MARKET, *ORDERS, *ACCOUNT, *LISTS, *RETURN, J.disconnect),
    "hello": (*HELLO, J.disconnect),
    "contracts": (*HELLO, *CONTRACTS, J.disconnect),
    "market": (*HELLO, *MARKET, J.disconnect),
}


def travel(options: Any, trace: Trace) -> None:
    journey = Journey(Library(options.module, options.max_version), trace, options)
    for step in JOURNEYS[options.journey]:
        trace.phase(step.__name__)
        step(journey)


def main() -> int:
    return tracing.journeys(tracing.arguments(__doc__.splitlines()[0]), travel)


if __name__ == "__main__":
    status = main()
    os._exit(status)  # a reader thread of the library must not hold up the end
