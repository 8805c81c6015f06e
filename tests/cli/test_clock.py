"""``papertape clock``: the market of a running station paused, stepped and sped up."""

from datetime import datetime
from pathlib import Path

import pytest

from cli.process import papertape, station

pytestmark = [pytest.mark.network, pytest.mark.process]


def shown(text: str) -> datetime:
    """The market time that a command printed."""
    return datetime.fromisoformat(text.split()[2].rstrip(",Z"))


def test_the_market_stands_still_steps_and_runs_on(tmp_path: Path) -> None:
    start = "2026-04-10 15:55 US/Eastern"
    with station(tmp_path, "--ephemeral", "--start", start, "--no-console") as running:
        port = ("--port", running.port)
        at = papertape("clock", "--pause", *port, cwd=tmp_path).stdout
        assert at.startswith("market time 2026-04-10T19:5") and "paused" in at
        again = papertape("clock", "--step", 3600, *port, cwd=tmp_path).stdout
        assert (shown(again) - shown(at)).total_seconds() == 3600
        assert papertape("clock", *port, cwd=tmp_path).stdout == again
        assert "10 times" in papertape("clock", "--speed", 10, *port, cwd=tmp_path).stdout
        refused = papertape("clock", "--speed", -1, *port, cwd=tmp_path, code=2)
        assert "speed" in refused.output
