"""A program of the official shape that sends an order of each kind, and says what became of it.

    python order_kinds.py --module ibapi --port 7497 --client-id 1

One JSON object a line: the kind, and for each of its orders what orderStatus said, status and
``whyHeld``, without repetitions.
"""

from __future__ import annotations

import argparse
import importlib
import json
import threading
import time
from typing import Any

import answers

answers.CALLBACKS = (*answers.CALLBACKS, "openOrder", "orderStatus")


WORKING = ("REL", "MIDPRICE", "PEG MID", "all or none")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    options = parser.parse_args()
    api = answers.program(options.module)

    def made(kind: str, **fields: Any) -> Any:
        found = getattr(importlib.import_module(f"{options.module}.{kind.lower()}"), kind)()
        for name, value in fields.items():
            setattr(found, name, value)
        return found

    def order(action: str, kind: str, **fields: Any) -> Any:
        found = made("Order", action=action, orderType=kind, totalQuantity=5, tif="DAY", **fields)
        for retired in ("eTradeOnly", "firmQuoteOnly"):
            if hasattr(found, retired):
                setattr(found, retired, False)
        return found

    stock = made("Contract", symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    api.connect("127.0.0.1", options.port, options.client_id)
    threading.Thread(target=api.run, daemon=True).start()
    following = int(api.until(0, 1)[0][1])

    def send(*group: Any) -> list[int]:
        nonlocal following
        numbers = []
        for one in group:
            api.placeOrder(following, stock, one)
            numbers.append(following)
            following += 1
        return numbers

    def statuses(number: int) -> list[list[str]]:
        said = [
            [one[1], one[9]] for one in list(api.told.get(number, ())) if one[0] == "orderStatus"
        ]
        return [one for place, one in enumerate(said) if one != said[place - 1] or not place]

    def until(number: int, status: str, *held: str) -> None:
        with api.came:
            api.came.wait_for(
                lambda: (
                    any(one[: 1 + len(held)] == [status, *held] for one in statuses(number))
                    or any(one[0] == "error" for one in api.told.get(number, ()))
                ),
                answers.PATIENCE_S,
            )

    def tell(name: str, numbers: list[int]) -> None:
        found = [statuses(one) for one in numbers]
        errors = [one[1] for n in numbers for one in api.told.get(n, ()) if one[0] == "error"]
        print(json.dumps({"kind": name, "told": found, "errors": errors}), flush=True)

    (bought,) = send(order("BUY", "MKT"))
    until(bought, "Filled")
    price = next(
        float(one[4]) for one in api.told[bought] if one[0] == "orderStatus" and one[1] == "Filled"
    )
    low, high = round(price * 0.9), round(price * 1.1)
    tomorrow = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(time.time() + 86_400))
    condition = importlib.import_module(f"{options.module}.order_condition")
    above = condition.PriceCondition(0, 265598, "SMART", True, float(2 * high))
    single = {
        "TRAIL": order("SELL", "TRAIL", auxPrice=20.0),
        "TRAIL LIMIT": order(
            "SELL", "TRAIL LIMIT", auxPrice=20.0, trailStopPrice=float(low), lmtPriceOffset=0.1
        ),
        "MIT": order("BUY", "MIT", auxPrice=float(low)),
        "LIT": order("BUY", "LIT", auxPrice=float(low), lmtPrice=float(low)),
        "MOC": order("BUY", "MOC"),
        "LOC": order("BUY", "LOC", lmtPrice=float(low)),
        "REL": order("BUY", "REL", auxPrice=0.01, lmtPrice=float(low)),
        "MIDPRICE": order("BUY", "MIDPRICE", lmtPrice=float(low)),
        "PEG MID": order("BUY", "PEG MID", auxPrice=0.0, lmtPrice=float(low)),
        "condition": order("BUY", "LMT", lmtPrice=float(low), conditions=[above]),
        "all or none": order("BUY", "LMT", lmtPrice=float(low), allOrNone=True),
    }
    for name, one in single.items():
        numbers = send(one)
        until(numbers[0], "Submitted" if name in WORKING else "PreSubmitted")
        tell(name, numbers)
    dated = order("BUY", "LMT", lmtPrice=float(low), goodTillDate=tomorrow)
    dated.tif = "GTD"
    opening = order("BUY", "MKT")
    opening.tif = "OPG"
    numbers = send(dated, opening)
    until(numbers[1], "PreSubmitted")
    tell("dated, opening", numbers)

    def bracket(parent: Any) -> list[int]:
        parent.transmit = False
        taker = order("SELL", "LMT", lmtPrice=float(high), parentId=following, transmit=False)
        return send(parent, taker, order("SELL", "STP", auxPrice=float(low), parentId=following))

    resting = bracket(order("BUY", "LMT", lmtPrice=float(low)))
    until(resting[2], "PreSubmitted")
    tell("bracket", resting)
    api.cancelOrder(resting[0], *cancelling(options.module))
    for one in resting:
        until(one, "Cancelled")
    tell("bracket cancelled", resting)
    filled = bracket(order("BUY", "MKT"))
    until(filled[1], "Submitted")
    until(filled[2], "PreSubmitted", "trigger")
    until(filled[0], "Filled")
    tell("bracket filled", filled)
    group = send(
        *(order("BUY", "LMT", lmtPrice=float(low), ocaGroup="g", ocaType=1) for _ in range(2))
    )
    until(group[1], "Submitted")
    api.cancelOrder(group[0], *cancelling(options.module))
    for one in group:
        until(one, "Cancelled")
    tell("group", group)
    for number in range(bought, following):
        if statuses(number)[-1][0] in ("PreSubmitted", "Submitted"):
            api.cancelOrder(number, *cancelling(options.module))
            until(number, "Cancelled")
    api.disconnect()


def cancelling(module: str) -> tuple[Any, ...]:
    """What cancelOrder takes besides the id: nothing, a time, or a record, as releases differ."""
    client = importlib.import_module(f"{module}.client").EClient
    names = client.cancelOrder.__code__.co_varnames[2 : client.cancelOrder.__code__.co_argcount]
    if not names:
        return ()
    try:
        return (importlib.import_module(f"{module}.order_cancel").OrderCancel(),)
    except ImportError:
        return ("",)


if __name__ == "__main__":
    main()
