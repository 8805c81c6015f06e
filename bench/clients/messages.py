"""Takes batches of one kind of message and prints what each costs, in processor time.

Runs in the environment of any client: messages.py KIND MODULE PORT TICKS CASE…, a connection for
each case; TICKS is how many ticks are in a batch. KIND is official (EClient and EWrapper), raw
(ib_async's client with a wrapper of ours), insync (its IB) or modern (papertape's asyncio API). A
batch is asked for and over when the answer that ends it has come back to the user's code, so it
has passed the whole reader path. No client limits its rate, and each makes a new order for every
PlaceOrder, in the way of its library."""

import asyncio
import importlib
import json
import logging
import os
import queue
import socket
import sys
import threading
import time

KIND, MODULE, PORT, TICKS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
CASES = sys.argv[5:]
CPU_S, LEAST, WARM = 0.2, 3, 1
PLACED = 200
PATIENCE = 20
QUOTES, ANSWERS = ("TickPrice", "TickSize"), ("OpenOrder", "ContractDetails", "HistoricalData")
logging.disable(logging.CRITICAL)


class Meter:
    """Decides when there are enough batches, and says what a message cost."""

    def __init__(self):
        self.batches = self.seen = 0

    def more(self):
        if self.batches == WARM:
            self.cpu, self.wall, self.first = time.process_time(), time.perf_counter(), self.seen
        self.batches += 1
        measured = self.batches - 1 - WARM
        return measured < LEAST or time.process_time() - self.cpu < CPU_S

    def result(self):
        count = self.seen - self.first
        spent = time.process_time() - self.cpu
        return {"count": count, "us": spent / count * 1e6,
                "wall_us": (time.perf_counter() - self.wall) / count * 1e6,
                "batches": self.batches - 1}  # fmt: skip


def stock(module):
    found = module.Contract()
    found.symbol, found.secType, found.exchange, found.currency = "SPY", "STK", "SMART", "USD"
    return found


def limits(module):
    """The function that makes an order."""
    fresh = module.Order()
    retired = [flag for flag in ("eTradeOnly", "firmQuoteOnly") if hasattr(fresh, flag)]

    def limit():
        found = module.Order()
        found.action, found.orderType, found.tif = "BUY", "LMT", "DAY"
        found.totalQuantity, found.lmtPrice = 100, 168.25
        for flag in retired:  # 9.81 sets them, and servers refuse them
            setattr(found, flag, False)
        return found

    return limit


def official(case):
    client = importlib.import_module(f"{MODULE}.client")
    wrapper = importlib.import_module(f"{MODULE}.wrapper")
    told = queue.SimpleQueue()
    meter = Meter()

    class App(wrapper.EWrapper, client.EClient):
        def __init__(self):
            wrapper.EWrapper.__init__(self)
            client.EClient.__init__(self, self)

        def nextValidId(self, orderId):
            told.put(0)

        def currentTime(self, time_):
            told.put(0)

        def tickPrice(self, reqId, tickType, price, attrib):
            meter.seen += 1

        def tickSize(self, reqId, tickType, size):
            if case == "TickSize":
                meter.seen += 1

        def tickByTickAllLast(self, reqId, tickType, time, price, size, *more):
            meter.seen += 1

        def openOrder(self, orderId, contract, order, orderState):
            meter.seen += 1

        def contractDetails(self, reqId, contractDetails):
            meter.seen += 1

        def historicalData(self, reqId, bar):
            meter.seen += 1

        def openOrderEnd(self):
            told.put(0)

        def contractDetailsEnd(self, reqId):
            told.put(0)

        def historicalDataEnd(self, reqId, start, end):
            told.put(0)

        def error(self, *args):
            pass

    app = App()
    app.connect("127.0.0.1", PORT, 1)
    thread = threading.Thread(target=app.run, daemon=True)
    thread.start()
    told.get(timeout=PATIENCE)
    # As asyncio and papertape do by themselves: else packets of several orders cost less.
    app.conn.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    contract = stock(importlib.import_module(f"{MODULE}.contract"))
    limit = limits(importlib.import_module(f"{MODULE}.order"))
    if case in QUOTES:
        app.reqMktData(1, contract, "", False, False, [])
    elif case == "TickByTick":
        app.reqTickByTickData(1, contract, "AllLast", 0, True)
    asks = {
        "OpenOrder": app.reqOpenOrders,
        "ContractDetails": lambda: app.reqContractDetails(2, contract),
        "HistoricalData": lambda: app.reqHistoricalData(
            3, contract, "", "7 D", "1 min", "TRADES", 0, 1, False, []
        ),
    }
    ask = asks.get(case, app.reqCurrentTime)
    while meter.more():
        if case == "PlaceOrder":
            for _ in range(PLACED):
                app.placeOrder(1, contract, limit())
            meter.seen += PLACED
        ask()
        told.get(timeout=PATIENCE)
    result = meter.result()
    app.disconnect()
    thread.join(1)
    return result


