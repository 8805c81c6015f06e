"""How long the market's clock takes to jump: ``python -m bench jump [SECONDS]``.

A station as tests have it, its clock paused; a client in a process of its own that only reads. An
hour with one line at 250 ms and a resting order, the same without either, and with ten lines.
"""

import subprocess
import sys
import time

from papertape.testing import RunningStation, serve

from .common import console

START = "2026-04-10 10:00 US/Eastern"
SYMBOLS = ("SPY", "AAPL", "MSFT", "AMZN", "NVDA", "TSLA", "GOOG", "META", "IBM", "QQQ")
CLIENT = """
import sys
from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.order import Order
from papertape.ibapi.wrapper import EWrapper

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)
        self.ticks = 0
    def nextValidId(self, orderId):
        lines, orders = int(sys.argv[2]), int(sys.argv[3])
        for number, symbol in enumerate(sys.argv[4:][:lines]):
            self.reqMktData(number, contract(symbol), "", False, False, [])
        for number in range(orders):
            order = Order()
            order.action, order.totalQuantity = "BUY", 1
            order.orderType, order.lmtPrice, order.tif = "LMT", 20.0, "DAY"
            self.placeOrder(orderId + number, contract("SPY"), order)
        self.reqCurrentTime()
    def currentTime(self, time):
        print("ready", flush=True)

def contract(symbol):
    found = Contract()
    found.symbol, found.secType, found.exchange, found.currency = symbol, "STK", "SMART", "USD"
    return found

app = App()
app.connect("127.0.0.1", int(sys.argv[1]), 1)
app.run()
"""


def run(seconds: float = 3600.0) -> None:
    """Measure and print."""
    for name, lines, orders in (
        ("no line", 0, 0),
        ("one line", 1, 0),
        ("one line, a resting order", 1, 1),
        ("ten lines, a resting order", 10, 1),
    ):
        took, worked, sent = measured(lines, orders, seconds)
        console.print(
            f"{name:30} {seconds:g} s of market time in {took:.3f} s "
            f"({worked:.3f} s of the processor), {sent} messages"
        )


def measured(lines: int, orders: int, seconds: float) -> tuple[float, float, int]:
    """Seconds that a jump takes, those of the processor, and the messages sent in it."""
    with serve(quote_interval_ms=250, start=START) as tws:
        tws.pause()
        command = [sys.executable, "-c", CLIENT, str(tws.port), str(lines), str(orders), *SYMBOLS]
        client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            if lines or orders:
                assert client.stdout is not None
                client.stdout.readline()
            before = sent(tws)
            began, works = time.perf_counter(), time.process_time()
            tws.advance(seconds)
            took, worked = time.perf_counter() - began, time.process_time() - works
            return took, worked, sent(tws) - before
        finally:
            client.kill()
            client.wait()


def sent(tws: RunningStation) -> int:
    """The messages that the station has sent."""
    return int(tws.call(lambda station: sum(one.sent for one in station.sessions())))
