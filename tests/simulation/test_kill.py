"""``kill -9`` at random moments: whatever any client was told is there afterwards.

``make test`` runs 200 kills, ``make soak`` thousands (``PAPERTAPE_KILLS``). A failure names its
seed; the same seed trades the same and dies in the same place, save for the kills by time.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("PAPERTAPE_KILLS", "200"))
WORKERS = 2
TESTS = Path(__file__).parents[1]


@pytest.mark.slow
def test_what_was_told_survives(tmp_path: Path) -> None:
    share = -(-KILLS // WORKERS)
    running = [worker(number * share, share, tmp_path / str(number)) for number in range(WORKERS)]
    total: dict[str, int] = {}
    for process in running:
        out, log = process.communicate(timeout=60 + KILLS)
        assert process.returncode == 0, log
        total = {name: total.get(name, 0) + count for name, count in json.loads(out).items()}
    print(f"\n{total}")
    assert total["kills"] >= KILLS
    assert total["messages"] > 50 * KILLS, "the stations died before they told anything"
    assert total["half"] > KILLS // 20 and total["dropped"] > KILLS // 5, "hardly any snapshots"
    assert total["orders"] > 3 * KILLS and total["executions"] > KILLS


def worker(first: int, count: int, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulation.kills", str(first), str(count), str(folder)],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
