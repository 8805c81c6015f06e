"""What the console costs the wire, and how much its inspector can follow.

``python -m bench console [--minutes 4]``: one client trades, others follow quotes; in turn no page
is open, Messages, Trading. A browser without a window (Chromium) looks at it, on the same
computer. Then more and more quotes, with Messages open, and how old its newest row is. At last the
console's process is killed and the page opened again, so that it starts cold.
"""

import os
import secrets
import shutil
import signal
import socket
import statistics
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

from papertape.cli.remote import ControlClient

from .common import Talk, clock, resident_mb, show, station
from .load import LINES, SYMBOLS, TRADER
from .talk import quantile

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
         "--disable-component-update", "--disable-sync")  # fmt: skip
PAGES = ("no page", "messages", "trading")
CROWD = 4
"""Clients that follow quotes while acknowledgements are measured."""
STEPS = (1, 4, 12, 31)
"""Clients of the steps of load, ``LINES`` quotes each."""
ROUND = len(PAGES)
SETTLE_S = 3.0
LATE_S = 1.0
"""Beyond this the inspector does not follow any more."""
ROW = ".fr-list tbody tr"
AGES = f"""() => {{ const rows = document.querySelectorAll('{ROW} .fr-time');
  return rows.length ? rows[rows.length - 1].textContent : ''; }}"""
GAPS = """(seconds) => new Promise(done => { const gaps = []; let last = performance.now();
  const end = last + seconds * 1000;
  const step = now => { gaps.push(now - last); last = now;
    now < end ? requestAnimationFrame(step) : done(gaps.slice(1)); };
  requestAnimationFrame(step); })"""


class Console:
    """A station with its console, and a browser to look at it."""

    def __init__(self, browser: Any, process: "Popen[str]", port: int, token: str) -> None:
        self.process, self._port, self._token = process, port, token
        self.page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.open("connections", "h1")

    def url(self, name: str) -> str:
        """Where a page is."""
        return f"http://127.0.0.1:{self._port}/station/{name}?token={self._token}"

    def open(self, name: str, wanted: str) -> float:
        """Look at a page; seconds until there is what is wanted."""
        began = clock()
        self.page.goto(self.url(name), wait_until="commit", timeout=60_000)
        self.page.wait_for_selector(wanted, timeout=60_000)
        return clock() - began

    def shut(self) -> None:
        """Look away."""
        self.page.goto("about:blank")

    @property
    def pid(self) -> int:
        """The console's process, a child of the station."""
        station_pid = self.process.pid
        children = Path(f"/proc/{station_pid}/task/{station_pid}/children").read_text().split()
        for child in map(int, children):
            if b"papertape.console" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        raise RuntimeError("the console does not run")


@contextmanager
def _console(clients: int) -> Iterator[tuple[Console, Talk, Talk, ControlClient]]:
    """Station, console, browser, trader, crowd."""
    from playwright.sync_api import sync_playwright

    token, port = secrets.token_urlsafe(12), _free_port()
    with ExitStack() as stack:
        play = stack.enter_context(sync_playwright())
        browser = _launched(play)
        stack.callback(browser.close)
        options = ("--console", "--console-port", str(port))
        serving = station(*options, environ={"PAPERTAPE_CONTROL_TOKEN": token})
        wire, process = stack.enter_context(serving)
        python = [sys.executable]
        crowd = Talk(python, "crowd.py", wire, clients, LINES, TRADER + 1, SYMBOLS)
        trader = Talk(python, "trader.py", "papertape.ibapi", wire, TRADER, 50, LINES, SYMBOLS)
        stack.enter_context(crowd)
        stack.enter_context(trader)
        trader.ask("on")
        yield Console(browser, process, port, token), trader, crowd, ControlClient(wire)


