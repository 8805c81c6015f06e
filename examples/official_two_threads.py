"""The usual official program: one thread sends, the main thread is in run().

With ``ibapi`` for ``papertape.ibapi`` in the imports it is a program for the official package.
"""

import argparse
import threading
from typing import Any

from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.wrapper import EWrapper

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=7497)
arguments.add_argument("--client-id", type=int, default=11)
told = arguments.parse_args()


class App(EWrapper, EClient):
    """Asks for a contract and its quote once the connection is complete."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.ready = threading.Event()
        self.quoted = threading.Event()
        self.finished = threading.Event()
        self.ticks: dict[int, float] = {}

    def nextValidId(self, orderId: int) -> None:
        print(f"connected, next order id {orderId}")
        self.ready.set()

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str,
              advancedOrderRejectJson: str = "") -> None:  # fmt: skip
        print(f"{'notice' if reqId == -1 else f'request {reqId}'}: {errorCode} {errorString}")

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:
        print(f"{contractDetails.contract.symbol}: {contractDetails.longName}")

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        self.ticks[tickType] = price
        if {1, 2} <= set(self.ticks):
            self.quoted.set()

    def currentTime(self, time: int) -> None:
        self.finished.set()

    def connectionClosed(self) -> None:
        print("connection closed")


def ask(app: App) -> None:
    """What the sending thread does."""
    if app.ready.wait(10):
        contract = Contract()
        contract.symbol, contract.secType = "SPY", "STK"
        contract.exchange, contract.currency = "SMART", "USD"
        app.reqContractDetails(1, contract)
        app.reqMktData(2, contract, "", False, False, [])
        if app.quoted.wait(10):
            print(f"SPY {app.ticks[1]} x {app.ticks[2]}")
        app.cancelMktData(2)
        app.reqCurrentTime()  # its answer comes after all that was on its way
        app.finished.wait(10)
    app.disconnect()


app = App()
app.connect(told.host, told.port, told.client_id)
sender = threading.Thread(target=ask, args=(app,))
sender.start()
app.run()
sender.join()
raise SystemExit(0 if app.quoted.is_set() else 1)
