"""Nothing is generated, imported or read by the first order when it was rehearsed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from papertape.server.aio.rehearsal import rehearsal

pytestmark = pytest.mark.process

TESTS = Path(__file__).parents[2]
SCRIPT = """
import builtins, json, sys
from papertape.server.aio.rehearsal import rehearsal
from papertape.wire.connection import encode
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import ClientConnection
from server.pair import Hall, Pipe
from server.test_station import order

version, rehearsed = int(sys.argv[1]), sys.argv[2] == "rehearsed"
bodies = [encode(StartApi(1), version), encode(order(1, "BUY 100 AAPL MKT"), version)]
hello = ClientConnection(highest=version).initiate()
steps = len(list(rehearsal(version))) if rehearsed else 0
hall = Hall()
hall.quote("AAPL 257.66 x 257.68")
session = hall.station.open("test:1", Pipe(), hall.now)
compiled, before, compile = [], set(sys.modules), builtins.compile
builtins.compile = lambda *args, **more: compiled.append(args[1]) or compile(*args, **more)
for data in (hello, *bodies):
    hall.station.receive(session, data, hall.now)
    hall.station.flush()
filled = len(list(hall.station.queries.executions()))
print(json.dumps([filled, compiled, sorted(set(sys.modules) - before)]))
"""


def first_order(version: int, how: str) -> tuple[int, list[str], list[str]]:
    """In a process that has just begun: fills, what was compiled and imported on the way."""
    command = [sys.executable, "-c", SCRIPT, str(version), how]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    filled, compiled, imported = json.loads(done.stdout)
    return filled, compiled, imported


@pytest.mark.sample(1, test=4)
@pytest.mark.parametrize("version", [100, 176, 203, 226])
def test_the_first_order_finds_everything_ready(version: int) -> None:
    assert first_order(version, "rehearsed") == (1, [], [])


def test_without_a_rehearsal_it_would_not() -> None:
    filled, compiled, _ = first_order(226, "cold")
    assert filled == 1
    assert len(compiled) > 20


@pytest.mark.parametrize("version", [100, 203, 226])
def test_a_rehearsal_is_made_of_steps_and_nobody_hears_of_it(
    version: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert len(list(rehearsal(version))) > 5
    assert caplog.messages == []
