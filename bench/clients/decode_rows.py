"""Decodes ticks that lie in memory with ``papertape.ibapi``: what no station can exceed.

    python decode_rows.py VERSION COUNT

One JSON object: callbacks a second of processor time.
"""

import json
import sys
import time
from decimal import Decimal
from typing import Any

from papertape.ibapi.dispatch import Dispatcher
from papertape.ibapi.wrapper import EWrapper
from papertape.model import HistoricalTickLast
from papertape.wire.catalogue.market import TickPrice, TickSize, TickString
from papertape.wire.catalogue.ticks import TickByTickData
from papertape.wire.connection import encode


class Counter(EWrapper):
    """Counts what comes."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def tick(self, *_: Any) -> None:
        """One more."""
        self.count += 1

    tickPrice = tickSize = tickString = tickByTickAllLast = tick


def main() -> None:
    """Decode so many."""
    version, count = int(sys.argv[1]), int(sys.argv[2])
    messages = []
    for number in range(1000):
        price, size = 168 + number % 50 / 100, Decimal(100 + number % 30 * 100)
        last = HistoricalTickLast(time=1_776_000_000, price=price, size=size, exchange="ARCA")
        messages += [
            TickByTickData(1, 2, last),
            TickPrice(2, 1, price, size, 1),
            TickSize(2, 0, size),
            TickSize(2, 8, size),
            TickString(2, 45, "1776000000"),
        ]
    data = b"".join(encode(one, version) for one in messages)
    counter = Counter()
    dispatcher = Dispatcher(version, counter, lambda *told: None)
    begun = time.process_time()
    while counter.count < count:
        dispatcher.feed(data)
    print(json.dumps({"rate": counter.count / (time.process_time() - begun)}))


if __name__ == "__main__":
    main()
