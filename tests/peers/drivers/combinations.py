"""A program of the official shape that orders combinations, and says what it was told of them.

    python combinations.py --module ibapi --port 7497 --client-id 1

One JSON object a line: the case, the callbacks of its order, and the errors.
"""

from __future__ import annotations

import argparse
import importlib
import json
import threading
from typing import Any

import answers
from order_kinds import cancelling

answers.CALLBACKS = (
    *answers.CALLBACKS, "openOrder", "orderStatus", "contractDetails", "contractDetailsEnd",
    "securityDefinitionOptionParameter", "securityDefinitionOptionParameterEnd",
)  # fmt: skip
SPY = 756733


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    options = parser.parse_args()
    api = answers.program(options.module)
    executed: list[tuple[Any, Any]] = []
    type(api).execDetails = lambda self, _, contract, execution: (
        executed.append((contract, execution)),
        self.note(execution.orderId, "execDetails", ()),
    )

    def made(kind: str, module: str = "", **fields: Any) -> Any:
        home = importlib.import_module(f"{options.module}.{module or kind.lower()}")
        found = getattr(home, kind)()
        for name, value in fields.items():
            setattr(found, name, value)
        return found

    def order(action: str, kind: str, **fields: Any) -> Any:
        found = made("Order", action=action, orderType=kind, totalQuantity=1, tif="DAY", **fields)
        for retired in ("eTradeOnly", "firmQuoteOnly"):
            if hasattr(found, retired):
                setattr(found, retired, False)
        return found

    api.connect("127.0.0.1", options.port, options.client_id)
    threading.Thread(target=api.run, daemon=True).start()
    following = int(api.until(0, 1)[0][1])
    near, far = calls(api, made)

    def leg(number: int, action: str, ratio: int = 1) -> Any:
        return made(
            "ComboLeg", "contract", conId=number, ratio=ratio, action=action, exchange="SMART"
        )

    def bag(*legs: Any) -> Any:
        return made(
            "Contract", symbol="SPY", secType="BAG", exchange="SMART", currency="USD",
            comboLegs=list(legs),
        )  # fmt: skip

    vertical = bag(leg(near, "BUY"), leg(far, "SELL"))
    loose = [made("TagValue", "tag_value", tag="NonGuaranteed", value="1")]
    prices = [made("OrderComboLeg", "order", price=price) for price in (0.02, 0.01)]
    cases: dict[str, tuple[Any, Any]] = {
        "market": (vertical, order("BUY", "MKT")),
        "covered": (bag(leg(SPY, "BUY", 100), leg(near, "SELL")), order("BUY", "MKT")),
        "credit": (vertical, order("SELL", "LMT", lmtPrice=90.0)),
        "negative": (bag(leg(near, "SELL"), leg(far, "BUY")), order("BUY", "LMT", lmtPrice=-90.0)),
        "prices of legs": (
            vertical, order("BUY", "LMT", smartComboRoutingParams=loose, orderComboLegs=prices),
        ),
        "one leg": (bag(leg(near, "BUY")), order("BUY", "MKT")),
        "no legs": (bag(), order("BUY", "MKT")),
        "wrong ratio": (bag(leg(near, "BUY"), leg(far, "SELL", 0)), order("BUY", "MKT")),
        "stop": (vertical, order("BUY", "STP", auxPrice=1.0)),
    }  # fmt: skip
    for name, (contract, wanted) in cases.items():
        number, following = following, following + 1
        executed.clear()
        api.placeOrder(number, contract, wanted)
        fills = wanted.orderType == "MKT" and len(contract.comboLegs) == 2
        fills = fills and all(one.ratio for one in contract.comboLegs)
        with api.came:
            api.came.wait_for(
                lambda number=number, fills=fills: ready(api.told.get(number, ()), fills),
                answers.PATIENCE_S,
            )
        told = list(api.told.get(number, ()))
        opened = [one for one in told if one[0] == "openOrder"]
        if opened and not fills:
            api.cancelOrder(number, *cancelling(options.module))
            api.until(number, "error")
        shown = opened[-1][1:3] if opened else None
        row = {
            "case": name,
            "told": [one[0] for one in told if one[0] in ("execDetails", "openOrder")],
            "statuses": list(dict.fromkeys(one[1] for one in told if one[0] == "orderStatus")),
            "errors": [one[1] for one in told if one[0] == "error"],
            "executed": [
                [contract.secType, execution.side, str(float(execution.shares))]
                for contract, execution in executed
            ],
            "segments": [execution.execId.count(".") for _, execution in executed],
            "shown": shown and [
                shown[0]["conId"], shown[0]["tradingClass"], len(shown[0]["comboLegs"]),
                prices_in(shown[1]["orderComboLegs"]),
            ],
        }  # fmt: skip
        print(json.dumps(row), flush=True)
    api.disconnect()


def prices_in(rows: Any) -> list[str]:
    """The prices of legs that are set; older clients have no rows where none is."""
    found = [one["price"] for one in rows] if isinstance(rows, list) else []
    return [price for price in found if not price.lower().endswith("e+308")]


def ready(told: Any, fills: bool) -> bool:
    """Whether an order has said what its case waits for."""
    names = [one[0] for one in told]
    if "error" in names:
        return True
    return (
        names.count("execDetails") == 3 and names[-1] != "execDetails"
        if fills
        else ("orderStatus" in names)
    )


def calls(api: Any, made: Any) -> tuple[int, int]:
    """The numbers of two calls that are neighbours."""
    api.reqSecDefOptParams(9001, "SPY", "", "STK", SPY)
    told = api.until(9001, "securityDefinitionOptionParameterEnd")
    expiry = sorted(next(one for one in told if one[1] == "SMART")[5])[8]
    wanted = made(
        "Contract", symbol="SPY", secType="OPT", exchange="SMART", currency="USD", right="C",
        lastTradeDateOrContractMonth=expiry,
    )  # fmt: skip
    api.reqContractDetails(9002, wanted)
    told = api.until(9002, "contractDetailsEnd")
    found = [one[1]["contract"] for one in told if one[0] == "contractDetails"]
    ordered = sorted(found, key=lambda one: float(one["strike"]))
    middle = len(ordered) // 2
    return int(ordered[middle]["conId"]), int(ordered[middle + 1]["conId"])


if __name__ == "__main__":
    main()
