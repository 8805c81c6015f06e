"""A bot without the seven bugs: it buys 100 SPY with a stop below, holds, and sells; twice.

It believes nothing that it remembers across a connection: it asks for orders and executions, counts
executions by their ids, and looks at how old its price is.
"""

import os
import threading
import time
from typing import Any

from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.execution import ExecutionFilter
from papertape.ibapi.order import Order
from papertape.ibapi.order_cancel import OrderCancel
from papertape.ibapi.wrapper import EWrapper

SIZE = 100
ROUNDS = 2
HOLD_S = 8.0
OLDEST_S = 3.0
LINE, EXECUTIONS = 1000, 2000
AGAIN = ("", "Cancelled", "ApiCancelled", "Inactive")


class Steady(EWrapper, EClient):
    """One connection after the other, one state. Callbacks come on the thread of ``run``."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.lock = threading.RLock()
        self.round = 1
        self.holds_since = 0.0
        self.executed: dict[str, dict[str, float]] = {}  # ref -> execution id -> size
        self.next_request = 0
        self.new_session()

    def new_session(self) -> None:
        self.started = self.link_down = self.lost_line = False
        self.awaits: set[str] = set()
        self.orders: dict[str, tuple[int, str]] = {}  # ref -> order id, status
        self.price, self.price_at, self.asked_at = 0.0, 0.0, 0.0

    # -- what TWS tells -----------------------------------------------------------------------

    def nextValidId(self, orderId: int) -> None:
        with self.lock:
            self.next_id = orderId
            if not self.started:
                self.started = True
                self.ask_price()
                self.ask_state()

    def ask_state(self) -> None:
        """Ask what became of the orders."""
        self.awaits = {"orders", "executions"}
        self.reqOpenOrders()
        self.next_request += 1
        self.reqExecutions(EXECUTIONS + self.next_request, ExecutionFilter())

    def ask_price(self) -> None:
        self.next_request += 1
        self.line = LINE + self.next_request
        self.asked_at, self.lost_line = time.monotonic(), False
        self.reqMktData(self.line, spy(), "", False, False, [])

    def openOrder(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        with self.lock:
            self.next_id = max(self.next_id, orderId + 1)
            known, status = self.orders.get(order.orderRef, (0, ""))
            if orderId > known or (orderId == known and not over(status)):  # not an older one, late
                self.orders[order.orderRef] = (orderId, orderState.status)

    def orderStatus(self, orderId: int, status: str, filled: Any, *more: Any) -> None:
        with self.lock:
            for ref, (known, _) in self.orders.items():
                if known == orderId:
                    self.orders[ref] = (orderId, status)

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        with self.lock:
            mine = self.executed.setdefault(execution.orderRef, {})
            mine[execution.execId] = float(execution.shares)

    def openOrderEnd(self) -> None:
        with self.lock:
            self.awaits.discard("orders")

    def execDetailsEnd(self, reqId: int) -> None:
        with self.lock:
            if reqId == EXECUTIONS + self.next_request or reqId > EXECUTIONS:
                self.awaits.discard("executions")

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        with self.lock:
            if reqId == self.line and tickType in (1, 2) and price > 0:
                self.price, self.price_at = price, time.monotonic()

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str,
              advancedOrderRejectJson: str = "") -> None:  # fmt: skip
        print(f"{reqId}: {errorCode} {errorString}", flush=True)
        with self.lock:
            if errorCode in (1100, 2110):
                self.link_down = True
            elif errorCode in (1101, 1102):
                self.link_down = False
                if errorCode == 1101:
                    self.ask_price()
                self.ask_state()
            elif errorCode == 10197:
                self.lost_line = True
            elif errorCode == 201:
                for ref, (known, _) in self.orders.items():
                    if known == reqId:
                        self.orders[ref] = (known, "Inactive")

    # -- what it does -------------------------------------------------------------------------

    def count(self, kind: str) -> float:
        """How much of an order of this round has been executed."""
        return sum(self.executed.get(f"{kind}-{self.round}", {}).values())

    def status(self, kind: str) -> str:
        return self.orders.get(f"{kind}-{self.round}", (0, ""))[1]

    def position(self) -> float:
        sides = {"buy": 1, "sell": -1, "stop": -1}
        return sum(
            sides[ref.partition("-")[0]] * sum(sizes.values())
            for ref, sizes in self.executed.items()
        )

    def fresh(self) -> bool:
        """Whether the price can be trusted; asks for another line where it cannot."""
        now = time.monotonic()
        if now - self.price_at <= OLDEST_S and not self.lost_line:
            return True
        if now - self.asked_at > OLDEST_S:
            if not self.lost_line:
                self.cancelMktData(self.line)
            self.ask_price()
        return False

    def step(self) -> bool:
        """Do the next thing; False when everything is done."""
        if not self.started or self.awaits or self.link_down or not self.fresh():
            return True
        bought, sold = self.count("buy"), self.count("sell") + self.count("stop")
        if bought and bought == sold:
            if working(self.status("stop")):
                self.cancel("stop")
                return True
            self.round, self.holds_since = self.round + 1, 0.0
            return self.round <= ROUNDS
        if bought < SIZE and (not bought or working(self.status("buy"))):
            self.enter(bought)
        elif not self.holds_since:
            self.holds_since = time.monotonic()
        elif time.monotonic() - self.holds_since > HOLD_S:
            self.leave()
        return True

    def enter(self, bought: float) -> None:
        """Buy, with the stop as a child."""
        status = self.status("buy")
        if working(status) and not self.status("stop") and not bought:
            self.cancel("buy")  # its child was lost with a connection
        elif not bought and status in AGAIN:
            parent = self.next_id
            self.send("buy", "BUY", SIZE, "MKT", transmit=False)
            stop = round(self.price * 0.97, 2)
            self.send("stop", "SELL", SIZE, "STP", auxPrice=stop, parentId=parent)

    def leave(self) -> None:
        """Sell, when the stop is gone for certain."""
        held, status = self.position(), self.status("stop")
        if working(status):
            self.cancel("stop")
        elif held > 0 and status != "Filled" and self.status("sell") in AGAIN:
            self.send("sell", "SELL", held, "MKT")

    def send(self, kind: str, action: str, size: float, orderType: str, **more: Any) -> None:
        order = Order()
        order.action, order.totalQuantity, order.orderType = action, size, orderType
        order.orderRef, order.tif = f"{kind}-{self.round}", "DAY"
        for name, value in more.items():
            setattr(order, name, value)
        self.orders[order.orderRef] = (self.next_id, "Sent")
        self.next_id += 1
        self.placeOrder(self.next_id - 1, spy(), order)

    def cancel(self, kind: str) -> None:
        ref = f"{kind}-{self.round}"
        order_id, status = self.orders[ref]
        if status != "Leaving":
            self.orders[ref] = (order_id, "Leaving")
            self.cancelOrder(order_id, OrderCancel())


def over(status: str) -> bool:
    return status in ("Filled", "Cancelled", "ApiCancelled", "Inactive")


def working(status: str) -> bool:
    return bool(status) and not over(status)


def spy() -> Contract:
    contract = Contract()
    contract.symbol, contract.secType = "SPY", "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    return contract


def main(bot: Steady) -> None:
    """Connect again and again until everything is done."""
    host, port = os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"])
    goes_on = True
    while goes_on:
        with bot.lock:
            bot.new_session()
        bot.connect(host, port, 1)
        reader = threading.Thread(target=bot.run, daemon=True)
        reader.start()
        while goes_on and bot.isConnected():
            time.sleep(0.25)
            with bot.lock:
                goes_on = bot.step()
        bot.disconnect()
        reader.join()
        time.sleep(1.0 if goes_on else 0)
    print(f"done, position {bot.position():g}")


if __name__ == "__main__":
    main(Steady())
