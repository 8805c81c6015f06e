"""A bot in market time does the same twice: the same requests at the same instants, and the station
sends it the same bytes. Its threads, its timers and its dice are its own."""

import sys
from typing import Any

import pytest

from papertape.testing import serve
from testing.market_time.bots import FAULTS, OURS, RECONNECTS, START, THREADS, WORLD, told

pytestmark = [pytest.mark.network, pytest.mark.process]


def one_run(program: str, seed: int = 7, world: str = WORLD) -> tuple[Any, ...]:
    with serve(speed=0, start=START, seed=7) as tws:
        run, sent, requests = told(tws, [sys.executable, "-c", program], world, seed=seed)
    assert (run.problem, run.code, run.notes) == ("", 0, ()), (run, run.output)
    return run.output, sent, requests, run.ended_at, run.steps


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(OURS, id="asyncio"),
        pytest.param(THREADS.format(ibapi="papertape.ibapi"), id="threads"),
    ],
)
def test_two_runs_are_equal(program: str) -> None:
    first = one_run(program)
    output, sent, requests, _, steps = first
    assert len(sent) > 25 and len(requests) > 10 and steps > 50, output
    assert one_run(program) == first
    if program is OURS:
        assert one_run(program, seed=8)[2] != requests


def test_two_runs_are_equal_through_every_kind_of_break() -> None:
    first = one_run(RECONNECTS, world=FAULTS)
    assert one_run(RECONNECTS, world=FAULTS) == first
    assert first[0].endswith("[0, 23, 33, 53]\n"), first[0]
