"""How long a trading day takes in market time, and where the time goes.

6.5 hours with one line at 250 ms and a resting order, for a bot of each library: the seconds of the
clock, how often time went on for the bot, and the processor's seconds of the station and of the
bot. The two take turns, so what is left of the clock is the hand-over and whatever else the
machine does. ``--hours 1`` measures less of a day, a name of a library that one alone.
"""

import os
import resource
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from papertape.testing import serve
from papertape.testing.market_time import run_in_market_time

from .common import console, pythons

START = "2026-04-10 09:30 US/Eastern"
THREADS = """
import os, threading, time
from {module}.client import EClient
from {module}.contract import Contract
from {module}.order import Order
from {module}.wrapper import EWrapper

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)
        self.ready, self.ticks = threading.Event(), 0
    def nextValidId(self, orderId):
        self.next = orderId
        self.ready.set()
    def tickPrice(self, reqId, tickType, price, attrib):
        self.ticks += 1

app, spy, order = App(), Contract(), Order()
app.connect(os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]), 1)
threading.Thread(target=app.run, daemon=True).start()
app.ready.wait(10)
spy.symbol, spy.secType, spy.exchange, spy.currency = "SPY", "STK", "SMART", "USD"
order.action, order.totalQuantity, order.orderType, order.lmtPrice = "BUY", 1, "LMT", 20.0
app.reqMktData(1, spy, "", False, False, [])
app.placeOrder(app.next, spy, order)
while True:
    time.sleep(60)
"""
LOOP = """
import os
from {module} import IB, LimitOrder, Stock

ib, spy = IB(), Stock("SPY", "SMART", "USD")
ib.connect(os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"]), clientId=1)
ib.qualifyContracts(spy)
ib.reqMktData(spy)
ib.placeOrder(spy, LimitOrder("BUY", 1, 20.0))
while True:
    ib.sleep(60)
"""
OURS = """
import asyncio, os
import papertape
from papertape import LimitOrder, Stock

async def main():
    host, port = os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"])
    async with await papertape.connect(host, port, 1) as client:
        client.place_order(Stock("SPY", "SMART", "USD"), LimitOrder("BUY", 1, 20.0))
        async with client.quotes(Stock("SPY", "SMART", "USD")) as line:
            async for quote in line:
                pass

asyncio.run(main())
"""
BOTS = {
    "ibapi-latest": THREADS,
    "papertape.ibapi": THREADS,
    "ib_async": LOOP,
    "ib_insync": LOOP,
    "papertape": OURS,
}


def run(options: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(
        "python -m bench market_time",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("library", nargs="*", choices=[*BOTS, []], help="all unless named")
    parser.add_argument("--hours", type=float, default=6.5)
    given = parser.parse_args(options)
    found = pythons()
    for name in given.library or BOTS:
        if name in found:
            python, module = found[name]
            console.print(
                measured(name, [python, "-c", BOTS[name].format(module=module)], given.hours)
            )


def measured(name: str, command: list[str], hours: float) -> str:
    """A line about one bot."""
    with serve(quote_interval_ms=250, start=START, speed=0) as tws:
        ours, theirs = time.process_time(), children()
        ended = run_in_market_time(
            tws, command, until=tws.now + int(hours * 3600 * 10**9), timeout_s=600
        )
        ours, theirs = time.process_time() - ours, children() - theirs
    if ended.problem:
        return f"{name}: {ended.problem}\n{ended.output}"
    return (
        f"{name:16} {hours:g} h in {ended.wall_s:.1f} s: {ended.steps} steps, "
        f"{ended.steps / ended.wall_s:.0f} a second; of the processor: station {ours:.1f} s, "
        f"bot {theirs:.1f} s; load {os.getloadavg()[0]:.1f}"
    )


def children() -> float:
    """Seconds of the processor of programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
