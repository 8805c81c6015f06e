"""32 clients with 100 quote lines each; one of them trades, one stops reading for half the time.

``python -m bench load [--minutes 10]``: minutes of load, in ten blocks; between them half a block
without load, so that both see the same hours of the machine, but not while one client is deaf. The
trading client sends its requests at fixed times, whatever the answers take. At the end everything
that it was told is compared with what the station's journal, its lists and its control API say.
"""

import statistics
import sys
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

from papertape.cli.remote import ControlClient
from papertape.server.assembly import JOURNAL
from papertape.store.journal import Journal
from papertape.venue import entries

from .common import Talk, clock, folder, resident_mb, show, station
from .talk import quantile

SYMBOLS = "MSFT,TSLA,AMZN,NVDA,GOOG,AMD,META,QQQ,SPY,IBM,BAC,AAPL"
CLIENTS, LINES, BLOCKS = 32, 100, 10
KEEPS = {"PAPERTAPE_KEEP_HISTORY": "true"}
"""The whole journal, so that what is in it can be counted."""
DEAF_BLOCKS = range(3, 8)
"""In the middle, so that what grows with the orders of the day weighs on both sides alike."""
TRADER, FIRST, LAST = 1, 2, CLIENTS
"""Client ids; every client but the trader is of the crowd, whose last one is deaf for a while."""
QUIET, LOAD, DEAF = PHASES = ("quiet", "load", "load, one client deaf")
SETTLE_S = 2.0
KINDS = ("place", "modify", "cancel", "fill")
Acks = dict[str, list[tuple[str, float]]]


class Memory(threading.Thread):
    """The highest resident memory of a process since it was last asked, looked at every 0.2 s."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._highest, self._over = pid, 0.0, threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(0.2):
            self._highest = max(self._highest, resident_mb(self._pid))

    def take(self) -> float:
        """The highest since the last call."""
        found, self._highest = max(self._highest, resident_mb(self._pid)), 0.0
        return found

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


class Course:
    """The blocks of one run, and what each of them gave."""

    def __init__(self, crowd: Talk, trader: Talk, process: "Popen[str]", port: int) -> None:
        self.crowd, self.trader, self.process = crowd, trader, process
        self.remote = ControlClient(port)
        self.acks: Acks = {phase: [] for phase in PHASES}
        self.facts: dict[str, Any] = {}
        self.switches: dict[str, list[float]] = {"on": [], "off": []}
        self.deaf = 0
        """Client id of the one that does not read at the time."""
        self.megabytes: list[float] = []
        """The station's highest of each block of load."""
        self.rates: dict[str, list[float]] = {phase: [] for phase in PHASES}
        self.memory = Memory(process.pid)

    def run(self, block_s: float) -> None:
        """Ten blocks; the last client of the crowd is deaf during five of them."""
        self.trader.ask("on")  # prices to begin with
        self._block(QUIET, 2 * SETTLE_S)  # whatever is made on first use
        self.acks[QUIET].clear()
        self.trader.ask("off")
        for index in range(BLOCKS):
            if index not in DEAF_BLOCKS[1:]:
                self._block(QUIET, block_s / 2)
                self._switch("on")
            if index == DEAF_BLOCKS.start:
                self.before, self.deaf = self.crowd.ask("stall"), LAST
            self.memory.take()
            self._block(DEAF if index in DEAF_BLOCKS else LOAD, block_s)
            self.megabytes.append(self.memory.take())
            if index == DEAF_BLOCKS[-1]:
                self._end_of_stall()
            if index not in DEAF_BLOCKS[:-1]:
                self._switch("off")
        time.sleep(SETTLE_S)
        self.last = self.crowd.ask("count")

    def _switch(self, word: str) -> None:
        """All lines of all who read, on or off; done when the station has taken every request."""
        began = clock()
        self.crowd.ask(word)
        self.trader.ask(word)
        wanted = LINES if word == "on" else 0
        while any(s["lines"] != wanted for s in self._sessions() if s["client_id"] != self.deaf):
            time.sleep(0.05)
        self.switches[word].append(clock() - began)
        time.sleep(SETTLE_S)

    def _block(self, phase: str, seconds: float) -> None:
        before = self.crowd.ask("count")
        self.acks[phase] += [tuple(ack) for ack in self.trader.ask("run", seconds)["acks"]]
        after = self.crowd.ask("count")
        awake = slice(0, CLIENTS - 2)  # the deaf one is the last of the crowd
        came = sum(after["frames"][awake]) - sum(before["frames"][awake])
        self.rates[phase].append(came / (after["at"] - before["at"]))

    def _end_of_stall(self) -> None:
        deaf = next((s for s in self._sessions() if s["client_id"] == LAST), None)
        paused = "closed by the station" if deaf is None else str(deaf["paused"])
        self.facts["paused"] = paused
        end = self.crowd.ask("count")
        self.facts["seconds deaf"] = end["at"] - self.before["at"]
        self.crowd.ask("resume")
        self.deaf = 0
        time.sleep(SETTLE_S)
        caught = self.crowd.ask("count")
        for what in ("frames", "bytes"):
            came = [b - a for a, b in zip(self.before[what], caught[what], strict=True)]
            self.facts[f"{what} of others"] = statistics.median(came[:-1])
            self.facts[f"{what} of deaf"] = came[-1]

    def _sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.remote.get("/sessions")
        return found

    def unread(self) -> int:
        """Messages that the station sent to the crowd and that did not come; of a client whose
        connection it has closed nothing is known."""
        came = self.last["frames"]
        crowd = [one for one in self._sessions() if one["client_id"] >= FIRST]
        return sum(abs(one["sent"] - came[one["client_id"] - FIRST]) for one in crowd)


