"""Follows one stream of TickPrice until its marker and prints when the last callback came.

Runs in the environment of any client: stream.py KIND MODULE PORT. The marker is a tick of type
4 with price 999999. Times are CLOCK_MONOTONIC, which sender and client share."""

import asyncio
import importlib
import json
import logging
import os
import socket
import struct
import sys
import threading
import time

KIND, MODULE, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
MARK = 999999
logging.disable(logging.CRITICAL)
count = 0


def done(seen):
    print(json.dumps({"last": time.monotonic(), "count": seen}), flush=True)
    os._exit(0)  # the official reader thread would keep the process alive


def contract_of(module):
    found = module.Contract()
    found.symbol, found.secType, found.exchange, found.currency = "SPY", "STK", "SMART", "USD"
    return found


def official():
    client = importlib.import_module(f"{MODULE}.client")
    wrapper = importlib.import_module(f"{MODULE}.wrapper")
    contracts = importlib.import_module(f"{MODULE}.contract")
    finished = threading.Event()

    class App(wrapper.EWrapper, client.EClient):
        def __init__(self):
            wrapper.EWrapper.__init__(self)
            client.EClient.__init__(self, self)
            self.seen = 0

        def nextValidId(self, orderId):
            self.reqMktData(1, contract_of(contracts), "", False, False, [])

        def tickPrice(self, reqId, tickType, price, attrib):
            self.seen += 1
            if price == MARK:
                done(self.seen)
                finished.set()

        def tickSize(self, reqId, tickType, size):
            pass

        def error(self, *args):
            pass

    app = App()
    app.connect("127.0.0.1", PORT, 1)
    threading.Thread(target=app.run, daemon=True).start()
    finished.wait(60)


async def raw_insync():
    module = importlib.import_module(MODULE)
    finished = asyncio.Event()

    class Raw:
        seen = 0

        def __getattr__(self, name):
            return lambda *args: None

        def priceSizeTick(self, reqId, tickType, price, size):
            self.seen += 1
            if price == MARK:
                done(self.seen)
                finished.set()

    raw = Raw()
    client = module.client.Client(raw)
    raw.client = client
    raw.clientId = 1
    await client.connectAsync("127.0.0.1", PORT, 1, 10)
    client.reqMktData(1, contract_of(module), "", False, False, [])
    await asyncio.wait_for(finished.wait(), 60)


async def insync():
    module = importlib.import_module(MODULE)
    ib = module.IB()
    finished = asyncio.Event()
    await ib.client.connectAsync("127.0.0.1", PORT, 1, 10)
    contract = module.Stock("SPY", "SMART", "USD", conId=756733)
    ticker = ib.reqMktData(contract)

    def updated(tickers):
        if ticker.last == MARK:
            done(0)
            finished.set()

    ib.pendingTickersEvent += updated
    await asyncio.wait_for(finished.wait(), 60)


async def modern():
    import papertape as pt

    tws = await pt.connect("127.0.0.1", PORT, 1)
    async with tws.quotes(pt.Stock("SPY")) as line:
        async for quote in line:
            if quote.last == MARK:
                done(quote.updates)
                break
    await tws.disconnect()


def bare():
    """Splits frames and fields, and finds the marker; nothing else."""
    text = MODULE == "text"
    mark = str(float(MARK)).encode() if text else struct.pack("<d", MARK)
    sock = socket.create_connection(("127.0.0.1", PORT))
    version = b"v100..176" if text else b"v100..226"
    sock.sendall(b"API\0" + struct.pack(">I", len(version)) + version)
    sock.recv(4096)
    start = b"71\x002\x001\0\0" if text else b"\0\0\x01\x0f\x08\1"
    sock.sendall(struct.pack(">I", len(start)) + start)
    request = b"1\x0011\x00" if text else b"\0\0\0\xc9"
    sock.sendall(struct.pack(">I", len(request)) + request)
    seen, rest = 0, b""
    while True:
        data = rest + sock.recv(65536)
        at, size = 0, len(data)
        while at + 4 <= size:
            end = at + 4 + int.from_bytes(data[at : at + 4], "big")
            if end > size:
                break
            body = data[at + 4 : end]
            fields = body.split(b"\0") if text else body
            seen += 1
            if (text and fields[4:5] == [mark]) or (not text and mark in body):
                done(seen)
                return
            at = end
        rest = data[at:]


if KIND == "official":
    official()
elif KIND == "raw":
    asyncio.run(raw_insync())
elif KIND == "insync":
    asyncio.run(insync())
elif KIND == "modern":
    asyncio.run(modern())
else:
    bare()
