"""Bots that run in market time, each with another way of waiting; and what a station tells them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from papertape.server.aio.connection import SocketConnection
from papertape.testing import RunningStation
from papertape.testing.market_time import MarketTimeRun, run_in_market_time

START = "2026-04-10 10:00 US/Eastern"
WORLD = """
account  DU1  cash 500,000 USD  holds 10 AAPL @ 100
quote    SPY  170.00 x 170.02
+5s      ramp SPY -2% over 20s
+30s     halt SPY for 5s
on order SELL SPY
  late   500ms
  +1s    fill 30
callbacks reorder seed 3
"""

OURS = """
import asyncio, os, random, time
import papertape
from papertape import LimitOrder, Stock

SPY = Stock("SPY", "SMART", "USD")

async def main():
    client = await papertape.connect(
        os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]), 3
    )
    heard = []
    async with client.quotes(SPY) as line:
        trade = client.place_order(SPY, LimitOrder("SELL", 50, 160.0))
        end = time.monotonic() + 40
        while time.monotonic() < end:
            try:
                async with asyncio.timeout(random.uniform(0.1, 5)):
                    quote = await anext(aiter(line))
                    heard.append((time.time(), quote.bid, quote.ask))
            except TimeoutError:
                client.place_order(SPY, LimitOrder("BUY", 1, 100 + random.randrange(50)))
    await client.disconnect()
    print(len(heard), hash(str(heard)), trade.filled, time.time())

asyncio.run(main())
"""

THREADS = """
import os, queue, random, threading, time
from {ibapi}.client import EClient
from {ibapi}.contract import Contract
from {ibapi}.order import Order
from {ibapi}.wrapper import EWrapper

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)
        self.ready, self.prices, self.heard = threading.Event(), queue.Queue(), []
    def nextValidId(self, orderId):
        self.next = orderId
        self.ready.set()
    def tickPrice(self, reqId, tickType, price, attrib):
        self.prices.put((time.time(), tickType, price))
    def orderStatus(self, orderId, status, filled, *more):
        self.heard.append((time.time(), orderId, status, str(filled)))
    def error(self, *told):
        self.heard.append((time.time(), *map(str, told)))

def contract(symbol):
    found = Contract()
    found.symbol, found.secType, found.exchange, found.currency = symbol, "STK", "SMART", "USD"
    return found

def order(side, size, price):
    found = Order()
    found.action, found.totalQuantity, found.orderType = side, size, "LMT"
    found.lmtPrice, found.tif, found.eTradeOnly, found.firmQuoteOnly = price, "DAY", False, False
    return found

def place(side, size, price):
    app.placeOrder(app.next, contract("SPY"), order(side, size, price))
    app.next += 1

def watch():  # a queue with a time limit
    while not over.is_set():
        try:
            app.heard.append(app.prices.get(timeout=0.7))
        except queue.Empty:
            place("BUY", 1, 100 + random.randrange(50))

app, over = App(), threading.Event()
app.connect(os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]), 3)
threading.Thread(target=app.run, daemon=True).start()
assert app.ready.wait(10)
app.reqMktData(1, contract("SPY"), "", False, False, [])
watcher = threading.Thread(target=watch)
watcher.start()
timer = threading.Timer(12.5, place, ("SELL", 50, 160.0))
timer.start()
for _ in range(20):
    time.sleep(2)
    app.reqCurrentTime()
over.set()
watcher.join()
app.disconnect()
print(len(app.heard), hash(str(app.heard)), time.time())
"""

THEIRS = """
import os, random, time
from {module} import IB, LimitOrder, Stock

ib = IB()
ib.connect(os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]), clientId=3)
spy = Stock("SPY", "SMART", "USD")
ib.qualifyContracts(spy)
heard = []
ticker = ib.reqMktData(spy)
ticker.updateEvent += lambda one: heard.append((str(one.time), one.bid, one.ask))
ib.placeOrder(spy, LimitOrder("SELL", 50, 160.0))
for _ in range(8):
    ib.sleep(random.uniform(1, 9))
    ib.placeOrder(spy, LimitOrder("BUY", 1, 100 + random.randrange(50)))
print(len(heard), hash(str(heard)), [t.orderStatus.status for t in ib.trades()], time.time())
ib.disconnect()
"""

RECONNECTS = """
import asyncio, os, threading, time
from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.wrapper import EWrapper

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)
        self.ready, self.dead = threading.Event(), threading.Event()
    def nextValidId(self, orderId):
        heard.append((time.time(), "ready"))
        self.ready.set()
    def tickPrice(self, reqId, tickType, price, attrib):
        heard.append((time.time(), tickType, price))
    def error(self, *told):
        heard.append((time.time(), str(told)))
    def connectionClosed(self):
        self.dead.set()

heard, spy, end = [], Contract(), time.time() + 150
spy.symbol, spy.secType, spy.exchange, spy.currency = "SPY", "STK", "SMART", "USD"
while time.time() < end:
    app = App()
    app.connect(os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]), 1)
    if app.isConnected():
        reader = threading.Thread(target=app.run, daemon=True)
        reader.start()
        if app.ready.wait(10):
            app.reqMktData(1, spy, "", False, False, [])
            while time.time() < end and not app.dead.is_set() and reader.is_alive():
                time.sleep(1)
                app.reqCurrentTime()
        app.disconnect()
        reader.join(5)
    time.sleep(3)

async def several():  # those that are done are a set
    tasks = [asyncio.create_task(asyncio.sleep(1, number)) for number in range(9)]
    done, _ = await asyncio.wait(tasks)
    return [task.result() for task in done]

print(asyncio.run(several()), hash(str(heard)), time.time())
print([round(one[0] - end + 150) for one in heard if one[-1] == "ready"])
"""
FAULTS = """
quote SPY 170 x 170.02
+5s   ramp SPY -2% over 100s
+20s  drill reset
+30s  drill half-frame
+40s  drill nightly-restart
+90s  drill slow-drip
+120s drill freeze
"""

Bytes = list[tuple[int, bytes]]


@contextmanager
def recorded() -> Iterator[Bytes]:
    """What stations of this process send, each time with the market time."""
    kept: Bytes = []
    real = SocketConnection.write

    def write(self: SocketConnection, data: bytes) -> None:
        driver: Any = self._server
        if self._corked is None:
            kept.append((driver.now(), data))
        real(self, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SocketConnection, "write", write)
        yield kept


def told(
    tws: RunningStation, command: list[str], world: str = WORLD, **more: Any
) -> tuple[MarketTimeRun, Bytes, list[tuple[int, str]]]:
    """Run a bot in the world; how it ended, what it was sent, what it sent."""
    tws.play(world)
    with recorded() as kept:
        run = run_in_market_time(tws, command, **more)
    return run, kept, [(one.time, str(one.message)) for one in tws.requests]
