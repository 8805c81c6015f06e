"""Orders: one that rests, is changed and cancelled; one that fills. Ids by reqIds.

The main thread waits for each answer before it goes on; the callbacks run on another thread.
"""

import argparse
import threading
from decimal import Decimal
from typing import Any

from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.execution import Execution, ExecutionFilter
from papertape.ibapi.order import Order
from papertape.ibapi.order_cancel import OrderCancel
from papertape.ibapi.order_state import OrderState
from papertape.ibapi.wrapper import EWrapper

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=7497)
arguments.add_argument("--client-id", type=int, default=16)
told = arguments.parse_args()


class App(EWrapper, EClient):
    """Keeps the last answer of each kind, and wakes who waits for one."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.changed = threading.Condition()
        self.answers: dict[tuple[str, int], Any] = {}

    def keep(self, kind: str, about: int, answer: Any) -> None:
        with self.changed:
            self.answers[kind, about] = answer
            self.changed.notify_all()

    def wait(self, kind: str, about: int, answer: Any = None) -> Any:
        """The answer, once there is one, or once it is this one."""

        def there() -> bool:
            found = self.answers.get((kind, about))
            return found is not None and answer in (None, found)

        with self.changed:
            if not self.changed.wait_for(there, timeout=10):
                raise SystemExit(f"no {kind} of {about}: {self.answers.get((kind, about))}")
            return self.answers[kind, about]

    def nextValidId(self, orderId: int) -> None:
        self.keep("id", 0, orderId)

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        if tickType == 1:
            self.keep("bid", reqId, price)

    def openOrder(
        self, orderId: int, contract: Contract, order: Order, orderState: OrderState
    ) -> None:
        self.keep("limit", orderId, order.lmtPrice)

    def orderStatus(self, orderId: int, status: str, filled: Decimal, remaining: Decimal,
                    avgFillPrice: float, permId: int, parentId: int, lastFillPrice: float,
                    clientId: int, whyHeld: str, mktCapPrice: float) -> None:  # fmt: skip
        print(f"order {orderId}: {status}, filled {filled}, remaining {remaining}")
        self.keep("status", orderId, status)

    def execDetails(self, reqId: int, contract: Contract, execution: Execution) -> None:
        print(f"{execution.side} {execution.shares} {contract.symbol} at {execution.price}")

    def commissionAndFeesReport(self, commissionAndFeesReport: Any) -> None:
        self.keep("commission", 0, commissionAndFeesReport.commissionAndFees)

    def execDetailsEnd(self, reqId: int) -> None:
        self.keep("executions", reqId, True)

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str,
              advancedOrderRejectJson: str = "") -> None:  # fmt: skip
        print(f"{errorCode} {errorString}")
        self.keep("error", reqId, errorCode)


def buy(kind: str, limit: float = 0.0) -> Order:
    """An order to buy 100 today."""
    order = Order()
    order.action, order.totalQuantity = "BUY", Decimal(100)
    order.orderType, order.tif = kind, "DAY"
    if limit:
        order.lmtPrice = limit
    return order


def trade(app: App) -> None:
    """The journey, one answer after the other."""
    spy = Contract()
    spy.symbol, spy.secType, spy.exchange, spy.currency = "SPY", "STK", "SMART", "USD"
    first = app.wait("id", 0)
    app.reqMktData(1, spy, "", False, False, [])
    bid = app.wait("bid", 1)
    app.cancelMktData(1)

    low, lower = round(bid * 0.99, 2), round(bid * 0.985, 2)
    app.placeOrder(first, spy, buy("LMT", low))
    app.wait("status", first, "Submitted")
    app.placeOrder(first, spy, buy("LMT", lower))
    app.wait("limit", first, lower)
    app.cancelOrder(first, OrderCancel())
    app.wait("status", first, "Cancelled")
    app.wait("error", first, 202)

    app.answers.clear()
    app.reqIds(-1)
    second = app.wait("id", 0)
    app.placeOrder(second, spy, buy("MKT"))
    app.wait("status", second, "Filled")
    print(f"SPY, commission {app.wait('commission', 0)}")
    app.answers.clear()
    app.reqExecutions(2, ExecutionFilter())
    app.wait("executions", 2)
    app.wait("commission", 0)  # told again with the executions, before their end or after it


app = App()
app.connect(told.host, told.port, told.client_id)
processing = threading.Thread(target=app.run, name="processing")
processing.start()
try:
    trade(app)
finally:
    app.disconnect()
    processing.join()
