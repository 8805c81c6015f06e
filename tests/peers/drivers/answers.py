"""A program of the official shape that asks for ticks, books and profit, and says what it was told.

    python answers.py --module ibapi --port 7497 --client-id 1

One JSON object a line: what was asked, and the callbacks of that request's id, each with its
arguments as texts. Requests that a client's release has not are left out.
"""

from __future__ import annotations

import argparse
import enum
import importlib
import json
import threading
import time
from typing import Any

PATIENCE_S = 90.0  # a quiet stretch of the market has half a minute without another middle
LARGEST_CODE = 1_000_000  # newer clients tell the time of an error as well, in milliseconds
CALLBACKS = (
    "headTimestamp", "histogramData", "historicalTicks", "historicalTicksBidAsk",
    "historicalTicksLast", "historicalSchedule", "tickByTickAllLast", "tickByTickBidAsk",
    "tickByTickMidPoint", "updateMktDepth", "updateMktDepthL2", "pnl", "pnlSingle",
    "positionMulti", "positionMultiEnd", "tickOptionComputation", "displayGroupList",
    "displayGroupUpdated", "scannerData", "scannerDataEnd", "historicalNews", "historicalNewsEnd",
    "newsArticle",
)  # fmt: skip


def plain(value: Any) -> Any:
    """A callback's argument as JSON: lists as lists, sets in order, records as their attributes."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(one) for one in value)
    if hasattr(value, "__dict__") and not isinstance(value, enum.Enum):
        return {name: plain(one) for name, one in vars(value).items()}
    return str(value)


def program(name: str) -> Any:
    client = importlib.import_module(f"{name}.client").EClient
    wrapper = importlib.import_module(f"{name}.wrapper").EWrapper

    class Program(wrapper, client):  # type: ignore[misc]
        def __init__(self) -> None:
            wrapper.__init__(self)
            client.__init__(self, wrapper=self)
            self.told: dict[int, list[Any]] = {}
            self.came = threading.Condition()

        def note(self, number: int, name: str, values: Any) -> None:
            with self.came:
                self.told.setdefault(number, []).append([name, *map(plain, values)])
                self.came.notify_all()

        def nextValidId(self, orderId: int) -> None:
            self.note(0, "nextValidId", (orderId,))

        def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
            self.note(0, "execDetails", ())

        def error(self, reqId: int, *args: Any) -> None:
            code = next(one for one in args if isinstance(one, int) and one < LARGEST_CODE)
            self.note(reqId, "error", (code,))

        def until(self, number: int, wanted: int | str, patience: float = PATIENCE_S) -> list[Any]:
            """What came for an id, once there is that much of it, or a callback of that name."""

            def enough() -> bool:
                told = self.told.get(number, ())
                if isinstance(wanted, int):
                    return len(told) >= wanted
                return any(name in (wanted, "error") for name, *_ in told)

            with self.came:
                self.came.wait_for(enough, patience)
                return list(self.told.get(number, ()))

    def callback(name: str) -> Any:
        return lambda self, number, *args: self.note(number, name, args)

    for one in CALLBACKS:
        if hasattr(wrapper, one):
            setattr(Program, one, callback(one))
    return Program()


def scanner(api: Any, module: str, number: int) -> None:
    """The most active stocks of Germany."""
    wanted = importlib.import_module(f"{module}.scanner").ScannerSubscription()
    wanted.instrument, wanted.locationCode = "STOCK.EU", "STK.EU.IBIS"
    wanted.scanCode, wanted.numberOfRows, wanted.abovePrice = "MOST_ACTIVE", 5, 1.0
    api.reqScannerSubscription(number, wanted, [], [])


def asked_article(api: Any) -> tuple[str, str]:
    """Provider and id of a headline that has come."""
    rows = (row for told in api.told.values() for row in told if row[0] == "historicalNews")
    _, _, provider, number, _ = next(rows)
    return provider, number


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    options = parser.parse_args()
    api = program(options.module)

    def contract(**fields: Any) -> Any:
        made = importlib.import_module(f"{options.module}.contract").Contract()
        for name, value in {"exchange": "SMART", "currency": "USD", **fields}.items():
            setattr(made, name, value)
        return made

    stock = contract(symbol="AAPL", secType="STK")
    option = contract(symbol="AAPL", secType="OPT", right="C", strike=250.0, multiplier="100")
    option.lastTradeDateOrContractMonth = "20261218"
    order = importlib.import_module(f"{options.module}.order").Order()
    order.action, order.orderType, order.totalQuantity, order.tif = "BUY", "MKT", 5, "DAY"
    for retired in ("eTradeOnly", "firmQuoteOnly"):
        if hasattr(order, retired):
            setattr(order, retired, False)

    api.connect("127.0.0.1", options.port, options.client_id)
    threading.Thread(target=api.run, daemon=True).start()
    number = int(api.until(0, 1)[0][1])
    api.placeOrder(number, stock, order)
    api.until(0, 2)
    now = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
    asked: dict[str, tuple[int | str, Any]] = {
        "headTimestamp": (1, lambda n: api.reqHeadTimeStamp(n, stock, "TRADES", 1, 1)),
        "histogram": (1, lambda n: api.reqHistogramData(n, stock, True, "1 day")),
        "past trades": (
            1, lambda n: api.reqHistoricalTicks(n, stock, "", now, 10, "TRADES", 0, True, [])
        ),
        "past quotes": (
            1, lambda n: api.reqHistoricalTicks(n, stock, "", now, 10, "BID_ASK", 0, False, [])
        ),
        "past middles": (
            1, lambda n: api.reqHistoricalTicks(n, stock, "", now, 10, "MIDPOINT", 0, True, [])
        ),
        "trades": (3, lambda n: api.reqTickByTickData(n, stock, "AllLast", 5, True)),
        "quotes": (3, lambda n: api.reqTickByTickData(n, stock, "BidAsk", 5, False)),
        "middles": (2, lambda n: api.reqTickByTickData(n, stock, "MidPoint", 0, True)),
        "book": (11, lambda n: api.reqMktDepth(n, stock, 5, True, [])),
        "book of a venue": (
            10,
            lambda n: api.reqMktDepth(
                n, contract(symbol="AAPL", secType="STK", exchange="ARCA"), 5, False, []
            ),
        ),
        "pnl": (1, lambda n: api.reqPnL(n, "DU1234567", "")),
        "pnlSingle": (1, lambda n: api.reqPnLSingle(n, "DU1234567", "", 265598)),
        "positions": ("positionMultiEnd", lambda n: api.reqPositionsMulti(n, "DU1234567", "")),
        "volatility": (1, lambda n: api.calculateImpliedVolatility(n, option, 9.0, 250.0, [])),
        "price": (1, lambda n: api.calculateOptionPrice(n, option, 0.3, 250.0, [])),
        "line of an option": (
            4, lambda n: api.reqMktData(n, option, "", False, False, []),
        ),
        "scanner": ("scannerDataEnd", lambda n: scanner(api, options.module, n)),
        "news": (
            "historicalNewsEnd",
            lambda n: api.reqHistoricalNews(n, 265598, "BRFG+BRFUPDN+DJNL", "", "", 5, []),
        ),
        "groups": (1, api.queryDisplayGroups),
        "group": (1, lambda n: api.subscribeToGroupEvents(n, 1)),
    }  # fmt: skip
    if hasattr(api, "historicalSchedule"):
        asked["schedule"] = (
            1,
            lambda n: api.reqHistoricalData(
                n, stock, "", "5 D", "1 day", "SCHEDULE", 1, 1, False, []
            ),
        )
    for request, (_, ask) in enumerate(asked.values(), 1001):  # all, and then wait: some are slow
        ask(request)
    for request, (name, (wanted, _)) in enumerate(asked.items(), 1001):
        print(json.dumps({"asked": name, "told": api.until(request, wanted)}), flush=True)
    api.scannerParameters = lambda xml: api.note(1, "scannerParameters", (xml,))
    api.newsProviders = lambda found: api.note(2, "newsProviders", (found,))
    api.updateNewsBulletin = lambda *told: api.note(3, "updateNewsBulletin", told)
    for request, (name, ask) in enumerate(
        {
            "scanners": api.reqScannerParameters,
            "providers": api.reqNewsProviders,
            "bulletins": lambda: api.reqNewsBulletins(True),
        }.items(),
        1,
    ):
        ask()
        patience = 1.0 if name == "bulletins" else PATIENCE_S  # there may be none yet today
        print(json.dumps({"asked": name, "told": api.until(request, 1, patience)}), flush=True)
    api.reqNewsArticle(4, *asked_article(api), [])
    print(json.dumps({"asked": "article", "told": api.until(4, 1)}), flush=True)
    api.disconnect()


if __name__ == "__main__":
    main()
