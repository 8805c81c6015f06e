"""One thread: every request is made in a callback, and run() ends when the program disconnects.

Asks for a day of bars, in both date formats, and for a contract that does not exist.
"""

import argparse

from papertape.ibapi.client import EClient
from papertape.ibapi.common import BarData
from papertape.ibapi.contract import Contract
from papertape.ibapi.wrapper import EWrapper

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=7497)
arguments.add_argument("--client-id", type=int, default=15)
told = arguments.parse_args()

AS_TEXT, AS_SECONDS, UNKNOWN = 1, 2, 3


def stock(symbol: str) -> Contract:
    """A US stock, routed by SMART."""
    contract = Contract()
    contract.symbol, contract.secType = symbol, "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    return contract


class App(EWrapper, EClient):
    """Goes from one question to the next as the answers come."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.bars: dict[int, list[BarData]] = {AS_TEXT: [], AS_SECONDS: []}
        self.refused = 0

    def ask(self, request: int) -> None:
        self.reqHistoricalData(
            request, stock("SPY"), "", "1 D", "30 mins", "TRADES", 1, request, False, []
        )

    def nextValidId(self, orderId: int) -> None:
        self.ask(AS_TEXT)

    def historicalData(self, reqId: int, bar: BarData) -> None:
        self.bars[reqId].append(bar)

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        print(f"SPY, {len(self.bars[reqId])} bars")
        if reqId == AS_TEXT:
            self.ask(AS_SECONDS)
        else:
            self.reqContractDetails(UNKNOWN, stock("NOSUCHSYMBOL"))

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str,
              advancedOrderRejectJson: str = "") -> None:  # fmt: skip
        print(f"{errorCode} {errorString}")
        if reqId > 0:
            self.refused = errorCode
            self.disconnect()


app = App()
app.connect(told.host, told.port, told.client_id)
app.run()
first, second = app.bars.values()
same = [(bar.open, bar.close) for bar in first] == [(bar.open, bar.close) for bar in second]
raise SystemExit(0 if first and same and app.refused == 200 else 1)
