"""ib_async and ibapi in two runs of one world: the station sends them the same bytes.

The market's clock stands still but for what the test moves it; the program is at a known place
whenever it moves, so its requests come at the same instants. ib_async asks one after the other
here and follows no account: long answers and the values of accounts are told in parts, and which
part is told when the next request comes is the computer's matter.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from papertape.testing import serve
from peers.environments import PEERS, Peer
from testing.test_equal_runs import START, WORLD, Relay

pytestmark = pytest.mark.peers

OFFICIAL = """
import sys, threading
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)
        self.ready, self.told = threading.Event(), threading.Event()
    def nextValidId(self, orderId):
        self.ready.set()
    def currentTime(self, time):
        self.told.set()

def contract(symbol):
    found = Contract()
    found.symbol, found.secType, found.exchange, found.currency = symbol, "STK", "SMART", "USD"
    return found

def order(side, size, price):
    found = Order()
    found.action, found.totalQuantity, found.orderType = side, size, "LMT"
    found.lmtPrice, found.tif, found.eTradeOnly, found.firmQuoteOnly = price, "DAY", False, False
    return found

app = App()
app.connect("127.0.0.1", int(sys.argv[1]), 3)
threading.Thread(target=app.run, daemon=True).start()
assert app.ready.wait(60)

def settle():
    app.told.clear()
    app.reqCurrentTime()
    assert app.told.wait(60)
    print("here", flush=True)
    sys.stdin.readline()

settle()
app.reqMktData(1, contract("SPY"), "", False, False, [])
settle()
app.placeOrder(1, contract("SPY"), order("BUY", 100, 169.0))
settle()
app.placeOrder(2, contract("SPY"), order("SELL", 50, 160.0))
settle()
app.disconnect()
"""
ASYNC = """
import sys
from ib_async import IB, LimitOrder, StartupFetchNONE, Stock

ib = IB()
ib.connect("127.0.0.1", int(sys.argv[1]), clientId=3, timeout=60, fetchFields=StartupFetchNONE)
ib.reqPositions()
ib.reqOpenOrders()
ib.reqExecutions()

def settle():
    ib.reqCurrentTime()
    print("here", flush=True)
    sys.stdin.readline()
    ib.reqCurrentTime()

spy = Stock("SPY", "SMART", "USD", conId=756733)
settle()
ib.reqMktData(spy)
settle()
ib.placeOrder(spy, LimitOrder("BUY", 100, 169.0))
settle()
ib.placeOrder(spy, LimitOrder("SELL", 50, 160.0))
settle()
ib.disconnect()
"""
PROGRAMS = {"ibapi-latest": OFFICIAL, "ib_async": ASYNC}
ADVANCES = (0.5, 20, 30, 15)


def heard(python: Path, program: str) -> bytes:
    """What the program is sent."""
    with serve(speed=0, start=START, seed=7) as tws:
        tws.play(WORLD)
        relay = Relay(tws.port)
        command = [str(python), "-c", program, str(relay.port)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdin is not None and running.stdout is not None
            try:
                for seconds in ADVANCES:
                    assert running.stdout.readline() == "here\n"
                    tws.advance(seconds)
                    running.stdin.write("on\n")
                    running.stdin.flush()
                assert running.wait(60) == 0
            finally:
                running.kill()
        return relay.end()


@pytest.mark.sample(1, test=9)
@pytest.mark.parametrize("peer", [p for p in PEERS if p.name in PROGRAMS], ids=lambda p: p.name)
def test_a_peer_gets_the_same_bytes_twice(peer: Peer, python_of: Callable[[Peer], Path]) -> None:
    program = PROGRAMS[peer.name]
    first = heard(python_of(peer), program)
    assert len(first) > 5_000
    assert heard(python_of(peer), program) == first
