"""Market data that a user may not have, asked for with clients of others: each request ends and
says why, or goes on and says what is missing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lanes import HANGS_S
from papertape.testing import RunningStation
from peers.environments import PEERS, Peer

pytestmark = pytest.mark.peers

DRIVER = Path(__file__).parent / "drivers/refused_data.py"


def clients(test: Callable[..., None]) -> Callable[..., None]:
    """With each client in ``make proof``; with the first and the last one in ``make test``."""
    peers = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
    return pytest.mark.sample(1, test=9)(peers(test))


Ended = tuple[Any, list[tuple[int, str]]]
ELSEWHERE = "Trading TWS session is connected from a different IP address"
HISTORY = (162, ELSEWHERE)


def asked(python: Path, peer: Peer, port: int, *requests: str) -> dict[str, Ended]:
    """What came of each request, and its errors."""
    done = subprocess.run(
        [
            *(str(python), str(DRIVER), "--module", peer.module, "--port", str(port)),
            *("--client-id", "7", "--patience", str(HANGS_S), *requests),
        ],
        capture_output=True,
        text=True,
        timeout=2 * HANGS_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["request"]: (one["gave"], [(*error,) for error in one["errors"]]) for one in lines}


@clients
@pytest.mark.tws(entitlements={"type:STK": "none", "type:OPT": "live"})
def test_an_option_goes_on_without_the_data_of_its_underlying(
    tws: RunningStation, python_of: Callable[[Peer], Path], peer: Peer
) -> None:
    """10091."""
    ((gave, errors),) = asked(python_of(peer), peer, tws.port, "option").values()
    ((code, text),) = errors
    assert gave and code == 10091 and "AAPL" in text
    assert text.startswith("Part of requested market data requires additional subscription")


@clients
@pytest.mark.tws(max_tick_by_tick=2)
def test_a_third_line_of_single_ticks_is_one_too_many(
    tws: RunningStation, python_of: Callable[[Peer], Path], peer: Peer
) -> None:
    """10190; the two before it go on."""
    names = ("single", "single 2", "single 3")
    found = asked(python_of(peer), peer, tws.port, *names)
    assert [bool(found[name][0]) for name in names] == [True, True, False]
    text = "Max number of tick-by-tick requests has been reached."
    assert [found[name][1] for name in names] == [[], [], [(10190, text)]]


TAKEN = {
    "line": (10197, "No market data during competing live session"),
    "book": (10197, "No market data during competing live session"),
    "single": (10189, ELSEWHERE), "five": (420, ELSEWHERE), "bars": HISTORY,
    "combo bars": HISTORY, "ticks": HISTORY, "combo ticks": HISTORY, "head": HISTORY,
    "histogram": HISTORY,
}  # fmt: skip
"""Each request during a competing session: its code, and what its text says."""


@clients
def test_another_login_has_the_data(
    tws: RunningStation, python_of: Callable[[Peer], Path], peer: Peer
) -> None:
    """10197 of lines and books, 162 of every history, of combinations too."""
    tws.drill("competing-session", ms=24 * 3_600_000)
    found = asked(python_of(peer), peer, tws.port, *TAKEN)
    assert {name: [code for code, _ in errors] for name, (_, errors) in found.items()} == {
        name: [code] for name, (code, _) in TAKEN.items()
    }
    for name, (gave, ((_, text),)) in found.items():
        assert not gave and TAKEN[name][1] in text, name
