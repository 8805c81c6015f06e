"""``papertape company``: on a station that runs, and on the journal of one that does not."""

from pathlib import Path

import pytest

from cli.process import papertape, station

KEPT = ("--data-dir", "kept")


@pytest.mark.long
def test_the_help_teaches(tmp_path: Path) -> None:
    top = papertape("company", "--help", cwd=tmp_path).stdout
    for word in ("dividend", "split", "merger", "spin-off", "rename", "company split AAPL 2:1"):
        assert word in top
    assert "--cost" in papertape("company", "spin-off", "--help", cwd=tmp_path).stdout
    assert "company" in papertape("--help", cwd=tmp_path).stdout


@pytest.mark.network
@pytest.mark.process
@pytest.mark.parametrize("runs", [True, False])
def test_companies_act_on_a_station_and_on_the_journal_of_a_stopped_one(
    tmp_path: Path, runs: bool
) -> None:
    def said(*words: object, code: int = 0) -> str:
        done = papertape(*words, *where, cwd=tmp_path, code=code)
        return done.stderr if code else done.stdout

    with station(tmp_path, *KEPT) as running:
        where: tuple[object, ...] = ("--port", running.port)
        if not runs:
            assert running.stop()[0] == 0
            where = KEPT
        said("account", "add", "DU2", "--cash", "0", "--position", "AAPL 40 @ 100")
        assert said("company", "dividend", "AAPL", "0.25") == (
            "paid 0.25 for each share of AAPL\n"
            "  DU1234567: cash 1,000,000.00 USD\n"
            "  DU2: cash 10.00 USD\n"
        )
        assert "DU2: cash 20.00" in said("company", "dividend", "AAPL", "0.25", "--account", "DU2")
        assert "no account 'DU9'" in said(
            "company", "dividend", "AAPL", "1", "--account", "DU9", code=2
        )
        spun = said("company", "spin-off", "AAPL", "1:4", "MSFT", "--cost", "0.25")
        assert spun.startswith("gave 1:4 MSFT for shares of AAPL\n")
        assert "0 to 1" in said("company", "spin-off", "AAPL", "1:4", "MSFT", "--cost", "2", code=2)
        assert said("company", "split", "AAPL", "2:1").startswith("split AAPL 2:1\n")
        assert "a ratio is new shares" in said("company", "split", "AAPL", "two", code=2)
        assert said("company", "rename", "AAPL", "aplx") == "AAPL is APLX\n"
        assert "no contract 'AAPL'" in said("company", "dividend", "AAPL", "1", code=2)
        merged = said("company", "merger", "APLX", "1:2", "SPY", "0.5")
        assert merged.startswith("exchanged APLX for 1:2 SPY 0.5\n")
        assert "DU2: cash 60.00 USD" in merged
        assert "'all' is none of 12.50" in said("company", "merger", "MSFT", "all", code=2)
        # 10 of a part of the company, and 40 for 80 of the company itself.
        said("account", "position", "DU2", "MSFT -10")
        said("account", "position", "DU2", "SPY -40")
        assert "holds 0 of SPY" in said("account", "transfer", "DU2", "DU1234567", "SPY 1", code=2)
