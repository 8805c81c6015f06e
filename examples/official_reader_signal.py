"""EReader and EReaderSignal, as the documentation of the socket API draws them.

The reader thread adds messages to a queue and issues the signal; a further thread waits for the
signal and processes the queue; the main thread sends. Other languages' clients work like this; the
official Python package has no EReaderSignal, so with it the queue does the signalling and ``run()``
takes the place of the loop.
"""

import argparse
import threading

from papertape.ibapi import reader as reading
from papertape.ibapi.client import EClient
from papertape.ibapi.wrapper import EWrapper

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=7497)
arguments.add_argument("--client-id", type=int, default=14)
told = arguments.parse_args()


class App(EWrapper, EClient):
    """Keeps the accounts that the server tells."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.accounts = ""
        self.ready = threading.Event()
        self.finished = threading.Event()

    def managedAccounts(self, accountsList: str) -> None:
        self.accounts = accountsList

    def nextValidId(self, orderId: int) -> None:
        self.ready.set()

    def currentTime(self, time: int) -> None:
        self.finished.set()

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str,
              advancedOrderRejectJson: str = "") -> None:  # fmt: skip
        print(f"{errorCode} {errorString}")


app = App()
app.connect(told.host, told.port, told.client_id)
if hasattr(reading, "EReaderSignal"):
    signal = reading.EReaderSignal()
    reader = reading.EReader(app, signal)
    reader.start()

    def process() -> None:
        """Process the queue whenever the signal comes, until the connection ends."""
        while app.isConnected():
            signal.waitForSignal()
            reader.processMsgs()

else:
    process = app.run
processing = threading.Thread(target=process, name="processing")
processing.start()
ready = app.ready.wait(10)
print(f"accounts {app.accounts}")
app.reqCurrentTime()  # its answer comes after all that was on its way
finished = app.finished.wait(10)
app.disconnect()
processing.join()
raise SystemExit(0 if ready and finished else 1)
