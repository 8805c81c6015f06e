"""Account figures after a fill, by a walk over all positions and by sums that go on.

A station in this process has an account with 500 stocks of the synthetic tape (``--positions``).
Before: the account is valued anew, every row is made, and so is each position's. After: the
contract that has traded is looked at, the sums are corrected, and the rows that have changed are
made. Times are of the processor. Then the margin check of an order: a walk, and the broker's sums
within one second, at the first order of a second, and where that was worked out before. Both ways
run in turns, so that the machine is the same for both.

Then 32 clients follow the values of an account of 100 positions and the profit of all of them,
while one of them trades once a second: told is how long its order takes until its fill is sent, and
the processor time of a second.
"""

import statistics
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from functools import partial
from typing import Any

from .common import show
from .profit import _followers, _order

ROUNDS = 200
BLOCK, WALKS = 20, 4


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench figures", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--positions", type=int, default=500, help="of the account (500)")
    parser.add_argument("--seconds", type=int, default=60, help="of the clients (60)")
    chosen = parser.parse_args(options)
    rows = [
        [
            name,
            f"{statistics.median(before):.0f}",
            f"{statistics.median(after):.0f}",
            f"{p99(after):.0f}",
        ]
        for name, before, after in _ways(chosen.positions)
    ]
    head = ("microseconds", "before, median", "after, median", "after, p99")
    show(f"An account of {chosen.positions} positions", head, rows, "figures")
    orders, spent = _clients(chosen.seconds)
    rows = [
        ["an order until its fill is sent, median, ms", f"{statistics.median(orders):.2f}"],
        ["the same, p99, ms", f"{p99(orders):.2f}"],
        ["processor time of a second, median, ms", f"{statistics.median(spent):.1f}"],
    ]
    title = "32 clients that follow an account of 100 positions and its profit"
    show(title, ("", "one station"), rows, "figures_clients")


def p99(values: list[float]) -> float:
    """The value that a hundredth exceeds."""
    return sorted(values)[min(len(values) * 99 // 100, len(values) - 1)]


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1e3


def _ways(positions: int) -> list[tuple[str, list[float], list[float]]]:
    from papertape.venue.broker.ledger import LedgerPosition
    from papertape.venue.broker.margin import MarginCalculator
    from papertape.venue.units import SECOND

    hall, _ = _followers(203)
    station, engine = hall.station, hall.station.venue.engine
    account = engine.state.accounts["DU1234567"]
    for entry in engine.instruments.everything():
        if len(account.positions) >= positions:
            break
        if (entry.secType, entry.currency) == ("STK", "USD"):
            account.positions.setdefault(entry.conId, LedgerPosition(10_000, 10**8))
    numbers = sorted(account.positions)
    queries, margin = station.queries, engine.broker.margin
    running = queries.running("DU1234567", hall.now)
    figures: tuple[list[float], list[float]] = [], []
    checks: tuple[list[float], list[float]] = [], []
    first: tuple[list[float], list[float]] = [], []
    walker = MarginCalculator(engine.instruments, engine.top.look)
    for number in range(ROUNDS):
        hall.now += SECOND
        con_id = numbers[number % len(numbers)]

        def walk() -> None:
            queries.account_values("DU1234567", hall.now)
            queries.portfolio("DU1234567", hall.now)

        def sums(con_id: int, updates: int) -> None:
            running.fill([con_id], hall.now)
            running.rows(updates)
            queries.held_rows("DU1234567", [running.holdings[con_id]])

        # A walk leaves nothing of the sums in the processor's caches, and a station makes none: so
        # ways take turns by blocks of fills.
        if number % BLOCK == 0:
            figures[0].extend(_timed(walk) for _ in range(WALKS))
        account.positions[con_id].quantity += 10_000
        account.cash["USD"] -= 10**6
        station.venue.quote(con_id, hall.now)  # the match has just looked at it
        figures[1].append(_timed(partial(sums, con_id, running.book.updates)))
    for number in range(ROUNDS):
        hall.now += SECOND
        con_id = numbers[number % len(numbers)]
        engine.top.begin(hall.now)
        walked = _timed(lambda: walker.worth(account))
        checks[0].append(walked)
        first[0].append(walked)
        first[1].append(_timed(lambda: margin.worth(account)))
        margin.touched("DU1234567", con_id)
        checks[1].append(_timed(lambda: margin.worth(account)))
    ahead: tuple[list[float], list[float]] = first[1], []
    for _ in range(ROUNDS):
        for _ in engine.preparing(hall.now):
            pass
        hall.now += SECOND
        engine.top.begin(hall.now)
        ahead[1].append(_timed(lambda: margin.worth(account)))
    return [
        ("figures of a fill", *figures),
        ("margin check of an order", *checks),
        ("the same, the first of a second", *first),
        ("the same, prepared in the second before", *ahead),
    ]


def _clients(seconds: int) -> tuple[list[float], list[float]]:
    from papertape.model import Contract
    from papertape.venue.units import SECOND
    from papertape.wire.catalogue.account import ReqAccountUpdates
    from papertape.wire.catalogue.orders import PlaceOrder

    hall, clients = _followers(203)
    station: Any = hall.station
    station.timing.stopwatch = time.perf_counter_ns
    for client in clients:
        client.send(ReqAccountUpdates(True, "DU1234567"))
        client.pipe.data = b""
    orders, spent = [], []
    trader, contract = clients[0], Contract(conId=265598, exchange="SMART")
    for number in range(1000, 1000 + seconds):
        hall.now += SECOND
        began = time.process_time_ns()
        # What the second brings is under way when the order comes: it waits for one piece of it.
        station.step(hall.now)
        data = trader.connection.send(PlaceOrder(number, contract, _order()))
        came = time.process_time_ns()
        station.step(hall.now)
        station.receive(trader.session, data, hall.now)
        station.flush()
        orders.append((time.process_time_ns() - came) / 1e6)
        while (due := station.next_due()) is not None and due <= hall.now:
            station.step(hall.now)
            station.flush()
        spent.append((time.process_time_ns() - began) / 1e6)
        for client in clients:
            client.pipe.data = b""
    return orders, spent