@contextmanager
def _course(data: Path, speed: str, rate: int) -> Iterator[Course]:
    """A station that keeps its journal, and its clients."""
    with ExitStack() as stack:
        serving = station("--data-dir", str(data), "--speed", speed, environ=KEEPS)
        port, process = stack.enter_context(serving)
        told = (port, TRADER, rate, LINES, SYMBOLS)
        crowd = Talk([sys.executable], "crowd.py", port, CLIENTS - 1, LINES, FIRST, SYMBOLS)
        trader = Talk([sys.executable], "trader.py", "papertape.ibapi", *told)
        stack.enter_context(crowd)
        stack.enter_context(trader)
        course = Course(crowd, trader, process, port)
        stack.callback(course.memory.stop)  # before the station goes
        course.memory.start()
        yield course


def _facts(data: Path) -> str:
    """Facts that the station has kept, by kind."""
    path = next(data.rglob(JOURNAL))
    with Journal.open(path, schema_version=entries.SCHEMA) as journal:
        decoded = (entries.decode(one.payload) for one in journal.entries())
        kept = Counter(type(fact).__name__ for entry in decoded for fact in entry.facts)
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(kept.items()))


def _ack_rows(acks: Acks) -> list[list[object]]:
    rows: list[list[object]] = []
    for kind in ("all", *KINDS):
        row: list[object] = [kind]
        for part in (0.5, 0.99):
            found = []
            for phase in PHASES:
                times = [ms for name, ms in acks[phase] if kind in ("all", name)]
                found.append(quantile(times, part) if times else float("nan"))
            row += [*found, found[1] / found[0], found[2] / found[1]]
        rows.append(row)
    return rows


