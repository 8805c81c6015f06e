"""``kill -9`` at random moments: whatever any client was told is there afterwards.

``make test`` runs 40 kills, ``make proof`` thousands (``PAPERTAPE_KILLS`` says how many). Every row
of the page of order types has orders at work when some of them come. A failure names its seed; the
same seed trades the same and dies in the same place, save for the kills by time.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lanes import HANGS_S, many
from venue.type_recipes import RECIPES

pytestmark = pytest.mark.process

KILLS = int(os.environ.get("PAPERTAPE_KILLS") or many(test=40, quick=200, proof=10_000))
FIRST = 0 if os.environ.get("PAPERTAPE_KILLS") else many(test=0, quick=40, proof=0)
"""``quick`` goes on where ``test`` ends."""
WORKERS = 2
AT_ONCE = 200
MOST_KINDS = 35
"""So many types and algorithms are told in a part of some length; 32 and 10 there are."""
BY_CHANCE = 2
"""Rows of the page of order types of which a part may have had none at work whenever it killed."""
PARTS = range(FIRST, KILLS, AT_ONCE)
"""The first seed of each part; a part is a test, so that a long run tells how far it is."""
TESTS = Path(__file__).parents[1]


@pytest.mark.proof
@pytest.mark.timeout(20 * HANGS_S)
@pytest.mark.parametrize("first", PARTS)
def test_what_was_told_survives(first: int, tmp_path: Path) -> None:
    kills = min(AT_ONCE, KILLS - first)
    share = -(-kills // WORKERS)
    running = [worker(first + n * share, share, tmp_path / str(n)) for n in range(WORKERS)]
    total: Counter[str] = Counter()
    for process in running:
        out, log = process.communicate(timeout=10 * HANGS_S)
        assert process.returncode == 0, log
        total.update(json.loads(out))
    print(f"\n{dict(total)}")
    assert total["kills"] >= kills
    assert total["messages"] > 50 * kills, "the stations died before they told anything"
    assert total["half"] > kills // 20 and total["dropped"] > kills // 5, "hardly any snapshots"
    assert total["orders"] > 3 * kills and total["executions"] > kills
    kinds = [name for name in total if name.startswith("kind ")]
    assert len(kinds) >= min(MOST_KINDS, 2 * kills), f"hardly any kinds of orders: {kinds}"
    missing = [row for row in RECIPES if not total[f"working {row}"]]
    at_work = len(RECIPES) - len(missing)
    assert at_work >= min(len(RECIPES) - BY_CHANCE, kills // 2), f"never killed at work: {missing}"
    assert all(total[f"traded {kind}"] for kind in ("STK", "FUT", "OPT", "CASH", "BAG"))


def worker(first: int, count: int, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulation.kills", str(first), str(count), str(folder)],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
