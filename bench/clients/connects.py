"""Connects as often as it is told, a line at a time on stdin, and answers with a census.

connects.py MODULE PORT runs in the environment of any client: ibapi, papertape.ibapi, ib_async,
papertape. Each connection waits for its next order id, subscribes to a quote line, waits for its
first tick and leaves without cancelling it."""

import asyncio
import gc
import importlib
import json
import logging
import queue
import sys
import threading

MODULE, PORT = sys.argv[1], int(sys.argv[2])
IDS = 16  # client ids in turn: a server may take a moment to notice that one is free
logging.disable(logging.CRITICAL)


def official(first, count):
    client = importlib.import_module(f"{MODULE}.client")
    wrapper = importlib.import_module(f"{MODULE}.wrapper")
    contracts = importlib.import_module(f"{MODULE}.contract")
    spy = contracts.Contract()
    spy.symbol, spy.secType, spy.exchange, spy.currency = "SPY", "STK", "SMART", "USD"

    class App(wrapper.EWrapper, client.EClient):
        def __init__(self):
            wrapper.EWrapper.__init__(self)
            client.EClient.__init__(self, self)
            self.told = queue.SimpleQueue()

        def nextValidId(self, orderId):
            self.reqMktData(1, spy, "", False, False, [])

        def tickPrice(self, reqId, tickType, price, attrib):
            self.told.put(price)

        def error(self, *args):
            pass

    for i in range(first, first + count):
        app = App()
        app.connect("127.0.0.1", PORT, i % IDS + 1)
        thread = threading.Thread(target=app.run, daemon=True)
        thread.start()
        app.told.get(timeout=10)
        app.disconnect()
        thread.join(5)


async def insync(first, count):
    module = importlib.import_module(MODULE)
    for i in range(first, first + count):
        ib = module.IB()
        await ib.connectAsync("127.0.0.1", PORT, i % IDS + 1, 10)
        ticker = ib.reqMktData(module.Stock("SPY", "SMART", "USD", conId=756733))
        await asyncio.wait_for(ticker.updateEvent, 10)
        ib.disconnect()
        await asyncio.sleep(0)


async def modern(first, count):
    import papertape as pt

    unlimited = pt.ClientSettings(max_rate=None)
    for i in range(first, first + count):
        tws = await pt.connect("127.0.0.1", PORT, i % IDS + 1, settings=unlimited)
        line = await tws.quotes(pt.Stock("SPY")).__aenter__()
        await anext(aiter(line))
        await tws.disconnect()


def census():
    gc.collect()
    objects = gc.get_objects()
    tasks = sum(isinstance(one, asyncio.Task) and not one.done() for one in objects)
    print(json.dumps({"tasks": tasks, "objects": len(objects)}), flush=True)


done, loop = 0, asyncio.new_event_loop()
asyncio.set_event_loop(loop)
for line in sys.stdin:
    wanted = int(line)
    if MODULE == "papertape" or MODULE.startswith("ib_"):
        connect = modern if MODULE == "papertape" else insync
        loop.run_until_complete(connect(done, wanted))
        loop.run_until_complete(asyncio.sleep(0.2))
    else:
        official(done, wanted)
    done += wanted
    census()
