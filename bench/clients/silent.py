"""Connects, says so, and says when it has noticed that the server is gone.

silent.py KIND HOST PORT LINES HEARTBEAT; KIND is papertape, papertape.ibapi, ibapi or ib_async.
Times are CLOCK_MONOTONIC, which all processes share. Prints ``{"ready": t}``, then
``{"refused": t}`` when orders are no longer let through (papertape), then ``{"lost": t}``."""

import asyncio
import importlib
import json
import logging
import sys
import threading
import time

KIND, HOST, PORT, LINES, HEARTBEAT = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
logging.disable(logging.CRITICAL)


def say(what):
    print(json.dumps({what: time.monotonic()}), flush=True)


async def modern():
    import papertape as pt

    tws = await pt.connect(HOST, PORT, settings=pt.ClientSettings(heartbeat_s=HEARTBEAT))
    lines = [await tws.quotes(pt.Stock("SPY")).__aenter__() for _ in range(LINES)]
    say("ready")
    refused = False
    while tws.lost is None:
        await asyncio.sleep(0.01)
        if tws.not_ready and not refused:
            refused = True
            say("refused")
    say("lost")
    lines.clear()


async def insync():
    module = importlib.import_module(KIND)
    ib, gone = module.IB(), asyncio.Event()
    ib.disconnectedEvent += gone.set
    await ib.connectAsync(HOST, PORT, 1, 10)
    for _ in range(LINES):
        ib.reqMktData(module.Stock("SPY", "SMART", "USD", conId=756733))
    say("ready")
    await gone.wait()
    say("lost")


def official():
    client = importlib.import_module(f"{KIND}.client")
    wrapper = importlib.import_module(f"{KIND}.wrapper")
    contracts = importlib.import_module(f"{KIND}.contract")
    spy = contracts.Contract()
    spy.symbol, spy.secType, spy.exchange, spy.currency = "SPY", "STK", "SMART", "USD"
    gone = threading.Event()

    class App(wrapper.EWrapper, client.EClient):
        def __init__(self):
            wrapper.EWrapper.__init__(self)
            client.EClient.__init__(self, self)

        def nextValidId(self, orderId):
            for i in range(LINES):
                self.reqMktData(i + 1, spy, "", False, False, [])
            say("ready")

        def connectionClosed(self):
            gone.set()

        def error(self, *args):
            pass

    app = App()
    app.connect(HOST, PORT, 1)
    threading.Thread(target=app.run, daemon=True).start()
    gone.wait()
    say("lost")


if KIND == "papertape":
    asyncio.run(modern())
elif KIND.startswith("ib_"):
    asyncio.run(insync())
else:
    official()
