"""A recorded day at speed ``max``: every trade and a quote line at every tick, to one client.

``python -m bench whole_day [--seconds 20] [--before FOLDER]``: a station over the sample market,
SPY as recorded on 2013-10-07, told to ``papertape.ibapi`` over a socket, each in its own process.
Beside it, in the same run: the same frames decoded by the client alone, which no station can
exceed; a client that asks for the time all the while, quiet and under this load; and with
``--before``, an older checkout of this project, what the station spends on a message where nothing
is lost (`everytick`), before and now.

Rates are by the wall clock and by processor time: on a machine that does other things beside, the
second says what it could do.
"""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, Final

from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime, StartApi
from papertape.wire.connection import ClientConnection

from .common import CLIENTS, ROOT, client, console, show, station

SPY = 756733
START = "2026-04-10 10:00 US/Eastern"
OPTIONS = ("--market", str(ROOT / "market/sample"), "--start", START, "--quote-interval-ms", "0")
SPENT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from bench.everytick import QUOTES, TRADES, measure
late = sys.argv[2] == "late"
print(json.dumps([measure(version, 10, TRADES, QUOTES, late=late) for version in (176, 226)]))
"""
CLIENT_MODULE = "papertape.ibapi"
STARTS_S = 3.0
"""A station loads recordings and protobuf beside its first clients (`aio/warmup.py`)."""
IDLE: Final = 0.1
"""The share of a core that a station takes at most which has done that, asked for the time."""


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench whole_day",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement (20)")
    parser.add_argument("--before", type=Path, help="an older checkout to compare with")
    chosen = parser.parse_args(options)
    rows: list[list[object]] = []
    for version in (176, MAX_SERVER):
        rows += [*followed(version, chosen.seconds)]
    head = ("SPY, every trade and every tick of the quote", "text, 176", "protobuf, 226")
    half = len(rows) // 2
    show(
        "A recorded day at speed max",
        head,
        [[one[0], one[1], other[1]] for one, other in zip(rows[:half], rows[half:])],
        "whole_day",
    )
    if chosen.before is not None:
        compared(chosen.before)


def followed(version: int, seconds: float) -> list[list[object]]:
    """What one client gets of the day, and what others wait meanwhile."""
    limit = ("--max-server-version", str(version))
    with station(*OPTIONS, *limit, "--speed", "max") as (port, process):
        early = answers(port, STARTS_S)
        settle(process.pid)
        quiet = answers(port, seconds / 4)
        spent, (_, waited) = processor(process.pid), scheduled(process.pid)
        command = [sys.executable, str(CLIENTS / "every_tick.py"), *map(str, (
            port, version, seconds, CLIENT_MODULE, SPY, "SPY"))]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            loaded = answers(port, seconds / 2, after=seconds / 4)
            assert follower.stdout is not None
            found = json.loads(follower.stdout.read())
        spent = processor(process.pid) - spent
        waited = scheduled(process.pid)[1] - waited
    decoding = client(sys.executable, "decode_rows.py", version, 200_000, timeout=300)
    count = found["callbacks"]
    return [
        ["callbacks a second, by the wall clock", count / found["seconds"]],
        ["callbacks a second of the station's processor", count / spent],
        ["callbacks a second of the client's processor", count / found["processor"]],
        ["callbacks a second, the client decoding alone", decoding["rate"]],
        ["of the station's time on a core, %", 100 * spent / found["seconds"]],
        ["waiting for a core that others have, %", 100 * waited / found["seconds"]],
        ["of the client's time on a core, %", 100 * found["processor"] / found["seconds"]],
        ["trades a second", found["trades"] / found["seconds"]],
        ["times as fast as real time", found["market"] / found["seconds"]],
        ["another client's answer, ms, p99, in the first seconds", percentile(early) * 1000],
        ["another client's answer, ms, p99, quiet", percentile(quiet) * 1000],
        ["another client's answer, ms, p99, meanwhile", percentile(loaded) * 1000],
        ["another client's answer, ms, longest, meanwhile", max(loaded) * 1000],
    ]


def answers(port: int, seconds: float, *, after: float = 0.0) -> list[float]:
    """How long reqCurrentTime takes, asked again and again by a bare socket."""
    import socket

    time.sleep(after)
    connection = ClientConnection(highest=MAX_SERVER)
    found: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(connection.initiate())
        _until(link, connection, object)
        link.sendall(connection.send(StartApi(9)))
        end = time.perf_counter() + seconds
        time.sleep(0.2)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            link.sendall(connection.send(ReqCurrentTime()))
            _until(link, connection, CurrentTime)
            found.append(time.perf_counter() - begun)
            time.sleep(0.005)
    return found


def settle(pid: int) -> None:
    """Wait until a station has got ready for its first orders; half a minute at most."""
    for _ in range(60):
        spent = processor(pid)
        time.sleep(0.5)
        if processor(pid) - spent < IDLE * 0.5:
            return


def _until(link: Any, connection: ClientConnection, kind: type[Any]) -> None:
    while not any(isinstance(one, kind) for one in connection.receive_data(link.recv(1 << 16))):
        pass


def percentile(values: list[float], part: float = 0.99) -> float:
    """The value that so many do not exceed."""
    return sorted(values)[int(len(values) * part)]


def processor(pid: int) -> float:
    """Seconds of processor time of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def scheduled(pid: int) -> tuple[float, float]:
    """Seconds that the threads of a process were on a core, and could have been (Linux)."""
    found = [
        list(map(int, (task / "schedstat").read_text().split()))
        for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    return sum(one[0] for one in found) / 1e9, sum(one[1] for one in found) / 1e9


def compared(before: Path) -> None:
    """What the station spends on a message where nothing is lost: an older checkout, which needs a
    turn for each instant, beside this one, which has one a second."""
    found = {}
    for name, folder in (("before", before), ("now", ROOT), ("before ", before), ("now ", ROOT)):
        environ = {**os.environ, "PYTHONPATH": str(folder / "src")}
        done = subprocess.run(
            [sys.executable, "-c", SPENT, str(folder), "late" if folder == ROOT else "each"],
            capture_output=True, text=True, check=True, env=environ, timeout=600,
        )  # fmt: skip
        for count, spent in json.loads(done.stdout.splitlines()[-1]):
            found.setdefault(name.strip(), []).append(count / spent)
    console.print("messages a second of the station's processor, text and protobuf, two runs each")
    rows = [
        [form, max(found["before"][at::2]), max(found["now"][at::2]),
         max(found["now"][at::2]) / max(found["before"][at::2])]
        for at, form in enumerate(("text, 176", "protobuf, 226"))
    ]  # fmt: skip
    show("The station alone, nothing lost", ("", "before", "now", "ratio"), rows, "whole_day_cost")
