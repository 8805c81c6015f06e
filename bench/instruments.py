"""What an order costs while orders rest in so many instruments, and what a minute of market costs.

Limits far from the market rest in 1 to 2,000 shares of the catalogue. Then orders in one of them
are submitted, each with the question when the venue is due next, and a minute of market goes by as
it does in a station: from one due instant to the next. Processor time of the engine alone, medians.
"""

import itertools
import statistics
import time
from decimal import Decimal
from typing import Any

from papertape.model import Contract, Order
from papertape.server.assembly import compose
from papertape.venue.commands import SubmitOrder
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE

from .common import show

COUNTS = (1, 10, 100, 500, 2_000)
ORDERS, ROUNDS = 50, 3
APART = 2_000_000
"""Nanoseconds between two orders."""


def run() -> None:
    """Measure, print, keep."""
    shares = (one for one in CATALOGUE.everything() if one.secType == "STK")
    chosen = list(itertools.islice((one for one in shares if one.currency == "USD"), COUNTS[-1]))
    numbers = itertools.count(1)
    rows = []
    with compose(wall=time.time_ns(), data_dir=None) as composed:
        engine = composed.station.engine

        def submit(entry: Any, now: int) -> None:
            order = Order(
                action="BUY", totalQuantity=Decimal(1), orderType="LMT", tif="DAY", lmtPrice=0.01
            )
            contract = Contract(
                conId=entry.conId, symbol=entry.symbol, secType="STK", exchange="SMART"
            )
            engine.submit(SubmitOrder(1, next(numbers), contract, order), now)
            engine.drain_journal()

        resting = 0
        for count in COUNTS:
            for entry in chosen[resting:count]:
                submit(entry, engine.clock)
            resting = count
            engine.next_due()
            costs, minutes, stops = [], [], 0
            for _ in range(ROUNDS):
                begun, now = time.process_time(), engine.clock
                for _ in range(ORDERS):
                    now += APART
                    submit(chosen[0], now)
                    engine.next_due()
                costs.append((time.process_time() - begun) / ORDERS)
                begun, end, stops = time.process_time(), engine.clock + MINUTE, 0
                while (due := engine.next_due()) is not None and due <= end:
                    engine.advance(due)
                    stops += 1
                engine.advance(end)
                minutes.append(time.process_time() - begun)
            rows.append([
                f"{count:,}",
                f"{statistics.median(costs) * 1e6:,.0f}",
                f"{statistics.median(minutes) * 1e3:,.0f}",
                f"{stops:,}",
            ])  # fmt: skip
    title = "Orders that rest in so many instruments"
    columns = ("instruments", "an order, µs", "a minute of market, ms", "stops in it")
    show(title, columns, rows, "instruments")
