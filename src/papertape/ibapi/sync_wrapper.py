"""TWSSyncWrapper: requests that wait for their answer, with the official interface.

A separate thread processes messages; every method may be called from any other thread. A wait ends
with the answer, with ``RequestFailed`` as soon as the server refuses the request, or with
``ResponseTimeout``. The first is a subclass of the second, the only one the official wrapper has.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ..codes import lookup
from .account_summary_tags import AccountSummaryTags
from .client import EClient
from .common import BarData, OrderId, TickerId
from .contract import Contract, ContractDetails
from .execution import Execution, ExecutionFilter
from .order import Order
from .order_cancel import OrderCancel
from .order_state import OrderState
from .reader import Answer, Thread, spawn
from .ticktype import TickTypeEnum
from .wrapper import EWrapper

__all__ = [
    "AccountSummaryTags",
    "BarData",
    "Contract",
    "ContractDetails",
    "Decimal",
    "EClient",
    "EWrapper",
    "Execution",
    "ExecutionFilter",
    "Order",
    "OrderCancel",
    "OrderId",
    "OrderState",
    "RequestFailed",
    "ResponseTimeout",
    "TWSSyncWrapper",
    "TickTypeEnum",
    "TickerId",
]

SESSION = 0
"""The key of answers without a request id."""


class ResponseTimeout(Exception):
    """No answer arrived in time."""


class RequestFailed(ResponseTimeout):
    """The server refused the request; ``code`` and ``text`` say why."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class TWSSyncWrapper(EWrapper, EClient):
    """A connection whose methods return answers. ``timeout`` is the default one, in seconds."""

    def __init__(self, timeout: float = 30) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.patience = timeout
        self.next_valid_id_value: int | None = None
        self._answers: dict[tuple[str, int], Answer] = {}
        self._thread: Thread | None = None

    # ------------------------------------------------------------ connecting

    def connect_and_start(self, host: str, port: int, client_id: int) -> bool:
        """Connect and process messages on a thread; return whether the server is ready."""
        ready = self._expect("nextValidId", SESSION)
        self.connect(host, port, client_id)
        if not self.isConnected():
            return False
        self._thread = spawn(self.run, "papertape-sync")
        try:
            self._await(ready, "nextValidId", SESSION, None)
        except ResponseTimeout:
            return False
        return True

    def disconnect_and_stop(self) -> None:
        """Disconnect and wait until the thread has ended."""
        self.disconnect()
        if self._thread is not None:
            self._thread.join(self.patience)
            self._thread = None

    # ------------------------------------------------------------ waiting

    def _expect(self, kind: str, about: int) -> Answer:
        made = self._answers[kind, about] = Answer()
        return made

    def _await(self, answer: Answer, kind: str, about: int, timeout: float | None) -> list[Any]:
        seconds = self.patience if timeout is None else timeout
        came = answer.wait(seconds)
        self._answers.pop((kind, about), None)
        if answer.error is not None:
            raise answer.error
        if not came:
            raise ResponseTimeout(
                f"No response received for {kind} request {about} within {seconds:g} seconds"
            )
        return answer.items

    def _ask(
        self, kind: str, about: int, send: Callable[[], None], timeout: float | None
    ) -> list[Any]:
        answer = self._expect(kind, about)
        send()
        if not self.isConnected():
            answer.error = RequestFailed(504, "Not connected")
            answer.done()
        return self._await(answer, kind, about, timeout)

    def _add(self, kind: str, about: int, item: Any, *, last: bool = False) -> None:
        answer = self._answers.get((kind, about))
        if answer is not None:
            answer.items.append(item)
            if last:
                answer.done()

    def _end(self, kind: str, about: int) -> None:
        answer = self._answers.get((kind, about))
        if answer is not None:
            answer.done()

    # ------------------------------------------------------------ questions

    def get_next_valid_id(self, timeout: float | None = None) -> int:
        """Request and return the next valid order id."""
        return int(self._ask("nextValidId", SESSION, lambda: self.reqIds(-1), timeout)[-1])

    def get_current_time(self, timeout: float | None = 1) -> int:
        """Return the server's time in seconds since the epoch."""
        return int(self._ask("currentTime", SESSION, self.reqCurrentTime, timeout)[-1])

    def get_contract_details(
        self, contract: Contract, timeout: float | None = 5
    ) -> list[ContractDetails]:
        """Return all contracts that match the description."""
        about = self.get_next_valid_id()
        ask = lambda: self.reqContractDetails(about, contract)  # noqa: E731
        return self._ask("contractDetails", about, ask, timeout)

    def place_order_sync(
        self, contract: Contract, order: Order, timeout: float | None = None
    ) -> dict[str, Any]:
        """Place an order and return its first status."""
        about = order.orderId or self.get_next_valid_id()
        place = lambda: self.placeOrder(about, contract, order)  # noqa: E731
        found: dict[str, Any] = self._ask("orderStatus", about, place, timeout)[-1]
        return found

    def cancel_order_sync(
        self, order_id: int, orderCancel: OrderCancel | None = None, timeout: float | None = 3
    ) -> dict[str, Any]:
        """Cancel an order and return the status that follows."""
        cancel = lambda: self.cancelOrder(order_id, orderCancel or OrderCancel())  # noqa: E731
        found: dict[str, Any] = self._ask("orderStatus", order_id, cancel, timeout)[-1]
        return found

    def get_open_orders(self, timeout: float | None = 3) -> dict[int, dict[str, Any]]:
        """Return the working orders of this client, by order id."""
        items = self._ask("openOrder", SESSION, self.reqOpenOrders, timeout)
        return {item["orderId"]: item for item in items}

    def get_executions(
        self, exec_filter: ExecutionFilter | None = None, timeout: float | None = 10
    ) -> list[dict[str, Any]]:
        """Return the executions that match the filter."""
        about = self.get_next_valid_id()
        ask = lambda: self.reqExecutions(about, exec_filter or ExecutionFilter())  # noqa: E731
        return self._ask("execDetails", about, ask, timeout)

    def get_portfolio(
        self, account_code: str = "", timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """Return the portfolio of an account."""
        ask = lambda: self.reqAccountUpdates(True, account_code)  # noqa: E731
        try:
            return self._ask("updatePortfolio", SESSION, ask, timeout)
        finally:
            self.reqAccountUpdates(False, account_code)

    def get_positions(self, timeout: float | None = 10) -> dict[str, list[dict[str, Any]]]:
        """Return the positions, by account."""
        try:
            items = self._ask("position", SESSION, self.reqPositions, timeout)
        finally:
            self.cancelPositions()
        found: dict[str, list[dict[str, Any]]] = {}
        for account, item in items:
            found.setdefault(account, []).append(item)
        return found

    def get_account_summary(
        self, tags: str, group: str = "All", timeout: float | None = 5
    ) -> dict[str, dict[str, dict[str, str]]]:
        """Return the requested tags, by account."""
        about = self.get_next_valid_id()
        ask = lambda: self.reqAccountSummary(about, group, tags)  # noqa: E731
        try:
            items = self._ask("accountSummary", about, ask, timeout)
        finally:
            self.cancelAccountSummary(about)
        found: dict[str, dict[str, dict[str, str]]] = {}
        for account, tag, value, currency in items:
            found.setdefault(account, {})[tag] = {"value": value, "currency": currency}
        return found

    def get_market_data_snapshot(
        self,
        contract: Contract,
        generic_tick_list: str = "",
        snapshot: bool = True,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """The last value of each tick, by the tick's name."""
        about = self.get_next_valid_id()
        ask = lambda: self.reqMktData(  # noqa: E731
            about, contract, generic_tick_list, snapshot, False, []
        )
        return dict(self._ask("tick", about, ask, timeout))

    def get_historical_data(
        self,
        contract: Contract,
        end_date_time: str,
        duration_str: str,
        bar_size_setting: str,
        what_to_show: str,
        use_rth: bool = True,
        format_date: int = 1,
        timeout: float | None = 30,
    ) -> list[BarData]:
        """Return the bars of a history query."""
        about = self.get_next_valid_id()
        ask = lambda: self.reqHistoricalData(  # noqa: E731
            about, contract, end_date_time, duration_str, bar_size_setting, what_to_show,
            int(use_rth), format_date, False, [],
        )  # fmt: skip
        return self._ask("historicalData", about, ask, timeout)

    # ------------------------------------------------------------ callbacks

    def error(
        self,
        reqId: int,
        errorTime: int,
        errorCode: int,
        errorString: str,
        advancedOrderRejectJson: str = "",
    ) -> None:
        """An error that is about a request ends its wait."""
        super().error(reqId, errorTime, errorCode, errorString, advancedOrderRejectJson)
        if lookup(errorCode).severity != "error":
            return
        for (_, about), answer in list(self._answers.items()):
            if about == reqId:
                answer.error = RequestFailed(errorCode, errorString)
                answer.done()

    def connectionClosed(self) -> None:
        """No answer can come any more."""
        for answer in list(self._answers.values()):
            answer.error = answer.error or RequestFailed(-1, "the connection has ended")
            answer.done()

    def nextValidId(self, orderId: int) -> None:
        """The next valid order id."""
        self.next_valid_id_value = orderId
        self._add("nextValidId", SESSION, orderId, last=True)

    def currentTime(self, time_value: int) -> None:
        """The server's time."""
        self._add("currentTime", SESSION, time_value, last=True)

    def contractDetails(self, reqId: int, contractDetails: ContractDetails) -> None:
        """One contract that fits."""
        self._add("contractDetails", reqId, contractDetails)

    def contractDetailsEnd(self, reqId: int) -> None:
        """No more contracts fit."""
        self._end("contractDetails", reqId)

    def orderStatus(
        self,
        orderId: int,
        status: str,
        filled: Decimal,
        remaining: Decimal,
        avgFillPrice: float,
        permId: int,
        parentId: int,
        lastFillPrice: float,
        clientId: int,
        whyHeld: str,
        mktCapPrice: float,
    ) -> None:
        """The state of an order."""
        facts = {name: value for name, value in vars().items() if name not in ("self", "__class__")}
        self._add("orderStatus", orderId, facts, last=True)

    def openOrder(
        self, orderId: int, contract: Contract, order: Order, orderState: OrderState
    ) -> None:
        """A working order."""
        facts = {"orderId": orderId, "contract": contract, "order": order, "orderState": orderState}
        self._add("openOrder", SESSION, facts)

    def openOrderEnd(self) -> None:
        """No more working orders."""
        self._end("openOrder", SESSION)

    def execDetails(self, reqId: int, contract: Contract, execution: Execution) -> None:
        """An execution."""
        self._add("execDetails", reqId, {"contract": contract, "execution": execution})

    def execDetailsEnd(self, reqId: int) -> None:
        """No more executions."""
        self._end("execDetails", reqId)

    def updatePortfolio(
        self,
        contract: Contract,
        position: Decimal,
        marketPrice: float,
        marketValue: float,
        averageCost: float,
        unrealizedPNL: float,
        realizedPNL: float,
        accountName: str,
    ) -> None:
        """A position at its market value."""
        facts = {name: value for name, value in vars().items() if name not in ("self", "__class__")}
        self._add("updatePortfolio", SESSION, facts)

    def accountDownloadEnd(self, accountName: str) -> None:
        """The portfolio is complete."""
        self._end("updatePortfolio", SESSION)

    def position(self, account: str, contract: Contract, position: Decimal, avgCost: float) -> None:
        """What an account holds of one contract."""
        facts = {"contract": contract, "position": position, "avgCost": avgCost}
        self._add("position", SESSION, (account, facts))

    def positionEnd(self) -> None:
        """The positions are complete."""
        self._end("position", SESSION)

    def accountSummary(self, reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        """One tag of a summary."""
        self._add("accountSummary", reqId, (account, tag, value, currency))

    def accountSummaryEnd(self, reqId: int) -> None:
        """The summary is complete."""
        self._end("accountSummary", reqId)

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        """A price of a snapshot."""
        self._add("tick", reqId, (TickTypeEnum.toStr(tickType), price))

    def tickSize(self, reqId: int, tickType: int, size: Decimal) -> None:
        """A size of a snapshot."""
        self._add("tick", reqId, (TickTypeEnum.toStr(tickType), size))

    def tickString(self, reqId: int, tickType: int, value: str) -> None:
        """A text of a snapshot."""
        self._add("tick", reqId, (TickTypeEnum.toStr(tickType), value))

    def tickGeneric(self, reqId: int, tickType: int, value: float) -> None:
        """A number of a snapshot."""
        self._add("tick", reqId, (TickTypeEnum.toStr(tickType), value))

    def tickNews(
        self,
        reqId: int,
        timeStamp: int,
        providerCode: str,
        articleId: str,
        headline: str,
        extraData: str,
    ) -> None:
        """A headline of a snapshot."""
        self._add("tick", reqId, ("NEWS_TICK", headline))

    def tickOptionComputation(
        self,
        reqId: int,
        tickType: int,
        tickAttrib: int,
        impliedVol: float | None,
        delta: float | None,
        optPrice: float | None,
        pvDividend: float | None,
        gamma: float | None,
        vega: float | None,
        theta: float | None,
        undPrice: float | None,
    ) -> None:
        """The figures of an option in a snapshot."""
        facts = {name: value for name, value in vars().items() if name not in ("self", "__class__")}
        self._add("tick", reqId, (TickTypeEnum.toStr(tickType), facts))

    def tickSnapshotEnd(self, reqId: int) -> None:
        """The snapshot is complete."""
        self._end("tick", reqId)

    def historicalData(self, reqId: int, bar: BarData) -> None:
        """A bar."""
        self._add("historicalData", reqId, bar)

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        """The bars are complete."""
        self._end("historicalData", reqId)
