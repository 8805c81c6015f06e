"""Asks for bars with ``papertape.ibapi``, and decodes as many that lie in memory.

    python many_bars.py PORT VERSION DAYS ROUNDS

One JSON object: bars, seconds of each round to the last callback, seconds of the decoding alone.
"""

import json
import sys
import threading
import time
from decimal import Decimal
from typing import Any

from papertape.ibapi import client as client_module
from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.wrapper import EWrapper
from papertape.model import Bar
from papertape.wire.catalogue.history import HistoricalData
from papertape.wire.connection import encode


class Counter(EWrapper):
    """Counts bars."""

    def __init__(self) -> None:
        super().__init__()
        self.ready, self.ended, self.bars = threading.Event(), threading.Event(), 0

    def nextValidId(self, orderId: int) -> None:
        """Connected."""
        self.ready.set()

    def historicalData(self, reqId: int, bar: Any) -> None:
        """One more."""
        self.bars += 1

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        """The last one has come."""
        self.ended.set()

    def error(self, *_: Any) -> None:
        """Notices."""


def main() -> None:
    """Measure."""
    port, version, days, rounds = map(int, sys.argv[1:5])
    client_module.MAX_CLIENT_VER = version
    counter = Counter()
    app = EClient(counter)
    app.connect("127.0.0.1", port, 1)
    threading.Thread(target=app.run, daemon=True).start()
    assert counter.ready.wait(30)
    contract = Contract()
    contract.conId, contract.exchange = 265598, "SMART"
    seconds = []
    for number in range(rounds):
        counter.bars = 0
        counter.ended.clear()
        begun = time.perf_counter()
        app.reqHistoricalData(
            number + 1, contract, "", f"{days} D", "1 min", "TRADES", 0, 1, False, []
        )
        assert counter.ended.wait(120)
        seconds.append(time.perf_counter() - begun)
    bars = counter.bars
    app.disconnect()
    one = Bar("20260410 10:00:00 US/Eastern", 257.66, 257.7, 257.6, 257.65, Decimal(1000),
                  Decimal("257.651"), 12)  # fmt: skip
    data = encode(
        HistoricalData(1, [one] * bars, "20260410 10:00:00", "20260410 10:00:00"), version
    )
    begun = time.perf_counter()
    Dispatcher(version, Counter(), lambda *told: None).feed(data)
    found = {"bars": bars, "seconds": seconds, "decoding": time.perf_counter() - begun}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
