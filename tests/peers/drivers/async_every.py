"""Calls every request of ib_async or ib_insync, and says how each call ended.

    python async_every.py --module ib_async --port 7497 --client-id 1

One JSON object a line: the call, whether it ended, whether it gave something, the codes that came.
A stream has ended when it has told something, or an error; a Trade when it is done or has an error.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

LIMIT_S = 20.0
"""A scanner works its first answer out for seconds on a busy machine."""
CONNECT_S = 8.0
"""Each library waits ten seconds for a list of orders that does not come."""


def requests(api: Any, ib: Any, errors: list[int]) -> dict[str, Callable[[], Awaitable[Any]]]:
    """The calls by the names of their methods."""
    stock = api.Contract(
        conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD"
    )
    option = api.Option("AAPL", "20261218", 250, "C", "SMART")
    book = api.Contract(
        conId=265598, symbol="AAPL", secType="STK", exchange="NASDAQ", currency="USD"
    )
    past = ("20260410 15:00:00 US/Eastern", "", 10)

    async def told(has: Callable[[], Any]) -> Any:
        while not (found := has()) and not errors:
            await asyncio.sleep(0.02)
        return found

    async def stream(subscribe: Callable[[], Any], has: Callable[[Any], Any]) -> Any:
        one = subscribe()
        return await told(lambda: has(one))

    async def traded(trade: Any) -> Any:
        return await told(
            lambda: trade.orderStatus.status in ("Submitted", "PreSubmitted", "Filled")
        )

    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "accountSummary": ib.accountSummaryAsync,
        "calculateImpliedVolatility": lambda: ib.calculateImpliedVolatilityAsync(option, 9.0, 250),
        "calculateOptionPrice": lambda: ib.calculateOptionPriceAsync(option, 0.3, 250),
        "qualifyContracts": lambda: ib.qualifyContractsAsync(option),
        "reqAccountSummary": ib.reqAccountSummaryAsync,
        "reqAccountUpdates": lambda: ib.reqAccountUpdatesAsync(""),
        "reqAccountUpdatesMulti": lambda: ib.reqAccountUpdatesMultiAsync(""),
        "reqAllOpenOrders": ib.reqAllOpenOrdersAsync,
        "reqOpenOrders": ib.reqOpenOrdersAsync,
        "reqCompletedOrders": lambda: ib.reqCompletedOrdersAsync(False),
        "reqExecutions": ib.reqExecutionsAsync,
        "reqPositions": ib.reqPositionsAsync,
        "reqContractDetails": lambda: ib.reqContractDetailsAsync(stock),
        "reqMatchingSymbols": lambda: ib.reqMatchingSymbolsAsync("AAP"),
        "reqMarketRule": lambda: ib.reqMarketRuleAsync(26),
        "reqMktDepthExchanges": ib.reqMktDepthExchangesAsync,
        "reqSmartComponents": lambda: ib.reqSmartComponentsAsync("9c0001"),
        "reqSecDefOptParams": lambda: ib.reqSecDefOptParamsAsync("AAPL", "", "STK", 265598),
        "reqCurrentTime": ib.reqCurrentTimeAsync,
        "reqFundamentalData": lambda: ib.reqFundamentalDataAsync(stock, "ReportSnapshot"),
        "reqHeadTimeStamp": lambda: ib.reqHeadTimeStampAsync(stock, "TRADES", True, 1),
        "reqHistogramData": lambda: ib.reqHistogramDataAsync(stock, True, "1 day"),
        "reqHistoricalData": lambda: ib.reqHistoricalDataAsync(
            stock, "", "1 D", "1 hour", "TRADES", True, timeout=60
        ),
        "reqHistoricalNews": lambda: ib.reqHistoricalNewsAsync(265598, "BRFG", "", "", 10),
        "reqHistoricalSchedule": lambda: ib.reqHistoricalScheduleAsync(stock, 5),
        "reqHistoricalTicks": lambda: ib.reqHistoricalTicksAsync(stock, *past, "TRADES", False),
        "reqNewsArticle": lambda: ib.reqNewsArticleAsync("BRFG", "BRFG$1"),
        "reqNewsProviders": ib.reqNewsProvidersAsync,
        "reqScannerData": lambda: ib.reqScannerDataAsync(
            api.ScannerSubscription(
                numberOfRows=5, instrument="STOCK.EU", locationCode="STK.EU.AEB",
                scanCode="MOST_ACTIVE",
            )
        ),
        "reqScannerParameters": ib.reqScannerParametersAsync,
        "reqTickers": lambda: ib.reqTickersAsync(stock),
        "requestFA": lambda: ib.requestFAAsync(1),
        "whatIfOrder": lambda: ib.whatIfOrderAsync(stock, api.MarketOrder("BUY", 1)),
        "reqUserInfo": ib.reqUserInfoAsync,
        "getWshMetaData": ib.getWshMetaDataAsync,
        "getWshEventData": lambda: ib.getWshEventDataAsync(api.WshEventData(conId=265598)),
        "reqMktData": lambda: stream(lambda: ib.reqMktData(stock), lambda one: one.bid == one.bid),
        "reqMktDepth": lambda: stream(lambda: ib.reqMktDepth(book, 5), lambda one: one.domBids),
        "reqTickByTickData": lambda: stream(
            lambda: ib.reqTickByTickData(stock, "BidAsk", 5), lambda one: one.tickByTicks
        ),
        "reqRealTimeBars": lambda: stream(
            lambda: ib.reqRealTimeBars(stock, 5, "TRADES", False), len
        ),
        "reqScannerSubscription": lambda: stream(
            lambda: ib.reqScannerSubscription(
                api.ScannerSubscription(
                    numberOfRows=5, instrument="STOCK.EU", locationCode="STK.EU.AEB",
                    scanCode="MOST_ACTIVE",
                )
            ),
            len,
        ),
        "reqPnL": lambda: stream(
            lambda: ib.reqPnL(ib.managedAccounts()[0]), lambda one: one.dailyPnL == one.dailyPnL
        ),
        "placeOrder": lambda: traded(
            ib.placeOrder(stock, api.LimitOrder("BUY", 1, 1.0, tif="DAY"))
        ),
    }  # fmt: skip
    return calls


async def travel(options: argparse.Namespace) -> None:
    api = importlib.import_module(options.module)
    ib = api.IB()
    errors: list[int] = []
    ib.errorEvent += lambda _, code, text, *more: errors.append(code)
    begun = asyncio.get_running_loop().time()
    await ib.connectAsync("127.0.0.1", options.port, clientId=options.client_id, timeout=10)
    taken = asyncio.get_running_loop().time() - begun
    print(json.dumps({"call": "connect", "ended": taken < CONNECT_S, "gave": True, "errors": []}))
    for name, call in requests(api, ib, errors).items():
        errors.clear()
        try:
            found = await asyncio.wait_for(call(), LIMIT_S)
            ended, gave = True, bool(found) or name in ("reqAccountUpdates", "reqUserInfo")
        except TimeoutError:
            ended, gave = False, False
        except Exception as error:  # a library may raise what it was told
            ended, gave = True, False
            errors.append(getattr(error, "code", 0))
        line = {"call": name, "ended": ended, "gave": gave, "errors": errors}
        print(json.dumps(line), flush=True)
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
