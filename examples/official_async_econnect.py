"""AsyncEConnect: the program itself sends START_API, from ``connectAck()``.

A deprecated special mode: between the handshake and START_API nothing is sent, so a program may
finish its own preparations first.
"""

import argparse

from papertape.ibapi.client import EClient
from papertape.ibapi.wrapper import EWrapper

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=7497)
arguments.add_argument("--client-id", type=int, default=13)
told = arguments.parse_args()


class App(EWrapper, EClient):
    """Starts the API when the handshake is done, and leaves when nothing more comes."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.asynchronous = True
        self.order_id = 0

    def connectAck(self) -> None:
        time = (self.twsConnectionTime() or b"").decode(errors="replace")
        print(f"server version {self.serverVersion()}, {time}")
        if self.asynchronous:
            self.startApi()

    def nextValidId(self, orderId: int) -> None:
        self.order_id = orderId
        print(f"ready, next order id {orderId}")

    def msgLoopTmo(self) -> None:
        # Not before: the official client stumbles over what is queued when it disconnects.
        if self.order_id:
            self.disconnect()

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str,
              advancedOrderRejectJson: str = "") -> None:  # fmt: skip
        print(f"{errorCode} {errorString}")


app = App()
app.connect(told.host, told.port, told.client_id)
app.run()
raise SystemExit(0 if app.order_id else 1)
