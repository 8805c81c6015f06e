"""A driver says which step failed and why, in time, whatever is at the other end.

What drives the libraries is tested with the peers themselves; the trace is tested here alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import enum
import io
import json
import math
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S
from peers.environments import PEERS, Peer

DRIVERS = Path(__file__).parent / "drivers"


@pytest.fixture
def tracing() -> Iterator[Any]:
    """The module that the drivers import beside them."""
    sys.path.insert(0, str(DRIVERS))
    try:
        import tracing

        yield tracing
    finally:
        sys.path.remove(str(DRIVERS))


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Leg:
    conId: int = 0
    ratio: float = 1.0
    _hidden: int = 5


class Plain:
    def __init__(self) -> None:
        self.size = Decimal("1")
        self.legs = [Leg(7)]

    def method(self) -> None: ...


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        (0.1 + 0.2, 0.30000000000000004),
        (math.inf, "inf"),
        (math.nan, "nan"),
        (Decimal("100.10"), "100.10"),
        (2**127 - 1, 2**127 - 1),
        (True, True),
        (None, None),
        (Colour.RED, "red"),
        ((1, "a"), [1, "a"]),
        ({3, 1, 2}, [1, 2, 3]),
        ({1: Decimal(2)}, {"1": "2"}),
        (Leg(), {"_": "Leg"}),
        (Leg(3, 1.0), {"_": "Leg", "conId": 3}),
        (datetime.date(2026, 11, 22), {"_": "datetime", "iso": "2026-11-22"}),
    ],
)
def test_values_are_rendered_exactly(tracing: Any, value: Any, rendered: Any) -> None:
    shown = tracing.Trace(io.StringIO()).render(value)
    assert json.loads(json.dumps(shown)) == rendered


def test_a_trace_numbers_its_lines_and_tells_defaults_once(tracing: Any) -> None:
    out = io.StringIO()
    trace = tracing.Trace(out)
    changed = Plain()
    changed.size = Decimal("2.50")
    trace.phase("first")
    trace.received("tick", {"reqId": 5, "what": changed})
    trace.received("tick", {"reqId": 5, "what": Plain()})
    trace.done()
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["class"] for line in lines if "class" in line] == ["Leg", "Plain"]
    ticks = [line["args"]["what"] for line in lines if "received" in line]
    assert ticks == [{"_": "Plain", "size": "2.50"}, {"_": "Plain"}]
    assert trace.events[0].args == (5, changed)
    assert lines[-1]["done"] is True


def test_a_failure_is_the_last_line_and_names_the_step(tracing: Any) -> None:
    def journey() -> None:
        trace.phase("quotes")
        raise tracing.Failed("no ticks", missing=[8])

    trace = tracing.Trace(io.StringIO())
    assert trace.conclude(journey) == 1
    last = json.loads(trace._out.getvalue().splitlines()[-1])
    assert last["failed"] == {"step": "quotes", "reason": "no ticks", "missing": [8]}


def test_a_crash_is_told_with_its_place(tracing: Any) -> None:
    trace = tracing.Trace(io.StringIO())
    assert trace.conclude(lambda: {}["x"]) == 1
    last = json.loads(trace._out.getvalue().splitlines()[-1])
    assert last["failed"]["reason"] == "KeyError: 'x'"
    assert last["failed"]["at"].startswith(__file__)


def test_journeys_follow_each_other_until_one_fails(
    tracing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def travel(one: argparse.Namespace, trace: Any) -> None:
        made.append((one.client_id, one.max_version))
        if one.max_version == 176:
            raise tracing.Failed("no ticks")

    monkeypatch.setattr(tracing, "listen_to_logs", lambda trace: None)
    options = argparse.Namespace(client_id=5, max_version=[151, 176, 200])
    assert tracing.journeys(options, travel) == 1
    assert made == [(5, 151), (6, 176)]
    assert tracing.journeys(argparse.Namespace(client_id=8, max_version=None), travel) == 0
    assert made[2:] == [(8, None)]


@pytest.mark.parametrize(
    ("price", "share", "expected"),
    [(189.24, "0.90", 170.31), (100.0, "0.98", 98.0), (0.07, "0.90", 0.06), (33.33, "0.9", 29.99)],
)
def test_limits_are_rounded_down_to_a_cent(
    tracing: Any, price: float, share: str, expected: float
) -> None:
    assert tracing.cents_below(price, share) == expected


@contextmanager
def listener(backlog: int = 4) -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def drive(peer: Peer, python: Path, port: int) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(
        [
            *(python, DRIVERS / peer.driver, "--module", peer.module),
            *("--port", str(port), "--deadline", "0.5"),
        ],
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.sample(1, test=9)
@pytest.mark.network
@pytest.mark.process
@pytest.mark.peers
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_closed_port_fails_the_step_connect(
    peer: Peer, python_of: Callable[[Peer], Path]
) -> None:
    status, lines = drive(peer, python_of(peer), closed_port())
    assert status == 1
    assert lines[-1]["failed"]["step"] == "connect"
    assert "not connected" in lines[-1]["failed"]["reason"]


@pytest.mark.sample(1, test=9)
@pytest.mark.network
@pytest.mark.process
@pytest.mark.peers
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_silent_server_fails_the_step_connect_in_time(
    peer: Peer, python_of: Callable[[Peer], Path]
) -> None:
    with listener() as port:
        status, lines = drive(peer, python_of(peer), port)
    assert status == 1
    assert lines[-1]["failed"]["step"] == "connect"
    assert lines[-1]["failed"]["waiting_for"] in {"the version answer", "connection"}
