"""The helpers of `papertape.ibapi` give what the official ones give, and raise what they raise.

The same calls of both packages, each in a process of its own: fields and frames by hand, decoding a
token, conditions as text, what is too new for a server, the decoder fed from outside.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lanes import HANGS_S
from peers.environments import PEERS, Peer

DRIVER = Path(__file__).parent / "drivers/helpers.py"
LATEST = next(peer for peer in PEERS if peer.name == "ibapi-latest")
PATIENCE = 3 * HANGS_S

pytestmark = pytest.mark.peers


def told(python: Path | str, module: str) -> dict[str, str]:
    command = [str(python), str(DRIVER), "--module", module]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_every_helper_gives_what_the_official_one_gives(
    python_of: Callable[[Peer], Path],
) -> None:
    theirs = told(python_of(LATEST), "ibapi")
    ours = told(sys.executable, "papertape.ibapi")
    assert len(theirs) > 300
    different = {
        call: (ours.get(call), they) for call, they in theirs.items() if ours.get(call) != they
    }
    assert different == {}
