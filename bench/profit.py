"""Profit and loss for many clients: how long others wait, and what a second costs the station.

A station in this process has an account with 100 stocks of the synthetic tape. 32 clients follow
the profit of the account and of every position: 101 rows each. The market runs at 60 times its
speed, so that nearly every row changes every second. Each second the station works until nothing
is due. Told are the longest piece of work without a look at other clients, and the processor time
of all pieces of a second. Then the clients follow the account's values as well, and one of them
trades: how long that turn takes.
"""

import statistics
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from .common import ROOT, show

CLIENTS, POSITIONS, SPEED = 32, 100, 60
TRADES = 20
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench profit", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=20, help="seconds that are measured (20)")
    parser.add_argument("--version", type=int, default=203, help="of the clients (203)")
    chosen = parser.parse_args(options)
    hall, clients = _followers(chosen.version)
    longest, spent, sent = _measured(hall, clients, chosen.seconds)
    rows = [
        ["longest piece of work, ms", f"{max(longest) / 1e6:.1f}"],
        ["longest of a second, median, ms", f"{statistics.median(longest) / 1e6:.1f}"],
        ["processor time of a second, median, ms", f"{statistics.median(spent) / 1e6:.1f}"],
        ["rows of a second, median", f"{statistics.median(sent):.0f}"],
    ]
    turns = _turns(hall, clients)
    rows.append(["a fill, told with the account to all, median, ms",
                 f"{statistics.median(turns) / 1e6:.1f}"])  # fmt: skip
    title = f"Profit of {POSITIONS} positions and the account, {CLIENTS} clients"
    show(title, ("", "one station"), rows, "profit")


def _measured(
    hall: Any, clients: list[Any], seconds: int
) -> tuple[list[int], list[int], list[int]]:
    """Of every second: the longest piece, the time of all, both in nanoseconds, and the rows."""
    from papertape.venue.units import SECOND

    station = hall.station
    hall.station.timing.stopwatch = time.perf_counter_ns
    longest, spent, sent = [], [], []
    for _ in range(seconds):
        hall.now += SPEED * SECOND
        before = sum(client.session.sent for client in clients)
        pieces = []
        while not pieces or ((due := station.next_due()) is not None and due <= hall.now):
            began = time.process_time_ns()
            station.step(hall.now)
            station.flush()
            pieces.append(time.process_time_ns() - began)
        longest.append(max(pieces))
        spent.append(sum(pieces))
        sent.append(sum(client.session.sent for client in clients) - before)
        for client in clients:
            client.pipe.data = b""
    return longest, spent, sent


def _turns(hall: Any, clients: list[Any]) -> list[int]:
    """The processor time of turns in which one client trades and all are told, in nanoseconds."""
    from papertape.model import Contract
    from papertape.wire.catalogue.account import ReqAccountUpdates
    from papertape.wire.catalogue.orders import PlaceOrder

    for client in clients:
        client.send(ReqAccountUpdates(True, "DU1234567"))
    turns = []
    (trader, *_), contract = clients, Contract(conId=265598, exchange="SMART")
    for number in range(1000, 1000 + TRADES):
        hall.wait(1)
        data = trader.connection.send(PlaceOrder(number, contract, _order()))
        began = time.process_time_ns()
        hall.station.receive(trader.session, data, hall.now)
        hall.turn()
        turns.append(time.process_time_ns() - began)
        for client in clients:
            client.pipe.data = b""
    return turns


def _followers(version: int) -> tuple[Any, list[Any]]:
    """A station whose account holds the stocks, and its clients."""
    sys.path.insert(0, str(ROOT / "tests"))
    from papertape.model import Contract
    from papertape.server.assembly import open_tape
    from papertape.server.clock import MarketClock
    from papertape.server.persistence import MarketFacts
    from papertape.venue.reference.listings import CATALOGUE
    from papertape.wire.catalogue.orders import PlaceOrder
    from papertape.wire.catalogue.pnl import ReqPnL, ReqPnLSingle
    from server.pair import Hall
    from venue.scenario import START

    facts = MarketFacts(START, 7, MarketClock(START, START, 1.0))
    hall = Hall(market=open_tape(None, facts))
    found = {
        entry.conId: entry
        for letter in LETTERS
        for entry in CATALOGUE.search(letter)
        if (entry.secType, entry.currency) == ("STK", "USD")
    }
    numbers = sorted(found)[:POSITIONS]
    clients = [hall.client(number, version) for number in range(1, CLIENTS + 1)]
    for number, con_id in enumerate(numbers, 1):
        order = _order()
        clients[0].send(PlaceOrder(number, Contract(conId=con_id, exchange="SMART"), order))
    held = hall.station.queries.positions()
    if len(held) < POSITIONS:
        raise RuntimeError(f"only {len(held)} of {POSITIONS} stocks could be bought")
    for client in clients:
        client.send(ReqPnL(1, "DU1234567"))
        client.send(*(ReqPnLSingle(place, "DU1234567", "", con_id)
                      for place, con_id in enumerate(numbers, 2)))  # fmt: skip
        client.pipe.data = b""
    return hall, clients


def _order() -> Any:
    from decimal import Decimal

    from papertape.model import Order

    return Order(action="BUY", totalQuantity=Decimal(1), orderType="MKT", tif="DAY")