async def raw(case):
    module = importlib.import_module(MODULE)
    meter, loop = Meter(), asyncio.get_running_loop()
    ended = loop.create_future()

    class Raw:
        def __getattr__(self, name):
            self.__dict__[name] = ignore = lambda *args: None
            return ignore

        def count(self, *args):
            meter.seen += 1

        def over(self, *args):
            ended.set_result(None)

        priceSizeTick = tickByTickAllLast = openOrder = contractDetails = historicalData = count
        currentTime = openOrderEnd = contractDetailsEnd = historicalDataEnd = over

        if case == "TickSize":
            tickSize = count

    wrapper = Raw()
    client = module.client.Client(wrapper)
    wrapper.client, wrapper.clientId = client, 1
    client.MaxRequests = 0
    await client.connectAsync("127.0.0.1", PORT, 1, 10)
    contract = module.Stock("SPY", "SMART", "USD")
    if case in QUOTES:
        client.reqMktData(1, contract, "", False, False, [])
    elif case == "TickByTick":
        client.reqTickByTickData(1, contract, "AllLast", 0, True)
    asks = {
        "OpenOrder": client.reqOpenOrders,
        "ContractDetails": lambda: client.reqContractDetails(2, contract),
        "HistoricalData": lambda: client.reqHistoricalData(
            3, contract, "", "7 D", "1 min", "TRADES", 0, 1, False, []
        ),
    }
    ask = asks.get(case, client.reqCurrentTime)
    while meter.more():
        ended = loop.create_future()
        if case == "PlaceOrder":
            for _ in range(PLACED):
                order = module.LimitOrder("BUY", 100, 168.25, tif="DAY")
                client.placeOrder(1, contract, order)
            meter.seen += PLACED
        ask()
        await asyncio.wait_for(ended, PATIENCE)
    result = meter.result()
    client.disconnect()
    return result


async def insync(case):
    module = importlib.import_module(MODULE)
    ib, meter = module.IB(), Meter()
    ib.client.MaxRequests = 0
    await ib.client.connectAsync("127.0.0.1", PORT, 1, 10)
    contract = module.Stock("SPY", "SMART", "USD", conId=756733)
    if case in QUOTES:
        ib.reqMktData(contract)
    elif case == "TickByTick":
        ib.reqTickByTickData(contract, "AllLast")
    ib.pendingTickersEvent += lambda tickers: None
    while meter.more():
        if case == "OpenOrder":
            meter.seen += len(await ib.reqOpenOrdersAsync())
        elif case == "ContractDetails":
            meter.seen += len(await ib.reqContractDetailsAsync(contract))
        elif case == "HistoricalData":
            meter.seen += len(
                await ib.reqHistoricalDataAsync(contract, "", "7 D", "1 min", "TRADES", False)
            )
        else:
            if case == "PlaceOrder":
                for _ in range(PLACED):
                    ib.placeOrder(contract, module.LimitOrder("BUY", 100, 168.25, tif="DAY"))
                meter.seen += PLACED
            await ib.reqCurrentTimeAsync()
            if case != "PlaceOrder":
                meter.seen += TICKS  # tickers do not count
    result = meter.result()
    ib.disconnect()
    await asyncio.sleep(0)
    return result


async def modern(case):
    import papertape as pt

    meter = Meter()
    settings = pt.ClientSettings(max_rate=None)
    tws = await pt.connect("127.0.0.1", PORT, 1, settings=settings)
    contract = pt.Stock("SPY")
    line = tws.quotes(contract)
    quote = (await line.__aenter__()).quote if case in QUOTES else None
    while meter.more():
        if case == "OpenOrder":
            meter.seen += len(await tws.open_orders())
        elif case == "ContractDetails":
            meter.seen += len(await tws.contract_details(contract))
        elif case == "HistoricalData":
            meter.seen += len(
                await tws.historical_bars(contract, duration="7 D", regular_hours=False)
            )
        else:
            if case == "PlaceOrder":
                for _ in range(PLACED):
                    tws.place_order(contract, pt.LimitOrder("BUY", 100, 168.25))
                meter.seen += PLACED
            await tws.current_time()
            meter.seen = quote.updates if quote is not None else meter.seen
    result = meter.result()
    await tws.disconnect()
    return result


ways = {"official": official, "raw": raw, "insync": insync, "modern": modern}
for case in CASES:
    found = ways[KIND](case)
    print(json.dumps(found if KIND == "official" else asyncio.run(found)), flush=True)
os._exit(0)  # the official reader thread would keep the process alive
