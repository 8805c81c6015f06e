"""A program of the `ib_async` shape that sends the documented order samples, and says what came.

    python async_samples.py --module ib_async --port 7497 --client-id 1

What it prints is that of `samples.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import logging
from typing import Any

import sample_orders
from samples import HIGH, LOW, told_of

PATIENCE_S = 90.0


def plain(value: Any) -> Any:
    """A value as JSON: lists as lists, records as their fields, all else as text."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if dataclasses.is_dataclass(value):
        names = [one.name for one in dataclasses.fields(value)]
        return {one: plain(getattr(value, one)) for one in names}
    return str(value)


class Builder(sample_orders.Records):
    """Makes the records of the library."""

    def __init__(self, library: Any) -> None:
        self.library = library

    def of(self, home: str, kind: str, **fields: Any) -> Any:
        made = getattr(self.library, kind)
        if dataclasses.is_dataclass(made) and "exchange" in fields:
            known = {one.name for one in dataclasses.fields(made)}
            if "exchange" not in known:
                fields["exch"] = fields.pop("exchange")
        return made(**fields)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    options = parser.parse_args()
    library = importlib.import_module(options.module)
    logging.disable(logging.CRITICAL)
    ib, build = library.IB(), Builder(library)
    told: dict[int, list[list[Any]]] = {}

    def kept(name: str, number: int, *values: Any) -> None:
        told.setdefault(number, []).append([name, *values])

    decoded, status, error = ib.wrapper.openOrder, ib.wrapper.orderStatus, ib.wrapper.error

    def open_order(number: int, contract: Any, order: Any, state: Any) -> None:
        kept("openOrder", number, plain(contract), plain(order))
        decoded(number, contract, order, state)

    def order_status(number: int, *values: Any) -> None:
        kept("orderStatus", number, *map(str, values))
        status(number, *values)

    def failed(number: int, code: int, *values: Any) -> None:
        kept("error", number, str(code))
        error(number, code, *values)

    ib.wrapper.openOrder, ib.wrapper.orderStatus = open_order, order_status
    ib.wrapper.error = failed
    ib.connect("127.0.0.1", options.port, options.client_id, timeout=60)
    sent: list[tuple[str, int, dict[str, Any], Any]] = []
    for name, orders in sample_orders.samples(LOW, HIGH).items():
        first = 0
        for contract, fields in orders:
            number = ib.client.getReqId()
            first = first or number
            given = dict(fields)
            if "parentId" in given:
                given["parentId"] += first
            made = build.order(given)
            had = {one: value for one, value in given.items() if hasattr(made, one)}
            ib.client.placeOrder(number, build.contract(sample_orders.CONTRACTS[contract]), made)
            sent.append((name, number, had, made))
    for _ in range(int(PATIENCE_S / 0.1)):
        if all(told_of(told.get(number, [])) for _, number, *_ in sent):
            break
        ib.sleep(0.1)
    ib.reqCurrentTime()  # what follows a status is here when the answer is
    for name, number, had, made in sent:
        rows = told.get(number, [])
        echo = next((one[2] for one in rows if one[0] == "openOrder"), None)
        line = {
            "sample": name,
            "sent": {one: plain(getattr(made, one)) for one in had},
            "echo": None if echo is None else {one: echo.get(one) for one in had},
            "statuses": [[one[1], one[9]] for one in rows if one[0] == "orderStatus"],
            "errors": [one[1] for one in rows if one[0] == "error"],
        }
        print(json.dumps(line), flush=True)
    ib.reqGlobalCancel()
    ib.disconnect()


if __name__ == "__main__":
    main()
