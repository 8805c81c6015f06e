"""A program of the official shape that sends the documented order samples, and says what came.

    python samples.py --module ibapi --port 7497 --client-id 1

One JSON object a line and order: the sample, what was sent of it, what the first openOrder had in
the same fields, every status with ``whyHeld``, and the codes of the errors.
"""

from __future__ import annotations

import argparse
import importlib
import json
import threading
from typing import Any

import answers
import sample_orders
from order_kinds import cancelling

answers.CALLBACKS = (*answers.CALLBACKS, "openOrder", "orderStatus")
LOW, HIGH = 230.0, 290.0
"""Far from the price of AAPL in the sample market."""
WARNINGS = ("399", "2109", "2111", "131")


def told_of(rows: list[list[Any]]) -> bool:
    """Whether an order has an answer: a status, or an error that is no warning."""
    return any(
        one[0] == "orderStatus" or (one[0] == "error" and one[1] not in WARNINGS) for one in rows
    )


class Builder(sample_orders.Records):
    """Makes the records of a library of the official shape."""

    def __init__(self, module: str) -> None:
        self.module = module

    def of(self, home: str, kind: str, **fields: Any) -> Any:
        found = getattr(importlib.import_module(f"{self.module}.{home}"), kind)()
        for name, value in fields.items():
            setattr(found, name, value)
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    options = parser.parse_args()
    api, build = answers.program(options.module), Builder(options.module)
    api.connect("127.0.0.1", options.port, options.client_id)
    threading.Thread(target=api.run, daemon=True).start()
    following = int(api.until(0, 1)[0][1])
    sent: list[tuple[str, int, dict[str, Any], Any]] = []
    for name, orders in sample_orders.samples(LOW, HIGH).items():
        first = following
        for contract, fields in orders:
            given = dict(fields)
            if "parentId" in given:
                given["parentId"] += first
            made = build.order(given)
            had = {one: value for one, value in given.items() if hasattr(made, one)}
            api.placeOrder(following, build.contract(sample_orders.CONTRACTS[contract]), made)
            sent.append((name, following, had, made))
            following += 1
    with api.came:
        api.came.wait_for(
            lambda: all(told_of(api.told.get(number, [])) for _, number, *_ in sent),
            answers.PATIENCE_S,
        )
    api.reqIds(-1)  # what follows a status is here when the answer is
    api.until(0, 2)
    with api.came:
        told = {number: list(api.told.get(number, ())) for _, number, *_ in sent}
    for name, number, had, made in sent:
        rows = told[number]
        echo = next((one[2] for one in rows if one[0] == "openOrder"), None)
        line = {
            "sample": name,
            "sent": {one: answers.plain(getattr(made, one)) for one in had},
            "echo": None if echo is None else {one: echo.get(one) for one in had},
            "statuses": [[one[1], one[9]] for one in rows if one[0] == "orderStatus"],
            "errors": [one[1] for one in rows if one[0] == "error"],
        }
        print(json.dumps(line), flush=True)
    api.reqGlobalCancel(*cancelling_all(options.module))
    api.disconnect()


def cancelling_all(module: str) -> tuple[Any, ...]:
    """What reqGlobalCancel takes: nothing, or a record, as releases differ."""
    client = importlib.import_module(f"{module}.client").EClient
    code = client.reqGlobalCancel.__code__
    return cancelling(module) if code.co_argcount > 1 else ()


if __name__ == "__main__":
    main()
