"""Calls with ib_async or ib_insync what a station may not serve, and says how each call ended.

    python async_unserved.py --module ib_async --port 7497 --client-id 1

One JSON object a line: the call, what it gave (``null``: not within the limit), the errors that
came meanwhile as pairs of code and text. Orders are calls as well: they end when their Trade does.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

LIMIT_S = 2.0


def requests(api: Any, ib: Any) -> dict[str, Callable[[], Awaitable[Any]]]:
    """The calls that wait for an answer, by the official name of the request."""
    stock = api.Contract(
        conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD"
    )
    option = api.Option("AAPL", "20261218", 250, "C", "SMART")
    boxed = api.Order(action="SELL", totalQuantity=1, orderType="BOX TOP", tif="DAY")
    calls = {
        "reqScannerSubscription": lambda: ib.reqScannerDataAsync(
            api.ScannerSubscription(
                numberOfRows=5,
                instrument="STOCK.EU",
                locationCode="STK.EU.AEB",
                scanCode="MOST_ACTIVE",
                abovePrice=1.0,
            )
        ),
        "no scanner": lambda: ib.reqScannerDataAsync(api.ScannerSubscription()),
        "reqScannerParameters": ib.reqScannerParametersAsync,
        "calculateImpliedVolatility": lambda: ib.calculateImpliedVolatilityAsync(option, 9.0, 250),
        "calculateOptionPrice": lambda: ib.calculateOptionPriceAsync(option, 0.3, 250),
        "reqFundamentalData": lambda: ib.reqFundamentalDataAsync(stock, "ReportSnapshot"),
        "RESC": lambda: ib.reqFundamentalDataAsync(stock, "RESC"),
        "reqNewsProviders": ib.reqNewsProvidersAsync,
        "no article": lambda: ib.reqNewsArticleAsync("BRFG", "BRFG$1"),
        "reqNewsArticle": lambda: article(ib),
        "reqHistoricalNews": lambda: ib.reqHistoricalNewsAsync(265598, "BRFG", "", "", 10),
        "no provider": lambda: ib.reqHistoricalNewsAsync(265598, "MOON", "", "", 10),
        "requestFA": lambda: ib.requestFAAsync(1),
        "ADJUSTED_LAST": lambda: bars(ib, stock, "ADJUSTED_LAST"),
        "whatIf": lambda: ib.whatIfOrderAsync(stock, boxed),
    }
    if hasattr(ib, "getWshMetaDataAsync"):
        wanted = api.WshEventData(conId=265598)
        calls["reqWshEventData"] = lambda: ib.getWshEventDataAsync(wanted)
        calls["reqWshMetaData"] = ib.getWshMetaDataAsync
        calls["wshe_ed"] = lambda: ib.getWshEventDataAsync(wanted)
    if hasattr(ib, "reqUserInfoAsync"):
        calls["reqUserInfo"] = ib.reqUserInfoAsync
    orders = {
        "BOX TOP": api.Order(action="SELL", totalQuantity=1, orderType="BOX TOP", tif="DAY"),
        "GTX": api.LimitOrder("BUY", 1, 1.0, tif="GTX"),
        "hedgeType": api.LimitOrder("BUY", 1, 1.0, tif="DAY", hedgeType="P"),
        "blockOrder": api.LimitOrder("BUY", 1, 1.0, tif="DAY", blockOrder=True),
    }
    for name, order in orders.items():
        calls[name] = lambda order=order: ended(ib.placeOrder(stock, order))
    return calls


async def article(ib: Any) -> Any:
    """The latest article about a stock."""
    found = await ib.reqHistoricalNewsAsync(265598, "BRFG+BRFUPDN+DJNL", "", "", 1)
    latest = (found if isinstance(found, list) else [found])[0]
    return await ib.reqNewsArticleAsync(latest.providerCode, latest.articleId)


async def bars(ib: Any, contract: Any, what: str) -> Any:
    return await ib.reqHistoricalDataAsync(contract, "", "1 D", "1 hour", what, True, timeout=60)


async def ended(trade: Any) -> str:
    while not trade.isDone():
        await trade.statusEvent
    return str(trade.orderStatus.status)


async def live_order(api: Any, ib: Any) -> dict[str, Any]:
    """A working order that gets terms that nobody serves: it works on."""
    stock = api.Contract(
        conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD"
    )
    trade = ib.placeOrder(stock, api.LimitOrder("BUY", 1, 1.0, tif="DAY"))
    while trade.orderStatus.status != "Submitted":
        await trade.statusEvent
    trade.order.scaleTable = "1 2 3"
    ib.placeOrder(stock, trade.order)
    while not any(entry.errorCode for entry in trade.log):
        await trade.statusEvent
    alive = not trade.isDone()
    code = next(entry.errorCode for entry in trade.log if entry.errorCode)
    ib.cancelOrder(trade.order)
    return {"call": "new terms", "gave": [alive, code, await ended(trade)], "errors": []}


async def travel(options: argparse.Namespace) -> None:
    api = importlib.import_module(options.module)
    ib = api.IB()
    errors: list[tuple[int, str]] = []
    ib.errorEvent += lambda _, code, text, *more: errors.append((code, text))
    await ib.connectAsync("127.0.0.1", options.port, clientId=options.client_id, timeout=10)
    for name, call in requests(api, ib).items():
        errors.clear()
        try:
            gave = repr(await asyncio.wait_for(call(), LIMIT_S))
        except TimeoutError:
            gave = None
        print(json.dumps({"call": name, "gave": gave, "errors": errors}), flush=True)
    print(json.dumps(await asyncio.wait_for(live_order(api, ib), 5 * LIMIT_S)), flush=True)
    ib.disconnect()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    logging.disable(logging.CRITICAL)
    asyncio.run(travel(parser.parse_args()))


if __name__ == "__main__":
    main()