def _order_rows(course: Course, told: dict[str, Any]) -> list[list[object]]:
    control = course.remote.get("/executions")
    live = set(told["executions"])
    of_control = {one["exec_id"] for one in control if one["client_id"] == TRADER}
    statuses = {one["perm_id"]: one["status"] for one in course.remote.get("/orders")}
    said = {int(perm): status for perm, status in told["status"].items()}
    completed = {int(perm): status for perm, status in told["completed"].items()}
    rows: list[list[object]] = [
        ["orders", told["orders"]],
        ["requests (place, modify, cancel)", told["requests"]],
        ["facts in the journal", ""],
    ]
    rows += [[f"events: {name}", n] for name, n in sorted(told["counts"].items())
             if name != "tickPrice"]  # fmt: skip
    for kind, title in (("resting", "placed, modified, cancelled"), ("filling", "filled")):
        found = [f"{opened} + {moved}: {n:,}" for opened, moved, n in sorted(told[kind])]
        rows.append([f"openOrder + orderStatus of an order {title}: orders", ", ".join(found)])
    rows += [
        ["requests without acknowledgement", told["unanswered_count"]],
        ["errors other than 202", told["error_count"]],
        ["cancelled orders without the status, without 202",
         f"{told['not_cancelled']}, {told['no_202']}"],
        ["market orders without Filled, without execDetails",
         f"{told['not_filled']}, {told['no_execution']}"],
        ["executions without commission report", told["no_commission"]],
        ["executions live", len(live)],
        ["… that reqExecutions has and were not told, or the reverse",
         len(live ^ set(told["executions_listed"]))],
        ["… that the control API has and were not told, or the reverse", len(live ^ of_control)],
        ["orders whose last status differs from reqCompletedOrders", _differ(said, completed)],
        ["orders whose last status differs from the control API", _differ(said, statuses)],
        ["orders still working", len(told["working"])],
        ["messages sent to the 31 others that did not come", course.unread()],
        ["connections of the 31 others that the station closed", course.last["closed"]],
    ]  # fmt: skip
    return rows


def _differ(said: dict[int, str], listed: dict[int, str]) -> str:
    both = said.keys() & listed.keys()
    wrong = sum(said[perm] != listed[perm] for perm in both)
    return f"{wrong} of {len(both)} listed"


def _stall_rows(course: Course) -> list[list[object]]:
    facts, on, off = course.facts, course.switches["on"], course.switches["off"]
    marks = [f"{mb:.1f}" for mb in course.megabytes]
    return [
        ["seconds without reading", facts["seconds deaf"]],
        ["paused by the station at the end", facts["paused"]],
        ["messages to each of the others meanwhile", int(facts["frames of others"])],
        ["messages to the deaf client, backlog read", int(facts["frames of deaf"])],
        ["MB to each of the others meanwhile", facts["bytes of others"] / 2**20],
        ["MB to the deaf client, backlog read", facts["bytes of deaf"] / 2**20],
        ["station MB, highest of each block", " ".join(marks)],
        ["blocks with the deaf client", f"{DEAF_BLOCKS.start + 1} to {DEAF_BLOCKS.stop}"],
        [f"seconds to take {CLIENTS * LINES:,} lines, median", statistics.median(on)],
        [f"seconds to cancel {CLIENTS * LINES:,} lines, median", statistics.median(off)],
        *([f"messages a second to 30 clients: {phase}", statistics.mean(course.rates[phase])]
          for phase in PHASES),
    ]  # fmt: skip


def run(options: Sequence[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(prog="python -m bench load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of load (%(default)s)")
    parser.add_argument("--rate", type=int, default=50,
                        help="requests a second of the trading client (%(default)s)")  # fmt: skip
    parser.add_argument("--speed", default="1", help="of the market (%(default)s)")
    parser.add_argument("--name", default="load", help="of the tables kept (%(default)s)")
    given = parser.parse_args(options)
    with folder() as data:
        with _course(data, given.speed, given.rate) as course:
            course.run(given.minutes * 60 / BLOCKS)
            told = course.trader.ask("check")
            orders = _order_rows(course, told)
        orders[2][1] = _facts(data)  # the station has let go of its journal
    size = f"{CLIENTS} clients x {LINES} lines"
    title = f"{size}, {given.minutes:g} minutes of load, market at {given.speed}x"
    phases = [f"{part} {phase}" for part in ("p50", "p99") for phase in (*PHASES, "x", "x deaf")]
    show(f"{title}: ms to the acknowledgement", ("request", *phases), _ack_rows(course.acks),
         f"{given.name}_acks")  # fmt: skip
    show(f"{title}: order events", ("", ""), orders, f"{given.name}_orders")
    show(f"{title}: one client stops reading", ("", ""), _stall_rows(course), f"{given.name}_deaf")
    for error in told["errors"]:
        print(error)
