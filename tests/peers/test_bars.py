"""Live bars in other people's clients and in ours: through a farm's blip and a lost connection.

All are connected to one station at once. What each was told of a bar that is over is what the
station's history says of it afterwards, so all were told the same.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from papertape.testing import RunningStation
from peers.environments import PEERS, Peer
from peers.test_drills import Program

pytestmark = pytest.mark.peers

DRIVER = Path(__file__).parent / "drivers/bars.py"
SHAPE = Peer("papertape.ibapi", "bars.py", "papertape.ibapi")
MODERN = Peer("papertape", "bars.py", "papertape")
OFFICIAL = {"ibapi", "papertape.ibapi"}
"""Modules whose programs keep the ids of their requests, and are told 10182 under them."""
CHOSEN = {"ibapi": "ibapi-latest", "ib_async": "ib_async", "ib_insync": "ib_insync"}
ALL = [*(peer for peer in PEERS if CHOSEN.get(peer.module) == peer.name), SHAPE, MODERN]
Bars = dict[int, list[float]]


@pytest.fixture
def programs(
    tws: RunningStation, python_of: Callable[[Peer], Path]
) -> Iterator[dict[Peer, Program]]:
    """Every client in a process of its own, connected and subscribed to both kinds of bars."""
    running: dict[Peer, Program] = {}
    with ExitStack() as ends:
        for peer in ALL:
            python = sys.executable if peer in (SHAPE, MODERN) else python_of(peer)
            command = [str(python), str(DRIVER), "--module", peer.module]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            running[peer] = Program(subprocess.Popen(command, text=True, **pipes))
            ends.callback(running[peer].end)
        connect(tws, running)
        everyone(running, "bars")
        yield running


def everyone(programs: dict[Peer, Program], command: str) -> None:
    """All do it at the same time."""
    for program in programs.values():
        program.do(command)
    for program in programs.values():
        program.until("did", command=command.split()[0])


def connect(tws: RunningStation, programs: dict[Peer, Program]) -> None:
    for number, program in enumerate(programs.values(), 1):
        program.do(f"connect {tws.port} {number}")
    for program in programs.values():
        program.until("did", command="connect")


def shown(program: Program) -> dict[str, Bars]:
    program.do("show")
    told: dict[str, Any] = program.until("shown")[-1]
    program.until("did", command="show")
    return {
        kind: {int(start): values for start, values in told[kind].items()}
        for kind in ("live", "fives", "history")
    }


def holes(bars: Bars) -> list[int]:
    """The starts that are missing between the first and the last."""
    return sorted(set(range(min(bars), max(bars), 5)) - bars.keys())


def judged(tws: RunningStation, programs: dict[Peer, Program]) -> dict[Peer, list[int]]:
    """Compare everything that was told with the history; what each lacks of its bars of five
    seconds."""
    everyone(programs, "history")
    tws.advance(1)
    found = {peer: shown(program) for peer, program in programs.items()}
    over = tws.now // 10**9 - 6
    kept = {start: values for start, values in found[SHAPE]["history"].items() if start <= over}
    lacking: dict[Peer, list[int]] = {}
    for peer, told in found.items():
        live = {start: values for start, values in told["live"].items() if start <= over}
        fives = {start: values for start, values in told["fives"].items() if start <= over}
        for bars in (live, fives, {s: v for s, v in told["history"].items() if s <= over}):
            assert len(bars) > 5, peer.name
            assert {s: v for s, v in bars.items() if s in kept} == {
                s: v for s, v in kept.items() if s in bars
            }, peer.name
        assert max(live) == max(kept) and holes(live) == [], peer.name
        assert max(fives) >= max(kept) - 5, peer.name
        lacking[peer] = holes(fives)
    return lacking


def test_all_are_told_the_same_bars(tws: RunningStation, programs: dict[Peer, Program]) -> None:
    for _ in range(12):
        tws.advance(5)
    assert set(map(tuple, judged(tws, programs).values())) == {()}


def test_a_broken_market_farm_costs_bars_of_five_seconds_only(
    tws: RunningStation, programs: dict[Peer, Program]
) -> None:
    tws.advance(30)
    tws.drill("farm-blip", name="usfarm", ms=12_000)
    for _ in range(12):
        tws.advance(5)
    lacking = judged(tws, programs)
    assert lacking.pop(MODERN) == []  # it asks the history for them
    assert len(set(map(tuple, lacking.values()))) == 1
    assert 2 <= len(lacking[SHAPE]) <= 3


def test_a_broken_history_farm_ends_what_is_kept_up_until_it_is_asked_for_again(
    tws: RunningStation, programs: dict[Peer, Program]
) -> None:
    tws.advance(30)
    tws.drill("farm-blip", name="ushmds", ms=2_900)
    for peer, program in programs.items():
        if peer.module in OFFICIAL:
            program.until("error", id=1, code=10182)
        elif peer is not MODERN:
            program.until("error", code=10182)
    tws.advance(10)
    for peer, program in programs.items():
        if peer is not MODERN:
            program.until("error", code=2106)
    everyone({peer: one for peer, one in programs.items() if peer is not MODERN}, "again")
    for _ in range(12):
        tws.advance(5)
    assert set(map(tuple, judged(tws, programs).values())) == {()}


def connect_again(tws: RunningStation, programs: dict[Peer, Program]) -> None:
    for program in programs.values():
        program.until("did", command="disconnect")
    for number, program in enumerate(programs.values(), 1):
        program.do(f"connect {tws.port} {number}")
    for program in programs.values():
        program.until("did", command="connect")
    everyone(programs, "bars")


def test_after_a_lost_connection_all_is_there_again(
    tws: RunningStation, programs: dict[Peer, Program]
) -> None:
    tws.advance(30)
    tws.drill("reset")
    tws.advance(20)
    programs[MODERN].do(f"connect {tws.port} {len(programs)}")
    programs[MODERN].until("did", command="connect")
    others = {peer: program for peer, program in programs.items() if peer is not MODERN}
    for program in others.values():
        program.do("disconnect")
    connect_again(tws, others)
    for _ in range(12):
        tws.advance(5)
    assert judged(tws, programs)[MODERN] == []
