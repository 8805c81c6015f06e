"""``papertape halt`` and ``resume``: trading of a running station stops and goes on."""

from pathlib import Path

import pytest

from cli.process import papertape, station

pytestmark = [pytest.mark.network, pytest.mark.process]


def test_trading_stops_and_goes_on(tmp_path: Path) -> None:
    with station(tmp_path, "--ephemeral", "--no-console") as running:
        port = ("--port", running.port)
        assert "nothing is halted" in papertape("halt", *port, cwd=tmp_path).stdout
        begun = papertape("halt", "SPY", "--seconds", 600, *port, cwd=tmp_path).stdout
        assert begun.startswith("SPY (756733) is halted until ")
        assert "756733" in papertape("halt", *port, cwd=tmp_path).stdout
        refused = papertape("resume", "AAPL", *port, cwd=tmp_path, code=2)
        assert "nothing" in refused.output
        assert "trades again" in papertape("resume", "SPY", *port, cwd=tmp_path).stdout
        assert "nothing is halted" in papertape("halt", *port, cwd=tmp_path).stdout
        refused = papertape("halt", "NOSUCH", *port, cwd=tmp_path, code=2)
        assert "no contract" in refused.output
