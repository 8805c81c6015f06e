"""Asks with ib_async or ib_insync for contracts that are complete, and for some that are not.

    python async_contracts.py --module ib_async --port 7497 --client-id 1

One JSON object a line: what was asked, what it gave, the errors that came meanwhile as pairs of
code and text.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

LIMIT_S = 2.0
SPY_ID = 756733


def questions(api: Any, ib: Any) -> dict[str, Callable[[], Awaitable[Any]]]:
    """What is asked, by a name."""
    smart = {"exchange": "SMART", "currency": "USD"}
    everywhere = api.Contract(secType="STK", symbol="AAPL", primaryExchange="SMART", **smart)
    local = api.Contract(secType="STK", localSymbol="SPY", primaryExchange="SMART", **smart)
    held = api.Contract(conId=SPY_ID, symbol="SPY", secType="STK", currency="USD")
    return {
        "details by number": lambda: numbers(ib, api.Contract(conId=SPY_ID)),
        "details without exchange": lambda: numbers(ib, api.Contract(secType="STK", symbol="SPY")),
        "details, SMART primary": lambda: numbers(ib, everywhere),
        "details, local symbol": lambda: numbers(ib, local),
        "qualified": lambda: qualified(ib, api.Contract(conId=SPY_ID)),
        "quotes without exchange": lambda: refused(ib, lambda: ib.reqMktData(held)),
        "history without exchange": lambda: refused(ib, lambda: history(ib, held)),
        "history by number": lambda: history(ib, api.Contract(conId=SPY_ID, exchange="SMART")),
        "no such type": lambda: refused(
            ib, lambda: ib.reqContractDetailsAsync(api.Contract(secType="FOO", symbol="SPY"))
        ),
        "no such exchange": lambda: numbers(ib, api.Stock("SPY", "XPAR", "USD")),
        "order without exchange": lambda: refused(
            ib, lambda: ib.placeOrder(held, api.MarketOrder("BUY", 1, tif="DAY"))
        ),
        "option qualified": lambda: chosen(ib, api),
        "future qualified": lambda: named(ib, api.ContFuture("ES", "CME")),
        "option parameters": lambda: parameters(ib),
        "matching symbols": lambda: matching(ib),
        "price steps": lambda: steps(ib),
        "exchange map": lambda: letters(ib),
        "books": lambda: books(ib),
    }


async def chosen(ib: Any, api: Any) -> list[str]:
    """An option from the expiries and strikes that the station has, made complete."""
    rows = await ib.reqSecDefOptParamsAsync("AAPL", "", "STK", 265598)
    row = next(row for row in rows if row.exchange == "SMART")
    expiry = sorted(row.expirations)[len(row.expirations) // 2]
    return await named(ib, api.Option("AAPL", expiry, 300, "C", "SMART"))


async def named(ib: Any, contract: Any) -> list[str]:
    """Type, class and multiplier of what a description comes down to."""
    (one,) = await ib.qualifyContractsAsync(contract)
    assert one.conId and one.localSymbol
    return [one.secType, one.tradingClass, one.multiplier]


async def parameters(ib: Any) -> list[Any]:
    """Classes and multipliers, and how many exchanges."""
    rows = await ib.reqSecDefOptParamsAsync("SPX", "", "IND", 416904)
    assert all(row.expirations and row.strikes for row in rows)
    return [sorted({(row.tradingClass, row.multiplier) for row in rows}), len(rows)]


async def matching(ib: Any) -> list[Any]:
    """The first match, and what there is on it."""
    first, *_ = await ib.reqMatchingSymbolsAsync("AAPL")
    return [first.contract.conId, first.contract.secType, first.derivativeSecTypes]


async def steps(ib: Any) -> list[list[float]]:
    return [[row.lowEdge, row.increment] for row in await ib.reqMarketRuleAsync(109)]


async def letters(ib: Any) -> list[Any]:
    rows = await ib.reqSmartComponentsAsync("9c0001")
    return [len(rows), rows[15].exchange, rows[15].exchangeLetter]


async def books(ib: Any) -> bool:
    rows = await ib.reqMktDepthExchangesAsync()
    return ("IDEALPRO", "CASH", "Deep") in {
        (r.exchange, r.secType, r.serviceDataType) for r in rows
    }


async def numbers(ib: Any, contract: Any) -> list[int]:
    """The numbers of the contracts that fit."""
    return sorted({row.contract.conId for row in await ib.reqContractDetailsAsync(contract)})


async def qualified(ib: Any, contract: Any) -> list[str]:
    """The exchanges that the library fills in."""
    return [one.exchange for one in await ib.qualifyContractsAsync(contract)]


def history(ib: Any, contract: Any) -> Awaitable[Any]:
    return count(
        ib.reqHistoricalDataAsync(contract, "", "1 D", "1 hour", "TRADES", False, timeout=LIMIT_S)
    )


async def count(bars: Awaitable[Any]) -> bool:
    return len(await bars) > 0


async def refused(ib: Any, ask: Callable[[], Any]) -> str:
    """Ask and wait for the error: to some calls that answer alone is none."""
    told = asyncio.get_running_loop().create_future()

    def tell(*_: Any) -> None:
        if not told.done():
            told.set_result("refused")

    ib.errorEvent += tell
    asked = ask()
    waiting = asyncio.ensure_future(asked) if asyncio.iscoroutine(asked) else None
    gave: str = await told
    ib.errorEvent -= tell
    if waiting is not None:
        waiting.cancel()
    return gave


async def travel(options: argparse.Namespace) -> None:
    api = importlib.import_module(options.module)
    ib = api.IB()
    errors: list[tuple[int, str]] = []
    ib.errorEvent += lambda _, code, text, *more: errors.append((code, text))
    await ib.connectAsync("127.0.0.1", options.port, clientId=options.client_id, timeout=10)
    for name, ask in questions(api, ib).items():
        errors.clear()
        gave = await asyncio.wait_for(ask(), 2 * LIMIT_S)
        print(json.dumps({"asked": name, "gave": gave, "errors": errors}), flush=True)
    ib.disconnect()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, default=1)
    asyncio.run(travel(parser.parse_args()))


if __name__ == "__main__":
    main()
