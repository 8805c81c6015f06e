"""Drives an engine of the first or the second edition, whichever PYTHONPATH brings.

``venue.py WORK [ARGUMENT …]`` prints one line of JSON. Work: ``rates WORKLOAD SINK ORDERS``,
``memory ORDERS``, ``quiet WORKING``; of the second edition alone: ``fill DIR FACTS WORKING DAYS
WORKLOAD HISTORY``, ``start DIR``, ``replay FACTS``, ``slices WORKING SNAPSHOTS``. Whatever the two
call differently is said here, once.
"""

import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from papertape.model import Contract, Order, SoftDollarTier
from papertape.venue import commands
from papertape.venue.commands import SubmitOrder
from papertape.venue.engine import Engine

CancelApiOrder = getattr(commands, "CancelApiOrder", None) or commands.CancelOrder
"""Its name, and that of older editions."""
SECOND = hasattr(Engine, "submit")
if SECOND:
    from papertape.server.persistence import Keeper
    from papertape.venue.entries import SCHEMA
    from papertape.venue.market.source import DayStats, Quote
    from papertape.venue.reference.listings import CATALOGUE
else:
    from papertape.server.keep import Keeper
    from papertape.venue.listings import CATALOGUE

    from papertape.venue.market import DayStats, Quote

START = 1_776_088_800_000_000_000  # 10:00 in New York on 13 April 2026
STEP = 1_000
TAPE = START + 10**9
"""When the tape begins."""
LATER = START + 10**18
"""When the next tick comes that no tape tells of."""
BID, ASK = 100_0000, 100_0100
PLENTY = 10**15
WINDOW = 4_000
"""Commands that are timed, once the day has the number of orders."""
DAY = 86_400 * 10**9
PAUSE_S = 0.001
"""Between turns, as a station waits for its clients."""
BETWEEN_S = 0.5
"""Between snapshots; a station has 50,000 facts there."""
ALWAYS = {
    "discretionaryAmt": 0.0,
    "peggedChangeAmount": 0.0,
    "referenceChangeAmount": 0.0,
    "softDollarTier": SoftDollarTier(),
}
"""What the official client sends with every order besides what it is told."""
AT_ONCE = 64
"""Commands that share a commit, as those of one turn of a station do."""
STOCKS = [entry for entry in CATALOGUE if entry.secType == "STK" and entry.currency == "USD"]


class Market:
    """One quote for ever, and a tape of one instrument that never reaches 90."""

    def __contains__(self, con_id: int) -> bool:
        """Whether there are prices of it."""
        return True

    def __init__(self, ticks: int = 0) -> None:
        self.tape = [
            Quote(STOCKS[0].conId, TAPE + i * STEP, BID - i % 7 * 100, 10_0000, ASK, 10_0000)
            for i in range(ticks)
        ]

    def con_ids(self) -> Iterable[int]:
        return [entry.conId for entry in CATALOGUE]

    def quote(self, con_id: int, now: int) -> Quote:
        return Quote(con_id, START, BID, PLENTY, ASK, PLENTY)

    def day(self, con_id: int, now: int) -> DayStats:
        return DayStats(BID, ASK, BID, BID, 0, BID, 1, START)

    def actions_ahead(self, con_id: int, after: int) -> None:
        """No split or dividend is to come."""

    def ticks(self, con_id: int, after: int, until: int) -> Iterator[Quote]:
        if con_id != STOCKS[0].conId:
            return iter(())
        return iter(self.tape[_passed(after) : _passed(until)])

    def next_tick(self, con_id: int, after: int) -> int | None:
        passed = _passed(after)
        if con_id == STOCKS[0].conId and passed < len(self.tape):
            return self.tape[passed].time
        return LATER


