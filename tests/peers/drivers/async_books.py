"""Follows a book with ib_async or ib_insync and prints its prices each time that they change.

One JSON object a line; sizes alone are no change.

python async_books.py --module ib_async --port 7497 --client-id 1
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json

STATES, LIMIT_S = 6, 150.0  # prices may stand for half a minute


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    options = parser.parse_args()
    api = importlib.import_module(options.module)
    ib = api.IB()
    await ib.connectAsync("127.0.0.1", options.port, clientId=options.client_id)
    (stock,) = await ib.qualifyContractsAsync(api.Stock("AAPL", "SMART", "USD"))
    book = ib.reqMktDepth(stock, 5, True)
    done, states = asyncio.Event(), []

    def changed(_: object) -> None:
        sides = [[level.price for level in side] for side in (book.domBids, book.domAsks)]
        if not states or states[-1] != sides:
            states.append(sides)
        if len(states) == STATES:
            done.set()

    book.updateEvent += changed
    await asyncio.wait_for(done.wait(), LIMIT_S)
    for bids, asks in states:
        print(json.dumps({"bids": bids, "asks": asks}))
    ib.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
