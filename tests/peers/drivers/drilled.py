"""A program of the official shape that tells, line by line, what it sees, and does as it is told.

    python drilled.py --module ibapi

Each line that it writes is JSON: the callback and what matters of it. Lines that it reads are
commands: ``connect PORT``, ``quotes ID``, ``order ID``, ``details ID``, ``time``, ``disconnect``.
Tests start drills meanwhile. The end of the commands is its end.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import threading
from typing import Any

TELLING = threading.Lock()  # callbacks and commands have threads of their own
LARGEST_CODE = 1_000_000  # newer clients tell the time of an error as well, in milliseconds


def tell(what: str, **facts: Any) -> None:
    with TELLING:
        print(json.dumps({"what": what, **facts}), flush=True)


def program(name: str) -> Any:
    def load(module: str, member: str) -> Any:
        return getattr(importlib.import_module(f"{name}.{module}"), member)

    client, wrapper = load("client", "EClient"), load("wrapper", "EWrapper")
    contract, order = load("contract", "Contract"), load("order", "Order")

    class Program(wrapper, client):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            wrapper.__init__(self)
            client.__init__(self, wrapper=self)

        def nextValidId(self, orderId: int) -> None:
            tell("ready", id=orderId)

        def error(self, reqId: int, *args: Any) -> None:
            code = next(one for one in args if isinstance(one, int) and one < LARGEST_CODE)
            tell("error", id=reqId, code=code)

        def tickPrice(self, reqId: int, *args: Any) -> None:
            tell("tick", id=reqId)

        def contractDetails(self, reqId: int, contractDetails: Any) -> None:
            tell("details", id=reqId, name=contractDetails.longName)

        def orderStatus(self, orderId: int, status: str, *args: Any) -> None:
            tell("status", id=orderId, status=status)

        def currentTime(self, time: int) -> None:
            tell("time")

        def connectionClosed(self) -> None:
            tell("closed")

        def stock(self) -> Any:
            made = contract()
            made.symbol, made.secType, made.exchange, made.currency = "AAPL", "STK", "SMART", "USD"
            return made

        def obey(self, command: str, number: int) -> None:
            if command == "quotes":
                self.reqMktData(number, self.stock(), "", False, False, [])
            elif command == "order":
                made = order()
                made.action, made.orderType, made.totalQuantity, made.tif = "BUY", "MKT", 1, "DAY"
                for retired in ("eTradeOnly", "firmQuoteOnly"):
                    if hasattr(made, retired):
                        setattr(made, retired, False)
                self.placeOrder(number, self.stock(), made)
            elif command == "details":
                self.reqContractDetails(number, self.stock())
            elif command == "time":
                self.reqCurrentTime()

    return Program()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    options = parser.parse_args()
    for line in sys.stdin:
        command, _, number = line.strip().partition(" ")
        if command == "connect":
            app = program(options.module)
            app.connect("127.0.0.1", int(number), 1)
            reader = threading.Thread(target=app.run, daemon=True)
            reader.start()
        elif command == "disconnect":
            app.disconnect()
            reader.join(10)
            tell("disconnected")
        else:
            app.obey(command, int(number or 0))


if __name__ == "__main__":
    main()
    os._exit(0)  # a reader thread of the library must not hold up the end
