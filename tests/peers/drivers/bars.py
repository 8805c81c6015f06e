"""A program of any of the client libraries that subscribes to live bars and says what it was told.

    python bars.py --module ibapi

Lines that it reads are commands: ``connect PORT CLIENT``, ``bars`` (both kinds), ``again`` (what is
kept up to date), ``history``, ``show``, ``disconnect``. ``show`` writes, after everything that has
come so far, one line of JSON: for each of ``live``, ``fives`` and ``history`` the latest state of
each bar, by its start in seconds. Errors are lines of their own. The asyncio API of Papertape
subscribes once and heals by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import logging
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

PATIENCE_S = 10
LARGEST_CODE = 1_000_000  # newer clients tell the time of an error as well, in milliseconds
LIVE, FIVES, HISTORY = 1, 2, 3
KINDS = {LIVE: "live", FIVES: "fives", HISTORY: "history"}
SPAN = {LIVE: "120 S", HISTORY: "600 S"}
ASKED = ("5 secs", "TRADES")


TELLING = threading.Lock()  # callbacks and commands have threads of their own


def tell(what: str, **facts: Any) -> None:
    with TELLING:
        print(json.dumps({"what": what, **facts}), flush=True)


class Told:
    """The latest state of each bar, by kind and start."""

    def __init__(self) -> None:
        self.bars: dict[str, dict[str, list[float]]] = {kind: {} for kind in KINDS.values()}

    def add(self, number: int, start: Any, *values: Any) -> None:
        seconds = start.timestamp() if isinstance(start, datetime) else start
        self.bars[KINDS[number]][str(int(seconds))] = [float(value) for value in values]

    def bar(self, number: int, bar: Any) -> None:
        count = getattr(bar, "barCount", None)
        average = getattr(bar, "wap", None)
        self.add(
            *(number, bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume),
            bar.average if average is None else average,
            count,
        )

    def show(self) -> None:
        tell("shown", **self.bars)


def official(name: str) -> Any:
    """A program of the official shape; its callbacks come on the thread that runs it."""

    def load(module: str, member: str) -> Any:
        return getattr(importlib.import_module(f"{name}.{module}"), member)

    client, wrapper, contract = (
        load("client", "EClient"), load("wrapper", "EWrapper"), load("contract", "Contract")
    )  # fmt: skip

    class Program(wrapper, client):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            wrapper.__init__(self)
            client.__init__(self, wrapper=self)
            self.told = Told()
            self.came = threading.Event()

        def nextValidId(self, orderId: int) -> None:
            self.came.set()

        def currentTime(self, time: int) -> None:
            self.came.set()

        def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
            self.came.set()

        def error(self, reqId: int, *args: Any) -> None:
            code = next(one for one in args if isinstance(one, int) and one < LARGEST_CODE)
            tell("error", id=reqId, code=code)

        def historicalData(self, reqId: int, bar: Any) -> None:
            self.told.bar(reqId, bar)

        historicalDataUpdate = historicalData

        def realtimeBar(self, reqId: int, time: int, *values: Any) -> None:
            self.told.add(reqId, time, *values)

        def wait(self, ask: Callable[[], None]) -> None:
            self.came.clear()
            ask()
            assert self.came.wait(PATIENCE_S)

        def start(self, port: int, number: int) -> None:
            def begin() -> None:
                self.connect("127.0.0.1", port, number)
                self.thread = threading.Thread(target=self.run, daemon=True)
                self.thread.start()

            self.wait(begin)

        def stock(self) -> Any:
            made = contract()
            made.symbol, made.secType, made.exchange, made.currency = "AAPL", "STK", "SMART", "USD"
            return made

        def ask(self, number: int) -> None:
            keep = number == LIVE
            self.wait(
                lambda: self.reqHistoricalData(
                    *(number, self.stock(), "", SPAN[number], *ASKED, 0, 2, keep, [])
                )
            )

        def obey(self, command: str) -> None:
            if command == "bars":
                self.ask(LIVE)
                self.reqRealTimeBars(FIVES, self.stock(), 5, "TRADES", False, [])
                self.wait(self.reqCurrentTime)
            elif command == "again":
                self.ask(LIVE)
            elif command == "history":
                self.ask(HISTORY)
            elif command == "show":
                self.wait(self.reqCurrentTime)
                self.told.show()
            elif command == "disconnect":
                self.disconnect()
                self.thread.join(PATIENCE_S)

    return Program()


class Asynchronous:
    """A program of ib_async or ib_insync; its own lists of bars are what is told."""

    def __init__(self, name: str) -> None:
        self.api = importlib.import_module(name)
        self.told = Told()
        self.lists: list[tuple[int, Any]] = []

    async def start(self, port: int, number: int) -> None:
        self.ib = self.api.IB()
        self.ib.errorEvent += lambda number, code, *_: tell("error", id=number, code=code)
        await self.ib.connectAsync("127.0.0.1", port, clientId=number, timeout=PATIENCE_S)

    async def ask(self, number: int) -> Any:
        stock = self.api.Stock("AAPL", "SMART", "USD")
        return await self.ib.reqHistoricalDataAsync(
            *(stock, "", SPAN[number], *ASKED, False, 2, number == LIVE)
        )

    async def obey(self, command: str) -> None:
        if command == "bars":
            self.lists.append((LIVE, await self.ask(LIVE)))
            stock = self.api.Stock("AAPL", "SMART", "USD")
            self.lists.append((FIVES, self.ib.reqRealTimeBars(stock, 5, "TRADES", False)))
            await self.ib.reqCurrentTimeAsync()
        elif command == "again":
            self.lists.append((LIVE, await self.ask(LIVE)))
        elif command == "history":
            for bar in await self.ask(HISTORY):
                self.told.bar(HISTORY, bar)
        elif command == "show":
            await self.ib.reqCurrentTimeAsync()
            for number, bars in self.lists:
                for bar in bars:
                    if number == LIVE:
                        self.told.bar(LIVE, bar)
                    else:
                        values = (bar.open_, bar.high, bar.low, bar.close, bar.volume)
                        self.told.add(FIVES, bar.time, *values, bar.wap, bar.count)
            self.told.show()
        elif command == "disconnect":
            self.ib.disconnect()


class Modern:
    """A program of Papertape's asyncio API; its lines are never asked for again."""

    def __init__(self, name: str) -> None:
        self.api = importlib.import_module(name)
        self.told = Told()
        self.ends = contextlib.AsyncExitStack()
        self.connection: Any = None
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, port: int, number: int) -> None:
        if self.connection is None:
            settings = self.api.ClientSettings(reconnect=self.api.Backoff(first_s=0.1, jitter=0.0))
            opened = self.api.connect("127.0.0.1", port, client_id=number, settings=settings)
            self.connection = await self.ends.enter_async_context(opened)
        await self.connection.ready(timeout=PATIENCE_S)

    async def obey(self, command: str) -> None:
        stock = self.api.Stock("AAPL")
        if command == "bars" and not self.tasks:
            options = {"duration": SPAN[LIVE], "bar_size": ASKED[0], "regular_hours": False}
            live = self.connection.bars(stock, format_date=2, **options)
            fives = self.connection.real_time_bars(stock)
            for number, line in ((LIVE, live), (FIVES, fives)):
                await self.ends.enter_async_context(line)
                self.tasks.append(asyncio.create_task(self.read(number, line)))
        elif command == "history":
            bars = await self.connection.historical_bars(
                stock, duration=SPAN[HISTORY], bar_size=ASKED[0], regular_hours=False, format_date=2
            )
            for bar in bars:
                self.told.bar(HISTORY, bar)
        elif command == "show":
            await self.connection.current_time()
            self.told.show()
        elif command == "end":
            for task in self.tasks:
                task.cancel()
            await self.ends.aclose()

    async def read(self, number: int, line: Any) -> None:
        if number == LIVE:
            async for bar in line:
                self.told.bar(LIVE, bar)
        else:
            async for one in line:
                values = (one.open, one.high, one.low, one.close, one.volume, one.wap, one.count)
                self.told.add(FIVES, one.time, *values)


async def serve(app: Any) -> None:
    """Do what the commands say, on the loop."""
    loop = asyncio.get_running_loop()
    commands: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(commands.put_nowait, line)
        loop.call_soon_threadsafe(commands.put_nowait, "end")

    threading.Thread(target=read, daemon=True).start()
    while True:
        command, *numbers = (await commands.get()).split()
        done: Awaitable[None] = (
            app.start(*map(int, numbers)) if command == "connect" else app.obey(command)
        )
        await done
        if command == "end":
            return
        tell("did", command=command)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    name = parser.parse_args().module
    logging.disable(logging.CRITICAL)
    if name in ("ib_async", "ib_insync", "papertape"):
        kind = Modern if name == "papertape" else Asynchronous
        asyncio.run(serve(kind(name)))
        return
    app = official(name)
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "connect":
            told, app = app.told, official(name)
            app.told = told
            app.start(*map(int, numbers))
        else:
            app.obey(command)
        tell("did", command=command)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # a reader thread of the library must not hold up the end