def _launched(play: Any) -> Any:
    """The browser. Raises ``RuntimeError`` where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    if not path:
        raise RuntimeError("there is no Chromium on this system")
    return play.chromium.launch(
        executable_path=path, args=list(FLAGS), handle_sigint=False, handle_sigterm=False
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _processor_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---------------------------------------------------------------- what it costs the wire


def _costs(minutes: float) -> tuple[list[list[object]], list[list[object]]]:
    """Rows of acknowledgements, and of memory and of the time until there is something to see."""
    rounds = max(2, round(minutes * 60 / (ROUND * 10)))
    acks: dict[str, list[list[float]]] = {page: [] for page in PAGES}
    busy: dict[str, list[float]] = {page: [] for page in PAGES}
    with _console(CROWD) as (console, trader, crowd, _):
        idle = resident_mb(console.pid)
        crowd.ask("on")
        first = {name: [] for name in PAGES[1:]}
        trader.ask("run", SETTLE_S)  # whatever is made on first use
        after_one = 0.0
        for turn in range(rounds):
            for at in range(ROUND):
                page = PAGES[(at + turn) % ROUND]
                if page == "no page":
                    console.shut()
                else:
                    first[page].append(console.open(page, ROW if page == "messages" else "td"))
                time.sleep(SETTLE_S)
                used, began = _processor_s(console.process.pid), clock()
                acks[page].append([ms for _, ms in trader.ask("run", 10 - SETTLE_S)["acks"]])
                used = _processor_s(console.process.pid) - used
                busy[page].append(used / (clock() - began))
                after_one = after_one or (resident_mb(console.pid) if page == "messages" else 0.0)
        memory = resident_mb(console.pid)
        cold = _cold(console)
    facts = [
        ["MB, nobody looks", idle], ["MB, with one page of messages", after_one],
        [f"MB after {minutes:g} minutes of pages", memory],
        *([f"seconds to the first row of {name}, median", statistics.median(times)]
          for name, times in first.items()),
        ["seconds to the first row of messages, process killed before", cold],
    ]  # fmt: skip
    shares = {page: f"{statistics.median(busy[page]):.1%}" for page in PAGES}
    return [[*_ack_row(page, acks), shares[page]] for page in PAGES], facts


def _cold(console: Console) -> float:
    """Seconds to the first row when the console has to start for it."""
    console.shut()
    pid = console.pid
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.01)
    return console.open("messages", ROW)


def _ack_row(page: str, acks: dict[str, list[list[float]]]) -> list[object]:
    row: list[object] = [page, sum(map(len, acks[page]))]
    for part in (0.5, 0.99):
        mine = quantile([ms for block in acks[page] for ms in block], part)
        base = quantile([ms for block in acks[PAGES[0]] for ms in block], part)
        row += [mine, mine / base]
    each = [quantile(one, 0.5) / quantile(other, 0.5)
            for one, other in zip(acks[page], acks[PAGES[0]], strict=True)]  # fmt: skip
    return [*row, statistics.median(each)]


# ---------------------------------------------------------------- how much it can follow


def _follows(seconds: float) -> list[list[object]]:
    """A row for each step of load."""
    rows = []
    for clients in STEPS:
        with _console(clients) as (console, _, crowd, remote):
            crowd.ask("on")
            console.open("messages", ROW)
            time.sleep(SETTLE_S)
            before, used, began = crowd.ask("count"), _processor_s(console.pid), clock()
            ages = []
            while clock() - began < seconds:
                ages.append(_age(console, remote))
                time.sleep(0.5)
            busy = (_processor_s(console.pid) - used) / (clock() - began)
            after = crowd.ask("count")
            sent = sum(after["frames"]) - sum(before["frames"])
            gaps = console.page.evaluate(GAPS, 5)
            late = sum(age > LATE_S for age in ages) / len(ages)
            rows.append([
                f"{clients} x {LINES} lines", sent / (after["at"] - before["at"]),
                console.page.inner_text(".fr-told"), statistics.median(ages), max(ages),
                f"{late:.0%}", f"{busy:.0%}", quantile(gaps, 0.5), quantile(gaps, 0.99),
            ])  # fmt: skip
    return rows


def _age(console: Console, remote: ControlClient) -> float:
    """How old the newest row is by the station's clock, in seconds."""
    shown = console.page.evaluate(AGES)
    now = datetime.fromisoformat(remote.get("")["time"]).astimezone(UTC)
    with suppress(ValueError):
        time_of_day = datetime.strptime(shown, "%H:%M:%S.%f").time()
        then = datetime.combine(now.date(), time_of_day, UTC)
        return ((now - then + timedelta(hours=12)) % timedelta(days=1)).total_seconds() - 43_200
    return float("inf")


def run(options: Sequence[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(prog="python -m bench console", description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0,
                        help="of trading (%(default)s)")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=15.0,
                        help="of each step of load (%(default)s)")  # fmt: skip
    given = parser.parse_args(options)
    acks, facts = _costs(given.minutes)
    head = (
        "page open",
        "acks",
        "p50 ms",
        "x",
        "p99 ms",
        "x",
        "p50 x, median of rounds",
        "processor of the station",
    )
    show(f"{CROWD + 1} clients x {LINES} lines: acknowledgements with the console",
         head, acks, "console_acks")  # fmt: skip
    show("The console's process", ("", ""), facts, "console_process")
    head = ("quotes followed", "sent a second", "the page says", "newest row s, median", "most",
            "later than 1 s", "processor of the console", "frame gap ms p50", "p99")  # fmt: skip
    show("The inspector under load", head, _follows(given.seconds), "console_follows")
