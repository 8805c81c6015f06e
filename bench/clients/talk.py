"""Connects N times, then asks the time N times; prints milliseconds to nextValidId and round
trips in microseconds as JSON. Runs in the environment of any client: --module ibapi,
papertape.ibapi, ib_async, ib_insync, papertape."""

import asyncio
import importlib
import json
import logging
import queue
import sys
import threading
import time

MODULE, PORT, CONNECTS, ASKS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
logging.disable(logging.CRITICAL)


def official():
    client = importlib.import_module(f"{MODULE}.client")
    wrapper = importlib.import_module(f"{MODULE}.wrapper")

    class App(wrapper.EWrapper, client.EClient):
        def __init__(self):
            wrapper.EWrapper.__init__(self)
            client.EClient.__init__(self, self)
            self.told = queue.SimpleQueue()

        def nextValidId(self, orderId):
            self.told.put(time.perf_counter())

        def currentTime(self, time_):
            self.told.put(time.perf_counter())

        def error(self, *args):
            pass

    opened, trips = [], []
    for i in range(CONNECTS):
        app = App()
        began = time.perf_counter()
        app.connect("127.0.0.1", PORT, 1000 + i)
        thread = threading.Thread(target=app.run, daemon=True)
        thread.start()
        opened.append(app.told.get(timeout=10) - began)
        if i == CONNECTS - 1:
            for _ in range(ASKS):
                asked = time.perf_counter()
                app.reqCurrentTime()
                trips.append(app.told.get(timeout=10) - asked)
        app.disconnect()
        thread.join(5)
    return opened, trips


async def insync():
    module = importlib.import_module(MODULE)
    opened, trips = [], []
    for i in range(CONNECTS):
        ib = module.IB()
        ib.RequestTimeout = 10
        began = time.perf_counter()
        # Only the client's own connect: IB.connectAsync fetches the whole account besides.
        await ib.client.connectAsync("127.0.0.1", PORT, 1000 + i, 10)
        opened.append(time.perf_counter() - began)
        if i == CONNECTS - 1:
            for _ in range(ASKS):
                asked = time.perf_counter()
                await ib.reqCurrentTimeAsync()
                trips.append(time.perf_counter() - asked)
        ib.disconnect()
        await asyncio.sleep(0)
    return opened, trips


async def modern():
    from papertape.client.aio import connect
    from papertape.client.settings import ClientSettings

    unlimited = ClientSettings(max_rate=None)  # the others measured here have no limit
    opened, trips = [], []
    for i in range(CONNECTS):
        began = time.perf_counter()
        tws = await connect("127.0.0.1", PORT, 1000 + i, settings=unlimited)
        opened.append(time.perf_counter() - began)
        if i == CONNECTS - 1:
            for _ in range(ASKS):
                asked = time.perf_counter()
                await tws.current_time()
                trips.append(time.perf_counter() - asked)
        await tws.disconnect()
    return opened, trips


if MODULE == "papertape":
    opened, trips = asyncio.run(modern())
elif MODULE.startswith("ib_"):
    opened, trips = asyncio.run(insync())
else:
    opened, trips = official()
print(json.dumps({"connect_ms": [x * 1e3 for x in opened], "trip_us": [x * 1e6 for x in trips]}))
