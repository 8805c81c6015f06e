"""Three threads: one reads the socket, one calls back, the main thread sends.

In Python the queue signals by itself: ``run()`` on a thread of its own is the processing thread,
and ``connect()`` has started the reading one.
"""

import argparse
import threading
from typing import Any

from papertape.ibapi.client import EClient
from papertape.ibapi.wrapper import EWrapper

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=7497)
arguments.add_argument("--client-id", type=int, default=12)
told = arguments.parse_args()


class App(EWrapper, EClient):
    """Hands what the processing thread gets to the main thread."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.ready = threading.Event()
        self.answered = threading.Event()
        self.positions: list[tuple[str, str, Any]] = []

    def nextValidId(self, orderId: int) -> None:
        self.ready.set()

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str,
              advancedOrderRejectJson: str = "") -> None:  # fmt: skip
        print(f"{errorCode} {errorString}")

    def currentTime(self, time: int) -> None:
        print(f"server time {time}, told on {threading.current_thread().name}")

    def position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self.positions.append((account, contract.symbol, position))

    def positionEnd(self) -> None:
        self.answered.set()


app = App()
app.connect(told.host, told.port, told.client_id)
processing = threading.Thread(target=app.run, name="processing")
processing.start()
answered = False
if app.ready.wait(10):
    app.reqCurrentTime()
    app.reqPositions()
    answered = app.answered.wait(10)
    print(f"{len(app.positions)} positions: {app.positions}")
app.disconnect()
processing.join()
raise SystemExit(0 if answered else 1)
