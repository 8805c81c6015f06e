"""The classic programs work when only their imports change, and are called back alike.

Each example runs as it stands with ``papertape.ibapi``, and with the official package after
``papertape.ibapi`` has become ``ibapi`` in its text: each against a station of its own whose market
begins at the same instant and all but stands still, so that both see the same.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S
from papertape.server.aio.server import StationServer
from papertape.server.assembly import compose
from papertape.server.clock import MarketClock
from papertape.server.market_settings import MarketSettings
from papertape.server.settings import StationSettings
from peers.environments import PEERS, Peer

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).parent / "drivers" / "traced_program.py"
EXAMPLES = sorted((ROOT / "examples").glob("official_*.py"))
LATEST = next(peer for peer in PEERS if peer.name == "ibapi-latest")

ELSEWHERE = {"connectionClosed"}
"""The official client reports the end on the thread that calls ``disconnect``; ours, as every other
callback, on the thread that processes messages, if one is at it just then."""
PRINTED = ("SPY", "2104 Market data farm connection is OK:usfarm")
"""What a program prints has at least one of these."""
BEGINNING = 1_776_088_800_000_000_000
"""Every market begins here: 2026-04-13 10:00 in New York, in nanoseconds."""
SPEED = 1e-6
"""Ten seconds of a program are ten microseconds of its market."""
SETTINGS = StationSettings(max_message_rate=0)  # its second would not end


@contextmanager
def station() -> Iterator[int]:
    """The port of a station that begins at the beginning, in a thread of this process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="station")
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    market = MarketSettings(speed=SPEED)
    with compose(wall=BEGINNING, data_dir=None, market=market, settings=SETTINGS) as composed:
        clock = MarketClock(time.time_ns(), composed.clock.market, SPEED)
        server = StationServer(composed.station, clock)
        try:
            yield run(server.start("127.0.0.1", 0))[1]
            run(server.close())
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def trace(python: str, module: str, program: Path, folder: Path) -> list[dict[str, Any]]:
    """Run a program against a fresh station; every callback it got."""
    calls = folder / f"{program.stem}.jsonl"
    with station() as port:
        driver = [python, str(DRIVER), "--module", module, "--trace", str(calls)]
        done = subprocess.run(
            [*driver, str(program), "--port", str(port)],
            capture_output=True, text=True, timeout=3 * HANGS_S, check=False,
        )  # fmt: skip
    assert done.returncode == 0, f"{module}: {done.stdout}{done.stderr}"
    assert any(word in done.stdout for word in PRINTED), f"{module}: {done.stdout}"
    return [json.loads(line) for line in calls.read_text("utf-8").splitlines()]


def changed_imports(program: Path, folder: Path) -> Path:
    """The program for the official package: other imports, the same program."""
    text = program.read_text("utf-8")
    other = text.replace("papertape.ibapi", "ibapi")
    lines = [a for a, b in zip(text.splitlines(), other.splitlines(), strict=True) if a != b]
    assert lines
    assert all(line.startswith(("from papertape.ibapi", "With ``ibapi``")) for line in lines)
    target = folder / program.name
    target.write_text(other, "utf-8")
    return target


@pytest.mark.sample(1, test=3)
@pytest.mark.parametrize("program", EXAMPLES, ids=lambda path: path.stem)
def test_both_packages_call_back_alike(
    program: Path, python_of: Callable[[Peer], Path], tmp_path: Path
) -> None:
    ours = trace(sys.executable, "papertape.ibapi", program, tmp_path)
    official = str(python_of(LATEST))
    theirs = trace(official, LATEST.module, changed_imports(program, tmp_path), tmp_path)
    assert [call["name"] for call in ours] == [call["name"] for call in theirs]
    (processing,) = {call["thread"] for call in ours if call["name"] == "nextValidId"}
    for mine, yours in zip(ours, theirs):
        if mine["name"] in ELSEWHERE:
            assert mine["thread"] in (processing, yours["thread"])
            yours = {**yours, "thread": mine["thread"]}
        assert list(differences(mine, yours)) == [], mine["name"]


def differences(mine: Any, yours: Any, at: str = "") -> Iterator[str]:
    """Where two calls differ."""
    if isinstance(mine, dict) and isinstance(yours, dict):
        assert mine.keys() == yours.keys(), at
        for name in mine:
            yield from differences(mine[name], yours[name], f"{at}.{name}")
    elif isinstance(mine, list) and isinstance(yours, list):
        for place, (one, other) in enumerate(zip(mine, yours, strict=True)):
            yield from differences(one, other, f"{at}[{place}]")
    elif mine != yours:
        yield f"{at}: we {mine!r}, they {yours!r}"


def test_a_difference_is_found() -> None:
    call = {"name": "openOrder", "args": [7, {"displaySize": 0, "tif": "DAY"}]}
    other = {"name": "openOrder", "args": [7, {"displaySize": 1, "tif": "GTC"}]}
    assert list(differences(call, call)) == []
    assert list(differences(call, other)) == [
        ".args[1].displaySize: we 0, they 1",
        ".args[1].tif: we 'DAY', they 'GTC'",
    ]


PROGRAM = """
import sys
import threading
from papertape.ibapi.wrapper import EWrapper

class Base(EWrapper):
    def connectAck(self):
        print("own connectAck")

class App(Base):
    def nextValidId(self, orderId):
        super().nextValidId(orderId)
        self.connectionClosed()

app = App()
for name in ("mine", None):
    thread = threading.Thread(target=app.connectAck, name=name)
    thread.start()
    thread.join()
app.nextValidId(orderId=3)
raise SystemExit(int(sys.argv[1]))
"""


def test_the_recorder_keeps_each_callback_once_with_its_thread(tmp_path: Path) -> None:
    program, calls = tmp_path / "program.py", tmp_path / "calls.jsonl"
    program.write_text(PROGRAM, "utf-8")
    told = ["--module", "papertape.ibapi", "--trace", str(calls), str(program), "7"]
    done = subprocess.run(
        [sys.executable, str(DRIVER), *told], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (7, "own connectAck\n" * 2), done.stderr
    kept = [json.loads(line) for line in calls.read_text("utf-8").splitlines()]
    assert [(call["thread"], call["name"], call["args"]) for call in kept] == [
        ("mine", "connectAck", []),
        ("other", "connectAck", []),
        ("main", "nextValidId", [3]),
        ("main", "connectionClosed", []),
    ]