def _passed(now: int) -> int:
    """How many ticks of the tape there have been."""
    return max(0, (now - TAPE) // STEP + 1)


class Bench:
    """An engine, its time, and the number of its next order."""

    def __init__(self, ticks: int = 0) -> None:
        self.engine = Engine(Market(ticks))
        self.do: Callable[[Any, int], Any] = self.engine.submit if SECOND else self.engine.apply
        self.now = START
        self.last = 0
        if SECOND:
            self.engine.open_accounts(START)

    def submits(self, stock: Any, limit: float, action: str, tif: str = "DAY") -> Any:
        """The next order, as the server would make it out of a message."""
        self.last += 1
        contract = Contract(symbol=stock.symbol, secType="STK", exchange="SMART", currency="USD")
        order = Order(
            action=action,
            totalQuantity=Decimal(1),
            orderType="LMT",
            lmtPrice=limit,
            tif=tif,
            **ALWAYS,
        )
        return SubmitOrder(1, self.last, contract, order)

    def commands(self, workload: str, count: int) -> list[Any]:
        """The next commands of a workload."""
        if workload == "resting":
            return [self.submits(STOCKS[0], 90.0 - i % 500 / 100, "BUY") for i in range(count)]
        if workload == "crossing":
            sides = ((101.0, "BUY"), (99.0, "SELL"))
            return [self.submits(STOCKS[0], *sides[i % 2]) for i in range(count)]
        if workload == "mixed":
            return self.mixed(count)
        found: list[Any] = []
        for i in range(count // 2):
            found.append(self.submits(STOCKS[0], 90.0 - i % 500 / 100, "BUY"))
            found.append(CancelApiOrder(1, self.last))
        return found

    def mixed(self, count: int) -> list[Any]:
        """Of twelve commands: three limits, a stop, a bracket of three, a group of two, and the
        cancellation of a limit, of the bracket and of the group."""
        stock, found = STOCKS[0], []
        for i in range(-(-count // 12)):
            limit = 90.0 - i % 500 / 100
            found += [self.submits(stock, limit, "BUY") for _ in range(3)]
            found.append(self.of(orderType="STP", lmtPrice=None, auxPrice=limit, action="SELL"))
            found.append(self.of(lmtPrice=limit, transmit=False))
            parent = self.last
            child = {"action": "SELL", "parentId": parent}
            found.append(self.of(lmtPrice=120.0, transmit=False, **child))
            found.append(self.of(orderType="STP", lmtPrice=None, auxPrice=80.0, **child))
            group = {"ocaGroup": f"g{self.last}", "ocaType": 1}
            found += [self.of(lmtPrice=limit, **group) for _ in range(2)]
            found += [CancelApiOrder(1, one) for one in (parent - 3, parent, self.last)]
        return found[:count]

    def of(self, **fields: Any) -> Any:
        """The next order with these fields."""
        command = self.submits(STOCKS[0], 90.0, "BUY")
        for name, value in fields.items():
            setattr(command.order, name, value)
        return command

    def run(self, commands: list[Any], drain: Callable[[], object], at_once: int) -> None:
        """Carry the commands out, draining after each few."""
        do, now = self.do, self.now
        for at in range(0, len(commands), at_once):
            for command in commands[at : at + at_once]:
                now += STEP
                do(command, now)
            drain()
        self.now = now

    def discard(self) -> None:
        """Let facts and rows go."""
        self.engine.drain_journal()
        if SECOND:
            self.engine.drain_archive()


def open_journal(folder: Path, stack: ExitStack) -> Any:
    """The journal of whichever edition."""
    from papertape.store.journal import Journal

    version = SCHEMA if SECOND else 1
    return stack.enter_context(Journal.open(folder / "journal.sqlite", schema_version=version))


def rates(workload: str, sink: str, orders: str) -> dict[str, Any]:
    """Commands a second at several numbers of orders of the day."""
    bench, found = Bench(), []
    with ExitStack() as stack:
        drain, at_once = bench.discard, AT_ONCE
        if sink != "drained":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            keeper = Keeper(open_journal(folder, stack))
            drain, at_once = lambda: keeper.commit(bench.engine), int(sink)
        per_order = 2 if workload == "cancel" else 1
        for wanted in map(int, orders.split(",")):
            while bench.last < wanted:
                few = min(4096, (wanted - bench.last) * per_order)
                bench.run(bench.commands(workload, few), drain, AT_ONCE)
            commands = bench.commands(workload, WINDOW)
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            bench.run(commands, drain, at_once)
            found.append((
                wanted,
                WINDOW / (time.perf_counter() - wall),
                WINDOW / (time.process_time() - cpu),
            ))  # fmt: skip
        check(bench, workload)
    return {"rates": found}


def check(bench: Bench, workload: str) -> None:
    """The work was done: as many orders work as should, and the ids went on."""
    state = bench.engine.state
    working = sum(order.working for order in state.orders.values())
    if workload != "mixed":
        assert working == (bench.last if workload == "resting" else 0), working
    fills = state.next_execution - bench.engine.profile.first_execution
    assert fills == (bench.last if workload == "crossing" else 0), fills


def memory(orders: str) -> dict[str, Any]:
    """What so many finished orders leave in memory, in MB."""
    bench = Bench()
    bench.run(bench.commands("cancel", 2000), bench.discard, AT_ONCE)
    gc.collect()
    before = resident()
    while bench.last < int(orders):
        bench.run(bench.commands("cancel", 4000), bench.discard, AT_ONCE)
    gc.collect()
    return {"mb": resident() - before}


def resident() -> float:
    """Resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def quiet(working: str) -> dict[str, Any]:
    """The time of a quote that reaches nobody, in µs, while others work elsewhere."""
    ticks = 50_000
    bench = Bench(ticks)
    bench.run([bench.submits(STOCKS[0], 80.0, "BUY")], bench.discard, AT_ONCE)
    elsewhere = STOCKS[1:]
    count = int(working)
    few = [bench.submits(elsewhere[i % len(elsewhere)], 90.0, "BUY") for i in range(count)]
    bench.run(few, bench.discard, AT_ONCE)
    began = time.process_time()
    bench.engine.advance(TAPE + ticks * STEP)
    return {"us": (time.process_time() - began) / ticks * 1e6}


# -- the second edition alone -----------------------------------------------------------------


def fill(
    folder: str, facts: str, working: str, days: str, workload: str, history: str
) -> dict[str, Any]:
    """A journal with so many facts of some days behind a snapshot, and so many working orders."""
    bench = Bench()
    with ExitStack() as stack:
        keeper = Keeper(open_journal(Path(folder), stack), keep_history=history == "history")

        def keep() -> None:
            keeper.commit(bench.engine)
            keeper.step()

        orders = [bench.submits(STOCKS[0], 90.0, "BUY", "GTC") for _ in range(int(working))]
        bench.run(orders, keep, 1000)
        for day in range(1, int(days) + 1):
            while bench.engine.state.facts < int(facts) * day // int(days):
                bench.run(bench.commands(workload, 4000), keep, 1000)
            if day < int(days):
                bench.now += DAY
                bench.engine.advance(bench.now)
        keep()
        keeper.finish(bench.engine)
    return {"facts": bench.engine.state.facts, "hash": bench.engine.state_hash()}


def start(folder: str) -> dict[str, Any]:
    """Seconds until the engine is where it was, and of them the processor's."""
    with ExitStack() as stack:
        began, cpu = time.perf_counter(), time.process_time()
        keeper = Keeper(open_journal(Path(folder), stack))
        engine = Engine(Market())
        replayed = keeper.recover(engine)
        told = {"s": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        told["mb"] = resident()
    return {**told, "replayed": replayed, "working": len(engine.state.orders),
            "over": len(engine.archive.order_ids()), "hash": engine.state_hash()}  # fmt: skip


def replay(facts: str) -> dict[str, Any]:
    """Facts a second out of a journal that keeps its history, from the first entry."""
    bench = Bench()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        keeper = Keeper(journal := open_journal(folder, stack), keep_history=True)
        for workload in ("resting", "cancel", "crossing"):
            wanted = bench.engine.state.facts + int(facts) // 3
            while bench.engine.state.facts < wanted:
                few = bench.commands(workload, 1000)
                bench.run(few, lambda: keeper.commit(bench.engine), AT_ONCE)
        fresh = Engine(None)
        began = time.process_time()
        Keeper(journal).recover(fresh)
        took = time.process_time() - began
    assert fresh.state_hash() == bench.engine.state_hash()
    return {"per_s": fresh.state.facts / took, "facts": fresh.state.facts}


def slices(working: str, snapshots: str) -> dict[str, Any]:
    """Milliseconds of the turns that write snapshots, by the wall clock and by their thread's:
    of each snapshot the median and the longest."""
    bench = Bench()
    found: dict[str, list[float]] = {"wall": [], "longest": [], "cpu": [], "most": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        keeper = Keeper(open_journal(folder, stack))

        def keep() -> None:
            keeper.commit(bench.engine)
            keeper.step()

        orders = (STOCKS[i % len(STOCKS)] for i in range(int(working)))
        bench.run([bench.submits(stock, 90.0, "BUY", "GTC") for stock in orders], keep, AT_ONCE)
        for _ in range(int(snapshots)):
            bench.run(bench.commands("cancel", 2000), keep, AT_ONCE)
            time.sleep(BETWEEN_S)
            turns = list(_saving(bench, keeper))
            walls, cpus = ([turn[clock] * 1e3 for turn in turns] for clock in (0, 1))
            for name, figure in (
                ("wall", statistics.median(walls)), ("longest", max(walls)),
                ("cpu", statistics.median(cpus)), ("most", max(cpus)),
            ):  # fmt: skip
                found[name].append(figure)
    return found


def _saving(bench: Bench, keeper: Any) -> Iterator[tuple[float, float]]:
    """Seconds of each turn while a snapshot is written and what it replaces is cleared away."""
    keeper._wanted = True
    while keeper._wanted or keeper.busy:
        time.sleep(PAUSE_S)
        bench.run(bench.commands("cancel", 2), lambda: None, 2)
        wall, cpu = time.perf_counter(), time.thread_time()
        keeper.commit(bench.engine)
        keeper.step(time.perf_counter_ns)
        yield time.perf_counter() - wall, time.thread_time() - cpu


WORK: dict[str, Callable[..., dict[str, Any]]] = {
    one.__name__: one for one in (rates, memory, quiet, fill, start, replay, slices)
}


if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](*sys.argv[2:])))
