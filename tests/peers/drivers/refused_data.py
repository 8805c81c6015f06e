"""Asks for market data that may be refused, with a client of the official shape or with ib_async,
and says how each request ended.

    python refused_data.py --module ib_async --port 7497 --client-id 1 line bars ticks

Each word is a request of ``REQUESTS``. One JSON object a line: the request, what came of it (the
first callback, or how much an awaited call gave; ``null`` for nothing), and the errors of its own
id as pairs of code and text.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
import threading
import time
from typing import Any

LARGEST_CODE = 1_000_000  # newer clients tell the time of an error as well, in milliseconds
NOTICES = (2104, 2106, 2107, 2108, 2119, 2152, 2158)
START = "20260101-15:00:00"
REQUESTS = {
    "line": "the quotes of a stock", "option": "those of an option", "book": "a book",
    "single": "ticks one by one", "single 2": "the same of another", "single 3": "and of a third",
    "five": "bars of five seconds", "bars": "past bars", "combo bars": "those of a combination",
    "ticks": "past ticks", "combo ticks": "those of a combination", "head": "when data begin",
    "histogram": "how much was traded at a price",
}  # fmt: skip


def contracts(load: Any) -> dict[str, Any]:
    """The contracts asked about."""

    def made(**fields: Any) -> Any:
        found = load("contract", "Contract")()
        for name, value in fields.items():
            setattr(found, name, value)
        return found

    def leg(con_id: int, action: str) -> Any:
        found = load("contract", "ComboLeg")()
        found.conId, found.ratio, found.action, found.exchange = con_id, 1, action, "SMART"
        return found

    smart = {"exchange": "SMART", "currency": "USD"}
    return {
        **{name: made(symbol=name, secType="STK", **smart) for name in ("IBM", "MSFT", "AMZN")},
        "option": made(
            symbol="AAPL", secType="OPT", lastTradeDateOrContractMonth="20261218", strike=250.0,
            right="C", multiplier="100", **smart,
        ),
        "combo": made(
            symbol="IBM", secType="BAG", comboLegs=[leg(8314, "BUY"), leg(272093, "SELL")], **smart
        ),
    }  # fmt: skip


def ask(client: Any, of: dict[str, Any], name: str, number: int) -> None:
    """Send a request of the official shape."""
    stock = of["IBM"]
    if name in ("line", "option"):
        client.reqMktData(number, of.get(name, stock), "", False, False, [])
    elif name == "book":
        client.reqMktDepth(number, stock, 5, True, [])
    elif name.startswith("single"):
        which = {"single": "IBM", "single 2": "MSFT", "single 3": "AMZN"}[name]
        client.reqTickByTickData(number, of[which], "BidAsk", 0, False)
    elif name == "five":
        client.reqRealTimeBars(number, stock, 5, "TRADES", False, [])
    elif name.endswith("bars"):
        client.reqHistoricalData(
            number, of["combo"] if "combo" in name else stock, "", "1 D", "1 hour", "TRADES", 0, 1,
            False, [],
        )  # fmt: skip
    elif name.endswith("ticks"):
        contract = of["combo"] if "combo" in name else stock
        client.reqHistoricalTicks(number, contract, START, "", 10, "TRADES", 0, False, [])
    elif name == "head":
        client.reqHeadTimeStamp(number, stock, "TRADES", 0, 1)
    else:
        client.reqHistogramData(number, stock, False, "3 days")


FIRST = (
    "tickPrice", "tickOptionComputation", "updateMktDepth", "updateMktDepthL2", "realtimeBar",
    "tickByTickBidAsk", "historicalData", "historicalTicksLast", "headTimestamp", "histogramData",
)  # fmt: skip
"""Callbacks that answer; the request's id is their first argument."""


def official(module: str, port: int, client_id: int, names: list[str], patience_s: float) -> None:
    def load(part: str, member: str) -> Any:
        return getattr(importlib.import_module(f"{module}.{part}"), member)

    client, wrapper = load("client", "EClient"), load("wrapper", "EWrapper")
    ready, changed = threading.Event(), threading.Condition()
    given: dict[int, str] = {}
    errors: dict[int, list[list[Any]]] = {}

    class Program(wrapper, client):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            wrapper.__init__(self)
            client.__init__(self, wrapper=self)

        def nextValidId(self, orderId: int) -> None:
            ready.set()

        def error(self, reqId: int, *args: Any) -> None:
            at = next(i for i, a in enumerate(args) if isinstance(a, int) and a < LARGEST_CODE)
            with changed:
                errors.setdefault(reqId, []).append([args[at], args[at + 1]])
                changed.notify()

    def answers(name: str) -> Any:
        def came(self: Any, number: int, *_: Any) -> None:
            with changed:
                given.setdefault(number, name)
                changed.notify()

        return came

    for name in FIRST:
        setattr(Program, name, answers(name))
    program = Program()
    program.connect("127.0.0.1", port, client_id)
    thread = threading.Thread(target=program.run, daemon=True)
    thread.start()
    assert ready.wait(patience_s)
    of = contracts(load)

    def wait(name: str, number: int) -> None:
        wants = 2 if name == "option" else 1  # its notice and its ticks
        with changed:
            changed.wait_for(
                lambda: (number in given) + len(errors.get(number, [])) >= wants, patience_s
            )
            tell(name, given.get(number), errors.get(number, []))

    for number, name in enumerate(names, 1):
        ask(program, of, name, number)
        wait(name, number)
    program.disconnect()
    thread.join()


def tell(name: str, gave: Any, errors: list[list[Any]]) -> None:
    print(json.dumps({"request": name, "gave": gave, "errors": errors}), flush=True)


def past(ib: Any, of: dict[str, Any], name: str) -> Any:
    """A call that waits for its answer."""
    one = of["combo" if name.startswith("combo") else "IBM"]
    if name.endswith("bars"):
        return ib.reqHistoricalDataAsync(one, "", "1 D", "1 hour", "TRADES", False)
    if name.endswith("ticks"):
        return ib.reqHistoricalTicksAsync(one, START, "", 10, "TRADES", False)
    if name == "head":
        return ib.reqHeadTimeStampAsync(one, "TRADES", False, 1)
    return ib.reqHistogramDataAsync(one, False, "3 days")


def begun(ib: Any, of: dict[str, Any], name: str) -> Any:
    """What a subscription changes: a ticker, or bars."""
    if name in ("line", "option"):
        return ib.reqMktData(of.get(name, of["IBM"]))
    if name == "book":
        return ib.reqMktDepth(of["IBM"], 5, True)
    if name == "five":
        return ib.reqRealTimeBars(of["IBM"], 5, "TRADES", False)
    which = {"single": "IBM", "single 2": "MSFT", "single 3": "AMZN"}[name]
    return ib.reqTickByTickData(of[which], "BidAsk")


async def first(
    ib: Any, of: dict[str, Any], name: str, errors: list[list[Any]], patience_s: float
) -> int | None:
    """1 when something came of a subscription before the patience or the request had ended."""
    got = asyncio.Event()
    changing = begun(ib, of, name)
    changing.updateEvent += lambda *_: got.set()
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        seen = [one for one in errors if one[0] not in NOTICES]
        if got.is_set() + len(seen) >= (2 if name == "option" else 1):
            break
        await asyncio.sleep(0.01)
    return 1 if got.is_set() else None


async def awaited(
    module: str, port: int, client_id: int, names: list[str], patience_s: float
) -> None:
    api = importlib.import_module(module)
    logging.getLogger(module).setLevel(logging.CRITICAL)
    ib, errors = api.IB(), []
    ib.errorEvent += lambda number, code, text, *_: errors.append([code, text])
    await ib.connectAsync("127.0.0.1", port, client_id)
    of = contracts(lambda _, member: getattr(api, member))
    await ib.qualifyContractsAsync(*(one for name, one in of.items() if name != "combo"))
    for name in names:
        errors.clear()
        if name.removeprefix("combo ") in ("bars", "ticks", "head", "histogram"):
            found = await asyncio.wait_for(past(ib, of, name), patience_s)
            gave = len(found) if isinstance(found, list) else None if found is None else 1
        else:
            gave = await first(ib, of, name, errors, patience_s)
        tell(name, gave, [one for one in errors if one[0] not in NOTICES])
    ib.disconnect()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    parser.add_argument("--patience", type=float, required=True)
    parser.add_argument("requests", nargs="+", choices=REQUESTS)
    args = parser.parse_args()
    given = (args.module, args.port, args.client_id, args.requests, args.patience)
    if args.module in ("ib_async", "ib_insync"):
        asyncio.run(awaited(*given))
    else:
        official(*given)


if __name__ == "__main__":
    main()
